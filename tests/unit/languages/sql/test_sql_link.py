"""Edges between files: which relation a name means, what passes through stars, what dangles."""

from __future__ import annotations

import pytest

from blastradius.languages import sql
from tests.unit.languages.sql.sql_reading import dangling, edges, tree

ORDERS = "CREATE TABLE shop.orders (id INT, day DATE, amount INT)"


def test_values_rows_and_reads_become_edges() -> None:
    _, linked = tree({"m/x.sql": "SELECT amount * 2 AS twice FROM shop.orders WHERE day > '1'"})
    assert edges(linked) == [
        "m.x -> shop.orders read",
        "m.x -> shop.orders.day row-set",
        "m.x.twice -> shop.orders.amount value",
    ]


def test_an_edge_says_where_and_what_it_needs() -> None:
    _, linked = tree({"m/x.sql": "SELECT\n  o.amount\nFROM shop.orders AS o"})
    (edge,) = [one for one in linked["m/x.sql"].edges if one.kind == "value"]
    assert (edge.path, edge.line, edge.needs) == ("m/x.sql", 2, "shop.orders.amount")
    assert edge.confidence >= 0.97


def test_known_columns_tell_which_table_is_meant() -> None:
    query = "SELECT amount, name FROM shop.orders JOIN shop.people ON orders.id = people.id"
    _, unknown = tree({"m/x.sql": query})
    assert "m.x.amount -> shop.people.amount (heuristic)" in edges(unknown, "value")
    _, known = tree({"ddl.sql": ORDERS, "m/x.sql": query})
    assert edges(known, "value") == [
        "m.x.amount -> shop.orders.amount",
        "m.x.name -> shop.people.name",
    ]


def test_columns_pass_through_a_chain_of_stars() -> None:
    tables, linked = tree(
        {
            "ddl.sql": ORDERS,
            "a/one.sql": "SELECT * FROM shop.orders",
            "b/two.sql": "SELECT *, 1 AS more FROM a.one",
            "c/three.sql": "SELECT * EXCEPT (day) FROM b.two",
        }
    )
    assert sql.columns_of(tables, "sql:c.three") == ("id", "amount", "more")
    assert [one for one in edges(linked, "value") if one.startswith("c.")] == [
        "c.three.amount -> b.two.amount",
        "c.three.id -> b.two.id",
        "c.three.more -> b.two.more",
    ]


def test_behind_a_star_over_the_unknown_passes_what_readers_ask_for() -> None:
    tables, linked = tree(
        {
            "a/one.sql": "SELECT * FROM raw.events",
            "b/two.sql": "SELECT * FROM a.one",
            "c/three.sql": "SELECT kind FROM b.two",
        }
    )
    assert sql.columns_of(tables, "sql:b.two") is None
    assert edges(linked, "value") == [
        "a.one.kind -> raw.events.kind",
        "b.two.kind -> a.one.kind",
        "c.three.kind -> b.two.kind",
    ]


def test_unions_behind_stars_are_aligned_by_position_once_known() -> None:
    _, linked = tree(
        {
            "ddl.sql": "CREATE TABLE p (a INT, b INT); CREATE TABLE q (c INT, d INT)",
            "m/x.sql": "SELECT * FROM p UNION ALL SELECT * FROM q",
        }
    )
    assert edges(linked, "value") == [
        "m.x.a -> p.a",
        "m.x.a -> q.c",
        "m.x.b -> p.b",
        "m.x.b -> q.d",
    ]


def test_a_natural_join_has_each_column_once() -> None:
    tables, _ = tree(
        {
            "ddl.sql": "CREATE TABLE p (k INT, b INT); CREATE TABLE q (k INT, d INT)",
            "m/x.sql": "SELECT * FROM p NATURAL JOIN q",
        }
    )
    assert sql.columns_of(tables, "sql:m.x") == ("k", "b", "d")


def test_relations_that_read_each_other_do_not_hang() -> None:
    tables, _ = tree({"a/x.sql": "SELECT * FROM a.y", "a/y.sql": "SELECT *, 1 AS n FROM a.x"})
    assert sql.columns_of(tables, "sql:a.x") is None


