from __future__ import annotations

import pytest

from blastradius.languages import javascript
from blastradius.model.facts import Facts
from tests.unit.languages.javascript.jstree import defined, facts_of


def kinds(text: str) -> dict[str, str]:
    return {name: one.kind for name, one in defined(text).items() if name}


def groups(facts: Facts) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind, one.role, tuple(site.name for site in one.sites)) for one in facts.groups]


def test_what_a_module_declares() -> None:
    found = kinds("""
        export function run(a, b = 1) {}
        export const arrow = async (x) => x;
        export let count = 1;
        export class Box extends Base { size = 1; static make() {} #hidden = 2; get width() {} }
        export interface Shape { area: number; scale(by: number): Shape }
        export type Point = { x: number; y: number };
        export type Id = string;
        export enum Color { Red, Blue = 'b' }
        export namespace Deep { export function inner() {} }
        const [first, { second }] = pair();
    """)
    assert found == {
        "run": "function",
        "run(a)": "parameter",
        "run(b)": "parameter",
        "arrow": "function",
        "arrow(x)": "parameter",
        "count": "variable",
        "Box": "class",
        "Box.size": "attribute",
        "Box.make": "method",
        "Box.#hidden": "attribute",
        "Box.width": "method",
        "Shape": "class",
        "Shape.area": "attribute",
        "Shape.scale": "method",
        "Shape.scale(by)": "parameter",
        "Point": "variable",
        "Point.x": "attribute",
        "Point.y": "attribute",
        "Id": "variable",
        "Color": "class",
        "Color.Red": "attribute",
        "Color.Blue": "attribute",
        "Deep": "namespace",
        "Deep.inner": "function",
        "first": "variable",
        "second": "variable",
    }


def test_what_functions_keep_to_themselves_is_no_definition() -> None:
    assert set(kinds("function f() { const a = 1; function g() {} class C {} }")) == {"f"}


def test_members_of_a_constant_object_are_definitions() -> None:
    found = kinds("export const api = { list: () => 1, url: '/x', get() {}, [computed]: 1 };")
    assert found == {
        "api": "variable",
        "api.list": "method",
        "api.url": "attribute",
        "api.get": "method",
    }


def test_a_default_export_without_a_name_is_called_default() -> None:
    assert defined("export default class { go() {} }")["default.go"].kind == "method"
    assert defined("export default () => 1;")["default"].kind == "function"
    assert defined("export default { a: 1 };")["default"].kind == "variable"
    assert "default" not in defined("export default function named() {}")


@pytest.mark.parametrize(
    "after",
    [
        "export function f(a,b){return `x` + g(a,\n b,)}",
        "// says nothing\nexport function f(a, b) {\n  /* nor this */\n  return `x` + g(a, b);\n}",
    ],
)
def test_layout_and_comments_are_no_change(after: str) -> None:
    before = defined("export function f(a, b) { return `x` + g(a, b) }")["f"]
    now = defined(after)["f"]
    assert (before.shape, before.body) == (now.shape, now.body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("export const a = 'x'", 'export const a = "x";'),
        ("const el = <B>some   text</B>", "const el = <B>\n  some text\n</B>"),
        ("type T = 'a' | 'b'", "type T =\n  | 'a'\n  | 'b';"),
        ("interface I { a: string, b: number }", "interface I {\n  a: string;\n  b: number;\n}"),
    ],
)
def test_quotes_semicolons_and_separators_are_no_change(before: str, after: str) -> None:
    old, new = defined(before), defined(after)
    assert [(n, d.shape, d.body) for n, d in old.items()] == [
        (n, d.shape, d.body) for n, d in new.items()
    ]


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("function f() { return 1 }", "function f() { return 2 }", "f"),
        ("const a = g(x)", "const a = g(y)", "a"),
        ("const a = <B c={1}/>", "const a = <B c={2}/>", "a"),
        ("class A { m() { return this.x } }", "class A { m() { return this.y } }", "A.m"),
        ("const a = `x${b}y`", "const a = `x${b}z`", "a"),
        ("function f({ a }) {}", "function f({ b }) {}", "f(#0)"),
        ("enum E { A = 1 }", "enum E { A = 2 }", "E.A"),
    ],
)
def test_what_differs_is_seen_and_only_there(before: str, after: str, name: str) -> None:
    old, new = defined(before), defined(after)
    assert (old[name].shape, old[name].body) != (new[name].shape, new[name].body)
    assert old[""].body == new[""].body


def test_signatures_say_what_callers_need() -> None:
    found = defined("export async function f<T>(a: T, b?: number, ...c: string[]): Promise<T> {}")
    assert found["f"].shape == "async function<T>(a: T, b?: number, ...c: string[]): Promise<T>"
    assert found["f(a)"].shape == "positional required : T"
    assert found["f(b)"].shape == "positional : number"
    assert found["f(c)"].shape == "variadic : string[]"


