"""Django: ``dependencies = [("app", "0001_initial")]`` names ``app/migrations/0001_initial.py``.

https://docs.djangoproject.com/en/stable/topics/migrations/#dependencies: an app is called as its
configuration's ``label`` says, else as its folder. A migration that ``replaces`` others stands in for
them once their files are gone.
"""

from __future__ import annotations

import ast
import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from blastradius.bridges.base import View
from blastradius.bridges.found import EXPLICIT, INFERRED, Found, Site, Sure
from blastradius.bridges.migrations.statements import (
    KIND,
    Said,
    assigned,
    meant,
    python_tree,
    statement,
)

_FOLDER = "migrations"
_CLASS = "Migration"
_FIRST, _LATEST = "__first__", "__latest__"
_FOLLOWS = ("dependencies", "run_before")
_LENGTH = 2  # (app, name)

Key = tuple[str, str]
"""(label of the app, name of the migration)"""


class _Migration(Struct, frozen=True):
    """A file that is one migration; ``named`` has the pairs that it names, by which attribute."""

    path: str
    app: str
    named: tuple[tuple[str, Key, int], ...]
    replaces: tuple[Key, ...]

    @property
    def key(self) -> Key:
        return self.app, posixpath.basename(self.path).removesuffix(".py")


def link(view: View, found: Found) -> None:
    """Add an edge for every migration that another one names."""
    migrations = list(_migrations(view))
    known: dict[Key, list[_Migration]] = defaultdict(list)
    stands_in: dict[Key, list[_Migration]] = defaultdict(list)
    of_app: dict[str, list[_Migration]] = defaultdict(list)
    for one in migrations:
        known[one.key].append(one)
        of_app[one.app].append(one)
        for replaced in one.replaces:
            stands_in[replaced].append(one)
    for one in migrations:
        file = view.files[one.path]
        for attribute, key, line in one.named:
            site = Site(
                statement(file, one.path, f"{_CLASS}.{attribute}"), one.path, line, ".".join(key)
            )
            target, sure = _meant(one, key, known, stands_in)
            if target is None and key[1] in {_FIRST, _LATEST}:
                target, sure = _end_of(one, of_app.get(key[0], []), key), INFERRED
            if target is not None:
                whole = view.files[target.path].scope_symbol(target.path, -1)
                found.edge(site, whole, KIND, sure)
            else:
                found.miss(site, outcome="unresolved" if key[0] in of_app else "external")


def _meant(
    one: _Migration,
    key: Key,
    known: dict[Key, list[_Migration]],
    stands_in: dict[Key, list[_Migration]],
) -> tuple[_Migration | None, Sure]:
    target = meant(one.path, known.get(key, []))
    other = meant(one.path, stands_in.get(key, []))
    if target is None:
        return other, EXPLICIT
    # Without the file its replacement would serve as well.
    return target, EXPLICIT if other is None else INFERRED


def _end_of(one: _Migration, several: Sequence[_Migration], key: Key) -> _Migration | None:
    """Return the first or the last migration of an app, None where the app has several such."""
    inside = {other.key for other in several}
    if len({posixpath.dirname(other.path) for other in several}) != 1:
        return None
    if key[1] == _FIRST:
        ends = [
            other for other in several if not any(named in inside for _, named, _ in other.named)
        ]
    else:
        followed = {named for other in several for _, named, _ in other.named}
        ends = [other for other in several if other.key not in followed]
    return meant(one.path, ends) if len(ends) == 1 else None


def _migrations(view: View) -> Iterator[_Migration]:
    labels: dict[str, str] = {}
    for path, file in sorted(view.files.items()):
        folder, name = posixpath.split(path)
        app = posixpath.dirname(folder)
        if posixpath.basename(folder) != _FOLDER or not app or file.language.NAME != "python":
            continue
        if name == "__init__.py" or all(named.name != _CLASS for named in file.facts.definitions):
            continue
        tree = python_tree(view, path)
        values = _attributes(tree) if tree is not None else {}
        if "operations" not in values and "dependencies" not in values:
            continue
        if app not in labels:
            labels[app] = _label(view, app)
        named = tuple(
            (attribute, key, said.line)
            for attribute in _FOLLOWS
            for key, said in _pairs(values.get(attribute))
        )
        replaces = tuple(key for key, _ in _pairs(values.get("replaces")))
        yield _Migration(path, labels[app], named, replaces)


def _attributes(tree: ast.Module) -> dict[str, ast.expr]:
    for one in tree.body:
        if isinstance(one, ast.ClassDef) and one.name == _CLASS and one.bases:
            return dict(assigned(one.body))
    return {}


def _pairs(value: ast.expr | None) -> Iterator[tuple[Key, Said]]:
    """Yield the pairs of strings in a list; what is computed names what only Django knows."""
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    for one in parts:
        if not isinstance(one, (ast.Tuple, ast.List)) or len(one.elts) != _LENGTH:
            continue
        texts = [
            part.value
            for part in one.elts
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if len(texts) == _LENGTH:
            yield (texts[0], texts[1]), Said(texts[1], one.lineno)


def _label(view: View, app: str) -> str:
    """Return what an app is called: the one label of its ``apps.py``, else the folder's name."""
    path = posixpath.join(app, "apps.py")
    tree = python_tree(view, path) if path in view.files else None
    said = [
        value.value
        for one in (tree.body if tree is not None else ())
        if isinstance(one, ast.ClassDef)
        for name, value in assigned(one.body)
        if name == "label" and isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]
    return said[0] if len(said) == 1 else posixpath.basename(app)
