"""A file's record → the definitions and field groups that every language states in the same way."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.languages.sql.mask import Masked
from blastradius.languages.sql.shapes import digest
from blastradius.languages.sql.summary import OutputItem, StarItem, Statement, Summary
from blastradius.model.facts import Definition, FieldGroup, FieldSite

# Statements whose output is the list of their target's columns.
_WHOLE = frozenset({"create", "declare", "query", "insert"})
_DEFINING = _WHOLE | {"merge", "update", "delete", "other"}


def definitions_of(summary: Summary, masked: Masked) -> tuple[Definition, ...]:
    """Return relations with their columns, columns that an ALTER adds, and template macros."""
    found: list[Definition] = []
    written: dict[str, list[Statement]] = {}
    for statement in summary.statements:
        if statement.target >= 0 and statement.kind in _DEFINING:
            name = summary.relations[statement.target].name
            written.setdefault(name, []).append(statement)
    lost = digest(masked.lost) if masked.lost else ""
    for name, statements in written.items():
        found += _relation(
            name, statements, summary, lost if name == masked.title else "", len(found)
        )
    defined = {one.name for one in found}
    for statement in summary.statements:
        if statement.kind == "alter":
            table = summary.relations[statement.target].name
            for item in _outputs(statement):
                name = f"{table}.{item.name}"
                if name not in defined:
                    defined.add(name)
                    found.append(_column(name, [item], -1))
    for name, parameters, line, end, body in masked.macros:
        found.append(Definition(name, "function", line, end, -1, f"({parameters})", body))
    return tuple(found)


def _relation(
    name: str, statements: list[Statement], summary: Summary, lost: str, index: int
) -> list[Definition]:
    main = next((one for one in statements if one.kind in _WHOLE), statements[0])
    rows = [part for one in statements for part in (one.kind, one.digest)]
    shape = [
        item.name if isinstance(item, OutputItem) else _star_text(item, summary)
        for one in statements
        if one.kind in _WHOLE
        for item in (one.branches[0] if one.branches else ())
    ]
    columns: dict[str, list[OutputItem]] = {}
    for statement in statements:
        for item in _outputs(statement):
            columns.setdefault(item.name, []).append(item)
    body = digest([*rows, *([lost] if lost else [])])
    relation = Definition(
        name, "relation", main.line, main.end, -1, ", ".join(dict.fromkeys(shape)), body
    )
    return [relation, *(_column(f"{name}.{one}", items, index) for one, items in columns.items())]


def _star_text(star: StarItem, summary: Summary) -> str:
    name = summary.relations[star.relation].name if star.relation >= 0 else "?"
    changes = [f"-{one}" for one in star.without] + [f"{old}={new}" for old, new in star.renames]
    return f"{name}.*{'(' + ' '.join(changes) + ')' if changes else ''}"


def _outputs(statement: Statement) -> Iterator[OutputItem]:
    if statement.names:
        # Which of the query's columns each one is, other files may say.
        for name in statement.names:
            yield OutputItem(name, statement.line, statement.line, digest=statement.digest)
        return
    for branch in statement.branches[:1]:
        for item in branch:
            if isinstance(item, OutputItem):
                yield item


def _column(name: str, items: list[OutputItem], parent: int) -> Definition:
    first = items[0]
    body = digest(one.digest for one in items)
    return Definition(name, "column", first.line, first.end, parent, first.type, body)


def groups_of(summary: Summary, definitions: tuple[Definition, ...]) -> tuple[FieldGroup, ...]:
    """Return what each query puts out, and what it reads from each relation."""
    index = {one.name: number for number, one in enumerate(definitions)}
    found: list[FieldGroup] = []
    for statement in summary.statements:
        if statement.kind == "function":
            continue
        target = summary.relations[statement.target].name if statement.target >= 0 else ""
        scope = index.get(target, -1)
        read = [summary.relations[relation].name for relation, _ in statement.reads]
        sites = tuple(
            FieldSite(item.name, item.line, index.get(f"{target}.{item.name}", -1))
            for item in _outputs(statement)
        )
        if sites and target:
            anchors = tuple(dict.fromkeys([target, *read]))
            found.append(FieldGroup("columns", "declare", scope, sites, anchors))
        for name, columns in _columns_read(statement, summary).items():
            sites = tuple(FieldSite(column, line) for column, line in columns.items())
            found.append(FieldGroup("columns", "consume", scope, sites, (name,)))
    return tuple(found)


def _columns_read(statement: Statement, summary: Summary) -> dict[str, dict[str, int]]:
    """Return relation → column → line of its first use; one that may be of two is in both."""
    used = {reference for item in _all_outputs(statement) for reference, _ in item.sources}
    used.update(reference for _, reference in statement.rows)
    used.update(statement.others)
    found: dict[str, dict[str, int]] = {}
    for number in sorted(used):
        reference = summary.references[number]
        for relation, column in reference.alternatives:
            if column and not reference.seen and not column.startswith("@"):
                lines = found.setdefault(summary.relations[relation].name, {})
                lines[column] = min(reference.line, lines.get(column, reference.line))
    return found


def _all_outputs(statement: Statement) -> Iterator[OutputItem]:
    for branch in statement.branches:
        for item in branch:
            if isinstance(item, OutputItem):
                yield item
