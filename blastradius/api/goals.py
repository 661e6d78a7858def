"""What the user asks to go or to stay → commits of the range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from blastradius.api.atoms import Split
from blastradius.api.history import History
from blastradius.errors import UsageError
from blastradius.git.repository import Repository
from blastradius.model.analysis import SymbolChange
from blastradius.model.source import FileChange

_ABBREVIATED = 12


def commits_meant(
    words: Iterable[str], option: str, repository: Repository, history: History, split: Split
) -> tuple[str, ...]:
    """Return the atoms of the range that ``words`` name, oldest first.

    Each word is a commit (a merge stands for what it brought in), a path that the range touched, or a
    symbol that it changed (``path#name`` or a full symbol).

    Raises:
        UsageError: a word names nothing in the range.
    """
    wanted: set[str] = set()
    for word in words:
        wanted |= _meant(word, option, repository, history, split)
    return tuple(atom for atom in history.atoms if atom in wanted)


def _meant(
    word: str, option: str, repository: Repository, history: History, split: Split
) -> set[str]:
    changes, symbols = history.changes, history.symbols
    touched = {
        atom
        for atom, files in changes.items()
        if any(word.rstrip("/") in _names(change) for change in files)
    }
    if touched:
        return touched
    if found := _changed(word, symbols) | _named(word, split):
        return found
    if word in history.atoms and split.commit_of(word) == word:
        commit: str | None = word  # what is not committed has no revision
    else:
        commit = _commit(word, repository)
    if commit is None:
        raise UsageError(
            f"{option} {word}: no commit, no path that the range touched, no symbol that it changed",
            _near(word, changes, symbols),
        )
    if commit not in history.atoms:
        raise UsageError(
            f"{option} {word}: commit {commit[:_ABBREVIATED]} is not in the range {history.span.label}",
            "widen the range so that it holds the commit",
        )
    return {commit} | history.brought.get(commit, frozenset()) | _parts(commit, split)


def _named(word: str, split: Split) -> set[str]:
    """Return the atoms that are called so: ``path#symbol``, or with their commit before it."""
    return {
        atom
        for atom, part in split.atoms.items()
        if part.symbol and word in {f"{part.path}#{part.symbol}", part.name}
    }


def _parts(commit: str, split: Split) -> set[str]:
    """Return the atoms that a commit was taken apart into."""
    return {atom for atom, part in split.atoms.items() if part.commit == commit}


def _names(change: FileChange) -> frozenset[str]:
    """Return the path, its old name, and every folder above them."""
    names: set[str] = set()
    for path in (change.path, change.old_path):
        parts = path.split("/")
        names |= {"/".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return frozenset(names)


def _changed(word: str, symbols: Sequence[SymbolChange]) -> set[str]:
    """Return the commits that changed the symbol, or something inside it."""
    found: set[str] = set()
    for change in symbols:
        for symbol in (change.symbol, change.before):
            place = symbol.partition(":")[2]
            if not symbol:
                continue
            if word in {symbol, place} or _inside(symbol, word) or _inside(place, word):
                found |= set(change.commits)
    return found


def _inside(symbol: str, outer: str) -> bool:
    return "#" in outer and symbol.startswith((f"{outer}.", f"{outer}(", f"{outer}["))


def _commit(word: str, repository: Repository) -> str | None:
    if not word or word.startswith("^"):  # git takes the one for HEAD, the other for an exclusion
        return None
    if "\0" in word:
        return None  # no argument of a process can hold it
    finished = repository.invoke(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{word}^{{commit}}"
    )
    return finished.out.decode().strip() if finished.code == 0 else None


def _near(
    word: str, changes: Mapping[str, Sequence[FileChange]], symbols: Sequence[SymbolChange]
) -> str:
    known = {change.path for files in changes.values() for change in files}
    known |= {change.symbol.partition(":")[2] for change in symbols}
    close = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else "see the changes that `analyze` lists"
