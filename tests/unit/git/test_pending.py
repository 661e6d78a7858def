from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.errors import RangeError, RepositoryError
from blastradius.git import worktree
from blastradius.git.objects import lfs_pointer
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.trees import changes_of, list_tree
from blastradius.model.source import STAGED, WORKTREE, Commit, CommitRange
from tests.gitworld import GitWorld, run_git


@pytest.fixture
def scratch(world: GitWorld) -> Iterator[Scratch]:
    with Scratch(Repository.open(world.path)) as made:
        yield made


def staged(scratch: Scratch) -> CommitRange:
    return resolve_range(scratch.repo, staged=True, scratch=scratch)


def uncommitted(scratch: Scratch) -> CommitRange:
    return resolve_range(scratch.repo, worktree=True, scratch=scratch)


def changed(scratch: Scratch, found: CommitRange) -> dict[str, str]:
    changes = changes_of(scratch.view, found)
    return {change.path: change.status for each in changes.values() for change in each}


def content(scratch: Scratch, found: CommitRange, path: str) -> object:
    return scratch.reader.read(list_tree(scratch.view, found.head)[path].oid)


def test_the_index_is_one_pseudo_commit_on_head(world: GitWorld, scratch: Scratch) -> None:
    head = world.commit("one", {"a": "1\n", "b": "1\n", "gone": "1\n"})
    world.write({"a": "2\n", "new": "n\n", "gone": None})
    world.git("add", "-A")
    world.write({"b": "not staged\n", "untracked": "u\n"})
    found = staged(scratch)
    assert found.commits == (Commit(STAGED, (head,), "", "", "what is staged"),)
    assert (found.base, found.label) == (head, "--staged")
    assert found.head == world.git("write-tree")
    assert changed(scratch, found) == {"a": "modified", "new": "added", "gone": "deleted"}


def test_the_work_tree_is_what_add_all_would_commit(world: GitWorld, scratch: Scratch) -> None:
    head = world.commit("one", {"a": "1\n", "b": "1\n", "d/gone": "1\n", ".gitignore": "*.log\n"})
    world.write({"a": "staged\n"})
    world.git("add", "a")
    world.write({"b": "edited\n", "d/gone": None, "new/f": "n\n", "x.log": "ignored\n"})
    (world.path / "run").write_text("r\n")
    (world.path / "run").chmod(0o755)
    (world.path / "link").symlink_to("nowhere")
    (world.path / "caf\udce9.py").write_text("c\n")
    found = uncommitted(scratch)
    assert [(commit.id, commit.parents) for commit in found.commits] == [(WORKTREE, (head,))]
    world.git("add", "-A")
    assert found.head == world.git("write-tree")


def test_a_clean_repository_has_no_pending_commit(world: GitWorld, scratch: Scratch) -> None:
    head = world.commit("one", {"a": "1\n"})
    for found in (staged(scratch), uncommitted(scratch)):
        assert (found.base, found.commits) == (head, ())
        assert found.head == world.id_of("HEAD^{tree}")


def test_touched_but_equal_files_are_no_change(world: GitWorld, scratch: Scratch) -> None:
    world.commit("one", {"a": "1\n"})
    os.utime(world.path / "a", (1, 1))
    assert uncommitted(scratch).commits == ()


def test_before_the_first_commit(world: GitWorld, scratch: Scratch) -> None:
    world.write({"a": "1\n", "b": "2\n"})
    world.git("add", "a")
    found = staged(scratch)
    assert (found.base, found.commits[0].parents) == (scratch.repo.empty_tree, ())
    assert changed(scratch, found) == {"a": "added"}
    assert changed(scratch, uncommitted(scratch)) == {"a": "added", "b": "added"}


def test_nothing_of_the_repository_is_written(world: GitWorld, scratch: Scratch) -> None:
    world.commit("one", {"a": "1\n", "b": "1\n"})
    world.write({"a": "2\n"})
    world.git("add", "a")
    world.write({"b": "2\n", "c": "3\n"})
    os.utime(world.path / "a", (1, 1))

    def state() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in world.path.rglob("*")
        }

    before = state()
    staged(scratch)
    uncommitted(scratch)
    assert state() == before


