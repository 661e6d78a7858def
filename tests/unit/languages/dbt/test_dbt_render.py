"""One template at a time: what it gives, from which lines, and what it says that it used."""

from __future__ import annotations

import pytest

from tests.unit.languages.dbt.dbt_tree import plain, rendered, space_of, used


def test_relations_print_as_template_expressions() -> None:
    made = rendered(
        "select * from {{ ref('up') }} join {{ source('raw', 'Orders') }} join {{ this }}"
    )
    assert plain(made) == (
        "select * from {{ ref('up') }} join {{ source('raw', 'Orders') }} join {{ this }}"
    )
    assert used(made, "ref") == ["up"]
    assert used(made, "source") == ["raw.orders"]


def test_a_loop_over_refs_gives_each() -> None:
    made = rendered(
        "{% for m in ['up', 'side'] %}select a from {{ ref(m) }}"
        "{% if not loop.last %} union all {% endif %}{% endfor %}"
    )
    assert used(made, "ref") == ["up", "side"]
    assert plain(made) == "select a from {{ ref('up') }} union all select a from {{ ref('side') }}"


def test_both_answers_of_is_incremental_are_branches() -> None:
    made = rendered(
        "select 1 as a from {{ ref('up') }}\n"
        "{% if is_incremental() %}\nwhere a > (select max(a) from {{ this }})\n{% endif %}"
    )
    assert plain(made).startswith("{% if 1 %} select 1 as a from")
    assert plain(made).count("where a >") == 1
    assert "{% else %}" in made.text


def test_what_dbt_notes_while_it_parses_is_noted_too() -> None:
    made = rendered(
        "{% if execute %}{% set x = ref('one') %}{% else %}{% set x = ref('two') %}{% endif %}"
        "select * from {{ x }}"
    )
    assert sorted(used(made, "ref")) == ["one", "two"]
    assert "ref('one')" in made.text


def test_lines_are_those_of_the_file() -> None:
    template = (
        "{{ config(materialized='table') }}\n"
        "\n"
        "select\n"
        "  {{ two() }},\n"
        "  b,\n"
        "  {% for x in ['c', 'd'] -%}\n"
        "    {{ x }}_x,\n"
        "  {% endfor %}\n"
        "  e\n"
        "from {{ ref('up') }}\n"
    )
    made = rendered(template, m="{% macro two() %}\n  a1,\n  a2\n{% endmacro %}")
    at = {
        word: line
        for line, text in zip(made.lines, made.text.split("\n"), strict=True)
        for word in text.replace(",", " ").split()
    }
    assert at["select"] == 3
    assert (at["a1"], at["a2"]) == (4, 4)
    assert at["b"] == 5
    assert (at["c_x"], at["d_x"]) == (7, 7)
    assert (at["e"], at["from"]) == (9, 10)


def test_uses_have_the_line_of_their_call() -> None:
    made = rendered(
        "select *\nfrom {{ ref('up') }}\nwhere {{ flag(\n  var('since')\n) }}",
        m="{% macro flag(x) %}a > {{ x }} and {{ env_var('REGION', 'eu') }}{% endmacro %}",
    )
    lines = {(one.kind, one.name): one.line for one in made.uses if not one.via}
    assert lines["ref", "up"] == 2
    assert lines["macro", "shop.flag"] == 3
    assert lines["var", "since"] == 4
    assert lines["env_var", "REGION"] == 3
    assert used(made, "env_var", via="shop.flag") == ["REGION"]


def test_a_macro_is_noted_also_when_it_is_a_value() -> None:
    made = rendered(
        "select {{ apply(twice, 'a') }} as a",
        m=(
            "{% macro twice(x) %}2 * {{ x }}{% endmacro %}"
            "{% macro apply(f, x) %}{{ f(x) }}{% endmacro %}"
        ),
    )
    assert plain(made) == "select 2 * a as a"
    assert used(made, "macro") == ["shop.apply"]
    assert used(made, "macro", via="shop.apply") == ["shop.twice"]


def test_a_macro_after_another_is_noted() -> None:
    made = rendered(
        "select {{ one() }} as a, {{ two() }} as b",
        m="{% macro one() %}1{% endmacro %}{% macro two() %}2{% endmacro %}",
    )
    assert used(made, "macro") == ["shop.one", "shop.two"]


def test_return_gives_values() -> None:
    made = rendered(
        "select {{ names() | join(', ') }}",
        m="{% macro names() %}  {{ return(['a', 'b']) }} never {% endmacro %}",
    )
    assert plain(made) == "select a, b"


