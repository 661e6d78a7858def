"""What a project does not run, and what two projects call alike, gives no certain edge."""

from __future__ import annotations

import pytest

from tests.unit.languages.dbt.dbt_tree import Texts, bridged, pairs, space_of, world_of

UP = {"models/up.sql": "select 1 as a"}
OFF = "{{ config(materialized='view', enabled=false) }} select a from {{ ref('up') }}"


def tiers(texts: Texts, kind: str) -> dict[tuple[str, str], str]:
    edges, linked = bridged(texts)
    return {
        (one.source, one.target): one.tier for one in (*edges, *linked.edges) if one.kind == kind
    }


@pytest.mark.parametrize(
    "texts",
    [
        {"models/it.sql": OFF},
        {
            "models/old/it.sql": "select a from {{ ref('up') }}",
            "dbt_project.yml": "name: shop\nmodels:\n  shop:\n    old:\n      +enabled: false\n",
        },
        {
            "models/it.sql": "select a from {{ ref('up') }}",
            "dbt_project.yml": "name: shop\nmodels:\n  +enabled: \"{{ var('all', false) }}\"\n",
            "models/up.sql": "{{ config(enabled=true) }} select 1 as a",
        },
        {
            "models/it.sql": "select a from {{ ref('up') }}",
            "models/it.yml": "models:\n  - name: it\n    config:\n      enabled: false\n",
        },
    ],
    ids=["itself", "folder", "variable", "yaml"],
)
def test_a_disabled_model_breaks_nothing_for_sure(texts: dict[str, str]) -> None:
    whole = UP | texts
    (path,) = (one for one in texts if one.endswith("it.sql"))
    assert space_of(whole).nodes.disabled == {path}
    assert tiers(whole, "ref")["sql:it", "sql:up"] == "likely"
    assert tiers(whole, "value")["sql:it.a", "sql:up.a"] == "likely"


def test_its_own_word_counts_more_than_its_folders() -> None:
    texts = UP | {
        "models/it.sql": "{{ config(enabled = True) }} select a from {{ ref('up') }}",
        "dbt_project.yml": "name: shop\nmodels:\n  shop:\n    it:\n      +enabled: false\n",
    }
    assert not space_of(texts).nodes.disabled
    assert tiers(texts, "ref")["sql:it", "sql:up"] == "certain"


def test_of_two_models_of_a_name_the_enabled_one_is_meant() -> None:
    texts = {
        "models/a/up.sql": "{{ config(enabled=false) }} select 1 as a",
        "models/b/up.sql": "select 2 as a",
        "models/it.sql": "select a from {{ ref('up') }}",
    }
    found = space_of(texts).nodes.find("up", "", "", "shop")
    assert found is not None
    assert found.path == "models/b/up.sql"


@pytest.mark.parametrize(
    ("project", "config", "tier"),
    [
        ("", "", "certain"),
        ("data_tests:\n  shop:\n    +enabled: false\n", "", "likely"),
        ("tests:\n  shop:\n    core:\n      +enabled: false\n", "", "likely"),
        ("tests:\n  shop:\n    other:\n      +enabled: false\n", "", "certain"),
        ("", "          config:\n            enabled: false\n", "likely"),
    ],
)
def test_a_generic_test_that_is_not_run(project: str, config: str, tier: str) -> None:
    texts = {
        "dbt_project.yml": f"name: shop\n{project}",
        "models/core/up.sql": "select 1 as a",
        "models/core/up.yml": "models:\n  - name: up\n    tests:\n"
        f"      - dbt_utils.unique_combination_of_columns:\n          combination: [a]\n{config}",
    }
    place = "yaml:models/core/up.yml#models[0].tests[0]"
    assert tiers(texts, "test")[place, "sql:up"] == tier


def test_a_test_of_a_seed_is_one_of_its_file() -> None:
    texts = {
        "seeds/s.csv": "a,b\n1,2\n",
        "seeds/s.yml": "seeds:\n  - name: s\n    columns:\n      - name: a\n        tests: [unique]\n",
    }
    _, linked = bridged(texts)
    place = "yaml:seeds/s.yml#seeds[0].columns[0].tests[0]"
    assert (place, "file:seeds/s.csv") in pairs(linked.edges, "test")


def test_a_metric_made_of_listed_metrics() -> None:
    texts = UP | {
        "models/m.yml": "metrics:\n"
        "  - name: revenue\n    type: simple\n"
        "  - name: profit\n    type: derived\n    type_params:\n      expr: r - c\n"
        "      metrics:\n        - name: revenue\n          alias: r\n        - revenue\n"
    }
    _, linked = bridged(texts)
    made = "yaml:models/m.yml#metrics[1]"
    assert (made, "yaml:models/m.yml#metrics[0]") in pairs(linked.edges, "metric")


def test_models_of_two_projects_that_are_called_alike_are_not_told_apart_for_sure() -> None:
    texts = {
        "a/dbt_project.yml": "name: a\n",
        "a/models/up.sql": "select 1 as a",
        "a/models/it.sql": "select a from {{ ref('up') }}",
        "a/models/own.sql": "select 1 as a",
        "a/models/user.sql": "select a from {{ ref('own') }}",
        "b/dbt_project.yml": "name: b\n",
        "b/models/up.sql": "select 2 as a",
    }
    assert world_of(texts).doubled == {"up"}
    found = tiers(texts, "ref") | tiers(texts, "value")
    assert found["sql:it", "sql:up"] == "likely"
    assert found["sql:it.a", "sql:up.a"] == "likely"
    assert found["sql:user", "sql:own"] == "certain"


def test_templates_and_macro_files_of_too_many_tags_are_said_and_not_run() -> None:
    texts = UP | {
        "models/it.sql": "select a from {{ ref('up') }} " + "{{ x }}" * 5_000,
        "macros/m.sql": "{% macro f() %}1{% endmacro %}\n" * 11_000,
    }
    edges, linked = bridged(texts)
    assert space_of(texts).rendered["models/it.sql"].problem
    assert ("sql:it", "sql:up") in pairs(edges, "ref")
    said = {(one.path, one.name.partition(":")[0]) for one in linked.unresolved}
    assert said >= {("models/it.sql", "template"), ("macros/m.sql", "macros")}
