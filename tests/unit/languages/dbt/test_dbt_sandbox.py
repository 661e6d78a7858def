"""Templates that want out, or that want all of the machine: they end, and give nothing."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.languages.dbt.bounds import LONGEST_TEXT, MOST_STEPS
from tests.unit.languages.dbt.dbt_tree import plain, rendered

_TOO_MUCH = {
    "a loop in a loop in a loop": (
        "{% for a in range(90000) %}{% for b in range(90000) %}{% for c in range(90000) %}x"
        "{% endfor %}{% endfor %}{% endfor %}"
    ),
    "a long range": "{{ range(1000000000) | list | length }}",
    "a repeated text": "{{ 'x' * 1000000000 }}",
    "a repeated list": "{{ ([1] * 1000000000) | length }}",
    "a text that doubles": (
        "{% set n = namespace(s='ab') %}{% for i in range(60) %}"
        "{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}"
    ),
    "a text that doubles by addition": (
        "{% set n = namespace(s='ab') %}{% for i in range(60) %}"
        "{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}"
    ),
    "a list that doubles": "{% set l = [1] %}{% for i in range(60) %}{% do l.extend(l) %}{% endfor %}{{ l }}",
    "a list in a list in a list": (
        "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}"
        "{{ n.l }}"
    ),
    "a list that is compared": (
        "{% set n = namespace(l=[1], m=[1]) %}{% for i in range(60) %}"
        "{% set n.l = [n.l, n.l] %}{% set n.m = [n.m, n.m] %}{% endfor %}{{ n.l == n.m }}"
    ),
    "a list that holds itself": "{% set l = [] %}{% do l.append(l) %}{{ l | string }}{{ l == l }}",
    "a power": "{{ 9 ** (9 ** 9) }}",
    "a product of large numbers": (
        "{% set n = namespace(i=99999999) %}{% for i in range(60) %}"
        "{% set n.i = n.i * n.i %}{% endfor %}{{ n.i }}"
    ),
    "a width in a format": "{{ '%1000000000d' % 1 }}",
    "a width in braces": "{{ '{:1000000000d}'.format(1) }}",
    "a computed width": "{{ '{:{}}'.format(1, 1000000000) }}",
    "a star as width": "{{ '%*d' % (1000000000, 1) }}",
    "a width in a filter": "{{ 'x' | format(1) }}{{ '%1000000000s' | format('x') }}",
    "a padded text": "{{ 'x'.ljust(1000000000) }}",
    "a replaced text": "{{ ('x' * 900000).replace('x', 'y' * 900000) }}",
    "a joined text": "{{ (['x' * 900000] * 5000) | join }}",
    "a batch": "{{ [1] | batch(1000000000, 'x') | list }}",
    "slices": "{{ [1] | slice(1000000000) | list }}",
    "a rounded number": "{{ 1.5 | round(1000000000, 'ceil') }}",
    "a sum of lists": ("{% set l = [[1] * 50000] * 5000 %}{{ l | sum(start=[]) | length }}"),
    "a product of lists": "{{ modules.itertools.product(range(90000), range(90000)) | list | length }}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a macro that calls itself twice": (
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(35) }}"
    ),
    "a caller that calls": (
        "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}"
        + "{% call m() %}" * 30
        + "x"
        + "{% endcall %}" * 30
    ),
    "a loop that calls itself": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "a time in a long format": "{{ modules.datetime.datetime.now().strftime('%999999999Y') }}",
    "a long body in a loop": "{% for a in range(90000) %}" + "x" * 200_000 + "{% endfor %}",
    "brackets without end": "{{ " + "[" * 9_000 + " }}",
    "parentheses": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "tags in tags": "{% if 1 %}" * 5_000 + "{% endif %}" * 5_000,
    "a sum of many": "{{ " + "1+" * 9_000 + "1 }}",
    "an include": "{% include '/etc/passwd' %}",
    "an import": "{% import 'os' as os %}{{ os }}",
    "a parent": "{% extends '/etc/passwd' %}",
    "a block in itself": "{% block a %}{{ self.a() }}{% endblock %}",
    "no template at all": "{{ }} {% %}",
    "an end without start": "select 1 {% endif %}",
    "an error of its own": "{{ exceptions.raise_compiler_error('no') }}",
    "a division": "{{ 1 / 0 }}",
}


@pytest.mark.parametrize("template", _TOO_MUCH.values(), ids=_TOO_MUCH.keys())
def test_ends_with_a_problem(template: str) -> None:
    made = rendered(f"select 1 as a {template}")
    assert made.problem
    assert not made.text
    assert made.steps <= 3 * MOST_STEPS


_OUT = {
    "the class of a text": "{{ ''.__class__ }}",
    "the class by a filter": "{{ '' | attr('__class__') }}",
    "the class by a key": "{{ ''['__class__'] }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals of a function": "{{ ref.__globals__ }}",
    "globals of a method": "{{ adapter.dispatch.__func__.__globals__ }}",
    "the session": "{{ config._session }}{{ config['_session'] }}{{ var._session }}",
    "the environment of the template": "{{ self }}{{ self._TemplateReference__context }}",
    "the code of a macro": "{% macro m() %}{% endmacro %}{{ m._func }}{{ m.__init__ }}",
    "a frame": "{{ (x for x in []).gi_frame }}",
    "builtins": "{{ __builtins__ }}{{ builtins.__import__ }}{{ builtins.open }}",
    "the modules of Python": "{{ modules.os.environ }}{{ modules.datetime.sys }}",
    "a format that looks in": "{{ '{0.__class__}'.format(ref) }}",
    "a format by a map": "{{ '{a.__class__}'.format_map({'a': ref}) }}",
    "a loop's own": "{% for a in [1] %}{{ loop._iterator }}{{ loop.__init__ }}{% endfor %}",
    "a namespace's own": "{% set n = namespace() %}{{ n.__class__ }}{{ n.__init__ }}",
    "a column's slots": "{{ adapter.get_columns_in_relation(ref('up'))[0].__class__ }}",
}


@pytest.mark.parametrize("template", _OUT.values(), ids=_OUT.keys())
def test_nothing_of_python_shows(template: str) -> None:
    made = rendered(f"select 1 as a, {template}")
    for word in ("<class", "<function", "<module", "<built-in", "object at 0x", "root:"):
        assert word not in made.text


def test_the_environment_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_REGION", "shown")
    made = rendered(
        "select '{{ env_var('DBT_REGION') }}' as a, '{{ env_var('DBT_REGION', 'none') }}' as b"
    )
    assert "shown" not in made.text
    assert "'none' as b" in made.text
    assert os.environ["DBT_REGION"] == "shown"


def test_time_stands_still() -> None:
    made = rendered(
        "select '{{ modules.datetime.datetime.now() }}' as a, '{{ modules.datetime.date.today() }}' as b,"
        " '{{ run_started_at.strftime('%Y-%m-%d') }}' as c, '{{ invocation_id }}' as d"
    )
    assert made.text.count("2000-01-01") == 3
    assert "00000000-0000" in made.text


def test_marks_of_lines_cannot_be_forged() -> None:
    made = rendered("select 1 as a\n\x019!\x02, 2 as b")
    assert made.lines == (1, 2)


def test_a_tag_in_a_value_stays_data() -> None:
    made = rendered(
        "select '{{ '{' ~ '% for x in y %' ~ '}' }}' as a, {{ '{' ~ '# c #' ~ '}' }} 1 as b"
    )
    assert "{%" not in made.text
    assert "{#" not in made.text


def test_as_long_as_may_be() -> None:
    made = rendered("select '{{ 'x' * 900000 }}' as a")
    assert len(made.text) > 900_000
    assert rendered("select '{{ 'x' * 900000 }}{{ 'x' * 900000 }}' as a").problem
    assert len(made.text) < LONGEST_TEXT


_PIECES = st.sampled_from(
    [
        "{{ ref('up') }}",
        "{{ x }}",
        "{% set x = [1, 'a', x] %}",
        "{% for y in x %}",
        "{% endfor %}",
        "{% if is_incremental() %}",
        "{% else %}",
        "{% endif %}",
        "{% macro m(a) %}",
        "{% endmacro %}",
        "{{ m(x) }}",
        "{{ x * 3 }}",
        "{{ x ~ x }}",
        "{{ [x, x] | join(',') }}",
        "{% do x.append(x) %}",
        "{{ dbt_utils.star(ref('up')) }}",
        "{{ config(materialized=x) }}",
        "{{ var('v', x) }}",
        "{% call m() %}",
        "{% endcall %}",
        "{{ return(x) }}",
        "select 1 as a\n",
        ", b from c\n",
        "{% raw %}",
        "{% endraw %}",
        "{#",
        "#}",
        "{{ run_query('x').columns[0].values() }}",
        "'",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=14))
def test_whatever_is_written_it_ends_and_ends_alike(pieces: list[str]) -> None:
    template = " ".join(pieces)
    first = rendered(template)
    assert first == rendered(template)
    assert len(first.lines) == first.text.count("\n") + 1 or not first.text
    lines = template.count("\n") + 1
    assert all(1 <= line <= lines for line in first.lines)
    assert plain(first) or not first.text.strip()
