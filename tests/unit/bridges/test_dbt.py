"""What dbt makes of a project's files: who uses which macro, variable, setting, description."""

from __future__ import annotations

from blastradius.bridges import dbt
from blastradius.bridges.base import View
from blastradius.index.blob import facts_of
from blastradius.index.link import Options
from tests.unit.languages.dbt.dbt_tree import bridged, pairs

_PROJECT = """\
name: shop
vars:
  since: 2020
  'tool:zone': utc
  shop:
    inner: 1
models:
  shop:
    +materialized: view
    staging:
      schema: raw
      group:
        +tags: [a]
    marts:
      +materialized: table
seeds:
  shop:
    +quote_columns: true
"""
_SCHEMA = """\
sources:
  - name: raw
    tables:
      - name: orders
        columns:
          - name: id
            data_tests: [unique]
models:
  - name: stg
    description: "{{ doc('about') }}"
    data_tests:
      - positive:
          arguments:
            fields: [id]
      - relationships:
          to: ref('mart')
          field: total
    columns:
      - name: ID
        description: '{{ doc("id_of") }}'
        data_tests:
          - positive
          - tool.odd:
              severity: warn
      - name: gone
  - name: mart
exposures:
  - name: board
    type: dashboard
    depends_on:
      - ref('mart')
      - ref('shop', 'stg')
      - source('raw', 'orders')
      - ref('lost')
semantic_models:
  - name: sales
    model: ref('mart')
    measures:
      - name: total
        agg: sum
      - name: n
        agg: count
        expr: n_rows
metrics:
  - name: revenue
    type: simple
    type_params:
      measure: total
  - name: doubled
    type: ratio
    type_params:
      numerator: revenue
      denominator:
        name: revenue
unit_tests:
  - name: adds
    model: mart
    given:
      - input: ref('stg')
snapshots:
  - name: kept
    relation: ref('stg')
macros:
  - name: money
"""
_TEXTS = {
    "dbt_project.yml": _PROJECT,
    "models/staging/stg.sql": (
        "{{ config(post_hook='{{ grant() }}') }}\n"
        "select id, {{ money('total') }} as total\nfrom {{ source('raw', 'orders') }}\n"
        "where day > '{{ var(\"since\") }}' and {{ env_var('ZONE', var('tool:zone')) }} = 1"
    ),
    "models/marts/mart.sql": (
        "select total, 1 as n_rows, '{{ var('inner') }}' as i from {{ ref('stg') }}\n"
        "{% if target.name == 'prod' %}join {{ ref('codes') }} using (id){% endif %}"
    ),
    "models/marts/late.sql": "select * from {{ ref('kept') }}",
    "models/marts/py.py": (
        "def model(dbt, session):\n    # dbt.ref('never')\n    a = dbt.ref('stg')\n"
        "    b = dbt.source('raw', 'orders')\n    return a\n"
    ),
    "models/_schema.yml": _SCHEMA,
    "models/docs.md": "{% docs about %}\nIt is.\n{% enddocs %}\n\n{% docs id_of %}x{% enddocs %}\n",
    "seeds/codes.csv": "id,name\n1,x\n",
    "tests/none_negative.sql": "select * from {{ ref('mart') }} where {{ money('total') }} < 0",
    "tests/generic/positive.sql": (
        "{% test positive(model, column_name) %}select * from {{ model }} "
        "where {{ cents(column_name) }} < 0{% endtest %}"
    ),
    "macros/m.sql": (
        "{% macro money(c) %}{{ apply(cents, c) }}{% endmacro %}\n"
        "{% macro apply(f, c) %}{{ f(c) }}{% endmacro %}\n"
        "{% macro cents(c) %}{{ c }} / {{ adapter.dispatch('hundred')() }}{% endmacro %}\n"
        "{% macro default__hundred() %}100{% endmacro %}\n"
        "{% macro postgres__hundred() %}100.0{% endmacro %}\n"
        "{% macro grant() %}grant to {{ var('since') }}{% endmacro %}\n"
        "{% macro generate_schema_name(a, b) %}{{ a }}{% endmacro %}"
    ),
}