def test_hooks_are_templates() -> None:
    made = rendered(
        "{{ config(post_hook='{{ grants() }}', pre_hook=[{'sql': '{{ other() }}'}]) }}select 1 as a",
        m="{% macro grants() %}grant {{ var('role') }}{% endmacro %}{% macro other() %}x{% endmacro %}",
    )
    assert sorted(used(made, "macro")) == ["shop.grants", "shop.other"]
    assert used(made, "var") == ["role"]
    assert made.config["post_hook"] == "{{ grants() }}"


def test_a_call_block_and_a_statement() -> None:
    made = rendered(
        "{% call statement('s', fetch_result=True) %}select max(a) from {{ ref('up') }}{% endcall %}"
        "{% set top = load_result('s')['data'][0][0] %}select {{ top }} as a",
    )
    assert used(made, "ref") == ["up"]
    assert plain(made) == "select __hole__ as a"


def test_columns_of_the_tree_answer_the_adapter() -> None:
    made = rendered(
        "select {% for c in adapter.get_columns_in_relation(ref('up')) %}max({{ c.name }}) as {{ c.name }}"
        "{{ ', ' if not loop.last }}{% endfor %} from {{ ref('up') }}"
    )
    assert plain(made) == "select max(a) as a, max(b) as b from {{ ref('up') }}"


@pytest.mark.parametrize(
    ("template", "sql"),
    [
        ("select {{ dbt_utils.star(ref('up'), except=['B']) }} from x", "select a from x"),
        ("select {{ dbt_utils.star(from=ref('up'), relation_alias='u') }}", "select u.a, u.b"),
        ("select {{ dbt_utils.star(source('s', 't'), except=['c']) }}", "select * except (c)"),
        (
            "select {{ dbt_utils.generate_surrogate_key(['a', 'b']) }} as k",
            "select dbt_surrogate_key(a, b) as k",
        ),
        ("{{ dbt_utils.group_by(3) }}", "group by 1, 2, 3"),
        (
            "{{ dbt_utils.union_relations([ref('up'), ref('more')]) }}",
            (
                "(select 'x' as _dbt_source_relation, a, b, null as c from {{ ref('up') }}) union all "
                "(select 'x' as _dbt_source_relation, null as a, b, c from {{ ref('more') }})"
            ),
        ),
        (
            (
                "{{ dbt_utils.union_relations(dbt_utils.get_relations_by_pattern('s', '%'), "
                "include=['a'], source_column_name=none) }}"
            ),
            "select a from __hole__",
        ),
        (
            "{{ dbt_utils.unpivot(ref('up'), exclude=['a'], field_name='f', value_name='v') }}",
            "select a, 'b' as f, cast(b as string) as v from {{ ref('up') }}",
        ),
        (
            "select {{ dbt_utils.pivot('a', ['x y', '1']) }}",
            (
                "select sum(case when a = 'x y' then 1 else 0 end) as x_y, "
                "sum(case when a = '1' then 1 else 0 end) as _1"
            ),
        ),
        ("select {{ dbt.dateadd('day', 1, 'a') }} as d", "select dbt_dateadd(1, a) as d"),
        ("select cast(a as {{ type_string() }}) as s", "select cast(a as string) as s"),
        (
            "{% for v in dbt_utils.get_column_values(ref('up'), 'a') %}sum({{ v }}){% endfor %}",
            "sum(__hole__)",
        ),
        (
            "select {{ lost.thing(ref('up'), 'a') }} as x",
            "select {{ lost.thing(ref('up'), 'a') }} as x",
        ),
    ],
)
def test_packages_that_are_not_there_are_stood_in_for(template: str, sql: str) -> None:
    space = space_of(
        {
            "models/it.sql": template,
            "models/up.sql": "select 1 as a, 2 as b",
            "models/more.sql": "select 1 as b, 2 as c",
        }
    )
    assert plain(space.rendered["models/it.sql"]) == sql


def test_a_missing_macro_is_left_as_it_stands() -> None:
    made = rendered("select {{ nobody(ref('up'), 'a', n=2) }} as a")
    assert plain(made) == "select {{ nobody(ref('up'), 'a', n=2) }} as a"
    assert not made.problem


def test_a_relation_that_only_the_warehouse_knows_is_a_hole() -> None:
    made = rendered("select a from {{ ref(run_query('x').columns[0].values()[0]) }}")
    assert plain(made) == "select a from __hole__"
    assert used(made, "ref") == []
    assert used(made, "dynamic") == ["ref"]


def test_snapshots_are_their_blocks() -> None:
    space = space_of(
        {
            "snapshots/s.sql": (
                "{% snapshot kept %}\n{{ config(unique_key='a') }}\n"
                "select * from {{ ref('up') }}\n{% endsnapshot %}"
            ),
            "models/up.sql": "select 1 as a",
        }
    )
    made = space.rendered["snapshots/s.sql"]
    assert "{% snapshot kept %}" in made.text
    assert made.config == {"unique_key": "a"}
    assert {one.line for one in made.uses if one.kind == "ref"} == {3}
