"""The user's key: private, made once by whoever is first, never guessed."""

from __future__ import annotations

import errno
import os
import stat
from functools import partial
from pathlib import Path

import pytest

from blastradius.errors import CheckpointError
from blastradius.world.files import Files
from blastradius.world.keys import Key
from tests.processes import code_of, in_child


def key_at(path: Path) -> Key:
    return Key({"BLASTRADIUS_KEY_FILE": str(path)}, Files(lambda _: None))


def test_a_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "below" / "key"
    digest = key_at(path).digest("hunter2")
    assert digest.startswith("hmac:")
    assert len(digest) == len("hmac:") + 16
    assert key_at(path).digest(b"hunter2") == digest
    assert key_at(path).digest("hunter3") != digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["key"]
    assert len(path.read_bytes()) == 32


def test_purposes_and_keys_do_not_mix(tmp_path: Path) -> None:
    one, other = key_at(tmp_path / "one"), key_at(tmp_path / "other")
    assert one.derived(b"store") != one.derived(b"name")
    assert one.derived(b"store") != other.derived(b"store")
    assert one.digest("hunter2") != other.digest("hunter2")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "key"
    key_at(path).derived(b"x")
    path.chmod(mode)
    with pytest.raises(CheckpointError, match="can be read by others") as told:
        key_at(path).derived(b"x")
    assert "chmod 600" in told.value.hint
    path.chmod(0o600)
    key_at(path).derived(b"x")


@pytest.mark.parametrize("content", [b"", b"short", bytes(33), bytes(5000)])
def test_a_damaged_key_is_refused_and_stays(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(CheckpointError, match="is damaged"):
        key_at(path).derived(b"x")
    assert path.read_bytes() == content


def test_a_link_is_no_key(tmp_path: Path) -> None:
    key_at(tmp_path / "real").derived(b"x")
    (tmp_path / "key").symlink_to("real")
    with pytest.raises(CheckpointError, match="cannot read or write the key"):
        key_at(tmp_path / "key").derived(b"x")


def test_of_many_makers_at_once_all_get_the_same_key(tmp_path: Path) -> None:
    path, start = tmp_path / "key", tmp_path / "start"

    def make(n: int) -> None:
        while not start.exists():
            pass
        (tmp_path / f"digest-{n}").write_text(key_at(path).digest("hunter2"))

    children = [in_child(partial(make, n)) for n in range(8)]
    start.touch()
    assert [code_of(child) for child in children] == [0] * 8
    assert len({one.read_text() for one in tmp_path.glob("digest-*")}) == 1
    assert list(tmp_path.glob("key?*")) == []


def test_where_a_key_is(tmp_path: Path) -> None:
    files = Files(lambda _: None)
    state, home = str(tmp_path / "state"), str(tmp_path / "home")
    assert Key({"XDG_STATE_HOME": state, "HOME": home}, files).path == Path(
        state, "blastradius/key"
    )
    for other in ("", "relative"):
        found = Key({"XDG_STATE_HOME": other, "HOME": home}, files).path
        assert found == Path(home, ".local/state/blastradius/key")
    with pytest.raises(CheckpointError, match="no place for the key"):
        Key({"HOME": ""}, files).derived(b"x")


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    def full(what: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)

    key = Key({"BLASTRADIUS_KEY_FILE": str(tmp_path / "key")}, Files(full))
    with pytest.raises(CheckpointError, match="No space left"):
        key.digest("hunter2")
    assert list(tmp_path.iterdir()) == []
