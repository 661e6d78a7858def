"""Builders of JavaScript packages: the script ``build`` of a package.json and the tool's settings.

Only text is read: a setting that is computed is not known, and then what is live under the tool's
usual names is what counts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from blastradius.adapters.artifacts.model import Builder, Command, Output
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.domains.documents import entries, get, text_at, whole
from blastradius.model.analysis import Evidence

# The first that stands in the script's words wins: a framework says more than the bundler it uses.
# Tool → its word, the folders it writes by default, whether it empties them first.
_TOOLS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("next", r"\bnext build\b", (".next",), True),
    ("nuxt", r"\b(?:nuxt|nuxi) (?:build|generate)\b", (".output", ".nuxt"), True),
    ("astro", r"\bastro build\b", ("dist",), True),
    ("gatsby", r"\bgatsby build\b", ("public",), True),
    ("react-scripts", r"\breact-scripts build\b", ("build",), True),
    ("vue", r"\bvue-cli-service build\b", ("dist",), True),
    ("angular", r"\bng build\b", ("dist",), True),
    ("vite", r"\bvite build\b", ("dist",), True),
    ("docusaurus", r"\bdocusaurus build\b", ("build",), True),
    ("tsdown", r"\btsdown\b", ("dist",), True),
    ("unbuild", r"\bunbuild\b", ("dist",), True),
    ("webpack", r"\bwebpack\b", ("dist",), False),
    ("tsup", r"\btsup\b", ("dist",), False),
    ("parcel", r"\bparcel build\b", ("dist",), False),
    ("rollup", r"\brollup\b", ("dist",), False),
    ("esbuild", r"\besbuild\b", ("dist",), False),
    ("tsc", r"\b(?:vue-)?tsc\b", (), False),
)
LOCKS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
_USUAL = ("dist", "build", "out")
_SUFFIXES = ("ts", "mts", "cts", "js", "mjs", "cjs")
_CALLED = re.compile(r"\b(?:(?:npm|pnpm|yarn|bun)(?: run)?|run-s|run-p|npm-run-all) ([\w:-]+)")
_OUT_DIR = re.compile(r"\boutDir\s*:\s*(['\"`])([^'\"`$\n]+)\1")
_VITE_ROOT = re.compile(r"(?:^|[{,])\s*root\s*:\s*(['\"`])([^'\"`$\n]+)\1", re.MULTILINE)
_EMPTY = re.compile(r"\bemptyOutDir\s*:\s*(true|false)\b")
_NEXT_DIR = re.compile(r"\bdistDir\s*:\s*(['\"`])([^'\"`$\n]+)\1")
_NEXT_OUT = re.compile(r"\boutput\s*:\s*['\"]export['\"]")
_ADAPTER_OUT = re.compile(r"\b(?:pages|out)\s*:\s*(['\"`])([^'\"`$\n]+)\1")
_PLACED = re.compile(r"\bpath\s*:\s*path\.(?:resolve|join)\(\s*__dirname\s*,([^()\n]+)\)")
_WORD = re.compile(r"['\"`]([^'\"`$]+)['\"`]")
_ROLLED = re.compile(r"\b(?:dir|file)\s*:\s*['\"`](?:\./)?([\w.-]+)(?:/[^'\"`$\n]*)?['\"`]")
_LOCAL = ("workspace:", "file:", "link:", "portal:", ".", "/")
_CLEAN = re.compile(r"\bclean\s*:\s*true\b")
_FLAG = r"--{}(?:=|\s+)['\"]?([\w./@-]+)"
_MAX_CALLS = 20
_MAX_NEEDS = 30


def builders(tree: TreeFiles) -> Iterator[Builder]:
    """Yield a builder for each package of the tree that has a script ``build``."""
    packages = {
        root: path
        for root in tree.folders_with("package.json")
        if "node_modules" not in (path := posixpath.join(root, "package.json")).split("/")
    }
    named = {text_at(tree.node(path), "name"): root for root, path in packages.items()}
    named.pop("", None)
    for root, path in packages.items():
        script, line = _script(tree, path, "build")
        if not script:
            continue
        words = _all_words(tree, path)
        tool, outputs = _tool_of(tree, root, words)
        needs = _needs(tree, root, packages, named)
        chain = tuple(one for one in needs if _script(tree, packages[one], "build")[0])
        manager = manager_of(tree, root)
        yield Builder(
            tool=tool,
            root=root,
            commands=tuple(
                Command(one, manager_of(tree, one), ("run", "build")) for one in (*chain, root)
            ),
            outputs=outputs,
            inputs=(root, *needs),
            evidence=(Evidence(path, line),),
            preview=f"{manager} run build: {script}",
        )


def lock_of(tree: TreeFiles, root: str) -> str:
    """Return the path of the lock file that holds for a package, empty without one."""
    folder = root
    while True:
        names = tree.names_in(folder)
        for name in LOCKS:
            if name in names:
                return posixpath.join(folder, name)
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def manager_of(tree: TreeFiles, root: str) -> str:
    """Return the package manager: what the lock file says, else ``packageManager``, else npm."""
    lock = lock_of(tree, root)
    if lock:
        return LOCKS[posixpath.basename(lock)]
    said = text_at(tree.node(posixpath.join(root, "package.json")), "packageManager")
    name = said.partition("@")[0]
    return name if name in LOCKS.values() else "npm"


def _script(tree: TreeFiles, path: str, name: str) -> tuple[str, int]:
    for key, value, line in entries(get(whole(tree.text(path)), "scripts")):
        if key == name and value.kind == "scalar":
            return value.text, line
    return "", 1


def _all_words(tree: TreeFiles, path: str) -> str:
    """Return the script with what runs before and after it, and the scripts that it calls."""
    pending, seen, words = ["prebuild", "build", "postbuild"], set[str](), []
    while pending and len(seen) < _MAX_CALLS:
        name = pending.pop(0)
        if name in seen:
            continue
        seen.add(name)
        text = _script(tree, path, name)[0]
        words.append(text)
        pending += [found[1] for found in _CALLED.finditer(text)]
    return "\n".join(words)


def _tool_of(tree: TreeFiles, root: str, words: str) -> tuple[str, tuple[Output, ...]]:
    for tool, word, folders, empties in _TOOLS:
        if not re.search(word, words):
            continue
        if tool == "vite":
            return _vite(tree, root, words)
        if tool == "next":
            return tool, _next(tree, root)
        if tool == "tsc":
            return tool, _tsc(tree, root, words)
        text = _config(tree, root, tool)
        said = _flag(words, "outDir", "out-dir", "outdir", "output-path", "dist-dir", "dir")
        said = said or _placed(text, tool)
        cleans = empties or bool(_CLEAN.search(text)) or "--clean" in words
        return tool, _outputs(root, (said,) if said else folders, empties=cleans)
    return "npm", _outputs(root, _USUAL, empties=False)


def _placed(text: str, tool: str) -> str:
    """Return the folder that webpack's or Rollup's settings write, empty where it is computed."""
    if tool == "webpack" and (found := _PLACED.search(text)):
        return posixpath.join("", *(one[1] for one in _WORD.finditer(found[1])))
    if tool == "rollup" and (found := _ROLLED.search(text)):
        return found[1]
    return ""


def _vite(tree: TreeFiles, root: str, words: str) -> tuple[str, tuple[Output, ...]]:
    svelte = _config(tree, root, "svelte")
    if "kit" in svelte and "@sveltejs/kit" in tree.text(posixpath.join(root, "package.json")):
        said = _ADAPTER_OUT.search(svelte)
        folder = said[2] if said else "build"
        return "svelte-kit", _outputs(root, (".svelte-kit", folder), empties=True)
    text = _config(tree, root, "vite")
    inner = _VITE_ROOT.search(text)
    base = inner[2] if inner else ""
    found = _OUT_DIR.search(text)
    folder = _flag(words, "outDir") or (found[2] if found else "dist")
    where = posixpath.normpath(posixpath.join(base, folder))
    # Vite empties what lies in its root; elsewhere only when it is told to.
    told = _EMPTY.search(text)
    outside = posixpath.relpath(where, posixpath.normpath(base or ".")).startswith("..")
    empties = told[1] == "true" if told else not outside
    return "vite", _outputs(root, (where,), empties=empties or "--emptyOutDir" in words)


def _next(tree: TreeFiles, root: str) -> tuple[Output, ...]:
    text = _config(tree, root, "next")
    found = _NEXT_DIR.search(text)
    folders = [found[2] if found else ".next"]
    if _NEXT_OUT.search(text):
        folders.append("out")
    return _outputs(root, tuple(folders), empties=True)


def _tsc(tree: TreeFiles, root: str, words: str) -> tuple[Output, ...]:
    said = _flag(words, "outDir")
    if said:
        return _outputs(root, (said,), empties=False)
    project = _flag(words, "project", "p") or _short(words) or "tsconfig.json"
    path = posixpath.normpath(posixpath.join(root, project))
    if not path.endswith(".json"):
        path = posixpath.join(path, "tsconfig.json")
    folder = text_at(tree.node(path), "compilerOptions", "outDir")
    if not folder:
        return ()
    where = posixpath.relpath(posixpath.dirname(path) or ".", root or ".")
    return _outputs(root, (posixpath.join(where, folder),), empties=False)


def _short(words: str) -> str:
    found = re.search(r"\btsc\b[^\n&|;]*\s-(?:p|b)\s+([\w./-]+)", words)
    return found[1] if found else ""


def _flag(words: str, *names: str) -> str:
    for name in names:
        found = re.search(_FLAG.format(re.escape(name)), words)
        if found:
            return found[1]
    return ""


def _config(tree: TreeFiles, root: str, tool: str) -> str:
    names = tree.names_in(root)
    for suffix in _SUFFIXES:
        name = f"{tool}.config.{suffix}"
        if name in names:
            return tree.text(posixpath.join(root, name))
    return ""


def _outputs(root: str, folders: tuple[str, ...], *, empties: bool) -> tuple[Output, ...]:
    found = (posixpath.normpath(posixpath.join(root, one)) for one in folders)
    return tuple(
        Output(one, empties)
        for one in dict.fromkeys(found)
        if one not in {".", root} and not one.startswith(("..", "/"))
    )


def _needs(
    tree: TreeFiles, root: str, packages: dict[str, str], named: dict[str, str]
) -> tuple[str, ...]:
    """Return the packages of the same repository that one depends on, those they need first."""
    # pnpm takes a neighbour only where the version says so, the others wherever it would fit.
    shared = _is_shared(tree, root) and manager_of(tree, root) != "pnpm"
    order: list[str] = []
    pending = [(root, False)]
    seen = {root}
    while pending and len(order) < _MAX_NEEDS:
        folder, is_done = pending.pop()
        if is_done:
            order.append(folder)
            continue
        if folder != root:
            pending.append((folder, True))
        node = whole(tree.text(packages[folder]))
        for key in ("dependencies", "devDependencies", "optionalDependencies"):
            for name, value, _line in entries(get(node, key)):
                found = named.get(name)
                is_local = shared or value.text.startswith(_LOCAL)
                if found is not None and found not in seen and is_local:
                    seen.add(found)
                    pending.append((found, False))
    return tuple(order)


def workspace_folders(tree: TreeFiles, root: str) -> tuple[str, ...]:
    """Return the folders whose ``node_modules`` a build in ``root`` may read.

    These are itself and those above, and all packages of the workspace that it may be in.
    """
    above = [root]
    while above[-1]:
        above.append(posixpath.dirname(above[-1]))
    if not _is_shared(tree, root):
        return tuple(above)
    top = posixpath.dirname(lock_of(tree, root))
    inside = [
        one for one in tree.folders_with("package.json") if not top or one.startswith(top + "/")
    ]
    return tuple(dict.fromkeys((*above, *inside)))


def _is_shared(tree: TreeFiles, root: str) -> bool:
    """Tell whether the folder of a package's lock file has workspaces."""
    top = posixpath.dirname(lock_of(tree, root))
    has_some = tree.node(posixpath.join(top, "package.json"), "workspaces") is not None
    return has_some or "pnpm-workspace.yaml" in tree.names_in(top)
