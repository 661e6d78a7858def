"""Where a branch goes when a snapshot of it comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from blastradius.git.capture import capture
from blastradius.git.putback import compared, put_back
from blastradius.git.repository import Repository
from blastradius.git.snapshots import load
from tests.gitworld import GitWorld, run_git
from tests.keeping import brought_back, still, taken


def branch_moved(world: GitWorld, name: str, tell: Callable[[GitWorld], None]) -> tuple[str, str]:
    """Take a snapshot on a branch, commit on top, restore; return both ends."""
    world.commit("one", {"a": "1"})
    world.git("checkout", "-q", "-B", name)
    commit, then = taken(world), world.head()
    world.commit("two", {"a": "2"})
    tell(world)
    brought_back(world, commit)
    assert world.git("status", "--porcelain") == ""
    assert (world.path / "a").read_text() == "1"
    return then, world.head()


def test_a_branch_of_ones_own_is_moved_back(world: GitWorld) -> None:
    then, now = branch_moved(world, "feature", lambda _: None)
    assert now == then


@pytest.mark.parametrize("name", ["main", "develop", "release/1.2"])
def test_a_protected_branch_gets_a_commit_on_top(world: GitWorld, name: str) -> None:
    then, now = branch_moved(world, name, lambda _: None)
    assert world.git("log", "--format=%s").splitlines() == ["back", "two", "one"]
    assert world.id_of(f"{now}^{{tree}}") == world.id_of(f"{then}^{{tree}}")


def test_a_published_branch_gets_a_commit_on_top(world: GitWorld) -> None:
    def push(own: GitWorld) -> None:
        own.git("update-ref", "refs/remotes/origin/feature", "HEAD")

    branch_moved(world, "feature", push)
    assert world.git("log", "--format=%s").splitlines() == ["back", "two", "one"]


def test_a_branch_that_was_reset_goes_forward_again(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    world.commit("two", {"a": "2"})
    commit, then = taken(world), world.head()
    world.git("reset", "-q", "--hard", "HEAD~1")
    brought_back(world, commit)
    assert world.head() == then


def test_a_branch_that_is_gone_is_made_again(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    world.git("checkout", "-q", "-b", "feature")
    then = world.commit("two", {"a": "2"})
    commit = taken(world)
    world.git("checkout", "-q", "main")
    world.git("branch", "-q", "-D", "feature")
    brought_back(world, commit)
    assert (world.head(), world.git("branch", "--show-current")) == (then, "feature")


def test_of_a_bare_repository_only_the_branch_comes_back(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1"})
    run_git(tmp_path, "clone", "-q", "--bare", str(world.path), "bare.git")
    repo = Repository.open(tmp_path / "bare.git")
    commit = capture(repo, still).snapshot.commit
    run_git(tmp_path / "bare.git", "update-ref", "refs/keep", commit)
    world.commit("two", {"a": "2"})
    world.git("push", "-q", str(tmp_path / "bare.git"), "main")
    target = load(repo, commit)
    now = capture(repo, still)
    put_back(repo, target, now, compared(repo, target, now), still, message="back")
    shown = run_git(tmp_path / "bare.git", "log", "--format=%s", "main").splitlines()
    assert shown == ["back", "two", "one"]
    assert run_git(tmp_path / "bare.git", "show", "main:a") == "1"
