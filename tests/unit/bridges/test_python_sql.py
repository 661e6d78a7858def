from __future__ import annotations

import pytest

from tests.linkedtree import edges_of, pairs

VIEW = "CREATE VIEW silver.nights AS SELECT id, score FROM raw.nights;\n"


def linked(code: str, *kinds: str) -> set[tuple[str, str, str]]:
    """Return the edges of a Python file beside the view, those of the view left out."""
    edges = edges_of({"view.sql": VIEW, "app.py": code}, *kinds)
    return pairs(edge for edge in edges if edge.path == "app.py")


@pytest.mark.parametrize(
    "call",
    [
        'df.to_sql("raw.nights", con)',
        'df.write.saveAsTable("raw.nights")',
        'client.load_table_from_json(rows, "raw.nights")',
    ],
)
def test_a_table_depends_on_the_function_that_writes_it(call: str) -> None:
    assert linked(f"def save(df, rows, con, client):\n    {call}\n", "write") == {
        ("sql:raw.nights", "python:app.py#save", "certain")
    }


def test_a_function_depends_on_the_table_that_it_reads() -> None:
    code = 'def load(con):\n    return pd.read_sql_table("silver.nights", con)\n'
    assert linked(code, "read", "write") == {("python:app.py#load", "sql:silver.nights", "certain")}


def test_a_callee_that_tells_neither_is_a_likely_read() -> None:
    assert linked('def x():\n    frob(table="silver.nights")\n', "read", "write") == {
        ("python:app.py#x", "sql:silver.nights", "likely")
    }


def test_reading_a_table_that_nobody_defines_is_no_edge() -> None:
    code = 'def load(con):\n    return pd.read_sql_table("nowhere.nights", con)\n'
    assert linked(code, "read", "write") == set()


def test_a_name_of_two_relations_is_a_guess_at_each() -> None:
    texts = {
        "a.sql": "CREATE VIEW one.nights AS SELECT id FROM raw.a;\n",
        "b.sql": "CREATE VIEW two.nights AS SELECT id FROM raw.b;\n",
        "app.py": 'def load(con):\n    return pd.read_sql_table("nights", con)\n',
    }
    found = pairs(edge for edge in edges_of(texts, "read") if edge.path == "app.py")
    assert found == {
        ("python:app.py#load", "sql:one.nights", "heuristic"),
        ("python:app.py#load", "sql:two.nights", "heuristic"),
    }


def test_embedded_sql_is_linked_with_the_function_around_it_as_its_user() -> None:
    code = (
        "def load(con):\n"
        '    query = """\n'
        "        SELECT score\n"
        "        FROM silver.nights\n"
        "        WHERE id = 1\n"
        '    """\n'
        "    return con.execute(query)\n"
    )
    every = edges_of({"view.sql": VIEW, "app.py": code}, "read", "value", "row-set")
    edges = [edge for edge in every if edge.path == "app.py"]
    assert {(edge.target, edge.kind, edge.line) for edge in edges} == {
        ("sql:silver.nights", "read", 4),
        ("sql:silver.nights.score", "value", 3),
        ("sql:silver.nights.id", "row-set", 5),
    }
    assert {edge.source for edge in edges} == {"python:app.py#load"}


def test_embedded_sql_that_writes_makes_the_table_depend_on_the_function() -> None:
    code = (
        "def save(con):\n"
        '    con.execute("INSERT INTO raw.nights (id, score) SELECT id, score FROM src.nights")\n'
    )
    assert ("sql:raw.nights", "python:app.py#save") in {
        (source, target) for source, target, _ in linked(code, "write", "insert")
    }


def test_a_tree_without_sql_has_no_such_edges() -> None:
    assert edges_of({"app.py": 'frob(table="silver.nights")\n'}, "read", "write") == []


def test_a_bare_name_in_a_text_with_holes_may_be_a_cte_of_another_text() -> None:
    code = 'def show(head):\n    return f"{head} SELECT metric FROM aggregated"\n'
    code += 'def run(day):\n    return f"SELECT metric FROM aggregated WHERE day = {day}"\n'
    assert {tier for _, _, tier in linked(code, "read", "value", "row-set")} <= {"heuristic"}
    own = 'def run(day):\n    return f"SELECT score FROM silver.nights WHERE id = {day}"\n'
    assert "certain" in {tier for _, _, tier in linked(own, "read")}
