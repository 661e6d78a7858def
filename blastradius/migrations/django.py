"""Django: the migrations of an app as a history; what Django cannot take back, and what it only seems to."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from blastradius.migrations.catalog import Schema
from blastradius.migrations.djangoread import File, Operation, by_folder, inner, is_noop
from blastradius.migrations.lint import Way, judge
from blastradius.migrations.model import Gravity, History, Lint, Migration, MigrationKind
from blastradius.migrations.model import Operation as Told
from blastradius.migrations.ordering import heads_of, ordered, problems_of
from blastradius.migrations.sources import Sources
from blastradius.migrations.sqlread import steps
from blastradius.migrations.values import Value, text_of

GRAVITY: dict[str, Gravity] = {
    "CreateModel": "add",
    "DeleteModel": "drop",
    "AddField": "add",
    "RemoveField": "drop",
    "AlterField": "alter",
    "RenameField": "alter",
    "RenameModel": "alter",
    "AlterModelTable": "alter",
    "AlterModelTableComment": "index",
    "AlterModelOptions": "index",
    "AlterModelManagers": "index",
    "AlterOrderWithRespectTo": "alter",
    "AddIndex": "index",
    "RemoveIndex": "index",
    "RenameIndex": "index",
    "AddConstraint": "index",
    "RemoveConstraint": "index",
    "AlterConstraint": "index",
    "AlterUniqueTogether": "index",
    "AlterIndexTogether": "index",
    "RunPython": "raw",
    "RunSQL": "raw",
    "AddIndexConcurrently": "index",
    "RemoveIndexConcurrently": "index",
}
# Extensions of PostgreSQL, which Django drops again.
_EXTENSIONS = frozenset(
    {"CreateExtension", "TrigramExtension", "HStoreExtension", "CITextExtension", "CryptoExtension"}
    | {"BtreeGinExtension", "BtreeGistExtension", "UnaccentExtension", "BloomExtension"}
)
_ORDER = ("inverse", "lossy", "unknown", "partial", "empty", "raising", "missing")
_REVERSE = 2
_STATE_ONLY = frozenset({"AlterModelOptions", "AlterModelManagers"})


def histories(sources: Sources, dialect: str) -> list[History]:
    """Return one history for each app."""
    return [_history(several, dialect) for _, several in sorted(by_folder(sources).items())]


def in_order(several: Sequence[File]) -> tuple[list[File], list[str]]:
    """Return the migrations of an app with parents first, and what is wrong with their chain."""
    by_name = {one.name: one for one in several}
    parents = parents_of(several)
    order, cyclic = ordered(parents)
    problems = problems_of(parents, list(by_name), cyclic)
    return [by_name[name] for name in [*order, *cyclic]], problems


def parents_of(several: Sequence[File]) -> dict[str, tuple[str, ...]]:
    """Return name → the names of the same app that it follows; what was squashed stands as squashed."""
    names = {one.name for one in several}
    squashed = {
        name: one.name
        for one in several
        for app, name in one.replaces
        if app == one.app and name not in names
    }
    return {
        one.name: tuple(
            dict.fromkeys(
                squashed.get(name, name)
                for app, name in one.follows
                if app == one.app and not name.startswith("__") and squashed.get(name) != one.name
            )
        )
        for one in several
    }


def _history(several: list[File], dialect: str) -> History:
    order, problems = in_order(several)
    parents = parents_of(several)
    tables: dict[str, str] = {}
    found = [_migration(one, parents[one.name], tables, dialect) for one in order]
    folder = posixpath.dirname(several[0].path)
    label = several[0].app
    return History("django", folder, label, tuple(found), heads_of(parents), tuple(problems))


def _migration(
    one: File, parents: tuple[str, ...], tables: dict[str, str], dialect: str
) -> Migration:
    told = [_told(operation, one.app, tables) for operation in flat(one.operations or ())]
    return Migration(
        one.name,
        one.path,
        (one.path,),
        parents,
        one.line,
        tuple(told),
        _kind(one, told),
        tuple(sorted({operation.table for operation in told if operation.table})),
        None,
        None,
        one.atomic and not any(o.verb.endswith("Concurrently") for o in one.operations or ()),
        _lint(one, dialect),
    )


def flat(operations: Sequence[Operation]) -> list[Operation]:
    """Return operations, those on the database alone in place of what separates them from the state."""
    found: list[Operation] = []
    for one in operations:
        if one.verb == "SeparateDatabaseAndState":
            found += inner(one, "database_operations", 0)
        else:
            found.append(one)
    return found


def _told(operation: Operation, app: str, tables: dict[str, str]) -> Told:
    verb = operation.verb
    gravity = GRAVITY.get(verb, "index" if verb in _EXTENSIONS else "raw")
    of_model = verb in {"CreateModel", "DeleteModel", "AlterModelTable", "AlterModelOptions"}
    model = operation.text(0, "name" if of_model else "model_name").lower()
    if verb == "RenameModel":
        model = operation.text(0, "old_name").lower()
    table = tables.get(model, f"{app}_{model}") if model else ""
    if verb in {"CreateModel", "AlterModelTable"}:
        options = operation.made.get(2, "options")
        said = options.get("db_table") if isinstance(options, dict) else None
        if verb == "AlterModelTable":
            said = operation.text(1, "table")
        if isinstance(said, str) and said:
            tables[model] = said
            table = said if verb == "CreateModel" else table
    named = "" if of_model else operation.text(1, "name") or operation.text(1, "old_name")
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in verb).strip("_")
    return Told(words or "unknown", table, named, operation.line, gravity)


def _kind(one: File, told: Sequence[Told]) -> MigrationKind:
    found = {operation.gravity for operation in told}
    if "drop" in found:
        return "destructive"
    if one.operations is None or "raw" in found:
        return "unknown"
    removes = any(operation.verb.startswith(("remove_", "alter_unique")) for operation in told)
    return "transforming" if "alter" in found or removes else "additive"


def _lint(one: File, dialect: str) -> Lint:
    if one.operations is None:
        return Lint("unknown", "its operations are computed when it runs", one.line)
    worst = Lint("inverse", "", one.line)
    for operation in flat(one.operations):
        found = _of_operation(operation, dialect)
        if _ORDER.index(found.verdict) > _ORDER.index(worst.verdict):
            worst = found
    return worst


def _of_operation(operation: Operation, dialect: str) -> Lint:
    verb, line = operation.verb, operation.line
    if verb == "RunPython":
        return _run_python(operation)
    if verb == "RunSQL":
        return _run_sql(operation, dialect)
    if verb in {"DeleteModel", "RemoveField"}:
        what = operation.text(0, "name") if verb == "DeleteModel" else operation.text(1, "name")
        return Lint("lossy", f"what was stored in {what} does not come back", line)
    if verb == "AlterField":
        return Lint("inverse", "", line)
    if verb in GRAVITY or verb in _EXTENSIONS:
        return Lint("inverse", "", line)
    return Lint("unknown", f"{verb or 'an operation'} is none of Django's own", line)


def _run_python(operation: Operation) -> Lint:
    given = {one.arg for one in operation.node.keywords}
    if "reverse_code" not in given and len(operation.node.args) < _REVERSE:
        why = "RunPython has no reverse: Django refuses to go back past it"
        return Lint("missing", why, operation.line)
    back = operation.made.get(1, "reverse_code")
    if back is None:
        return Lint("missing", "RunPython has no reverse", operation.line)
    if is_noop(back):
        return Lint("lossy", "the rows that RunPython wrote stay", operation.line)
    return Lint("lossy", "rows are rewritten both ways", operation.line)


def _run_sql(operation: Operation, dialect: str) -> Lint:
    forward = sql_text(operation.made.get(0, "sql"))
    given = {one.arg for one in operation.node.keywords}
    if "reverse_sql" not in given and len(operation.node.args) < _REVERSE:
        return Lint(
            "missing", "RunSQL has no reverse: Django refuses to go back past it", operation.line
        )
    said = operation.made.get(1, "reverse_sql")
    back = "" if is_noop(said) else sql_text(said)
    if forward is None or back is None:
        return Lint("unknown", "SQL that is put together when it runs", operation.line)
    up = Way(steps(forward, dialect, operation.line), 0, operation.line)
    down = Way(steps(back, dialect, operation.line), 0, operation.line)
    return judge(Schema(), up, down).lint


def sql_text(value: Value) -> str | None:
    """Return the SQL of ``RunSQL``: a text, or a list of texts and of (text, parameters)."""
    if isinstance(value, (list, tuple)):
        parts = [one[0] if isinstance(one, (list, tuple)) and one else one for one in value]
        texts = [text_of(one) for one in parts]
        return None if None in texts else ";\n".join(one for one in texts if one)
    return text_of(value)
