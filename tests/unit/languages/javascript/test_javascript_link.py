from __future__ import annotations

import pytest

from tests.unit.languages.javascript.jstree import arrows, dangling, linked, tiers

A = "export function f() {}\nexport const g = 1;\nexport default class D { m() {} static s() {} }\n"


def test_a_named_import_and_its_use() -> None:
    tree = {"a.ts": A, "b.ts": "import { f, g as h } from './a';\nexport const x = () => f(h);\n"}
    assert arrows(tree) == {
        "b.ts -> a.ts#f",
        "b.ts -> a.ts#g",
        "b.ts#x -> a.ts#f",
        "b.ts#x -> a.ts#g",
    }
    edges, _ = linked(tree)
    assert [(edge.kind, edge.line, edge.needs) for edge in edges] == [
        ("import", 1, "./a#f"),
        ("import", 1, "./a#g"),
        ("call", 2, "f"),
        ("reference", 2, "h"),
    ]
    assert {edge.tier for edge in edges} == {"certain"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import D from './a'; new D();", {"b.js -> a.ts#D"}),
        ("import * as n from './a'; n.f();", {"b.js -> a.ts", "b.js -> a.ts#f"}),
        ("import * as n from './a'; use(n);", {"b.js -> a.ts", "b.js -> file:a.ts"}),
        ("import './a';", {"b.js -> a.ts"}),
        ("const { f } = require('./a'); f();", {"b.js -> a.ts#f"}),
        ("require('./a').f();", {"b.js -> a.ts", "b.js -> a.ts#f"}),
        ("const m = require('./a').default; new m();", {"b.js -> a.ts", "b.js -> a.ts#D"}),
        ("import m = require('./a'); m.f();", {"b.js -> a.ts", "b.js -> a.ts#f"}),
        ("import('./a').then((m) => m.f());", {"b.js -> a.ts", "b.js -> a.ts#f"}),
        ("import('./a').then(({ f }) => f());", {"b.js -> a.ts", "b.js -> a.ts#f"}),
        ("const X = lazy(() => import('./a'));", {"b.js#X -> a.ts#D"}),
        ("import D from './a'; const x = <D/>;", {"b.js -> a.ts#D", "b.js#x -> a.ts#D"}),
        ("import * as n from './a'; const x = <n.f/>;", {"b.js -> a.ts", "b.js#x -> a.ts#f"}),
        (
            "import D from './a'; class E extends D {}",
            {"b.js -> a.ts#D", "b.js#E -> a.ts#D"},
        ),
        ("import type D from './a'; let x: D;", {"b.js -> a.ts#D", "b.js#x -> a.ts#D"}),
        ("import { f } from './a'; const o = { f };", {"b.js -> a.ts#f", "b.js#o.f -> a.ts#f"}),
        ("import { f } from './a'; export { f as k };", {"b.js -> a.ts#f", "b.js#k -> a.ts#f"}),
    ],
)
def test_ways_to_use_another_module(text: str, expected: set[str]) -> None:
    assert arrows({"a.ts": A, "b.js": text}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "function x(f) { f(); }",
        "function x() { const f = 1; return f; }",
        "function x() { return g2(); function g2() { let f = 2; f; } }",
        "for (const f of []) { f(); }",
        "try { } catch (f) { f(); }",
        "const x = ({ f }) => f();",
        "const x = ([f = 1]) => f();",
        "function x() { { var f = 1; } return f; }",
        "class C<f> { m(a: f) {} }",
        "function x() { class f {} return new f(); }",
        "const x = { f: 1 }; x.f;",
        "x = a.f;",
        "f: while (1) { break f; }",
    ],
)
def test_what_hides_an_import_is_no_use_of_it(text: str) -> None:
    found = arrows({"a.ts": A, "b.ts": f"import {{ f }} from './a';\n{text}\n"})
    assert {one for one in found if one.endswith("a.ts#f")} == {"b.ts -> a.ts#f"}


def test_a_declaration_below_is_seen_above() -> None:
    text = "import { f } from './a';\nfunction x() { f(); var f; }\nfunction y() { z(); }\n"
    found = arrows({"a.ts": A, "b.ts": f"{text}function z() {{}}\n"}, "call")
    assert found == {"b.ts#y -> b.ts#z"}


def test_every_hop_of_a_barrel_is_an_edge() -> None:
    tree = {
        "lib/a.ts": "export const deep = 1;",
        "lib/mid.ts": "export { deep as middle } from './a';",
        "lib/index.ts": "export * from './mid';\nexport * as all from './mid';\n",
        "use.ts": "import { middle, all } from './lib';\nexport const x = middle + all.middle;\n",
    }
    assert arrows(tree) == {
        "lib/mid.ts#middle -> lib/a.ts#deep",
        "lib/index.ts#*(./mid) -> lib/mid.ts",
        "lib/index.ts#all -> lib/mid.ts",
        "use.ts -> lib/index.ts#*(./mid)",
        "use.ts -> lib/mid.ts#middle",
        "use.ts -> lib/index.ts#all",
        "use.ts#x -> lib/a.ts#deep",
    }


