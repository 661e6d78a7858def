"""What a rehearsal must show before an undo is let near the live database."""

from __future__ import annotations

from msgspec import Struct

from blastradius.adapters.database import native, rows, runner
from blastradius.adapters.database.args import Args, Part
from blastradius.adapters.database.carry import carry, differing
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.native import Native
from blastradius.adapters.database.package import Package
from blastradius.adapters.database.places import Kind, Session
from blastradius.adapters.database.reach import refuse_other_databases
from blastradius.adapters.database.restore import restore
from blastradius.adapters.database.rows import Counted, Kept
from blastradius.adapters.database.script import Script, Statement, script, shown
from blastradius.adapters.database.split import statements
from blastradius.errors import CheckpointError, StoppedError
from blastradius.model.plan import Fingerprint
from blastradius.world import World


class Seen(Struct, frozen=True):
    """The states that a script passed through, and the rows of some tables in each."""

    states: tuple[Fingerprint, ...]
    rows: dict[str, list[Counted]]


def run_through(
    there: Session,
    plain: Script,
    state: Fingerprint,
    world: World,
    kept: tuple[Kept, ...] = (),
    before: Native | None = None,
) -> Seen:
    """Run a script on a copy; return the state before it and after each unit.

    Args:
        there: the copy.
        plain: what is run.
        state: the state that it is in.
        world: the doors.
        kept: tables whose rows are looked at after each unit.
        before: the schema as it is.
    """
    refuse_other_databases(there, (one for unit in plain.units for one in unit.statements))
    states = [state]
    seen: dict[str, list[Counted]] = {one.table: [] for one in kept} if before else {}
    for unit in plain.units:
        world.tick("sql on a copy")
        if unit.together:
            there.begin()
        try:
            for one in unit.statements:
                there.run(one, f"rehearsing {shown(one)}")
        except StoppedError:
            there.rollback()
            raise
        if unit.together:
            there.commit()
        states.append(fingerprint(there))
        if seen:
            now = native.read(there)
            for table, counts in seen.items():
                if f"table {table}" in now.things:
                    columns = rows.columns_of(now, table)
                    counts.append(rows.count(there, now, table, columns))
    return Seen(tuple(states), seen)


def prove_back(there: Session, made: Package, had: dict[str, Counted], world: World) -> None:
    """Take the script back on the copy: every thing and every row must be as before.

    Raises:
        CheckpointError: something is not.
    """
    try:
        restore(there, made, world.store, world.run, world.tick)
    except StoppedError as error:
        raise CheckpointError(
            f"the undo could not be taken back on a copy: {error.what}", error.hint
        ) from None
    schema = native.read(there)
    wrong = [*made.before.differing(schema)]
    wrong += [
        f"rows of {table}" for table, known in had.items()
        if f"table {table}" in schema.things
        and rows.count(there, schema, table, rows.columns_of(made.before, table)) != known
    ]  # fmt: skip
    if wrong:
        raise CheckpointError(
            f"the checkpoint of database {there.name} does not restore {', '.join(wrong[:6])}",
            "take a backup with the database's own tool and undo this migration by hand",
        )


def prove_round(there: Session, args: Args, made: Package, world: World, timeout: int) -> None:
    """Undo again, take the rows away, run forward what was undone: the schema must be as before.

    Raises:
        CheckpointError: it is not, or it does not run: the undo is no true inverse.
    """
    carry(there, made, world.tick, guarded=False)
    _emptied(there, made)
    try:
        for part in args.parts[::-1]:
            if part.way == "sql":
                run_through(there, _again(part, there.kind), made.states[-1], world)
            else:
                runner.forward(part, there.url, world, timeout)
    except StoppedError as error:
        raise CheckpointError(
            f"the undo of {', '.join(args.undone)} is no true inverse: after it they do not run "
            f"again on a copy: {error.what}",
            "leave them in place (--migrations leave), or write the inverse by hand",
        ) from None
    now, before = _schema_only(fingerprint(there)), _schema_only(made.states[0])
    if now != before:
        raise CheckpointError(
            f"the undo of {', '.join(args.undone)} is no true inverse: run again, they give another "
            f"schema: {differing(now, before)}",
            "leave them in place (--migrations leave), or write the inverse by hand",
        )


def _again(part: Part, kind: Kind) -> Script:
    found = (one for text in part.again for one in statements(text, kind))
    return script(tuple(Statement(one) for one in found), kind)


def _schema_only(state: Fingerprint) -> Fingerprint:
    return Fingerprint(
        {name: one for name, one in state.leaves.items() if not name.startswith("version ")}
    )


def _emptied(there: Session, made: Package) -> None:
    """Take away all rows, so that what needs a value can be added again."""
    tables = [
        key.removeprefix("table ") for key in made.after.of("table")
        if key.removeprefix("table ") not in made.ledgers
    ]  # fmt: skip
    if there.kind == "postgresql" and tables:
        there.run(f"TRUNCATE {', '.join(tables)} CASCADE")
        return
    if there.kind == "mysql":
        there.run("SET SESSION foreign_key_checks = 0")
    for one in tables:
        there.run(f"DELETE FROM {one}")
    if there.kind == "mysql":
        there.run("SET SESSION foreign_key_checks = 1")


def warnings(made: Package, kind: Kind) -> tuple[str, ...]:
    """Return what a person should know of the act, a sentence each."""
    found = []
    if len(made.script.units) > 1 and kind == "mysql":
        found.append(
            f"each of its {len(made.script.units)} parts lasts by itself, since this database ends a "
            "transaction at each change of the schema"
        )
    elif len(made.script.units) > 1:
        found.append(
            f"it runs in {len(made.script.units)} parts, since some statements take no transaction"
        )
    if made.script.reads:
        found.append("it writes what it makes of rows: nobody may write to them meanwhile")
    return tuple(found)


def loses(made: Package) -> tuple[str, ...]:
    """Return what goes with the undo, counted; the checkpoint has it."""
    kept = {one.table: one for one in made.kept}
    found = [f"table {one} and its {kept[one].count} rows" for one in made.gone]
    found += [
        f"column {table}.{column} of {kept[table].count} rows"
        for table, columns in sorted(made.lost.items())
        for column in columns
        if f"column {table}.{column}" not in made.after.things
    ]
    return tuple(found)
