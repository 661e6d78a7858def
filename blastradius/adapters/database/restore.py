"""Taking a step back: from any state that it can have left to the one before, rows included.

The way is not a script that was written down: it is the difference between the schema as it is and as
it was, computed when it is needed. So it starts from every state in between, and where DDL ends
transactions it goes on from wherever an earlier attempt was ended.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from blastradius.adapters.database import native, rows
from blastradius.adapters.database.carry import Tick, differing, lock
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.native import Fill, Native
from blastradius.adapters.database.package import Package
from blastradius.adapters.database.places import Session
from blastradius.adapters.database.rows import Kept
from blastradius.adapters.database.versions import MARKER
from blastradius.errors import CompensationError, DriftError
from blastradius.model.plan import Fingerprint
from blastradius.world.store import Store

_BACK = "back"


class Missing(Struct, frozen=True):
    """What rows have to come back: of whole tables, of columns, of tables that were written."""

    tables: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    written: tuple[str, ...]


def restore(session: Session, package: Package, store: Store, run: str, tick: Tick) -> None:
    """Bring the state before the script back; nothing happens when it is there.

    Raises:
        DriftError: the state is none that the script passes through.
        CheckpointError: the checkpoint is missing or damaged.
        CompensationError: rows were written since that this would overwrite.
        StoppedError: a statement failed.
    """
    now = fingerprint(session)
    if now == package.states[0]:
        return
    lock(session)
    if session.kind == "mysql":
        _by_statement(session, package, store, run, tick)
        return
    tick("sql begin back")
    session.begin()
    try:
        now = fingerprint(session)
        if now not in package.states:
            _drift(session, package)
        schema = native.read(session)
        _back(session, package, schema, _missing(session, package, schema), store, tick)
        _reached(session, package)
        tick("sql commit back")
        session.commit()
    except BaseException:
        session.rollback()
        raise
    tick("sql committed back")


def _by_statement(session: Session, package: Package, store: Store, run: str, tick: Tick) -> None:
    """Where each statement lasts: a marker says that we are on the way, and what has to be filled in."""
    schema = native.read(session)
    begun = _begun(session, schema)
    if begun is None:
        # A marker that says nothing yet was being made when an earlier attempt ended.
        known = [_unmarked(one) for one in package.states]
        if _unmarked(fingerprint(session)) not in known:
            _drift(session, package)
        begun = _missing(session, package, schema)
        _mark(session, schema, begun, run, tick)
    session.run("SET SESSION foreign_key_checks = 0")
    _back(session, package, native.read(session), begun, store, tick)
    tick("sql drop marker")
    session.run(f"DROP TABLE IF EXISTS {MARKER}")
    _reached(session, package)


def _unmarked(state: Fingerprint) -> Fingerprint:
    return Fingerprint({name: one for name, one in state.leaves.items() if MARKER not in name})


def _drift(session: Session, package: Package) -> None:
    now = fingerprint(session)
    raise DriftError(
        f"database {session.name} is in no state of this step: {differing(now, package.states[-1])}",
        "somebody else changed it meanwhile; their change was left as it is",
    )


def _reached(session: Session, package: Package) -> None:
    now = fingerprint(session)
    if now != package.states[0]:
        raise CompensationError(
            f"database {session.name} did not come back to what it was: "
            f"{differing(now, package.states[0])}",
            "its rows are in the checkpoint; compare the schema by hand",
        )


def _begun(session: Session, schema: Native) -> Missing | None:
    if f"table {session.quoted(MARKER)}" not in schema.things:
        return None
    found = session.rows(f"SELECT what FROM {MARKER} WHERE place = :place", place=_BACK)
    return msgspec.json.decode(found[0][0], type=Missing) if found else None


def _mark(session: Session, schema: Native, missing: Missing, run: str, tick: Tick) -> None:
    tick("sql marker")
    if f"table {session.quoted(MARKER)}" not in schema.things:
        session.run(f"CREATE TABLE {MARKER} (run VARCHAR(100), place VARCHAR(20), what TEXT)")
    tick("sql mark")
    session.put(
        f"INSERT INTO {MARKER} (run, place, what) VALUES (:run, :place, :what)",
        [{"run": run[:100], "place": _BACK, "what": msgspec.json.encode(missing).decode()}],
    )


def _missing(session: Session, package: Package, now: Native) -> Missing:
    """Return what the checkpoint must give back, seen from the schema as it is."""
    tables = tuple(one for one in package.gone if f"table {one}" not in now.things)
    columns: dict[str, tuple[str, ...]] = {}
    for table, names in package.lost.items():
        keys = {name: f"column {table}.{name}" for name in names}
        found = tuple(
            name
            for name, key in keys.items()
            if f"table {table}" in now.things and now.things.get(key) != package.before.things[key]
        )
        if found:
            columns[table] = found
    written = tuple(one for one in package.written if _was_written(session, package, one, now))
    return Missing(tables, columns, written)


def _was_written(session: Session, package: Package, table: str, now: Native) -> bool:
    if table in package.ledgers:
        return True
    kept = next(one for one in package.kept if one.table == table)
    here = f"table {table}" in now.things
    names = rows.columns_of(now, table) if here else ()
    found = rows.count(session, now, table, names)
    if found == rows.Counted(kept.count, kept.digest):
        return False
    if found in package.written[table]:
        return True
    raise CompensationError(
        f"database {session.name}: rows of {table} were written since; they were left as they are",
        "the rows from before are in the checkpoint",
    )


def _back(
    session: Session, package: Package, now: Native, missing: Missing, store: Store, tick: Tick
) -> None:
    goal = package.before
    if session.kind == "mysql":
        # Our marker stays until the end.
        mine = session.quoted(MARKER)
        own = {key: one for key, one in now.things.items() if one.table == mine}
        goal = Native({**goal.things, **own})
    kept = {one.table: one for one in package.kept}
    fills = _fills(session, missing, kept, store)
    ddl = native.difference(session, now, goal, fills)
    for one in ddl.before:
        tick("sql back")
        session.run(one, "taking back")
    if session.kind == "mysql":
        session.begin()
    _filled(session, package, missing, fills, store, tick)
    if session.kind == "mysql":
        session.commit()
    for fill in fills.values():
        session.run(f"DROP TABLE {fill.source}")
    for one in ddl.after:
        tick("sql back")
        session.run(one, "taking back")


def _filled(
    session: Session,
    package: Package,
    missing: Missing,
    fills: dict[str, Fill],
    store: Store,
    tick: Tick,
) -> None:
    """Put back the rows of tables, of columns, of what was written, and where sequences stood."""
    kept = {one.table: one for one in package.kept}
    for table in missing.tables:
        tick("sql fill")
        if session.kind == "mysql":
            session.run(f"DELETE FROM {table}")
        rows.insert(session, kept[table], store)
    for table, columns in missing.columns.items():
        if table not in fills:
            tick("sql fill")
            rows.fill(session, kept[table], columns, store)
    for table in sorted({*missing.written, *package.ledgers} & kept.keys() - set(missing.tables)):
        tick("sql fill")
        _replace(session, kept[table], store)
    if session.kind == "postgresql":
        _advance(session, package.sequences)


def _advance(session: Session, sequences: dict[str, int]) -> None:
    """Let sequences that came back give no value again that was given before."""
    rows_now = session.rows(
        "SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value - 1) "
        "FROM pg_sequences"
    )
    for name, value in rows_now:
        if value < sequences.get(name, value):
            question = "SELECT setval(CAST(:name AS regclass), :value)"
            session.rows(question, name=name, value=sequences[name])


def _fills(
    session: Session, missing: Missing, kept: dict[str, Kept], store: Store
) -> dict[str, Fill]:
    """Lay out the values that SQLite takes while it makes a table anew, in temporary tables."""
    if session.kind != "sqlite":
        return {}
    found = {}
    for number, (table, columns) in enumerate(sorted(missing.columns.items())):
        rows.needs_key(kept[table])
        source = f"temp.blastradius_rows_{number}"
        session.run(f"DROP TABLE IF EXISTS {source}")
        session.run(f"CREATE TABLE {source} ({', '.join(kept[table].columns)})")
        rows.insert(session, kept[table], store, source)
        found[table] = Fill(source, kept[table].key, columns)
    return found


def _replace(session: Session, kept: Kept, store: Store) -> None:
    """Make a table's rows those of the checkpoint, touching no row that is there as it should be."""
    if session.kind != "postgresql" or not kept.key:
        session.run(f"DELETE FROM {kept.table}")
        rows.insert(session, kept, store)
        return
    source, key = '"blastradius_rows"', ", ".join(kept.key)
    session.run(
        f"CREATE TEMPORARY TABLE {source} ON COMMIT DROP AS SELECT {', '.join(kept.columns)} "
        f"FROM {kept.table} WITH NO DATA"
    )
    rows.insert(session, kept, store, source)
    session.run(f"DELETE FROM {kept.table} WHERE ({key}) NOT IN (SELECT {key} FROM {source})")
    others = [one for one in kept.columns if one not in kept.key]
    sets = ", ".join(f"{one} = excluded.{one}" for one in others)
    names = ", ".join(kept.columns)
    session.run(
        f"INSERT INTO {kept.table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {source} "
        f"ON CONFLICT ({key}) DO {f'UPDATE SET {sets}' if others else 'NOTHING'}"
    )
    session.run(f"DROP TABLE {source}")
