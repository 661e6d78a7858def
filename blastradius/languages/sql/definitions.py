"""CREATE TABLE with columns, and ALTER TABLE: what is declared rather than computed."""

from __future__ import annotations

from sqlglot import exp

from blastradius.languages.sql.expressions import line_of, type_text
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, Value, digest
from blastradius.languages.sql.sources import first_line, relation_of

_COPIES = (exp.LikeProperty, exp.Clone)


def declared(tree: exp.Expr, recorder: Recorder) -> Shape:
    """Return the columns that a CREATE TABLE without a query lists, or takes from another."""
    items: list[Column | Star] = []
    schema = tree.this
    for one in schema.expressions if isinstance(schema, exp.Schema) else ():
        if isinstance(one, exp.ColumnDef):
            items.append(_declared_column(one))
        _note_references(one, recorder)
    for copied in _copied_tables(tree):
        name = relation_of(copied, recorder.placeholders)
        if name:
            line = first_line(copied)
            items.append(Star(recorder.read(name, line), line))
    if not items:
        # An external table, or one whose columns the engine finds out by itself.
        items.append(Star(-1, 0))
    return Shape([Branch(items)])


def _declared_column(node: exp.Expr) -> Column:
    line = line_of(node.this) or first_line(node)
    kind = type_text(node.args.get("kind"))
    constraints = node.args.get("constraints") or ()
    kinds = [one.args.get("kind") for one in constraints if isinstance(one, exp.ColumnConstraint)]
    required = any(
        isinstance(one, exp.NotNullColumnConstraint) and not one.args.get("allow_null")
        for one in kinds
    )
    shape = f"{kind} not null" if required else kind
    texts = [str(one) for one in kinds if one is not None]
    return Column(node.name.lower(), Value({}, digest([kind, *texts])), line, line, shape)


def _copied_tables(tree: exp.Expr) -> list[exp.Expr]:
    properties = tree.args.get("properties")
    places = [*(properties.expressions if properties is not None else ()), tree.args.get("clone")]
    if isinstance(tree.this, exp.Schema):
        places += tree.this.expressions
    return [
        place.this
        for place in places
        if isinstance(place, _COPIES) and isinstance(place.this, exp.Table)
    ]


def _note_references(node: exp.Expr, recorder: Recorder) -> None:
    """FOREIGN KEY … REFERENCES other (id): the other table's column must be there."""
    for reference in node.find_all(exp.Reference):
        schema = reference.this
        table = schema.this if isinstance(schema, exp.Schema) else schema
        if not isinstance(table, exp.Table):
            continue
        name = relation_of(table, recorder.placeholders)
        if not name:
            continue
        line = first_line(table)
        index = recorder.read(name, line)
        for column in schema.expressions if isinstance(schema, exp.Schema) else ():
            recorder.reference(((index, column.name.lower()),), line_of(column) or line, soft=False)


def altered(
    tree: exp.Expr, relation: int, recorder: Recorder
) -> tuple[tuple[tuple[str, str, str], ...], list[Column]]:
    """Return what an ALTER TABLE does to columns of ``relation``, and the columns that it makes.

    A column that it drops, renames or changes must have been there: it is asked for, softly, since
    the table's columns are known as they are after all migrations.
    """
    alters: list[tuple[str, str, str]] = []
    columns: list[Column] = []
    for action in tree.args.get("actions") or ():
        old, new, kind = _action(action)
        if old:
            line = first_line(action)
            recorder.reference(((relation, old),), line, soft=True)
        if new is not None:
            columns.append(new)
        if kind:
            name = new.name if new is not None else ""
            alters.append((kind, old, name) if kind == "rename" else (kind, old or name, ""))
    return tuple(alters), columns


def _action(action: exp.Expr) -> tuple[str, Column | None, str]:
    """Return the column that an action needs, the one that it makes, and what it does."""
    if isinstance(action, exp.RenameColumn):
        return action.this.name.lower(), _renamed_column(action.args["to"]), "rename"
    if isinstance(action, exp.ModifyColumn) and isinstance(action.this, exp.ColumnDef):
        was = action.args.get("rename_from")
        made = _declared_column(action.this)
        return (was.name.lower(), made, "rename") if was is not None else (made.name, None, "")
    if isinstance(action, exp.Drop):
        gone = [*(action.args.get("tables") or ()), action.this]
        named = next((one for one in gone if isinstance(one, exp.Expr)), None)
        of_column = str(action.args.get("kind") or "COLUMN").upper() == "COLUMN"
        return (
            (named.name.lower(), None, "drop")
            if named is not None and of_column
            else ("", None, "")
        )
    if isinstance(action, exp.AlterColumn):
        return action.this.name.lower(), None, ""
    added = action if isinstance(action, exp.ColumnDef) else action.find(exp.ColumnDef)
    return ("", _declared_column(added), "add") if added is not None else ("", None, "")


def _renamed_column(node: exp.Expr) -> Column:
    name = node.name.lower()
    line = first_line(node)
    return Column(name, Value({}, digest([name])), line, line)
