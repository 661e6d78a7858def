"""The models of an app as its migrations leave them: each field and option as it stands in its source."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from blastradius.migrations.djangoread import Operation


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a definition: its node, and the file whose names it uses."""

    node: ast.expr
    path: str


@dataclass(slots=True)
class Model:
    """A model: field → definition in order; the other arguments of ``CreateModel``; its parts."""

    name: str
    fields: dict[str, Piece] = field(default_factory=dict)
    rest: dict[str, Piece] = field(default_factory=dict)
    options: dict[str, Piece] = field(default_factory=dict)
    indexes: dict[str, Piece] = field(default_factory=dict)
    constraints: dict[str, Piece] = field(default_factory=dict)

    def copy(self) -> Model:
        """Return a model that may be changed apart from this one."""
        return Model(
            self.name,
            dict(self.fields),
            dict(self.rest),
            dict(self.options),
            dict(self.indexes),
            dict(self.constraints),
        )


Models = dict[str, Model]
"""Lower name → model."""


def replay(models: Models, operation: Operation) -> None:
    """Change the models as one operation does."""
    verb = operation.verb
    if verb == "CreateModel":
        _create(models, operation)
    elif verb == "DeleteModel":
        models.pop(operation.text(0, "name").lower(), None)
    elif verb == "RenameModel":
        model = models.pop(operation.text(0, "old_name").lower(), None)
        if model is not None:
            model.name = operation.text(1, "new_name")
            models[model.name.lower()] = model
    elif verb in {"AlterModelOptions", "AlterModelTable", "AlterModelManagers"} | set(_TOGETHER):
        model = models.get(operation.text(0, "name").lower())
        if model is not None:
            _option(model, operation)
    else:
        model = models.get(operation.text(0, "model_name").lower())
        if model is not None:
            _part(model, operation)


_TOGETHER = {"AlterUniqueTogether": "unique_together", "AlterIndexTogether": "index_together"}
_STATE_OPTIONS = frozenset(
    {"unique_together", "index_together", "db_table", "indexes", "constraints"}
)


def _create(models: Models, operation: Operation) -> None:
    model = Model(operation.text(0, "name"))
    listed = operation.argument(1, "fields")
    for one in listed.elts if isinstance(listed, (ast.List, ast.Tuple)) else []:
        match one:
            case ast.Tuple(elts=[ast.Constant(value=str() as name), definition]):
                model.fields[name] = Piece(definition, operation.path)
    for position, keyword in ((3, "bases"), (4, "managers")):
        node = operation.argument(position, keyword)
        if node is not None:
            model.rest[keyword] = Piece(node, operation.path)
    given = operation.argument(2, "options")
    for key, value in _items(given):
        if key in {"indexes", "constraints"}:
            parts = model.indexes if key == "indexes" else model.constraints
            for one in value.elts if isinstance(value, (ast.List, ast.Tuple)) else []:
                parts[_name(one)] = Piece(one, operation.path)
        else:
            model.options[key] = Piece(value, operation.path)
    models[model.name.lower()] = model


def _items(node: ast.expr | None) -> list[tuple[str, ast.expr]]:
    if not isinstance(node, ast.Dict):
        return []
    return [
        (key.value, value)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]


def _name(node: ast.expr) -> str:
    for one in node.keywords if isinstance(node, ast.Call) else []:
        if one.arg == "name" and isinstance(one.value, ast.Constant):
            return str(one.value.value)
    return ""


def _option(model: Model, operation: Operation) -> None:
    if operation.verb == "AlterModelOptions":
        kept = {key: one for key, one in model.options.items() if key in _STATE_OPTIONS}
        said = {
            key: Piece(value, operation.path)
            for key, value in _items(operation.argument(1, "options"))
        }
        model.options = kept | said
        return
    if operation.verb == "AlterModelManagers":
        node = operation.argument(1, "managers")
        if node is not None:
            model.rest["managers"] = Piece(node, operation.path)
        return
    key = _TOGETHER.get(operation.verb, "db_table")
    node = operation.argument(1, "table" if key == "db_table" else key)
    if node is not None:
        model.options[key] = Piece(node, operation.path)


def _part(model: Model, operation: Operation) -> None:
    verb, name = operation.verb, operation.text(1, "name")
    if verb in {"AddField", "AlterField"}:
        node = operation.argument(2, "field")
        if node is not None:
            model.fields[name] = Piece(node, operation.path)
    elif verb == "RemoveField":
        model.fields.pop(name, None)
    elif verb == "RenameField":
        old, new = operation.text(1, "old_name"), operation.text(2, "new_name")
        model.fields = {new if key == old else key: one for key, one in model.fields.items()}
    elif verb in {"AddIndex", "AddIndexConcurrently", "AddConstraint"}:
        is_index = verb != "AddConstraint"
        node = operation.argument(1, "index" if is_index else "constraint")
        if node is not None:
            (model.indexes if is_index else model.constraints)[_name(node)] = Piece(
                node, operation.path
            )
    elif verb in {"RemoveIndex", "RemoveIndexConcurrently"}:
        model.indexes.pop(name, None)
    elif verb == "RemoveConstraint":
        model.constraints.pop(name, None)
