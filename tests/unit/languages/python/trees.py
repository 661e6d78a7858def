"""Small trees of Python files, and what linking them says, in words that read well in a test."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from blastradius.index.link import Options
from blastradius.languages import python
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Linked


def read(source: str) -> Facts:
    return python.extract(dedent(source).encode())


def definition(facts: Facts, name: str) -> Definition:
    return next(one for one in facts.definitions if one.name == name)


def names(facts: Facts, kind: str) -> list[str]:
    return [one.name for one in facts.definitions if one.kind == kind]


class Tree:
    """Files by path, linked."""

    def __init__(
        self, files: Mapping[str, str], roots: tuple[str, ...] = (), others: tuple[str, ...] = ()
    ) -> None:
        self.facts = {path: read(source) for path, source in files.items()}
        options = Options(roots, "", frozenset((*files, *others)))
        self.tables = python.tables(self.facts, options)
        self.linked: dict[str, Linked] = {
            path: python.link(path, facts, self.tables) for path, facts in self.facts.items()
        }

    def edges(self, path: str = "", kind: str = "") -> set[str]:
        """Return ``source kind target`` of every edge, without ``python:``."""
        return {
            f"{_short(edge.source)} {edge.kind} {_short(edge.target)}"
            for edge in self.every(path)
            if not kind or edge.kind == kind
        }

    def every(self, path: str = "") -> list[Edge]:
        return [
            edge
            for one, linked in self.linked.items()
            if not path or one == path
            for edge in linked.edges
        ]

    def edge(self, source: str, target: str) -> Edge:
        return next(
            edge
            for edge in self.every()
            if _short(edge.source) == source and _short(edge.target) == target
        )

    def targets(self, source: str, kind: str = "") -> set[str]:
        """Return what the symbol depends on."""
        return {
            _short(edge.target)
            for edge in self.every()
            if _short(edge.source) == source and (not kind or edge.kind == kind)
        }

    def reached(self, path: str) -> set[str]:
        """Return what the file depends on, whichever of its definitions does."""
        return {_short(edge.target) for edge in self.every(path)}

    def dangling(self) -> list[str]:
        """Return ``path:line name`` of every reference to a place here which is not there.

        Those that the code reckons with are left out.
        """
        return [
            f"{one.path}:{one.line} {one.name}"
            for linked in self.linked.values()
            for one in linked.unresolved
            if one.internal and one.tier != "heuristic"
        ]

    def outcomes(self) -> list[str]:
        """Return ``outcome name`` of every reference that led nowhere."""
        return [
            f"{one.outcome} {one.name}".strip()
            for linked in self.linked.values()
            for one in linked.unresolved
        ]


def _short(symbol: str) -> str:
    return symbol.removeprefix("python:")