class TestDangling:
    def test_a_column_that_no_definer_has(self) -> None:
        _, linked = tree(
            {
                "silver/s.sql": "SELECT day, amount FROM raw.o",
                "gold/g.sql": "SELECT\n hrv FROM silver.s",
            }
        )
        assert dangling(linked) == ["gold/g.sql:2 silver.s.hrv"]
        (lost,) = [one for one in linked["gold/g.sql"].unresolved if one.internal]
        assert (lost.source, lost.outcome) == ("sql:gold.g", "unresolved")

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT a FROM raw.o WHERE hrv > 1",
            "SELECT a FROM raw.o JOIN raw.p ON o.id = p.hrv",
            "SELECT a FROM raw.o WHERE EXISTS (SELECT 1 FROM raw.p WHERE p.id = hrv)",
            "WITH c AS (SELECT hrv FROM raw.o) SELECT 1 AS one FROM c",
            "INSERT INTO raw.o (a, hrv) SELECT 1, 2",
            "UPDATE raw.o SET hrv = 1",
        ],
    )
    def test_wherever_it_is_used(self, query: str) -> None:
        files = {"ddl.sql": "CREATE TABLE raw.o (a INT, id INT); CREATE TABLE raw.p (id INT)"}
        _, linked = tree({**files, "m/x.sql": query})
        assert [one.split()[0] for one in dangling(linked)] == ["m/x.sql:1"]

    @pytest.mark.parametrize(
        "files",
        [
            {"silver/s.sql": "SELECT *, 1 AS a FROM raw.o"},
            {"silver/s.sql": "SELECT {{ columns() }}, 1 AS a FROM raw.o"},
            {"silver/s.sql": "{{ make_it() }}"},
            {
                "silver/s.sql": "SELECT a FROM raw.o",
                "x.sql": "CREATE TABLE silver.s AS SELECT hrv FROM b",
            },
            {"x.sql": "INSERT INTO silver.s (a) SELECT 1"},
            {"x.sql": "CREATE EXTERNAL TABLE silver.s LOCATION 'x'"},
            {"x.sql": "CREATE TABLE silver.s (a INT)", "y.sql": "ALTER TABLE silver.s ADD hrv INT"},
            {
                "a.sql": "CREATE TABLE silver.s (a INT)",
                "b.sql": "CREATE TABLE silver.s AS SELEC x FRM",
            },
        ],
    )
    def test_not_where_somebody_may_have_it(self, files: dict[str, str]) -> None:
        _, linked = tree({**files, "gold/g.sql": "SELECT hrv FROM silver.s"})
        assert dangling(linked) == []

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT f('hrv'), rowid, current_date, DATE_TRUNC(a, MONTH) FROM silver.s",
            "SELECT s.a.field, TO_JSON(s) FROM silver.s",
            "SELECT {{ macro('hrv') }} AS x FROM silver.s",
            "SELECT a AS hrv FROM silver.s ORDER BY hrv",
            "SELECT a AS hrv, COUNT(*) AS n FROM silver.s GROUP BY hrv HAVING n > 1",
            "SELECT u.hrv FROM silver.s, UNNEST(s.a) AS u",
            "SELECT hrv FROM silver.s, UNNEST(a) AS u",
            "SELECT l.hrv FROM silver.s, LATERAL (SELECT a AS hrv) AS l",
            "SELECT v.hrv FROM silver.s JOIN (VALUES (1)) AS v (hrv) ON true",
            "SELECT hrv FROM silver.s JOIN elsewhere ON true",
        ],
    )
    def test_not_for_names_that_are_no_columns_of_it(self, query: str) -> None:
        _, linked = tree({"silver/s.sql": "SELECT a FROM raw.o", "gold/g.sql": query})
        assert dangling(linked) == []

    def test_a_column_that_a_query_of_the_same_file_lacks(self) -> None:
        query = "WITH c AS (SELECT a FROM t)\nSELECT b, c.d FROM c"
        _, linked = tree({"m/x.sql": query})
        assert dangling(linked) == ["m/x.sql:2 b", "m/x.sql:2 c.d"]

    def test_variables_of_a_script_are_no_columns(self) -> None:
        text = "CREATE FUNCTION f(p INT) AS (p + 1); "
        text += "WITH c AS (SELECT a FROM t) SELECT a FROM c WHERE a > p"
        _, linked = tree({"m/x.sql": text})
        assert dangling(linked) == []

    def test_after_a_migration_took_the_column_away(self) -> None:
        _, linked = tree(
            {
                "migrations/1.sql": "CREATE TABLE t (a INT, b INT)",
                "migrations/2.sql": "CREATE VIEW v AS SELECT b FROM t",
                "migrations/3.sql": "ALTER TABLE t DROP COLUMN b",
                "queries/q.sql": "SELECT a, b FROM t",
            }
        )
        # The older migration was right in its time.
        assert dangling(linked) == ["queries/q.sql:1 t.b"]