def test_a_class_is_known_by_its_head_and_not_by_its_members() -> None:
    one = defined("@Entity() class A<T> extends B<T> implements C { x: number = 1 }")["A"]
    two = defined("@Entity() class A<T> extends B<T> implements C { y: string }")["A"]
    assert one.shape == two.shape == "@Entity() class<T> extends B<T> implements C"
    assert one.body == two.body


def test_environment_variables() -> None:
    facts = facts_of("""
        const a = process.env.TOKEN, b = process.env["SECRET"];
        const { HOST, PORT: port = 1 } = process.env;
        const d = import.meta.env.VITE_KEY;
    """)
    assert [one.value for one in facts.mentions if one.flavor == "env"] == [
        "TOKEN",
        "SECRET",
        "HOST",
        "PORT",
        "VITE_KEY",
    ]


def test_paths_and_tables_and_urls_in_strings() -> None:
    facts = facts_of("""
        fs.readFileSync('data/x.json'); fs.readFile("plain.csv"); t("hello.world");
        knex('users'); load("src/a.sql"); fetch("/api/users"); open("https://example.org/x");
    """)
    assert [(one.value, one.flavor) for one in facts.mentions] == [
        ("data/x.json", "path"),
        ("plain.csv", "path"),
        ("users", "table"),
        ("src/a.sql", "path"),
        ("/api/users", "url"),
        ("https://example.org/x", "url"),
    ]


def test_sql_in_strings_and_templates() -> None:
    facts = facts_of("""
        function f(id) {
          db.query(`SELECT a FROM t WHERE id = ${id}`);
          sql`INSERT INTO t (a) VALUES (${id})`;
          db.run("DELETE FROM t " + where);
          say("Select one from the list");
        }
    """)
    assert [(one.text, one.line, one.holes) for one in facts.embedded] == [
        ("SELECT a FROM t WHERE id = __hole__", 3, True),
        ("INSERT INTO t (a) VALUES (__hole__)", 4, True),
        ("DELETE FROM t __hole__", 5, True),
    ]


def test_fields_that_stand_together() -> None:
    facts = facts_of("""
        interface Night { day: string; score: number }
        export const shape = z.object({ day: z.string(), score: z.number() });
        function f(row) { const { day, score } = row; return { day, best: row.top, low: row.low }; }
    """)
    assert ("class", "declare", ("day", "score")) in groups(facts)
    assert ("dict", "produce", ("day", "score")) in groups(facts)
    assert ("dict", "consume", ("day", "score")) in groups(facts)
    assert ("dict", "produce", ("day", "best", "low")) in groups(facts)
    assert ("subscript", "consume", ("top", "low")) in groups(facts)


def test_a_bundle_is_said_and_not_read() -> None:
    facts = javascript.extract(b"var a=1;" * 20_000)
    assert facts.parsed == "partial"
    assert facts.problems[0].what == "minified: not read"
    assert [one.kind for one in facts.definitions] == ["module"]


def test_a_broken_statement_leaves_the_others() -> None:
    facts = facts_of("export function a() {}\nconst = = 3;\nexport function b() { a() }\n")
    assert facts.parsed == "partial"
    assert facts.problems[0].line == 2
    assert {"a", "b"} <= {one.name for one in facts.definitions}


@pytest.mark.parametrize(
    "text",
    [
        "export type * from './a';",
        "type F = {\n  (a: string): void\n  <T>(a: T): T\n}",
        'const a = <a href="https://x.org/?a=1&b=2" target="_blank">x</a>;',
        "const a = <T>x;",
    ],
)
def test_syntax_that_one_grammar_lacks_is_read_all_the_same(text: str) -> None:
    assert facts_of(text).problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".b" * 30_000,
        "x = " + "'a' + " * 20_000 + "1",
        "f(" * 3_000 + ")" * 3_000,
        "(" * 9_000,
        "[" * 4_000 + "]" * 4_000,
        "{" * 4_000,
        "x = " + "{a:" * 2_000 + "1" + "}" * 2_000,
        "const {" + "a:{" * 2_000 + "b" + "}" * 2_000 + "} = c",
        "<a>" * 2_000,
        "type T = " + "A<" * 2_000 + ">" * 2_000,
        "a ? b : " * 5_000 + "c",
        "`${" * 2_000 + "}`" * 2_000,
        "exports.a = " * 3_000 + "1",
        "a" + ".b()" * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_depth_is_no_exception(text: str) -> None:
    lines = "\n".join(text[start : start + 4_000] for start in range(0, len(text), 4_000))
    assert facts_of(lines) == facts_of(lines)
