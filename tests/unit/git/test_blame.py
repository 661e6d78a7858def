from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.errors import RepositoryError
from blastradius.git.blame import blame
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.model.source import STAGED, WORKTREE
from tests.gitworld import GitWorld, run_git

TEXT = "".join(f"line {number}\n" for number in range(1, 13))


@pytest.fixture
def scratch(world: GitWorld) -> Iterator[Scratch]:
    with Scratch(Repository.open(world.path)) as made:
        yield made


def test_lines_of_the_range_and_older_ones(world: GitWorld, scratch: Scratch) -> None:
    base = world.commit("base", {"a": TEXT})
    two = world.commit("two", {"a": TEXT.replace("line 2\n", "two\n")})
    three = world.commit("three", {"a": TEXT.replace("line 2\n", "two\n") + "three\n"})
    found = blame(scratch, three, base, "a", [13, 2, 1, 2, 99, 0])
    assert found == {1: None, 2: two, 13: three}


def test_from_the_very_start(world: GitWorld, scratch: Scratch) -> None:
    root = world.commit("root", {"a": TEXT})
    two = world.commit("two", {"a": TEXT + "two\n"})
    found = blame(scratch, two, scratch.repo.empty_tree, "a", [1, 13])
    assert found == {1: root, 13: two}


def test_through_a_rename(world: GitWorld, scratch: Scratch) -> None:
    base = world.commit("base", {"a": TEXT})
    edit = world.commit("edit", {"a": TEXT.replace("line 2\n", "two\n")})
    moved = world.commit("move", {"a": None, "b c": TEXT.replace("line 2\n", "two\n")})
    assert blame(scratch, moved, base, "b c", [1, 2]) == {1: None, 2: edit}


def test_what_is_not_committed(world: GitWorld, scratch: Scratch) -> None:
    base = world.commit("base", {"a": TEXT})
    two = world.commit("two", {"a": TEXT.replace("line 2\n", "two\n")})
    world.write({"a": TEXT.replace("line 2\n", "two\n").replace("line 4\n", "staged\n")})
    world.git("add", "a")
    resolve_range(scratch.repo, staged=True, scratch=scratch)
    text = TEXT.replace("line 2\n", "two\n").replace("line 4\n", "staged\n") + "end\n"
    world.write({"a": text})
    resolve_range(scratch.repo, worktree=True, scratch=scratch)
    assert blame(scratch, STAGED, base, "a", [1, 2, 4]) == {1: None, 2: two, 4: STAGED}
    found = blame(scratch, WORKTREE, base, "a", [1, 2, 4, 13])
    assert found == {1: None, 2: two, 4: WORKTREE, 13: WORKTREE}


def test_an_empty_file_and_no_lines(world: GitWorld, scratch: Scratch) -> None:
    head = world.commit("base", {"empty": "", "a": "no newline"})
    assert blame(scratch, head, scratch.repo.empty_tree, "empty", [1]) == {}
    assert blame(scratch, head, scratch.repo.empty_tree, "a", []) == {}
    assert blame(scratch, head, scratch.repo.empty_tree, "a", [1, 2]) == {1: head}


def test_content_that_looks_like_the_format(world: GitWorld, scratch: Scratch) -> None:
    base = world.commit("base", {"a": "x\n"})
    tricky = f"boundary\n\t{'0' * 40} 1 1\n{base} 1 1 1\n"
    head = world.commit("boundary", {"a": tricky})
    assert blame(scratch, head, base, "a", [1, 2, 3]) == dict.fromkeys((1, 2, 3), head)


@pytest.mark.parametrize("path", ["none", "d", "link", "../a", "--contents=/etc/passwd"])
def test_what_is_no_file(world: GitWorld, scratch: Scratch, path: str) -> None:
    world.write({"d/a": "1\n"})
    (world.path / "link").symlink_to("d/a")
    head = world.commit("base")
    with pytest.raises(RepositoryError, match="is no file at"):
        blame(scratch, head, scratch.repo.empty_tree, path, [1])


def test_many_separate_lines_are_gits_whole_blame(world: GitWorld, scratch: Scratch) -> None:
    chance = random.Random(3)
    lines = [f"line {number}" for number in range(1000)]
    base = world.commit("base", {"a": "\n".join(lines)})
    for step in range(5):
        for place in chance.sample(range(len(lines)), 60):
            lines[place] = f"step {step} {place}"
        world.commit(f"{step}", {"a": "\n".join(lines)})
    out = world.git("blame", "-s", "-l", "--abbrev=40", f"{base}..HEAD", "--", "a").splitlines()
    expected = {
        number: None if line.startswith("^") else line.split(" ", 1)[0]
        for number, line in enumerate(out, 1)
    }
    assert blame(scratch, world.head(), base, "a", range(1, 1001)) == expected
    odd = range(1, 1001, 2)
    assert blame(scratch, world.head(), base, "a", odd) == {line: expected[line] for line in odd}


def test_in_a_shallow_clone(world: GitWorld, tmp_path: Path) -> None:
    for number in range(4):
        world.commit(str(number), {"a": TEXT + f"{number}\n"})
    run_git(tmp_path, "clone", "-q", "--depth=2", world.path.as_uri(), "shallow")
    repo = Repository.open(tmp_path / "shallow")
    with Scratch(repo) as scratch:
        found = blame(scratch, world.head(), world.id_of("HEAD~1"), "a", [1, 13])
    assert found == {1: None, 13: world.head()}
