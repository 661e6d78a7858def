"""What dangles in a tree that is partly undone: trees as dictionaries, line maps by difflib."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blastradius.changes.breaks import Dangling, left_without, restored_without
from blastradius.changes.origins import surviving_lines
from tests.linkedtree import Texts, snapshot_of

UTIL = "KEPT = 1\n\n\ndef tidy(rows, strict=False):\n    return rows if strict else []\n"
BARE = "KEPT = 1\n"
USER = "from util import tidy\n\n\ndef run():\n    return tidy([])\n"


def line_map(old: Texts, new: Texts) -> Callable[[str], Mapping[int, int]]:
    def lines(path: str) -> Mapping[int, int]:
        if path not in old or path not in new:
            return {}
        return surviving_lines(old[path].encode(), new[path].encode())

    return lines


def differing(old: Texts, new: Texts) -> set[str]:
    return {path for path in {*old, *new} if old.get(path) != new.get(path)}


def left(head: Texts, reverted: Texts) -> list[Dangling]:
    return left_without(
        snapshot_of(head),
        snapshot_of(reverted),
        differing(head, reverted),
        line_map(head, reverted),
    )


def restored(base: Texts, head: Texts, reverted: Texts) -> list[Dangling]:
    return restored_without(
        snapshot_of(base),
        snapshot_of(head),
        snapshot_of(reverted),
        differing(head, reverted),
        (line_map(base, reverted), line_map(head, reverted)),
    )


def sites(found: list[Dangling]) -> set[tuple[str, int, str]]:
    return {(one.path, one.line, one.needs) for one in found}


def test_uses_that_stay_without_their_definition_are_named() -> None:
    found = left({"util.py": UTIL, "app.py": USER}, {"util.py": BARE, "app.py": USER})
    assert sites(found) == {
        ("app.py", 1, "python:util.py#tidy"),
        ("app.py", 5, "python:util.py#tidy"),
    }
    assert {one.reason for one in found} == {"reference"}


def test_a_use_that_goes_too_does_not_dangle() -> None:
    head = {"util.py": UTIL, "app.py": USER}
    assert left(head, {"util.py": BARE, "app.py": "def run():\n    return 0\n"}) == []
    assert left(head, {"util.py": BARE}) == []


def test_a_definition_that_stays_is_missed_by_nobody() -> None:
    head = {"util.py": UTIL, "app.py": USER}
    assert left(head, {"util.py": UTIL.replace("else []", "else None"), "app.py": USER}) == []


def test_a_use_that_moved_down_in_its_file_stays() -> None:
    head = {"util.py": UTIL, "app.py": f"{USER}\n\nEXTRA = 1\n"}
    found = left(head, {"util.py": BARE, "app.py": f"# first\n{USER}"})
    assert {(one.path, one.line) for one in found} == {("app.py", 1), ("app.py", 5)}


def test_a_deleted_file_is_missed_by_who_names_it() -> None:
    app = 'def run():\n    return open("conf/x.yaml").read()\n'
    found = left({"conf/x.yaml": "a: 1\n", "app.py": app}, {"app.py": app})
    assert sites(found) == {("app.py", 2, "file:conf/x.yaml")}


def test_a_parameter_is_missed_by_the_call_that_passes_it_only() -> None:
    user = (
        "from util import tidy\n\n\ndef one():\n    return tidy([], strict=True)\n\n\n"
        "def two():\n    return tidy([])\n"
    )
    reverted = UTIL.replace(", strict=False", "").replace("rows if strict else []", "rows")
    found = left({"util.py": UTIL, "app.py": user}, {"util.py": reverted, "app.py": user})
    assert sites(found) == {("app.py", 5, "python:util.py#tidy(strict)")}


def test_a_relation_that_moved_to_another_file_is_not_gone() -> None:
    view = "CREATE VIEW silver.n AS SELECT id FROM raw.n;\n"
    user = "CREATE VIEW gold.n AS SELECT id FROM silver.n;\n"
    assert left({"a.sql": view, "u.sql": user}, {"b.sql": view, "u.sql": user}) == []


SILVER = "CREATE VIEW silver.n AS\nSELECT\n  id,\n  score\nFROM raw.n;\n"
WITHOUT = SILVER.replace("  id,\n  score\n", "  id\n")
STAR = "CREATE VIEW mid.n AS\nSELECT *\nFROM silver.n;\n"
GOLD = "CREATE VIEW gold.n AS\nSELECT\n  score\nFROM mid.n;\n"


def test_a_column_behind_a_star_is_missed_by_who_names_it_not_by_the_star() -> None:
    head = {"a.sql": SILVER, "b.sql": STAR, "c.sql": GOLD}
    found = left(head, {**head, "a.sql": WITHOUT})
    assert sites(found) == {("c.sql", 3, "sql:mid.n.score")}


def test_a_column_is_missed_by_who_names_it() -> None:
    head = {"a.sql": SILVER, "c.sql": GOLD.replace("mid.n", "silver.n")}
    found = left(head, {**head, "a.sql": WITHOUT})
    assert sites(found) == {("c.sql", 3, "sql:silver.n.score")}


def test_old_text_misses_what_went_meanwhile() -> None:
    base = {"util.py": UTIL, "app.py": USER}
    head = {"util.py": BARE, "app.py": "def run():\n    return 0\n"}
    found = restored(base, head, {"util.py": BARE, "app.py": USER})
    assert {(one.path, one.line, one.reason) for one in found} == {
        ("app.py", 1, "restored-use"),
        ("app.py", 5, "restored-use"),
    }


def test_old_text_finds_what_is_still_there() -> None:
    base = {"util.py": UTIL, "app.py": USER}
    head = {"util.py": UTIL, "app.py": "def run():\n    return 0\n"}
    assert restored(base, head, base) == []


def test_what_dangled_before_the_range_is_not_the_undoings_doing() -> None:
    base = {"util.py": BARE, "app.py": USER}
    assert restored(base, base, {**base, "util.py": "KEPT = 2\n"}) == []


def test_text_that_never_left_is_not_restored() -> None:
    base = {"util.py": UTIL, "app.py": USER}
    head = {"util.py": BARE, "app.py": f"{USER}\n\nEXTRA = 1\n"}
    # The use dangled at head already: it stayed when its definition went.
    assert restored(base, head, {"util.py": BARE, "app.py": USER}) == []


def test_a_restored_line_is_given_where_it_will_stand() -> None:
    base = {"util.py": UTIL, "app.py": USER}
    head = {"util.py": BARE, "app.py": "# one\n# two\n\n\ndef run():\n    return 0\n"}
    found = restored(base, head, {"util.py": BARE, "app.py": f"# one\n# two\n{USER}"})
    assert {one.line for one in found} == {3, 7}


def test_a_restored_column_misses_its_column() -> None:
    base = {"a.sql": SILVER, "c.sql": GOLD.replace("mid.n", "silver.n")}
    head = {"a.sql": WITHOUT, "c.sql": "CREATE VIEW gold.n AS\nSELECT\n  id\nFROM silver.n;\n"}
    found = restored(base, head, {"a.sql": WITHOUT, "c.sql": base["c.sql"]})
    assert ("c.sql", 3, "sql:silver.n.score") in sites(found)
