"""Where a range stands, in real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.git.pending import is_dirty
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.standing import Standing, standing
from tests.gitworld import GitWorld, run_git


def stands(path: Path, text: str | None = None) -> Standing:
    repository = Repository.open(path)
    return standing(repository, resolve_range(repository, text))


@pytest.fixture
def side(world: GitWorld) -> GitWorld:
    world.commit("base", {"a": "1\n"})
    world.git("switch", "-q", "-c", "side")
    world.commit("one", {"b": "1\n"})
    world.commit("two", {"c": "1\n"})
    return world


def remote(world: GitWorld, name: str, branch: str, head: str = "") -> None:
    """Let a remote have a branch, as after a fetch."""
    world.git("update-ref", f"refs/remotes/{name}/{branch}", "HEAD")
    if head:
        world.git("symbolic-ref", f"refs/remotes/{name}/HEAD", f"refs/remotes/{name}/{head}")


def test_an_unmerged_branch_ahead_of_main(side: GitWorld) -> None:
    here = stands(side.path, "main..side")
    assert (here.branch, here.tip, here.main, here.trunk) == (
        *("refs/heads/side", "refs/heads/side"),
        *("refs/heads/main", "refs/heads/main"),
    )
    assert (here.merged, here.ahead, here.published, here.on_top) == (False, True, 0, 0)


def test_a_part_of_the_branch_is_not_all_that_it_has(side: GitWorld) -> None:
    assert not stands(side.path, "side~1..side").ahead
    here = stands(side.path, "main..side~1")
    assert (here.tip, here.on_top, here.others) == ("", 1, ("refs/heads/side",))


def test_merged_into_the_local_main_counts_though_the_remote_one_lags(side: GitWorld) -> None:
    side.git("update-ref", "refs/remotes/origin/main", "main")
    side.git("switch", "-q", "main")
    merge = side.merge("side")
    here = stands(side.path, f"{merge}^1..side")
    assert (here.main, here.trunk) == ("refs/remotes/origin/main", "refs/heads/main")
    assert (here.merged, here.published) == (True, 0)
    assert here.joined is not None
    assert here.joined.id == merge
    assert len(here.joined.brought) == 2


def test_the_first_merge_brought_it_in_and_no_later_one(side: GitWorld) -> None:
    side.git("switch", "-q", "main")
    first = side.merge("side")
    side.git("switch", "-q", "-c", "other")
    side.commit("three", {"d": "1\n"})
    side.git("switch", "-q", "main")
    side.merge("other")
    joined = stands(side.path, "side~2..side").joined
    assert joined is not None
    assert joined.id == first


def test_what_the_line_went_on_from_was_not_brought_by_its_next_merge(side: GitWorld) -> None:
    side.git("switch", "-q", "-c", "third")
    side.commit("three", {"d": "1\n"})
    side.git("switch", "-q", "side")
    side.merge("third")
    assert stands(side.path, "main..side~1").joined is None


def test_remote_branches_publish_and_their_head_names_main(side: GitWorld) -> None:
    side.git("update-ref", "refs/remotes/up/stream/trunk", "main")
    side.git("symbolic-ref", "refs/remotes/up/stream/HEAD", "refs/remotes/up/stream/trunk")
    here = stands(side.path, "main..side")
    assert (here.main, here.published, here.seen) == ("refs/remotes/up/stream/trunk", 0, ())
    side.git("update-ref", "refs/remotes/up/stream/side", "side~1")
    here = stands(side.path, "main..side")
    assert (here.published, here.seen) == (1, ("refs/remotes/up/stream/side",))


def test_the_branchs_own_upstream_is_not_main_but_another_is(side: GitWorld) -> None:
    side.git("config", "remote.origin.url", "nowhere")
    side.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    remote(side, "origin", "side")
    side.git("config", "branch.side.remote", "origin")
    side.git("config", "branch.side.merge", "refs/heads/side")
    assert stands(side.path, "main..side").main == "refs/heads/main"
    side.git("update-ref", "refs/remotes/origin/develop", "main")
    side.git("config", "branch.side.merge", "refs/heads/develop")
    assert stands(side.path, "main..side").main == "refs/remotes/origin/develop"


def test_tags_that_hold_any_of_it(side: GitWorld) -> None:
    side.git("tag", "before", "main")
    side.git("tag", "-a", "-m", "x", "v1", "side~1")
    for number in range(7):
        side.git("tag", f"w{number}")
    here = stands(side.path, "main..side")
    assert here.tagged == 8
    assert here.tags == tuple(f"refs/tags/{name}" for name in ("v1", "w0", "w1", "w2", "w3"))


def test_a_detached_head_has_no_branch(side: GitWorld) -> None:
    side.git("switch", "-q", "--detach", "side")
    side.commit("three", {"d": "1\n"})
    here = stands(side.path, "main..HEAD")
    assert (here.branch, here.tip, here.ahead, here.on_top) == ("", "", True, 0)


def test_before_the_first_commit(world: GitWorld) -> None:
    world.write({"a": "1\n"})
    world.git("add", "a")
    repository = Repository.open(world.path)
    with Scratch(repository) as scratch:
        span = resolve_range(repository, staged=True, scratch=scratch)
        here = standing(repository, span)
        assert is_dirty(scratch) is True
    assert (here.head, here.branch, here.published) == (None, "refs/heads/main", None)


def test_a_range_that_head_does_not_hold(side: GitWorld) -> None:
    side.git("switch", "-q", "main")
    here = stands(side.path, "main..side")
    assert (here.branch, here.tip, here.on_top) == ("refs/heads/main", "refs/heads/side", None)


def test_a_shallow_clone_does_not_say_unmerged(side: GitWorld) -> None:
    side.commit("three", {"d": "1\n"})
    side.git("switch", "-q", "main")
    clone = side.path.parent / "clone"
    url = f"file://{side.path}"
    run_git(side.path.parent, "clone", "-q", "--depth=2", "--no-single-branch", url, str(clone))
    run_git(clone, "switch", "-q", "side")
    here = stands(clone, "HEAD")
    assert (here.shallow, here.merged) == (True, None)


def test_every_branch_of_a_bare_repository_is_what_others_have(side: GitWorld) -> None:
    bare = side.path.parent / "bare.git"
    run_git(side.path.parent, "clone", "-q", "--mirror", str(side.path), str(bare))
    here = stands(bare, "main..side")
    assert (here.bare, here.published) == (True, 2)
    repository = Repository.open(bare)
    with Scratch(repository) as scratch:
        assert is_dirty(scratch) is None


@pytest.mark.parametrize("name", ["-x", "--upload-pack=touch;x", "@", "HEAD", "origin/main"])
def test_names_that_read_as_something_else(side: GitWorld, name: str) -> None:
    side.git("update-ref", f"refs/heads/{name}", "HEAD")
    side.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
    side.git("update-ref", "-d", "refs/heads/side")
    here = stands(side.path, "refs/heads/main..HEAD")
    assert (here.branch, here.tip, here.main) == (
        *(f"refs/heads/{name}", f"refs/heads/{name}"),
        "refs/heads/main",
    )
    assert (here.merged, here.ahead, here.others) == (False, True, ())


@pytest.mark.parametrize(
    ("taken", "spare"),
    [
        ((), "backup/side"),
        (("backup/side",), "kept-side"),
        (("backup",), "kept-side"),
        (("backup/side/x",), "kept-side"),
        (("backup", "kept-side"), "kept-side-2"),
    ],
)
def test_the_spare_name_can_be_made(side: GitWorld, taken: tuple[str, ...], spare: str) -> None:
    for name in taken:
        side.git("branch", name)
    assert stands(side.path, "main..side").spare == spare
    side.git("branch", spare)


@pytest.mark.parametrize(
    ("left", "word"),
    [("MERGE_HEAD", "merge"), ("rebase-merge", "rebase"), ("BISECT_LOG", "bisect"), ("x", "")],
)
def test_an_operation_that_waits(side: GitWorld, left: str, word: str) -> None:
    (side.path / ".git" / left).touch()
    assert stands(side.path, "main..side").waiting == word


def dirty(world: GitWorld) -> bool | None:
    with Scratch(Repository.open(world.path)) as scratch:
        return is_dirty(scratch)


def test_files_that_differ_are_seen_and_touched_ones_are_not(side: GitWorld) -> None:
    assert dirty(side) is False
    (side.path / "b").write_text("1\n")
    (side.path / "untracked").write_text("1\n")
    assert dirty(side) is False
    (side.path / "b").write_text("2\n")
    assert dirty(side) is True
    side.git("add", "b")
    assert dirty(side) is True
    side.git("reset", "-q", "--hard")
    (side.path / "b").unlink()
    assert dirty(side) is True
