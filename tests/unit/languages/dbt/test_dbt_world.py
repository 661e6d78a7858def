"""Whole projects: what refs and macros mean across packages, and what is made anew when."""

from __future__ import annotations

import pytest

from blastradius.languages import sql
from blastradius.languages.dbt import world as worlds
from tests.unit.languages.dbt.dbt_tree import (
    PROJECT,
    bridged,
    options_of,
    pairs,
    plain,
    space_of,
    tables_of,
    used,
    with_project,
    world_of,
)

_PACKAGE = {
    "dbt_packages/tool/dbt_project.yml": "name: tool\n",
    "dbt_packages/tool/macros/m.sql": (
        "{% macro width(x) %}{{ return(adapter.dispatch('width', 'tool')(x)) }}{% endmacro %}\n"
        "{% macro default__width(x) %}length({{ x }}) * {{ var('depth', 2) }}{% endmacro %}\n"
        "{% macro snowflake__width(x) %}len({{ x }}){% endmacro %}\n"
        "{% macro helper() %}packaged{% endmacro %}\n"
        "{% macro helped() %}{{ helper() }}{% endmacro %}\n"
    ),
    "dbt_packages/tool/models/base.sql": "select 1 as a",
}


def test_a_tree_without_projects_has_no_world() -> None:
    assert worlds.build_world({}, options_of({"models/a.sql": "select 1"})) is None


def test_packages_are_found_in_the_tree_and_dispatched_by_target() -> None:
    texts = {
        **_PACKAGE,
        "macros/h.sql": "{% macro helper() %}own{% endmacro %}",
        "models/it.sql": (
            "select {{ tool.width('a') }} as w, {{ tool.helped() }} as h, {{ helper() }} as o"
        ),
    }
    made = space_of(texts).rendered["models/it.sql"]
    assert plain(made) == "select length(a) * 2 as w, packaged as h, own as o"
    profile = "shop:\n  target: prod\n  outputs:\n    prod:\n      type: snowflake\n"
    made = space_of({**texts, "profiles.yml": profile}).rendered["models/it.sql"]
    assert plain(made) == "select len(a) as w, packaged as h, own as o"


def test_a_root_project_overrides_what_is_dispatched() -> None:
    texts = {
        **_PACKAGE,
        "macros/w.sql": "{% macro default__width(x) %}ours({{ x }}){% endmacro %}",
        "models/it.sql": "select {{ tool.width('a') }} as w",
    }
    assert plain(space_of(texts).rendered["models/it.sql"]) == "select ours(a) as w"


def test_variables_by_project_and_by_package() -> None:
    texts = {
        **_PACKAGE,
        "dbt_project.yml": (
            "name: shop\nvars:\n  start: 2020\n  tool:\n    depth: 9\n  shop:\n    only: yes\n"
        ),
        "models/it.sql": (
            "select {{ tool.width('a') }} as w, {{ var('start') }} as s, {{ var('none', 3) }} as n, "
            "{{ 1 if var('only') else 0 }} as o"
        ),
    }
    made = space_of(texts).rendered["models/it.sql"]
    # A macro sees the variables as the model that calls it does: that one is set for the package only.
    assert plain(made) == "select length(a) * 2 as w, 2020 as s, 3 as n, 1 as o"
    assert used(made, "var") == ["depth", "start", "none", "only"]


def test_versions_of_a_model() -> None:
    texts = {
        "models/m.yml": (
            "models:\n  - name: dim\n    latest_version: 2\n    versions:\n"
            "      - v: 1\n        defined_in: dim_old\n      - v: 2\n"
        ),
        "models/dim_old.sql": "select 1 as a",
        "models/dim_v2.sql": "select 1 as b",
        "models/it.sql": "select * from {{ ref('dim') }} join {{ ref('dim', v=1) }}",
    }
    edges, _ = bridged(texts)
    read = {target for source, target in pairs(edges, "ref") if source == "sql:it"}
    assert read == {"sql:dim_v2", "sql:dim_old"}


