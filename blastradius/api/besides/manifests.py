"""Manifests and their locks: what of a manifest its lock resolves, and what makes the lock anew."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from blastradius.languages.locks import manifest_of

Command = tuple[str, ...]
Read = Callable[[str], bytes | None]

_MOST_BYTES = 2_000_000
_NPM = (
    *("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"),
    *("overrides", "resolutions", "workspaces", "pnpm"),
)
_COMPOSER = (
    *("require", "require-dev", "conflict", "replace", "provide"),
    *("repositories", "minimum-stability"),
)
_CARGO = (
    *("dependencies", "dev-dependencies", "build-dependencies", "target"),
    *("workspace", "patch", "replace"),
)
_PYTHON = (
    *(("project", key) for key in ("requires-python", "dependencies", "optional-dependencies")),
    ("dependency-groups",),
    *(
        ("tool", "poetry", key)
        for key in ("dependencies", "dev-dependencies", "group", "source", "extras")
    ),
    *(("tool", "pdm", key) for key in ("dev-dependencies", "source", "resolution")),
    *(
        ("tool", "uv", key)
        for key in (
            *("sources", "dev-dependencies", "constraint-dependencies"),
            *("override-dependencies", "workspace", "index"),
        )
    ),
)
_PIPFILE_OWN = frozenset({"scripts", "pipenv"})
# Of these every line that is no comment says what to install, or nothing can be told apart.
_BY_LINE = re.compile(
    r"(?:^|/)(?:Gemfile|gems\.rb|packages\.yml|dependencies\.yml|pnpm-workspace\.yaml|[^/]+\.in)\Z"
)
_GO_OWN = re.compile(r"^(?:module|go|toolchain)\b")
_COMPILED = re.compile(r"(?P<stem>[\w.-]*(?:requirements|constraints)[\w.-]*)\.txt\Z")
_IN_FOLDER = re.compile(r"(?:^|/)requirements/(?P<stem>[\w.-]+)\.txt\Z")
_WITHOUT_MANIFEST = frozenset({".terraform.lock.hcl", "packages.lock.json"})
# Tools whose lock at the top of a workspace holds the members' dependencies, too.
_SHARED = frozenset(
    {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "uv.lock", "Cargo.lock", "bun.lock"}
)
_WORKSPACE = re.compile(rb'"workspaces"|^\[workspace\]|^\[tool\.uv\.workspace', re.MULTILINE)


def is_lock(path: str) -> bool:
    """Tell whether the path may be a lock file.

    A ``requirements.txt`` is one where there is a ``requirements.in``, which the path does not tell.
    """
    return bool(_names(path)) or posixpath.basename(path).lower() in _WITHOUT_MANIFEST


def _names(lock: str) -> tuple[str, ...]:
    """Return the names of the manifests that may stand beside a lock."""
    name = posixpath.basename(lock)
    if name == "package-lock.yml":
        return ("packages.yml", "dependencies.yml")  # of dbt
    compiled = _COMPILED.match(name) or _IN_FOLDER.search(lock)
    return (f"{compiled['stem']}.in",) if compiled is not None else manifest_of(lock)


def manifests_beside(lock: str, paths: Collection[str]) -> tuple[str, ...]:
    """Return the manifests of a lock that are among ``paths``, in its own folder."""
    folder = posixpath.dirname(lock)
    found = (posixpath.join(folder, name) for name in _names(lock))
    return tuple(path for path in found if path in paths)


def locks_of(manifest: str, paths: Collection[str], read: Read) -> Iterator[str]:
    """Yield the lock files that a manifest's dependencies are in.

    Those beside it; without any, those of the nearest folder above that is a workspace.
    """
    names = _locks_for(posixpath.basename(manifest))
    folder = posixpath.dirname(manifest)
    beside = [posixpath.join(folder, name) for name in names]
    stem = manifest.removesuffix(".in")
    if stem != manifest and _names(f"{stem}.txt"):
        beside.append(f"{stem}.txt")
    found = [path for path in beside if path in paths]
    while not found and folder:
        folder = posixpath.dirname(folder)
        above = [posixpath.join(folder, name) for name in names if name in _SHARED]
        found = [path for path in above if path in paths]
        if found and not _is_workspace(folder, posixpath.basename(manifest), paths, read):
            return
    yield from found


def _locks_for(manifest: str) -> list[str]:
    return [name for name in _COMMANDS if manifest in _names(name)]


def _is_workspace(folder: str, manifest: str, paths: Collection[str], read: Read) -> bool:
    if posixpath.join(folder, "pnpm-workspace.yaml") in paths:
        return True
    text = read(posixpath.join(folder, manifest))
    return text is not None and _WORKSPACE.search(text) is not None


def dependencies_of(path: str, text: bytes | None) -> str | None:
    """Return what a manifest asks for, equal where a lock resolves to the same; None: not understood."""
    if text is None or len(text) > _MOST_BYTES:
        return None
    name = posixpath.basename(path)
    try:
        return _dependencies(name, path, text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _dependencies(name: str, path: str, text: str) -> str | None:
    if name == "package.json":
        return _picked(json.loads(text), [(key,) for key in _NPM])
    if name == "composer.json":
        return _picked(json.loads(text), [(key,) for key in _COMPOSER])
    if name == "pyproject.toml":
        return _picked(tomllib.loads(text), _PYTHON)
    if name == "Cargo.toml":
        return _picked(tomllib.loads(text), [(key,) for key in _CARGO])
    if name == "Pipfile":
        whole = tomllib.loads(text)
        return _picked(whole, [(key,) for key in sorted(whole) if key not in _PIPFILE_OWN])
    if name == "go.mod":
        lines = (line.partition("//")[0].strip() for line in text.splitlines())
        return "\n".join(sorted(line for line in lines if line and not _GO_OWN.match(line)))
    if _BY_LINE.search(path):
        lines = (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in text.splitlines())
        return "\n".join(line for line in lines if line)
    return None


def _picked(whole: object, keys: Collection[tuple[str, ...]]) -> str | None:
    """Return the values at some paths of keys as canonical text."""
    if not isinstance(whole, dict):
        return None
    found = {}
    for key in keys:
        value: Any = whole
        for word in key:
            value = value.get(word) if isinstance(value, dict) else None
        if value not in (None, {}, []):
            found[".".join(key)] = value
    return json.dumps(found, sort_keys=True, default=str)


def command_for(lock: str, text: bytes | None) -> Command:
    """Return what makes a lock file anew from its manifest; empty when no tool is known for it.

    Args:
        lock: path of the lock file, below the folder where the command runs.
        text: its content, which tells the version of some tools.
    """
    folder, name = posixpath.split(lock)
    start = (text or b"")[:2_000]
    if name.endswith(".txt"):
        source = lock.removesuffix(".txt") + ".in"
        uv = b"uv pip compile" in start
        head = ("uv", "pip", "compile") if uv else ("pip-compile",)
        return (*head, _plain(source), "-o", _plain(lock))
    command = _COMMANDS.get(name, ())
    if name == "yarn.lock" and b"yarn lockfile v1" in start:
        command = ("yarn", "install")
    if not folder or not command:
        return command
    return _within(_plain(folder), command)


_COMMANDS: dict[str, Command] = {
    "package-lock.json": ("npm", "install", "--package-lock-only"),
    "npm-shrinkwrap.json": ("npm", "install", "--package-lock-only"),
    "pnpm-lock.yaml": ("pnpm", "install", "--lockfile-only"),
    "yarn.lock": ("yarn", "install", "--mode", "update-lockfile"),
    "bun.lock": ("bun", "install", "--lockfile-only"),
    "poetry.lock": ("poetry", "lock"),
    "uv.lock": ("uv", "lock"),
    "pdm.lock": ("pdm", "lock"),
    "Pipfile.lock": ("pipenv", "lock"),
    "Cargo.lock": ("cargo", "update", "--workspace"),
    "go.sum": ("go", "mod", "tidy"),
    "Gemfile.lock": ("bundle", "lock"),
    "gems.locked": ("bundle", "lock"),
    "composer.lock": ("composer", "update", "--lock"),
    "package-lock.yml": ("dbt", "deps", "--lock"),
}
# How each tool is told the folder to work in: after its name.
_FOLDER_OPTION = {
    "npm": "--prefix",
    "pnpm": "-C",
    "yarn": "--cwd",
    "bun": "--cwd",
    "poetry": "-C",
    "uv": "--directory",
    "go": "-C",
    "composer": "-d",
}


def _within(folder: str, command: Command) -> Command:
    tool, *rest = command
    if tool in _FOLDER_OPTION:
        return (tool, _FOLDER_OPTION[tool], folder, *rest)
    match tool:
        case "cargo":
            return (*command, "--manifest-path", f"{folder}/Cargo.toml")
        case "pdm":
            return (*command, "-p", folder)
        case "pipenv":
            return ("env", f"PIPENV_PIPFILE={folder}/Pipfile", *command)
        case "bundle":
            return ("env", f"BUNDLE_GEMFILE={folder}/Gemfile", *command)
        case "dbt":
            return (*command, "--project-dir", folder)
    return ()


def _plain(path: str) -> str:
    """Return a path that no tool takes for an option."""
    return f"./{path}" if path.startswith("-") else path
