"""Guesses by name: the methods that a call on an unknown value may mean."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from blastradius.languages.python.evaluate import Evaluator
from blastradius.languages.python.modules import DEFINITION, EXTERNAL, MISSING, Found
from blastradius.languages.python.own import Op
from blastradius.languages.python.roots import Rank, is_test
from blastradius.model.symbols import Tier

METHODS = "methods"
"""The question which methods have a name (`languages.watch`)."""
_MOST_GUESSES = 8
# By how many classes of the tree define the method.
_SURE: tuple[tuple[int, tuple[Tier, float]], ...] = (
    (1, ("heuristic", 0.85)),
    (2, ("heuristic", 0.6)),
    (_MOST_GUESSES, ("heuristic", 0.4)),
)
# Methods that values of the standard library have: a call is rarely ours.
_COMMON = frozenset(
    name
    for kind in (str, bytes, list, dict, set, int, float, tuple, Exception)
    for name in dir(kind)
) | frozenset(
    """read readline readlines write writelines close open flush seek tell fileno match search
    group groups groupdict sub findall finditer start end span put put_nowait get_nowait join
    acquire release wait notify set is_set send recv connect bind listen accept run submit result
    cancel done exists is_file is_dir mkdir unlink parent name stem suffix resolve absolute
    glob rglob iterdir read_text write_text read_bytes write_bytes strftime isoformat total_seconds
    date time now today timestamp weekday debug info warning error exception critical log
    next throw shutdown terminate kill communicate poll parse_args add_argument add_parser
    execute executemany fetchone fetchall commit rollback cursor""".split()  # noqa: SIM905 - a word list reads best as words
)

Sure = tuple[Tier, float]


# Nodes that are something of what column `a` is.
_OF = frozenset(
    map(int, (Op.ATTR, Op.CALL, Op.ITEM, Op.ITER, Op.AWAIT, Op.ENTER, Op.INSTANCE, Op.ALIAS))
) | frozenset(map(int, (Op.PICK, Op.REST, Op.COPY, Op.MAYBE, Op.CHOICE, Op.KNOWN)))
_LONGEST = 40
_DEEPEST = 4


class Guesses:
    """The methods of all files by name."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._modules = evaluator.modules
        self._watch = evaluator.modules.watch
        self._foreign: dict[tuple[str, int], tuple[bool, int]] = {}

    @cached_property
    def _methods(self) -> dict[str, list[Found]]:
        found: dict[str, list[Found]] = defaultdict(list)
        for path, view in sorted(self._modules.files.items()):
            for index, one in enumerate(view.definitions):
                if one.kind == "method":
                    name = one.name.rpartition(".")[2]
                    if not name.startswith("__"):
                        found[name].append(Found(DEFINITION, Rank.HEURISTIC, path, index))
        return dict(found)

    def named(self, name: str) -> tuple[Found, ...]:
        """Return the methods of the tree with this name; none for what libraries have, too."""
        if name in _COMMON:
            return ()
        self._watch.note(METHODS, name)
        return tuple(self._methods.get(name, ()))

    def methods(self, name: str, asker: str) -> tuple[tuple[Found, ...], Sure]:
        """Return the methods of the tree with this name, where they are few, and how sure.

        What a file (``asker``) that is no test calls is no method of a test.
        """
        found = self.named(name)
        if found and not is_test(asker):
            found = tuple(one for one in found if not is_test(one.path))
        for most, sure in _SURE:
            if len(found) <= most:
                return found, sure
        return (), _SURE[-1][1]

    def is_foreign(self, path: str, node: int, depth: int = 0) -> bool:
        """Tell whether the value comes of a library: whatever it is, it is no class of the tree."""
        known = self._foreign.get((path, node))
        if known is None:
            self._foreign[path, node] = (False, 0)  # what goes round in circles is nobody's
            outer = self._watch.begin()
            foreign = self._find_foreign(path, node, depth)
            known = self._foreign[path, node] = (foreign, self._watch.end(outer))
        self._watch.grounds.add(known[1])
        return known[0]

    def _find_foreign(self, path: str, node: int, depth: int) -> bool:
        view = self._modules.files[path]
        for _ in range(_LONGEST):
            op, a, _ = view.rows[node]
            if op in (Op.IMPORT, Op.DEF, Op.PARAM):
                break
            if depth < _DEEPEST and op == Op.ATTR and self._held_foreign(path, node, depth):
                return True
            if op not in _OF:
                return False
            node = a
        if op == Op.IMPORT:
            several = self._modules.imported(path, a)
            return bool(several) and all(one.kind in (EXTERNAL, MISSING) for one in several)
        if op == Op.PARAM and ": " in view.definitions[a].shape and a in view.values:
            return depth < _DEEPEST and self.is_foreign(path, view.values[a], depth + 1)
        return op == Op.DEF and depth < _DEEPEST and self._held_foreign(path, node, depth)

    def _held_foreign(self, path: str, node: int, depth: int) -> bool:
        """Tell whether what the node names was given something of a library, or returns it."""
        for found in self._evaluator.refer(path, node):
            if found.kind != DEFINITION:
                continue
            view = self._modules.files[found.path]
            function = view.functions.get(found.definition)
            held = view.values.get(found.definition) if function is None else function.returns
            if held is not None and self.is_foreign(found.path, held, depth + 1):
                return True
        return False
