from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.errors import RangeError, RepositoryError, StorageError
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Reverted, Scratch
from blastradius.git.trees import list_tree
from blastradius.model.source import Commit, TreeEntry
from tests.gitworld import GitWorld, run_git

TEXT = "".join(f"line {number}\n" for number in range(40))


def commit_at(world: GitWorld, revision: str) -> Commit:
    return resolve_range(Repository.open(world.path), revision).commits[0]


def tree_at(world: GitWorld, revision: str) -> str:
    return world.id_of(f"{revision}^{{tree}}")


def undo(world: GitWorld, revision: str, mainline: int = 1) -> Reverted:
    with Scratch(Repository.open(world.path)) as scratch:
        return scratch.revert(tree_at(world, "HEAD"), commit_at(world, revision), mainline)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in sorted(folder.rglob("*"))
    }


def test_objects_are_what_git_would_write(world: GitWorld) -> None:
    world.commit("one", {"a": "1\n"})
    with Scratch(Repository.open(world.path)) as scratch:
        blob = scratch.write_blob(b"hello\n")
        tree = scratch.write_tree_with(tree_at(world, "HEAD"), {})
        commit = scratch.write_commit(tree, (world.head(),))
        assert blob == "ce013625030ba8dba906f756967f9e9ca394464a"
        assert tree == tree_at(world, "HEAD")
        assert scratch.view.git("cat-file", "-p", blob) == b"hello\n"
        assert scratch.view.git("rev-parse", f"{commit}~1").decode().strip() == world.head()
        assert scratch.view.git("fsck", "--strict", "--no-dangling", commit) == b""


def test_the_repository_is_untouched_and_the_scratch_is_removed(world: GitWorld) -> None:
    world.commit("one", {"a": TEXT, "b": "1\n"})
    world.commit("two", {"a": TEXT.replace("line 3\n", "x\n"), "b": None})
    world.commit("three", {"a": TEXT.replace("line 3\n", "x\n").replace("line 30\n", "y\n")})
    before = snapshot(world.path)
    with Scratch(Repository.open(world.path)) as scratch:
        folder = scratch.folder
        assert scratch.revert(tree_at(world, "HEAD"), commit_at(world, "HEAD~1")).tree
        assert folder.is_dir()
    assert not folder.exists()
    assert snapshot(world.path) == before


