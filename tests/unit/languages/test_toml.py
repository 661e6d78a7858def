"""TOML against the standard library's reader, and what that refuses."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.changes.diff import diff
from blastradius.languages.toml import claims, extract
from tests.unit.languages.keyed_paths import addresses, stated

letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\x7f")
texts = st.text(letters, max_size=8)
keys = st.sampled_from(["a", "b-c", "d_1", "x y", "k.l", "é"]) | texts.filter(bool)
scalars = st.one_of(
    st.booleans().map(lambda one: str(one).lower()),
    st.integers(-(2**60), 2**60).map(str),
    st.sampled_from(["1.5", "inf", "-0.1e3", "0xF", "1_000", "nan"]),
    st.sampled_from(["1979-05-27", "07:32:00", "1979-05-27 07:32:00", "1979-05-27T07:32:00Z"]),
    texts.map(lambda one: json.dumps(one, ensure_ascii=False)),
    texts.filter(lambda one: "'" not in one).map(lambda one: f"'{one}'"),
    texts.filter(lambda one: '"' not in one and "\\" not in one).map(lambda x: f'"""\n{x}\n#"""'),
)
inline = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # c ]\n".join(items) + " ]"),
        st.dictionaries(keys, inner, max_size=3).map(
            lambda one: "{ " + ", ".join(f"{quoted(k)} = {v}" for k, v in one.items()) + " }"
        ),
    ),
    max_leaves=6,
)
Table = dict[str, Any]
tables = st.recursive(
    st.dictionaries(keys, inline, max_size=3),
    lambda inner: st.dictionaries(keys, inline | inner | st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
)


def quoted(key: str) -> str:
    return key if key.isascii() and key.isidentifier() else json.dumps(key, ensure_ascii=False)


def written(table: Table, header: tuple[str, ...] = ()) -> str:
    lines = [
        f"{quoted(key)}={value}  # c" for key, value in table.items() if isinstance(value, str)
    ]
    for key, value in table.items():
        place = (*header, key)
        name = " . ".join(map(quoted, place))
        if isinstance(value, dict):
            lines += [f"[{name}]", written(value, place)]
        elif isinstance(value, list):
            for item in value:
                lines += [f"  [[{name}]] # d", written(item, place)]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(tables)
def test_every_place_that_the_standard_library_reads_is_stated(table: Table) -> None:
    text = written(table)
    facts = extract(text.encode())
    assert (facts.parsed, facts.problems) == ("full", ())
    assert stated(facts) == sorted(addresses(tomllib.loads(text)))


def test_dotted_keys_and_headers_add_to_what_is_there() -> None:
    text = "a.b.c = 1\na.b.d = 2\n[[x]]\nn = 1\n[x.y]\nz = 1\n[[x]]\n[x.y]\nz = 2\n"
    assert stated(extract(text.encode())) == sorted(addresses(tomllib.loads(text)))


def test_lines_of_tables_and_of_values_over_several() -> None:
    facts = extract(b'[t]\na = [\n  "x", # c\n  "y",\n]\n\n[t.u]\nb = """\n1\n2"""\n')
    places = {one.name: (one.line, one.end) for one in facts.definitions}
    assert places["t"] == (1, 10)
    assert places["t.a"] == (2, 5)
    assert places["t.a[1]"] == (4, 4)
    assert places["t.u"] == (7, 10)
    assert places["t.u.b"] == (8, 10)


def test_escapes_are_what_they_stand_for() -> None:
    facts = extract(b'a = "x\\u002Fy.sql"\nb = """x/\\\n   y.sql"""\nc = "x/y.sql"\n')
    assert {one.value for one in facts.mentions} == {"x/y.sql"}
    assert len({one.body for one in facts.definitions}) == 1


def test_a_line_that_cannot_be_read_costs_only_itself() -> None:
    facts = extract(b"[a]\nx = 1\nnonsense\ny = = 2\n[b\nz = 3\n[c]\nw = [1, 2]\n")
    assert facts.parsed == "partial"
    assert {one.name for one in facts.definitions} >= {"a", "a.x", "c", "c.w", "c.w[1]"}
    assert {3, 4, 5} <= {one.line for one in facts.problems}


def test_a_new_version_is_a_changed_key_not_a_changed_file() -> None:
    before = b'[project]\nname = "x"\nversion = "1.0"\ndependencies = ["a>=1", "b"]\n'
    after = before.replace(b"1.0", b"1.1").replace(b'"a>=1", "b"', b'\n  "b",\n  "a>=1",\n')
    assert [(one.key, one.kind) for one in diff(extract(before), extract(after))] == [
        ("project.version", "modified")
    ]


def test_scripts_are_dotted_names() -> None:
    facts = extract(b'[project.scripts]\nrun = "pkg.cli:main"\n')
    assert [(one.value, one.flavor, one.via) for one in facts.mentions] == [
        ("pkg.cli.main", "dotted", "run")
    ]


def test_a_lock_file_states_names_and_versions() -> None:
    text = b'[[package]]\nname = "a"\nversion = "1"\nfiles = [{file = "a.whl"}]\n'
    facts = extract(text)
    assert [one.name for one in facts.definitions] == [
        "package",
        "package[0]",
        "package[0].name",
        "package[0].version",
    ]
    assert facts.definitions[1].key == "package[name=a]"


def test_what_is_claimed() -> None:
    assert all(map(claims, ["pyproject.toml", "x/uv.lock", "Cargo.lock"]))
    assert not any(map(claims, ["toml", "a.toml.j2", "yarn.lock"]))