class TestNames:
    @pytest.mark.parametrize("name", ["oura", "silver.oura", "proj.silver.oura", "`P.Silver.Oura`"])
    def test_more_or_fewer_parts_mean_the_same_table(self, name: str) -> None:
        _, linked = tree(
            {"a.sql": "CREATE TABLE silver.oura (a INT)", "m/x.sql": f"SELECT a FROM {name}"}
        )
        (found,) = edges(linked, "value")
        assert found.startswith("m.x.a -> silver.oura.a")

    def test_the_longest_match_is_meant(self) -> None:
        tables, _ = tree({"a.sql": "CREATE TABLE s.t (a INT)", "models/t.sql": "SELECT 1 AS b"})
        assert sql.resolve(tables, "p.s.t") == ("sql:s.t",)
        assert sql.resolve(tables, "t") == ("sql:t",)

    def test_several_that_match_alike_are_ambiguous(self) -> None:
        tables, linked = tree(
            {
                "a.sql": "CREATE TABLE s.t (a INT); CREATE TABLE r.t (a INT)",
                "m/x.sql": "SELECT a FROM t",
            }
        )
        assert sql.resolve(tables, "t") == ("sql:r.t", "sql:s.t")
        assert edges(linked, "value") == [
            "m.x.a -> r.t.a (heuristic)",
            "m.x.a -> s.t.a (heuristic)",
        ]

    def test_nobodys_table_is_external_and_still_has_edges(self) -> None:
        tables, linked = tree({"m/x.sql": "SELECT a FROM raw.t"})
        assert sql.resolve(tables, "raw.t") == ()
        assert [(one.outcome, one.name) for one in linked["m/x.sql"].unresolved] == [
            ("external", "raw.t")
        ]
        assert "m.x.a -> raw.t.a" in edges(linked, "value")

    def test_an_insert_under_a_longer_name_feeds_the_table(self) -> None:
        _, linked = tree(
            {
                "ddl.sql": "CREATE TABLE s.t (a INT)",
                "load.sql": "INSERT INTO proj.s.t (a) SELECT b FROM raw.x",
            }
        )
        assert {"s.t -> proj.s.t write", "s.t.a -> proj.s.t.a value"} <= set(edges(linked))

    def test_an_insert_by_position_goes_to_the_declared_columns(self) -> None:
        _, linked = tree(
            {
                "ddl.sql": "CREATE TABLE t (a INT, b INT)",
                "load.sql": "INSERT INTO t SELECT x, y AS b FROM u",
            }
        )
        # t.x is what the file's facts call the column that is declared as a.
        assert edges(linked, "value") == ["t.a -> t.x", "t.a -> u.x", "t.b -> u.y"]


