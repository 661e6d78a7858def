"""Databases: migrations that were applied are undone, rehearsed on a copy first; see `rehearse`.

SQLAlchemy and the drivers are an extra and are imported when a database is spoken to, never before.
"""

from __future__ import annotations

from blastradius.adapters.base import Prepared, Proposal, Request
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World


def propose(request: Request, world: World) -> Proposal:
    """Return what becomes of the migrations that the range brought; see `blastradius.adapters.base`."""
    from blastradius.adapters.database.proposing import propose as found  # noqa: PLC0415 - heavy

    return found(request, world)


def probe(step: Step, world: World) -> Fingerprint:
    """Return the schema and the version rows; see `blastradius.adapters.base`."""
    from blastradius.adapters.database import live  # noqa: PLC0415 - heavy

    return live.probe(step, world)


def prepare(step: Step, world: World) -> Prepared:
    """Checkpoint and rehearse; see `blastradius.adapters.base`."""
    from blastradius.adapters.database import rehearse  # noqa: PLC0415 - heavy

    return rehearse.prepare(step, world)


def act(step: Step, prepared: Prepared, world: World) -> None:
    """Run the statements; see `blastradius.adapters.base`."""
    from blastradius.adapters.database import live  # noqa: PLC0415 - heavy

    live.act(step, prepared, world)


def verify(step: Step, prepared: Prepared, world: World) -> Fingerprint:
    """Look by the database's own catalog; see `blastradius.adapters.base`."""
    from blastradius.adapters.database import live  # noqa: PLC0415 - heavy

    return live.verify(step, prepared, world)


def compensate(step: Step, prepared: Prepared, world: World) -> None:
    """Bring schema and rows back; see `blastradius.adapters.base`."""
    from blastradius.adapters.database import live  # noqa: PLC0415 - heavy

    live.compensate(step, prepared, world)


def settle(step: Step, prepared: Prepared, world: World) -> None:
    """Drop scratch copies that a killed run left; see `blastradius.adapters.base`."""
    from blastradius.adapters.database import live  # noqa: PLC0415 - heavy

    del prepared  # scratch copies are named by the run and the step
    live.settle(step, world)
