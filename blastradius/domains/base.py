"""What a detector is, and what it sees: the changed files of a range, before and after.

A detector is a module with ``DOMAIN`` and ``detect`` at its top level, listed in
`blastradius.domains.inventory`. It reads text; it never runs or imports what it reads, and never
repeats a value that may be a secret: names and places only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from blastradius.domains.lines import changed_lines, line_of
from blastradius.languages.secrets import loud_hidden
from blastradius.model.analysis import Certainty, Effect, Evidence, Inverse, Reversibility
from blastradius.model.source import FileChange, display_path

MAX_TEXT = 1_000_000
_MARGIN = 200  # how far back the start of a comment is looked for
_KEPT = 32_000_000
_MAX_EVIDENCE = 20

_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|testing|testdata|fixtures|cassettes|e2e|examples?|samples?"
    r"|node_modules|vendor|third_party|site-packages|\.devcontainer|\.vscode|\.idea)/"
    r"|(?:^|/)(?:test_[^/]*|conftest)\.py$|_test\.(?:py|go)$|[._-](?:test|spec)\.[jt]sx?$|_spec\.rb$"
)
# Long runs of letters and digits that no person names a thing by, and the vendors' key prefixes.
_SECRETIVE = re.compile(
    r"(?=[A-Za-z0-9+]*\d)(?=[A-Za-z0-9+]*[A-Za-z])[A-Za-z0-9+]{24,}={0,2}"
    r"|\b(?:sk|pk|rk|whsec|gh[pousr]|glpat|xox[abprs]|AKIA|ASIA|AIza|eyJ)[-_]?(?=[\w-]*\d)[\w-]{8,}"
    r"|(?<=://)[^/\s@]+@"
)
_LONGEST = 120


class Detector(Protocol):
    """The module-level interface of a detector."""

    DOMAIN: str
    """The kind of state, such as ``database``."""

    def detect(self, view: ChangeView) -> Iterator[Effect]:
        """Yield what the range did to this kind of state."""
        ...


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The files that differ between base and head.

    Attributes:
        changes: the changed paths.
        old: path at head (as in `FileChange.path`) → bytes at base, None when absent or unreadable.
        new: path → bytes at head, also for paths that did not change; None as above.
        paths: every path at head.
    """

    changes: tuple[FileChange, ...]
    old: Callable[[str], bytes | None]
    new: Callable[[str], bytes | None]
    paths: frozenset[str]
    _texts: dict[tuple[str, bool], str | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _kept: list[int] = field(default_factory=lambda: [0], init=False, repr=False, compare=False)
    _lines: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def before(self, change: FileChange) -> str | None:
        """Return the text at base, None when the file is new, binary or too large."""
        return self._text(change.path, old=True) if change.status != "added" else None

    def after(self, change: FileChange) -> str | None:
        """Return the text at head, None when the file is gone, binary or too large."""
        return self._text(change.path, old=False) if change.status != "deleted" else None

    def at_head(self, path: str) -> str | None:
        """Return the text at head of any path, changed or not."""
        return self._text(path, old=False) if path in self.paths else None

    def added_lines(self, path: str) -> tuple[int, ...]:
        """Return the numbers, 1-based and at head, of the lines that came."""
        return self._changed(path)[0]

    def removed_lines(self, path: str) -> tuple[int, ...]:
        """Return the numbers, 1-based and at base, of the lines that went."""
        return self._changed(path)[1]

    def _changed(self, path: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        found = self._lines.get(path)
        if found is None:
            change = next((one for one in self.changes if one.path == path), None)
            old, new = (self.before(change), self.after(change)) if change else (None, None)
            removed, added = changed_lines(old or "", new or "")
            found = self._lines[path] = (added, removed)
        return found

    def _text(self, path: str, *, old: bool) -> str | None:
        key = (path, old)
        if key in self._texts:
            return self._texts[key]
        content = (self.old if old else self.new)(path)
        text = None
        if content is not None and len(content) <= MAX_TEXT and b"\0" not in content:
            text = content.decode("utf-8", "replace").replace("\r\n", "\n")
        self._kept[0] += len(text or "")
        if self._kept[0] < _KEPT:
            self._texts[key] = text
        return text


def is_test(path: str) -> bool:
    """Tell whether a path is a test's, an example's or a vendor's: nothing there is deployed."""
    return _TEST.search(path.lower()) is not None


def deployed(view: ChangeView) -> Iterator[FileChange]:
    """Yield the changes of files that are no tests, in order of their paths."""
    for change in sorted(view.changes, key=lambda one: one.path):
        if not is_test(change.path):
            yield change


def literal(text: str) -> str:
    """Return a literal from the code as it may be shown: bounded, printable, without secrets."""
    shown = _SECRETIVE.sub("…", text[: 4 * _LONGEST])
    shown = "".join(one if one.isprintable() else "�" for one in display_path(shown))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def sites(
    view: ChangeView, change: FileChange, lines: Iterable[int] = (), *, at_base: bool = False
) -> tuple[Evidence, ...]:
    """Return the places in the diff that show an effect.

    Args:
        view: the range.
        change: the file.
        lines: where the thing stands; those among them that changed are shown. Without any of
            them: the first line that came, or that went of a file that only lost lines.
        at_base: ``lines`` are those of the file at base, of a thing that is gone.
    """
    added = view.added_lines(change.path)
    removed = view.removed_lines(change.path)
    gone = at_base or change.status == "deleted" or not added
    path, touched = (change.old_path, removed) if gone else (change.path, added)
    wanted = frozenset(lines)
    hit = [line for line in touched if line in wanted]
    shown = hit[:_MAX_EVIDENCE] or touched[:1]
    if not shown:  # a mode, a name, or bytes that are not shown
        return (Evidence(change.path if change.status != "deleted" else change.old_path, 1),)
    return tuple(Evidence(path, line) for line in shown)


@dataclass(frozen=True, slots=True)
class Undo:
    """How an effect is undone, and how one sees that it is.

    ``argv`` is a command that can be run as it stands, None where there is none.
    """

    summary: str
    verify: str
    argv: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What the effects of one tool have in common."""

    domain: str
    tool: str

    def effect(
        self,
        target: str,
        action: str,
        reversibility: Reversibility,
        evidence: Iterable[Evidence],
        undo: Undo,
        certainty: Certainty = "certain",
    ) -> Effect:
        """Return one effect; its texts are printable and hold no token of a known form."""
        return Effect(
            self.domain,
            self.tool,
            _shown(target),
            _shown(action),
            reversibility,
            tuple(evidence),
            Inverse(_shown(undo.summary), undo.argv),
            _shown(undo.verify),
            certainty,
        )


def _shown(text: str) -> str:
    return display_path(loud_hidden(text))


@dataclass(frozen=True, slots=True)
class Uses:
    """Names that the changed code uses: name → places, those that came and those that went."""

    came: dict[str, list[Evidence]]
    went: dict[str, list[Evidence]]


Finder = Callable[[str, str], Iterable[tuple[str, int]]]
"""(path, text) → (name, offset in the text)."""


def uses(view: ChangeView, wanted: Callable[[str], bool], find: Finder) -> Uses:
    """Return the names found at head and not at base in the changed files, and the reverse.

    A use that moved from one changed file to another neither came nor went.
    """
    old: dict[str, list[Evidence]] = {}
    new: dict[str, list[Evidence]] = {}
    for change in deployed(view):
        if wanted(change.old_path) and (text := view.before(change)):
            _gather(old, change.old_path, text, find)
        if wanted(change.path) and (text := view.after(change)):
            _gather(new, change.path, text, find)
    return Uses(
        {name: new[name] for name in sorted(new) if name not in old},
        {name: old[name] for name in sorted(old) if name not in new},
    )


def _gather(found: dict[str, list[Evidence]], path: str, text: str, find: Finder) -> None:
    for name, offset in find(path, text):
        start = text.rfind("\n", max(0, offset - _MARGIN), offset) + 1
        if (
            text[max(start, offset - _MARGIN) : offset]
            .lstrip()
            .startswith(("#", "//", "*", "<!--"))
        ):
            continue  # said in a comment
        places = found.setdefault(name, [])
        if len(places) < _MAX_EVIDENCE:
            places.append(Evidence(path, line_of(text, offset)))
