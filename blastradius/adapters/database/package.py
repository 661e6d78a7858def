"""What preparing a step keeps in the store, as one object: all that the later calls need."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from blastradius.adapters.database.native import Native
from blastradius.adapters.database.rows import Counted, Kept
from blastradius.adapters.database.script import Script
from blastradius.errors import CheckpointError
from blastradius.model.plan import Fingerprint
from blastradius.world.store import Store


class Package(Struct, frozen=True):
    """What act, verify and compensate work by.

    Attributes:
        script: what act runs.
        states: the state before the first unit, and after each.
        before: the schema in the database's own words, before.
        after: the same after the script, as the scratch copy had it.
        kept: the rows of every table that loses something, or is written.
        lost: table → its columns that go, or change their type.
        gone: tables that go.
        written: table → its rows as the script leaves them after a unit, of those whose rows it changes.
        ledgers: the version tables, whose rows come back with the state.
        shared: touched table → the columns that it keeps, whose rows must stay as they are.
        read: table → its rows, where what is written was made of rows that were read.
        sequences: name → the last value of each that was used.
    """

    script: Script
    states: tuple[Fingerprint, ...]
    before: Native
    after: Native
    kept: tuple[Kept, ...]
    lost: dict[str, tuple[str, ...]] = {}
    gone: tuple[str, ...] = ()
    written: dict[str, tuple[Counted, ...]] = {}
    ledgers: tuple[str, ...] = ()
    shared: dict[str, tuple[str, ...]] = {}
    read: dict[str, Counted] = {}
    sequences: dict[str, int] = {}


def put(package: Package, store: Store) -> str:
    """Keep it and return its id."""
    return store.put(msgspec.json.encode(package))


def get(oid: str, store: Store) -> Package:
    """Return it.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    try:
        return msgspec.json.decode(store.get(oid), type=Package)
    except msgspec.MsgspecError:
        raise CheckpointError(
            f"checkpoint object {oid[:12]} is not one of a database step", "make the plan again"
        ) from None
