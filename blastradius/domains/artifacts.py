"""Build outputs: folders that a build wrote, and builds whose inputs changed."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, sites
from blastradius.domains.documents import get, text_at, whole
from blastradius.languages.yaml.address import outline
from blastradius.languages.yaml.nodes import Node
from blastradius.model.analysis import Effect, Evidence
from blastradius.model.source import FileChange

DOMAIN = "artifacts"

_OUTPUT = re.compile(
    r"^(?P<folder>(?:[^/]+/)*?(?:dist|out|\.next|\.svelte-kit|\.nuxt|_site|storybook-static"
    r"|public/build|build/static|target/release))/.+"
)
_CONFIG = re.compile(
    r"^(?P<tool>vite|next|svelte|nuxt|astro|webpack|rollup|esbuild|vue|angular|gatsby|remix|babel)"
    r"(?:\.config)?\.(?:[cm]?[jt]s|json)$"
)
_SOURCES = [
    ".js",
    ".mjs",
    ".cjs",
    ".jsx",
    ".ts",
    ".mts",
    ".cts",
    ".tsx",
    ".svelte",
    ".vue",
    ".astro",
    ".css",
    ".scss",
    ".less",
    ".html",
]
_OTHER_BUILDS = {
    "Makefile": "make",
    "CMakeLists.txt": "cmake",
    "build.gradle": "gradle",
    "pom.xml": "maven",
}
_VERIFY = "hashes of all files in the output equal those of a clean build of the reverted tree"
_MAX_EVIDENCE = 20
_MAX_PACKAGES = 200
_BUNDLER = re.compile(
    r"(?:^|[\s;&|])(?P<tool>vite|next|nuxt|astro|webpack|rollup|esbuild|gatsby|remix)(?=\s|$)"
)


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each tracked output folder, and for each build with changed inputs."""
    inputs: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    outputs: dict[str, list[Evidence]] = defaultdict(list)
    builders = {**_scripted(view), **_builders(view.paths)}
    for change in deployed(view):
        output = _OUTPUT.match(change.path)
        if output is not None:
            outputs[output["folder"]] += sites(view, change)
            continue
        for key in _built_by(view, change, builders):
            inputs[key] += sites(view, change)
    for folder, evidence in outputs.items():
        yield Kind(DOMAIN, "git").effect(
            folder,
            "build output changed in git",
            "reversible",
            evidence[:_MAX_EVIDENCE],
            Undo("the revert of the commits brings it back; build again and compare", _VERIFY),
            "likely",
        )
    for (tool, root), evidence in inputs.items():
        yield Kind(DOMAIN, tool).effect(
            root or ".",
            "what it builds holds the range's sources wherever it was built since",
            "reversible",
            evidence[:_MAX_EVIDENCE],
            _rebuild(view, tool, root),
            "likely",
        )


def _rebuild(view: ChangeView, tool: str, root: str) -> Undo:
    summary = (
        "build again from the reverted tree into an empty folder, with the environment of the build "
        "that is replaced; files that only the newer build wrote are left over elsewhere"
    )
    verify = _VERIFY
    if tool == "next":
        verify += " (set generateBuildId to the commit first, or every build differs)"
    if tool in _OTHER_BUILDS.values():
        return Undo(summary, verify)
    scripts = get(whole(view.at_head(posixpath.join(root, "package.json"))), "scripts", "build")
    where = ("--prefix", root) if root else ()
    return Undo(summary, verify, ("npm", *where, "run", "build") if scripts is not None else None)


@lru_cache(maxsize=4)
def _builders(paths: frozenset[str]) -> dict[str, str]:
    """Return folder → tool for every bundler's configuration in the tree."""
    found: dict[str, str] = {}
    for path in sorted(paths):
        folder, name = posixpath.split(path)
        match = _CONFIG.match(name)
        if match is not None and match["tool"] != "babel":
            # A framework's own configuration says more than the bundler's below it.
            keeps = found.get(folder, "vite") not in {"vite", "svelte"}
            found[folder] = found[folder] if keeps else match["tool"]
    return found


def _scripted(view: ChangeView) -> dict[str, str]:
    """Return folder → tool where a package's ``build`` script names a bundler: it needs no configuration."""
    found: dict[str, str] = {}
    packages = [path for path in view.paths if posixpath.basename(path) == "package.json"]
    for path in sorted(packages)[:_MAX_PACKAGES]:
        match = _BUNDLER.search(text_at(whole(view.at_head(path)), "scripts", "build"))
        if match is not None:
            found[posixpath.dirname(path)] = match["tool"]
    return found


def _built_by(
    view: ChangeView, change: FileChange, builders: dict[str, str]
) -> Iterator[tuple[str, str]]:
    folder, name = posixpath.split(change.path)
    if name in _OTHER_BUILDS:
        yield _OTHER_BUILDS[name], folder
    is_input = (
        posixpath.splitext(name)[1] in _SOURCES
        or _CONFIG.match(name) is not None
        or name.startswith("tsconfig")
        or (name == "package.json" and _build_changed(view, change))
    )
    if not is_input:
        return
    while True:
        if folder in builders:
            yield builders[folder], folder
            return
        if not folder:
            return
        folder = posixpath.dirname(folder)


def _build_changed(view: ChangeView, change: FileChange) -> bool:
    """Tell whether scripts, dependencies or the module's type changed: the version says nothing."""
    keys = ("scripts", "dependencies", "devDependencies", "type", "browserslist", "engines")
    old, new = whole(view.before(change)), whole(view.after(change))
    return any(_outline(old, key) != _outline(new, key) for key in keys)


def _outline(node: Node | None, key: str) -> str:
    found = get(node, key)
    return outline(found) if found is not None else ""