def _kind(kind: str, texts: dict[str, str] = _TEXTS) -> set[tuple[str, str]]:
    _, linked = bridged(texts)
    return pairs(linked.edges, kind)


def test_files_use_macros_also_those_of_hooks_and_those_that_dbt_calls() -> None:
    found = {target for source, target in _kind("macro") if source == "sql:stg"}
    assert found == {"sql:macro:money", "sql:macro:grant", "sql:macro:generate_schema_name"}
    assert ("sql:tests.none_negative", "sql:macro:money") in _kind("macro")


def test_macros_use_macros_also_as_values_and_by_dispatch() -> None:
    _, linked = bridged(_TEXTS)
    found = {
        (edge.source.rpartition(":")[2], edge.target.rpartition(":")[2]): (edge.tier, edge.line)
        for edge in linked.edges
        if edge.kind == "macro" and edge.source.startswith("sql:macro:")
    }
    assert found["money", "apply"] == ("certain", 1)
    assert found["money", "cents"] == ("likely", 1)  # by its word alone
    assert found["apply", "cents"][0] == "certain"  # seen when `stg` was rendered
    assert found["cents", "default__hundred"] == ("certain", 3)
    assert found["cents", "postgres__hundred"] == ("likely", 3)
    assert found["test_positive", "cents"][0] == "certain"


def test_variables_lead_to_where_they_are_set() -> None:
    assert _kind("var") == {
        ("sql:stg", "yaml:dbt_project.yml#vars.since"),
        ("sql:stg", "yaml:dbt_project.yml#vars.tool:zone"),
        ("sql:mart", "yaml:dbt_project.yml#vars.shop.inner"),
        ("sql:macro:grant", "yaml:dbt_project.yml#vars.since"),
    }


def test_environment_variables_are_named() -> None:
    assert _kind("env") == {("sql:stg", "env:ZONE")}
    composed = "services:\n  dbt:\n    image: dbt\n    environment:\n      ZONE: eu\n"
    assert _kind("env", {**_TEXTS, "docker-compose.yml": composed}) == {
        ("sql:stg", "env:ZONE"),
        ("sql:stg", "yaml:docker-compose.yml#services.dbt.environment.ZONE"),
    }


def test_settings_of_folders() -> None:
    view = "yaml:dbt_project.yml#models.shop.+materialized"
    assert {
        pair for pair in _kind("config") if pair[0] in {"sql:stg", "sql:mart", "sql:codes"}
    } == {
        ("sql:stg", view),
        ("sql:stg", "yaml:dbt_project.yml#models.shop.staging.schema"),
        ("sql:mart", view),
        ("sql:mart", "yaml:dbt_project.yml#models.shop.marts.+materialized"),
    }
    assert ("file:seeds/codes.csv", "yaml:dbt_project.yml#seeds.shop.+quote_columns") in _kind(
        "config"
    )


def test_branches_of_other_targets_are_likely() -> None:
    edges, linked = bridged(_TEXTS)
    assert ("sql:mart", "file:seeds/codes.csv") not in pairs(edges, "ref")
    tiers = {
        edge.tier
        for edge in linked.edges
        if (edge.source, edge.target) == ("sql:mart", "file:seeds/codes.csv")
    }
    assert tiers == {"likely"}


def test_python_models() -> None:
    assert {pair for pair in _kind("ref") if pair[0] == "file:models/marts/py.py"} == {
        ("file:models/marts/py.py", "sql:stg"),
        ("file:models/marts/py.py", "sql:raw.orders"),
    }


def test_descriptions_and_columns() -> None:
    schema = _kind("schema")
    assert ("yaml:models/_schema.yml#models[0]", "sql:stg") in schema
    assert ("yaml:models/_schema.yml#models[0].columns[0]", "sql:stg.id") in schema
    assert ("yaml:models/_schema.yml#macros[0]", "sql:macro:money") in schema
    assert (
        "sql:raw.orders.id",
        "yaml:models/_schema.yml#sources[0].tables[0].columns[0]",
    ) in schema
    assert _kind("source") == {("sql:raw.orders", "yaml:models/_schema.yml#sources[0].tables[0]")}
    assert _kind("seed") == {("sql:codes", "file:seeds/codes.csv")}
    assert _kind("doc") == {
        ("yaml:models/_schema.yml#models[0]", "file:models/docs.md"),
        ("yaml:models/_schema.yml#models[0].columns[0]", "file:models/docs.md"),
    }


