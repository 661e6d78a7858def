from __future__ import annotations

import os
from pathlib import Path

import pytest

from blastradius.errors import RepositoryError
from blastradius.git.repository import Repository
from tests.gitworld import GitWorld, run_git


def test_a_work_tree_and_its_folders(world: GitWorld) -> None:
    here = world.commit("one", {"deep/er/a": "1\n"})
    for folder in (world.path, world.path / "deep" / "er"):
        repo = Repository.open(folder)
        assert repo.work_tree == world.path
        assert repo.git_dir == repo.common_dir == world.path / ".git"
        assert (repo.object_format, repo.is_shallow, repo.is_partial) == ("sha1", False, False)
        assert repo.head() == here


def test_a_bare_repository_and_a_git_directory(world: GitWorld, tmp_path: Path) -> None:
    here = world.commit("one", {"a": "1\n"})
    run_git(tmp_path, "clone", "-q", "--bare", str(world.path), "bare")
    for folder in (tmp_path / "bare", world.path / ".git", world.path / ".git" / "refs"):
        repo = Repository.open(folder)
        assert repo.work_tree is None
        assert repo.head() == here


def test_linked_worktrees_share_the_common_directory(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1\n"})
    world.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    repo = Repository.open(tmp_path / "linked")
    assert repo.common_dir == world.path / ".git"
    assert repo.git_dir == world.path / ".git" / "worktrees" / "linked"
    assert repo.work_tree == tmp_path / "linked"


def test_a_submodule_is_a_repository_of_its_own(world: GitWorld, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    here = GitWorld(inner).commit("inner", {"x": "1\n"})
    world.git("submodule", "add", "-q", str(inner), "sub")
    repo = Repository.open(world.path / "sub")
    assert repo.work_tree == world.path / "sub"
    assert repo.git_dir == world.path / ".git" / "modules" / "sub"
    assert repo.head() == here


def test_sha256(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, object_format="sha256")
    here = world.commit("one", {"a": "1\n"})
    repo = Repository.open(tmp_path)
    assert (repo.object_format, len(here), repo.head()) == ("sha256", 64, here)
    assert repo.empty_tree == world.git("hash-object", "-t", "tree", os.devnull)


def test_before_the_first_commit_there_is_no_head(world: GitWorld) -> None:
    assert Repository.open(world.path).head() is None


def test_a_detached_head(world: GitWorld) -> None:
    first = world.commit("one", {"a": "1\n"})
    world.commit("two", {"a": "2\n"})
    world.git("checkout", "-q", "--detach", first)
    assert Repository.open(world.path).head() == first


def test_shallow_and_partial_clones_are_recognised(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1\n"})
    top = world.commit("two", {"a": "2\n"})
    world.git("config", "uploadpack.allowFilter", "true")
    url = world.path.as_uri()
    run_git(tmp_path, "clone", "-q", "--depth=1", url, "shallow")
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", url, "partial")
    shallow = Repository.open(tmp_path / "shallow")
    assert (shallow.is_shallow, shallow.shallow_commits()) == (True, frozenset({top}))
    partial = Repository.open(tmp_path / "partial")
    assert (partial.is_shallow, partial.is_partial) == (False, True)


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(RepositoryError) as caught:
        Repository.open(tmp_path)
    assert caught.value.what == f"{tmp_path} is not a git repository"
    assert "--repo" in caught.value.hint


@pytest.mark.parametrize(("name", "why"), [("gone", "does not exist"), ("file", "is a file")])
def test_no_folder(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RepositoryError, match=why):
        Repository.open(tmp_path / name)


def test_a_hostile_core_worktree_does_not_move_the_work_tree(
    world: GitWorld, tmp_path: Path
) -> None:
    world.commit("one", {"a": "1\n"})
    world.git("config", "core.worktree", str(tmp_path))
    assert Repository.open(world.path).work_tree == world.path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_another_user_is_refused_with_gits_advice(
    world: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.commit("one", {"a": "1\n"})
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SUDO_UID", raising=False)
    for place in (world.path, world.path / ".git"):
        os.chown(place, 12345, 12345)
    with pytest.raises(RepositoryError) as caught:
        Repository.open(world.path)
    assert "dubious ownership" in caught.value.what
    assert f"safe.directory {world.path}" in caught.value.hint
    (tmp_path / ".gitconfig").write_text(f"[safe]\n\tdirectory = {world.path}\n")
    assert Repository.open(world.path).head() is not None
