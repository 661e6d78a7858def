"""Adjacency as compressed sparse rows, in both directions.

Storage is whatever has a buffer: an ``array``, numpy's memory, a memory-mapped file. Small graphs
are built and walked without numpy, whose import alone costs more than the whole work on them.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from blastradius.graph.image import pack_sections, unpack_sections

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NUMPY_IMPORT_PAYS = 250_000
"""Edges from which building with numpy beats plain Python although numpy is not imported yet."""
NUMPY_PAYS = 1_000
"""The same once numpy is imported. Both measured by ``benchmarks/bench_graph.py``."""
_INT32_END = 2**31
_MOST_INT32_EDGES = _INT32_END - 1


@dataclass(frozen=True, slots=True, eq=False)
class Csr:
    """One direction: the edges of node ``v`` are the slots ``indptr[v]`` to ``indptr[v + 1]``.

    Attributes:
        indptr: n + 1 slot numbers. indices: the neighbour in each slot.
        edge: the caller's number of the edge in each slot, ascending within a node.

    All three are int32 views; ``indptr`` and ``edge`` are int64 from 2**31 edges on.
    """

    indptr: memoryview
    indices: memoryview
    edge: memoryview

    @classmethod
    def build(cls, nodes: int, row: Sequence[int], column: Sequence[int]) -> Csr:
        """Build one direction; parallel edges and loops are kept.

        Args:
            nodes: how many nodes there are, at most 2**31 - 1.
            row: where each edge starts, 0 to nodes - 1; ints, or a buffer of int32.
            column: where it leads, as long as ``row``.

        Raises:
            ValueError: the lengths differ, or a number is out of range.
        """
        if not 0 <= nodes < _INT32_END:
            raise ValueError(f"a graph has 0 to 2**31 - 1 nodes, not {nodes}")
        rows, columns = _int32(row), _int32(column)
        if len(rows) != len(columns):
            raise ValueError(f"{len(rows)} sources do not pair with {len(columns)} targets")
        if numpy_pays(len(rows)):
            return _sorted_rows(nodes, rows, columns)
        _check_range(nodes, rows)
        _check_range(nodes, columns)
        return _plain_rows(nodes, rows, columns)

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.indptr) - 1

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.indices)

    def neighbours(self, node: int) -> list[int]:
        """Return the neighbours of ``node``, one for each edge, in the order of edge numbers."""
        start, end = self._slots(node)
        return self.indices[start:end].tolist()

    def edges_of(self, node: int) -> list[int]:
        """Return the caller's numbers of the edges of ``node``, ascending."""
        start, end = self._slots(node)
        return self.edge[start:end].tolist()

    def _slots(self, node: int) -> tuple[int, int]:
        if not 0 <= node < self.nodes:
            raise ValueError(f"node {node} is not one of {self.nodes}")
        return self.indptr[node], self.indptr[node + 1]


@dataclass(frozen=True, slots=True, eq=False)
class Adjacency:
    """A directed multigraph: ``forward`` leads to dependencies, ``backward`` to dependents."""

    forward: Csr
    backward: Csr

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return self.forward.nodes

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return self.forward.edges

    @classmethod
    def build(cls, nodes: int, source: Sequence[int], target: Sequence[int]) -> Self:
        """Build both directions; parallel edges and loops are kept.

        Args:
            nodes: how many nodes there are, at most 2**31 - 1.
            source: the dependent of each edge, 0 to nodes - 1; ints, or a buffer of int32.
            target: the dependency of each edge, as long as ``source``.

        Raises:
            ValueError: the lengths differ, or a number is out of range.
        """
        sources, targets = _int32(source), _int32(target)
        return cls(Csr.build(nodes, sources, targets), Csr.build(nodes, targets, sources))

    def to_bytes(self) -> bytes:
        """Return an image that `from_buffer` reads, also in place from a memory-mapped file."""
        return pack_sections(
            self.nodes,
            self.edges,
            [
                view
                for side in (self.forward, self.backward)
                for view in (side.indptr, side.indices, side.edge)
            ],
        )

    @classmethod
    def from_buffer(cls, image: bytes | bytearray | memoryview, *, verify: bool = True) -> Self:
        """Return the graph in ``image`` without copying it.

        Args:
            image: what `to_bytes` gave; it must live as long as the graph.
            verify: check the payload's checksum too (about 1 ms a megabyte). Without it only the
                header and the lengths are checked.

        Raises:
            ValueError: the image is damaged, of another version, or of another kind of machine.
        """
        sections = unpack_sections(image, verify=verify)
        return cls(Csr(*sections[:3]), Csr(*sections[3:]))


def numpy_pays(edges: int) -> bool:
    """Tell whether work on that many edges is faster with numpy, its import counted."""
    return edges >= (NUMPY_PAYS if "numpy" in sys.modules else NUMPY_IMPORT_PAYS)


def _int32(values: Sequence[int]) -> memoryview:
    """Return ``values`` as an int32 view, without a copy where they are one already."""
    try:
        view = memoryview(values)  # type: ignore[arg-type]  # lists have no buffer: see below
    except TypeError:
        return _copied(values)
    if view.format == "i" and view.ndim == 1 and view.contiguous:
        return view
    return _copied(values)


def _copied(values: Sequence[int]) -> memoryview:
    try:
        return memoryview(array("i", values))
    except OverflowError:
        raise ValueError("a node number does not fit 32 bits") from None


def _check_range(nodes: int, values: memoryview) -> None:
    if len(values) and (min(values) < 0 or max(values) >= nodes):
        wrong = next(one for one in values if not 0 <= one < nodes)
        raise ValueError(f"node {wrong} is not one of {nodes}")


def _slot_code(edges: int) -> str:
    return "i" if edges <= _MOST_INT32_EDGES else "q"


def _plain_rows(nodes: int, row: memoryview, column: memoryview) -> Csr:
    """Sort the edges by row, stable, in plain Python."""
    code = _slot_code(len(row))
    rows = row.tolist()
    degree = [0] * (nodes + 1)
    for node in rows:
        degree[node + 1] += 1
    edge = array(code, sorted(range(len(rows)), key=rows.__getitem__))
    indices = array("i", map(column.tolist().__getitem__, edge))
    indptr = array(code, accumulate(degree))
    return Csr(memoryview(indptr), memoryview(indices), memoryview(edge))


def _sorted_rows(nodes: int, row: memoryview, column: memoryview) -> Csr:
    """Sort the edges by row with numpy.

    Row and edge number are packed in one int64, so that the fastest sort need not be a stable one.
    """
    import numpy as np  # noqa: PLC0415 - 100 ms that small graphs should not pay

    code = _slot_code(len(row))
    rows: npt.NDArray[np.int32] = np.frombuffer(row, dtype=np.int32)
    columns: npt.NDArray[np.int32] = np.frombuffer(column, dtype=np.int32)
    for view, values in ((row, rows), (column, columns)):
        if len(values) and (values.min() < 0 or values.max() >= nodes):
            _check_range(nodes, view)
    packed = rows.astype(np.int64)
    if len(row) < _INT32_END:
        packed <<= 32
        packed |= np.arange(len(rows), dtype=np.int64)
        packed.sort()
        edge = packed.astype(np.uint32).astype(np.dtype(code))
    else:
        edge = np.argsort(packed, kind="stable")
    del packed
    indices = columns[edge]
    indptr = np.zeros(nodes + 1, dtype=np.dtype(code))
    np.cumsum(np.bincount(rows, minlength=nodes), out=indptr[1:])
    return Csr(indptr.data, indices.data, edge.data)
