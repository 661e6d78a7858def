"""Which commit changed what: real histories, told by their subjects."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius
from blastradius.model.analysis import Analysis, SymbolChange
from tests.gitworld import GitWorld

BODY = "    total = 0\n    for one in range(9):\n        total += one\n    return total\n"
TWO = f"def first():\n    return 1\n\n\ndef second():\n{BODY}"


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    return GitWorld(tmp_path)


def understood(world: GitWorld, base: str) -> Analysis:
    return blastradius.analyze(world.path, f"{base}..HEAD", jobs=1, cache=False)


def attributed(world: GitWorld, base: str) -> dict[str, tuple[str, list[str]]]:
    """Return symbol → (kind, subjects of the commits that changed it)."""
    analysis = understood(world, base)
    subject = {commit.id: commit.subject for commit in analysis.range.commits}
    return {
        one.symbol: (one.kind, [subject[commit] for commit in one.commits])
        for one in analysis.changes
    }


def only(world: GitWorld, base: str) -> SymbolChange:
    (change,) = understood(world, base).changes
    return change


def test_each_definition_has_the_commits_that_changed_it(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.commit("one", {"a.py": TWO.replace("return 1", "return 2")})
    world.commit("two", {"a.py": TWO.replace("return 1", "return 2").replace("(9)", "(8)")})
    world.commit("three", {"a.py": TWO.replace("return 1", "return 3").replace("(9)", "(8)")})
    assert attributed(world, base) == {
        "python:a.py#first": ("modified", ["one", "three"]),
        "python:a.py#second": ("modified", ["two"]),
    }


def test_comments_and_layout_change_no_symbol(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.commit("comment", {"a.py": f"# said\n{TWO}"})
    assert attributed(world, base) == {}


def test_what_came_and_went_within_the_range_is_no_change(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.commit("in", {"a.py": f"{TWO}\n\ndef third():\n    return 3\n"})
    world.commit("out", {"a.py": TWO})
    assert attributed(world, base) == {}


def test_a_removed_definition_has_the_commit_that_removed_it(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.commit("one", {"b.py": "B = 1\n"})
    world.commit("two", {"a.py": "def first():\n    return 1\n"})
    assert attributed(world, base)["python:a.py#second"] == ("removed", ["two"])


def test_a_renamed_function_says_what_it_was(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.commit("rename", {"a.py": TWO.replace("second", "sum_up")})
    change = only(world, base)
    assert (change.symbol, change.kind, change.before) == (
        "python:a.py#sum_up",
        "renamed",
        "python:a.py#second",
    )
    assert change.severity == "breaking"


def test_changes_before_and_after_a_move_are_both_found(world: GitWorld) -> None:
    long = TWO + "".join(f"\n\ndef f{number}():\n    return {number}\n" for number in range(9))
    base = world.commit("base", {"old.py": long})
    first = long.replace("return 1\n", "return 11\n", 1)
    world.commit("before", {"old.py": first})
    world.commit("move", {"old.py": None, "new.py": first})
    world.commit("after", {"new.py": first.replace("return 11\n", "return 12\n")})
    found = attributed(world, base)
    assert found == {
        "python:new.py": ("renamed", ["before", "move", "after"]),
        "python:new.py#first": ("modified", ["before", "after"]),
    }


def test_two_moves_are_followed(world: GitWorld) -> None:
    long = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(9))
    base = world.commit("base", {"one.py": long})
    changed = long.replace("return 4", "return 44")
    world.commit("change", {"one.py": changed})
    world.commit("move", {"one.py": None, "two.py": changed})
    world.commit("again", {"two.py": None, "three.py": changed})
    assert attributed(world, base)["python:three.py#f4"] == ("modified", ["change"])


def test_a_mode_is_a_change_of_the_file(world: GitWorld) -> None:
    base = world.commit("base", {"run.sh": "echo\n"})
    (world.path / "run.sh").chmod(0o755)
    commit = world.commit("executable")
    change = only(world, base)
    assert (change.symbol, change.kind, change.commits) == ("file:run.sh", "type", (commit,))
    assert change.detail == "mode 100644 became 100755"


def test_a_submodule_that_moved_is_a_change_of_its_path(world: GitWorld) -> None:
    world.commit("elsewhere", {"x.txt": "x\n"})
    one, two = world.head(), world.commit("further", {"x.txt": "y\n"})
    world.git("update-index", "--add", "--cacheinfo", f"160000,{one},lib")
    world.git("commit", "-q", "-m", "base")
    base = world.head()
    world.git("update-index", "--cacheinfo", f"160000,{two},lib")
    world.git("commit", "-q", "-m", "move")
    change = only(world, base)
    assert (change.symbol, change.kind, change.severity) == ("file:lib", "modified", "unknown")
    assert change.detail == f"submodule moved from {one[:12]} to {two[:12]}"


def test_binary_files_are_changed_as_a_whole(world: GitWorld) -> None:
    base = world.commit("base", {"logo.bin": b"\0\1", "gone.bin": b"\0\7\7"})
    world.commit("one", {"logo.bin": b"\0\2", "gone.bin": None, "new.bin": b"\0\5\5\5"})
    assert attributed(world, base) == {
        "file:logo.bin": ("modified", ["one"]),
        "file:gone.bin": ("removed", ["one"]),
        "file:new.bin": ("added", ["one"]),
    }


def test_source_that_is_binary_is_changed_as_a_whole(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": b"A = 1\n\0"})
    world.commit("one", {"a.py": b"A = 2\n\0"})
    assert attributed(world, base) == {"file:a.py": ("modified", ["one"])}


def test_a_function_broken_and_mended_is_as_it_was(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.commit("break", {"a.py": TWO + "\n\ndef (:\n"})
    world.commit("mend", {"a.py": TWO})
    assert attributed(world, base) == {}


def test_a_link_that_becomes_a_file_is_a_change(world: GitWorld) -> None:
    world.write({"a.py": TWO})
    (world.path / "link.py").symlink_to("a.py")
    base = world.commit("base")
    (world.path / "link.py").unlink()
    world.commit("file now", {"link.py": "def own():\n    return 1\n"})
    found = attributed(world, base)
    assert found
    assert {commits[0] for _, commits in found.values()} == {"file now"}


def test_a_side_branch_is_attributed_to_its_commit_not_to_the_merge(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.git("checkout", "-q", "-b", "side")
    world.commit("side", {"a.py": TWO.replace("return 1", "return 2")})
    world.git("checkout", "-q", "main")
    world.commit("main", {"a.py": TWO.replace("(9)", "(8)")})
    world.merge("side")
    assert attributed(world, base) == {
        "python:a.py#first": ("modified", ["side"]),
        "python:a.py#second": ("modified", ["main"]),
    }


def test_what_only_the_merge_has_is_the_merges(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": TWO})
    world.git("checkout", "-q", "-b", "side")
    world.commit("side", {"a.py": TWO.replace("return 1", "return 2")})
    world.git("checkout", "-q", "main")
    world.commit("main", {"a.py": TWO.replace("return 1", "return 3")})
    world.git("merge", "-q", "--no-ff", "-m", "merge", "side", check=False)
    world.commit("settled", {"a.py": TWO.replace("return 1", "return 4")})
    kind, commits = attributed(world, base)["python:a.py#first"]
    assert (kind, set(commits), commits[-1]) == ("modified", {"side", "main", "settled"}, "settled")