def test_the_scratch_goes_even_when_its_user_fails(world: GitWorld) -> None:
    used: list[Path] = []

    def interrupted() -> None:
        with Scratch(Repository.open(world.path)) as scratch:
            used.append(scratch.folder)
            scratch.write_blob(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert used
    assert not used[0].exists()


@pytest.mark.parametrize("name", ["plain", 'quo"te', "new\nline", "co:lon", "#hash", "ünï", "a\\b"])
def test_a_repository_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    world = GitWorld(folder)
    world.commit("one", {"a": "1\n"})
    with Scratch(Repository.open(folder)) as scratch:
        assert list(list_tree(scratch.view, world.head())) == ["a"]


def test_borrowed_objects_of_a_borrower(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1\n"})
    run_git(tmp_path, "clone", "-q", "--shared", str(world.path), "borrower")
    with Scratch(Repository.open(tmp_path / "borrower")) as scratch:
        assert list(list_tree(scratch.view, world.head())) == ["a"]


def test_a_temporary_folder_that_cannot_be_written(
    world: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(StorageError, match="point TMPDIR elsewhere"):
        Scratch(Repository.open(world.path))


def test_a_full_disk_is_told(world: GitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with Scratch(Repository.open(world.path)) as scratch:
        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(StorageError, match="No space left on device"):
            scratch.write_blob(b"x")


class TestTrees:
    @pytest.fixture
    def base(self, world: GitWorld) -> str:
        world.commit(
            "base", {"a": "1\n", "d/x": "2\n", "d/e/y": "3\n", "d.z": "4\n", "one/only": "5\n"}
        )
        return tree_at(world, "HEAD")

    def test_a_rewritten_tree_is_what_git_writes(self, world: GitWorld, base: str) -> None:
        with Scratch(Repository.open(world.path)) as scratch:
            fresh = TreeEntry("100755", scratch.write_blob(b"new\n"))
            made = scratch.write_tree_with(
                base,
                {"a": None, "d/e/y": fresh, "d/new/deep/f": fresh, "one/only": None, "gone": None},
            )
        world.write({"a": None, "d/e/y": "new\n", "d/new/deep/f": "new\n", "one/only": None})
        for name in ("d/e/y", "d/new/deep/f"):
            (world.path / name).chmod(0o755)
        world.git("add", "-A")
        assert made == world.git("write-tree")

    def test_a_file_becomes_a_folder_and_back(self, world: GitWorld, base: str) -> None:
        with Scratch(Repository.open(world.path)) as scratch:
            fresh = TreeEntry("100644", scratch.write_blob(b"new\n"))
            nested = scratch.write_tree_with(base, {"a": None, "a/b": fresh})
            flat = scratch.write_tree_with(nested, {"a/b": None, "a": fresh})
            listed = [list(list_tree(scratch.view, tree)) for tree in (nested, flat)]
        rest = ["d.z", "d/e/y", "d/x", "one/only"]
        assert listed == [["a/b", *rest], ["a", *rest]]

    def test_what_is_not_there_is_not_taken_away(self, world: GitWorld, base: str) -> None:
        with Scratch(Repository.open(world.path)) as scratch:
            assert (
                scratch.write_tree_with(base, {"a/below": None, "d": None, "no/where": None})
                == base
            )

    def test_both_file_and_folder_is_refused(self, world: GitWorld, base: str) -> None:
        with Scratch(Repository.open(world.path)) as scratch:
            fresh = TreeEntry("100644", scratch.write_blob(b"new\n"))
            with pytest.raises(ValueError, match="'d' would be both a file and a folder"):
                scratch.write_tree_with(base, {"d": fresh, "d/other": fresh})

    def test_emptying_a_tree(self, world: GitWorld, base: str) -> None:
        repo = Repository.open(world.path)
        with Scratch(repo) as scratch:
            gone: dict[str, TreeEntry | None] = dict.fromkeys(list_tree(repo, base))
            assert scratch.write_tree_with(base, gone) == repo.empty_tree

    def test_two_thousand_folders_deep(self, world: GitWorld) -> None:
        repo = Repository.open(world.path)
        with Scratch(repo) as scratch:
            fresh = TreeEntry("100644", scratch.write_blob(b"new\n"))
            path = "d/" * 2000 + "f"
            deep = scratch.write_tree_with(repo.empty_tree, {path: fresh})
            assert scratch.trees.lookup(deep, path) == fresh
            assert list(scratch.trees.differences(repo.empty_tree, deep)) == [(path, None, fresh)]

    def test_differences_are_gits(self, world: GitWorld, base: str) -> None:
        world.commit(
            "next", {"a": None, "a/b": "1\n", "d/x": "changed\n", "one/only": None, "one": "f\n"}
        )
        raw = world.git("diff-tree", "-r", "--name-only", "--no-renames", base, "HEAD^{tree}")
        with Scratch(Repository.open(world.path)) as scratch:
            found = list(scratch.trees.differences(base, tree_at(world, "HEAD")))
        assert sorted(path for path, _, _ in found) == sorted(raw.split("\n"))

    def test_old_modes_are_read_as_git_reads_them(self, world: GitWorld) -> None:
        blob = world.git("hash-object", "-w", "--stdin")
        (world.path / "raw").write_bytes(b"100664 a\0" + bytes.fromhex(blob))
        tree = world.git("hash-object", "-t", "tree", "-w", "--literally", "raw")
        with Scratch(Repository.open(world.path)) as scratch:
            assert scratch.trees.lookup(tree, "a") == list_tree(scratch.view, tree)["a"]

    @pytest.mark.parametrize("raw", [b"100644 a\0short", b"nonsense", b"10x644 a\0" + b"1" * 20])
    def test_a_malformed_tree_is_an_error(self, world: GitWorld, raw: bytes) -> None:
        (world.path / "raw").write_bytes(raw)
        tree = world.git("hash-object", "-t", "tree", "-w", "--literally", "raw")
        with (
            Scratch(Repository.open(world.path)) as scratch,
            pytest.raises(RepositoryError, match="malformed"),
        ):
            scratch.trees.lookup(tree, "a")

    def test_a_blob_is_no_tree(self, world: GitWorld, base: str) -> None:
        with Scratch(Repository.open(world.path)) as scratch:
            blob = scratch.write_blob(b"x")
            with pytest.raises(RepositoryError, match="is a blob, not a commit or a tree"):
                scratch.trees.tree_of(blob)


class TestRevert:
    def test_the_last_commit_gives_its_parents_tree(self, world: GitWorld) -> None:
        world.commit("one", {"a": "1\n"})
        world.commit("two", {"a": None, "b/c": "2\n"})
        assert undo(world, "HEAD") == Reverted(tree_at(world, "HEAD~1"))

    def test_the_root_commit_gives_the_empty_tree(self, world: GitWorld) -> None:
        world.commit("one", {"a": "1\n"})
        assert undo(world, "HEAD").tree == Repository.open(world.path).empty_tree

    def test_the_root_commit_under_later_ones(self, world: GitWorld) -> None:
        world.commit("one", {"a": "1\n"})
        world.commit("two", {"b": "1\n"})
        tree = undo(world, "HEAD~1").tree
        assert tree is not None
        with Scratch(Repository.open(world.path)) as scratch:
            assert tree == scratch.write_tree_with(tree_at(world, "HEAD"), {"a": None})

    def test_lines_elsewhere_in_the_same_file_stay(self, world: GitWorld) -> None:
        world.commit("one", {"a": TEXT})
        world.commit("two", {"a": TEXT.replace("line 3\n", "two\n")})
        both = TEXT.replace("line 3\n", "two\n").replace("line 30\n", "three\n")
        world.commit("three", {"a": both})
        repo = Repository.open(world.path)
        with Scratch(repo) as scratch:
            found = scratch.revert(tree_at(world, "HEAD"), commit_at(world, "HEAD~1"))
            assert found.tree is not None
            entry = list_tree(scratch.view, found.tree)["a"]
            assert scratch.reader.read(entry.oid) == TEXT.replace("line 30\n", "three\n").encode()

    def test_a_conflict_names_its_paths_and_gits_words(self, world: GitWorld) -> None:
        world.commit("one", {"a b\n\t": TEXT, "c": "1\n"})
        world.commit("two", {"a b\n\t": TEXT.replace("line 3\n", "two\n"), "c": "2\n"})
        world.commit("three", {"a b\n\t": TEXT.replace("line 3\n", "three\n"), "c": None})
        found = undo(world, "HEAD~1")
        assert found.tree is None
        assert found.conflicts == ("a b\n\t", "c")
        assert any("CONFLICT (modify/delete)" in message for message in found.messages)

    def test_a_file_that_was_renamed_since(self, world: GitWorld) -> None:
        world.commit("one", {"a": TEXT})
        world.commit("two", {"a": TEXT.replace("line 3\n", "two\n")})
        world.commit("three", {"a": None, "b": TEXT.replace("line 3\n", "two\n")})
        repo = Repository.open(world.path)
        with Scratch(repo) as scratch:
            found = scratch.revert(tree_at(world, "HEAD"), commit_at(world, "HEAD~1"))
            assert found.tree is not None
            assert list_tree(scratch.view, found.tree)["b"] == list_tree(repo, "HEAD~2")["a"]

    def test_a_file_added_to_a_folder_whose_rename_goes_back(self, world: GitWorld) -> None:
        old = {f"old/{number}": f"{number}\n{TEXT}" for number in range(3)}
        moved = {f"new/{number}": text for number, text in enumerate(old.values())}
        world.commit("one", dict(old))
        world.commit("two", {**dict.fromkeys(old), **moved})
        world.commit("three", {"new/fresh": "x\n"})
        assert undo(world, "HEAD~1").conflicts == ("new/fresh", "old/fresh")
        world.git("revert", "--no-edit", "HEAD~1", check=False)
        assert "old/fresh" in world.git("diff", "--name-only", "--diff-filter=U")

    def test_a_merge_goes_back_to_either_parent(self, world: GitWorld) -> None:
        world.commit("base", {"a": "1\n"})
        world.git("checkout", "-q", "-b", "side")
        world.commit("side", {"s": "1\n"})
        world.git("checkout", "-q", "main")
        world.commit("main", {"m": "1\n"})
        world.merge("side")
        assert undo(world, "HEAD", 1).tree == tree_at(world, "HEAD^1")
        assert undo(world, "HEAD", 2).tree == tree_at(world, "HEAD^2")
        for mainline in (0, 3):
            with pytest.raises(RangeError, match=f"has no parent {mainline}"):
                undo(world, "HEAD", mainline)

    def test_a_submodule_and_a_symlink(self, world: GitWorld) -> None:
        world.write({"a": "1\n"})
        (world.path / "link").symlink_to("a")
        world.git("add", "-A")
        world.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
        world.git("commit", "-q", "-m", "one")
        first = tree_at(world, "HEAD")
        (world.path / "link").unlink()
        (world.path / "link").symlink_to("b")
        world.git("add", "link")
        world.git("update-index", "--cacheinfo", f"160000,{'2' * 40},sub")
        world.git("commit", "-q", "-m", "two")
        world.write({"other": "x\n"})
        world.git("add", "other")
        world.git("commit", "-q", "-m", "three")
        with Scratch(Repository.open(world.path)) as scratch:
            other = list_tree(scratch.view, world.head())["other"]
            expected = scratch.write_tree_with(first, {"other": other})
            assert (
                scratch.revert(tree_at(world, "HEAD"), commit_at(world, "HEAD~1")).tree == expected
            )

    def test_an_answer_is_computed_once(
        self, world: GitWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.commit("one", {"a": "1\n"})
        world.commit("two", {"a": "2\n"})
        with Scratch(Repository.open(world.path)) as scratch:
            first = scratch.revert(tree_at(world, "HEAD"), commit_at(world, "HEAD"))
            monkeypatch.setattr(scratch, "_merge", None)
            assert scratch.revert(tree_at(world, "HEAD"), commit_at(world, "HEAD")) is first

    def test_sha256(self, tmp_path: Path) -> None:
        world = GitWorld(tmp_path, object_format="sha256")
        world.commit("one", {"a": TEXT})
        world.commit("two", {"a": TEXT.replace("line 3\n", "two\n"), "b/c": "x\n"})
        world.commit("three", {"a": TEXT.replace("line 3\n", "two\n") + "end\n"})
        found = undo(world, "HEAD~1").tree
        world.git("revert", "--no-edit", "HEAD~1")
        assert found == tree_at(world, "HEAD")

    def test_in_a_shallow_clone(self, world: GitWorld, tmp_path: Path) -> None:
        for number in range(4):
            world.commit(str(number), {"a": TEXT + f"{number}\n", f"f{number}": "x\n"})
        run_git(tmp_path, "clone", "-q", "--depth=3", world.path.as_uri(), "shallow")
        shallow = GitWorld(tmp_path / "shallow")
        assert undo(shallow, "HEAD").tree == tree_at(world, "HEAD~1")

    def test_a_missing_tree_is_an_error_not_a_conflict(self, world: GitWorld) -> None:
        world.commit("one", {"d/a": TEXT})
        world.commit("two", {"d/a": TEXT + "two\n"})
        world.commit("three", {"d/a": TEXT + "two\nthree\n"})
        world.loose_object(world.id_of("HEAD~1:d/a")).unlink()
        with pytest.raises(RepositoryError):
            undo(world, "HEAD~1")
