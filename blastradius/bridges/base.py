"""What a bridge is: a pure function from the files of a tree to edges BETWEEN languages.

A bridge is a module with these names at its top level, listed in `blastradius.bridges.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from blastradius.languages.base import Language, LinkOptions
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Linked


@dataclass(frozen=True, slots=True)
class FileView:
    """One file as the bridges see it: its language, its facts."""

    language: Language
    facts: Facts

    def scope_symbol(self, path: str, scope: int) -> str:
        """Return the symbol of the definition with index ``scope`` (-1: the file)."""
        return self.language.symbol(path, self.facts.definitions, scope)


@dataclass(frozen=True, slots=True)
class View:
    """A linked tree: what bridges may look at.

    ``edges`` are those of the languages and of the bridges that ran before; ``options`` are what
    linking was told, with a way to read a file that no language reads. ``shared`` is a place where
    bridges of one run keep what several of them need (see `blastradius.bridges.keyed`).
    """

    files: Mapping[str, FileView]
    paths: frozenset[str]
    tables: Mapping[str, Any]
    edges: tuple[Edge, ...]
    options: LinkOptions
    shared: dict[str, Any] = field(default_factory=dict)


class Bridge(Protocol):
    """The module-level interface of a bridge."""

    NAME: str
    VERSION: str

    def link(self, view: View) -> Linked:
        """Return the edges that cross from one language to another."""
        ...
