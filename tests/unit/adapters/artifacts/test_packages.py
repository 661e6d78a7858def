"""Packages of a build: what is installed where it is right, else installed apart, by real npm."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from blastradius.adapters import artifacts
from blastradius.adapters.artifacts import building
from blastradius.errors import CommandError
from tests.workbench import Workbench, installed, locked

_BUILD = """import fs from 'node:fs'
import ms from 'ms'
fs.mkdirSync('dist', {recursive: true})
fs.writeFileSync('dist/page.txt', `${ms('1m')} ${fs.readFileSync('src.txt')}`)
"""
_PACKAGE = "ms@2.1.3"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A project whose build runs a package, and whose ``dist`` was built from what shall be undone."""
    monkeypatch.setattr(building, "CHEAP_SECONDS", 0.0)
    package, lock = locked(_PACKAGE)
    found = Workbench(
        tmp_path,
        {
            "package.json": package.replace("build.js", "build.mjs"),
            "package-lock.json": lock,
            "build.mjs": _BUILD,
            "src.txt": "older",
            ".gitignore": "dist\nnode_modules\n",
        },
        {"src.txt": "newer"},
    )
    (found.path / "dist").mkdir()
    (found.path / "dist" / "page.txt").write_text("60000 newer")
    return found


def test_without_installed_packages_they_are_installed_apart(bench: Workbench) -> None:
    step = bench.step("dist")
    assert step.preview.splitlines()[0] == "npm ci --ignore-scripts --no-audit --no-fund"
    bench.carry_out(step)
    assert bench.contents("dist") == {"page.txt": b"60000 older"}
    assert not (bench.path / "node_modules").exists()


def test_installed_packages_are_used_and_left_alone(bench: Workbench) -> None:
    shutil.copytree(installed(_PACKAGE), bench.path / "node_modules")
    before = bench.contents("node_modules")
    step = bench.step("dist")
    assert step.preview.splitlines()[0] == "npm run build"
    bench.carry_out(step)
    assert bench.contents("dist") == {"page.txt": b"60000 older"}
    assert bench.contents("node_modules") == before


def test_a_lock_file_that_does_not_fit_is_told_in_npms_words(tmp_path: Path) -> None:
    package, lock = locked(_PACKAGE)
    bench = Workbench(
        tmp_path,
        {
            "package.json": package.replace("2.1.3", "2.1.2"),
            "package-lock.json": lock,
            "a.js": "1",
            ".gitignore": "dist\n",
        },
        {"a.js": "2"},
    )
    (bench.path / "dist").mkdir()
    (bench.path / "dist" / "x").write_text("1")
    with pytest.raises(CommandError, match=r"npm ci.*(does not satisfy|in sync)"):
        artifacts.prepare(bench.step("dist"), bench.world())
