"""What builds what, read from the text of a tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from blastradius.adapters.artifacts import node, others
from blastradius.adapters.artifacts.model import Builder
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.git.repository import Repository
from tests.gitworld import GitWorld


@contextmanager
def _tree(path: Path, files: dict[str, str]) -> Iterator[TreeFiles]:
    world = GitWorld(path)
    commit = world.commit("files", dict(files))
    with closing(TreeFiles(Repository.open(path), commit)) as tree:
        yield tree


def _found(path: Path, files: dict[str, str]) -> list[Builder]:
    with _tree(path, files) as tree:
        return [*node.builders(tree), *others.builders(tree)]


def _outputs(builders: list[Builder]) -> list[tuple[str, str, bool]]:
    return [(one.tool, output.path, output.empties) for one in builders for output in one.outputs]


def _package(build: str, more: str = "") -> str:
    return f'{{"name": "x", "scripts": {{"build": "{build}"}}{more}}}'


@pytest.mark.parametrize(
    ("build", "files", "outputs"),
    [
        ("vite build", {}, [("vite", "dist", True)]),
        ("tsc -b && vite build --outDir www", {}, [("vite", "www", True)]),
        ("vite build", {"vite.config.ts": "build: { outDir: 'public/app' }"}, [("vite", "public/app", True)]),
        ("vite build", {"vite.config.ts": "outDir: '../static', root: 'web'"}, [("vite", "static", False)]),
        (
            "vite build",
            {"vite.config.ts": "\n root: 'web',\n build: {outDir: '../static', emptyOutDir: true}"},
            [("vite", "static", True)],
        ),
        ("vite build", {"vite.config.js": "outDir: 'w', emptyOutDir: false"}, [("vite", "w", False)]),
        ("vite build", {"vite.config.js": "outDir: process.env.OUT"}, [("vite", "dist", True)]),
        ("vite build", {"vite.config.js": "outDir: '../../outside'"}, []),
        ("next build", {}, [("next", ".next", True)]),
        (
            "next build",
            {"next.config.mjs": "export default {distDir: 'made', output: 'export'}"},
            [("next", "made", True), ("next", "out", True)],
        ),
        ("tsc", {"tsconfig.json": '{"compilerOptions": {"outDir": "./lib"}}'}, [("tsc", "lib", False)]),
        (
            "tsc -p src",
            {"src/tsconfig.json": '{\n // where\n "compilerOptions": {"outDir": "../made"}}'},
            [("tsc", "made", False)],
        ),
        ("tsc --noEmit", {"tsconfig.json": "{}"}, []),
        ("npm run inner", {}, [("npm", "dist", False), ("npm", "build", False), ("npm", "out", False)]),
        ("webpack", {"webpack.config.js": "path: path.resolve(__dirname, 'client', 'dist')"},
         [("webpack", "client/dist", False)]),
        ("webpack", {"webpack.config.js": "path: path.join(__dirname, 'd'), clean: true"},
         [("webpack", "d", True)]),
        ("rollup -c", {"rollup.config.js": "output: {file: './lib/x.js'}"}, [("rollup", "lib", False)]),
        ("esbuild a.js --outdir=made", {}, [("esbuild", "made", False)]),
        ("react-scripts build", {}, [("react-scripts", "build", True)]),
    ],
)  # fmt: skip
def test_where_a_script_writes(
    tmp_path: Path, build: str, files: dict[str, str], outputs: list[tuple[str, str, bool]]
) -> None:
    assert _outputs(_found(tmp_path, {"package.json": _package(build), **files})) == outputs


def test_scripts_that_a_script_calls_count(tmp_path: Path) -> None:
    package = (
        '{"scripts": {"build": "npm run lint && npm run a:b", "a:b": "vite build", "lint": "x"}}'
    )
    assert _outputs(_found(tmp_path, {"package.json": package})) == [("vite", "dist", True)]


def test_scripts_that_call_each_other_end(tmp_path: Path) -> None:
    package = '{"scripts": {"build": "npm run a", "a": "npm run build"}}'
    assert [one.tool for one in _found(tmp_path, {"package.json": package})] == ["npm"]


def test_sveltekit_writes_two_folders(tmp_path: Path) -> None:
    files = {
        "package.json": _package("vite build", ', "devDependencies": {"@sveltejs/kit": "^2"}'),
        "svelte.config.js": "export default {kit: {adapter: adapter({pages: 'site'})}}",
        "vite.config.js": "",
    }
    assert _outputs(_found(tmp_path, files)) == [
        ("svelte-kit", ".svelte-kit", True),
        ("svelte-kit", "site", True),
    ]


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("package-lock.json", "npm"),
        ("pnpm-lock.yaml", "pnpm"),
        ("yarn.lock", "yarn"),
        ("bun.lock", "bun"),
    ],
)
def test_the_lock_file_says_which_program_builds(tmp_path: Path, name: str, program: str) -> None:
    files = {"web/package.json": _package("vite build"), name: ""}
    (found,) = _found(tmp_path, files)
    assert [(one.root, one.program) for one in found.commands] == [("web", program)]


def test_a_package_of_a_workspace_is_built_after_those_it_needs(tmp_path: Path) -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*"]}',
        "package-lock.json": "{}",
        "packages/app/package.json": (
            '{"name": "app", "scripts": {"build": "vite build"}, "dependencies": {"ui": "*"}}'
        ),
        "packages/ui/package.json": (
            '{"name": "ui", "scripts": {"build": "tsc --outDir lib"}, "dependencies": {"base": "*"}}'
        ),
        "packages/base/package.json": '{"name": "base", "dependencies": {"app": "*"}}',
    }
    found = {one.root: one for one in _found(tmp_path, files)}
    app = found["packages/app"]
    assert [one.root for one in app.commands] == ["packages/ui", "packages/app"]
    assert set(app.inputs) == {"packages/app", "packages/ui", "packages/base"}


def test_a_package_of_a_registry_is_none_of_the_neighbours(tmp_path: Path) -> None:
    files = {
        "package.json": _package("rollup -c").replace('"x"', '"lib"'),
        "example/package.json": _package("vite build", ', "dependencies": {"lib": "^1"}'),
        "linked/package.json": _package(
            "vite build", ', "dependencies": {"lib": "link:.."}'
        ).replace('"x"', '"y"'),
    }
    found = {one.root: one for one in _found(tmp_path, files)}
    assert [one.root for one in found["example"].commands] == ["example"]
    assert [one.root for one in found["linked"].commands] == ["", "linked"]


@pytest.mark.parametrize(
    "package",
    ["", "{", "[]", '"x"', '{"scripts": []}', '{"scripts": {"build": {}}}', "[" * 5000, "\0"],
)
def test_a_package_that_is_no_package_builds_nothing(tmp_path: Path, package: str) -> None:
    assert _found(tmp_path, {"package.json": package}) == []


def test_what_lies_in_node_modules_is_nobodys_package(tmp_path: Path) -> None:
    assert _found(tmp_path, {"node_modules/a/package.json": _package("vite build")}) == []


def test_python_projects(tmp_path: Path) -> None:
    files = {
        "a/pyproject.toml": (
            '[project]\nname = "a"\n\n'
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        ),
        "b/setup.py": "from setuptools import setup\n\nsetup(name='b')\n",
        "c/setup.py": "def setup(): pass\n",
        "d/pyproject.toml": "[tool.ruff]\nline-length = 100\n",
        "e/pyproject.toml": "not toml [",
    }
    found = _found(tmp_path, files)
    assert _outputs(found) == [
        ("python", "a/dist", False),
        ("python", "b/dist", False),
        ("python", "b/build", True),
    ]
    assert (found[0].evidence[0].path, found[0].evidence[0].line) == ("a/pyproject.toml", 4)


def test_make_targets_that_write_known_folders(tmp_path: Path) -> None:
    text = (
        "OUT := build\n"
        ".PHONY: up clean\n"
        "up:\n\tdocker compose up -d --build\n"
        "clean:\n\trm -rf dist; mkdir -p dist\n"
        "all: build\n"
        "site: a.md\n\tmkdir -p _site\n\tpandoc a.md > _site/index.html\n"
        "build: x.c\n\t@mkdir -p build\n\tcc x.c -o build/x\n"
        "check:\n\tpytest --build x dist\n"
        "dist/page.js: src.js\n\tesbuild src.js > dist/page.js\n"
    )
    found = {one.outputs[0].path: one for one in _found(tmp_path, {"Makefile": text})}
    assert set(found) == {"_site", "build", "dist"}
    assert found["_site"].commands[0].arguments == ("site",)
    assert found["build"].commands[0].arguments == ("build",)
    assert found["dist"].commands[0].arguments == ("dist/page.js",)


def test_tools_that_know_themselves_what_is_stale_are_left_to_it(tmp_path: Path) -> None:
    found = _found(tmp_path, {"Cargo.toml": "", "java/pom.xml": "", "Dockerfile": "FROM scratch\n"})
    assert [(one.tool, one.outputs[0].path) for one in found] == [
        ("cargo", "target"),
        ("maven", "java/target"),
        ("docker", "Dockerfile"),
    ]
    assert all(one.why_not and one.by_hand and not one.commands for one in found)


def test_reports_of_coverage(tmp_path: Path) -> None:
    files = {
        "web/package.json": '{"devDependencies": {"vitest": "^3"}}',
        "pyproject.toml": "[tool.coverage.run]\n",
        "lib/package.json": "{}",
    }
    with _tree(tmp_path, files) as tree:
        assert set(others.coverage(tree)) == {
            "web/coverage",
            "htmlcov",
            ".coverage",
            "coverage.xml",
        }
