"""Python migrations as syntax trees: what is assigned at the top of a module or a class."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from blastradius.bridges.base import FileView, View
from blastradius.languages.python.source import decode_source

KIND = "migration"


class Said(NamedTuple):
    """A string, and its line."""

    text: str
    line: int


class _HasPath(Protocol):
    @property
    def path(self) -> str: ...


_Migration = TypeVar("_Migration", bound=_HasPath)


def python_tree(view: View, path: str) -> ast.Module | None:
    """Return the syntax tree of a Python file, None when it cannot be had."""
    source = view.options.source(path)
    if source is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(decode_source(source)[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, value) of each plain or annotated assignment to one name."""
    for one in body:
        if isinstance(one, ast.Assign):
            for target in one.targets:
                if isinstance(target, ast.Name):
                    yield target.id, one.value
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value:
            yield one.target.id, one.value


def strings(value: ast.expr | None) -> tuple[Said, ...]:
    """Return the strings of a literal: of one, or of the items of a tuple, list or set."""
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List, ast.Set)) else [value]
    return tuple(
        Said(one.value, one.lineno)
        for one in parts
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def statement(file: FileView, path: str, name: str) -> str:
    """Return the symbol of a definition, the whole file's when it has none of that name.

    An edge comes from the statement that names: what else a migration does is no user of the other one.
    """
    index = next(
        (number for number, one in enumerate(file.facts.definitions) if one.name == name), -1
    )
    return file.scope_symbol(path, index)


def meant(path: str, candidates: Iterable[_Migration]) -> _Migration | None:
    """Return the one that the migration at ``path`` means: of several, that of its own folder."""
    others = [other for other in candidates if other.path != path]
    if len(others) > 1:
        folder = posixpath.dirname(path)
        others = [other for other in others if posixpath.dirname(other.path) == folder]
    return others[0] if len(others) == 1 else None
