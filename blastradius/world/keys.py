"""The user's key: it makes digests of secrets that nobody can guess back, and encrypts the store.

One file of 32 random bytes a user, outside of every repository, so that a copy of a repository or of
its git directory holds no secret that can be read. A plain hash of a password could be guessed back.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from blastradius.errors import CheckpointError
from blastradius.world.files import PRIVATE_FILE, Files

_BYTES = 32
_SHOWN = 16
VARIABLE = "BLASTRADIUS_KEY_FILE"


class Key:
    """The key, made when it is first needed.

    Args:
        environment: says where it is: BLASTRADIUS_KEY_FILE, else below XDG_STATE_HOME or HOME.
        files: the disk.
    """

    def __init__(self, environment: Mapping[str, str], files: Files) -> None:
        self._environment = environment
        self._files = files

    @property
    def path(self) -> Path:
        """Where the key is.

        Raises:
            CheckpointError: no variable says where the user's files are.
        """
        if named := self._environment.get(VARIABLE):
            return Path(named)
        state = self._environment.get("XDG_STATE_HOME", "")
        home = self._environment.get("HOME", "")
        if os.path.isabs(state):  # noqa: PTH117 - an empty one is none
            return Path(state) / "blastradius" / "key"
        if os.path.isabs(home):  # noqa: PTH117 - as above
            return Path(home) / ".local" / "state" / "blastradius" / "key"
        raise CheckpointError(
            "there is no place for the key that encrypts checkpoints",
            f"set HOME, or {VARIABLE} to a file",
        )

    def digest(self, value: str | bytes) -> str:
        """Return what stands for a secret in plans, journals and reports: ``hmac:<16 hex>``."""
        raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return f"hmac:{hmac.new(self.derived(b'digest'), raw, hashlib.sha256).hexdigest()[:_SHOWN]}"

    def derived(self, purpose: bytes) -> bytes:
        """Return 32 bytes for one purpose: HMAC-SHA-256 of its name under the key."""
        return hmac.new(self._bytes, purpose, hashlib.sha256).digest()

    @cached_property
    def _bytes(self) -> bytes:
        path = self.path
        try:
            with suppress(FileNotFoundError):
                return self._read(path)
            self._files.make_folder(path.parent)
            self._write_new(path)
            return self._read(path)
        except OSError as error:
            raise CheckpointError(
                f"cannot read or write the key {path}: {error.strerror}",
                f"make it writable, or point {VARIABLE} elsewhere",
            ) from error

    def _write_new(self, path: Path) -> None:
        """Write a key unless another process was faster: linked into place whole."""
        draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
        self._files.write(draft, secrets.token_bytes(_BYTES), PRIVATE_FILE)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            self._files.remove(draft)

    def _read(self, path: Path) -> bytes:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.getuid():
                raise CheckpointError(
                    f"the key {path} can be read by others", f"chmod 600 {path}; then it is taken"
                )
            content = file.read(_BYTES + 1)
        if len(content) != _BYTES:
            raise CheckpointError(
                f"the key {path} is damaged: it has {len(content)} bytes, not {_BYTES}",
                "bring it back from a backup: without it no checkpoint can be read",
            )
        return content
