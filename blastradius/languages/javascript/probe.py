"""A path without its ending → the file of the tree that it means, as TypeScript and bundlers look."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator

_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".d.ts", ".mts", ".cts", ".mjs", ".cjs", ".json")
_OTHERS: tuple[str, ...] = (
    ".vue",
    ".svelte",
    ".native.ts",
    ".native.tsx",
    ".ios.ts",
    ".ios.tsx",
    ".web.ts",
)
_OTHERS += (".web.tsx", ".native.js", ".ios.js", ".web.js", ".d.mts", ".d.cts", ".es6", ".coffee")
_SOURCES = {
    ".js": (".ts", ".tsx", ".js", ".d.ts"),
    ".jsx": (".tsx", ".jsx", ".d.ts"),
    ".mjs": (".mts", ".mjs", ".d.mts"),
    ".cjs": (".cts", ".cjs", ".d.cts"),
}


def probe(base: str, paths: frozenset[str], *, data: bool = True) -> str:
    """Return the file that ``base`` means, empty when there is none.

    ``./x.js`` means ``x.ts`` where that is there; ``./x`` a file with an ending, else the folder's
    ``index``. Code comes before the types that are declared for it: TypeScript looks at ``x.d.ts``
    first, but what runs is ``x.js``. Without ``data``, JSON is only found by its whole name.
    """
    for one in _candidates(base):
        if one in paths and (data or one == base or not one.endswith(".json")):
            return one
    return ""


def declared_for(path: str, paths: Container[str]) -> str:
    """Return the file that declares the types of a JavaScript file, empty when there is none."""
    stem, ending = posixpath.splitext(path)
    found = stem + _TYPES.get(ending, "")
    return found if found != stem and found in paths else ""


_TYPES = {".js": ".d.ts", ".jsx": ".d.ts", ".mjs": ".d.mts", ".cjs": ".d.cts"}


def _candidates(base: str) -> Iterator[str]:
    stem, ending = posixpath.splitext(base)
    yield from (stem + one for one in _SOURCES.get(ending, ()))
    yield base
    yield from (base + one for one in (*_ENDINGS, *_OTHERS))
    yield from (posixpath.join(base, f"index{one}") for one in (*_ENDINGS, *_OTHERS))


_BUILT = frozenset(
    """dist lib build es esm cjs out output module modules types typings umd node browser
    commonjs compiled dist-types bundles""".split()  # noqa: SIM905 - a word list reads best as words
)
_BUILT_ENDINGS = (".d.mts", ".d.cts", ".d.ts", ".mjs", ".cjs", ".js", ".jsx")
_MOST_BUILT = 3


def source_of(folder: str, target: str, paths: frozenset[str]) -> str:
    """Return the source of a built file that the tree does not hold: dist/x.js is made of src/x.ts."""
    parts = [part for part in posixpath.normpath(target).split("/") if part not in {"", "."}]
    for _ in range(_MOST_BUILT):
        if not parts or parts[0] not in _BUILT:
            break
        parts = parts[1:]
        stem = "/".join(parts)
        for ending in _BUILT_ENDINGS:
            stem = stem.removesuffix(ending)
        for home in ("src", "", "source"):
            place = posixpath.normpath(posixpath.join(folder, home, stem))
            found = probe(place, paths) if home or stem else ""
            if found:
                return found
    return ""
