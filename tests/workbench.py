"""Repositories with build outputs: a work tree, what lies in it, and the doors to carry steps out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from blastradius.adapters import artifacts
from blastradius.adapters.base import Prepared, Proposal, Request, Wishes
from blastradius.git.repository import Repository
from blastradius.model.analysis import Analysis, AnalysisRange, Coverage, RevertSet
from blastradius.model.plan import Step
from blastradius.world import World
from blastradius.world.files import Files
from tests.gitworld import GitWorld

_INSTALL = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
MAKEFILE = "build:\n\tmkdir -p dist\n\tcp src.txt dist/page.txt\n\tsort src.txt > dist/sorted.txt\n"
"""A builder that needs no packages: two files out of one."""


class TickingWorld(World):
    """A world that tells what it is about to change."""

    def __init__(
        self,
        path: Path,
        tick: Callable[[str], None] | None = None,
        allowed: str = "npm make python python3",
    ) -> None:
        self.told: list[str] = []
        self._told = tick
        environment = {**os.environ, "BLASTRADIUS_KEY_FILE": str(path.parent / "key")}
        super().__init__(
            Repository.open(path),
            "run1",
            allowed=frozenset(allowed.split()),
            environment=environment,
            files=Files(self.tick),
        )

    def tick(self, what: str) -> None:
        """Remember it, and let the test do something first."""
        self.told.append(what)
        if self._told is not None:
            self._told(what)


class Workbench:
    """One repository with two commits: ``base``, and ``head`` that shall be undone.

    Args:
        path: an empty folder's parent; the repository is ``path/repo``.
        before: the files of the base.
        after: what the head changes.
    """

    def __init__(
        self, path: Path, before: dict[str, str | bytes], after: dict[str, str | bytes | None]
    ) -> None:
        self.path = path / "repo"
        self.path.mkdir(parents=True)
        self.git = GitWorld(self.path)
        self.base = self.git.commit("before", dict(before))
        self.head = self.git.commit("after", after)

    @property
    def tree(self) -> str:
        """The tree of the base."""
        return self.git.id_of(f"{self.base}^{{tree}}")

    def world(self, tick: Callable[[str], None] | None = None, **more: str) -> TickingWorld:
        """Return new doors to it."""
        return TickingWorld(self.path, tick, **more)

    def run(self, *words: str) -> None:
        """Run a builder in the work tree, as its user does."""
        done = subprocess.run(words, cwd=self.path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()

    def request(self, wishes: Wishes | None = None, *, reset: bool = False) -> Request:
        """Ask for the head to be undone; ``reset``: HEAD is at the base already."""
        span = AnalysisRange(self.base, self.head, ())
        analysis = Analysis("", span, (), (), (), RevertSet(()), (), (), Coverage(0, 0, 0, 0, {}))
        return Request(analysis, self.base if reset else self.head, self.tree, wishes or Wishes())

    def propose(self, wishes: Wishes | None = None, *, reset: bool = False) -> Proposal:
        """Return what would be done."""
        return artifacts.propose(self.request(wishes, reset=reset), self.world())

    def step(self, path: str, wishes: Wishes | None = None) -> Step:
        """Return the step for one output."""
        return next(one for one in self.propose(wishes).steps if one.target == path)

    def carry_out(self, step: Step) -> Prepared:
        """Prepare, act, verify, settle."""
        world = self.world()
        assert artifacts.probe(step, world) == step.before
        prepared = artifacts.prepare(step, world)
        assert artifacts.probe(step, world) == step.before
        artifacts.act(step, prepared, world)
        assert artifacts.verify(step, prepared, world) == prepared.wanted
        assert artifacts.probe(step, world) == prepared.wanted
        artifacts.settle(step, prepared, world)
        return prepared

    def contents(self, path: str) -> dict[str, bytes]:
        """Return the files below a path, by name, and what they hold; links by what they say."""
        top = self.path / path
        found = sorted(top.rglob("*")) if top.is_dir() else []
        return {
            str(one.relative_to(top)): os.readlink(one).encode()  # noqa: PTH115 - as text
            if one.is_symlink()
            else one.read_bytes()
            for one in found
            if one.is_symlink() or one.is_file()
        }


def made(path: Path) -> Workbench:
    """Return a repository whose Makefile wrote ``dist`` from what shall be undone."""
    bench = Workbench(
        path,
        {"Makefile": MAKEFILE, "src.txt": "one\nfirst\n", ".gitignore": "dist/\n"},
        {"src.txt": "two\nsecond\n"},
    )
    bench.run("make", "build")
    return bench


@cache
def installed(*packages: str) -> Path:
    """Return a ``node_modules`` with packages, installed once and kept for later sessions.

    Skips the test where there is no npm, or it reaches no registry; in CI that fails the run.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    name = "-".join(one.replace("/", "+").replace("@", "-") for one in packages)
    place = Path(tempfile.gettempdir()) / f"tools-for-tests-{os.getuid()}" / name
    if not (place / "node_modules").is_dir():
        place.parent.mkdir(mode=0o700, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=place.parent))
        (draft / "package.json").write_text('{"private": true}')
        done = subprocess.run(
            [npm, *_INSTALL, *packages], cwd=draft, capture_output=True, check=False
        )
        if done.returncode != 0:
            shutil.rmtree(draft)
            pytest.skip("npm reaches no registry")
        if not place.exists():
            draft.rename(place)
    return place / "node_modules"


@cache
def locked(package: str) -> tuple[str, str]:
    """Return the package.json and package-lock.json of a project that needs one package, and runs it."""
    home = installed(package).parent
    name, _, version = package.rpartition("@")
    told = {"name": "shop", "scripts": {"build": "node build.js"}, "dependencies": {name: version}}
    with tempfile.TemporaryDirectory(dir=home) as folder:
        (Path(folder) / "package.json").write_text(json.dumps(told))
        words = (
            "npm",
            "install",
            "--package-lock-only",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        )
        if subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode != 0:
            pytest.skip("npm reaches no registry")
        return json.dumps(told), (Path(folder) / "package-lock.json").read_text()


@cache
def python_that_builds() -> Path:
    """Return the ``bin`` of a Python environment with ``build`` and setuptools, made once and kept.

    Skips the test where it cannot be made; in CI that fails the run.
    """
    place = Path(tempfile.gettempdir()) / f"tools-for-tests-{os.getuid()}" / "python-build"
    bin_folder = place / "bin"
    if not (place / "ready").is_file():
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        words = ("-m", "pip", "install", "-q", "build==1.3.0", "setuptools==80.9.0")
        for command in (
            (sys.executable, "-m", "venv", str(place)),
            (str(bin_folder / "python"), *words),
        ):
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                pytest.skip("no Python environment with build and setuptools can be made")
        (place / "ready").touch()
    return bin_folder