def test_what_is_not_there_dangles() -> None:
    _, linked = bridged(_TEXTS)
    assert {one.name for one in linked.unresolved if one.internal} == {"stg.gone", "lost"}


def test_tests_need_their_macro_and_their_columns() -> None:
    place = "yaml:models/_schema.yml#models[0]"
    macro = {pair for pair in _kind("macro") if pair[0].startswith("yaml:")}
    assert macro == {
        (f"{place}.data_tests[0]", "sql:macro:test_positive"),
        (f"{place}.columns[0].data_tests[0]", "sql:macro:test_positive"),
    }
    assert _kind("test") == {
        (f"{place}.data_tests[0]", "sql:stg"),
        (f"{place}.data_tests[0]", "sql:stg.id"),
        (f"{place}.data_tests[1]", "sql:stg"),
        (f"{place}.data_tests[1]", "sql:mart.total"),
        (f"{place}.columns[0].data_tests[0]", "sql:stg.id"),
        (f"{place}.columns[0].data_tests[1]", "sql:stg.id"),
        ("yaml:models/_schema.yml#sources[0].tables[0].columns[0].data_tests[0]", "sql:raw.orders"),
        ("yaml:models/_schema.yml#unit_tests[0]", "sql:mart"),
    }


def test_refs_of_yaml() -> None:
    found = {pair for pair in _kind("ref") if pair[0].startswith("yaml:")}
    place = "yaml:models/_schema.yml#"
    assert found == {
        (f"{place}exposures[0]", "sql:mart"),
        (f"{place}exposures[0]", "sql:stg"),
        (f"{place}exposures[0]", "sql:raw.orders"),
        (f"{place}models[0].data_tests[1]", "sql:mart"),
        (f"{place}semantic_models[0]", "sql:mart"),
        (f"{place}unit_tests[0]", "sql:stg"),
    }


def test_snapshots_that_are_only_yaml() -> None:
    edges, linked = bridged(_TEXTS)
    assert ("sql:kept", "sql:stg") in pairs(linked.edges, "ref")
    assert ("sql:kept", "yaml:models/_schema.yml#snapshots[0]") in pairs(linked.edges, "definition")
    assert ("sql:late", "sql:kept") in pairs(edges, "ref")


def test_metrics() -> None:
    place = "yaml:models/_schema.yml#"
    assert _kind("semantic") == {
        (f"{place}semantic_models[0].measures[0]", "sql:mart.total"),
        (f"{place}semantic_models[0].measures[1]", "sql:mart.n_rows"),
    }
    assert _kind("metric") == {
        (f"{place}metrics[0]", f"{place}semantic_models[0].measures[0]"),
        (f"{place}metrics[1]", f"{place}metrics[0]"),
    }


def test_addresses_are_those_of_the_yaml_language() -> None:
    _, linked = bridged(_TEXTS)
    known = {
        f"yaml:{path}#{one.name}"
        for path, text in _TEXTS.items()
        if path.endswith(".yml")
        for one in facts_of("yaml", text.encode()).definitions
    }
    named = {
        place
        for edge in linked.edges
        for place in (edge.source, edge.target)
        if place.startswith("yaml:")
    }
    assert named
    assert named <= known


def test_every_edge_has_a_place_in_its_file() -> None:
    edges, linked = bridged(_TEXTS)
    for edge in (*edges, *linked.edges):
        assert 1 <= edge.line <= _TEXTS[edge.path].count("\n") + 1, edge


def test_a_tree_without_dbt_gives_nothing() -> None:
    view = View({}, frozenset(), {}, (), Options())
    assert dbt.link(view).edges == ()
