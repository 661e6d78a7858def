"""The encrypted store: what goes in comes out, once kept, and nothing else does."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.errors import CheckpointError
from blastradius.world.files import DRAFT, Files
from blastradius.world.keys import Key
from blastradius.world.store import PIECE, Store

_SECRET = b"password=hunter2 and so on\n" * 100


def store_in(folder: Path, tick: Callable[[str], None] = lambda _: None, key: str = "key") -> Store:
    files = Files(tick)
    return Store(folder / "store", Key({"BLASTRADIUS_KEY_FILE": str(folder / key)}, files), files)


def file_of(folder: Path, oid: str) -> Path:
    return folder / "store" / oid[:2] / oid[2:]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_in(tmp_path)


@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=4))
def test_bytes_come_back_however_they_were_cut(
    content: bytes, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = store_in(tmp_path_factory.getbasetemp() / "store")
    places = [0, *sorted(min(one, len(content)) for one in cuts), len(content)]
    pieces = [content[a:b] for a, b in pairwise(places)]
    oid = store.put(iter(pieces))
    assert store.get(oid) == content
    assert store.put(content) == oid


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_large_objects_go_in_pieces(size: int, store: Store) -> None:
    content = os.urandom(size)
    oid = store.put(content)
    pieces = list(store.pieces(oid))
    assert b"".join(pieces) == content
    assert all(len(one) <= PIECE for one in pieces)
    assert len(pieces) == max(1, -(-size // PIECE))


def test_equal_bytes_are_kept_once_privately_and_unreadably(store: Store, tmp_path: Path) -> None:
    oid = store.put(_SECRET)
    file = file_of(tmp_path, oid)
    before = file.stat().st_ino
    assert store.put(_SECRET) == oid
    assert file.stat().st_ino == before
    assert list(store.names()) == [oid]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert b"hunter2" not in file.read_bytes()
    assert list((tmp_path / "store").glob(f"{DRAFT}*")) == []


def test_an_id_tells_nothing_and_belongs_to_one_key(store: Store, tmp_path: Path) -> None:
    other = store_in(tmp_path, key="other")
    assert store.put(_SECRET) != other.put(_SECRET)
    oid = store.put(_SECRET)
    with pytest.raises(CheckpointError, match="damaged"):
        other.get(oid)


def test_a_damaged_object_is_replaced_when_its_bytes_are_kept_again(
    store: Store, tmp_path: Path
) -> None:
    oid = store.put(_SECRET)
    file_of(tmp_path, oid).write_bytes(b"nothing of the kind")
    with pytest.raises(CheckpointError, match="is damaged"):
        store.check(oid)
    assert store.put(_SECRET) == oid
    assert store.get(oid) == _SECRET


def test_frames_cannot_be_moved_dropped_or_brought_from_elsewhere(
    store: Store, tmp_path: Path
) -> None:
    content = os.urandom(3 * PIECE)
    oid, other = store.put(content), store.put(os.urandom(3 * PIECE))
    file = file_of(tmp_path, oid)
    raw = file.read_bytes()
    size = (len(raw) - 20) // 3
    head, frames = raw[:20], [raw[20 + n * size : 20 + (n + 1) * size] for n in range(3)]
    theirs = file_of(tmp_path, other).read_bytes()[20 : 20 + size]
    for changed in (
        [frames[1], frames[0], frames[2]],
        [frames[0], frames[2]],
        frames[:2],
        [*frames, frames[2]],
        [theirs, *frames[1:]],
        [],
    ):
        file.write_bytes(head + b"".join(changed))
        with pytest.raises(CheckpointError, match="damaged"):
            store.get(oid)
    file.write_bytes(b"another format 1234\n" + b"".join(frames))
    with pytest.raises(CheckpointError, match="damaged"):
        store.get(oid)


def test_what_is_missing_or_no_id_says_so(store: Store) -> None:
    with pytest.raises(CheckpointError, match="is missing"):
        store.get("0" * 64)
    for wrong in ("", "../../etc/passwd", "0" * 63, "G" * 64, "x" * 9999):
        with pytest.raises(CheckpointError, match="is no id"):
            store.get(wrong)
    assert list(store.names()) == []


def test_an_object_can_be_removed(store: Store, tmp_path: Path) -> None:
    oid = store.put(_SECRET)
    assert store.remove(oid) > len(_SECRET)
    assert store.remove(oid) == 0
    with pytest.raises(CheckpointError, match="is missing"):
        store.get(oid)
    assert not file_of(tmp_path, oid).exists()


def test_a_disk_that_fails_at_any_operation_leaves_nothing_behind(tmp_path: Path) -> None:
    ticks: list[str] = []
    whole = store_in(tmp_path / "whole", ticks.append)
    whole.put(_SECRET)
    for n in range(1, len(ticks) + 1):
        left = [n]

        def tick(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        folder = tmp_path / f"{n}"
        store = store_in(folder, tick)
        with pytest.raises(CheckpointError, match="cannot"):
            store.put(_SECRET)
        assert list((folder / "store").rglob(f"{DRAFT}*")) == []
        assert store.get(store.put(_SECRET)) == _SECRET


def test_what_breaks_off_while_it_is_read_keeps_nothing(store: Store, tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a beginning"
        raise CheckpointError("it changed meanwhile")

    with pytest.raises(CheckpointError, match="changed meanwhile"):
        store.put(pieces())
    assert list((tmp_path / "store").rglob("*")) == []


def test_a_file_is_kept_but_no_link_to_one(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(_SECRET)
    (tmp_path / "link").symlink_to("file")
    assert store.get(store.put_file(tmp_path / "file")) == _SECRET
    with pytest.raises(CheckpointError):
        store.put_file(tmp_path / "link")
