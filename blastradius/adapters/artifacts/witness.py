"""What git sees in a folder: another reader than the one that wrote and hashed it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from blastradius.git.paths import decode_path
from blastradius.git.repository import Repository
from blastradius.model.plan import Fingerprint
from blastradius.model.source import display_path

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")
Seen = dict[bytes, str]
"""Path relative to the folder → kind, mode, and git's id of the content."""


def seen_by_git(folder: Path, repo: Repository) -> Seen:
    """Return what is in a folder, each file by the id that git gives its bytes; empty when absent.

    Raises:
        OSError: it cannot be read.
        RepositoryError: git cannot read it.
    """
    top = os.fsencode(folder)
    found: Seen = {}
    files: list[bytes] = []
    pending = [b""] if os.path.lexists(top) else []
    while pending:
        name = pending.pop()
        place = os.path.join(top, name) if name else top  # noqa: PTH118 - bytes
        mode = os.lstat(place).st_mode
        if stat.S_ISDIR(mode):
            found[name] = f"folder {stat.S_IMODE(mode) & 0o777:o}"
            inside = os.listdir(place)  # noqa: PTH208 - bytes
            pending += (b"/".join((name, one)) if name else one for one in inside)
        elif stat.S_ISLNK(mode):
            found[name] = f"link {os.readlink(place).hex()}"  # noqa: PTH115 - bytes
        elif stat.S_ISREG(mode):
            found[name] = f"file {stat.S_IMODE(mode) & 0o777:o}"
            files.append(name)
        else:
            found[name] = "no file"
    for name, oid in zip(files, _hashed(top, files, repo), strict=True):
        found[name] += f" {oid}"
    return found


def _hashed(top: bytes, files: list[bytes], repo: Repository) -> list[str]:
    if not files:
        return []
    lines = b"".join(_quoted(os.path.join(top, one)) + b"\n" for one in files)  # noqa: PTH118 - bytes
    out = repo.git("hash-object", "--no-filters", "--stdin-paths", stdin=lines)
    return out.decode("ascii").split()


def _quoted(path: bytes) -> bytes:
    """Return a path as git reads it from a list: any byte but plain ones by its number."""
    inner = b"".join(bytes((one,)) if one in _PLAIN else b"\\%03o" % one for one in path)
    return b'"' + inner + b'"'


def packed(seen: Seen) -> bytes:
    """Return the bytes that `unpacked` reads."""
    return msgspec.msgpack.encode(sorted(seen.items()))


def unpacked(content: bytes) -> Seen:
    """Return what was packed."""
    return dict(msgspec.msgpack.decode(content, type=list[tuple[bytes, str]]))


def judged(path: str, seen: Seen, expected: Seen, wanted: Fingerprint) -> Fingerprint:
    """Return ``wanted`` where git sees what is expected, else a state that names what differs."""
    if seen == expected:
        return wanted
    leaves = dict(wanted.leaves)
    for name in sorted(seen.keys() | expected.keys()):
        if seen.get(name) != expected.get(name):
            shown = display_path(f"{path}/{decode_path(name)}" if name else path)
            leaves[shown] = seen.get(name, "absent")
    return Fingerprint(leaves)
