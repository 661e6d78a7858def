from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.reports.display import padded, printable, shorten, shorten_middle, width, wrap

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain.py", "plain.py"),
        ("naïve/漢字.py", "naïve/漢字.py"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("user\u202egpj.exe", "user\\u202egpj.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u2028b", "a\\u2028b"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_shown_text_steers_nothing_and_is_utf8(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert width("漢字") == 4
    assert width("e\u0301") == 1
    assert width("abc") == 3
    assert padded("漢", 4) == "漢  "


def test_a_path_keeps_its_end() -> None:
    path = "src/some/very/long/folder/names/module.py:120"
    assert shorten_middle(path, 24) == "src/som…es/module.py:120"


@given(ANY_TEXT.map(printable), st.integers(2, 40))
def test_shortened_text_fits(text: str, room: int) -> None:
    assert width(shorten(text, room)) <= room
    assert width(shorten_middle(text, room)) <= room
    if width(text) <= room:
        assert shorten(text, room) == shorten_middle(text, room) == text


@given(ANY_TEXT.map(printable), st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_no_word_that_fits(text: str, room: int) -> None:
    lines = wrap(text, room)
    assert lines
    assert all(width(line) <= room for line in lines)
    if all(width(word) <= room for word in text.split()):
        assert " ".join(lines).split() == text.split()
