"""A tree's Python edges as the call graph of the field's benchmarks: dotted names, lambdas too.

A call edge runs from the function, class body or module that holds the call to the function that it
runs. What does not run is left out: parameters that a call fills, variables that it names, classes
(their ``__init__`` is what runs). Reading a property runs it. A decorator is called where its
function stands, not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from blastradius.index.link import Options
from blastradius.languages import python
from blastradius.languages.python.own import FunctionFlag
from blastradius.languages.python.tables import Tables
from blastradius.languages.python.views import FileView
from blastradius.model.symbols import TIERS, Edge, Tier

_RUNS = frozenset({"function", "method", "lambda"})
_HOLDS = frozenset({"function", "method", "lambda", "class", "module"})


class Call(NamedTuple):
    """One call: dotted names."""

    caller: str
    callee: str


def read(folder: Path) -> dict[str, bytes]:
    """Return the Python files below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
        if path.is_file()
    }


class Graph:
    """The calls that linking a tree finds, each with its surest tier."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        facts = {path: python.extract(source) for path, source in sources.items()}
        tables: Tables = python.tables(facts, Options(paths=frozenset(sources)))
        self._tables = replace(tables, lambdas=True)
        self._files = tables.modules.files
        self._places = {
            python.symbol(path, view.definitions, index): (view, index)
            for path, view in self._files.items()
            for index in range(len(view.definitions))
        }
        self.calls: dict[Call, Tier] = {}
        self.confidence: dict[Call, float] = {}
        for path, one in facts.items():
            for edge in python.link(path, one, self._tables).edges:
                self._add(edge)

    def functions(self) -> frozenset[str]:
        """Return the names of all functions, methods and lambdas."""
        return frozenset(
            dotted(view, index)
            for view, index in self._places.values()
            if view.definitions[index].kind in _RUNS
        )

    def names(self) -> frozenset[str]:
        """Return the names of all functions, classes and modules."""
        modules = {dotted(view, -1) for view in self._files.values()}
        return frozenset(
            dotted(view, index)
            for view, index in self._places.values()
            if view.definitions[index].kind in _HOLDS
        ) | frozenset(modules)

    def implied(self) -> frozenset[str]:
        """Return the names of functions that run without being called: properties, operators."""
        return frozenset(
            dotted(view, index) for view, index in self._places.values() if _is_implied(view, index)
        )

    def _add(self, edge: Edge) -> None:
        target = self._places.get(edge.target)
        if target is None or target[0].definitions[target[1]].kind not in _RUNS:
            return
        if edge.kind not in {"call", "flow", "decorator"} and not _is_implied(*target):
            return
        source = self._places.get(edge.source)
        if source is None:
            return
        view, index = source
        if edge.kind == "decorator":
            index = view.definitions[index].parent
        call = Call(dotted(view, _holder(view, index)), dotted(*target))
        known = self.calls.get(call)
        if known is None or TIERS.index(edge.tier) < TIERS.index(known):
            self.calls[call] = edge.tier
            self.confidence[call] = edge.confidence


def _is_implied(view: FileView, index: int) -> bool:
    function = view.functions.get(index)
    name = view.definitions[index].name.rpartition(".")[2]
    operator = name.startswith("__") and name.endswith("__") and name not in _EXPLICIT
    return function is not None and (operator or bool(function.flags & FunctionFlag.PROPERTY))


_EXPLICIT = frozenset({"__init__", "__new__", "__call__"})


def _holder(view: FileView, index: int) -> int:
    """Return the function, class or module that runs what stands in the definition."""
    while index >= 0 and view.definitions[index].kind not in _HOLDS:
        index = view.definitions[index].parent
    return index


def dotted(view: FileView, index: int) -> str:
    """Return the dotted name of a definition, its module's for the file itself."""
    module = view.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    name = view.definitions[index].name if index >= 0 else ""
    return f"{module}.{name}" if name else module


@dataclass
class Score:
    """Found and right, found and wrong, not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, other: Score) -> None:
        """Add another score to this one."""
        self.right += other.right
        self.wrong += other.wrong
        self.missed += other.missed

    def precision(self) -> float:
        """Return the share of what was found that is right; 1 when nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    def recall(self) -> float:
        """Return the share of what is there that was found; 1 when nothing is there."""
        there = self.right + self.missed
        return self.right / there if there else 1.0

    def row(self, name: str) -> str:
        """Return a row of a Markdown table."""
        found, there = self.right + self.wrong, self.right + self.missed
        figures = f"{self.precision():.3f} ({self.right}/{found})"
        return f"| {name} | {figures} | {self.recall():.3f} ({self.right}/{there}) |"


def scored(found: frozenset[Call], truth: frozenset[Call]) -> Score:
    """Return how the calls found compare with the true ones."""
    return Score(len(found & truth), len(found - truth), len(truth - found))