def test_two_projects_in_one_tree() -> None:
    texts = {
        "one/dbt_project.yml": "name: one\n",
        "one/models/a.sql": "select {{ m() }} as x",
        "one/macros/m.sql": "{% macro m() %}1{% endmacro %}",
        "two/dbt_project.yml": "name: two\nmodel-paths: [transform]\nmacro-paths: [lib]\n",
        "two/transform/deep/b.sql": "select {{ m() }} as y",
        "two/lib/m.sql": "{% macro m() %}2{% endmacro %}",
    }
    world = world_of({**texts, "dbt_project.yml": ""})
    made = {path: plain(one) for space in world.spaces for path, one in space.rendered.items()}
    assert made == {
        "one/models/a.sql": "select 1 as x",
        "two/transform/deep/b.sql": "select 2 as y",
    }


def test_seeds_of_two_projects_with_one_name() -> None:
    texts = {"dbt_project.yml": ""}
    for name in ("one", "two"):
        texts[f"{name}/dbt_project.yml"] = f"name: {name}\n"
        texts[f"{name}/seeds/codes.csv"] = "id\n1\n"
        texts[f"{name}/models/m_{name}.sql"] = "select id from {{ ref('codes') }}"
    edges, _ = bridged(texts)
    assert pairs(edges, "ref") == {
        ("sql:m_one", "file:one/seeds/codes.csv"),
        ("sql:m_two", "file:two/seeds/codes.csv"),
    }


def test_a_seed_called_like_a_model_of_another_project() -> None:
    edges, _ = bridged(
        {
            "dbt_project.yml": "",
            "one/dbt_project.yml": "name: one\n",
            "one/seeds/codes.csv": "id\n1\n",
            "one/models/m.sql": "select id from {{ ref('codes') }}",
            "two/dbt_project.yml": "name: two\n",
            "two/models/codes.sql": "select 1 as id",
        }
    )
    assert pairs(edges, "ref") == {("sql:m", "file:one/seeds/codes.csv")}


def test_columns_travel_through_models_that_ask_for_columns() -> None:
    star = "select {{{{ dbt_utils.star(ref('{}')) }}}}, 1 as {} from {{{{ ref('{}') }}}}"
    texts = {"models/z.sql": "select 1 as a"}
    for name, upstream in (("y", "z"), ("x", "y"), ("w", "x")):
        texts[f"models/{name}.sql"] = star.format(upstream, name, upstream)
    tables = tables_of(texts)
    assert sql.columns_of(tables, "sql:w") == ("a", "y", "x", "w")


def test_columns_of_seeds_come_from_their_first_line() -> None:
    made = space_of(
        {
            "seeds/codes.csv": 'id,"Name"\n1,x\n',
            "models/it.sql": "select {{ dbt_utils.star(ref('codes')) }} from {{ ref('codes') }}",
        }
    ).rendered["models/it.sql"]
    assert plain(made) == "select id, name from {{ ref('codes') }}"


def test_lineage_goes_through_macros() -> None:
    edges, _ = bridged(
        {
            "models/up.sql": "select 1 as cents, 2 as other",
            "macros/m.sql": ("{% macro money(c) %}{{ c }} / 100 as {{ c }}_in_euro{% endmacro %}"),
            "models/it.sql": "select\n  other,\n  {{ money('cents') }}\nfrom {{ ref('up') }}",
        }
    )
    found = {
        (one.source, one.target, one.path, one.line)
        for one in edges
        if one.source == "sql:it.cents_in_euro"
    }
    assert found == {("sql:it.cents_in_euro", "sql:up.cents", "models/it.sql", 3)}


def test_a_template_that_fails_keeps_its_masked_record() -> None:
    edges, linked = bridged(
        {
            "models/up.sql": "select 1 as a",
            "models/it.sql": "select a from {{ ref('up') }} {{ exceptions.raise_compiler_error('x') }}",
        }
    )
    assert ("sql:it", "sql:up") in pairs(edges, "ref")
    assert [(one.path, one.name.partition(":")[0]) for one in linked.unresolved] == [
        ("models/it.sql", "template")
    ]


