"""Builders beside JavaScript's: Python packages, Makefiles, compilers with caches, images, coverage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from blastradius.adapters.artifacts.model import Builder, Command, Output
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.domains.base import is_test
from blastradius.domains.lines import line_of
from blastradius.model.analysis import Evidence

_FROM_GIT = re.compile(
    r"setuptools[_-]scm|hatch-vcs|versioningit|setuptools-git-versioning|vcs-versioning"
    r"|poetry-dynamic-versioning|versioneer|source\s*=\s*[\"'](?:vcs|scm)[\"']"
)
_SETUP = re.compile(r"(?:setuptools|distutils)[\s\S]*^\s*(?:\w+\.)?setup\s*\(", re.MULTILINE)
_OUTPUT_NAMES = ("dist", "build", "out", "public", "site", "_site", "_build", "bundle")
_RULE = re.compile(r"^([\w./-]+(?:[ \t]+[\w./-]+)*)[ \t]*::?(?![=:])[^\n=]*$", re.MULTILINE)
_FOLDER = r"((?:[\w.-]+/)*?(?:" + "|".join(_OUTPUT_NAMES) + r"))"
_WRITES = (
    re.compile(rf"(?:\s(?:-o|-d|--out(?:-?dir)?|--output(?:-dir)?)[=\s]|>)\s*{_FOLDER}(?=[/\s]|$)"),
    re.compile(rf"\bmkdir\s(?:[^\n&|;]*\s)?{_FOLDER}(?=[/\s]|$)"),
    re.compile(
        rf"\b(?:cp|mv|install|rsync)\s[^\n&|;]*\s{_FOLDER}(?:/[^\s&|;]*)?\s*(?=$|[&|;])",
        re.MULTILINE,
    ),
)
_PREFERRED = ("build", "dist", "all", "bundle", "assets")
_CACHED = {
    "Cargo.toml": ("cargo", "target", ("cargo", "build")),
    "pom.xml": ("maven", "target", ("mvn", "package")),
    "build.gradle": ("gradle", "build", ("gradle", "build")),
    "build.gradle.kts": ("gradle", "build", ("gradle", "build")),
}
_IMAGES = re.compile(r"^(?:Dockerfile|Containerfile)(?:\..+)?$")


def builders(tree: TreeFiles) -> Iterator[Builder]:
    """Yield the builders that are not JavaScript's, in order of their kind and place."""
    yield from _python(tree)
    yield from _make(tree)
    yield from _cached(tree)
    yield from _images(tree)


def _python(tree: TreeFiles) -> Iterator[Builder]:
    roots = {*tree.folders_with("pyproject.toml"), *tree.folders_with("setup.py")}
    for root in sorted(roots):
        path = posixpath.join(root, "pyproject.toml")
        table = tree.toml(path)
        setup = posixpath.join(root, "setup.py")
        if "build-system" not in table and not _SETUP.search(tree.text(setup)):
            continue  # a module may have that name too
        where = path if "build-system" in table else setup
        text = "\n".join(tree.text(one) for one in (path, setup, posixpath.join(root, "setup.cfg")))
        backend = str((table.get("build-system") or {}).get("build-backend", "setuptools"))
        outputs = [Output(posixpath.join(root, "dist"), empties=False)]
        if "setuptools" in backend:
            outputs.append(Output(posixpath.join(root, "build"), empties=True, optional=True))
        line = line_of(text, max(0, tree.text(where).find("[build-system]")))
        from_git = _FROM_GIT.search(text)
        yield Builder(
            tool="python",
            root=root,
            commands=(Command(root, "python", ("-m", "build", "--no-isolation")),),
            outputs=tuple(outputs),
            inputs=(root,),
            evidence=(Evidence(where, line),),
            preview=f"python -m build --no-isolation: {backend}",
            why_not="its version is read from git's tags, which an export of a tree does not have"
            if from_git
            else "",
            by_hand="after the revert is committed: python -m build" if from_git else "",
        )


