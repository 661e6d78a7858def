from __future__ import annotations

import json

import pytest

from blastradius.index.link import Options
from blastradius.languages.javascript import jsonc
from blastradius.languages.javascript.ignored import Ignored
from blastradius.languages.javascript.resolve import CERTAIN, LIKELY, Resolver


def resolver(files: list[str], **said: object) -> Resolver:
    """A tree of empty files; ``said`` gives the text of configuration, ``__`` for a slash."""
    texts = {name.replace("__", "/").replace("_json", ".json"): text for name, text in said.items()}
    source = {name: t if isinstance(t, str) else json.dumps(t) for name, t in texts.items()}
    return Resolver(
        Options(
            paths=frozenset([*files, *source]),
            source=lambda path: source[path].encode() if path in source else None,
        )
    )


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        (["src/x.ts", "src/x.js"], "./x", "src/x.ts"),
        (["src/x.tsx"], "./x", "src/x.tsx"),
        (["src/x.ts"], "./x.js", "src/x.ts"),
        (["src/x.mts"], "./x.mjs", "src/x.mts"),
        (["src/x.d.ts"], "./x", "src/x.d.ts"),
        (["src/x.js", "src/x.d.ts"], "./x", "src/x.js"),
        (["src/x/index.ts"], "./x", "src/x/index.ts"),
        (["src/x.ts", "src/x/index.ts"], "./x/", "src/x/index.ts"),
        (["src/index.ts"], ".", "src/index.ts"),
        (["index.ts"], "..", "index.ts"),
        (["x.ts"], "../x", "x.ts"),
        (["src/x.y.ts"], "./x.y", "src/x.y.ts"),
        (["src/x.native.tsx"], "./x", "src/x.native.tsx"),
        (["src/x.svg"], "./x.svg?url", "src/x.svg"),
        (["src/x.json"], "./x.json", "src/x.json"),
        ([], "../../x", ""),
        ([], "./x", ""),
    ],
)
def test_relative_names(files: list[str], name: str, expected: str) -> None:
    assert resolver(files).resolve("src/a.ts", name).path == expected


def test_paths_of_a_configuration_with_comments_and_parents() -> None:
    known = resolver(
        ["app/src/deep/x.ts", "app/src/only.ts", "app/lib/y.ts", "app/src/react.json"],
        app__tsconfig_json='{ // why\n "extends": "../base", /* and */ "include": ["src",], }',
        base_json={
            "compilerOptions": {
                "baseUrl": "app/src",
                "paths": {"@/*": ["*"], "@lib/*": ["../gone/*", "../lib/*"], "one": ["only"]},
            }
        },
    )
    found = {
        name: known.resolve("app/src/a.ts", name)
        for name in ("@/deep/x", "@lib/y", "one", "deep/x", "react", "@/gone")
    }
    assert {name: one.path for name, one in found.items()} == {
        "@/deep/x": "app/src/deep/x.ts",
        "@lib/y": "app/lib/y.ts",
        "one": "app/src/only.ts",
        "deep/x": "app/src/deep/x.ts",
        "react": "",
        "@/gone": "",
    }
    assert {one.rank for one in found.values() if one.path} == {CERTAIN}


def test_paths_are_those_of_the_configuration_that_says_them() -> None:
    known = resolver(
        ["shared/x.ts", "app/x.ts"],
        shared__tsconfig_json={"compilerOptions": {"paths": {"~x": ["./x"]}}},
        app__tsconfig_json={"extends": "../shared/tsconfig.json"},
    )
    assert known.resolve("app/a.ts", "~x").path == "shared/x.ts"


def test_a_configuration_that_only_lists_others_speaks_through_them() -> None:
    known = resolver(
        ["src/x.ts"],
        tsconfig_json={"files": [], "references": [{"path": "./tsconfig.app.json"}]},
        **{"tsconfig.app_json": {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}},
    )
    assert known.resolve("src/a.ts", "@/x").path == "src/x.ts"


def test_a_configuration_that_extends_itself_ends() -> None:
    known = resolver(
        ["x.ts"],
        tsconfig_json={"extends": ["./tsconfig.json", "./other.json"]},
        other_json={"extends": "./tsconfig.json", "compilerOptions": {"baseUrl": "."}},
    )
    assert known.resolve("a.ts", "x").path == "x.ts"


def packages(**core: object) -> Resolver:
    return resolver(
        [
            "packages/core/src/index.ts",
            "packages/core/src/sub/tool.ts",
            "packages/core/src/hidden.ts",
            "apps/web/a.ts",
        ],
        package_json={"workspaces": ["packages/*", "apps/*"]},
        packages__core__package_json={"name": "@me/core", **core},
        apps__web__package_json={"name": "web"},
    )


@pytest.mark.parametrize(
    ("core", "name", "expected"),
    [
        ({"main": "dist/index.js"}, "@me/core", "index.ts"),
        ({"main": "./lib/index.cjs", "types": "./lib/index.d.ts"}, "@me/core", "index.ts"),
        ({}, "@me/core", "index.ts"),
        ({"exports": {".": {"import": "./dist/index.mjs"}}}, "@me/core", "index.ts"),
        ({"exports": "./dist/index.js"}, "@me/core", "index.ts"),
        ({"exports": {"./tool": "./dist/sub/tool.js"}}, "@me/core/tool", "sub/tool.ts"),
        ({"exports": {"./*": {"types": "./dist/sub/*.d.ts"}}}, "@me/core/tool", "sub/tool.ts"),
        ({}, "@me/core/src/hidden", "hidden.ts"),
        ({}, "@me/core/dist/hidden", "hidden.ts"),
    ],
)
def test_packages_of_the_workspace(core: dict[str, object], name: str, expected: str) -> None:
    found = packages(**core).resolve("apps/web/a.ts", name)
    assert (found.path, found.rank) == (f"packages/core/src/{expected}", CERTAIN)


