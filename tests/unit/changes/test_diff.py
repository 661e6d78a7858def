from __future__ import annotations

import pytest

from blastradius.changes.diff import DefinitionChange, diff
from blastradius.model.facts import Definition, Facts


def facts(*definitions: Definition) -> Facts:
    return Facts("full", definitions)


def function(name: str, shape: str = "()", body: str = "1", line: int = 1) -> Definition:
    return Definition(name, "function", line, line + 1, -1, shape, body)


def parameter(owner: str, name: str, shape: str, parent: int = 0) -> Definition:
    return Definition(f"{owner}({name})", "parameter", 1, 1, parent, shape)


def item(name: str, key: str) -> Definition:
    return Definition(name, "item", 1, 1, -1, "str", key, key)


def said(changes: tuple[DefinitionChange, ...]) -> list[tuple[str, str, str]]:
    return [(change.key, change.kind, change.severity) for change in changes]


def test_equal_facts_have_no_difference() -> None:
    assert diff(facts(function("f")), facts(function("f"))) == ()


def test_a_function_that_only_moved_in_its_file_is_no_change() -> None:
    assert diff(facts(function("f", line=1)), facts(function("f", line=90))) == ()


def test_a_body_change_is_unknown_not_safe() -> None:
    assert said(diff(facts(function("f")), facts(function("f", body="2")))) == [
        ("f", "modified", "unknown")
    ]


def test_what_came_is_compatible_what_went_is_breaking() -> None:
    old, new = facts(function("f", body="1")), facts(function("g", "(a)", body="2"))
    assert said(diff(old, new)) == [("g", "added", "compatible"), ("f", "removed", "breaking")]


def test_a_new_name_for_the_same_thing_is_a_rename() -> None:
    (change,) = diff(facts(function("f")), facts(function("g")))
    assert (change.kind, change.severity, change.detail) == ("renamed", "breaking", "was f")


def test_two_candidates_of_one_body_are_no_rename() -> None:
    changes = diff(facts(function("f")), facts(function("g"), function("h")))
    assert {change.kind for change in changes} == {"added", "removed"}


def test_a_required_parameter_breaks_callers_an_optional_one_does_not() -> None:
    old = facts(function("f", "(a)"), parameter("f", "a", "positional required"))
    required = facts(
        function("f", "(a, b)"),
        parameter("f", "a", "positional required"),
        parameter("f", "b", "positional required"),
    )
    optional = facts(
        function("f", "(a, b=…)"),
        parameter("f", "a", "positional required"),
        parameter("f", "b", "positional default=1"),
    )
    assert said(diff(old, required)) == [
        ("f", "signature", "breaking"),
        ("f(b)", "added", "breaking"),
    ]
    assert said(diff(old, optional)) == [
        ("f", "signature", "compatible"),
        ("f(b)", "added", "compatible"),
    ]


def test_a_parameter_that_lost_its_default_breaks_callers() -> None:
    old = facts(function("f", "(a=…)"), parameter("f", "a", "positional default=1"))
    new = facts(function("f", "(a)"), parameter("f", "a", "positional required"))
    changes = {change.key: change for change in diff(old, new)}
    assert changes["f(a)"].severity == "breaking"
    assert changes["f(a)"].detail == "lost its default"


def test_the_parameters_of_a_new_function_are_not_told_one_by_one() -> None:
    new = facts(function("f", "(a)"), parameter("f", "a", "positional required"))
    assert said(diff(None, new)) == [("f", "added", "compatible")]


def test_a_list_item_that_only_shifted_is_no_change() -> None:
    old = facts(item("fields[0]", "fields[=a]"), item("fields[1]", "fields[=b]"))
    new = facts(
        item("fields[0]", "fields[=x]"),
        item("fields[1]", "fields[=a]"),
        item("fields[2]", "fields[=b]"),
    )
    assert said(diff(old, new)) == [("fields[=x]", "added", "compatible")]


@pytest.mark.parametrize(
    ("before", "after", "severity", "detail"),
    [
        ("a, b", "a, b, c", "compatible", "gained c"),
        ("a, b", "a", "breaking", "lost b"),
        ("a, b", "b, a", "unknown", "columns in another order"),
    ],
)
def test_a_relation_is_judged_by_its_columns(
    before: str, after: str, severity: str, detail: str
) -> None:
    old = facts(Definition("s.t", "relation", 1, 9, -1, before, "rows"))
    new = facts(Definition("s.t", "relation", 1, 9, -1, after, "rows"))
    (change,) = diff(old, new)
    assert (change.kind, change.severity, change.detail) == ("signature", severity, detail)


def test_a_row_set_change_is_told_from_a_column_change() -> None:
    old = facts(Definition("s.t", "relation", 1, 9, -1, "a", "where x"))
    new = facts(Definition("s.t", "relation", 1, 9, -1, "a", "where y"))
    (change,) = diff(old, new)
    assert (change.kind, change.severity) == ("modified", "unknown")
    assert "rows" in change.detail


def test_a_thing_that_became_another_kind_of_thing_is_breaking() -> None:
    old = facts(Definition("x", "function", 1, 2, -1, "()", "1"))
    new = facts(Definition("x", "class", 1, 2, -1, "()", "1"))
    assert said(diff(old, new)) == [("x", "type", "breaking")]


def test_a_name_that_is_defined_twice_is_compared_in_order() -> None:
    old = facts(function("f", body="1"), function("f", body="2"))
    new = facts(function("f", body="1"), function("f", body="3"))
    assert said(diff(old, new)) == [("f~2", "modified", "unknown")]
