"""Files that are broken, templates, bombs: what can be read is read, and the rest is said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.languages.yaml import extract
from blastradius.languages.yaml.collect import MAX_DEFINITIONS, MAX_EXPANDED
from blastradius.languages.yaml.nodes import MAX_DEPTH
from blastradius.model.facts import Facts


def names(facts: Facts) -> list[str]:
    return sorted(one.name for one in facts.definitions)


def lines(facts: Facts) -> dict[str, int]:
    return {one.name: one.line for one in facts.definitions}


def test_a_template_keeps_its_structure_and_its_values() -> None:
    facts = extract(
        b"a: {{ env_var('TOKEN') }}\n{% if prod %}\nb:\n  - {{ x | default('y: z') }}\n"
        b"{% endif %}\nc: {{ ref('dim') }}\n"
    )
    assert facts.parsed == "partial"
    assert [one.line for one in facts.problems] == [1]
    assert lines(facts) == {"a": 1, "b": 3, "b[0]": 4, "c": 6}
    assert {(one.value, one.flavor, one.line) for one in facts.mentions} == {
        ("TOKEN", "env", 1),
        ("dim", "table", 6),
    }


def test_a_templated_block_scalar_is_handed_on_as_it_stands() -> None:
    sql = "{{ config(a='b') }}\nSELECT x\n{% if y %}\nFROM z\n{% endif %}\n"
    source = "v: {{ v }}\nq: |\n" + "".join(
        f"  {line}\n" for line in ("WITH a AS", *sql.split("\n"))
    )
    (embedded,) = extract(source.encode()).embedded
    assert embedded.text.rstrip() == ("WITH a AS\n" + sql).rstrip()
    assert embedded.line == 3


def test_a_helm_template_keeps_the_keys_it_writes_itself() -> None:
    facts = extract(
        b'{{- if .Values.on }}\nkind: A\n{{ include "x"\n  . }}\nspec:\n'
        b"  {{- toYaml .V | nindent 2 }}\n  n: {{ .V.n | quote }}\n{{- end }}\n"
    )
    assert lines(facts) == {"kind": 2, "spec": 5, "spec.n": 7}


def test_braces_in_strings_are_no_template() -> None:
    facts = extract(b"a: |\n  {% if x %}\n  {{ y }}\nb: ['', '{{']\n")
    assert (facts.parsed, facts.problems) == ("full", ())
    assert names(facts) == ["a", "b", "b[0]", "b[1]"]


def test_github_expressions_are_no_templates_of_yaml() -> None:
    facts = extract(b"a: ${{ secrets.X }}\nb: '{{ y }}'\n")
    assert (facts.parsed, facts.problems) == ("full", ())


@pytest.mark.parametrize(
    ("source", "expected", "line"),
    [
        (b"a: 1\nb: [1,\nc:\n  d: 2\n", ["a", "b", "c", "c.d"], 2),
        (b"a: 1\nb: 'x\nc:\n  d: 2\n", ["a", "b", "c", "c.d"], 2),
        (b"a: 1\nb: x: y\nc: 2\n", ["a", "b", "c"], 2),
        (b"a: 1\nb: @x\nc: 2\n", ["a", "b", "c"], 2),
        (b"a:\n  b: 1\n }\nc: 2\n", ["a", "a.b", "c"], 3),
        (b"a:\n\tb: 1\n\tc: 2\nd: 3\n", ["a", "a.b", "a.c", "d"], 2),
        (
            b"a:\n<<<<<<< HEAD\n  b: 1\n=======\n  c: 2\n>>>>>>> x\nd: 3\n",
            ["a", "a.b", "a.c", "d"],
            2,
        ),
        (b"a: \xff\xfe\nb: 2\n", ["a", "b"], 1),
        (b"a: 1\nb: \x00\x01\n", ["a", "b"], 2),
    ],
)
def test_keys_around_a_breakage_keep_their_addresses(
    source: bytes, expected: list[str], line: int
) -> None:
    facts = extract(source)
    assert (facts.parsed, names(facts)) == ("partial", expected)
    assert facts.problems[0].line == line


def test_what_no_mending_saves_still_gives_keys() -> None:
    facts = extract(b"first: 1\nnested:\n  inner: 2\n" + b"- @ [ } '\n" * 40 + b"last: 3\n")
    assert facts.parsed == "partial"
    assert {"first", "nested", "nested.inner"} <= set(names(facts))


@pytest.mark.parametrize(
    "encoded",
    [
        "a:\r\n  b: é\r\n".encode(),
        "a:\n  b: é\n".encode("utf-8-sig"),
        "a:\n  b: é\n".encode("utf-16"),
        b"\xfe\xff" + "a:\n  b: é\n".encode("utf-16-be"),
        "a:\n  b: é\n".encode("utf-32"),
    ],
)
def test_encodings_and_line_ends_are_no_difference(encoded: bytes) -> None:
    facts = extract(encoded)
    assert facts.parsed == "full"
    assert facts.definitions == extract("a:\n  b: é\n".encode()).definitions


def test_unicode_line_separators_do_not_shift_lines() -> None:
    assert lines(extract("a: 'x\u2028y\u0085z'\nb: 1\n".encode())) == {"a": 1, "b": 2}


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? "])
def test_deep_nesting_is_cut_and_said(opening: bytes) -> None:
    facts = extract(opening * 50_000)
    assert facts.parsed in {"partial", "failed"}
    assert facts.problems
    assert max((one.name.count("[") for one in facts.definitions), default=0) <= MAX_DEPTH


def test_deep_block_mappings_keep_what_is_above() -> None:
    facts = extract("\n".join(" " * depth + f"k{depth}:" for depth in range(2_000)).encode())
    assert facts.parsed == "partial"
    assert len(facts.definitions) == MAX_DEPTH


def test_an_alias_bomb_stays_within_its_budget() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in pairwise(letters)
    )
    facts = extract(bomb.encode())
    assert facts.parsed == "partial"
    assert len(facts.definitions) <= MAX_EXPANDED + 26 * 10
    assert any("aliases" in one.what for one in facts.problems)


def test_merge_bombs_and_many_aliases_of_a_large_list_end() -> None:
    large = b"a: &a [" + b"x, " * 5_000 + b"]\nb:\n" + b"  - *a\n" * 20_000
    assert len(extract(large).definitions) <= MAX_EXPANDED + 26_000
    merges = "m0: &m0 {k0: 0}\n" + "".join(
        f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}], k{n}: 0}}\n" for n in range(1, 90)
    )
    facts = extract(merges.encode())
    assert len([one for one in facts.definitions if one.name.startswith("m89.")]) == 90


@pytest.mark.parametrize(
    "source", [b"a: &a [*a]\n", b"a: &a {b: *a}\n", b"a: &a {<<: *a}\n", b"a: &a {b: {<<: *a}}\n"]
)
def test_an_anchor_that_holds_itself_is_a_problem(source: bytes) -> None:
    facts = extract(source)
    assert (facts.parsed, facts.problems[0].line) == ("partial", 1)


def test_an_unknown_alias_is_a_problem_with_its_line() -> None:
    facts = extract(b"a: 1\nb: *nope\nc: 2\n")
    assert [(one.line, one.what) for one in facts.problems] == [(2, "alias *nope has no anchor")]
    assert names(facts) == ["a", "b", "c"]


def test_python_tags_are_only_tags() -> None:
    facts = extract(b"a: !!python/object/apply:os.system [echo]\nb: !Custom {c: 1}\n")
    assert facts.parsed == "full"
    assert names(facts) == ["a", "a[0]", "b", "b.c"]


def test_too_many_keys_are_cut_and_said() -> None:
    facts = extract(b"[" + b"1," * (MAX_DEFINITIONS + 10) + b"]")
    assert len(facts.definitions) == MAX_DEFINITIONS
    assert facts.parsed == "partial"


@settings(max_examples=300, deadline=None)
@given(
    st.text(" \t\n-:?[]{},&*!|>'\"%@#<.ab1é\x00", max_size=60).map(str.encode)
    | st.binary(max_size=40)
)
def test_no_bytes_raise_and_every_index_is_good(source: bytes) -> None:
    facts = extract(source)
    count = len(facts.definitions)
    assert all(-1 <= one.parent < index for index, one in enumerate(facts.definitions))
    scopes = [one.scope for one in facts.mentions]
    scopes += [one.scope for one in facts.groups] + [one.scope for one in facts.embedded]
    assert all(-1 <= scope < count for scope in scopes)
    assert all(-1 <= site.definition < count for one in facts.groups for site in one.sites)
    assert all(0 < one.line <= one.end for one in facts.definitions)
    assert facts.parsed != "full" or not [one for one in facts.problems if "again" not in one.what]
    assert extract(source) == facts