def test_an_announced_file_is_not_staged(world: GitWorld, scratch: Scratch) -> None:
    world.commit("one", {"a": "1\n"})
    world.write({"later": "x\n"})
    world.git("add", "-N", "later")
    assert staged(scratch).commits == ()
    found = uncommitted(scratch)
    assert content(scratch, found, "later") == b"x\n"


def test_an_unfinished_merge(world: GitWorld, scratch: Scratch) -> None:
    world.commit("base", {"a": "1\n"})
    world.git("checkout", "-q", "-b", "side")
    world.commit("side", {"a": "side\n"})
    world.git("checkout", "-q", "main")
    world.commit("main", {"a": "main\n"})
    world.git("merge", "side", check=False)
    with pytest.raises(RangeError, match="unmerged paths, such as a"):
        staged(scratch)
    found = content(scratch, uncommitted(scratch), "a")
    assert found == (world.path / "a").read_bytes()


def test_bare_repositories_have_nothing_pending(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1\n"})
    run_git(tmp_path, "clone", "-q", "--bare", str(world.path), "bare")
    with Scratch(Repository.open(tmp_path / "bare")) as bare:
        for ask in (staged, uncommitted):
            with pytest.raises(RangeError, match="needs a work tree"):
                ask(bare)


def test_a_linked_worktree_has_its_own_index(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1\n"})
    world.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    (tmp_path / "linked" / "a").write_text("linked\n")
    world.write({"a": "main\n"})
    with Scratch(Repository.open(tmp_path / "linked")) as linked:
        assert content(linked, uncommitted(linked), "a") == b"linked\n"


def test_a_split_index(world: GitWorld, scratch: Scratch) -> None:
    world.commit("one", {"a": "1\n", "b": "1\n"})
    world.git("update-index", "--split-index")
    world.write({"a": "2\n"})
    world.git("add", "a")
    world.write({"b": "2\n"})
    assert list((world.path / ".git").glob("sharedindex.*"))
    assert changed(scratch, staged(scratch)) == {"a": "modified"}
    assert changed(scratch, uncommitted(scratch)) == {"a": "modified", "b": "modified"}


def test_what_a_sparse_checkout_leaves_out_is_not_deleted(
    world: GitWorld, scratch: Scratch
) -> None:
    world.commit("one", {"in/a": "1\n", "out/b": "1\n"})
    world.git("sparse-checkout", "set", "in")
    assert not (world.path / "out").exists()
    assert uncommitted(scratch).commits == ()


class TestLineEnds:
    def test_a_checkout_with_crlf_is_no_change(self, world: GitWorld, scratch: Scratch) -> None:
        world.commit("one", {"a": "1\n2\n3\n"})
        world.write({"a": b"1\r\n2\r\n3\r\n"})
        assert uncommitted(scratch).commits == ()
        world.write({"a": b"1\r\nedited\r\n3\r\n"})
        assert content(scratch, uncommitted(scratch), "a") == b"1\nedited\n3\n"

    def test_crlf_in_the_index_stays(self, world: GitWorld, scratch: Scratch) -> None:
        world.commit("one", {"a": b"1\r\n2\r\n"})
        world.write({"a": b"1\r\nedited\r\n"})
        assert content(scratch, uncommitted(scratch), "a") == b"1\r\nedited\r\n"

    def test_binaries_are_taken_byte_for_byte(self, world: GitWorld, scratch: Scratch) -> None:
        world.commit("one", {"a": b"\x00\n"})
        world.write({"a": b"\x00\r\n"})
        assert content(scratch, uncommitted(scratch), "a") == b"\x00\r\n"


class TestLfs:
    OLD = lfs_pointer(b"old content")

    def test_the_pointer_is_what_git_lfs_writes(self) -> None:
        assert lfs_pointer(b"hello\n") == (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:"
            b"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\nsize 6\n"
        )

    def test_a_real_file_over_a_pointer_is_its_pointer(
        self, world: GitWorld, scratch: Scratch
    ) -> None:
        world.commit("one", {"model.bin": self.OLD})
        world.write({"model.bin": b"old content"})
        assert uncommitted(scratch).commits == ()
        world.write({"model.bin": b"new content"})
        found = uncommitted(scratch)
        assert content(scratch, found, "model.bin") == lfs_pointer(b"new content")


class TestHostileWorkTree:
    def test_a_folder_that_became_a_symlink_leads_nowhere(
        self, world: GitWorld, scratch: Scratch, tmp_path: Path
    ) -> None:
        world.commit("one", {"d/secret": "1\n", "other": "1\n"})
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret").write_text("canary\n")
        world.write({"d/secret": None})
        (world.path / "d").symlink_to(outside)
        found = uncommitted(scratch)
        tree = list_tree(scratch.view, found.head)
        assert (sorted(tree), tree["d"].mode) == (["d", "other"], "120000")
        assert content(scratch, found, "d") == os.fsencode(outside)

    def test_the_way_is_checked_by_us_too(
        self, world: GitWorld, scratch: Scratch, tmp_path: Path
    ) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "secret").write_text("canary\n")
        (world.path / "d").symlink_to(tmp_path / "outside")
        files = worktree.WorkFiles(scratch, world.path, {})
        assert files.untracked("d/secret") is None

    def test_a_pipe_is_not_opened(self, world: GitWorld, scratch: Scratch) -> None:
        world.commit("one", {"a": "1\n"})
        (world.path / "a").unlink()
        os.mkfifo(world.path / "a")
        assert changed(scratch, uncommitted(scratch)) == {"a": "deleted"}

    def test_a_huge_file_is_not_read(
        self, world: GitWorld, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worktree, "LARGE", 1000)
        world.commit("one", {"a": "1\n"})
        world.write({"a": "x" * 1001})
        found = uncommitted(scratch)
        assert content(scratch, found, "a") == b"1001 bytes, not read by blastradius\n"

    def test_another_repository_inside_is_left_alone(
        self, world: GitWorld, scratch: Scratch
    ) -> None:
        world.commit("one", {"a": "1\n"})
        (world.path / "nested").mkdir()
        GitWorld(world.path / "nested").commit("inner", {"x": "1\n"})
        assert uncommitted(scratch).commits == ()

    def test_a_file_that_cannot_be_read(
        self, world: GitWorld, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.commit("one", {"a": "1\n"})
        world.write({"untracked": "x\n"})
        forbidden = {b"untracked"}
        real = os.open

        def guarded(
            name: str | bytes, flags: int, mode: int = 0o777, *, dir_fd: int | None = None
        ) -> int:
            if name in forbidden:
                raise PermissionError(13, "Permission denied")
            return real(name, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", guarded)
        assert uncommitted(scratch).commits == ()
        world.write({"a": "22\n"})
        forbidden.add(b"a")
        with pytest.raises(RepositoryError, match="cannot read a: Permission denied"):
            uncommitted(scratch)


class TestSubmodule:
    @pytest.fixture
    def inner(self, world: GitWorld, tmp_path: Path) -> GitWorld:
        (tmp_path / "inner").mkdir()
        GitWorld(tmp_path / "inner").commit("inner", {"x": "1\n"})
        world.git("submodule", "add", "-q", str(tmp_path / "inner"), "sub")
        world.commit("one")
        return GitWorld(world.path / "sub")

    def test_a_moved_submodule_is_a_change_of_its_commit(
        self, scratch: Scratch, inner: GitWorld
    ) -> None:
        moved = inner.commit("moved", {"x": "2\n"})
        found = uncommitted(scratch)
        assert changed(scratch, found) == {"sub": "modified"}
        assert list_tree(scratch.view, found.head)["sub"].oid == moved

    def test_dirt_inside_is_the_submodules_own(self, scratch: Scratch, inner: GitWorld) -> None:
        inner.write({"x": "dirty\n"})
        assert uncommitted(scratch).commits == ()

    def test_an_empty_submodule_is_unchanged(
        self, world: GitWorld, scratch: Scratch, inner: GitWorld
    ) -> None:
        world.git("submodule", "deinit", "-q", "-f", "sub")
        assert uncommitted(scratch).commits == ()


def test_the_pseudo_commit_can_be_undone(world: GitWorld, scratch: Scratch) -> None:
    world.commit("one", {"a": "1\n", "b": "1\n"})
    world.write({"a": "2\n"})
    found = uncommitted(scratch)
    assert scratch.revert(found.head, found.commits[0]).tree == world.id_of("HEAD^{tree}")


def test_sha256(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, object_format="sha256")
    world.commit("one", {"a": "1\n", "d/b": "1\n"})
    world.write({"a": "2\n"})
    with Scratch(Repository.open(tmp_path)) as scratch:
        found = uncommitted(scratch)
    world.git("add", "-A")
    assert found.head == world.git("write-tree")
