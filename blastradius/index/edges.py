"""The edges of a tree as columns: every text once, an `Edge` made only for who asks for it.

A tree has hundreds of thousands of edges between tens of thousands of symbols, and most questions look
at a few. Decoding columns of numbers is ten times faster than decoding as many records, and the graph
takes its node numbers and its adjacency from them as they are.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar, overload

import msgspec
from msgspec import Struct

from blastradius.graph.csr import Adjacency
from blastradius.model.symbols import TIERS, Edge, Tier

_T = TypeVar("_T")
_COLUMNS = 6
_WIDTH = 4


class _Packed(Struct, frozen=True, array_like=True, gc=False):
    """What is stored; ``columns`` are six of int32, of this machine's byte order, as ``image`` is."""

    names: tuple[str, ...]
    image: bytes
    columns: bytes
    kinds: tuple[tuple[str, Tier, float], ...]
    paths: tuple[str, ...]
    needs: tuple[str, ...]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Packed)


class EdgeTable(Sequence[Edge]):
    """Edges in their order, as a sequence that makes them when they are looked at.

    Attributes:
        names: all sources and targets, each once, sorted. adjacency: the edges between their places
            in ``names``; edge numbers are places in this sequence.
    """

    def __init__(self, packed: _Packed) -> None:
        self._packed = packed
        self.names = packed.names
        self.adjacency = Adjacency.from_buffer(packed.image, verify=False)
        size = len(packed.columns) // _COLUMNS
        view = memoryview(packed.columns)
        columns = [view[at * size : (at + 1) * size].cast("i") for at in range(_COLUMNS)]
        self._source, self._target, self._kind, self._path, self._line, self._needs = columns
        if len(packed.columns) != self.adjacency.edges * _COLUMNS * _WIDTH:
            raise ValueError("the columns do not fit the graph")

    @classmethod
    def of(cls, edges: Sequence[Edge]) -> EdgeTable:
        """Return the edges as a table; one is returned as it is."""
        if isinstance(edges, EdgeTable):
            return edges
        names = {edge.source for edge in edges}
        names.update(edge.target for edge in edges)
        places = _numbered(sorted(names))
        kinds = _numbered((edge.kind, edge.tier, edge.confidence) for edge in edges)
        paths = _numbered(edge.path for edge in edges)
        needs = _numbered(edge.needs for edge in edges)
        source = array("i", (places[edge.source] for edge in edges))
        target = array("i", (places[edge.target] for edge in edges))
        columns = (
            source,
            target,
            array("i", (kinds[edge.kind, edge.tier, edge.confidence] for edge in edges)),
            array("i", (paths[edge.path] for edge in edges)),
            array("i", (edge.line for edge in edges)),
            array("i", (needs[edge.needs] for edge in edges)),
        )
        image = Adjacency.build(len(places), source, target).to_bytes()
        joined = b"".join(one.tobytes() for one in columns)
        return cls(_Packed(tuple(places), image, joined, tuple(kinds), tuple(paths), tuple(needs)))

    @classmethod
    def from_bytes(cls, packed: bytes | msgspec.Raw) -> EdgeTable:
        """Return the table that `to_bytes` gave.

        Raises:
            ValueError: the bytes are damaged, or of another kind of machine.
        """
        return cls(_DECODER.decode(packed))

    def to_bytes(self) -> bytes:
        """Return what `from_bytes` reads, on a machine of the same kind.

        Raises:
            UnicodeEncodeError: a name is no text.
        """
        return _ENCODER.encode(self._packed)

    def __len__(self) -> int:
        return len(self._source)

    @overload
    def __getitem__(self, index: int) -> Edge: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Edge, ...]: ...

    def __getitem__(self, index: int | slice) -> Edge | tuple[Edge, ...]:
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(len(self))))
        packed = self._packed
        kind, tier, confidence = packed.kinds[self._kind[index]]
        return Edge(
            self.names[self._source[index]],
            self.names[self._target[index]],
            kind,
            tier,
            confidence,
            packed.paths[self._path[index]],
            self._line[index],
            packed.needs[self._needs[index]],
        )

    def __iter__(self) -> Iterator[Edge]:
        packed = self._packed
        name = self.names.__getitem__
        kinds = self._kind.tolist()
        return map(
            Edge,
            map(name, self._source),
            map(name, self._target),
            map([one[0] for one in packed.kinds].__getitem__, kinds),
            map([one[1] for one in packed.kinds].__getitem__, kinds),
            map([one[2] for one in packed.kinds].__getitem__, kinds),
            map(packed.paths.__getitem__, self._path),
            self._line,
            map(packed.needs.__getitem__, self._needs),
        )

    @cached_property
    def _at(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self._packed.paths)}

    def at(self, paths: Collection[str]) -> Iterator[Edge]:
        """Yield the edges whose site is in one of the files, in their order."""
        wanted = {self._at[path] for path in paths if path in self._at}
        if wanted:
            for index, path in enumerate(self._path):
                if path in wanted:
                    yield self[index]

    def each(self, what: Callable[[str, Tier, float], _T]) -> list[_T]:
        """Return, for each edge, what is computed of its kind, tier and confidence."""
        known = [what(*one) for one in self._packed.kinds]
        return list(map(known.__getitem__, self._kind))

    def tiers(self) -> Counter[Tier]:
        """Return how many edges there are of each tier."""
        found: Counter[Tier] = Counter()
        for kind, count in Counter(self._kind.tolist()).items():
            found[self._packed.kinds[kind][1]] += count
        return found


def edges_at(edges: Sequence[Edge], paths: Collection[str]) -> Iterator[Edge]:
    """Yield the edges whose site is in one of the files, in their order."""
    if isinstance(edges, EdgeTable):
        return edges.at(paths)
    return (edge for edge in edges if edge.path in paths)


def count_tiers(edges: Sequence[Edge]) -> dict[Tier, int]:
    """Return how many edges there are of each tier, the surest first."""
    counts = edges.tiers() if isinstance(edges, EdgeTable) else Counter(one.tier for one in edges)
    return {tier: counts[tier] for tier in TIERS}


def _numbered(values: Iterable[_T]) -> dict[_T, int]:
    """Return value → its number, in the order in which they come first."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}
