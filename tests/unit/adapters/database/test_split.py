"""Scripts cut into statements, against what the databases themselves take for one."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.adapters.database.places import Kind
from blastradius.adapters.database.split import statements

_TRIGGER = (
    "CREATE TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; "
    "DELETE FROM u; END"
)
CASES: list[tuple[Kind, str, list[str]]] = [
    ("sqlite", "A; B;\n;C", ["A", "B", "C"]),
    ("sqlite", "SELECT ';' ; SELECT \"a;b\";", ["SELECT ';'", 'SELECT "a;b"']),
    ("sqlite", "-- only;\n/* this; */", []),
    ("sqlite", "BEGIN; A; COMMIT;", ["A"]),
    (
        "sqlite",
        f"{_TRIGGER}; B",
        [_TRIGGER, "B"],
    ),
    (
        "postgresql",
        "DO $x$ BEGIN; PERFORM 1; END $x$; B",
        ["DO $x$ BEGIN; PERFORM 1; END $x$", "B"],
    ),
    (
        "postgresql",
        "SELECT E'it\\'s;'; SELECT 'a\\'; B",
        ["SELECT E'it\\'s;'", "SELECT 'a\\'", "B"],
    ),
    ("postgresql", "/* a /* ; */ ; */ A; B", ["/* a /* ; */ ; */ A", "B"]),
    ("postgresql", "SELECT a $$ b; c $$; D", ["SELECT a $$ b; c $$", "D"]),
    (
        "mysql",
        "SELECT 'it\\'s;', \"a;\", `b;` # c;\n; D",
        ["SELECT 'it\\'s;', \"a;\", `b;` # c;", "D"],
    ),
    (
        "mysql",
        "A;\nDELIMITER //\nCREATE PROCEDURE p() BEGIN X; IF a THEN B; END IF; END//\nDELIMITER ;\nC;",
        ["A", "CREATE PROCEDURE p() BEGIN X; IF a THEN B; END IF; END", "C"],
    ),
    (
        "mysql",
        "CREATE PROCEDURE p() BEGIN X; IF a THEN B; END IF; CASE a WHEN 1 THEN C; END CASE; END; D",
        [
            "CREATE PROCEDURE p() BEGIN X; IF a THEN B; END IF; CASE a WHEN 1 THEN C; END CASE; END",
            "D",
        ],
    ),
]


@pytest.mark.parametrize(("kind", "text", "wanted"), CASES)
def test_a_script_is_cut_where_statements_end(kind: Kind, text: str, wanted: list[str]) -> None:
    assert list(statements(text, kind)) == wanted


@given(st.lists(st.text("abA '\"`-/*\n", max_size=12).map(lambda one: "SELECT " + one), max_size=4))
def test_what_sqlite_takes_for_whole_is_cut_there(parts: list[str]) -> None:
    whole = [one for one in parts if sqlite3.complete_statement(one + "\n;") and "--" not in one]
    # A comment that is not closed goes on to the end.
    whole = [one for one in whole if "/*" not in one]
    found = statements("\n;\n".join(whole), "sqlite")
    assert list(found) == [one.strip() for one in whole]


@given(st.text(max_size=200), st.sampled_from(["sqlite", "postgresql", "mysql"]))
def test_any_text_is_cut_and_nothing_of_it_changed(text: str, kind: Kind) -> None:
    for one in statements(text, kind):
        assert one in text
