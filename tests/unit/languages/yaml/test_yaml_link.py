"""Edges within YAML: aliases, merges, includes, pointers."""

from __future__ import annotations

from blastradius.index.link import Options
from blastradius.languages.yaml import extract, link, symbol, tables
from blastradius.model.symbols import Linked


def linked(path: str, **files: str) -> Linked:
    tree = {name.replace("__", "/").replace("_yaml", ".yaml"): text for name, text in files.items()}
    facts = {name: extract(text.encode()) for name, text in tree.items() if name.endswith(".yaml")}
    return link(path, facts[path], tables(facts, Options(paths=frozenset(tree))))


def edges(result: Linked) -> set[tuple[str, str, str, int]]:
    return {(one.source, one.kind, one.target, one.line) for one in result.edges}


def test_an_alias_depends_on_its_anchor_and_its_members_on_theirs() -> None:
    assert edges(linked("a.yaml", a_yaml="base: &b\n  - x\nuse: *b\n")) == {
        ("yaml:a.yaml#use", "alias", "yaml:a.yaml#base", 3),
        ("yaml:a.yaml#use[0]", "alias", "yaml:a.yaml#base[0]", 3),
    }


def test_a_merge_makes_keys_of_its_own_except_where_they_are_overridden() -> None:
    text = "base: &b\n  t: 5\n  u: 1\nprod:\n  <<: *b\n  u: 2\n"
    assert edges(linked("a.yaml", a_yaml=text)) == {
        ("yaml:a.yaml#prod", "merge", "yaml:a.yaml#base", 5),
        ("yaml:a.yaml#prod.t", "alias", "yaml:a.yaml#base.t", 5),
    }
    facts = extract(text.encode())
    merged = {one.name: one for one in facts.definitions}
    assert merged["prod.t"].body == merged["base.t"].body
    assert merged["prod.u"].body != merged["base.u"].body


def test_of_several_merged_mappings_the_first_wins() -> None:
    text = "a: &a {k: 1}\nb: &b {k: 2, l: 2}\nc: {<<: [*a, *b]}\n"
    found = {one[0]: one[2] for one in edges(linked("a.yaml", a_yaml=text)) if one[1] == "alias"}
    assert found == {
        "yaml:a.yaml#c.k": "yaml:a.yaml#a.k",
        "yaml:a.yaml#c.l": "yaml:a.yaml#b.l",
    }


def test_an_include_is_found_beside_the_file_then_from_the_root() -> None:
    result = linked(
        "conf/a.yaml",
        conf__a_yaml="x: !include b.yaml\ny: !include lib/c.yaml\nz: !include ../d.txt\n"
        "w: !include_dir_list lib\n",
        conf__b_yaml="k: 1",
        b_yaml="k: 1",
        lib__c_yaml="k: 1",
        **{"d.txt": ""},
    )
    assert edges(result) == {
        ("yaml:conf/a.yaml#x", "include", "yaml:conf/b.yaml", 1),
        ("yaml:conf/a.yaml#y", "include", "yaml:lib/c.yaml", 2),
        ("yaml:conf/a.yaml#z", "include", "file:d.txt", 3),
        ("yaml:conf/a.yaml#w", "include", "yaml:lib/c.yaml", 4),
    }
    assert result.resolved == 4


def test_an_include_of_nothing_dangles_when_it_is_ours() -> None:
    result = linked(
        "a.yaml",
        a_yaml="x: !include gone.yaml\ny: !include https://e.example/x.yaml\nz: !include /etc/x.yaml\n"
        "w: !include ../../../out.yaml\n",
    )
    assert not result.edges
    assert [(one.name, one.line, one.internal) for one in result.unresolved] == [
        ("gone.yaml", 1, True),
        ("https://e.example/x.yaml", 2, False),
        ("/etc/x.yaml", 3, False),
        ("../../../out.yaml", 4, False),
    ]
    assert result.unresolved[0].source == "yaml:a.yaml#x"


def test_a_pointer_leads_to_the_key_it_names() -> None:
    api = (
        "paths:\n  /a:\n    $ref: '#/components/schemas/Pet'\n  /b: {$ref: 'c.yaml#/list/1'}\n"
        "  /c: {$ref: '#/paths/~1a'}\n  /d: {$ref: '#/nowhere'}\n"
        "components: {schemas: {Pet: {type: object}}}\n"
    )
    result = linked("a.yaml", a_yaml=api, c_yaml="list: [x, y]\n")
    assert edges(result) == {
        ("yaml:a.yaml#paths./a.$ref", "ref", "yaml:a.yaml#components.schemas.Pet", 3),
        ("yaml:a.yaml#paths./b.$ref", "ref", "yaml:c.yaml#list[1]", 4),
        ("yaml:a.yaml#paths./c.$ref", "ref", "yaml:a.yaml#paths./a", 5),
    }
    assert [one.name for one in result.unresolved] == ["#/nowhere"]


def test_the_file_itself_has_a_symbol() -> None:
    facts = extract(b"a: 1")
    assert symbol("x.yaml", facts.definitions, -1) == "yaml:x.yaml"
    assert symbol("x.yaml", facts.definitions, 0) == "yaml:x.yaml#a"
