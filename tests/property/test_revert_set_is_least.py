"""The revert set is the least: against every subset of the commits of random small histories.

The oracle merges each subset with git's own merge and reads the few forms of the small project by
itself (`tests.smallworld`): no part of linking, looking or selecting takes part in it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Literal

import pytest

import blastradius
from blastradius.api.answering import Wishes, tried, understand
from blastradius.api.inverse import Inverse
from blastradius.api.workspace import Services, Workspace
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Reverted, Scratch
from blastradius.git.trees import list_tree
from blastradius.model.analysis import RevertSet
from blastradius.model.source import Commit, TreeEntry
from tests.gitworld import GitWorld
from tests.smallworld import Project, problems

LENGTH = 6


Revert = Callable[[str, Commit], Reverted]


class Oracle:
    """Undoes any subset of a range and tells whether the tree is consistent."""

    def __init__(
        self, scratch: Scratch, commits: tuple[Commit, ...], revert: Revert | None = None
    ) -> None:
        self._scratch = scratch
        self._revert = revert or scratch.revert
        self.commits = commits
        self._before = self._problems(commits[-1].id)

    def tree(self, undone: frozenset[str]) -> str | None:
        tree = self._scratch.trees.tree_of(self.commits[-1].id)
        for commit in reversed(self.commits):
            if commit.id in undone:
                result = self._revert(tree, commit)
                if result.tree is None:
                    return None
                tree = result.tree
        return tree

    def is_consistent(self, undone: frozenset[str]) -> bool:
        tree = self.tree(undone)
        return tree is not None and self._problems(tree) <= self._before

    def least(self, goal: frozenset[str]) -> list[frozenset[str]]:
        """Return all consistent sets of the least size that contain the goal."""
        others = [commit.id for commit in self.commits if commit.id not in goal]
        for size in range(len(others) + 1):
            found = [
                goal.union(more)
                for more in combinations(others, size)
                if self.is_consistent(goal.union(more))
            ]
            if found:
                return found
        raise AssertionError("the whole range is always consistent")

    def _problems(self, treeish: str) -> set[tuple[str, str, str]]:
        entries: Mapping[str, TreeEntry] = list_tree(self._scratch.view, treeish)

        def read(path: str) -> str | None:
            entry = entries.get(path)
            return self._scratch.trees.blob(entry.oid).decode() if entry is not None else None

        return problems(read, entries)


def history(folder: Path, seed: int, length: int) -> GitWorld:
    """Make a repository with a base commit and ``length`` random ones."""
    world, project = GitWorld(folder), Project(seed)
    before = project.files()
    world.commit("base", dict(before))
    for number in range(length):
        while (now := project.files()) == before:
            project.step()
        changes: dict[str, str | bytes | None] = dict.fromkeys(before.keys() - now.keys())
        world.commit(f"step {number}", changes | now)
        before = now
    return world


def answers(
    folder: Path, seed: int, length: int, goals: int
) -> Iterator[tuple[RevertSet, frozenset[str], Oracle]]:
    """Yield our answer, the goal and the oracle, for some goals of one history."""
    world = history(folder, seed, length)
    repository = Repository.open(world.path)
    with Scratch(repository) as scratch:
        span = resolve_range(repository, f"HEAD~{length}..HEAD")
        oracle = Oracle(scratch, span.commits)
        for chosen in random.Random(seed).sample(span.commits, goals):
            found = blastradius.analyze(
                world.path, f"HEAD~{length}..HEAD", undo=[chosen.id], jobs=1, cache=False
            )
            yield found.revert_set, frozenset((chosen.id,)), oracle


@pytest.mark.parametrize("seed", range(12))
def test_no_smaller_set_is_consistent(tmp_path: Path, seed: int) -> None:
    for found, goal, oracle in answers(tmp_path, seed, LENGTH, 3):
        chosen = frozenset(one.id for one in found.commits)
        least = oracle.least(goal)
        assert len(chosen) == len(least[0]), (goal, [sorted(one) for one in least])
        assert chosen in least
        assert found.tree == oracle.tree(chosen)
        assert found.proof.least is True
        assert found.proof.irreducible is True
        assert found.proof.new_dangling == ()
        assert found.proof.intact is True


@pytest.mark.parametrize("level", ["file", "symbol"])
@pytest.mark.parametrize("seed", range(6))
def test_no_smaller_set_of_parts_is_consistent(
    tmp_path: Path, seed: int, level: Literal["file", "symbol"]
) -> None:
    world = history(tmp_path, seed, 4)
    repository = Repository.open(world.path)
    with Workspace.open(repository, None, Services(jobs=1, cache=False)) as workspace:
        span = resolve_range(repository, "HEAD~4..HEAD")
        found, split, _ = understand(workspace, span, level)
        inverse = Inverse(found, split, workspace.scratch, workspace.read)
        atoms = tuple(found.atoms.values())
        oracle = Oracle(workspace.scratch, atoms, lambda tree, atom: inverse.revert(tree, atom.id))
        for atom in random.Random(seed).sample(atoms, 2):
            part = split.atoms[atom.id]
            word = f"{part.path}#{part.symbol}" if part.symbol else part.path
            trial = tried(workspace, found, split, Wishes((word,), (), level, None))
            least = oracle.least(frozenset(trial.goal))
            assert trial.selection.commits in least
            assert trial.selection.least
