"""Preparing a step: the undo is tried on copies of the database, taken back there, and done again.

First copy: the statements are found out (a tool's code runs here and nowhere else), and what they do.
Second copy: the rows that anything would happen to are kept; exactly what `act` will run is run; it is
taken back, and every row and thing must be as before; then it is run again, the rows are taken away,
and the migrations that were undone are run forward: only if that gives the schema from before was the
undo their true inverse. A way down that forgets something, or takes too much, fails here.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from blastradius.adapters.base import Prepared
from blastradius.adapters.database import carry, copies, native, package, rows, runner, versions
from blastradius.adapters.database.args import Args, args_of, place_of, revealed
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.native import Native
from blastradius.adapters.database.package import Package
from blastradius.adapters.database.places import Session, kind_of, session
from blastradius.adapters.database.proving import (
    loses,
    prove_back,
    prove_round,
    run_through,
    warnings,
)
from blastradius.adapters.database.rows import Kept
from blastradius.adapters.database.script import Script, Statement, marked, script
from blastradius.errors import CheckpointError, DriftError
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World


class Tried(Struct, frozen=True):
    """What the first copy told: the script, the schema before and after, the states it knows."""

    script: Script
    before: Native
    after: Native
    states: tuple[Fingerprint, ...]


class Again(Struct, frozen=True):
    """A copy told that more has to be kept, or that the states must be told apart."""

    script: Script
    more: frozenset[str]


def prepare(step: Step, world: World) -> Prepared:
    """See `blastradius.adapters.base`."""
    args = revealed(args_of(step), world)
    url = place_of(step, world).url(world)
    with session(url, args.name, timeout=step.timeout, write=False) as live, live.reading():
        _planned_for(step, live)
    with copies.scratch(url, step.id, "a", world, step.timeout) as one:
        tried = _tried(step, args, one, world)
    kept = _settled(step, args, tried, world)
    oid = package.put(kept, world.store)
    world.store.check(oid)
    named = {f"rows of {one.table}": one.oid for one in kept.kept}
    return Prepared(
        wanted=kept.states[-1],
        waypoints=kept.states[1:-1],
        kept={"package": oid, **named},
        warnings=warnings(kept, kind_of(url)),
        loses=loses(kept),
    )


def _settled(step: Step, args: Args, tried: Tried, world: World) -> Package:
    """Rehearse on fresh copies until nothing is left to be found out: three times at most."""
    url, more = args.place.url(world), frozenset[str]()
    for what in ("b", "c", "d"):
        with copies.scratch(url, step.id, what, world, step.timeout) as copy:
            found = _rehearsed(step, args, tried, more, copy, world)
        if isinstance(found, Package):
            return found
        tried, more = replace(tried, script=found.script), more | found.more
    raise CheckpointError(
        f"database {args.name}: what the undo does to rows differs from run to run",
        "undo this migration by hand",
    )


def _planned_for(step: Step, live: Session) -> None:
    now = fingerprint(live)
    if now != step.before:
        raise DriftError(
            f"database {live.name} is not as it was planned for: {carry.differing(now, step.before)}",
            "somebody else changed it; make the plan again",
        )


def _tried(step: Step, args: Args, copy: copies.Scratch, world: World) -> Tried:
    """Find out the statements and what they do; a tool's code runs here."""
    with session(copy.url, args.name, timeout=step.timeout) as there:
        before, state = native.read(there), fingerprint(there)
        if state != step.before:
            raise CheckpointError(
                f"database {args.name} cannot be copied to rehearse on: "
                f"{carry.differing(state, step.before)} came out otherwise",
                "leave its migrations in place (--migrations leave), or undo them by hand",
            )
    found, reads = _statements(step, args, copy, world)
    plain = script(found, kind_of(copy.url), reads=reads)
    with session(copy.url, args.name, timeout=step.timeout) as there:
        return Tried(plain, before, native.read(there), (state, fingerprint(there)))


def _statements(
    step: Step, args: Args, copy: copies.Scratch, world: World
) -> tuple[tuple[Statement, ...], bool]:
    """Run each part on the copy, one after the other, and return what was run."""
    found: list[Statement] = []
    reads = False
    for part in args.parts:
        mine = tuple(Statement(one) for one in part.statements)
        if part.way != "sql":
            recorded = runner.record(part, copy.url, world, step.timeout)
            found += recorded.statements
            reads = reads or recorded.reads
        if mine:
            with session(copy.url, args.name, timeout=step.timeout) as there:
                run_through(there, script(mine, there.kind), step.before, world)
            found += mine
    return tuple(found), reads


