"""A snapshot, a repository and a neighbour that mean harm: nothing runs, nothing leads out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from blastradius.errors import CheckpointError, DriftError
from blastradius.git.capture import capture
from blastradius.git.putback import compared, put_back
from blastradius.git.repository import Repository
from blastradius.git.snapshots import load
from tests.gitworld import GitWorld
from tests.keeping import brought_back, files_of, still, taken


def test_no_filter_or_hook_of_the_repository_runs(world: GitWorld, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    world.commit("one", {".gitattributes": "* filter=evil\n", "a": "1"})
    world.git("config", "filter.evil.clean", f"touch {mark}; cat")
    world.git("config", "filter.evil.smudge", f"touch {mark}; cat")
    world.git("config", "core.fsmonitor", f"touch {mark}; true")
    hooks = world.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / name).chmod(0o755)
    world.write({"a": "2", "b": "3"})
    commit = capture(Repository.open(world.path), still).snapshot.commit
    world.write({"a": "4"})
    repo = Repository.open(world.path)
    target = load(repo, commit)
    now = capture(repo, still, also=target.work)
    put_back(repo, target, now, compared(repo, target, now), still, message="back")
    assert not mark.exists()
    assert (world.path / "a").read_text() == "2"


def hostile(world: GitWorld, path: bytes) -> str:
    """Return a snapshot whose work tree has a path that only an enemy would write."""
    world.commit("one", {"a": "1"})
    commit = taken(world)
    blob = world.git("rev-parse", f"{commit}:work/a")
    entry, kind = blob.encode(), b"100644 blob"
    for name in reversed(path.split(b"/")):
        entry = made(world, kind + b" " + entry + b"\t" + name + b"\0", "mktree", "-z")
        kind = b"040000 tree"
    listing = world.git("ls-tree", f"{commit}^{{tree}}").encode()
    lines = [
        b"040000 tree " + entry + b"\twork" if one.endswith(b"\twork") else one
        for one in listing.splitlines()
    ]
    root = made(world, b"\n".join(lines) + b"\n", "mktree")
    return world.git("commit-tree", root.decode(), "-m", "hostile")


def made(world: GitWorld, stdin: bytes, *args: str) -> bytes:
    import subprocess

    done = subprocess.run(
        ["git", *args], cwd=world.path, input=stdin, capture_output=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "path",
    [b"../up", b".git/config", b".GIT/hooks/x", b"sub/.Git/x", b".git./x", b"git~1/x",
     b".g\xe2\x80\x8cit/x", b".git::$INDEX_ALLOCATION/x"],
)  # fmt: skip
def test_no_path_leads_out_of_the_tree_or_into_a_git_directory(
    world: GitWorld, path: bytes
) -> None:
    commit = hostile(world, path)
    before = files_of(world.path.parent)
    with pytest.raises(CheckpointError, match=r"leads nowhere|inside of a git directory"):
        brought_back(world, commit)
    assert files_of(world.path.parent) == before


def test_a_link_on_the_way_is_not_followed(world: GitWorld, tmp_path: Path) -> None:
    world.commit("one", {"d/f": "1"})
    commit = taken(world)
    (tmp_path / "outside").mkdir()
    shutil.rmtree(world.path / "d")
    (world.path / "d").symlink_to(tmp_path / "outside")
    brought_back(world, commit)
    assert list((tmp_path / "outside").iterdir()) == []
    assert (world.path / "d/f").read_text() == "1"


def test_names_that_one_file_system_takes_for_one_are_refused_there(world: GitWorld) -> None:
    world.commit("one", {"Same": "1", "same": "2"})
    commit = taken(world)
    brought_back(world, commit)
    world.git("config", "core.ignorecase", "true")
    with pytest.raises(CheckpointError, match="does not tell them apart"):
        brought_back(world, commit)


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(world: GitWorld) -> None:
    world.commit("one", {"a": "1", "b": "1"})
    commit = taken(world)
    world.write({"a": "2", "b": "2"})

    def meddle(what: str) -> None:
        if what == "rename a":
            world.write({"b": "theirs"})

    with pytest.raises(DriftError, match="b changed"):
        brought_back(world, commit, meddle)
    assert (world.path / "b").read_text() == "theirs"


def test_while_git_is_at_work_nothing_is_touched(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    commit = taken(world)
    world.write({"a": "2"})
    (world.path / ".git/index.lock").touch()
    with pytest.raises(CheckpointError, match="git is at work"):
        brought_back(world, commit)
    assert (world.path / "a").read_text() == "2"
