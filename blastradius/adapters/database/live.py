"""The calls that meet the live database."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

from blastradius.adapters.base import Prepared
from blastradius.adapters.database import copies, native, package, versions
from blastradius.adapters.database.args import args_of, place_of
from blastradius.adapters.database.carry import carry
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.package import Package
from blastradius.adapters.database.places import Session, session
from blastradius.adapters.database.restore import restore
from blastradius.errors import CheckpointError, StoppedError
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World


@contextlib.contextmanager
def connected(step: Step, world: World, *, write: bool) -> Iterator[Session]:
    """Connect to a step's database.

    Raises:
        DriftError: its variable names another database than the one that was planned for.
        StoppedError: it cannot be reached.
    """
    place = place_of(step, world)
    url = place.url(world)
    with session(url, place.name, timeout=step.timeout, write=write) as found:
        yield found


def probe(step: Step, world: World) -> Fingerprint:
    """Return the state, read in one transaction that cannot write."""
    with connected(step, world, write=False) as live, live.reading():
        return fingerprint(live)


def act(step: Step, prepared: Prepared, world: World) -> None:
    """Bring it to ``prepared.wanted``."""
    made = _package(prepared, world)
    with connected(step, world, write=True) as live:
        carry(live, made, world.tick)


def compensate(step: Step, prepared: Prepared, world: World) -> None:
    """Bring ``step.before`` back."""
    with connected(step, world, write=True) as live:
        if fingerprint(live) == step.before:
            return
        restore(live, _package(prepared, world), world.store, world.run, world.tick)


def verify(step: Step, prepared: Prepared, world: World) -> Fingerprint:
    """Return the state as the database's own catalog tells it.

    Each thing whose definition is what the rehearsal left stands with the digest that was wanted; any
    other stands as it is, and so does each version row. So the answer is ``prepared.wanted`` only when
    this second way sees nothing else either: it shares no code with how the first one looks.
    """
    made = _package(prepared, world)
    with connected(step, world, write=False) as live, live.reading():
        now = native.read(live)
        ledgers = {
            f"version {one.table} ({one.tool})": versions.rows_of(live, one)
            for one in versions.ledgers(live)
        }
    leaves = {
        name: one for name, one in prepared.wanted.leaves.items() if not name.startswith("version ")
    }
    for key in made.after.differing(now):
        thing = now.things.get(key)
        text = f"{thing.text} {thing.parts}" if thing else "absent"
        leaves[f"definition of {key}"] = hashlib.sha256(text.encode()).hexdigest()[:32]
    leaves |= {name: versions.digest(found) for name, found in ledgers.items()}
    return Fingerprint({name: leaves[name] for name in sorted(leaves)})


def settle(step: Step, world: World) -> None:
    """Drop what a killed run of this step left; what cannot be reached is left."""
    with contextlib.suppress(StoppedError):
        url = args_of(step).place.url(world)
        for what in "abcd":
            copies.drop(url, copies.name_of(world.run, step.id, what), world)
    scratch = world.folder / "scratch"
    if scratch.is_dir():
        world.files.remove_tree(scratch)


def _package(prepared: Prepared, world: World) -> Package:
    oid = prepared.kept.get("package")
    if oid is None:
        raise CheckpointError("the step has no checkpoint", "make the plan again")
    return package.get(oid, world.store)
