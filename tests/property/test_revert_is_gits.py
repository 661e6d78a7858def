"""Undoing a commit of a random history is ``git revert``: the same tree, or both conflict."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from tests.gitworld import GitWorld

NAMES = [f"{folder}{name}" for folder in ("", "d/", "d/e/", "f/") for name in ("a", "b", "c")]


class Random:
    """Edits a work tree at random: files change, come, go, move, and folders move whole."""

    def __init__(self, world: GitWorld, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.files: dict[str, list[str]] = {}

    def step(self, number: int) -> str:
        before = dict(self.files)
        for _ in range(self.chance.randrange(1, 4)):
            self._edit(number)
        changed: dict[str, str | None] = dict.fromkeys(before.keys() - self.files.keys())
        changed |= {name: "\n".join(lines) + "\n" for name, lines in self.files.items()}
        return self.world.commit(f"step {number}", changed)

    def _edit(self, number: int) -> None:
        kind = self.chance.choice(
            ["add", "line", "line", "line", "line", "delete", "move", "folder"]
        )
        present = sorted(self.files)
        if kind == "add" or not present:
            name = self.chance.choice(NAMES)
            self.files.setdefault(name, [f"{name} {line}" for line in range(12)])
            return
        name = self.chance.choice(present)
        if kind == "line":
            lines = list(self.files[name])
            lines[self.chance.randrange(len(lines))] = f"step {number}"
            self.files[name] = lines
        elif kind == "delete":
            del self.files[name]
        elif kind == "move":
            lines = self.files.pop(name)
            self.files[self.chance.choice(NAMES)] = lines
        elif "/" in name:
            old = name.rpartition("/")[0] + "/"
            new = self.chance.choice(["g/", "d/", "f/"])
            if not old.startswith(new) and not new.startswith(old):
                for moved in [each for each in present if each.startswith(old)]:
                    self.files[new + moved.removeprefix(old)] = self.files.pop(moved)


@pytest.mark.parametrize("seed", range(12))
def test_undoing_any_commit_is_git_revert(tmp_path: Path, seed: int) -> None:
    world = GitWorld(tmp_path)
    history = Random(world, seed)
    for number in range(10):
        history.step(number)
    tip = world.head()
    repo = Repository.open(tmp_path)
    answers = {True: 0, False: 0}
    with Scratch(repo) as scratch:
        for commit in resolve_range(repo, "HEAD~7..HEAD").commits:
            found = scratch.revert(world.id_of(f"{tip}^{{tree}}"), commit)
            world.git("revert", "--no-commit", commit.id, check=False)
            unmerged = set(world.git("diff", "--name-only", "-z", "--diff-filter=U").split("\0"))
            if found.tree is None:
                assert unmerged - {""} <= set(found.conflicts)
                assert unmerged != {""}, found.messages
            else:
                assert unmerged == {""}
                assert found.tree == world.git("write-tree")
            answers[found.tree is not None] += 1
            world.git("reset", "-q", "--hard", tip)
            world.git("clean", "-fdq")
    assert answers[True]


@pytest.mark.parametrize("seed", range(20, 24))
def test_undoing_commit_after_commit_comes_back_to_the_base(tmp_path: Path, seed: int) -> None:
    world = GitWorld(tmp_path)
    history = Random(world, seed)
    for number in range(8):
        history.step(number)
    repo = Repository.open(tmp_path)
    span = resolve_range(repo, "HEAD~6..HEAD")
    with Scratch(repo) as scratch:
        tree = scratch.trees.tree_of(span.head)
        for commit in reversed(span.commits):
            found = scratch.revert(tree, commit)
            assert found.tree is not None
            tree = found.tree
        assert tree == scratch.trees.tree_of(span.base)
