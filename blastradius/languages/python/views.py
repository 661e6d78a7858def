"""The files of a tree with their facts decoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from blastradius.languages.python.own import (
    Class,
    Function,
    ImportFlag,
    PythonFacts,
    decode,
    unpack,
)
from blastradius.languages.watch import Watch
from blastradius.model.facts import Definition, Facts

FILE = "file"
"""The question what a file states (`languages.watch`)."""


class FileView:
    """One file's facts, decoded, with the lookups that linking needs, built when first used."""

    def __init__(self, path: str, facts: Facts) -> None:
        self.path = path
        self.real = len(facts.definitions)
        self.own: PythonFacts = decode(facts.own)
        virtual = self.own.virtual
        self.definitions: Sequence[Definition] = facts.definitions
        if virtual:
            lambdas = (
                Definition(one.name, one.kind, one.line, one.line, one.owner, one.shape)
                for one in virtual
            )
            self.definitions = (*facts.definitions, *lambdas)
        self.strings = self.own.strings

    @cached_property
    def rows(self) -> Sequence[tuple[int, int, int]]:
        """Node → (op, a, b)."""
        nodes = unpack(self.own.nodes)
        return list(zip(nodes[::3], nodes[1::3], nodes[2::3], strict=True))

    @cached_property
    def references(self) -> Sequence[tuple[int, int, int, int, int]]:
        """Rows of (kind, node, line, scope, call)."""
        rows = unpack(self.own.references)
        return list(zip(rows[::5], rows[1::5], rows[2::5], rows[3::5], rows[4::5], strict=True))

    @cached_property
    def calls(self) -> Sequence[tuple[int, int, int]]:
        """Call → (positional arguments, flags, number in ``keywords``)."""
        rows = unpack(self.own.calls)
        return list(zip(rows[::3], rows[1::3], rows[2::3], strict=True))

    @cached_property
    def arguments(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        """Call → (slot, node) of the arguments of which something may be known."""
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        rows = unpack(self.own.arguments)
        for row, slot, node in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
            found[row].append((slot, node))
        return dict(found)

    def keyword(self, row: int, slot: int) -> str:
        """Return the keyword of a call's slot below zero."""
        return self.own.keywords[self.calls[row][2]][-1 - slot]

    @cached_property
    def sites(self) -> Mapping[int, Mapping[str, Sequence[int]]]:
        """Container → key (empty: any) → nodes of what it is made with."""
        found: dict[int, dict[str, list[int]]] = defaultdict(dict)
        rows = unpack(self.own.sites)
        for site, key, node in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
            found[site].setdefault(self.strings[key], []).append(node)
        return dict(found)

    def named(self, definition: int) -> int:
        """Return the definition that others can name: a lambda's is the one around it."""
        return definition if definition < self.real else self.definitions[definition].parent

    @cached_property
    def exports(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Module-level name → (is import, index) of each binding."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        rows = unpack(self.own.exports)
        for start in range(0, len(rows), 3):
            found[self.strings[rows[start]]].append((rows[start + 1], rows[start + 2]))
        return dict(found)

    @cached_property
    def others(self) -> frozenset[str]:
        """Module-level names that are neither definitions nor imports."""
        return frozenset(self.own.others)

    @cached_property
    def stars(self) -> Sequence[int]:
        """Numbers of the star imports at module level."""
        return [
            number
            for number, one in enumerate(self.own.imports)
            if one.flags & ImportFlag.STAR and one.scope < 0
        ]

    @cached_property
    def values(self) -> Mapping[int, int]:
        """Definition → node of what it holds."""
        rows = unpack(self.own.values)
        return dict(zip(rows[::2], rows[1::2], strict=True))

    @cached_property
    def reexports(self) -> Mapping[int, int]:
        """Definition that re-exports → number of its import."""
        return {
            one.definition: number
            for number, one in enumerate(self.own.imports)
            if one.definition >= 0
        }

    @cached_property
    def functions(self) -> Mapping[int, Function]:
        """Definition → function."""
        return {one.definition: one for one in self.own.functions}

    @cached_property
    def classes(self) -> Mapping[int, Class]:
        """Definition → class."""
        return {one.definition: one for one in self.own.classes}

    @cached_property
    def members(self) -> Mapping[int, Mapping[str, Sequence[int]]]:
        """Class definition → its members by name; a name defined twice has both."""
        found: dict[int, dict[str, list[int]]] = {one: {} for one in self.classes}
        for index, definition in enumerate(self.definitions):
            of = found.get(definition.parent)
            if of is not None and definition.kind in {"method", "attribute", "class"}:
                of.setdefault(definition.name.rpartition(".")[2], []).append(index)
        return found


class Files(dict[str, FileView]):
    """Path → file; who takes one rests on what the file states."""

    def __init__(self, files: Mapping[str, Facts], watch: Watch) -> None:
        super().__init__((path, FileView(path, facts)) for path, facts in files.items())
        self._watch = watch
        self._grounds = {path: watch.ground(FILE, path) for path in files}

    def __getitem__(self, path: str) -> FileView:
        self._watch.grounds.add(self._grounds[path])
        return dict.__getitem__(self, path)
