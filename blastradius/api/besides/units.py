"""What a test is: a function of pytest or unittest; in other languages the file."""

from __future__ import annotations

import re
from typing import NamedTuple

from blastradius.index.snapshot import Snapshot
from blastradius.model.facts import Definition

_FILE = re.compile(
    r"(?:^|/)(?:test_[^/]*\.py|tests\.py|[^/]*_test\.py|conftest\.py"
    r"|[^/]*[._-](?:test|spec|cy)\.[cm]?[jt]sx?)\Z"
    r"|(?:^|/)(?:tests?|__tests__|data_tests)/.*\.(?:py|sql|[cm]?[jt]sx?)\Z"
)
# Its folder holds tests and what they are made of; these are no tests themselves.
_MADE_OF = re.compile(r"(?:^|/)(?:fixtures|__snapshots__|__mocks__|macros)/")
_TEST = re.compile(r"test\w*\Z", re.IGNORECASE)
_BEFORE_EACH = frozenset({"setUp", "setUpClass", "asyncSetUp", "setup_method", "setup_class"})
_CODE = frozenset({"function", "method"})


class Test(NamedTuple):
    """A test: its file, line, symbol, and name within the file; without a name the whole file."""

    path: str
    line: int
    symbol: str
    name: str


def is_test_file(path: str) -> bool:
    """Tell whether a file holds tests, or what they are made of."""
    return _FILE.search(path) is not None


def enclosing_test(tree: Snapshot, path: str, symbol: str, *, of_file: bool = False) -> Test | None:
    """Return the test that a symbol of a test file is, or is in; None for a helper of tests.

    ``of_file``: what stands outside of every function is the whole file's, also in Python, where an
    import alone exercises nothing.
    """
    view = tree.files.get(path)
    if view is None:
        return None
    whole = Test(path, 1, view.scope_symbol(path, -1), "")
    if not path.endswith(".py"):
        return None if _MADE_OF.search(path) else whole
    definition = tree.symbols_of(path).get(symbol)
    if definition is None or definition.kind == "module":
        return whole if of_file else None
    definitions = view.facts.definitions
    while True:
        if definition.kind in _CODE:
            last = definition.name.rpartition(".")[2]
            if _TEST.match(last):
                return _test(tree, path, definition)
            if last in _BEFORE_EACH and definition.parent >= 0:
                return _test(tree, path, definitions[definition.parent])
        if definition.parent < 0:
            return None
        definition = definitions[definition.parent]


def same_in(tree: Snapshot, test: Test, other: Snapshot | None = None) -> Test | None:
    """Return the test as a tree has it, None when it has not; nor, given another tree, when it differs."""
    if not test.name:
        same = other is None or tree.tree.get(test.path) == other.tree.get(test.path)
        return test if same and test.path in tree.tree else None
    now = tree.symbols_of(test.path).get(test.symbol)
    if now is None:
        return None
    if other is not None:
        before = other.symbols_of(test.path).get(test.symbol)
        if before is not None and (before.body, before.shape) != (now.body, now.shape):
            return None
    return test._replace(line=now.line)


def node_id(test: Test) -> str:
    """Return what pytest calls the test; empty when it is none of pytest's."""
    if not test.path.endswith(".py"):
        return ""
    path = f"./{test.path}" if test.path.startswith("-") else test.path
    return "::".join([path, *test.name.split(".")]) if test.name else path


def _test(tree: Snapshot, path: str, definition: Definition) -> Test:
    symbol = next(
        (name for name, one in tree.symbols_of(path).items() if one is definition), f"file:{path}"
    )
    return Test(path, definition.line, symbol, definition.name)
