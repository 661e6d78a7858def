"""pytest's fixtures: a parameter of a test names the function that fills it.

A name is looked up as pytest does: in the test's class, its module (imported names too), the
conftest.py of its folder and of each folder above, then in plugins. A fixture that asks for its own
name means the next one on that way. Arguments that a decorator fills (``parametrize``, hypothesis'
``given``) and parameters with defaults are no fixtures.
"""

from __future__ import annotations

import ast
import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from blastradius.languages.python.decorators import Decorator, decorators, strings
from blastradius.languages.python.modules import DEFINITION, Found, Modules
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import FunctionFlag
from blastradius.languages.python.tables import Tables, symbol, symbol_of
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Tier

KIND = "fixture"
_MAKERS = frozenset({"fixture", "yield_fixture"})
_LOOKED_UP: tuple[Tier, float] = ("likely", 0.95)
# A plugin is found by its entry point or an option: that the tree has one such fixture is a hint.
_OF_A_PLUGIN: tuple[Tier, float] = ("likely", 0.9)
_AUTOUSE: tuple[Tier, float] = ("likely", 0.93)
_CONFTEST = "conftest.py"
_TEST = "test"


class _Fixture(NamedTuple):
    definition: int
    name: str
    parent: int
    autouse: bool
    named: bool


class Fixtures:
    """The fixtures of a tree, and who asks for them.

    Args:
        known: the tables of all Python files.
        files: path → facts of all Python files.
    """

    def __init__(self, known: Tables, files: Mapping[str, Facts]) -> None:
        self._known = known
        self._files = files
        self._fixtures: dict[str, tuple[_Fixture, ...]] = {}
        self._autouse: dict[str, tuple[tuple[str, _Fixture], ...]] = {}
        self._plugins = self._plugin_files()
        self._strays: dict[str, list[tuple[str, _Fixture]]] = defaultdict(list)
        for path in sorted(files):
            if not _is_test_file(path):
                for one in self.of(path):
                    if one.parent < 0:
                        self._strays[one.name].append((path, one))

    def of(self, path: str) -> tuple[_Fixture, ...]:
        """Return the fixtures that the file defines."""
        found = self._fixtures.get(path)
        if found is None:
            found = self._fixtures[path] = tuple(_fixtures(self._files[path]))
        return found

    def edges(self, path: str) -> Iterator[Edge]:
        """Yield an edge from each function of the file to each fixture that it asks for."""
        facts = self._files[path]
        own = {one.definition: one for one in self.of(path)}
        if not own and not _is_test_file(path):
            return
        view = self._known.modules.files[path]
        tests = False
        for index, function in view.functions.items():
            if index >= len(facts.definitions):
                continue  # a lambda
            definition = facts.definitions[index]
            fixture = own.get(index)
            if fixture is None and not _is_test(definition.name):
                continue
            tests = tests or fixture is None
            heads = decorators(definition.shape)
            skipped = _filled(heads)
            first = index + 1 + _is_bound(function.flags)
            for number in range(first, index + 1 + function.count):
                parameter = facts.definitions[number]
                name = parameter.name.rpartition("(")[2].removesuffix(")")
                if "required" in parameter.shape and name not in skipped:
                    without = index if fixture is not None and fixture.name == name else -1
                    yield from self._edge(path, (index, parameter.line), name, without)
        yield from self._used(path)
        if tests:
            yield from self._autoused(path)

    def _edge(
        self, path: str, site: tuple[int, int], name: str, without: int = -1
    ) -> Iterator[Edge]:
        """Yield the edges from ``site`` (definition, line) to the fixture called ``name``."""
        index, line = site
        definitions = self._files[path].definitions
        found, sure = self._lookup(path, definitions[index].parent, name, without)
        source = symbol(path, definitions, index)
        for one in found:
            yield Edge(source, symbol_of(self._known.modules, one), KIND, *sure, path, line, name)

    def _lookup(
        self, path: str, parent: int, name: str, without: int
    ) -> tuple[list[Found], tuple[Tier, float]]:
        found = self._in_class(path, parent, name, without) or self._in_module(path, name, without)
        for place in _conftests(path):
            if found:
                break
            if place in self._files and place != path:
                found = self._in_module(place, name, -1)
        for place in self._plugins if not found else ():
            found = found or self._in_module(place, name, without if place == path else -1)
        strays = [one for one in self._strays.get(name, ()) if one[0] != path]
        if found or len(strays) != 1:
            return found, _LOOKED_UP
        place, stray = strays[0]
        return [Found(DEFINITION, path=place, definition=stray.definition)], _OF_A_PLUGIN

    def _in_class(self, path: str, parent: int, name: str, without: int) -> list[Found]:
        if parent not in self._known.modules.files[path].classes:
            return []
        for one in self.of(path):
            if (one.parent, one.name) == (parent, name) and one.definition != without:
                return [Found(DEFINITION, path=path, definition=one.definition)]
        inherited = self._known.evaluator.classes.lookup(ClassId(path, parent), name)
        return self._made(inherited, name, path, without)

    def _in_module(self, path: str, name: str, without: int) -> list[Found]:
        several = [one for one in self.of(path) if one.parent < 0 and one.name == name]
        kept = [one for one in several if one.definition != without]
        if kept:
            return [Found(DEFINITION, path=path, definition=kept[-1].definition)]
        modules = self._known.modules
        imported = [end for one in modules.named(path, name) for end in modules.through(one)]
        return self._made(imported, name, path, without)

    def _made(self, found: Sequence[Found], name: str, path: str, without: int) -> list[Found]:
        """Return those that are fixtures, under the name that they were found by or given."""
        return [
            one
            for one in found
            if one.kind == DEFINITION
            and (one.path, one.definition) != (path, without)
            and any(
                own.definition == one.definition and (own.name == name or not own.named)
                for own in self.of(one.path)
            )
        ]

    def _used(self, path: str) -> Iterator[Edge]:
        """Yield the edges that ``usefixtures`` says, of functions and classes."""
        for index, definition in enumerate(self._files[path].definitions):
            if "usefixtures" not in definition.shape:
                continue
            for one in decorators(definition.shape):
                if one.last == "usefixtures":
                    for name in (text for node in one.arguments for text in strings(node)):
                        yield from self._edge(path, (index, definition.line), name)

    def _autoused(self, path: str) -> Iterator[Edge]:
        """Yield the edges from a file of tests to the fixtures that its tests get unasked."""
        source = symbol(path, self._files[path].definitions, -1)
        seen: set[tuple[str, int]] = set()
        for place in (path, *_conftests(path), *self._plugins):
            for home, one in self._unasked(place) if place in self._files else ():
                if (home, one.definition) not in seen:
                    seen.add((home, one.definition))
                    target = symbol(home, self._files[home].definitions, one.definition)
                    yield Edge(source, target, KIND, *_AUTOUSE, path, 1, one.name)

    def _unasked(self, place: str) -> tuple[tuple[str, _Fixture], ...]:
        """Return the autouse fixtures of a module: its own, and those that it imports."""
        known = self._autouse.get(place)
        if known is None:
            modules = self._known.modules
            homes = _starred(modules, place)
            imported = {
                (end.path, end.definition)
                for name, bound in modules.files[place].exports.items()
                if any(is_import for is_import, _ in bound)
                for one in modules.named(place, name)
                for end in modules.through(one)
                if end.kind == DEFINITION
            }
            known = self._autouse[place] = tuple(
                (home, one)
                for home in sorted({*homes, *(path for path, _ in imported)})
                for one in self.of(home)
                if one.autouse
                and one.parent < 0
                and (home in homes or (home, one.definition) in imported)
            )
        return known

    def _plugin_files(self) -> tuple[str, ...]:
        """Return the modules that a ``pytest_plugins`` of the tree names."""
        found: dict[str, None] = {}
        for path, facts in sorted(self._files.items()):
            indexes = {
                index for index, one in enumerate(facts.definitions) if one.name == "pytest_plugins"
            }
            for mention in facts.mentions if indexes else ():
                if mention.scope in indexes:
                    module = self._known.modules.roots.absolute(mention.value, path)
                    if module is not None and module.path:
                        found.setdefault(module.path)
        return tuple(found)


