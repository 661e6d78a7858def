from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from blastradius.cli import main
from blastradius.cli.analyze import over
from blastradius.config import Config
from blastradius.reports.registry import render
from tests.samples import EMPTY, OURA, SMALL, UNDERSTOOD, wide

if TYPE_CHECKING:
    from pathlib import Path

    from blastradius.model.analysis import Analysis
    from tests.fakeapi import FakeApi

Captured = pytest.CaptureFixture[str]


def test_without_options_the_defaults_are_asked(api: FakeApi, capsys: Captured) -> None:
    assert main(["analyze"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (render(OURA, "text"), "")
    api.asked.pop("progress")
    api.asked.pop("warn")
    assert api.asked == {
        "repo": ".",
        "range": None,
        "undo": [],
        "keep": [],
        "config": Config(),
        "staged": False,
        "worktree": False,
        "min_confidence": None,
        "depth": None,
        "level": "commit",
        "mend": None,
        "include_likely": False,
        "jobs": None,
        "cache": True,
    }


def test_every_option_reaches_the_question(api: FakeApi) -> None:
    words = [
        "analyze",
        "A..B",
        "--undo",
        "c1",
        "--undo",
        "a.py#f",
        "--keep",
        "c2",
        "--min-confidence",
        ".9",
        "--depth",
        "4",
    ]
    assert main([*words, "--jobs", "2", "--no-cache", "--repo", "r"]) == 0
    asked = {key: api.asked[key] for key in ("repo", "range", "undo", "keep", "depth", "jobs")}
    assert asked == {
        "repo": "r",
        "range": "A..B",
        "undo": ["c1", "a.py#f"],
        "keep": ["c2"],
        "depth": 4,
        "jobs": 2,
    }
    assert (api.asked["min_confidence"], api.asked["cache"]) == (0.9, False)


@pytest.mark.parametrize("what", ["staged", "worktree"])
def test_what_is_pending_can_be_asked_about(api: FakeApi, what: str) -> None:
    assert main(["analyze", f"--{what}"]) == 0
    assert api.asked[what] is True
    assert api.asked["range"] is None


def test_the_configuration_holds_where_no_option_is_given(api: FakeApi) -> None:
    api.config = Config(jobs=3, cache=False, fail_on="breaking")
    assert main(["analyze"]) == 1
    assert (api.asked["jobs"], api.asked["cache"]) == (3, False)
    assert main(["analyze", "--jobs", "1", "--fail-on", "never"]) == 0
    assert api.asked["jobs"] == 1


def test_json_and_markdown_are_written_as_they_are(api: FakeApi, capsys: Captured) -> None:
    assert main(["analyze", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "blastradius/analysis/1"
    assert main(["analyze", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == render(OURA, "markdown")


def test_the_limit_is_the_reports(api: FakeApi, capsys: Captured) -> None:
    api.answer = wide(30)
    main(["analyze", "--limit", "0"])
    assert capsys.readouterr().out.count(" calls ") == 30


def test_colour_is_written_only_when_asked_for(api: FakeApi, capsys: Captured) -> None:
    main(["analyze"])
    assert "\x1b" not in capsys.readouterr().out
    main(["analyze", "--color", "always"])
    assert "\x1b[1mCHANGED\x1b[0m" in capsys.readouterr().out


def test_a_file_gets_the_result_and_standard_output_nothing(
    api: FakeApi, capsys: Captured, tmp_path: Path
) -> None:
    target = tmp_path / "report.json"
    assert main(["analyze", "--format", "json", "-o", str(target)]) == 0
    assert capsys.readouterr() == ("", "")
    assert target.read_text(encoding="utf-8") == render(OURA, "json")


def test_warnings_go_to_standard_error_and_quiet_silences_them(
    api: FakeApi, capsys: Captured
) -> None:
    api.warning = "two files configure\x1b"
    main(["analyze"])
    assert capsys.readouterr().err == "blastradius: warning: two files configure\\x1b\n"
    main(["analyze", "--quiet"])
    assert capsys.readouterr().err == ""


def without_breaks(analysis: Analysis) -> Analysis:
    chosen = replace(analysis.revert_set, fix_forward=(), conflicts=())
    return replace(analysis, breaks=analysis.breaks[:1], revert_set=chosen)


CALM = replace(without_breaks(OURA), changes=OURA.changes[:1])
CLEAN = replace(EMPTY, coverage=UNDERSTOOD)


@pytest.mark.parametrize(
    ("threshold", "analysis", "found"),
    [
        ("never", OURA, False),
        ("breaks", OURA, True),
        ("breaks", without_breaks(OURA), False),
        ("breaks", replace(CALM, breaks=OURA.breaks[1:]), True),
        ("breaks", replace(CALM, breaks=(replace(OURA.breaks[1], tier="likely"),)), False),
        ("breaks", replace(CALM, revert_set=replace(CALM.revert_set, conflicts=("a",))), True),
        ("breaking", without_breaks(OURA), True),
        ("breaking", CALM, False),
        ("any", CALM, True),
        ("any", replace(CLEAN, effects=OURA.effects), True),
        ("any", CLEAN, False),
    ],
)
def test_each_threshold_holds_the_one_before_it(
    threshold: str, analysis: Analysis, *, found: bool
) -> None:
    assert bool(over(threshold, analysis)) is found


def test_findings_over_the_threshold_end_with_one_and_say_why(
    api: FakeApi, capsys: Captured
) -> None:
    assert main(["analyze", "--fail-on", "breaks"]) == 1
    out, err = capsys.readouterr()
    assert out == render(OURA, "text")
    assert err == "blastradius: the revert set leaves places broken (--fail-on breaks)\n"
    api.answer = SMALL
    assert main(["analyze", "--fail-on", "breaks"]) == 0
