"""Line origins, with real git's blame as the oracle."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from blastradius.changes.origins import OriginTracker, matching_blocks, surviving_lines
from blastradius.git.blobs import BlobReader
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.trees import changes_of, list_tree
from tests.gitworld import GitWorld


def origins_at_head(world: GitWorld, path: str, span: str) -> list[str | None]:
    """Return our origin of every line of ``path`` at the end of the range."""
    repository = Repository.open(world.path)
    found = resolve_range(repository, span)
    with BlobReader(repository) as blobs:
        tracker = OriginTracker(
            found.commits,
            changes_of(repository, found),
            lambda oid: content if isinstance(content := blobs.read(oid), bytes) else None,
        )
        entry = list_tree(repository, found.head)[path]
        content = blobs.read(entry.oid)
        assert isinstance(content, bytes)
        count = len(content.splitlines())
        return [tracker.origin(path, entry.oid, line) for line in range(1, count + 1)]


def blamed(world: GitWorld, path: str, base: str, head: str) -> list[str | None]:
    """Return git's answer: the commit of each line, None at the boundary."""
    out = world.git("blame", "-s", "-l", "--abbrev=40", f"{base}..{head}", "--", path)
    return [None if line.startswith("^") else line.split(" ", 1)[0] for line in out.splitlines()]


@pytest.mark.parametrize("seed", range(6))
def test_a_linear_history_agrees_with_git_blame(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    world = GitWorld(tmp_path)
    lines = [f"line {number}" for number in range(30)]
    world.commit("base", {"a.txt": "\n".join(lines) + "\n"})
    base = world.head()
    for step in range(8):
        place = chance.randrange(len(lines))
        kind = chance.choice(["insert", "delete", "replace"])
        if kind == "delete":
            del lines[place]
        else:
            lines[place : place + (kind == "replace")] = [f"step {step} at {place}"]
        world.commit(f"step {step}", {"a.txt": "\n".join(lines) + "\n"})
    assert origins_at_head(world, "a.txt", f"{base}..HEAD") == blamed(world, "a.txt", base, "HEAD")


def test_a_merge_takes_each_line_from_the_parent_that_has_it(tmp_path: Path) -> None:
    world = GitWorld(tmp_path)
    text = "".join(f"line {number}\n" for number in range(12))
    world.commit("base", {"a.txt": text})
    base = world.head()
    world.git("checkout", "-q", "-b", "side")
    side = world.commit("side", {"a.txt": text.replace("line 2\n", "side\n")})
    world.git("checkout", "-q", "main")
    main = world.commit("main", {"a.txt": text.replace("line 9\n", "main\n")})
    world.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    found = origins_at_head(world, "a.txt", f"{base}..HEAD")
    assert found[2] == side
    assert found[9] == main
    assert found.count(None) == 10


def test_lines_keep_their_origin_through_a_rename(tmp_path: Path) -> None:
    world = GitWorld(tmp_path)
    text = "".join(f"line {number}\n" for number in range(12))
    world.commit("base", {"a.txt": text})
    base = world.head()
    first = world.commit("edit", {"a.txt": text.replace("line 2\n", "edited\n")})
    world.git("mv", "a.txt", "b.txt")
    world.commit("move", {})
    found = origins_at_head(world, "b.txt", f"{base}..HEAD")
    assert found[2] == first
    assert found.count(None) == 11


def test_a_line_that_was_removed_and_came_back_belongs_to_who_brought_it_back(
    tmp_path: Path,
) -> None:
    world = GitWorld(tmp_path)
    world.commit("base", {"a.txt": "one\n"})
    base = world.head()
    world.commit("add", {"a.txt": "one\ntwo\n"})
    world.commit("remove", {"a.txt": "one\n"})
    again = world.commit("again", {"a.txt": "one\ntwo\n"})
    assert origins_at_head(world, "a.txt", f"{base}..HEAD") == [None, again]


def test_lines_that_survive_are_mapped_to_their_new_place() -> None:
    assert surviving_lines(b"a\nb\nc\n", b"x\na\nc\nd\n") == {1: 2, 3: 3}


def test_equal_texts_are_one_block() -> None:
    assert matching_blocks([b"a", b"b"], [b"a", b"b"]) == [(0, 0, 2)]


def test_a_line_outside_the_file_has_no_origin() -> None:
    tracker = OriginTracker((), {}, lambda _: None)
    assert tracker.origin("a.txt", "0" * 40, 1) is None
