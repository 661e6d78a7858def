from __future__ import annotations

import pytest

from blastradius.languages.locks import manifest_of


@pytest.mark.parametrize(
    ("lock", "manifest"),
    [
        ("yarn.lock", "package.json"),
        ("web/app/yarn.lock", "package.json"),
        ("pnpm-lock.yaml", "package.json"),
        ("package-lock.json", "package.json"),
        ("npm-shrinkwrap.json", "package.json"),
        ("bun.lock", "package.json"),
        ("poetry.lock", "pyproject.toml"),
        ("uv.lock", "pyproject.toml"),
        ("pdm.lock", "pyproject.toml"),
        ("pylock.toml", "pyproject.toml"),
        ("pylock.dev.toml", "pyproject.toml"),
        ("Pipfile.lock", "Pipfile"),
        ("crates/a/Cargo.lock", "Cargo.toml"),
        ("go.sum", "go.mod"),
        ("go.work.sum", "go.work"),
        ("composer.lock", "composer.json"),
        ("Gemfile.lock", "Gemfile"),
        ("charts/shop/Chart.lock", "Chart.yaml"),
        ("flake.lock", "flake.nix"),
        ("deno.lock", "deno.json"),
    ],
)
def test_a_lock_file_and_its_manifest(lock: str, manifest: str) -> None:
    assert manifest_of(lock)[0] == manifest
    assert lock.rpartition("/")[2] not in manifest_of(lock)


@pytest.mark.parametrize(
    "path",
    ["package.json", "pyproject.toml", "a.lock", "lock", "", "yarn.lock/x.py", "src/locks.py",
     "yarn.lock.bak", "node_modules/.package-lock.json", "go.summary", "pylock.py"],
)  # fmt: skip
def test_what_is_no_lock_file_has_no_manifest(path: str) -> None:
    assert manifest_of(path) == ()


def test_a_workspace_of_pnpm_is_named_too() -> None:
    assert manifest_of("pnpm-lock.yaml") == ("package.json", "pnpm-workspace.yaml")
