"""Bytes by content, encrypted and checked: where checkpoints keep what git does not.

An object's id is the HMAC of its bytes under the user's key: equal bytes are kept once, and an id
tells nobody what they are. The file is a row of frames, each AES-256-GCM over a piece with its place
and whether it is the last as associated data (the STREAM construction of Hoang, Reyhanitabar, Rogaway
and Vizár, 2015), so that no byte can change, no frame can move, go or be added unseen.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from blastradius.errors import CheckpointError
from blastradius.world.files import DRAFT, Files
from blastradius.world.keys import Key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC = b"blastradius store 1\n"
PIECE = 1 << 20
_NONCE = 12
_TAG = 16
_HEAD = struct.Struct(">I")
_AGAIN = "take a new checkpoint; the plan can be made again"


class Store:
    """Objects below one folder, private to the user.

    Args:
        folder: where; made when first needed.
        key: encrypts and names.
        files: the disk.
    """

    def __init__(self, folder: Path, key: Key, files: Files) -> None:
        self._folder = folder
        self._key = key
        self._files = files

    def put(self, content: bytes | Iterable[bytes]) -> str:
        """Keep bytes, durably, and return their id.

        Raises:
            CheckpointError: they cannot be written; nothing is left behind.
        """
        mac = hmac.new(self._key.derived(b"name"), digestmod=hashlib.sha256)
        pieces = (content,) if isinstance(content, bytes) else content
        draft = self._folder / f"{DRAFT}{secrets.token_hex(8)}"
        try:
            self._files.make_folder(self._folder)
            self._files.write(draft, self._frames(_cut(pieces), mac))
            oid = mac.hexdigest()
            target = self._path(oid)
            if target.exists() and self._is_whole(oid):
                self._files.remove(draft)
                # Whoever put it there may have been ended before its name was durable.
                self._files.sync_folder(target.parent)
            else:
                self._files.make_folder(target.parent)
                self._files.replace(draft, target)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise CheckpointError(
                f"cannot write a checkpoint below {self._folder}: {error.strerror}",
                "free some space, or make the folder writable",
            ) from error
        return oid

    def put_file(self, path: Path) -> str:
        """Keep a file's bytes; links are not followed."""
        return self.put(_pieces_of(path))

    def get(self, oid: str) -> bytes:
        """Return an object's bytes.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        return b"".join(self.pieces(oid))

    def pieces(self, oid: str) -> Iterator[bytes]:
        """Yield an object's bytes, each piece authenticated, the whole checked against its id.

        Raises:
            CheckpointError: it is missing or damaged; what was yielded before must not be used.
        """
        mac = hmac.new(self._key.derived(b"name"), digestmod=hashlib.sha256)
        try:
            # No pipe is waited for, no link followed: neither is what was put there.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(self._path(oid), flags), "rb") as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise _damaged(oid)
                for place, (frame, last) in enumerate(_read_frames(file, oid)):
                    piece = self._opened(frame, place, oid, last=last)
                    mac.update(piece)
                    yield piece
        except FileNotFoundError as error:
            raise CheckpointError(f"checkpoint object {oid[:12]} is missing", _AGAIN) from error
        except OSError as error:
            raise CheckpointError(
                f"checkpoint object {oid[:12]} cannot be read: {error.strerror}", _AGAIN
            ) from error
        if not hmac.compare_digest(mac.hexdigest(), oid):
            raise _damaged(oid)

    def check(self, oid: str) -> None:
        """Read an object whole.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        for _ in self.pieces(oid):
            pass

    def names(self) -> Iterator[str]:
        """Yield the ids of all objects, in no order."""
        if self._folder.is_dir():
            for one in self._folder.glob("[0-9a-f][0-9a-f]/*"):
                yield one.parent.name + one.name

    def size(self, oid: str) -> int:
        """Return how many bytes an object takes on disk, 0 where there is none."""
        path = self._path(oid)
        return path.stat().st_size if path.exists() else 0

    def remove(self, oid: str) -> int:
        """Remove an object and return how many bytes that freed."""
        path = self._path(oid)
        size = path.stat().st_size if path.exists() else 0
        self._files.remove(path)
        return size

    def _path(self, oid: str) -> Path:
        if len(oid) != 2 * hashlib.sha256().digest_size or not set(oid) <= set("0123456789abcdef"):
            raise CheckpointError(f"{oid[:80]!r} is no id of a checkpoint's object", _AGAIN)
        return self._folder / oid[:2] / oid[2:]

    def _is_whole(self, oid: str) -> bool:
        try:
            self.check(oid)
        except CheckpointError:
            return False
        return True

    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 30 ms

        return AESGCM(self._key.derived(b"store"))

    def _frames(self, pieces: Iterable[bytes], mac: hmac.HMAC) -> Iterator[bytes]:
        cipher = self._cipher()
        yield _MAGIC
        waiting: bytes | None = None
        place = 0
        for piece in pieces:
            mac.update(piece)
            if waiting is not None:
                yield _frame(cipher, waiting, place, last=False)
                place += 1
            waiting = piece
        yield _frame(cipher, waiting or b"", place, last=True)

    def _opened(self, frame: bytes, place: int, oid: str, *, last: bool) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

        try:
            return self._cipher().decrypt(frame[:_NONCE], frame[_NONCE:], _bound(place, last=last))
        except InvalidTag as error:
            raise CheckpointError(
                f"checkpoint object {oid[:12]} is damaged, or was kept with another key than that in "
                f"{self._key.path}",
                "bring the key back that was there then; else take a new checkpoint",
            ) from error


def _frame(cipher: AESGCM, piece: bytes, place: int, *, last: bool) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + cipher.encrypt(nonce, piece, _bound(place, last=last))
    return _HEAD.pack(len(sealed)) + sealed


def _bound(place: int, *, last: bool) -> bytes:
    return b"%d %d" % (place, last)


def _read_frames(file: BinaryIO, oid: str) -> Iterator[tuple[bytes, bool]]:
    head = file.read(_HEAD.size)
    while True:
        if len(head) != _HEAD.size:
            raise _damaged(oid)
        size = _HEAD.unpack(head)[0]
        if not _NONCE + _TAG <= size <= PIECE + _NONCE + _TAG:
            raise _damaged(oid)
        frame = file.read(size)
        head = file.read(_HEAD.size)
        if len(frame) != size:
            raise _damaged(oid)
        yield frame, not head
        if not head:
            return


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), PIECE):
            yield piece[start : start + PIECE]


def _pieces_of(path: Path) -> Iterator[bytes]:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _damaged(oid: str) -> CheckpointError:
    return CheckpointError(f"checkpoint object {oid[:12]} is damaged", _AGAIN)
