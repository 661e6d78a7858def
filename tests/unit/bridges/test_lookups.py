"""Lookups that were made so that no tree costs the square of its size find what a search would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from blastradius.bridges.paths import resolve, tails_of
from blastradius.bridges.route_table import ANY, REST, Endpoint, Routes, fit

PARTS = st.lists(st.sampled_from(["a", "b", "c", ANY]), max_size=4).map(tuple)
ANSWERED = st.one_of(PARTS, PARTS.map(lambda parts: (*parts, REST)))
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@given(st.lists(ANSWERED, max_size=12, unique=True), PARTS)
def test_a_route_is_found_among_others(
    answered: list[tuple[str, ...]], asked: tuple[str, ...]
) -> None:
    endpoints = [
        Endpoint(segments, "GET", f"s{number}", rooted=True)
        for number, segments in enumerate(answered)
    ]
    fitting = {one.symbol: fit(asked, one.segments) for one in endpoints}
    best = max(fitting.values(), default=0)
    url = "/".join("{}" if one == ANY else one for one in ("", *asked))
    found, _, confidence = Routes(endpoints).answers(url, "GET", "a.js")
    if best > 0:
        expected = [name for name, score in fitting.items() if score == best]
        assert sorted(one.symbol for one in found) == sorted(expected)[: len(found)]
        assert len(found) == min(len(expected), 4)
    else:
        assert confidence <= 0.6


def test_thousands_of_routes_that_end_alike_are_not_all_compared_with_each_request() -> None:
    routes = Routes(
        Endpoint((f"b{n}", "c", "y"), "GET", f"s{n}", rooted=False) for n in range(3000)
    )
    answers = [routes.answers(f"/q/z/p{n}/c/y", "GET", "a.js")[0] for n in range(3000)]
    assert not any(answers)
    assert routes.answers("/b7/c/y", "GET", "a.js")[0][0].symbol == "s7"


@given(st.frozensets(PATHS, max_size=12), PATHS)
def test_a_path_by_its_tail(paths: frozenset[str], wanted: str) -> None:
    found, tier = resolve(wanted, "x/y.py", paths, tails_of(paths))
    if wanted in paths:
        assert (found, tier) == ([wanted], "certain")
        return
    ends = [one for one in paths if one.endswith(f"/{wanted}")] if "/" in wanted else []
    assert len(found) == min(len(ends), 2)
    assert set(found) <= set(ends)