def test_a_text_that_reads_worse_keeps_its_masked_record() -> None:
    # A loop over values of the warehouse: one hole stands for them and the text must stay whole.
    edges, _ = bridged(
        {
            "models/up.sql": "select 1 as a, 2 as b",
            "models/it.sql": (
                "select a {% for v in run_query('select 1').columns[0].values() %}"
                ", sum(b) as {{ v }}_b{% endfor %} from {{ ref('up') }} group by 1"
            ),
        }
    )
    assert ("sql:it.a", "sql:up.a") in pairs(edges, "value")


class _Memory:
    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}
        self.put_kinds: list[str] = []

    def get(self, kind: str, key: str) -> bytes | None:
        return self.held.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.held[kind, key] = value
        self.put_kinds.append(kind)


_REMEMBERED = {
    "dbt_project.yml": PROJECT + "vars:\n  since: 1\n  other: 1\n",
    "macros/m.sql": (
        "{% macro one() %}{{ two() }} + {{ var('since') }}{% endmacro %}\n"
        "{% macro two() %}2{% endmacro %}\n{% macro three() %}3{% endmacro %}"
    ),
    "models/a.sql": "select {{ one() }} as a",
    "models/b.sql": "select {{ three() }} as b, {{ dbt_utils.star(ref('a')) }} from {{ ref('a') }}",
    "models/c.sql": "select 1 as c from {{ ref('b') }}",
}


@pytest.mark.parametrize(
    ("path", "old", "new", "renderings"),
    [
        ("macros/m.sql", "}2{", "}22{", 1),
        ("macros/m.sql", "}3{", "}33{", 2),
        ("dbt_project.yml", "since: 1", "since: 5", 1),
        ("dbt_project.yml", "other: 1", "other: 5", 0),
        ("models/c.sql", "1 as c", "2 as c", 1),
        ("models/a.sql", " as a", " as z", 2),
        ("models/a.sql", " as a", " as a ", 1),
        ("models/a.sql", " as a", " as a, 2 as new", 2),
    ],
)
def test_only_what_an_answer_changes_is_made_anew(
    path: str, old: str, new: str, renderings: int
) -> None:
    memory = _Memory()
    before = world_of(_REMEMBERED, memory)
    memory.put_kinds.clear()
    again = world_of(_REMEMBERED, memory)
    assert memory.put_kinds == []
    assert again.summaries == before.summaries
    changed = {**_REMEMBERED, path: _REMEMBERED[path].replace(old, new)}
    assert changed != _REMEMBERED
    after = world_of(changed, memory)
    made = [one for one in memory.put_kinds if one.startswith("dbt-rendered")]
    # A model that asks for columns is made once without them, and once with.
    assert len(made) == renderings
    fresh = world_of(changed)
    assert after.summaries == fresh.summaries
    assert [one.rendered for one in after.spaces] == [one.rendered for one in fresh.spaces]


def test_a_tree_of_costly_templates_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    costly = "{% for a in range(5000) %}{% set x = a %}{% endfor %}select 1 as a"
    texts = {f"models/m{number}.sql": costly for number in range(4)}
    one = space_of({"models/m0.sql": costly}).rendered["models/m0.sql"].steps
    monkeypatch.setattr(worlds, "_MOST_STEPS", 2 * one - 1)
    made = space_of(texts).rendered
    assert [bool(made[path].problem) for path in sorted(made)] == [False, False, True, True]
    memory = _Memory()
    first = world_of(texts, memory)
    assert [one.rendered for one in world_of(texts, memory).spaces] == [
        one.rendered for one in first.spaces
    ]


def test_with_project_keeps_what_is_there() -> None:
    assert with_project({"dbt_project.yml": "name: x"})["dbt_project.yml"] == "name: x"
