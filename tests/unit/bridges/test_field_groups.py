"""Groups of names in two languages: a place or a word in common, and enough of them; never one name."""

from __future__ import annotations

import pytest

from blastradius.bridges import background, field_groups
from tests.linkedtree import Texts, edges_of

NAMES = ("hrv_baseline", "deep_minutes_raw", "readiness_index", "wake_count_total")


def made(*names: str, function: str = "collect") -> str:
    rows = "".join(f'        "{name}": source("{number}"),\n' for number, name in enumerate(names))
    return f"def {function}(source):\n    return {{\n{rows}    }}\n"


def listed(*names: str, key: str = "fields") -> str:
    return f"{key}:\n" + "".join(f"  - {name}\n" for name in names)


def found(texts: Texts) -> set[tuple[str, str]]:
    return {(edge.needs, edge.tier) for edge in edges_of(texts, "field")}


def test_groups_in_one_small_folder_belong_together() -> None:
    texts = {"feed/collect.py": made(*NAMES), "feed/list.yaml": listed(*NAMES)}
    assert found(texts) == {(name, "likely") for name in NAMES}


def test_the_top_of_the_tree_is_no_folder_of_anything() -> None:
    few = NAMES[:3]
    assert found({"collect.py": made(*few), "list.yaml": listed(*few)}) == set()


def test_one_equal_name_is_never_an_edge() -> None:
    texts = {
        "a/collect.py": made("day", "amount", "ring_colour"),
        "b/list.yaml": listed("ring_colour", "shoe_width", "price_net"),
    }
    assert found(texts) == set()


def test_far_apart_a_common_anchor_is_asked_for() -> None:
    code = made(*NAMES[:3], "other_name_here", function="sleep_summary")
    config = listed(*NAMES[:3], "third_thing_too", key="sleep_summary")
    assert found({"a/x.py": code, "b/y.yaml": config}) == {
        (name, "heuristic") for name in NAMES[:3]
    }
    elsewhere = listed(*NAMES[:3], "third_thing_too", key="another_word")
    assert found({"a/x.py": code, "b/y.yaml": elsewhere}) == set()


def test_four_telling_names_that_are_most_of_both_need_no_anchor() -> None:
    texts = {"a/x.py": made(*NAMES), "b/y.yaml": listed(*NAMES)}
    assert found(texts) == {(name, "heuristic") for name in NAMES}


def test_common_names_do_not_make_a_group() -> None:
    common = ("id", "name", "type", "status", "description")
    assert all(background.is_common(name) for name in common)
    texts = {"feed/collect.py": made(*common), "feed/list.yaml": listed(*common)}
    assert found(texts) == set()


def test_groups_of_two_tables_are_two_groups() -> None:
    code = made(*NAMES) + '\n\ndef save(rows):\n    rows.to_sql("raw.nights")\n'
    writer = code.replace("    return {", '    other.to_sql("raw.nights")\n    return {')
    query = f"CREATE VIEW s.x AS SELECT {', '.join(NAMES)} FROM raw.days;\n"
    assert found({"feed/collect.py": writer, "feed/x.sql": query}) == set()


def test_a_group_is_joined_to_a_few_others_however_many_fit() -> None:
    texts = {f"p{number}/m.py": made(*NAMES) for number in range(6)}
    texts["list.yaml"] = listed(*NAMES)
    edges = edges_of(texts, "field")
    assert len(edges) == len(NAMES) * field_groups._MOST_PROVIDERS
    assert {edge.tier for edge in edges} == {"heuristic"}


def test_the_answer_does_not_depend_on_the_order_of_files() -> None:
    texts = {
        "feed/collect.py": made(*NAMES),
        "feed/list.yaml": listed(*NAMES),
        "a/x.py": made(*NAMES),
    }
    backwards = dict(reversed(texts.items()))
    assert sorted(map(str, edges_of(texts, "field"))) == sorted(
        map(str, edges_of(backwards, "field"))
    )


@pytest.mark.parametrize(("name", "common"), [("id", True), ("hrv_baseline", False)])
def test_the_background_tells_common_names_from_rare_ones(name: str, *, common: bool) -> None:
    assert background.is_common(name) is common
    assert (background.rarity(name, 2) > 0.8) is not common
