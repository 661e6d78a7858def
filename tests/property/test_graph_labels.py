"""Labels against paths written out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from blastradius.graph.labels import NO_LABEL, Labels


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0.1, 1.0)), max_size=120))
def test_paths_compare_as_their_edge_numbers_do(growth: list[tuple[int, float]]) -> None:
    labels = Labels()
    sources = [labels.add(NO_LABEL, NO_LABEL, 1.0) for _ in range(3)]
    paths: dict[int, tuple[int, ...]] = dict.fromkeys(sources, ())
    products = dict.fromkeys(sources, 1.0)
    for edge, (draw, confidence) in enumerate(growth):
        # Mostly the newest label, so that long paths arise.
        up = len(paths) - 1 if draw % 4 else draw % len(paths)
        label = labels.add(up, edge, confidence)
        paths[label] = (*paths[up], edge)
        products[label] = products[up] * confidence
    for label, path in paths.items():
        assert labels.path(label) == path
        assert labels.hops[label] == len(path)
        assert labels.product[label] == products[label]
    by_length: dict[int, list[int]] = {}
    for label, path in paths.items():
        by_length.setdefault(len(path), []).append(label)
    for alike in by_length.values():
        for one in alike[:12]:
            for other in alike[-12:]:
                first, second = 1_000, 1_001
                expected = (*paths[one], first) < (*paths[other], second)
                assert labels.precedes((one, first), (other, second)) == expected