def test_a_package_may_name_itself_and_its_private_names() -> None:
    known = packages(imports={"#tool": "./src/sub/tool.ts", "#x/*": "./src/*.js"})
    assert known.resolve("packages/core/src/a.ts", "#tool").path.endswith("sub/tool.ts")
    assert known.resolve("packages/core/src/a.ts", "#x/hidden").path.endswith("src/hidden.ts")
    assert known.resolve("packages/core/src/a.ts", "@me/core").path.endswith("src/index.ts")
    assert known.resolve("apps/web/a.ts", "#tool").path == ""


def test_a_package_that_no_workspace_lists_may_be_another_of_that_name() -> None:
    known = resolver(
        ["lib/src/index.ts", "b.ts"], lib__package_json={"name": "tool"}, package_json={}
    )
    found = known.resolve("b.ts", "tool")
    assert (found.path, found.rank) == ("lib/src/index.ts", LIKELY)


def test_workspaces_of_pnpm() -> None:
    known = resolver(
        ["libs/a/index.ts", "b.ts"],
        libs__a__package_json={"name": "a"},
        **{
            "package_json": {},
            "pnpm-workspace.yaml": "packages:\n  - 'libs/*' # all\nother:\n  - x",
        },
    )
    assert known.resolve("b.ts", "a").rank == CERTAIN


def test_an_alias_that_nothing_explains_is_the_only_place_that_fits() -> None:
    known = resolver(["src/x.ts", "src/pages/y.ts", "src/lib/y.ts"], package_json={})
    found = known.resolve("src/a/b.ts", "@/x")
    assert (found.path, found.rank) == ("src/x.ts", LIKELY)
    assert known.resolve("src/pages/b.ts", "@/y").path == ""


@pytest.mark.parametrize(
    "name", ["react", "node:fs", "@scope/x", "https://x.org/y.js", "virtual:z"]
)
def test_what_is_not_of_this_tree(name: str) -> None:
    found = resolver(["src/a.ts"]).resolve("src/a.ts", name)
    assert (found.path, found.missing) == ("", False)


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("/out\n", "out/x", True),
        ("/out\n", "src/out/x", False),
        ("out/\n", "src/out/x", True),
        ("*.gen.ts\n", "src/x.gen", True),
        ("src/**/made\n", "src/a/b/made/x", True),
        ("a*\n!a.ts\n", "a", True),
        ("# a\n", "a", False),
        ("", "src/x", False),
        ("", "src/dist/x", True),
    ],
)
def test_what_git_ignores_is_not_missing(rules: str, path: str, expected: bool) -> None:  # noqa: FBT001 - a table
    ignored = Ignored(frozenset([".gitignore"]), lambda _: rules.encode())
    assert ignored.covers(path) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "// no comment", "b": [1, 2,], /* c */ }', {"a": "// no comment", "b": [1, 2]}),
        ('\ufeff{"a": "x,}" // y\n}', {"a": "x,}"}),
        ('{"a": 1 /* never closed', {}),
        ("[1]", {}),
        ("{" * 100_000, {}),
        ("[" * 100_000, {}),
        ('{"a": ' + "/**/" * 5_000, {}),
        ("/*" * 50_000, {}),
        ("," * 50_000, {}),
    ],
    ids=lambda value: str(value)[:16],
)
def test_json_with_comments(text: str, expected: dict[str, object]) -> None:
    assert jsonc.read(text.encode()) == expected


def test_paths_win_over_packages_and_longer_prefixes_over_shorter() -> None:
    known = resolver(
        ["a/x.ts", "b/x.ts", "pkg/index.ts"],
        tsconfig_json={"compilerOptions": {"paths": {"@/*": ["a/*"], "@/deep/*": ["b/*"]}}},
        pkg__package_json={"name": "@/x"},
    )
    assert known.resolve("c.ts", "@/x").path == "a/x.ts"
    assert known.resolve("c.ts", "@/deep/x").path == "b/x.ts"


def test_folders_that_stand_as_one() -> None:
    known = resolver(
        ["made/app/types.ts", "app/a.ts"],
        tsconfig_json={"compilerOptions": {"rootDirs": [".", "./made", "./.made"]}},
        **{".gitignore": "/.made/\n"},
    )
    assert known.resolve("app/a.ts", "./types").path == "made/app/types.ts"
    assert not known.resolve("app/a.ts", "./other").missing


def test_what_runs_comes_before_what_declares_its_types() -> None:
    known = resolver(
        ["lib/index.cjs", "lib/index.d.ts", "b.ts"],
        lib__package_json={"name": "lib", "main": "index.cjs", "types": "index.d.ts"},
        package_json={"workspaces": ["lib"]},
    )
    assert known.resolve("b.ts", "lib").path == "lib/index.cjs"
