from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.reports.base import Options
from blastradius.reports.markdown import code
from blastradius.reports.registry import render
from tests.samples import EMPTY, GOLDEN, HOSTILE, OURA, SMALL, wide

# CommonMark: a code span ends at the first run of backticks as long as the one that opened it.
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.DOTALL)


@given(st.text(max_size=40))
def test_nothing_ends_a_code_span_early(text: str) -> None:
    span = code(text)
    found = _SPAN.fullmatch(span)
    assert found is not None
    assert "\n" not in span


@pytest.mark.parametrize("name", GOLDEN)
def test_outside_code_spans_stands_only_what_we_wrote(name: str) -> None:
    ours = _SPAN.sub("", render(GOLDEN[name], "markdown"))
    assert not re.search(r"[@<>\[\]|\\`]", ours)


def test_the_hostile_subject_neither_mentions_nor_marks_up() -> None:
    text = render(HOSTILE, "markdown")
    assert "@everyone" in text
    assert "@everyone" not in _SPAN.sub("", text)
    assert "\x1b" not in text


def test_the_answers_are_those_of_the_text_report() -> None:
    text = render(OURA, "markdown")
    assert "**Changed:** 5 symbols in 5 files" in text
    assert "**Goes together, dependents first:** 5 of 7 commits: 1 asked, 4 drawn in" in text
    assert "(5) `01c0ffe` `feat(oura): return hrv_score`: asked to go" in text
    assert (
        "`silver/oura_sleep.sql:6` selects `hrv_score`, which `run_merge.py:25` writes; "
        "that goes with `04c0ffe`" in text
    )
    assert "undo: `downgrade by one revision` `alembic downgrade '0002 base'`" in text
    assert "not understood: `silver/broken.sql:3`" in text


def test_the_honest_zero_is_kept() -> None:
    assert "**Reaches:** nothing: every file was read" in render(SMALL, "markdown")
    assert "**Changed:** nothing: the range holds no commits" in render(EMPTY, "markdown")


def test_the_limit_holds() -> None:
    assert "- … and 490 more" in render(wide(500), "markdown")
    assert render(wide(500), "markdown", Options(limit=0)).count(" calls ") == 500
