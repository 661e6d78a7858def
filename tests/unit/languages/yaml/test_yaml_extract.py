"""What one YAML file states: addresses, identities, values, mentions."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.languages.yaml import claims, extract
from blastradius.model.facts import Definition, Facts

CONFIG = b"""\
# What is loaded.
sources:
  - name: oura
    connector: oura_connector.OuraConnector
    table: silver_input.oura
    password: hunter2
    fields:
      - user_id
      - sleep_score   # nightly

  - name: garmin
    connector: garmin_connector.GarminConnector
    fields: [user_id, stress_level]
"""


def named(facts: Facts, name: str) -> Definition:
    (found,) = (one for one in facts.definitions if one.name == name)
    return found


def by_key(facts: Facts) -> dict[str, Definition]:
    return {one.key or one.name: one for one in facts.definitions}


def said(source: str) -> set[tuple[str, str]]:
    return {(one.value, one.flavor) for one in extract(source.encode()).mentions}


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("a/b.yaml", True),
        (".github/workflows/ci.YML", True),
        ("chart/deploy.yaml.j2", True),
        ("a.yaml.py", False),
        ("yaml", False),
    ],
)
def test_files_are_claimed_by_their_ending(path: str, ours: bool) -> None:  # noqa: FBT001 - a table's column
    assert claims(path) is ours


def test_every_key_and_item_has_its_address_and_lines() -> None:
    facts = extract(CONFIG)
    assert facts.parsed == "full"
    assert not facts.problems
    item = named(facts, "sources[0].fields[1]")
    assert (item.kind, item.line, item.end) == ("item", 9, 9)
    assert facts.definitions[item.parent].name == "sources[0].fields"
    fields = named(facts, "sources[0].fields")
    assert (fields.kind, fields.line, fields.end, fields.shape) == ("key", 7, 9, "sequence")
    assert (named(facts, "sources").line, named(facts, "sources").end) == (2, 13)
    assert named(facts, "sources[1].fields[1]").key == "sources[name=garmin].fields[=stress_level]"


def test_an_item_that_shifts_keeps_its_identity_and_its_body() -> None:
    shifted = CONFIG.replace(b"sources:\n", b"sources:\n  - name: fitbit\n    fields: [steps]\n")
    shifted = shifted.replace(b"      - user_id\n", b"      - day\n      - user_id\n")
    before, after = by_key(extract(CONFIG)), by_key(extract(shifted))
    assert set(after) - set(before) == {
        "sources[name=fitbit]",
        "sources[name=fitbit].name",
        "sources[name=fitbit].fields",
        "sources[name=fitbit].fields[=steps]",
        "sources[name=oura].fields[=day]",
    }
    assert set(before) <= set(after)
    assert all((after[k].body, after[k].shape) == (before[k].body, before[k].shape) for k in before)


def test_style_and_comments_are_no_change_but_types_are() -> None:
    plain = by_key(extract(b"a: x y\nb: 5\nc:\n  - 1\n  - {k: v}\n"))
    styled = by_key(extract(b"# new\na: 'x y'\n\nb: 5 # five\nc: [1,\n  {\"k\": v}]\n"))
    assert plain.keys() == styled.keys()
    assert all((plain[k].shape, plain[k].body) == (styled[k].shape, styled[k].body) for k in plain)
    quoted = by_key(extract(b"b: '5'\n"))["b"]
    assert (quoted.shape, plain["b"].shape) == ("scalar str", "scalar number")
    assert by_key(extract(b"b: 6\n"))["b"].body != plain["b"].body
    folded = by_key(extract(b"a: >-\n  x\n  y\n"))["a"]
    assert folded.body == plain["a"].body


def test_items_that_look_the_same_and_items_without_identity_are_told_apart() -> None:
    facts = extract(b"- x\n- x\n- [a]\n- unique\n- relationships: {to: m}\n- {p: 1, q: 2}\n")
    keys = [one.key or one.name for one in facts.definitions if one.parent == -1]
    assert keys == ["[=x]", "[=x]~2", "[2]", "[=unique]", "[relationships:]", "[5]"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b'a: {"b.c": 1}', 'a["b.c"]'),
        (b"a: {b: {'c[0]': 1}}", 'a.b["c[0]"]'),
        (b"'it''s': 1", '["it\'s"]'),
        (b"a: {1: x}", "a.1"),
        (b"on: push", "on"),
        (b"paths: {'/u/{id}': {get: 1}}", "paths./u/{id}.get"),
        (b"a: {'': 1}", 'a[""]'),
        (b"'two words': 1", '["two words"]'),
        (b"a.b: 1", '["a.b"]'),
    ],
)
def test_keys_are_escaped_where_a_dot_or_bracket_would_mislead(source: bytes, name: str) -> None:
    assert named(extract(source), name).line == 1


def test_a_complex_key_has_an_address_of_its_content() -> None:
    one, two = extract(b"? [a, b]\n: 1\n"), extract(b"? [a, c]\n: 1\n")
    assert one.definitions[0].name.startswith("[?")
    assert one.definitions[0].name != two.definitions[0].name
    assert one.definitions[0].name == extract(b"? ['a', b]\n: 1\n").definitions[0].name


def test_later_documents_have_a_prefix_and_kubernetes_objects_an_identity() -> None:
    web = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {port: 80}\n"
    job = "apiVersion: v1\nkind: Job\nmetadata: {name: job, namespace: x}\nspec: {a: 1}\n"
    facts = extract(f"{web}---\n{job}".encode())
    document = named(facts, "[doc1]")
    assert (document.kind, document.line, document.key) == ("document", 6, "[Job/x/job]")
    assert named(facts, "spec.port").key == "[Service/web].spec.port"
    swapped = extract(f"{job}---\n{web}".encode())
    moved = {k: v.body for k, v in by_key(swapped).items() if v.kind != "document"}
    assert moved == {k: v.body for k, v in by_key(facts).items() if v.kind != "document"}
    plain = extract(b"a: {b: 1}\n---\na: {b: 2}\n")
    assert {"a.b", "[doc1].a.b"} <= {one.name for one in plain.definitions}


def test_a_file_that_is_one_scalar_still_states_something() -> None:
    assert extract(b"just text").definitions[0].name == "[doc0]"
    assert extract(b"# nothing\n").definitions == ()
    assert extract(b"").parsed == "full"


def test_duplicate_keys_are_said_with_both_lines() -> None:
    facts = extract(b"a: 1\nb: 2\na: 3\n")
    assert [(one.line, one.what) for one in facts.problems] == [
        (3, "key 'a' again, first on line 1")
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("p: config/x.yaml", {("config/x.yaml", "path")}),
        ("p: ./run", {("./run", "path")}),
        ("p: run.py", {("run.py", "path")}),
        ("p: models/**/*.sql", {("models/**/*.sql", "glob")}),
        ("p: application/json", set()),
        ("p: actions/checkout@v4", set()),
        ("connector: a_b.Conn", {("a_b.Conn", "dotted")}),
        ("handler: pkg.mod:main", {("pkg.mod.main", "dotted")}),
        ("table: silver.oura", {("silver.oura", "table")}),
        ("table: oura", {("oura", "table")}),
        ("x: my-project.data.set", {("my-project.data.set", "table")}),
        ("x: data.set", {("data.set", "dotted"), ("data.set", "table")}),
        ("x: 1.2.3", set()),
        ("x: 2", set()),
        ("x: yes", set()),
        ("x: https://a.example/b", {("https://a.example/b", "url")}),
        ("x: oura_sleep", {("oura_sleep", "name")}),
        ("x: a sentence about config/x.yaml", set()),
        ("x: ${HOME}/d", {("HOME", "env")}),
        ("x: ${A:-b} $C", {("A", "env"), ("C", "env")}),
        ("x: \"{{ env_var('TOKEN') }}\"", {("TOKEN", "env")}),
        ("x: ${{ secrets.KEY }}", {("KEY", "env")}),
        ("x: ref('dim_day')", {("dim_day", "table")}),
        ("x: source('raw', 'trips')", {("raw.trips", "table")}),
        ("x: !ENV ${A}", {("A", "env")}),
    ],
)
def test_a_value_is_told_by_its_looks_and_its_key(
    source: str, expected: set[tuple[str, str]]
) -> None:
    assert said(source) == expected


def test_a_mention_says_where_it_stands_and_under_which_key() -> None:
    facts = extract(CONFIG)
    (table,) = (one for one in facts.mentions if one.flavor == "table")
    assert (table.value, table.line, table.via) == ("silver_input.oura", 5, "table")
    assert facts.definitions[table.scope].name == "sources[0].table"


def test_sql_in_a_value_is_handed_on_with_its_first_line() -> None:
    facts = extract(
        b"a: 1\nhook: |\n  -- why\n  SELECT x\n  FROM t.y\nb: select me\nc: SELECT 1 FROM z\n"
    )
    assert [(one.line, one.text.split("\n")[0], one.via) for one in facts.embedded] == [
        (3, "-- why", "hook"),
        (7, "SELECT 1 FROM z", "c"),
    ]
    assert facts.definitions[facts.embedded[0].scope].name == "hook"


def test_a_list_of_words_is_a_group_with_what_says_what_it_is_about() -> None:
    groups = {
        extract(CONFIG).definitions[one.scope].name: one
        for one in extract(CONFIG).groups
        if one.kind == "items"
    }
    oura = groups["sources[0].fields"]
    assert [(site.name, site.line) for site in oura.sites] == [("user_id", 8), ("sleep_score", 9)]
    assert {"name=oura", "oura_connector.OuraConnector", "silver_input.oura"} <= set(oura.anchors)
    assert {"fields", "sources"} <= set(oura.anchors)
    assert not [one for one in oura.anchors if "garmin" in one or "hunter2" in one]
    facts = extract(CONFIG)
    assert facts.definitions[oura.sites[1].definition].name == "sources[0].fields[1]"


def test_named_members_and_like_values_are_groups_sentences_are_not() -> None:
    facts = extract(
        b"columns:\n  - name: day\n    description: of sleep\n  - name: hrv\n"
        b"types: {day: date, hrv: int}\nprose: [one of, many words, x]\nmixed: {a: 1, b: [2]}\n"
    )
    found = {
        facts.definitions[one.scope].name: (one.kind, [site.name for site in one.sites])
        for one in facts.groups
    }
    assert found == {"columns": ("columns", ["day", "hrv"]), "types": ("dict", ["day", "hrv"])}


SCALARS = st.one_of(
    st.integers(-5, 5), st.booleans(), st.none(), st.text("ab .:[]'\"#{}\n\té€😀", max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("ab.[] ", max_size=3), inner, max_size=4),
    ),
    max_leaves=12,
)


def members(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(members(one) for one in value.values())
    if isinstance(value, list):
        return len(value) + sum(members(one) for one in value)
    return 0


@settings(max_examples=150, deadline=None)
@given(value=st.dictionaries(st.text("ab.[] ", max_size=3), VALUES, max_size=4), flow=st.booleans())
def test_what_pyyaml_writes_has_one_distinct_address_for_each_key_and_item(
    value: dict[str, object],
    flow: bool,  # noqa: FBT001 - drawn
) -> None:
    written = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    facts = extract(written.encode())
    assert len({one.name for one in facts.definitions}) == len(facts.definitions) == members(value)
    assert len({one.key or one.name for one in facts.definitions}) == members(value)
    lines = written.count("\n") + 1
    assert all(1 <= one.line <= one.end <= lines for one in facts.definitions)
    assert all(one.parent < index for index, one in enumerate(facts.definitions))