def _rehearsed(
    step: Step, args: Args, tried: Tried, more: frozenset[str], copy: copies.Scratch, world: World
) -> Package | Again:
    with session(copy.url, args.name, timeout=step.timeout) as there:
        made = _package(there, tried, more, world)
        had = {one: rows.count(there, tried.before, one, rows.columns_of(tried.before, one))
               for one in _tables(tried.before)}  # fmt: skip
        shared = {
            one: rows.count(there, tried.before, one, made.shared[one]) for one in made.shared
        }
        if tried.script.reads:
            made = replace(made, read=had)
        seen = run_through(there, tried.script, tried.states[0], world, made.kept, tried.before)
        made = replace(made, states=seen.states)
        if seen.states[-1] != tried.states[-1] or tried.after.differing(native.read(there)):
            raise CheckpointError(
                f"database {args.name}: the statements gave another schema the second time: "
                f"{carry.differing(seen.states[-1], tried.states[-1])}",
                "this migration is not deterministic: undo it by hand",
            )
        written = {
            one for one in shared
            if rows.count(there, tried.after, one, made.shared[one]) != shared[one]
        }  # fmt: skip
        distinct = len({one.digest for one in seen.states}) == len(seen.states)
        unknown = frozenset(written - {one.table for one in made.kept})
        if unknown or not distinct:
            return Again(tried.script if distinct else marked(tried.script, world.run), unknown)
        touched = tried.before.tables_of(tried.before.differing(tried.after))
        touched |= {one.table for one in made.kept}
        made = replace(
            made,
            written={one: tuple(seen.rows[one]) for one in sorted(written)},
            shared={one: names for one, names in made.shared.items() if one in touched},
        )
        prove_back(there, made, had, world)
        prove_round(there, args, made, world, step.timeout)
    return made


def _tables(schema: Native) -> list[str]:
    return [key.removeprefix("table ") for key in schema.of("table")]


def _package(there: Session, tried: Tried, more: frozenset[str], world: World) -> Package:
    """Keep every row that anything may happen to: the copy still is as the live one was."""
    before, after = tried.before, tried.after
    tables = _tables(before)
    gone = tuple(one for one in tables if f"table {one}" not in after.things)
    lost: dict[str, tuple[str, ...]] = {}
    shared: dict[str, tuple[str, ...]] = {}
    for table in tables:
        columns = rows.columns_of(before, table)
        less = tuple(one for one in columns if not _same(before, after, f"column {table}.{one}"))
        if table not in gone:
            shared[table] = tuple(one for one in columns if one not in less)
            if less:
                lost[table] = less
    ledgers = {_full(there, one.table) for one in versions.ledgers(there)} & set(tables)
    keep = sorted({*gone, *lost, *more, *_named_in(tried.script, tables), *ledgers})
    return Package(
        script=tried.script,
        states=tried.states,
        before=before,
        after=after,
        kept=tuple(_kept(there, before, one, lost.get(one, ()), world) for one in keep),
        lost=lost,
        gone=gone,
        ledgers=tuple(sorted(ledgers)),
        shared=shared,
        sequences=_sequences(there),
    )


def _same(before: Native, after: Native, key: str) -> bool:
    return key in after.things and after.things[key].text == before.things[key].text


def _full(there: Session, table: str) -> str:
    if "." in table or there.kind != "postgresql":
        return there.quoted(*table.split("."))
    found = there.rows("SELECT format('%I.%I', current_schema(), CAST(:name AS text))", name=table)
    return str(found[0][0])


def _named_in(plain: Script, tables: list[str]) -> set[str]:
    """Return the tables whose name stands in a statement that may change rows."""
    found = set()
    for unit in plain.units:
        for one in unit.statements:
            word = one.lstrip().partition(" ")[0].upper()
            if word not in {"ALTER", "CREATE", "DROP", "COMMENT", "SET", "GRANT"}:
                low = one.lower()
                found |= {
                    table for table in tables if table.split(".")[-1].strip('"`').lower() in low
                }
    return found


def _kept(there: Session, schema: Native, table: str, lost: tuple[str, ...], world: World) -> Kept:
    kept = rows.keep(there, schema, table, world.store)
    if not lost:
        return kept
    return replace(kept, partly={"lost": rows.count(there, schema, table, (*kept.key, *lost))})


def _sequences(there: Session) -> dict[str, int]:
    """Return where each sequence stands that was used, those of identity columns as well."""
    if there.kind != "postgresql":
        return {}
    found = there.rows(
        "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences "
        "WHERE last_value IS NOT NULL AND increment_by > 0"
    )
    return {name: int(value) for name, value in found}
