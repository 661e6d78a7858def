"""Django's migration files as values: their chain, and each operation with the node that it stands in."""

from __future__ import annotations

import ast
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from blastradius.bridges.migrations.statements import assigned
from blastradius.migrations.evaluate import Evaluator
from blastradius.migrations.sources import Sources
from blastradius.migrations.values import Made, Module, Ref, Value, items

FOLDER = "migrations"
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it is called, its arguments as values and as nodes, its line."""

    verb: str
    made: Made
    node: ast.Call
    path: str

    @property
    def line(self) -> int:
        """Where it stands."""
        return self.node.lineno

    def text(self, position: int, keyword: str) -> str:
        """Return a string argument, empty where it is none."""
        said = self.made.get(position, keyword)
        return said if isinstance(said, str) else ""

    def argument(self, position: int, keyword: str) -> ast.expr | None:
        """Return the node of an argument."""
        for one in self.node.keywords:
            if one.arg == keyword:
                return one.value
        return self.node.args[position] if position < len(self.node.args) else None


@dataclass(frozen=True, slots=True)
class File:
    """One migration: (app, name) of what it follows, its operations; None: they cannot be read."""

    name: str
    path: str
    app: str
    line: int
    follows: tuple[tuple[str, str], ...]
    replaces: tuple[tuple[str, str], ...]
    operations: tuple[Operation, ...] | None
    atomic: bool


def files(sources: Sources) -> Iterator[File]:
    """Yield the migrations of a tree, by path."""
    labels: dict[str, str] = {}
    evaluator = Evaluator(sources, "postgres")
    for path in sorted(sources.paths):
        folder, name = posixpath.split(path)
        app = posixpath.dirname(folder)
        if (
            posixpath.basename(folder) != FOLDER
            or not path.endswith(".py")
            or name == "__init__.py"
        ):
            continue
        content = sources.bytes(path)
        if content is None or b"Migration" not in content or b"django" not in content:
            continue
        if app not in labels:
            labels[app] = _label(sources, app)
        found = _file(sources, path, labels[app], evaluator)
        if found is not None:
            yield found


def by_folder(sources: Sources) -> dict[str, list[File]]:
    """Return the migrations by the folder that they stand in."""
    found: dict[str, list[File]] = defaultdict(list)
    for one in files(sources):
        found[posixpath.dirname(one.path)].append(one)
    return found


def _file(sources: Sources, path: str, app: str, evaluator: Evaluator) -> File | None:
    tree = sources.tree(path)
    node = next(
        (
            one
            for one in (tree.body if tree is not None else ())
            if isinstance(one, ast.ClassDef) and one.name == "Migration" and one.bases
        ),
        None,
    )
    module = evaluator.module(path)
    if node is None or module is None:
        return None
    values = dict(assigned(node.body))
    if "operations" not in values and "dependencies" not in values:
        return None
    atomic = values.get("atomic")
    evaluator.steps = 0
    return File(
        posixpath.basename(path).removesuffix(".py"),
        path,
        app,
        node.lineno,
        _pairs(values.get("dependencies")),
        _pairs(values.get("replaces")),
        _operations(values.get("operations"), path, evaluator, module),
        not (isinstance(atomic, ast.Constant) and atomic.value is False),
    )


def _operations(
    node: ast.expr | None, path: str, evaluator: Evaluator, module: Module
) -> tuple[Operation, ...] | None:
    if node is None:
        return ()
    if not isinstance(node, (ast.List, ast.Tuple)):
        return None
    found: list[Operation] = []
    for one in node.elts:
        if not isinstance(one, ast.Call):
            return None
        try:
            value = evaluator.value(one, {}, module)
        except RecursionError:  # files that import from files, without end
            return None
        made = value if isinstance(value, Made) else Made("", (), {}, one.lineno)
        found.append(Operation(_verb(one.func, made), made, one, path))
    return tuple(found)


def inner(operation: Operation, keyword: str, position: int) -> list[Operation]:
    """Return the operations in a list that is an argument of another."""
    node = operation.argument(position, keyword)
    values = items(operation.made.get(position, keyword)) or ()
    nodes = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    if len(nodes) != len(values):
        return []
    return [
        Operation(_verb(one.func, value), value, one, operation.path)
        for one, value in zip(nodes, values, strict=True)
        if isinstance(one, ast.Call) and isinstance(value, Made)
    ]


def _verb(function: ast.expr, made: Made) -> str:
    if made.last:
        return made.last
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _pairs(value: ast.expr | None) -> tuple[tuple[str, str], ...]:
    """Return the pairs of strings in a list; what is computed names what only Django knows."""
    found = []
    for one in value.elts if isinstance(value, (ast.Tuple, ast.List)) else []:
        parts = one.elts if isinstance(one, (ast.Tuple, ast.List)) else []
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        if len(texts) == _PAIR and all(isinstance(text, str) for text in texts):
            found.append((str(texts[0]), str(texts[1])))
    return tuple(found)


def _label(sources: Sources, app: str) -> str:
    """Return what an app is called: the one label of its ``apps.py``, else the folder's name."""
    tree = sources.tree(posixpath.join(app, "apps.py"))
    said = [
        value.value
        for one in (tree.body if tree is not None else ())
        if isinstance(one, ast.ClassDef)
        for name, value in assigned(one.body)
        if name == "label" and isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]
    return said[0] if len(said) == 1 else posixpath.basename(app)


def is_noop(value: Value) -> bool:
    """Tell ``migrations.RunPython.noop`` and ``migrations.RunSQL.noop``."""
    return value == "" or (isinstance(value, Ref) and value.last == "noop")
