from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from blastradius.errors import UsageError
from blastradius.reports.base import Options
from blastradius.reports.display import printable, width
from blastradius.reports.registry import FORMATS, render
from tests.samples import EMPTY, ESCAPE, GOLDEN, HOSTILE, OURA, SMALL, commit_id, wide

FIXTURES = Path(__file__).parents[3] / "fixtures" / "reports"
_ANSI = re.compile(r"\x1b\[\d+m")


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_reports(name: str) -> None:
    golden = (FIXTURES / f"{name}.txt").read_text(encoding="utf-8")
    assert render(GOLDEN[name], "text") == golden, "python -m tests.samples writes them anew"


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_every_line_fits(name: str, columns: int) -> None:
    text = render(GOLDEN[name], "text", Options(width=columns))
    # A command is there to be copied: it is never wrapped.
    lines = [line for line in text.splitlines() if not line.startswith(" " * 7 + "git ")]
    assert max(map(width, lines)) <= columns


@pytest.mark.parametrize("name", GOLDEN)
def test_nothing_in_a_report_steers_the_terminal(name: str) -> None:
    text = render(GOLDEN[name], "text")
    assert all(printable(line) == line for line in text.split("\n"))


@pytest.mark.parametrize("name", GOLDEN)
def test_colour_changes_nothing_but_the_colour(name: str) -> None:
    plain = render(GOLDEN[name], "text")
    coloured = render(GOLDEN[name], "text", Options(colour=True))
    assert coloured != plain
    assert _ANSI.sub("", coloured) == plain


def test_a_faked_section_stays_within_its_line() -> None:
    lines = render(HOSTILE, "text").splitlines()
    assert sum(line.startswith("CHANGED") for line in lines) == 1
    assert ESCAPE not in "".join(lines)


def test_the_order_is_the_order_of_the_waves() -> None:
    text = render(OURA, "text")
    section = text[text.index("GOES TOGETHER") : text.index("FILES")]
    found = re.findall(r"^  (\d)  (\w{7}) ", section, re.MULTILINE)
    assert found == [(str(place), f"0{n}c0ffe") for place, n in enumerate((7, 6, 4, 3, 1), 1)]


def test_commits_of_one_wave_share_a_number() -> None:
    waves = ((commit_id(7), commit_id(6)), (commit_id(4), commit_id(3), commit_id(1)))
    text = render(replace(OURA, revert_set=replace(OURA.revert_set, order=waves)), "text")
    assert re.findall(r"^  (\d)  \w{7} ", text, re.MULTILINE) == ["1", "1", "2", "2", "2"]


def test_a_commit_without_a_place_in_the_order_is_not_lost() -> None:
    waves = ((commit_id(7),),)
    text = render(replace(OURA, revert_set=replace(OURA.revert_set, order=waves)), "text")
    assert len(re.findall(r"^  -  \w{7} ", text, re.MULTILINE)) == 4


def test_the_limit_says_what_it_hides_and_zero_shows_all() -> None:
    many = wide(500)
    assert "… and 490 more (--limit 0 shows all)" in render(many, "text")
    assert "… and 483 more" in render(many, "text", Options(limit=17))
    whole = render(many, "text", Options(limit=0))
    assert "more (--limit" not in whole
    assert whole.count(" calls ") == 500


def test_a_subject_without_end_does_not_flood_the_report() -> None:
    endless = replace(SMALL.range.commits[0], subject="word " * 20_000)
    text = render(replace(SMALL, range=replace(SMALL.range, commits=(endless,))), "text")
    assert len(text.splitlines()) < len(render(SMALL, "text").splitlines()) + 6


def test_sections_without_content_are_left_out_but_the_answers_stand() -> None:
    headings = re.findall(r"^([A-Z ]+)  ", render(EMPTY, "text"), re.MULTILINE)
    assert headings == ["CHANGED", "REACHES", "GOES TOGETHER", "OUTSIDE GIT", "RESTS ON"]


def test_an_unknown_format_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        render(EMPTY, "jsn")
    assert caught.value.hint == "did you mean json?"
    assert set(FORMATS) == {"text", "json", "markdown"}
