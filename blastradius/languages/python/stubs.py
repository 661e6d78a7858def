"""Stub files: a ``.pyi`` beside its module says what the module says, name by name.

References lead to the module where there are both. So that a change in one reaches the users of the
other, each definition of the one depends on that of the same name in the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blastradius.languages.python.tables import symbol
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Tier

KIND = "stub"
_SUFFIX = ".pyi"
# Packages of stubs (PEP 561), and folders that type checkers look into.
_FOLDERS = ("stubs/", "typings/")
_SURE: tuple[Tier, float] = ("certain", 0.97)


def stub_edges(files: Mapping[str, Facts]) -> Iterator[Edge]:
    """Yield the edges between each stub and its module, both ways, for the names that both have."""
    for path in sorted(files):
        if path.endswith(_SUFFIX):
            module = _module_of(path, files)
            if module:
                yield from _between(path, module, files)
                yield from _between(module, path, files)


def _module_of(stub: str, files: Mapping[str, Facts]) -> str:
    """Return the path of the module that a stub describes, empty when the tree has none."""
    plain = stub.removesuffix(_SUFFIX) + ".py"
    candidates = [plain]
    for folder in _FOLDERS:
        head, mark, rest = plain.partition(folder)
        if mark and not head.rpartition("/")[2]:
            candidates += [f"{head}{rest}", f"{head}src/{rest}"]
    first, slash, rest = plain.partition("/")
    if first.endswith("-stubs") and slash:
        candidates += [f"{first.removesuffix('-stubs')}/{rest}"]
        candidates += [f"src/{first.removesuffix('-stubs')}/{rest}"]
    return next((one for one in candidates if one in files), "")


def _between(source: str, target: str, files: Mapping[str, Facts]) -> Iterator[Edge]:
    here, there = files[source].definitions, files[target].definitions
    known: dict[str, int] = {}
    for index, one in enumerate(there):
        known.setdefault(one.name, index)
    for index, one in enumerate(here):
        # A name that is defined twice (overloads) is one symbol: one edge.
        partner = known.pop(one.name, None)
        if partner is not None:
            ends = symbol(source, here, index), symbol(target, there, partner)
            yield Edge(*ends, KIND, *_SURE, source, one.line, one.name)
