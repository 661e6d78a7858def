"""Packages: what lock files install, and version numbers that publishing burns."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites
from blastradius.domains.lines import line_of
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "packages"

# Lock file → tool, and the command that installs exactly what it says.
_LOCKS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "package-lock.json": ("npm", ("npm", "ci")),
    "npm-shrinkwrap.json": ("npm", ("npm", "ci")),
    "yarn.lock": ("yarn", ("yarn", "install", "--immutable")),
    "pnpm-lock.yaml": ("pnpm", ("pnpm", "install", "--frozen-lockfile")),
    "bun.lock": ("bun", ("bun", "install", "--frozen-lockfile")),
    "bun.lockb": ("bun", ("bun", "install", "--frozen-lockfile")),
    "uv.lock": ("uv", ("uv", "sync", "--frozen")),
    "poetry.lock": ("poetry", ("poetry", "sync")),
    "pdm.lock": ("pdm", ("pdm", "sync", "--clean")),
    "Pipfile.lock": ("pipenv", ("pipenv", "sync")),
    "Cargo.lock": ("cargo", ("cargo", "fetch", "--locked")),
    "go.sum": ("go", ("go", "mod", "download")),
    "Gemfile.lock": ("bundler", ("bundle", "install")),
    "composer.lock": ("composer", ("composer", "install")),
    "package-lock.yml": ("dbt", ("dbt", "deps")),
    "flake.lock": ("nix", None),
}
_REQUIREMENTS = re.compile(r"(?:^|/)(?:requirements[\w.-]*\.(?:txt|in)|requirements/[\w.-]+\.txt)$")
_QUOTED = r"\s*=\s*['\"](?P<version>[^'\"\n]+)"
_VERSIONS: dict[str, tuple[str, re.Pattern[str]]] = {
    name: (registry, re.compile(pattern, re.MULTILINE))
    for name, registry, pattern in (
        ("pyproject.toml", "pypi", rf"^version{_QUOTED}"),
        ("setup.py", "pypi", rf"\bversion{_QUOTED}"),
        ("setup.cfg", "pypi", r"^version\s*=\s*(?P<version>\d[^\s]*)"),
        ("__init__.py", "pypi", rf"^__version__{_QUOTED}"),
        ("_version.py", "pypi", rf"^(?:__version__|version){_QUOTED}"),
        ("__version__.py", "pypi", rf"^__version__{_QUOTED}"),
        ("version.py", "pypi", rf"^(?:__version__|VERSION|version){_QUOTED}"),
        ("package.json", "npm", r"^[ \t]{0,4}\"version\"\s*:\s*\"(?P<version>[^\"\n]+)"),
        ("Cargo.toml", "crates.io", rf"^version{_QUOTED}"),
        ("pom.xml", "maven", r"<version>(?P<version>[^<\n$]+)</version>"),
    )
}
_PRIVATE = re.compile(
    r"\"private\"\s*:\s*true|Private :: Do Not Upload|^publish\s*=\s*false", re.MULTILINE
)


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each lock file, and each version number, that the range changed."""
    for change in deployed(view):
        name = posixpath.basename(change.path)
        if name in _LOCKS:
            yield _lock(view, change, *_LOCKS[name])
        elif _REQUIREMENTS.search(change.path):
            yield _lock(view, change, "pip", None)
        if name in _VERSIONS:
            yield from _version(view, change, *_VERSIONS[name])


def _lock(view: ChangeView, change: FileChange, tool: str, argv: tuple[str, ...] | None) -> Effect:
    folder = posixpath.dirname(change.path)
    where = f" in {folder}" if folder else ""
    return Kind(DOMAIN, tool).effect(
        change.path,
        "environments installed since hold other packages",
        "reversible",
        sites(view, change),
        Undo(
            f"after the revert, install again{where} exactly what the lock file says, removing what it "
            "does not name",
            "the list of installed packages and versions equals the lock file's",
            None if folder else argv,
        ),
    )


def _version(
    view: ChangeView, change: FileChange, tool: str, pattern: re.Pattern[str]
) -> Iterator[Effect]:
    old, new = view.before(change), view.after(change)
    before, after = (pattern.search(text) if text else None for text in (old, new))
    if (
        after is None
        or new is None
        or (before is not None and before["version"] == after["version"])
    ):
        return
    if _PRIVATE.search(new):
        return
    folder = posixpath.dirname(change.path)
    yield Kind(DOMAIN, tool).effect(
        f"{folder or '.'} {literal(after['version'])}",
        "the version number is used up, if it was published",
        "irreversible",
        sites(view, change, [line_of(new, after.start("version"))]),
        _unpublish(tool),
        "possible",
    )


def _unpublish(tool: str) -> Undo:
    how = {
        "npm": "point the tag latest back to the version before (npm dist-tag add NAME@OLD latest) and "
        "deprecate the new one; unpublishing breaks those who have it",
        "pypi": "yank the release; installers that pin it still get it",
        "crates.io": "yank the release; lock files that have it keep it",
    }.get(tool, "mark the release as withdrawn")
    return Undo(
        f"{how}; publish the reverted code under a new, higher number",
        "a fresh install without a pin gets the version from before, or the new higher one",
    )