def _starred(modules: Modules, place: str) -> frozenset[str]:
    """Return the file, and those that its star imports lead to."""
    seen: set[str] = set()
    waiting = [place]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        view = modules.files[path]
        for number in view.stars:
            one = view.own.imports[number]
            module = modules.source(path, one.level, one.module)
            if module is not None and module.path:
                waiting.append(module.path)
    return frozenset(seen)


def _fixtures(facts: Facts) -> Iterator[_Fixture]:
    for index, definition in enumerate(facts.definitions):
        if definition.kind not in {"function", "method"} or "fixture" not in definition.shape:
            continue
        for one in decorators(definition.shape):
            if one.last in _MAKERS:
                given = strings(one.keywords.get("name"))
                name = given[0] if given else definition.name.rpartition(".")[2]
                autouse = one.keywords.get("autouse")
                always = isinstance(autouse, ast.Constant) and autouse.value is True
                yield _Fixture(index, name, definition.parent, always, bool(given))
                break


def _filled(heads: Sequence[Decorator]) -> frozenset[str]:
    """Return the parameters that the decorators fill themselves."""
    found: set[str] = set()
    for one in heads:
        if one.last == "parametrize" and "indirect" not in one.keywords:
            first = one.arguments[0] if one.arguments else one.keywords.get("argnames")
            for text in strings(first):
                found |= {name.strip() for name in text.split(",")}
        elif one.last == "given":
            found |= set(one.keywords)
    return frozenset(found)


def _is_bound(flags: int) -> bool:
    return bool(flags & FunctionFlag.METHOD) and not flags & FunctionFlag.STATIC


def _is_test(name: str) -> bool:
    outer, _, last = name.rpartition(".")
    return last.startswith(_TEST) and (not outer or "Test" in outer)


def _is_test_file(path: str) -> bool:
    folder, base = posixpath.split(path)
    if base == _CONFTEST or base.startswith("test_") or base.endswith("_test.py"):
        return True
    return not {"tests", "test", "testing"}.isdisjoint(folder.split("/"))


def _conftests(path: str) -> Iterator[str]:
    """Yield the conftest.py of the file's folder and of each one above, nearest first."""
    folder = posixpath.dirname(path)
    while True:
        yield posixpath.join(folder, _CONFTEST)
        if not folder:
            return
        folder = posixpath.dirname(folder)
