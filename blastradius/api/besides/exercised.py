"""Tests that stay and exercise what goes or changes back; first those that would fail.

A test reaches a symbol over at most three certain or likely edges of head's graph. It would fail where
a use in it dangles, and it may where a commit that stays wrote or changed it after the undone change:
what it expects may be the undone behaviour.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from blastradius.api.besides.scene import Scene
from blastradius.api.besides.units import Test, enclosing_test, is_test_file, node_id, same_in
from blastradius.changes.breaks import Dangling
from blastradius.index.graph import CONTAINS
from blastradius.model.analysis import FixForward
from blastradius.reports.words import name_of

# Edges between a test and what it exercises: beyond that nearly every test reaches nearly everything.
_FAR = 3
_NAMED = 0
_TELLING = 4  # letters of a name: shorter ones stand everywhere
_MOST_SEEN = 20_000
_MOST_RUN = 25  # tests in one command
# More tests of one file that exercise the same thing are named together.
_ONE_BY_ONE, _DIRECT_ONE_BY_ONE = 3, 8
# What more tests than these reach is everybody's: a later change to one says nothing of it.
_FEW_TESTS = 12
_UNSURE = "heuristic"
# Of these the source does not run the target.
_NOT_RUN = frozenset({CONTAINS, "stub", "migration", "doc", "annotation"})
_PYTEST = ("python", "-m", "pytest")


class _Reach(NamedTuple):
    """How a test gets at what is undone: over how many edges (0: it writes the name), to which symbol."""

    far: int
    symbol: str


class _Told(NamedTuple):
    """What is said of a test. ``rank``: 0 it would fail, 1 it may, 2 it exercises what is undone."""

    rank: int
    far: int
    test: Test
    why: str


def find(scene: Scene) -> list[FixForward]:
    """Return the tests, those that would fail first, then the nearest; the first has the command.

    Where many tests of a file exercise the same thing, the file is named once with their number.
    """
    broken = _broken(scene)
    undone = [*scene.vanished, *scene.altered, *(f"file:{path}" for path in scene.gone_paths)]
    # A test that goes is nothing that other tests are about.
    starts = _rarest_first(scene, [one for one in undone if not is_test_file(_path_of(one))])
    words = _Words(scene, starts)
    reached = {
        test: words.named_by(test) or reach
        for test, reach in _reached(scene, starts).items()
        if test not in broken
    }
    popular = Counter(reach.symbol for reach in reached.values() if reach.far == _NAMED)
    told = list(_failing(scene, broken))
    rest: dict[tuple[str, str, bool], list[tuple[Test, _Reach]]] = defaultdict(list)
    for test, reach in reached.items():
        named = reach.far == _NAMED
        few = named and popular[reach.symbol] <= _FEW_TESTS
        if few and (expects := _expects(scene, test, reach)):
            told.append(_Told(1, reach.far, test, f"may fail: {expects}"))
        else:
            rest[test.path, reach.symbol, named].append((test, reach))
    for (_, symbol, _named), several in rest.items():
        fate = "changes back" if symbol in scene.altered else "goes"
        told += _grouped(scene, several, f"{name_of(symbol)}, which {fate}")
    told.sort(key=lambda one: (one.rank, one.far, one.test))
    return _with_command(told)


def _path_of(symbol: str) -> str:
    return symbol.partition(":")[2].partition("#")[0]


class _Words:
    """Which tests write the name of what is undone: they are about it, not only led through it."""

    def __init__(self, scene: Scene, starts: Iterable[str]) -> None:
        self._scene = scene
        self._lines: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}
        for symbol in starts:
            parts = re.findall(r"\w+", name_of(symbol))
            name = next((one for one in reversed(parts) if not one.startswith("__")), "")
            if len(name) >= _TELLING and "#" in symbol:
                self._names.setdefault(name, symbol)

    def named_by(self, test: Test) -> _Reach | None:
        """Return the rarest of the symbols that the test writes, None when it writes none."""
        written = set(re.findall(r"\w+", self._text(test)))
        found = next((one for name, one in self._names.items() if name in written), None)
        return _Reach(_NAMED, found) if found is not None else None

    def _text(self, test: Test) -> str:
        if test.path not in self._lines:
            text = self._scene.text(self._scene.reverted, test.path) or b""
            self._lines[test.path] = text.decode("utf-8", "replace").splitlines()
        lines = self._lines[test.path]
        definition = self._scene.reverted.symbols_of(test.path).get(test.symbol)
        end = definition.end if definition is not None and test.name else len(lines)
        return "\n".join(lines[test.line - 1 : end])


def _grouped(scene: Scene, several: list[tuple[Test, _Reach]], what: str) -> Iterator[_Told]:
    far = min(reach.far for _, reach in several)
    if len(several) <= (_DIRECT_ONE_BY_ONE if far == _NAMED else _ONE_BY_ONE):
        for test, reach in several:
            yield _Told(2, reach.far, test, f"exercises {what}")
        return
    first = min(test for test, _ in several)
    whole = scene.reverted.files[first.path].scope_symbol(first.path, -1)
    names = ", ".join(test.name for test, _ in sorted(several)[:3])
    why = f"{len(several)} tests exercise {what}: {names}, …"
    yield _Told(2, far, Test(first.path, first.line, whole, ""), why)


def _failing(scene: Scene, broken: Mapping[Test, str]) -> Iterator[_Told]:
    """Yield the tests that would fail; many of one file for one reason are named together."""
    alike: dict[tuple[str, str], list[Test]] = defaultdict(list)
    for test, why in broken.items():
        alike[test.path, re.sub(r"\bline \d+ ", "", why)].append(test)
    for (path, why), tests in alike.items():
        if len(tests) <= _ONE_BY_ONE:
            for test in tests:
                yield _Told(0, 0, test, broken[test])
            continue
        first = min(tests)
        whole = scene.reverted.files[path].scope_symbol(path, -1)
        names = ", ".join(test.name for test in sorted(tests)[:3])
        said = f"{len(tests)} tests {why}: {names}, …"
        yield _Told(0, 0, Test(path, first.line, whole, ""), said)


def _broken(scene: Scene) -> dict[Test, str]:
    """Return the tests in which something dangles, or in a helper of theirs, and why they would fail."""
    found: dict[Test, str] = {}
    helpers: dict[str, Dangling] = {}
    for one in scene.dangling:
        if not is_test_file(one.path):
            continue
        tree = scene.head if one.reason == "reference" else scene.reverted
        test = enclosing_test(tree, one.path, one.symbol, of_file=True)
        if test is None:
            helpers.setdefault(one.symbol, one)
            continue
        now = same_in(scene.reverted, test)
        if now is not None:
            found.setdefault(now, _says(one, f"line {one.line} uses"))
    for test, reach in _reached(scene, sorted(helpers)).items():
        one = helpers[reach.symbol]
        found.setdefault(test, _says(one, f"{name_of(one.symbol)}, which it takes, uses"))
    return found


def _says(one: Dangling, where: str) -> str:
    how = "may fail" if one.tier == _UNSURE else "would fail"
    return f"{how}: {where} {name_of(one.needs)}, which is no longer there"


def _rarest_first(scene: Scene, symbols: Iterable[str]) -> list[str]:
    """Return the symbols, what few use first: it tells more of a test that it exercises that."""
    users = {symbol: sum(1 for _ in scene.head.graph.dependents(symbol)) for symbol in symbols}
    return sorted(users, key=lambda symbol: (users[symbol], symbol))


def _reached(scene: Scene, starts: Sequence[str]) -> dict[Test, _Reach]:
    """Return the tests of head, as the reverted tree has them, that reach one of the symbols.

    Each with the nearest of them. A test that changes back itself is none of them: its expectation
    goes with the rest.
    """
    found: dict[Test, _Reach] = {}
    seen = dict.fromkeys(starts)
    level = {symbol: symbol for symbol in seen}
    for far in range(1, _FAR + 1):
        following: dict[str, str] = {}
        for symbol, start in level.items():
            for path, source in _users(scene, symbol):
                if source in seen or len(seen) > _MOST_SEEN:
                    continue
                seen[source] = None
                test = enclosing_test(scene.head, path, source) if is_test_file(path) else None
                if test is None:
                    following[source] = start
                elif (now := same_in(scene.reverted, test, scene.head)) is not None:
                    found.setdefault(now, _Reach(far, start))
        level = following
    return found


def _users(scene: Scene, symbol: str) -> Iterator[tuple[str, str]]:
    users = {
        (edge.path, edge.source)
        for edge in scene.head.graph.dependents(symbol)
        if edge.kind not in _NOT_RUN and edge.tier != _UNSURE and edge.path in scene.reverted.tree
    }
    yield from sorted(users)


def _expects(scene: Scene, test: Test, reach: _Reach) -> str:
    """Say which commit that stays made the test expect what is undone, empty when none did."""
    history = scene.history
    makers = _makers(scene, reach.symbol)
    if not makers:
        return ""
    first = min(makers, key=history.position.__getitem__)
    later = [
        atom
        for atom in history.attribution.commits_of(test.path, test.name)
        if atom not in scene.undone and history.position[atom] > history.position[first]
    ]
    if not later:
        return ""
    verb = "changed" if scene.history.base.place(test.symbol) is not None else "wrote"
    return (
        f"{scene.short(later[0])} {verb} it after {scene.short(first)} changed "
        f"{name_of(reach.symbol)}, so it may expect what is undone"
    )


def _makers(scene: Scene, symbol: str) -> Collection[str]:
    makers = [atom for atom in scene.history.makers.get(symbol, ()) if atom in scene.undone]
    if makers:
        return makers
    place = scene.head.place(symbol)
    if place is None:
        return ()
    return [atom for atom in scene.undone if place.path in scene.history.paths_of(atom)]


def _with_command(told: list[_Told]) -> list[FixForward]:
    """Return the entries, the first with the command that runs the tests."""
    every = dict.fromkeys(name for one in told[:_MOST_RUN] if (name := node_id(one.test)))
    ids = [name for name in every if "::" not in name or name.partition("::")[0] not in every]
    found: list[FixForward] = []
    for one in told:
        commands = ((*_PYTEST, *ids),) if ids and not found else ()
        test = one.test
        found.append(FixForward(test.path, test.line, test.symbol, one.why, "test", commands))
    return found