class TestDbt:
    def test_refs_sources_and_macros(self) -> None:
        _, linked = tree(
            {
                "models/stg.sql": "SELECT id FROM {{ source('raw', 'orders') }}",
                "models/fct.sql": "SELECT {{ cents('id') }} AS id FROM {{ ref('stg') }}",
                "macros/cents.sql": "{% macro cents(c) %}{{ c }} + {{ rate() }}{% endmacro %}",
                "macros/rate.sql": "{% macro rate() %}{{ ref('rates') }}{% endmacro %}",
                "models/rates.sql": "SELECT 1 AS r",
            }
        )
        assert edges(linked) == [
            "fct -> macro:cents macro",
            "fct -> stg ref",
            "fct.id -> stg.id value (likely)",
            "macro:cents -> macro:rate macro",
            "macro:rate -> rates ref",
            "stg -> raw.orders ref",
            "stg.id -> raw.orders.id value",
        ]

    def test_a_ref_to_no_model_dangles(self) -> None:
        _, linked = tree({"models/x.sql": "SELECT a\nFROM {{ ref('gone') }}"})
        assert dangling(linked) == ["models/x.sql:2 gone"]

    def test_a_ref_may_name_a_seed(self) -> None:
        _, linked = tree(
            {"models/x.sql": "SELECT a FROM {{ ref('codes') }}"}, paths=("seeds/codes.csv",)
        )
        assert dangling(linked) == []
        assert edges(linked, "ref") == ["x -> file:seeds/codes.csv"]

    def test_a_source_is_not_the_model_of_that_name(self) -> None:
        _, linked = tree(
            {
                "models/orders.sql": "SELECT id FROM {{ source('raw', 'orders') }}",
                "models/x.sql": "SELECT id FROM {{ ref('orders') }}",
            }
        )
        assert edges(linked, "ref") == ["orders -> raw.orders", "x -> orders"]

    def test_a_dependency_that_is_only_declared(self) -> None:
        _, linked = tree(
            {
                "models/x.sql": "-- depends_on: {{ ref('y') }}\nSELECT 1 AS a",
                "models/y.sql": "SELECT 1 AS b",
            }
        )
        assert edges(linked, "ref") == ["x -> y"]

    def test_a_macro_that_is_given_a_models_name(self) -> None:
        _, linked = tree(
            {"models/x.sql": "{{ history(table='y') }}", "models/y.sql": "SELECT 1 AS b"}
        )
        assert edges(linked, "ref") == ["x -> y (likely)"]

    def test_a_model_that_reads_itself_has_no_edge_to_itself(self) -> None:
        text = "SELECT day FROM {{ ref('y') }} WHERE day > (SELECT MAX(day) FROM {{ this }})"
        _, linked = tree({"models/x.sql": text, "models/y.sql": "SELECT day FROM raw.t"})
        assert edges(linked, "ref") == ["x -> y"]
        assert dangling(linked) == []

    def test_what_is_computed_at_run_time_is_said(self) -> None:
        _, linked = tree({"models/x.sql": "SELECT a FROM {{ ref(name ~ '_v2') }}"})
        assert [one.outcome for one in linked["models/x.sql"].unresolved] == ["dynamic"]


class TestEmbedded:
    FILES = {"silver/s.sql": "SELECT a, b FROM raw.o"}  # noqa: RUF012 - read only

    def link(self, text: str) -> list[str]:
        tables, _ = tree(self.FILES)
        linked = sql.link_embedded(
            sql.extract(text.encode()), tables, "etl/run.py", "python:etl/run.py#run", first_line=10
        )
        assert all(edge.path == "etl/run.py" and edge.line >= 10 for edge in linked.edges)
        return edges({"": linked}) + dangling({"": linked})

    def test_the_code_depends_on_what_it_reads(self) -> None:
        assert self.link("SELECT a FROM silver.s WHERE b > 1") == [
            "python:etl/run.py#run -> silver.s read",
            "python:etl/run.py#run -> silver.s.a value",
            "python:etl/run.py#run -> silver.s.b row-set",
        ]

    def test_what_it_writes_depends_on_the_code(self) -> None:
        assert self.link("INSERT INTO gold.g (x) SELECT a FROM silver.s") == [
            "gold.g -> python:etl/run.py#run write",
            "gold.g.x -> python:etl/run.py#run write",
            "gold.g.x -> silver.s.a value",
            "python:etl/run.py#run -> silver.s read",
            "python:etl/run.py#run -> silver.s.a value",
        ]

    def test_holes_are_no_names(self) -> None:
        assert self.link(
            "SELECT __hole__, a FROM __hole__ JOIN __hole__.silver.s USING (__hole__)"
        ) == [
            "python:etl/run.py#run -> silver.s read",
            "python:etl/run.py#run -> silver.s.a value (likely)",
        ]

    def test_a_column_that_is_not_there_dangles(self) -> None:
        assert self.link("\nSELECT hrv FROM silver.s")[-1] == "etl/run.py:11 silver.s.hrv"
