"""JSON against the standard library's reader, and what that refuses."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.changes.diff import diff
from blastradius.index.link import Options
from blastradius.languages.json import MAX_NODES, claims, extract, link, tables
from tests.unit.languages.keyed_paths import addresses, stated

texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts.filter(bool), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(
    value=st.dictionaries(texts.filter(bool), values, max_size=5),
    indent=st.sampled_from([None, 1, 4]),
    ascii_only=st.booleans(),
)
def test_every_place_that_the_standard_library_reads_is_stated(
    value: dict[str, Any], indent: int | None, *, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    facts = extract(text.encode())
    assert (facts.parsed, facts.problems) == ("full", ())
    assert stated(facts) == sorted(addresses(json.loads(text)))


def test_lines_are_those_of_key_and_closing_bracket() -> None:
    facts = extract(b'{\n  "a": {\n    "b": [\n      1\n    ]\n  }\n}\n')
    places = {one.name: (one.line, one.end) for one in facts.definitions}
    assert places == {"a": (2, 6), "a.b": (3, 5), "a.b[0]": (4, 4)}


def test_comments_trailing_commas_and_json5_are_read() -> None:
    facts = extract(b"{// c\n a: 'x\\'y', /* d */ \"b\": [+1, .5, 0xF,], c: Infinity,\n}")
    assert facts.parsed == "full"
    assert stated(facts) == [
        ("a", "scalar str"),
        ("b", "sequence"),
        ("b[0]", "scalar number"),
        ("b[1]", "scalar number"),
        ("b[2]", "scalar number"),
        ("c", "scalar number"),
    ]


def test_a_fault_costs_only_itself() -> None:
    facts = extract(b'{"a": 1, "b" 2, "c": , "d": {"e": 3')
    assert facts.parsed == "partial"
    assert {one.name for one in facts.definitions} == {"a", "b", "c", "d", "d.e"}
    assert facts.problems


def test_a_moved_item_is_no_change_and_a_new_value_is_one() -> None:
    old = extract(b'{"on": [{"name": "x", "at": 1}, {"name": "y", "at": 2}]}')
    new = extract(b'{"on": [{"name": "y", "at": 3}, {"name": "x", "at": 1}]}')
    assert [(one.key, one.kind) for one in diff(old, new)] == [("on[name=y].at", "modified")]


def test_much_data_is_read_at_its_top_levels_only() -> None:
    many = {f"k{i}": {"deep": [i, {"x": i}]} for i in range(MAX_NODES // 4)}
    facts = extract(json.dumps(many).encode())
    assert facts.parsed == "partial"
    assert {one.name.count(".") for one in facts.definitions} == {0, 1}
    other = extract(json.dumps({**many, "k7": {"deep": [7, {"x": 8}]}}).encode())
    assert [one.key for one in diff(facts, other)] == ["k7.deep"]


def test_a_lock_file_is_whole_with_its_packages_alone() -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {"node_modules/x": {"version": "1", "bin": {"x": "y"}}},
    }
    facts = extract(json.dumps(lock).encode())
    assert facts.parsed == "full"
    assert [one.name for one in facts.definitions] == [
        "lockfileVersion",
        "packages",
        "packages.node_modules/x",
    ]


def test_references_lead_to_keys_here_and_in_other_files() -> None:
    tree = {
        "s/a.json": b'{"d": {"x/y": {}}, "p": {"$ref": "#/d/x~1y"}, "q": {"$ref": "b.json#/k"}}',
        "s/b.json": b'{"k": 1, "extends": "./a"}',
        "s/c.json": b'{"$ref": "#/gone", "z": {"$ref": "https://x.org/s.json"}}',
    }
    facts = {path: extract(text) for path, text in tree.items()}
    known = tables(facts, Options(paths=frozenset(tree)))
    found = {path: link(path, facts[path], known) for path in tree}
    assert {(one.source, one.target) for one in found["s/a.json"].edges} == {
        ("json:s/a.json#p.$ref", "json:s/a.json#d.x/y"),
        ("json:s/a.json#q.$ref", "json:s/b.json#k"),
    }
    assert [one.target for one in found["s/b.json"].edges] == ["json:s/a.json"]
    assert [(one.name, one.internal) for one in found["s/c.json"].unresolved] == [
        ("#/gone", True),
        ("https://x.org/s.json", False),
    ]


def test_mentions_are_those_of_yaml() -> None:
    facts = extract(b'{"run": "pkg.mod:main", "file": "sql/x.sql", "url": "${HOST}", "n": 3}')
    assert {(one.value, one.flavor) for one in facts.mentions} == {
        ("pkg.mod.main", "dotted"),
        ("sql/x.sql", "path"),
        ("HOST", "env"),
    }


def test_no_secret_is_kept_and_its_change_is_seen() -> None:
    secret = "hunter2-" + "Zx81Qw"
    token = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2"
    old = extract(json.dumps({"db": {"password": secret}, "list": [token]}).encode())
    packed = msgspec.msgpack.encode(old)
    assert secret.encode() not in packed
    assert token.encode() not in packed
    new = extract(json.dumps({"db": {"password": secret + "!"}, "list": [token]}).encode())
    assert [(one.key, one.kind) for one in diff(old, new)] == [("db.password", "modified")]


def test_what_is_claimed() -> None:
    assert all(map(claims, ["a.json", "x/tsconfig.JSON", "p.jsonc", "Pipfile.lock"]))
    assert not any(map(claims, ["a.ipynb", "a.jsonl", "json", "x.json.py"]))
