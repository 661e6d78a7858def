"""Edits of a file given to its symbols, made one by one, and taken back by their own lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from blastradius.changes.pieces import Piece, pieces, undone_lines, with_pieces

OLD = b"import os\n\n\ndef one():\n    return 1\n"
NEW = (
    b"import os\n\n\ndef one():\n    return 10\n\n\ndef two():\n    return 2\n\n\n# says three\n"
    b"def three():\n    return 3\n"
)
SPANS_OLD = [("one", 4, 5)]
SPANS_NEW = [("one", 4, 5), ("two", 8, 9), ("three", 13, 14)]


def test_each_edit_belongs_to_the_symbol_that_holds_it() -> None:
    found = pieces((OLD, NEW), (SPANS_OLD, SPANS_NEW))
    assert [one.symbol for one in found] == ["one", "two", "three"]
    assert with_pieces(OLD, NEW, found[1:]) == NEW.replace(b"10", b"1")
    shorter = NEW.replace(b"return 10", b"return 1")
    found = pieces((OLD, shorter), (SPANS_OLD, SPANS_NEW))
    assert found == [Piece(5, 5, 5, 9, "two"), Piece(5, 5, 9, 14, "three")]


def test_what_goes_is_cut_by_the_old_symbols() -> None:
    found = pieces((NEW.replace(b"10", b"1"), OLD), (SPANS_NEW, SPANS_OLD))
    assert [(one.symbol, one.old_start, one.old_end) for one in found] == [
        ("two", 5, 9),
        ("three", 9, 14),
    ]


def test_a_method_belongs_to_itself_and_a_whole_class_to_the_class() -> None:
    old = b"class A:\n    def f(self):\n        return 1\n"
    new = old + b"\n    def g(self):\n        return 2\n"
    spans = [("A", 1, 6), ("A.f", 2, 3), ("A.g", 5, 6)]
    assert [one.symbol for one in pieces((old, new), (spans[:2], spans))] == ["A.g"]
    assert [one.symbol for one in pieces((b"", new), ([], spans))] == ["A"]


def test_one_of_two_neighbours_goes_by_its_own_lines() -> None:
    base = with_pieces(OLD, NEW.replace(b"10", b"1"), [Piece(5, 5, 5, 9, "two")])
    undone = undone_lines(base, OLD, NEW.replace(b"10", b"1"))
    assert undone is not None
    assert b"def two" not in undone
    assert b"def three" in undone


def test_lines_that_changed_since_are_not_taken_back() -> None:
    assert undone_lines(b"a\nb\n", b"a\n", b"a\nB\n") is None


lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n"]), max_size=8).map(b"".join)


@given(old=lines, new=lines, spans=st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 8))))
def test_all_pieces_together_are_the_new_version(
    old: bytes, new: bytes, spans: list[tuple[str, int]]
) -> None:
    named = [(name, first, first + 1) for name, first in spans]
    found = pieces((old, new), (named, named))
    assert with_pieces(old, new, found) == new
    assert with_pieces(old, new, []) == old


@given(old=lines, new=lines)
def test_taking_an_edit_back_where_it_was_made_gives_the_old_version(
    old: bytes, new: bytes
) -> None:
    assert undone_lines(new, old, new) == old
