from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.errors import RepositoryError
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.trees import changes_of, diff_trees, list_tree
from blastradius.model.source import FileChange, TreeEntry
from tests.gitworld import GitWorld, run_git

TEXT = "".join(f"line {number}\n" for number in range(40))


def shapes(changes: tuple[FileChange, ...]) -> list[tuple[str, str, str]]:
    return [(change.status, change.old_path, change.path) for change in changes]


def test_files_symlinks_submodules_and_odd_names(world: GitWorld) -> None:
    odd = {
        "z z.txt": "1\n",
        'quo"te\t\n.txt': "2\n",
        "ü.txt": "3\n",
        "dir/a": "4\n",
        "dir.x": "5\n",
    }
    world.write(odd)
    (world.path / "run.sh").write_text("x\n")
    (world.path / "run.sh").chmod(0o755)
    (world.path / "link").symlink_to("/etc/passwd")
    world.git("add", ".")
    world.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    world.git("commit", "-q", "-m", "all")
    tree = list_tree(Repository.open(world.path), "HEAD")
    assert list(tree) == sorted([*odd, "run.sh", "link", "sub"], key=str.encode)
    assert tree["sub"] == TreeEntry("160000", "1" * 40)
    assert [tree[name].mode for name in ("link", "run.sh", "dir/a")] == [
        "120000", "100755", "100644",
    ]  # fmt: skip


def test_a_name_that_is_not_utf8_survives(world: GitWorld) -> None:
    blob = world.git("hash-object", "-w", "--stdin")
    name = b"caf\xe9.py"
    content = b"100644 " + name + b"\0" + bytes.fromhex(blob)
    (world.path / "raw").write_bytes(content)
    tree = world.git("hash-object", "-t", "tree", "-w", "raw")
    repo = Repository.open(world.path)
    (path,) = list_tree(repo, tree)
    assert path.encode("utf-8", "surrogateescape") == name
    (change,) = diff_trees(repo, repo.empty_tree, tree)
    assert (change.path, change.status) == (path, "added")


def test_an_empty_tree_lists_nothing(world: GitWorld) -> None:
    repo = Repository.open(world.path)
    assert list_tree(repo, repo.empty_tree) == {}


def test_a_tree_that_is_not_there(world: GitWorld) -> None:
    with pytest.raises(RepositoryError):
        list_tree(Repository.open(world.path), "2" * 40)


def test_every_kind_of_difference(world: GitWorld) -> None:
    world.commit(
        "old", {"mod": "1\n", "gone": "g\n", "moved": TEXT, "kind": "k\n", "source": TEXT * 2}
    )
    world.write(
        {"mod": "2\n", "gone": None, "moved": None, "new/place": TEXT + "more\n", "kind": None}
    )
    world.write({"twin": TEXT * 2, "source": TEXT * 2 + "touched\n", "fresh": "unlike\n"})
    (world.path / "kind").symlink_to("mod")
    world.commit("new")
    repo = Repository.open(world.path)
    changes = diff_trees(repo, world.id_of("HEAD^"), world.head())
    assert shapes(changes) == [
        ("added", "fresh", "fresh"),
        ("deleted", "gone", "gone"),
        ("type", "kind", "kind"),
        ("modified", "mod", "mod"),
        ("renamed", "moved", "new/place"),
        ("modified", "source", "source"),
        ("copied", "source", "twin"),
    ]
    by_path = {change.path: change for change in changes}
    assert by_path["fresh"].old is None
    assert by_path["gone"].new is None
    assert by_path["kind"].new == list_tree(repo, "HEAD")["kind"]
    assert by_path["new/place"].old == list_tree(repo, "HEAD^")["moved"]


def test_all_commits_of_a_range_and_the_root_with_all_its_files(world: GitWorld) -> None:
    root = world.commit("root", {"a": TEXT, "b": "1\n"})
    moved = world.commit("move", {"a": None, "c": TEXT})
    empty = world.commit("nothing")
    repo = Repository.open(world.path)
    found = changes_of(repo, resolve_range(repo, f"{repo.empty_tree}..HEAD"))
    assert {commit: shapes(changes) for commit, changes in found.items()} == {
        root: [("added", "a", "a"), ("added", "b", "b")],
        moved: [("renamed", "a", "c")],
        empty: [],
    }


def test_a_clean_merge_changes_nothing_and_an_evil_one_only_what_no_parent_has(
    world: GitWorld,
) -> None:
    base = world.commit("base", {"a": TEXT, "b": TEXT})
    world.git("checkout", "-q", "-b", "side")
    world.commit("side", {"a": TEXT + "side\n"})
    world.git("checkout", "-q", "main")
    world.commit("main", {"b": TEXT + "main\n"})
    clean = world.merge("side")
    world.git("checkout", "-q", "-b", "again", "HEAD^1")
    world.git("merge", "-q", "--no-ff", "--no-commit", "side")
    evil = world.commit("evil", {"a": TEXT + "neither\n", "only": "here\n"})
    repo = Repository.open(world.path)
    assert changes_of(repo, resolve_range(repo, f"{base}..main"))[clean] == ()
    found = changes_of(repo, resolve_range(repo, f"{base}..again"))[evil]
    assert shapes(found) == [
        ("modified", "a", "a"), ("modified", "a", "a"),
        ("added", "only", "only"), ("added", "only", "only"),
    ]  # fmt: skip
    parents = [list_tree(repo, parent)["a"] for parent in (f"{evil}^1", f"{evil}^2")]
    assert [change.old for change in found[:2]] == parents


def test_an_octopus_merge(world: GitWorld) -> None:
    base = world.commit("base", {"a": "1\n"})
    for name in ("one", "two", "three"):
        world.git("checkout", "-q", "-b", name, base)
        world.commit(name, {name: f"{name}\n"})
    world.git("checkout", "-q", "one")
    world.git("merge", "-q", "--no-ff", "--no-commit", "two", "three")
    octopus = world.commit("octopus", {"extra": "x\n"})
    repo = Repository.open(world.path)
    found = resolve_range(repo, f"{base}..HEAD")
    assert [len(commit.parents) for commit in found.commits] == [1, 1, 1, 3]
    assert shapes(changes_of(repo, found)[octopus]) == [("added", "extra", "extra")] * 3


def test_without_the_contents_whole_renames_are_still_found(
    world: GitWorld, tmp_path: Path
) -> None:
    world.commit("old", {"a": TEXT, "b": TEXT * 2, "c": "1\n"})
    world.commit("new", {"a": None, "moved": TEXT, "b": None, "changed": TEXT * 2 + "x\n"})
    world.git("config", "uploadpack.allowFilter", "true")
    url = world.path.as_uri()
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", url, "partial")
    repo = Repository.open(tmp_path / "partial")
    old, new = world.id_of("HEAD^"), world.head()
    expected = [("deleted", "b", "b"), ("added", "changed", "changed"), ("renamed", "a", "moved")]
    with Scratch(repo) as scratch:
        for place in (repo, scratch.view):
            assert shapes(diff_trees(place, old, new)) == expected
            assert shapes(changes_of(place, resolve_range(repo, "HEAD"))[new]) == expected


def test_a_repository_that_borrows_its_objects(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"a": "1\n"})
    run_git(tmp_path, "clone", "-q", "--shared", str(world.path), "borrower")
    assert list(list_tree(Repository.open(tmp_path / "borrower"), "HEAD")) == ["a"]