def test_rings_of_re_exports_come_to_an_end() -> None:
    tree = {
        "a.ts": "export * from './b'; export { x } from './b';",
        "b.ts": "export * from './a'; export { x } from './a';",
        "c.ts": "import { x, y } from './a'; x; y;",
    }
    edges, _ = linked(tree)
    assert {edge.target for edge in edges if edge.path == "c.ts"} >= {"javascript:a.ts#x"}


@pytest.mark.parametrize(
    ("exports", "use", "target"),
    [
        ("module.exports = { one, two: helper };", "const { two } = require('./a'); two();", "two"),
        ("exports.one = function () {};", "require('./a').one();", "one"),
        ("module.exports.one = () => 1;", "const { one } = require('./a'); one();", "one"),
        ("module.exports = class K { go() {} };", "const K = require('./a'); new K();", "K"),
        ("function run() {}\nmodule.exports = run;", "const r = require('./a'); r();", "run"),
        ("function run() {}\nmodule.exports = run;", "import r from './a'; r();", "run"),
        ("module.exports = { deep() {} };", "import { deep } from './a'; deep();", "deep"),
    ],
)
def test_commonjs_exports(exports: str, use: str, target: str) -> None:
    text = f"{exports}\nfunction one() {{}}\nfunction helper() {{}}\n"
    found = arrows({"a.js": text, "b.js": use})
    wanted = "helper" if target == "two" else target
    assert any(one.endswith(f"a.js#{wanted}") for one in found), found


def test_members_of_enums_classes_and_objects() -> None:
    tree = {
        "a.ts": "export enum Color { Red }\nexport const api = { get() {} };\n"
        "export class Base { hop() {} }\nexport class Box extends Base { static make() {} go() {} }",
        "b.ts": "import { Color, api, Box } from './a';\n"
        "export function f(given: Box) {\n  Color.Red; api.get(); Box.make();\n"
        "  const own = new Box(); own.go(); given.hop();\n}",
    }
    assert {
        "b.ts#f -> a.ts#Color.Red",
        "b.ts#f -> a.ts#api.get",
        "b.ts#f -> a.ts#Box.make",
        "b.ts#f -> a.ts#Box.go",
        "b.ts#f -> a.ts#Base.hop",
    } <= arrows(tree)
    found = tiers(tree, "call")
    assert found["a.ts#Box.make"] == "certain"
    assert found["a.ts#Box.go"] == found["a.ts#Base.hop"] == "likely"


def test_this_is_the_class_around_it_but_not_in_a_plain_function() -> None:
    text = """class A {
      size = 1;
      run() { this.step(); return () => this.size; }
      step() { return function () { return this.size; }; }
    }"""
    assert arrows({"a.ts": text}) == {"a.ts#A.run -> a.ts#A.step", "a.ts#A.run -> a.ts#A.size"}


def test_a_file_that_is_no_code_is_a_file() -> None:
    tree = {"a.js": "import './x.css'; import d from './d.json'; d;", "x.css": "", "d.json": "{}"}
    assert arrows(tree) == {"a.js -> file:x.css", "a.js -> file:d.json"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import { gone } from './a';", ["b.ts:1 ./a#gone"]),
        ("import x from './nowhere';", ["b.ts:1 ./nowhere#default"]),
        ("import * as n from './a';\nn.gone();", ["b.ts:2 n.gone"]),
        ("export { gone } from './a';", ["b.ts:1 ./a#gone"]),
        ("try { require('./nowhere'); } catch (e) {}", []),
        ("import x from 'react';", []),
        ("import x from './generated/client';", []),
        ("import x from './made';", []),
        ("import { any } from './open';", []),
        ("import { any } from './outside';", []),
        ("import x from './a?raw';", []),
        ("jest.mock('./nowhere');", []),
    ],
)
def test_what_dangles(text: str, expected: list[str]) -> None:
    tree = {
        ".gitignore": "made.*\n",
        "a.ts": A,
        "open.js": "module.exports = make();\nadd(module.exports);",
        "outside.ts": "export * from 'elsewhere';",
        "b.ts": text,
    }
    assert dangling(tree) == expected


def test_types_that_are_declared_beside_the_code_are_found_too() -> None:
    tree = {
        "a.js": "export const run = () => 1;",
        "a.d.ts": "export function run(): number;\nexport type Options = {};",
        "b.ts": "import { run, Options } from './a';\nrun();",
    }
    assert arrows(tree) == {
        "b.ts -> a.js#run",
        "b.ts -> a.d.ts#run",
        "b.ts -> a.d.ts#Options",
    } | {"b.ts -> a.js#run"}
    assert dangling(tree) == []


def test_names_that_share_a_value_depend_on_it() -> None:
    tree = {
        "a.ts": "export const make = () => ({});",
        "b.ts": "import { make } from './a';\nexport const { useA, useB } = make();",
    }
    assert {"b.ts#useA -> a.ts#make", "b.ts#useB -> b.ts#useA"} <= arrows(tree)
