"""Which files are prose: docs, and among them the changelogs and their fragments."""

from __future__ import annotations

import posixpath
import re

_PROSE = (".md", ".rst", ".txt", ".mdx", ".markdown", ".adoc")
_BARE = frozenset({"readme", "changelog", "changes", "history", "news"})
_CHANGELOG = re.compile(
    r"(?:^|/)(?:change-?log|changes|history|news|release[-_ ]?notes|releases|whatsnew)"
    r"(?:[-_.][^/]*)?(?:\.(?:md|rst|txt|mdx|markdown|adoc))?\Z",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(
    r"(?:^|/)(?:changelog\.d|changelogs?|newsfragments?|news|changes|changes\.d|\.changeset"
    r"|\.changes|releasenotes/notes|unreleased|changelog/(?:next|unreleased))/[^/]+\Z",
    re.IGNORECASE,
)
_WHATSNEW = re.compile(
    r"(?:^|/)(?:whatsnew|release[-_]?notes|changelogs?|releases)/", re.IGNORECASE
)
_FRAGMENT_ENDINGS = (*_PROSE, ".yaml", ".yml", ".feature", ".bugfix", ".misc", ".doc", ".removal")
_NOT_SAID = frozenset({"readme", "template", "towncrier_template", "index", "config"})
_DATA = re.compile(
    r"requirements|constraints|licen[cs]e|robots|cmakelists|(?:^|/)tests?/", re.IGNORECASE
)


def is_changelog(path: str) -> bool:
    """Tell whether a file is a changelog, or a page of one."""
    return _CHANGELOG.search(path) is not None or (
        path.lower().endswith(_PROSE) and _WHATSNEW.search(path) is not None
    )


def is_fragment(path: str) -> bool:
    """Tell whether a file is one entry of a changelog to be."""
    stem = posixpath.basename(path).partition(".")[0].lower()
    return (
        _FRAGMENT.search(path) is not None
        and path.lower().endswith(_FRAGMENT_ENDINGS)
        and stem not in _NOT_SAID
    )


def is_doc(path: str) -> bool:
    """Tell whether a file is prose for people and no changelog."""
    lower = path.lower()
    if is_changelog(path) or is_fragment(path):
        return False
    if lower.endswith(".txt") and _DATA.search(lower):
        return False
    return lower.endswith(_PROSE) or posixpath.basename(lower) in _BARE
