"""What of a manifest its lock resolves, which locks there are, and what makes them anew."""

from __future__ import annotations

import pytest

from blastradius.api.besides.generated import is_marked, marked, says_so, sources_of
from blastradius.api.besides.manifests import command_for, dependencies_of, is_lock, locks_of


@pytest.mark.parametrize(
    ("path", "one", "same", "other"),
    [
        (
            "package.json",
            '{"dependencies": {"a": "1"}, "version": "1"}',
            '{"version": "2", "scripts": {"x": "y"}, "dependencies": {"a": "1"}}',
            '{"dependencies": {"a": "2"}}',
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["a"]\n',
            '[tool.ruff]\nline-length = 9\n[project]\nname = "x"\ndependencies = ["a"]\n',
            '[project]\ndependencies = ["a"]\n[dependency-groups]\ndev = ["b"]\n',
        ),
        (
            "Cargo.toml",
            '[dependencies]\na = "1"\n',
            '[package]\nversion = "2"\n[dependencies]\na = "1"\n',
            '[dependencies]\na = "1"\n[dev-dependencies]\nb = "1"\n',
        ),
        (
            "go.mod",
            "module x\nrequire a v1\n",
            "module y\ngo 1.22\nrequire a v1 // indirect\n",
            "require a v2\n",
        ),
        ("Gemfile", "gem 'a'\n", "# note\n\ngem 'a'\n", "gem 'a'\ngem 'b'\n"),
        ("requirements.in", "a\n", "a  # why\n", "a\nb\n"),
        (
            "Pipfile",
            '[packages]\na = "*"\n',
            '[packages]\na = "*"\n[scripts]\nx = "y"\n',
            "[packages]\n",
        ),
        ("composer.json", '{"require": {"a": "1"}}', '{"name": "x", "require": {"a": "1"}}', "{}"),
    ],
)
def test_dependencies_are_what_a_lock_holds(path: str, one: str, same: str, other: str) -> None:
    asked = [dependencies_of(path, text.encode()) for text in (one, same, other)]
    assert None not in asked
    assert asked[0] == asked[1] != asked[2]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", "{"),
        ("package.json", "[" * 100_000),
        ("package.json", "[]"),
        ("pyproject.toml", "=" * 9),
        ("mix.exs", "x"),
    ],
)
def test_what_is_not_understood_is_none(path: str, text: str) -> None:
    assert dependencies_of(path, text.encode()) is None


def test_locks_beside_and_at_the_top_of_a_workspace() -> None:
    tree = {
        "package.json": b'{"workspaces": ["web"]}',
        "package-lock.json": b"",
        "web/package.json": b"{}",
        "other/package.json": b"{}",
        "other/yarn.lock": b"",
        "lone/Cargo.toml": b"",
        "Cargo.toml": b"[package]\n",
        "Cargo.lock": b"",
    }

    def locks(manifest: str) -> list[str]:
        return list(locks_of(manifest, tree.keys(), tree.get))

    assert locks("package.json") == ["package-lock.json"]
    assert locks("web/package.json") == ["package-lock.json"]
    assert locks("other/package.json") == ["other/yarn.lock"]
    assert locks("lone/Cargo.toml") == []
    assert locks("readme.md") == []


@pytest.mark.parametrize(
    ("lock", "text", "command"),
    [
        ("package-lock.json", "", "npm install --package-lock-only"),
        ("a/pnpm-lock.yaml", "", "pnpm -C a install --lockfile-only"),
        ("yarn.lock", "__metadata:\n", "yarn install --mode update-lockfile"),
        ("yarn.lock", "# yarn lockfile v1\n", "yarn install"),
        ("a/poetry.lock", "", "poetry -C a lock"),
        ("a/uv.lock", "", "uv --directory a lock"),
        ("a/pdm.lock", "", "pdm lock -p a"),
        ("a/Cargo.lock", "", "cargo update --workspace --manifest-path a/Cargo.toml"),
        ("a/Gemfile.lock", "", "env BUNDLE_GEMFILE=a/Gemfile bundle lock"),
        ("a/composer.lock", "", "composer -d a update --lock"),
        ("a/go.sum", "", "go -C a mod tidy"),
        ("a/Pipfile.lock", "", "env PIPENV_PIPFILE=a/Pipfile pipenv lock"),
        ("-a/uv.lock", "", "uv --directory ./-a lock"),
        ("a/requirements.txt", "", "pip-compile a/requirements.in -o a/requirements.txt"),
        (
            "r.requirements.txt",
            "#  uv pip compile x\n",
            "uv pip compile r.requirements.in -o r.requirements.txt",
        ),
        (".terraform.lock.hcl", "", ""),
    ],
)
def test_the_command_that_makes_a_lock_anew(lock: str, text: str, command: str) -> None:
    assert is_lock(lock)
    assert " ".join(command_for(lock, text.encode())) == command


@pytest.mark.parametrize(
    ("path", "text", "paths", "sources"),
    [
        ("a/x_pb2.py", "", ["a/x.proto"], ["a/x.proto"]),
        ("a/x_pb2_grpc.py", "", ["a/x.proto"], ["a/x.proto"]),
        (
            "go/x.pb.go",
            "// source: protos/x.proto\n",
            ["api/protos/x.proto", "x.proto"],
            ["api/protos/x.proto"],
        ),
        ("w/a.min.js", "", ["w/a.js"], ["w/a.js"]),
        ("w/__snapshots__/a.test.js.snap", "", ["w/a.test.js"], ["w/a.test.js"]),
        ("t/__snapshots__/test_a.ambr", "", ["t/test_a.py"], ["t/test_a.py"]),
        ("g.py", "# Code generated from g.json. DO NOT EDIT.\n", ["g.json"], ["g.json"]),
        ("g.py", "# Made by hand from g.json\n", ["g.json"], []),
        ("g.py", "# DO NOT EDIT, see README.md\n", ["README.md"], []),
        ("g.py", "x = 1\n" * 99 + "# DO NOT EDIT: g.json\n", ["g.json"], []),
    ],
)
def test_what_a_generated_file_was_made_from(
    path: str, text: str, paths: list[str], sources: list[str]
) -> None:
    assert list(sources_of(path, text.encode(), [*paths, path])) == sources


def test_attributes_mark_files_as_generated() -> None:
    patterns = marked(
        b"*.gen.ts linguist-generated\n/api/** linguist-generated=true\nx.md -linguist-generated\n"
    )
    assert is_marked("src/a.gen.ts", patterns)
    assert is_marked("api/v1/x.py", patterns)
    assert not is_marked("x.md", patterns)
    assert not is_marked("src/api/x.py", patterns)


def test_who_says_to_be_generated() -> None:
    assert says_so(b"// Code generated by protoc. DO NOT EDIT.\n")
    assert says_so(b"/* @generated */")
    assert not says_so(b"Do edit this\n")
    assert not says_so(None)
