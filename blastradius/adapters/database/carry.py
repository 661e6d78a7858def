"""Running a script on a database, from whichever of its states the database is in."""

from __future__ import annotations

from collections.abc import Callable

from blastradius.adapters.database import native, rows
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.package import Package
from blastradius.adapters.database.places import LOCK_SECONDS, Session
from blastradius.adapters.database.rows import Counted
from blastradius.adapters.database.script import Unit, shown
from blastradius.errors import DriftError, StoppedError
from blastradius.model.plan import Fingerprint

Tick = Callable[[str], None]
_LOCK = 7_267_213_114
"""Any number that no other program takes for its advisory lock; the same for all of ours."""
_SHOWN = 6


def differing(one: Fingerprint, other: Fingerprint) -> str:
    """Return the resources that are not the same, in words."""
    names = one.differing(other)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def lock(session: Session) -> None:
    """Let no other run of ours act on this database; given back when the connection ends.

    Raises:
        StoppedError: another holds it.
    """
    if session.kind == "postgresql":
        session.rows("SELECT pg_advisory_lock(:key)", key=_LOCK)
    elif session.kind == "mysql":
        name = f"blastradius:{session.url.database}"[:64]
        if session.rows("SELECT GET_LOCK(:name, :wait)", name=name, wait=LOCK_SECONDS)[0][0] != 1:
            raise StoppedError(
                f"database {session.name}: another run holds the lock", "wait for it to end"
            )


def carry(session: Session, package: Package, tick: Tick, *, guarded: bool = True) -> None:
    """Bring a database to the last state; it does nothing when that is reached already.

    Args:
        session: the database.
        package: what was prepared.
        tick: called before each operation.
        guarded: rows that would be lost must be those of the checkpoint.

    Raises:
        DriftError: the database is in none of the states; nothing was changed.
        StoppedError: a statement failed; the transaction that it was in was rolled back.
    """
    states, units = package.states, package.script.units
    now = fingerprint(session)
    if now == states[-1]:
        return
    if now not in states:
        raise DriftError(
            f"database {session.name} is not as it was planned for: {differing(now, states[0])}",
            "somebody else changed it; make the plan again",
        )
    lock(session)
    for number in range(states.index(now), len(units)):
        if units[number].together:
            _in_transaction(session, package, number, tick, guarded=guarded and number == 0)
        else:
            _alone(session, package, number, tick, guarded=guarded and number == 0)


def _alone(session: Session, package: Package, number: int, tick: Tick, *, guarded: bool) -> None:
    _as_planned(session, package.states[number])
    if guarded:
        _unchanged(session, package)
    _run(session, package.script.units[number], tick)
    _as_rehearsed(session, package.states[number + 1])


def _in_transaction(
    session: Session, package: Package, number: int, tick: Tick, *, guarded: bool
) -> None:
    tick(f"sql begin {number}")
    session.begin()
    try:
        if session.kind == "postgresql":
            tables = package.before.of("table")
            for one in sorted({*package.lost, *package.gone, *package.written, *package.shared}):
                if f"table {one}" in tables and number == 0:
                    session.run(f"LOCK TABLE {one} IN ACCESS EXCLUSIVE MODE", "lock")
        _as_planned(session, package.states[number])
        if guarded:
            _unchanged(session, package)
        whole = session.kind != "mysql" and len(package.script.units) == 1
        had = _rows_of(session, package, package.before) if whole else {}
        _run(session, package.script.units[number], tick)
        _as_rehearsed(session, package.states[number + 1])
        if whole:
            _as_they_were(session, had, _rows_of(session, package, package.after))
        tick(f"sql commit {number}")
        _commit(session, package.states[number + 1])
    except BaseException:
        session.rollback()
        raise
    tick(f"sql committed {number}")


def _run(session: Session, unit: Unit, tick: Tick) -> None:
    for place, one in enumerate(unit.statements):
        tick(f"sql {place}")
        session.run(one, f"statement {place + 1} of {len(unit.statements)}: {shown(one)}")


def _commit(session: Session, wanted: Fingerprint) -> None:
    """Commit; when the answer is lost, a new look tells whether it took."""
    from blastradius.adapters.database.places import session as connect  # noqa: PLC0415 - its name is taken

    try:
        session.commit()
    except StoppedError:
        with connect(session.url, session.name) as again:
            if fingerprint(again) != wanted:
                raise


def _as_planned(session: Session, state: Fingerprint) -> None:
    now = fingerprint(session)
    if now != state:
        raise DriftError(
            f"database {session.name} changed meanwhile: {differing(now, state)}",
            "somebody else works on it; make the plan again",
        )


def _as_rehearsed(session: Session, state: Fingerprint) -> None:
    now = fingerprint(session)
    if now != state:
        raise StoppedError(
            f"database {session.name} did not become what the rehearsal gave: {differing(now, state)}",
            "make the plan again",
        )


def _unchanged(session: Session, package: Package) -> None:
    """Refuse when rows that would be lost are not those of the checkpoint.

    Where DDL is transactional their tables are locked already; on MySQL a moment is left between.
    """
    schema = package.before
    for table, known in package.read.items():
        if table not in package.ledgers:
            _same(session, package, table, rows.columns_of(schema, table), known)
    for kept in package.kept:
        if kept.table in package.ledgers:
            continue
        if kept.table in package.gone or kept.table in package.written:
            columns, known = kept.columns, Counted(kept.count, kept.digest)
        else:
            lost = package.lost.get(kept.table)
            if not lost:
                continue
            columns, known = (*kept.key, *lost), kept.partly["lost"]
        _same(session, package, kept.table, columns, known)


def _same(
    session: Session, package: Package, table: str, columns: tuple[str, ...], known: Counted
) -> None:
    if rows.count(session, package.before, table, columns) != known:
        raise DriftError(
            f"database {session.name}: rows of {table} changed since its checkpoint",
            "plan and run again while nobody writes to it",
        )


def _as_they_were(session: Session, before: dict[str, Counted], after: dict[str, Counted]) -> None:
    if before != after:
        raise StoppedError(
            f"database {session.name}: rows that should have stayed would have changed",
            "nothing was changed; make the plan again",
        )


def _rows_of(session: Session, package: Package, schema: native.Native) -> dict[str, Counted]:
    return {
        table: rows.count(session, schema, table, columns)
        for table, columns in sorted(package.shared.items())
        if table not in package.written
    }
