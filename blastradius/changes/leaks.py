"""Secrets that a range wrote into the history, where no revert takes them out."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from blastradius.changes.tokens import Found, assigned, known
from blastradius.languages.yaml.address import digest
from blastradius.model.source import FileChange, TreeEntry

Read = Callable[[Sequence[str]], Mapping[str, bytes | None]]
"""Blob ids → the bytes of each, None for what is absent, binary or too large."""
_AT_ONCE = 50
_REGULAR = frozenset({"100644", "100755"})
MAX_BYTES = 2_000_000
"""Files above this are not searched."""

# Folders whose secrets are made up: so that tests have some, and readers an example.
_MADE_UP = re.compile(
    r"(?:\A|/)(?:\w*[-_.])?(?:tests?|testing|testdata|specs?|__tests__|fixtures?|mocks?|__mocks__|cassettes"
    r"|stubs?|fakes?|e2e|examples?|samples?|demos?|docs?|documentation|snapshots?|__snapshots__|tutorials?"
    r"|node_modules|vendor|third[-_]party|site-packages|dist)(?:[-_]\w*)?/",
    re.IGNORECASE,
)
_MADE_UP_NAME = re.compile(
    r"test_[^/]*\Z|[^/]*[._-]tests?\.[^/]*\Z|[^/]*[._-]specs?\.[^/]*\Z|conftest\.py\Z"
    r"|[^/]*(?:\.|[-_])(?:example|sample|template|tmpl|tpl|dist|defaults?|j2|jinja2?|schema)(?:\.[^/]*)?\Z"
    r"|[^/]*\.env\.(?:test|testing|ci)\Z|\.secrets\.baseline\Z",
    re.IGNORECASE,
)
_PROSE = frozenset({".md", ".rst", ".txt", ".adoc", ".html", ".htm", ".ipynb", ".csv", ".tsv"})
_LOCKED = frozenset({".lock", ".sum", ".svg", ".map", ".css", ".min.js", ".geojson", ".xml"})
_ENVIRONMENT = re.compile(r"(?:.*/)?(?:\.env(?:\.[\w.-]+)?|\.envrc|[^/]+\.env)\Z", re.IGNORECASE)
_KEY_FILE = frozenset({".pem", ".key", ".env", ".ppk", ".p8", ".asc", ".gpg"})
# Keys that anybody may have: a browser or an app shows them to every user.
_PUBLIC = re.compile(r"\.(?:html?|jsx?|tsx?|vue|svelte|plist)\Z|(?:\A|/)google-services\.json\Z")
_CIPHERED = ("SealedSecret", "ENC[AES256", "$ANSIBLE_VAULT", "sops:")


class Leak(Struct, frozen=True):
    """A secret that a commit wrote into the history.

    ``digest`` identifies it without telling it. ``revoke`` says where it is revoked. ``alone``: the file
    holds nothing but secrets. ``gone``: the range's end no longer has it, and the history still does.
    """

    path: str
    line: int
    commit: str
    kind: str
    digest: str
    revoke: str
    alone: bool
    gone: bool


class Searched(Struct, frozen=True):
    """The leaks of a range, oldest first, each secret once; ``unread`` files could not be searched."""

    leaks: tuple[Leak, ...]
    unread: int = 0


def leaks(
    changes: Mapping[str, Sequence[FileChange]], read: Read, head: Mapping[str, TreeEntry]
) -> Searched:
    """Return the secrets that the commits of a range added, those that a later one removed too.

    Args:
        changes: commit → the paths that it changed, oldest commit first.
        read: called with the blobs of a few files at a time.
        head: the tree at the range's end.
    """
    found: dict[str, Leak] = {}
    unread = 0
    for commit, files in changes.items():
        fresh: list[tuple[str, Found]] = []
        for batch in _batches([one for one in files if _is_searched(one)]):
            secrets, missed = _added(batch, read)
            fresh += secrets
            unread += missed
        before = set(_before(files, read)) if fresh else ()
        for path, one in fresh:
            mark = digest(one.text)
            if mark not in before and mark not in found:
                found[mark] = _leak(path, commit, one, mark)
    still = set(_held(sorted({one.path for one in found.values()}), head, read))
    told = (replace(one, gone=mark not in still) for mark, one in found.items())
    return Searched(tuple(told), unread)


def _leak(path: str, commit: str, one: Found, mark: str) -> Leak:
    alone = _ENVIRONMENT.match(path) is not None or PurePosixPath(path).suffix in _KEY_FILE
    alone = alone or one.kind == "Google service account key"
    return Leak(path, one.line, commit, one.kind, mark, one.revoke, alone, gone=False)


def _is_searched(change: FileChange) -> bool:
    new = change.new
    if new is None or new.mode not in _REGULAR or new == change.old:
        return False
    return not is_made_up(change.path)


def _batches(files: Sequence[FileChange]) -> Iterator[Sequence[FileChange]]:
    return (files[start : start + _AT_ONCE] for start in range(0, len(files), _AT_ONCE))


def _added(files: Sequence[FileChange], read: Read) -> tuple[list[tuple[str, Found]], int]:
    """Return (path, secret) for each in the files' added lines, and how many could not be read."""
    sides = [entry.oid for one in files for entry in (one.old, one.new) if entry is not None]
    raw = read(list(dict.fromkeys(sides)))
    found, unread = [], 0
    for change in files:
        text = _text(change.new, raw)
        if text is None:
            unread += 1
            continue
        old = (_text(change.old, raw) or "").split("\n")
        found += [(change.path, one) for one in secrets_in(change.path, text, frozenset(old))]
    return found, unread


