"""Checkpoints of code, declared files and folders: taken, and brought back."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from blastradius import checkpoints
from blastradius.checkpoints import records
from blastradius.checkpoints.restoring import How
from blastradius.checkpoints.taking import Schema, Wanted
from blastradius.errors import (
    CheckpointError,
    JournalError,
    UsageError,
)
from blastradius.world.lock import held
from tests.gitworld import GitWorld
from tests.keeping import (
    ALL,
    APPLY,
    CANARY,
    TickingWorld,
    files_of,
    spoilt,
    state_of,
)


def test_all_comes_back_and_the_state_before_does_too(git: GitWorld, world: TickingWorld) -> None:
    then = state_of(git)
    one = checkpoints.create(world, ALL)
    assert state_of(git) == then
    spoilt(git)
    after = state_of(git)
    shown = checkpoints.restore(world, one.id, How())
    assert state_of(git) == after
    assert (shown.applied, shown.undo) == (False, "")
    done = checkpoints.restore(world, one.id, APPLY)
    assert state_of(git) == then
    assert done.changes == shown.changes
    assert done.removed == done.orphans == ("gone.env", "dist/new/z")
    assert done.verification.match
    assert done.verification.before != done.verification.after == done.verification.expected
    again = checkpoints.restore(world, one.id, APPLY)
    assert again.changes == ()
    back = checkpoints.restore(world, done.undo, APPLY)
    assert back.verification.match
    assert state_of(git) == after


def test_orphans_are_told_and_left(git: GitWorld, world: TickingWorld) -> None:
    one = checkpoints.create(world, ALL)
    spoilt(git)
    done = checkpoints.restore(world, one.id, How(apply=True))
    assert set(done.orphans) == {"gone.env", "dist/new/z"}
    assert done.removed == ()
    files = files_of(git.path)
    assert files["gone.env"][2] == b"came\n"
    assert {one: files[one][2] for one in files if one.startswith("dist")} == {
        "dist/x.js": b"1", "dist/in/y.js": b"2", "dist/new/z": b"3",
    }  # fmt: skip
    assert files[".env"] == ("file", 0o600, f"SECRET={CANARY}\r\n".encode())


def test_one_scope_alone(git: GitWorld, world: TickingWorld) -> None:
    one = checkpoints.create(world, ALL)
    spoilt(git)
    head = git.head()
    checkpoints.restore(world, one.id[:6], How(scopes=("files",), apply=True))
    files = files_of(git.path)
    assert CANARY.encode() in files[".env"][2]
    assert (files["dist/x.js"][2], files["a"][2], git.head()) == (b"9", b"1\n", head)
    code = checkpoints.create(world, Wanted(scopes=("code",)))
    assert code.scopes == ("code",)
    with pytest.raises(UsageError, match="has no folders"):
        checkpoints.restore(world, code.id, How(scopes=("folders",)))


def test_no_secret_is_readable_below_the_git_directory(git: GitWorld, world: TickingWorld) -> None:
    (git.path / ".gitignore").write_text("dist/\n")  # git would take .env for a new file
    one = checkpoints.create(world, ALL)
    spoilt(git)
    done = checkpoints.restore(world, one.id, APPLY)
    told = [msgspec.json.encode(one), msgspec.json.encode(done)]
    import zlib

    for file in (git.path / ".git").rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            loose = file.parent.parent.name == "objects" and len(file.parent.name) == 2
            told.append(zlib.decompress(raw) if loose else raw)
    assert not any(CANARY.encode() in one for one in told)
    assert CANARY in (git.path / ".env").read_text()
    record = records.path_of(world, one.id)
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_a_file_outside_of_the_repository(
    git: GitWorld, world: TickingWorld, tmp_path: Path
) -> None:
    outside = tmp_path / "etc" / "service.conf"
    outside.parent.mkdir()
    outside.write_text("then\n")
    one = checkpoints.create(world, Wanted(scopes=("files",), files=(str(outside),)))
    outside.write_text("now\n")
    checkpoints.restore(world, one.id, APPLY)
    assert outside.read_text() == "then\n"


@pytest.mark.parametrize("path", ["../x", ".git/config", "a/../../x", "/"])
def test_a_file_that_may_not_be_declared(world: TickingWorld, path: str) -> None:
    with pytest.raises((CheckpointError, UsageError)):
        checkpoints.create(world, Wanted(scopes=("files",), files=(path,)))


def test_a_link_in_the_place_of_a_declared_file_is_refused(
    git: GitWorld, world: TickingWorld
) -> None:
    (git.path / ".env").unlink()
    (git.path / ".env").symlink_to("/etc/passwd")
    with pytest.raises(CheckpointError, match=r"\.env is a link"):
        checkpoints.create(world, ALL)


def test_a_schema_is_compared_never_changed(world: TickingWorld) -> None:
    then = Schema("main", {"table a": "1", "table b": "1", "table c": "1"}, "CREATE TABLE a ();\n")
    one = checkpoints.create(world, Wanted(scopes=("database",), schemas=(then,)))
    now = Schema("main", {"table a": "1", "table b": "2", "table d": "1"}, "")
    told = checkpoints.restore(world, one.id, How(schemas=(now,), apply=True)).next_actions
    assert told[:3] == (
        "database main: table b is another",
        "database main: table c was there then and is gone",
        "database main: table d was not there then",
    )
    assert "not brought back" in told[3]
    assert "was not looked at" in checkpoints.restore(world, one.id, How()).next_actions[0]


def test_names_of_checkpoints(world: TickingWorld) -> None:
    with pytest.raises(CheckpointError, match="there is no checkpoint 'latest'"):
        records.find(world, "latest")
    one = checkpoints.create(world, Wanted(scopes=("code",)))
    assert records.find(world, "latest") == records.find(world, one.id[:4]) == one
    for name in ("", "abc", "../x", one.id + "0"):
        with pytest.raises(CheckpointError, match="there is no checkpoint"):
            records.find(world, name)


def test_a_second_runner_is_refused(world: TickingWorld) -> None:
    with (
        held(world.home, world.files, "a restore"),
        pytest.raises(JournalError, match="a restore"),
        held(world.home, world.files, "another"),
    ):
        pass
