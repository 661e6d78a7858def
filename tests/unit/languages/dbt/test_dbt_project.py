"""Projects as their files describe them, also when these are damaged or mean harm."""

from __future__ import annotations

from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.languages.dbt.configs import FolderConfigs
from blastradius.languages.dbt.macros import macros_of
from blastradius.languages.dbt.nodes import Node
from blastradius.languages.dbt.project import document, plain, projects
from blastradius.languages.dbt.world import csv_header
from tests.unit.languages.dbt.dbt_tree import bridged, options_of, world_of

_BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(12)
)


def test_folders_old_names_and_packages() -> None:
    texts = {
        "wh/dbt_project.yml": "name: shop\nsource-paths: [src, ./more/]\nmacro-paths: []\nprofile: p\n",
        "wh/profiles.yml": "p:\n  target: b\n  outputs:\n    a: {type: x}\n    b: {type: duckdb}\n",
        "wh/dbt_packages/tool/dbt_project.yml": "name: tool\n",
        "wh/dbt_modules/older/dbt_project.yml": "name: older\n",
        "other/dbt_project.yml": "name: other\n",
        "broken/dbt_project.yml": "name: [",
    }
    other, shop = projects(options_of(texts))
    assert (other.name, shop.name) == ("other", "shop")
    assert shop.folders["model"] == ("wh/src", "wh/more")
    assert shop.folders["seed"] == ("wh/seeds",)
    assert sorted(shop.packages) == ["older", "tool"]
    assert (shop.target, shop.dialect) == (("b", "duckdb"), "duckdb")
    assert (other.target, other.dialect) == (("default", ""), "")


def test_inner_folders_override_outer_ones() -> None:
    texts = {
        "dbt_project.yml": (
            "name: shop\nmodels:\n  +materialized: view\n  shop:\n    marts:\n"
            "      materialized: table\n      big:\n        +schema: b\n      one_model:\n"
            "        +alias: o\n"
        )
    }
    (project,) = projects(options_of(texts))
    configs = FolderConfigs(project)

    def of(path: str) -> dict[str, object]:
        return configs.of(Node("model", "x", "shop", path, "x"))

    assert of("models/x.sql") == {"materialized": "view"}
    assert of("models/marts/x.sql") == {"materialized": "table"}
    assert of("models/marts/big/deep/x.sql") == {"materialized": "table", "schema": "b"}
    assert of("models/marts/one_model.sql") == {"materialized": "table", "alias": "o"}
    assert of("models/" + "d/" * 3_000 + "x.sql") == {"materialized": "view"}


def test_aliases_that_multiply_are_left_out() -> None:
    assert plain(document(_BOMB.encode())) == {}
    texts = {"dbt_project.yml": "name: shop\nvars:\n" + indent(_BOMB, "  ")}
    assert projects(options_of(texts)) == []
    texts = {"models/m.yml": _BOMB + "models: *m\n", "models/a.sql": "select 1 as a"}
    edges, linked = bridged(texts)
    assert linked.edges == ()
    assert edges == []


def test_a_document_that_holds_itself() -> None:
    assert plain(document(b"a: &a\n  b: *a\n")) in ({}, {"a": {"b": None}})


@pytest.mark.parametrize(
    "text",
    [
        "name: shop\nvars: 5\nmodels: [1]\nmodel-paths: models\n",
        "name: shop\nvars: {shop: 1, a: {b: {c: 1}}}\nmodels: {shop: {+x: [1, {y: 2}]}}\n",
        "name: shop\nmodel-paths: [[], {}, '', '..', '/', 'models']\nprofile: {}\n",
        "name: shop\nprofile: 1\non-run-start: '{{ x }}'\nversion: '\n",
        "name: shop\nmodels:\n  shop:\n    +post-hook: ['{{ m() }}', {sql: '{{ x.y }}'}, [1], 2]\n",
    ],
)
def test_any_project_file_will_do(text: str) -> None:
    world_of({"dbt_project.yml": text, "models/a.sql": "select {{ var('a') }} as a"})


_SCALARS = st.sampled_from(
    ["x", "ref('a')", "{{ doc('d') }}", "1", "null", "[]", "{}", "[x]", "{name: x}", "*a", "&a x"]
)
_KEYS = st.sampled_from(
    [
        "name",
        "columns",
        "tests",
        "data_tests",
        "config",
        "versions",
        "v",
        "latest_version",
        "tables",
        "to",
        "field",
        "arguments",
        "depends_on",
        "model",
        "measures",
        "expr",
        "type_params",
        "measure",
        "relation",
        "description",
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["models", "sources", "exposures", "metrics", "semantic_models", "snapshots"]),
    st.lists(st.tuples(_KEYS, st.one_of(_SCALARS, st.tuples(_KEYS, _SCALARS))), max_size=6),
)
def test_any_schema_file_will_do(
    resource: str, pairs: list[tuple[str, str | tuple[str, str]]]
) -> None:
    lines = [f"{resource}:", "  - name: a"]
    for key, value in pairs:
        if isinstance(value, tuple):
            lines += [f"    {key}:", f"      - {value[0]}: {value[1]}"]
        else:
            lines.append(f"    {key}: {value}")
    texts = {"models/m.yml": "\n".join(lines), "models/a.sql": "select 1 as x"}
    _, linked = bridged(texts)
    assert bridged(texts)[1] == linked
    assert all(edge.line >= 1 for edge in linked.edges)


def test_macros_are_found_without_running_anything() -> None:
    text = (
        "{# {% macro never() %}{% endmacro %} #}\n"
        "{%- macro one(a, b='(') -%}\n{{ other(a) }} {{ tool.far() }} {{ by_value }}\n{%- endmacro -%}\n"
        "{% test positive(model, column_name) %}{% set mine = 1 %}{{ mine }}{% endtest %}\n"
        "{% materialization kept, adapter='duckdb' %}{{ one(1) }}{% endmaterialization %}\n"
        "{% materialization kept, default %}x{% endmaterialization %}\n"
        "{% macro broken( %}"
    )
    found = {one.name: one for one in macros_of(text.encode(), "shop", "macros/m.sql")}
    assert sorted(found) == [
        "materialization_kept_default",
        "materialization_kept_duckdb",
        "one",
        "test_positive",
    ]
    assert found["one"].line == 2
    assert found["one"].words == (
        ("other", 3, True),
        ("tool.far", 3, True),
        ("by_value", 3, False),
    )
    assert found["test_positive"].words == ()
    assert found["one"].text.startswith("{%- macro one(a, b='(') -%}")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"id,name\n1,x\n", ("id", "name")),
        (b"\xef\xbb\xbfID, Name\r\n", ("id", "name")),
        (b'"a b",c\n', ()),
        (b"", ()),
        (None, ()),
    ],
)
def test_the_first_line_of_a_seed(text: bytes | None, names: tuple[str, ...]) -> None:
    assert csv_header(text) == names
