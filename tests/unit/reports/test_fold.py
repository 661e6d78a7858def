from __future__ import annotations

from msgspec.structs import replace

from blastradius.model.analysis import SymbolChange
from blastradius.reports.base import Options
from blastradius.reports.fold import by_severity, shown_changes, shown_impact
from blastradius.reports.registry import render
from tests.samples import OURA, SMALL, wide

FOLDED, WHOLE = Options(), Options(limit=0)


def test_breaking_changes_come_first_and_the_order_is_kept_otherwise() -> None:
    ordered = by_severity(OURA.changes)
    assert [one.severity for one in ordered] == ["breaking", "unknown", *["compatible"] * 3]
    assert [one.path for one in ordered[2:]] == [
        "config/sources_config.yaml",
        "oura_connector.py",
        "run_merge.py",
    ]


def gone(name: str, path: str = "ci.yml", kind: str = "removed") -> SymbolChange:
    return SymbolChange(f"yaml:{path}#{name}", kind, "breaking", path, 3, ())  # type: ignore[arg-type]


def test_what_went_inside_something_that_went_is_told_by_it() -> None:
    changes = [gone("jobs.a"), gone("jobs.a.steps"), gone("jobs.a.steps[0]"), gone("jobs.ab")]
    assert shown_changes(changes, FOLDED) == [(changes[0], 3), (changes[3], 1)]


def test_a_modified_part_is_not_told_by_its_modified_whole() -> None:
    changes = [gone("a", kind="modified"), gone("a.b", kind="modified")]
    assert shown_changes(changes, FOLDED) == [(changes[0], 1), (changes[1], 1)]


def test_more_than_three_alike_in_one_file_are_told_by_the_first() -> None:
    alike = [gone(f"key{number}") for number in range(5)]
    other = [gone("key9", "other.yml"), gone("key9", kind="type")]
    assert shown_changes([*alike, *other], FOLDED) == [
        (alike[0], 5),
        (other[0], 1),
        (other[1], 1),
    ]
    assert len(shown_changes(alike[:3], FOLDED)) == 3


def test_users_in_one_file_of_one_thing_are_told_by_the_first() -> None:
    first, second, third = wide(3).impact
    same_file = replace(second, path=first.path)
    unsure = replace(second, path=first.path, tier="likely")
    assert shown_impact([first, same_file, third, unsure], FOLDED) == [
        (first, 2),
        (third, 1),
        (unsure, 1),
    ]


def test_without_a_limit_nothing_is_folded() -> None:
    changes = [gone("jobs.a"), gone("jobs.a.steps")]
    assert shown_changes(changes, WHOLE) == [(one, 1) for one in changes]
    one = OURA.impact[0]
    assert shown_impact([one, one], WHOLE) == [(one, 1), (one, 1)]


def test_the_report_counts_all_that_it_folds_or_leaves_out() -> None:
    many = [gone(f"key{number}", f"f{number // 10}.yml") for number in range(200)]
    text = render(replace(SMALL, changes=tuple(many)), "text")
    assert "f0.yml:3 key0 and 9 more removed" in text
    assert "… and 100 more (--limit 0 shows all)" in text
    used = replace(SMALL, impact=wide(1).impact * 4)
    assert "; and 3 more there" in render(used, "text")
    assert "; and 3 more there" in render(used, "markdown")