def _before(files: Iterable[FileChange], read: Read) -> Iterator[str]:
    """Yield the digests of what the changed files held before: moved, it is not new."""
    for change in files:
        if change.old is not None and change.old.mode in _REGULAR:
            text = _text(change.old, read([change.old.oid])) or ""
            yield from (digest(one.text) for one in secrets_in(change.old_path, text))


def _held(paths: Iterable[str], head: Mapping[str, TreeEntry], read: Read) -> Iterator[str]:
    """Yield the digests of what the files hold at the range's end."""
    for path in paths:
        entry = head.get(path)
        text = _text(entry, read([entry.oid])) if entry is not None else None
        yield from (digest(one.text) for one in secrets_in(path, text or ""))


def _text(entry: TreeEntry | None, raw: Mapping[str, bytes | None]) -> str | None:
    found = raw.get(entry.oid) if entry is not None else None
    return None if found is None or len(found) > MAX_BYTES else found.decode("utf-8", "replace")


def is_made_up(path: str) -> bool:
    """Tell from a path whether secrets in it are made up: tests, fixtures, examples, documentation."""
    name = path.rpartition("/")[2]
    return _MADE_UP.search(path) is not None or _MADE_UP_NAME.match(name) is not None


def secrets_in(path: str, text: str, old: Container[str] = ()) -> Iterator[Found]:
    """Yield the secrets of one file's text.

    Args:
        path: the file's.
        text: the file's.
        old: lines that are not looked at, since they were there before.
    """
    lines = [pair for pair in enumerate(text.split("\n"), 1) if pair[1] not in old]
    # The first line of a key may be an old one, though the key is another.
    whole = "PRIVATE KEY" in text
    searched = text if whole else "\n".join(line for _, line in lines)
    public = _PUBLIC.search(path) is not None
    seen = set()
    for one in known(searched):
        number = one.line if whole else lines[one.line - 1][0]
        seen.add(number)
        if not (public and one.kind == "Google API key"):
            yield replace(one, line=number)
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _PROSE or suffix in _LOCKED or any(mark in text for mark in _CIPHERED):
        return
    environment = _ENVIRONMENT.match(path) is not None
    for number, line in lines:
        if number not in seen:
            yield from assigned(line, number, environment=environment)
