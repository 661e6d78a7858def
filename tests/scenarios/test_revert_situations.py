"""Revert sets in odd histories: real git reverts them in the order told, and gets the trees told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import blastradius
from blastradius.api.atoms import Level
from blastradius.errors import NoConsistentPlanError
from blastradius.git.scratch import Reverted, Scratch
from blastradius.model.analysis import RevertSet
from tests.gitworld import GitWorld, run_git

LINES = [f"line {number}" for number in range(20)]


def text(**changed: str) -> str:
    """Return the common file with some lines replaced: ``l3="x"`` for the fourth."""
    lines = list(LINES)
    for name, line in changed.items():
        lines[int(name[1:])] = line
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    folder = tmp_path / "repo"
    folder.mkdir()
    made = GitWorld(folder)
    made.commit("base", {"a.txt": text()})
    made.git("tag", "base")
    return made


def undoing(
    world: GitWorld, *undo: str, keep: Sequence[str] = (), level: Level = "commit"
) -> RevertSet:
    """Return the set for undoing something of base..HEAD, whose proof holds and which git reverts."""
    found = blastradius.analyze(
        world.path, "base..HEAD", undo=undo, keep=keep, level=level, jobs=1, cache=False
    ).revert_set
    proof = found.proof
    assert (proof.applies, proof.parses, proof.intact) == (True, True, True)
    assert proof.irreducible in {True, "not checked"}
    assert proof.new_dangling == ()
    if found.level == "commit":
        _revert_in_clone(world, found)
    return found


def _revert_in_clone(world: GitWorld, found: RevertSet) -> None:
    clone = world.path.parent / f"clone{len(list(world.path.parent.iterdir()))}"
    run_git(world.path.parent, "clone", "-q", str(world.path), str(clone))
    how = {one.id: one.how for one in found.commits}
    for step in found.steps:
        for commit in (one for one in step.commits if how[one] != "nothing"):
            mainline = ["-m", "1"] if how[commit] == "mainline" else []
            run_git(clone, "revert", "--no-edit", *mainline, commit)
        assert run_git(clone, "rev-parse", "HEAD^{tree}") == step.tree
    assert run_git(clone, "rev-parse", "HEAD^{tree}") == found.tree


def goes(found: RevertSet) -> dict[str, str]:
    """Return commit → how it goes."""
    return {one.id: one.how for one in found.commits}


def two_sides(world: GitWorld, **merged: str | None) -> tuple[str, str, str]:
    """Change a line on main and on a branch, and merge with the file as told; return the commits."""
    world.git("checkout", "-q", "-b", "side")
    side = world.commit("side", {"a.txt": text(l3="side")})
    world.commit("more", {"more.txt": "more\n"})
    world.git("checkout", "-q", "main")
    main = world.commit("main", {"a.txt": text(l3="main")})
    world.git("merge", "-q", "--no-commit", "side", check=False)
    return main, side, world.commit("merge", {"a.txt": merged["as_"]})


def test_what_a_merge_dropped_goes_with_the_merge(world: GitWorld) -> None:
    main, side, merge = two_sides(world, as_=text(l3="main"))
    found = goes(undoing(world, side))
    assert found[merge] == "mainline"
    assert found[side] == "by-merge"
    assert main not in found
    assert goes(undoing(world, main)) == {main: "revert"}


def test_what_a_merge_dropped_of_main_holds_nothing_once_the_branch_goes(world: GitWorld) -> None:
    main, side, _ = two_sides(world, as_=text(l3="side"))
    assert goes(undoing(world, main)) == {main: "nothing", side: "revert"}
    assert goes(undoing(world, side)) == {side: "revert"}


def test_a_branch_that_was_merged_without_its_changes_holds_nothing(world: GitWorld) -> None:
    world.git("checkout", "-q", "-b", "side")
    side = world.commit("side", {"a.txt": text(l3="side")})
    world.git("checkout", "-q", "main")
    world.commit("main", {"a.txt": text(l3="main")})
    world.git("merge", "-q", "-s", "ours", "-m", "merge", "side")
    found = undoing(world, side)
    assert found.files == ()
    assert set(goes(found)) == {side, world.head()}
    assert undoing(world).tree == world.id_of("base^{tree}")


def test_a_merge_that_git_makes_by_itself_chose_nothing(world: GitWorld) -> None:
    world.git("checkout", "-q", "-b", "side")
    side = world.commit("side", {"a.txt": text(l3="side")})
    back = world.commit("back", {"a.txt": text()})
    world.git("checkout", "-q", "main")
    main = world.commit("main", {"a.txt": text(l15="main")})
    merge = world.merge("side")
    assert goes(undoing(world, main)) == {main: "revert"}
    assert goes(undoing(world, merge)) == {side: "revert", back: "revert", merge: "nothing"}


def test_an_edit_after_a_move_stays_when_the_move_goes(world: GitWorld) -> None:
    world.git("mv", "a.txt", "b.txt")
    moved = world.commit("moved")
    world.commit("edit", {"b.txt": text(l3="edit")})
    found = undoing(world, moved)
    assert set(goes(found)) == {moved}
    assert world.git("show", f"{found.tree}:a.txt", check=False) in {"", text(l3="edit").strip()}


def test_edits_of_a_folder_that_moved_stay_when_it_moves_back(world: GitWorld) -> None:
    world.commit("files", {f"old/{n}.txt": text().replace("line", n) for n in "xyz"})
    world.git("mv", "old", "new")
    moved = world.commit("moved")
    world.commit("edit", {"new/x.txt": text(l3="edit").replace("line", "x")})
    found = undoing(world, moved)
    assert set(goes(found)) == {moved}
    assert ("old/x.txt", "restore") in {(one.path, one.action) for one in found.files}


@pytest.mark.parametrize("level", ["commit", "file", "symbol"])
@pytest.mark.parametrize("pending", ["staged", "worktree"])
def test_what_is_not_committed_has_a_name_at_every_level(
    world: GitWorld, pending: str, level: str
) -> None:
    world.write({"a.txt": text(l3="x"), "b.txt": "b\n"})
    world.git("add", "--all")
    wishes: dict[str, Any] = {pending: True, "level": level}
    found = blastradius.analyze(world.path, undo=[pending], jobs=1, cache=False, **wishes)
    assert found.revert_set.tree == world.id_of("base^{tree}")


def test_a_file_that_all_touched_takes_merges_in_proportion(
    world: GitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 40
    commits = [world.commit(f"{n}", {"a.txt": text(l3=f"hot {n}")}) for n in range(count)]
    merges: list[str] = []
    by_git: Callable[..., Reverted] = Scratch._merge_by_git

    def counted(self: Scratch, *sides: str) -> Reverted:
        merges.append(sides[0])
        return by_git(self, *sides)

    monkeypatch.setattr(Scratch, "_merge_by_git", counted)
    found = undoing(world, commits[0])
    assert set(goes(found)) == set(commits)
    assert len(merges) < 8 * count  # each against each of the others would be 20 times


def test_one_far_commit_among_many_of_a_file_is_found(world: GitWorld) -> None:
    first = world.commit("first", {"a.txt": text(l3="first")})
    lines = LINES.copy()
    lines[3] = "first"
    between = 24
    for number in range(between):
        lines[8 + number % 12] = f"other {number}"
        world.commit(f"other {number}", {"a.txt": "".join(f"{line}\n" for line in lines)})
    lines[3] = "last"
    last = world.commit("last", {"a.txt": "".join(f"{line}\n" for line in lines)})
    assert set(goes(undoing(world, first))) == {first, last}


def test_a_whole_file_in_the_way_is_named_without_a_line(world: GitWorld) -> None:
    made = world.commit("made", {"b.txt": "one\n"})
    kept = world.commit("changed", {"b.txt": "two\n"})
    with pytest.raises(NoConsistentPlanError, match=r"\(text, b\.txt\)"):
        undoing(world, made, keep=[kept])


def test_markers_in_the_text_are_text(world: GitWorld) -> None:
    marked = "<<<<<<< ours\n{0}\n=======\nother\n>>>>>>> theirs\n"
    world.commit("marked", {"m.txt": "top\n" + marked.format("one") + "end\n"})
    two = world.commit("two", {"m.txt": "top\n" + marked.format("two") + "end\n"})
    three = world.commit("three", {"m.txt": "top\n" + marked.format("three") + "end\n"})
    assert set(goes(undoing(world, two))) == {two, three}


def test_two_commits_with_the_same_change_on_two_branches_are_two(world: GitWorld) -> None:
    files = {"x.txt": "x\n", "y.txt": "y\n"}
    world.git("checkout", "-q", "-b", "side")
    side = world.commit("same", files)
    world.git("checkout", "-q", "main")
    main = world.commit("same", files)
    merge = world.merge("side")
    found = undoing(world, level="file")
    assert {one.id for one in found.commits} == {side, main, merge}
    assert {(one.commit, one.path) for one in found.atoms} == {
        (commit, path) for commit in (side, main) for path in files
    }