def _make(tree: TreeFiles) -> Iterator[Builder]:
    for name in ("Makefile", "makefile", "GNUmakefile"):
        for root in tree.folders_with(name):
            path = posixpath.join(root, name)
            text = tree.text(path)
            written: dict[str, list[tuple[str, int]]] = {}
            for target, body, at in _rules(text):
                for folder in _folders(target, body):
                    written.setdefault(folder, []).append((target, line_of(text, at)))
            made: dict[tuple[str, int], list[str]] = {}
            for folder, rules in sorted(written.items()):
                first = min(rules, key=lambda one: (_rank(one[0]), one[1]))
                made.setdefault(first, []).append(posixpath.join(root, folder))
            for (target, line), folders in sorted(made.items()):
                yield Builder(
                    tool="make",
                    root=root,
                    commands=(Command(root, "make", (target,)),),
                    outputs=tuple(Output(one, empties=False) for one in folders),
                    inputs=(root,),
                    evidence=(Evidence(path, line),),
                    preview=f"make {target}",
                )


def _rules(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield target, recipe and place of each rule that names one target plainly."""
    found = list(_RULE.finditer(text))
    for number, one in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        body = [line for line in text[one.end() : end].splitlines() if line.startswith("\t")]
        for target in one[1].split():
            if not target.startswith((".", "-")):
                yield target, "\n".join(body), one.start()


def _folders(target: str, body: str) -> set[str]:
    first = target.partition("/")[0]
    found = {first} if body and (first in _OUTPUT_NAMES and "/" in target) else set()
    plain = "\n".join(line for line in body.splitlines() if "docker" not in line)
    found |= {one[1] for pattern in _WRITES for one in pattern.finditer(plain)}
    if "clean" in target or target in {"install", "publish", "deploy", "test"}:
        return set()
    return {
        normal
        for one in found
        if (normal := posixpath.normpath(one)) != "." and not normal.startswith(("..", "/"))
    }


def _rank(target: str) -> int:
    return _PREFERRED.index(target) if target in _PREFERRED else len(_PREFERRED)


def _cached(tree: TreeFiles) -> Iterator[Builder]:
    for name, (tool, folder, argv) in _CACHED.items():
        for root in tree.folders_with(name):
            yield Builder(
                tool=tool,
                root=root,
                commands=(),
                outputs=(Output(posixpath.join(root, folder), empties=False),),
                inputs=(root,),
                evidence=(Evidence(posixpath.join(root, name), 1),),
                why_not=f"{tool} keeps its own record of what is out of date, and builds just that",
                by_hand=f"after the revert: {' '.join(argv)}" + (f" in {root}" if root else ""),
            )


def _images(tree: TreeFiles) -> Iterator[Builder]:
    for path in sorted(tree.entries):
        root, name = posixpath.split(path)
        if _IMAGES.match(name) and not is_test(path):
            yield Builder(
                tool="docker",
                root=root,
                commands=(),
                outputs=(Output(path, empties=False),),
                inputs=(root,),
                evidence=(Evidence(path, 1),),
                why_not="images built from it lie in an engine or a registry, not in the work tree",
                by_hand="deploy the image that was built before the range, by its digest",
            )


def coverage(tree: TreeFiles) -> dict[str, Evidence]:
    """Return the files and folders that tests leave reports of coverage in → where that is set up."""
    found: dict[str, Evidence] = {}
    for root in tree.folders_with("package.json"):
        path = posixpath.join(root, "package.json")
        if re.search(r'"(?:jest|vitest|nyc|c8|@vitest/coverage[\w-]*)"', tree.text(path)):
            found[posixpath.join(root, "coverage")] = Evidence(path, 1)
    for name in ("pyproject.toml", "setup.cfg", ".coveragerc", "tox.ini"):
        for root in tree.folders_with(name):
            path = posixpath.join(root, name)
            if name == ".coveragerc" or re.search(r"pytest-cov|\bcoverage\b", tree.text(path)):
                for one in ("htmlcov", ".coverage", "coverage.xml"):
                    found.setdefault(posixpath.join(root, one), Evidence(path, 1))
    return found
