from __future__ import annotations

import json
import re

import pytest
from msgspec.structs import replace

from blastradius.errors import UsageError
from blastradius.model.analysis import Impact
from blastradius.reports.base import Options
from blastradius.reports.display import printable, width
from blastradius.reports.registry import render
from tests.asked import ANSWERS, IMPACT, NODES, NONE, STEPS, WHY, WHY_NOT
from tests.samples import ESCAPE, MERGE


def lines(text: str) -> str:
    """Return a report with its wrapped lines joined."""
    return re.sub(r"\n +(?=\S)", " ", re.sub(r"\n  (?=[\d\w-])", "\n@", text))


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_every_line_fits_and_steers_nothing(name: str, columns: int) -> None:
    text = render(ANSWERS[name], "text", Options(width=columns))
    assert max(map(width, text.splitlines())) <= columns
    assert all(printable(line) == line for line in text.split("\n"))


@pytest.mark.parametrize("name", ANSWERS)
def test_json_is_the_answer_key_by_key(name: str) -> None:
    answer = ANSWERS[name]
    found = json.loads(render(answer, "json"))
    assert list(found) == list(answer.__struct_fields__)


@pytest.mark.parametrize("name", ["hostile_impact", "hostile_why"])
def test_what_the_repository_says_is_code_in_markdown(name: str) -> None:
    text = render(ANSWERS[name], "markdown")
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)
    assert "<img" not in outside
    assert ESCAPE not in text
    assert "@" not in outside


def test_impact_says_first_what_was_meant_and_then_who_uses_it() -> None:
    text = render(IMPACT, "text")
    assert text.startswith("blastradius  impact of sources[0].fields[5] at ")
    assert "MEANT  1 symbol\n  item  yaml:config/sources_config.yaml#sources[0].fields[5]" in text
    assert "USED BY  3 symbols, in 3 files: 2 SQL, 1 Python" in text
    assert "1 direct, 1 at 2 steps, 1 at 3 steps; 2 certain, 1 likely" in text
    found = lines(text)
    assert "@1  run_merge.py:23 uses hrv_score, which config/sources_config.yaml:13 lists" in found
    assert "@2  silver/oura_sleep.sql:6 selects hrv_score, which run_merge.py:23 writes" in found
    assert "selects (likely, 0.90)" in found
    assert "RESTS ON" in text


def test_many_of_one_file_are_told_by_the_first() -> None:
    alike = tuple(
        Impact(f"{MERGE}{n}", "run_merge.py", 23 + n, 1, 1.0, "certain", STEPS[2:])
        for n in range(5)
    )
    answer = replace(IMPACT, impact=alike, total=5, by_distance={1: 5})
    assert "; and 4 more there" in lines(render(answer, "text"))
    assert "more there" not in render(answer, "text", Options(limit=0))


def test_what_is_left_out_is_counted() -> None:
    text = render(IMPACT, "text", Options(limit=1))
    assert "… and 2 more (--limit 0 shows all)" in text
    assert "- … and 2 more" in render(IMPACT, "markdown", Options(limit=1))


def test_a_page_says_which_it_is() -> None:
    page = replace(IMPACT, impact=IMPACT.impact[1:2], offset=1, limit=1)
    assert "3 symbols, of which these are 2 to 2" in lines(render(page, "text"))
    beyond = replace(IMPACT, impact=(), offset=9)
    assert "3 symbols, all before --offset" in render(beyond, "text")


def test_far_distances_are_added_up() -> None:
    deep = replace(IMPACT, total=9, by_distance={1: 2, 5: 3, 6: 3, 40: 1})
    assert "2 direct, 3 at 5 steps, 4 further" in render(deep, "text")


def test_zero_is_said_with_what_it_rests_on_and_never_as_safe() -> None:
    text = render(NONE, "text")
    said = lines(text)
    assert "USED BY  nothing was found, which is no proof: references not resolved" in said
    assert "MIGHT NAME IT  2 lines in the tree with the word hrv_score" in said
    assert "docs/a.md:3, 9" in text
    assert "NOT UNDERSTOOD  1 place of what was asked about" in text
    assert "2 places in 2 files not understood" in text
    assert "safe" not in text


def test_zero_where_nothing_is_open_says_so() -> None:
    whole = replace(NONE.coverage, partial=0, skipped=0, languages=())
    text = lines(render(replace(NONE, coverage=whole), "text"))
    assert "nothing: every file was read, every reference resolved, none leads here" in text


def test_why_says_every_step_in_words() -> None:
    found = lines(render(WHY, "text"))
    assert "CHAIN  3 steps, certain, 0.97" in found
    assert (
        "@1  gold/daily_summary.sql:6 computes hrv_score from silver.oura_sleep.hrv_score, which "
        "silver/oura_sleep.sql:6 selects" in found
    )
    assert "@2  silver/oura_sleep.sql:6 selects hrv_score, which run_merge.py:23 writes" in found
    assert "@3  run_merge.py:23 uses hrv_score, which config/sources_config.yaml:13 lists" in found


def test_why_not_says_what_may_hide_a_chain_and_the_other_way_round() -> None:
    found = lines(render(WHY_NOT, "text"))
    assert "CHAIN  none leads from sources[0].fields[5] to gold.daily_summary.hrv_score" in found
    assert "one may be hidden: references not resolved" in found
    assert "THE OTHER WAY  gold.daily_summary.hrv_score depends on sources[0].fields[5]" in found
    neither = lines(render(replace(WHY_NOT, reverse=()), "text"))
    assert "nor back" in neither
    assert "THE OTHER WAY" not in neither


def test_why_shows_what_is_around_the_source_when_that_depends() -> None:
    found = lines(render(replace(WHY_NOT, around=STEPS[:1]), "text"))
    assert "AROUND IT" in found
    assert "@1  gold/daily_summary.sql:6 computes hrv_score" in found


def test_why_tells_of_a_surer_chain_and_of_a_circle() -> None:
    found = lines(render(replace(WHY, tier="heuristic", surest=STEPS, reverse=STEPS[:1]), "text"))
    assert "SUREST  3 steps" in found
    assert "they depend on each other: 1 step back" in found


@pytest.mark.parametrize(
    ("at", "said"),
    [("worktree", "in the work tree"), ("folder", "in the folder, without git")],
)
def test_the_tree_is_named(at: str, said: str) -> None:
    assert said in lines(render(replace(WHY, at=at), "text"))


def test_a_target_that_nothing_defines_says_so() -> None:
    nowhere = replace(NODES[3], path="", line=0)
    assert "defined in no file here" in lines(render(replace(IMPACT, target=(nowhere,)), "text"))


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="did you mean text"):
        render(IMPACT, "txt")
    with pytest.raises(UsageError, match="formats: text, json, markdown"):
        render(WHY, "dot")
