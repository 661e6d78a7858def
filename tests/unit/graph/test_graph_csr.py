from __future__ import annotations

import mmap
import random
from array import array
from pathlib import Path

import pytest

from blastradius.graph import csr as csr_module
from blastradius.graph.csr import Adjacency

# 0 → 1 twice, 0 → 2, 2 → 2 (a loop), 1 → 0; node 3 stands alone.
SOURCE = [0, 2, 0, 1, 0]
TARGET = [1, 2, 2, 0, 1]


def with_numpy(monkeypatch: pytest.MonkeyPatch, *, used: bool) -> None:
    limit = 0 if used else 10**12
    monkeypatch.setattr(csr_module, "NUMPY_PAYS", limit)
    monkeypatch.setattr(csr_module, "NUMPY_IMPORT_PAYS", limit)


@pytest.mark.parametrize("used", [False, True])
def test_rows_keep_parallel_edges_and_loops_in_the_order_of_edge_numbers(
    monkeypatch: pytest.MonkeyPatch, *, used: bool
) -> None:
    with_numpy(monkeypatch, used=used)
    graph = Adjacency.build(4, SOURCE, TARGET)
    assert [graph.forward.neighbours(node) for node in range(4)] == [[1, 2, 1], [0], [2], []]
    assert [graph.forward.edges_of(node) for node in range(4)] == [[0, 2, 4], [3], [1], []]
    assert [graph.backward.neighbours(node) for node in range(4)] == [[1], [0, 0], [2, 0], []]
    assert [graph.backward.edges_of(node) for node in range(4)] == [[3], [0, 4], [1, 2], []]


def test_numpy_and_plain_python_build_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(7)
    source = [rng.randrange(300) for _ in range(5_000)]
    target = [rng.randrange(300) for _ in range(5_000)]
    with_numpy(monkeypatch, used=False)
    plain = Adjacency.build(300, source, target)
    with_numpy(monkeypatch, used=True)
    assert Adjacency.build(300, source, target).to_bytes() == plain.to_bytes()


@pytest.mark.parametrize("used", [False, True])
def test_slot_numbers_widen_when_there_are_too_many_edges_for_32_bits(
    monkeypatch: pytest.MonkeyPatch, *, used: bool
) -> None:
    with_numpy(monkeypatch, used=used)
    narrow = Adjacency.build(4, SOURCE, TARGET)
    monkeypatch.setattr(csr_module, "_MOST_INT32_EDGES", 4)
    wide = Adjacency.build(4, SOURCE, TARGET)
    assert (wide.forward.indptr.format, wide.forward.edge.format) == ("q", "q")
    assert wide.backward.edge.tolist() == narrow.backward.edge.tolist()
    image = Adjacency.from_buffer(wide.to_bytes())
    assert image.forward.indptr.tolist() == narrow.forward.indptr.tolist()


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize(
    ("source", "target", "what"),
    [
        ([0, 4], [1, 1], "node 4 is not one of 4"),
        ([0, 1], [1, -1], "node -1 is not one of 4"),
        ([0], [1, 1], "1 sources do not pair with 2 targets"),
        ([0, 2**31], [1, 1], "does not fit 32 bits"),
    ],
)
def test_numbers_that_are_no_nodes_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    source: list[int],
    target: list[int],
    what: str,
    *,
    used: bool,
) -> None:
    with_numpy(monkeypatch, used=used)
    with pytest.raises(ValueError, match=what):
        Adjacency.build(4, source, target)


@pytest.mark.parametrize("node", [-1, 4])
def test_asking_for_a_node_that_is_none_is_an_error(node: int) -> None:
    with pytest.raises(ValueError, match="is not one of 4"):
        Adjacency.build(4, SOURCE, TARGET).forward.neighbours(node)


def test_a_graph_may_be_empty() -> None:
    graph = Adjacency.from_buffer(Adjacency.build(0, [], []).to_bytes())
    assert (graph.nodes, graph.edges) == (0, 0)


def test_int32_buffers_are_taken_as_they_are_and_others_are_converted() -> None:
    expected = Adjacency.build(4, SOURCE, TARGET).to_bytes()
    assert Adjacency.build(4, array("i", SOURCE), array("i", TARGET)).to_bytes() == expected
    assert Adjacency.build(4, array("q", SOURCE), tuple(TARGET)).to_bytes() == expected


def test_a_memory_mapped_image_is_the_graph(tmp_path: Path) -> None:
    path = tmp_path / "graph"
    path.write_bytes(Adjacency.build(4, SOURCE, TARGET).to_bytes())
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        graph = Adjacency.from_buffer(view)
        assert graph.backward.neighbours(2) == [2, 0]
        for side in (graph.forward, graph.backward):
            for section in (side.indptr, side.indices, side.edge):
                section.release()
        del graph


def test_any_flipped_byte_of_an_image_is_found() -> None:
    image = Adjacency.build(4, SOURCE, TARGET).to_bytes()
    # The 24 bytes that pad the header carry nothing.
    for place in (*range(40), *range(64, len(image))):
        damaged = bytearray(image)
        damaged[place] ^= 0x40
        with pytest.raises(ValueError, match="graph image"):
            Adjacency.from_buffer(damaged)


def test_a_truncated_or_prolonged_image_is_found_even_without_its_checksum() -> None:
    image = Adjacency.build(4, SOURCE, TARGET).to_bytes()
    for damaged in (b"", image[:10], image[:-1], image + b"\0"):
        with pytest.raises(ValueError, match="graph image"):
            Adjacency.from_buffer(damaged, verify=False)
