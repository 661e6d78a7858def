"""The inverse of Django's migrations as a new migration after the app's last one."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from blastradius.migrations.carrying import Carried
from blastradius.migrations.django import in_order
from blastradius.migrations.djangoread import File, Operation, by_folder, inner
from blastradius.migrations.djangostate import Model, Models, Piece, replay
from blastradius.migrations.model import History, ReadsAs, Rendered
from blastradius.migrations.naming import after, harmless, words_for
from blastradius.migrations.sources import Sources

_REVERSE = 2


@dataclass(slots=True)
class _Found:
    """What is being gathered: operations as text, what they need, what a person must know."""

    sources: Sources
    carried: Carried = field(default_factory=Carried)
    gaps: list[str] = field(default_factory=list)
    loses: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    provides: bool = False
    releases: bool = False

    def code(self, piece: Piece) -> str:
        """Return a piece of source, what it needs being carried over."""
        tree, text = self.sources.tree(piece.path), self.sources.text(piece.path)
        if (
            tree is not None
            and text is not None
            and not self.carried.carry(tree, text, [piece.node])
        ):
            said = "it needs a name that another migration defines otherwise"
            self.gaps.append(f"{piece.path}:{piece.node.lineno}: {said}")
        return ast.unparse(piece.node)

    def gap(self, operation: Operation, why: str) -> list[str]:
        """Note what cannot be undone."""
        self.gaps.append(f"{operation.path}:{operation.line}: {why}")
        return []


def inverse(history: History, chosen: frozenset[str], sources: Sources, label: str) -> Rendered:
    """Return a migration after the leaves of an app, which undoes the chosen ones."""
    order, _ = in_order(by_folder(sources)[history.folder])
    found = _Found(sources)
    found.carried.need("from django.db import migrations")
    models: Models = {}
    undone: list[list[str]] = []
    names: list[str] = []
    for one in order:
        gathered: list[list[str]] = []
        if one.name in chosen and one.operations is None:
            found.gaps.append(f"{one.path}:{one.line}: its operations are computed when it runs")
        for operation in one.operations or ():
            if one.name in chosen:
                gathered.append(_undo(operation, models, found))
            _replay(models, operation)
        if one.name in chosen:
            names.append(one.name)
            undone.append([text for several in reversed(gathered) for text in several])
    texts = [text for several in reversed(undone) for text in several]
    name = words_for(names[::-1], label)
    own = f"{_number(order)}_{name}"
    path = posixpath.join(history.folder, f"{own}.py")
    content = _file(history, texts, found, names[::-1], order, chosen)
    both = found.provides == found.releases
    reads_as: ReadsAs = "both" if both else "provide" if found.provides else "release"
    return Rendered(
        path,
        content.encode("utf-8", "replace"),
        {},
        name,
        own,
        tuple(names[::-1]),
        (),
        tuple(dict.fromkeys(found.loses)),
        reads_as,
        not found.gaps,
        tuple(found.gaps),
        tuple(dict.fromkeys(found.cautions)),
    )


def _replay(models: Models, operation: Operation) -> None:
    if operation.verb == "SeparateDatabaseAndState":
        for one in inner(operation, "state_operations", 1):
            replay(models, one)
    else:
        replay(models, operation)


def _number(order: list[File]) -> str:
    """Return the number that follows the highest one, as wide."""
    numbers = [match.group() for one in order if (match := re.match(r"\d+", one.name))]
    return after(max(numbers, key=int)) if numbers else "0001"


def _file(
    history: History,
    texts: list[str],
    found: _Found,
    names: list[str],
    order: list[File],
    chosen: frozenset[str],
) -> str:
    follows = [(history.label, head) for head in history.heads]
    for one in order:
        if one.name in chosen:  # other apps' migrations that what comes back refers to
            follows += [pair for pair in one.follows if pair[0] != history.label]
    pairs = "".join(f"        ({app!r}, {name!r}),\n" for app, name in dict.fromkeys(follows))
    operations = "".join(f"        {one},\n" for one in texts)
    atomic = "    atomic = False\n\n" if any("Concurrently(" in one for one in texts) else ""
    return (
        f'"""Undoes {harmless(", ".join(names))}."""\n\n'
        f"{found.carried.header()}\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"{atomic}    dependencies = [\n{pairs}    ]\n\n"
        f"    operations = [\n{operations}    ]\n"
    )


def _undo(operation: Operation, models: Models, found: _Found) -> list[str]:
    """Return the operations that undo one, in the order in which they run."""
    undoes = _UNDOES.get(operation.verb)
    if undoes is None:
        return found.gap(operation, f"{operation.verb or 'an operation'} is none of Django's own")
    return undoes(operation, models, found)


def _model(operation: Operation, models: Models, keyword: str = "model_name") -> Model | None:
    return models.get(operation.text(0, keyword).lower())


def _create_model(operation: Operation, _models: Models, found: _Found) -> list[str]:
    found.releases = True
    name = operation.text(0, "name")
    found.loses.append(f"the table of {name} and its rows")
    return [f"migrations.DeleteModel(name={name!r})"]


def _delete_model(operation: Operation, models: Models, found: _Found) -> list[str]:
    model = _model(operation, models, "name")
    if model is None:
        return found.gap(operation, "how the model was made is in no migration that can be read")
    found.provides = True
    found.cautions.append(f"the rows of {model.name} do not come back")
    fields = "".join(
        f"                ({name!r}, {found.code(one)}),\n" for name, one in model.fields.items()
    )
    together = {"unique_together": "AlterUniqueTogether", "index_together": "AlterIndexTogether"}
    options = {key: found.code(one) for key, one in model.options.items() if key not in together}
    said = "".join(f"                {key!r}: {value},\n" for key, value in options.items())
    rest = "".join(f"            {key}={found.code(one)},\n" for key, one in model.rest.items())
    more = f"            options={{\n{said}            }},\n" if said else ""
    head = f"migrations.CreateModel(\n            name={model.name!r},\n"
    created = f"{head}            fields=[\n{fields}            ],\n{more}{rest}        )"
    # What CreateModel has of these is made at the end only: what follows could not touch it.
    parts = [
        f"migrations.{verb}(name={model.name!r}, {key}={found.code(model.options[key])})"
        for key, verb in together.items()
        if key in model.options
    ]
    parts += [
        f"migrations.Add{verb}(model_name={model.name.lower()!r}, {verb.lower()}={found.code(one)})"
        for verb, several in (("Index", model.indexes), ("Constraint", model.constraints))
        for one in several.values()
    ]
    return [created, *parts]


def _add_field(operation: Operation, _models: Models, found: _Found) -> list[str]:
    model, name = operation.text(0, "model_name"), operation.text(1, "name")
    found.releases = True
    found.loses.append(f"{model}.{name} and its values")
    return [f"migrations.RemoveField(model_name={model!r}, name={name!r})"]


def _remove_field(operation: Operation, models: Models, found: _Found) -> list[str]:
    model, name = _model(operation, models), operation.text(1, "name")
    piece = model.fields.get(name) if model is not None else None
    if model is None or piece is None:
        return found.gap(operation, f"how {name} was defined is in no migration that can be read")
    found.provides = True
    label = f"{model.name}.{name}"
    found.cautions.append(f"the values of {label} do not come back")
    text = found.code(piece)
    given = {one.arg for one in piece.node.keywords} if isinstance(piece.node, ast.Call) else set()
    many = isinstance(piece.node, ast.Call) and "ManyToMany" in ast.unparse(piece.node.func)
    if (
        not given & {"null", "default", "auto_now", "auto_now_add", "primary_key", "db_default"}
        and not many
    ):
        found.cautions.append(
            f"{label} is not null and has no default: where there are rows it fails"
        )
    name_model = operation.text(0, "model_name")
    return [f"migrations.AddField(model_name={name_model!r}, name={name!r}, field={text})"]


def _alter_field(operation: Operation, models: Models, found: _Found) -> list[str]:
    model, name = _model(operation, models), operation.text(1, "name")
    piece = model.fields.get(name) if model is not None else None
    if piece is None:
        return found.gap(operation, f"how {name} was defined is in no migration that can be read")
    found.provides = True
    model_name = operation.text(0, "model_name")
    text = found.code(piece)
    return [f"migrations.AlterField(model_name={model_name!r}, name={name!r}, field={text})"]


def _rename_field(operation: Operation, _models: Models, found: _Found) -> list[str]:
    found.provides = found.releases = True
    model = operation.text(0, "model_name")
    old, new = operation.text(1, "old_name"), operation.text(2, "new_name")
    return [f"migrations.RenameField(model_name={model!r}, old_name={new!r}, new_name={old!r})"]


def _rename_model(operation: Operation, _models: Models, found: _Found) -> list[str]:
    found.provides = found.releases = True
    old, new = operation.text(0, "old_name"), operation.text(1, "new_name")
    return [f"migrations.RenameModel(old_name={new!r}, new_name={old!r})"]


def _added_part(operation: Operation, _models: Models, found: _Found) -> list[str]:
    is_index = "Index" in operation.verb
    node = operation.argument(1, "index" if is_index else "constraint")
    name = next(
        (
            one.value.value
            for one in (node.keywords if isinstance(node, ast.Call) else ())
            if one.arg == "name" and isinstance(one.value, ast.Constant)
        ),
        None,
    )
    if not isinstance(name, str):
        return found.gap(operation, "it has no name to be removed by")
    found.releases = True
    model = operation.text(0, "model_name")
    verb = operation.verb.replace("Add", "Remove")
    prefix = _prefix(verb, found)
    return [f"{prefix}{verb}(model_name={model!r}, name={name!r})"]


def _removed_part(operation: Operation, models: Models, found: _Found) -> list[str]:
    is_index = "Index" in operation.verb
    model, name = _model(operation, models), operation.text(1, "name")
    parts = {} if model is None else model.indexes if is_index else model.constraints
    if name not in parts:
        return found.gap(operation, f"how {name} was defined is in no migration that can be read")
    found.provides = True
    verb = operation.verb.replace("Remove", "Add")
    keyword = "index" if is_index else "constraint"
    text = found.code(parts[name])
    model_name = operation.text(0, "model_name")
    return [f"{_prefix(verb, found)}{verb}(model_name={model_name!r}, {keyword}={text})"]


def _prefix(verb: str, found: _Found) -> str:
    if verb.endswith("Concurrently"):
        found.carried.need(f"from django.contrib.postgres.operations import {verb}")
        return ""
    return "migrations."


def _rename_index(operation: Operation, _models: Models, found: _Found) -> list[str]:
    model = operation.text(0, "model_name")
    new, old = operation.text(1, "new_name"), operation.text(2, "old_name")
    if not old:
        return found.gap(operation, "an index without a name was given one")
    return [f"migrations.RenameIndex(model_name={model!r}, new_name={old!r}, old_name={new!r})"]


def _option(operation: Operation, models: Models, found: _Found) -> list[str]:
    model, verb = _model(operation, models, "name"), operation.verb
    if model is None:
        return found.gap(operation, "how the model was is in no migration that can be read")
    keyword = {
        "AlterModelTable": "table",
        "AlterUniqueTogether": "unique_together",
        "AlterIndexTogether": "index_together",
    }.get(verb)
    if keyword is None:
        state = {"unique_together", "index_together", "db_table"}
        kept = {key: found.code(one) for key, one in model.options.items() if key not in state}
        said = ", ".join(f"{key!r}: {value}" for key, value in kept.items())
        return [f"migrations.{verb}(name={model.name!r}, options={{{said}}})"]
    piece = model.options.get("db_table" if keyword == "table" else keyword)
    text = found.code(piece) if piece is not None else "None" if keyword == "table" else "set()"
    found.provides = True
    return [f"migrations.{verb}(name={model.name!r}, {keyword}={text})"]


def _managers(operation: Operation, models: Models, found: _Found) -> list[str]:
    model = _model(operation, models, "name")
    piece = model.rest.get("managers") if model is not None else None
    text = found.code(piece) if piece is not None else "[]"
    return [f"migrations.AlterModelManagers(name={operation.text(0, 'name')!r}, managers={text})"]


def _run(operation: Operation, _models: Models, found: _Found) -> list[str]:
    keywords = ("code", "reverse_code") if operation.verb == "RunPython" else ("sql", "reverse_sql")
    forward, back = operation.argument(0, keywords[0]), operation.argument(1, keywords[1])
    if forward is None or back is None or ast.unparse(back) == "None":
        return found.gap(operation, f"{operation.verb} has no reverse")
    found.provides = found.releases = True
    texts = [found.code(Piece(one, operation.path)) for one in (back, forward)]
    state = operation.argument(2, "state_operations") if operation.verb == "RunSQL" else None
    if state is not None and ast.unparse(state) != "None":
        return found.gap(operation, "RunSQL changes the state of models as well")
    return [f"migrations.{operation.verb}({texts[0]}, {texts[1]})"]


def _separate(operation: Operation, models: Models, found: _Found) -> list[str]:
    sides = []
    for position, keyword in ((0, "database_operations"), (1, "state_operations")):
        state = {name: model.copy() for name, model in models.items()}
        undone = []
        for one in inner(operation, keyword, position):
            undone.append(_undo(one, state, found))
            replay(state, one)
        said = ", ".join(text for several in reversed(undone) for text in several)
        sides.append(f"{keyword}=[{said}]")
    return [f"migrations.SeparateDatabaseAndState({', '.join(sides)})"]


_UNDOES: dict[str, Callable[[Operation, Models, _Found], list[str]]] = {
    "CreateModel": _create_model,
    "DeleteModel": _delete_model,
    "AddField": _add_field,
    "RemoveField": _remove_field,
    "AlterField": _alter_field,
    "RenameField": _rename_field,
    "RenameModel": _rename_model,
    "AddIndex": _added_part,
    "AddConstraint": _added_part,
    "AddIndexConcurrently": _added_part,
    "RemoveIndex": _removed_part,
    "RemoveConstraint": _removed_part,
    "RemoveIndexConcurrently": _removed_part,
    "RenameIndex": _rename_index,
    "AlterModelOptions": _option,
    "AlterModelTable": _option,
    "AlterUniqueTogether": _option,
    "AlterIndexTogether": _option,
    "AlterModelManagers": _managers,
    "RunPython": _run,
    "RunSQL": _run,
    "SeparateDatabaseAndState": _separate,
}
