"""A snapshot comes back byte for byte, from every state that git allows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from blastradius.errors import CheckpointError
from blastradius.git.capture import capture
from blastradius.git.putback import compared
from blastradius.git.repository import Repository
from blastradius.git.snapshots import load, refs
from tests.gitworld import GitWorld, run_git
from tests.keeping import brought_back, files_of, state_of, still, taken

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n"
LATIN = os.fsdecode(b"caf\xe9")


@pytest.fixture
def dirty(world: GitWorld) -> GitWorld:
    """A branch with changes of every kind: staged, not staged, untracked, gone, odd names."""
    world.git("config", "core.autocrlf", "true")
    world.write({".gitattributes": "*.big filter=lfs\n*.txt text\n"})
    world.commit("one", {
        "a.py": "a\n", "deep/er/c.txt": "x\n", "gone.py": "1\n", "staged_gone.py": "2\n",
        "run.sh": "#!\n", "f.big": POINTER, "both": "file\n", "kept": "k\n",
    })  # fmt: skip
    world.git("checkout", "-q", "-b", "work")
    world.git("rm", "-q", "--cached", "staged_gone.py")
    world.write({"a.py": "staged\n"})
    world.git("add", "a.py")
    world.write({
        "a.py": "worked on\n", "deep/er/c.txt": "x\r\ny\n", "gone.py": None, "new/very/n.txt": "n\r\n",
        LATIN: "z", "new line\n": "q", "f.big": b"\0" * 40, "both": None,
    })  # fmt: skip
    world.write({"both/now a folder": "f"})
    (world.path / "run.sh").chmod(0o755)
    (world.path / "kept").chmod(0o600)
    (world.path / "link").symlink_to("/etc/passwd")
    (world.path / "private").mkdir(mode=0o700)
    world.write({"private/p": "p"})
    (world.path / "announced").write_text("later\n")
    world.git("add", "-N", "announced")
    return world


def spoil(world: GitWorld) -> None:
    """Lose everything and go elsewhere."""
    world.git("reset", "-q", "--hard")
    world.git("clean", "-q", "-ffdx")
    world.git("checkout", "-q", "-b", "elsewhere")
    world.write({"deep/er/c.txt": None})
    world.commit(
        "two", {"deep": "a file now", "both": "again\n", "more/of/it": "1", "link": "plain"}
    )
    world.write({"private": "no folder", "a.py": "lost\n"})


def test_taking_touches_neither_index_nor_work_tree_nor_refs(dirty: GitWorld) -> None:
    def own() -> dict[str, bytes]:
        git = dirty.path / ".git"
        return {
            str(one): one.read_bytes()
            for one in sorted(git.rglob("*"))
            if one.is_file() and "objects" not in one.parts
        }

    before, git = state_of(dirty), own()
    capture(Repository.open(dirty.path), still)
    assert own() == git
    assert state_of(dirty) == before


def test_everything_comes_back_byte_for_byte(dirty: GitWorld) -> None:
    before = state_of(dirty)
    commit = taken(dirty)
    spoil(dirty)
    brought_back(dirty, commit)
    assert state_of(dirty) == before
    assert (dirty.path / "private").stat().st_mode & 0o777 == 0o700
    assert dirty.git("fsck", "--full", "--strict", "--no-dangling") == ""


def test_the_commits_that_were_left_are_kept_by_the_state_before(dirty: GitWorld) -> None:
    commit = taken(dirty)
    spoil(dirty)
    lost, after = dirty.head(), state_of(dirty)
    brought_back(dirty, commit)
    dirty.git("branch", "-q", "-D", "elsewhere")
    dirty.git("reflog", "expire", "--expire=now", "--all")
    dirty.git("gc", "-q", "--prune=now")
    before = refs(Repository.open(dirty.path))["refs/blastradius/checkpoints/before/code"]
    assert dirty.id_of(f"{before}^1") == lost
    brought_back(dirty, before)
    assert state_of(dirty) == after


def test_a_second_time_nothing_is_written(dirty: GitWorld) -> None:
    commit = taken(dirty)
    spoil(dirty)
    brought_back(dirty, commit)
    seen: list[str] = []
    brought_back(dirty, commit, seen.append)
    assert seen == []


def test_a_tree_that_git_would_pack_and_collect_is_still_whole(dirty: GitWorld) -> None:
    before = state_of(dirty)
    commit = taken(dirty)
    spoil(dirty)
    dirty.git("reflog", "expire", "--expire=now", "--all")
    dirty.git("gc", "-q", "--prune=now")
    brought_back(dirty, commit)
    assert state_of(dirty) == before


def conflicted(world: GitWorld) -> None:
    world.commit("one", {"a": "1\n"})
    world.git("checkout", "-q", "-b", "side")
    world.commit("left", {"a": "2\n"})
    world.git("checkout", "-q", "-b", "work", "main")
    world.commit("right", {"a": "3\n"})
    world.git("merge", "-q", "side", check=False)
    world.write({"a": "half solved\n"})


def test_a_merge_in_progress_is_taken_up_again(world: GitWorld) -> None:
    conflicted(world)
    before, words = state_of(world), world.git("status")
    commit = taken(world)
    world.git("merge", "--abort")
    assert world.git("status") != words
    brought_back(world, commit)
    assert (state_of(world), world.git("status")) == (before, words)
    world.git("add", "a")
    world.git("commit", "-q", "--no-edit")
    assert len(world.git("log", "-1", "--format=%P").split()) == 2


def test_during_a_rebase_nothing_is_brought_back(world: GitWorld) -> None:
    conflicted(world)
    world.git("merge", "--abort")
    commit = taken(world)
    world.git("rebase", "-q", "side", check=False)
    with pytest.raises(CheckpointError, match="rebase is not finished"):
        brought_back(world, commit)


def test_a_detached_head(world: GitWorld) -> None:
    first = world.commit("one", {"a": "1"})
    world.git("checkout", "-q", "--detach")
    world.write({"a": "dirty"})
    before, commit = state_of(world), taken(world)
    world.git("checkout", "-q", "-f", "main")
    two = world.commit("two", {"a": "2"})
    brought_back(world, commit)
    assert state_of(world) == before
    assert (world.head(), world.id_of("main")) == (first, two)


def test_before_the_first_commit(world: GitWorld) -> None:
    world.git("symbolic-ref", "HEAD", "refs/heads/work")
    world.write({"a": "1", "b": "2"})
    world.git("add", "a")
    before, commit = state_of(world), taken(world)
    lost = world.commit("one", {"a": "3"})
    brought_back(world, commit)
    assert state_of(world) == before
    assert world.git("rev-parse", "--verify", "-q", "HEAD", check=False) == ""
    assert world.git("cat-file", "-t", lost) == "commit"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_both_kinds_of_object_ids(tmp_path: Path, form: str) -> None:
    world = GitWorld(tmp_path, object_format=form)
    world.commit("one", {"a": "1", "b/c": "2"})
    world.write({"a": "2", "n": "3"})
    world.git("add", "a")
    before, commit = state_of(world), taken(world)
    world.git("reset", "-q", "--hard")
    brought_back(world, commit)
    assert state_of(world) == before


def test_a_linked_worktree_is_its_own(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1"})
    world.git("worktree", "add", "-q", "-b", "work", str(tmp_path / "linked"))
    linked = GitWorld(tmp_path / "linked")
    linked.write({"a": "2", "n": "3"})
    before, commit = state_of(linked), taken(linked)
    linked.git("reset", "-q", "--hard")
    with pytest.raises(CheckpointError, match="the worktree linked"):
        brought_back(world, commit)
    main = taken(world)
    world.git("checkout", "-q", "-b", "other")
    linked.git("checkout", "-q", "main")
    world.commit("two", {"a": "9"})
    world.git("update-ref", "refs/heads/main", "other")
    with pytest.raises(CheckpointError, match="checked out in another worktree"):
        brought_back(world, main)
    linked.git("checkout", "-q", "-f", "work")
    brought_back(linked, commit)
    assert state_of(linked) == before


def test_a_split_index_and_a_sparse_checkout(world: GitWorld) -> None:
    world.commit("one", {"a": "1", "out/b": "2", "in/c": "3"})
    world.git("checkout", "-q", "-b", "work")
    world.git("sparse-checkout", "set", "in")
    world.git("update-index", "--split-index")
    world.write({"in/c": "4"})
    world.git("update-index", "--assume-unchanged", "a")
    before, commit = state_of(world), taken(world)
    world.git("sparse-checkout", "disable")
    world.git("update-index", "--no-split-index", "--no-assume-unchanged", "a")
    world.git("checkout", "-q", "-f", ".")
    brought_back(world, commit)
    assert state_of(world) == before


def test_of_a_submodule_its_commit_is_told(world: GitWorld, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    sub = GitWorld(tmp_path / "sub")
    first = sub.commit("s", {"s": "1"})
    world.git("submodule", "add", "-q", str(sub.path), "lib")
    world.commit("one")
    commit = taken(world)
    sub.commit("t", {"s": "2"})
    run_git(world.path / "lib", "pull", "-q")
    repo = Repository.open(world.path)
    target = load(repo, commit)
    assert target.work["lib"].oid == first
    assert compared(repo, target, capture(repo, still, also=target.work)).submodules == ("lib",)
    brought_back(world, commit)
    assert (world.path / "lib/s").read_text() == "2"


def test_a_submodule_is_a_repository_like_any_other(world: GitWorld, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    sub = GitWorld(tmp_path / "sub")
    sub.commit("s", {"s": "1"})
    world.git("submodule", "add", "-q", str(sub.path), "lib")
    inner = GitWorld(world.path / "lib")
    inner.git("checkout", "-q", "-b", "work")
    inner.write({"s": "dirty"})
    before, commit = state_of(inner), taken(inner)
    inner.commit("t", {"s": "2"})
    brought_back(inner, commit)
    assert state_of(inner) == before


def test_a_repository_inside_is_neither_kept_nor_written_into(world: GitWorld) -> None:
    world.commit("one", {"a": "1", "in/b": "2"})
    commit = taken(world)
    shutil.rmtree(world.path / "in")
    (world.path / "in").mkdir()
    inner = GitWorld(world.path / "in")
    inner.write({"x": "theirs"})
    with pytest.raises(CheckpointError, match="another repository stands where"):
        brought_back(world, commit)
    assert capture(Repository.open(world.path), still).nested == ("in",)
    assert (inner.path / "x").read_text() == "theirs"


def test_orphans_stay_unless_they_may_go_and_nothing_in_the_way_is_lost(world: GitWorld) -> None:
    world.commit("one", {"a/b": "1", "c": "2"})
    commit = taken(world)
    world.write({"a/b": None, "a": "in the way", "new/n": "3"})
    with pytest.raises(CheckpointError, match="a stands where"):
        brought_back(world, commit, orphans=False)
    assert files_of(world.path) == {
        "a": ("file", 0o644, b"in the way"), "c": ("file", 0o644, b"2"), "new/n": ("file", 0o644, b"3"),
    }  # fmt: skip
    brought_back(world, commit)
    assert set(files_of(world.path)) == {"a/b", "c"}
    world.write({"new/n": "3"})
    brought_back(world, commit, orphans=False)
    assert (world.path / "new/n").exists()


def test_what_was_ignored_then_is_no_orphan_now(world: GitWorld) -> None:
    world.commit("one", {".gitignore": "*.log\nbuild/\n", "a": "1"})
    world.write({"x.log": "logged", "build/y": "built", ":(top)odd": "1"})
    commit = taken(world)
    world.write({".gitignore": "", "z": "new"})
    repo = Repository.open(world.path)
    target = load(repo, commit)
    found = compared(repo, target, capture(repo, still, also=target.work))
    assert found.orphans == ("z",)


def test_what_is_ignored_now_is_kept_before_it_is_written_over(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    world.write({"out.txt": "then"})
    commit = taken(world)
    world.commit("ignored", {".gitignore": "out.txt\n", "out.txt": "then"})
    world.write({"out.txt": "precious"})
    brought_back(world, commit)
    before = refs(Repository.open(world.path))["refs/blastradius/checkpoints/before/code"]
    assert world.git("show", f"{before}:work/out.txt") == "precious"
