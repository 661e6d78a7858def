"""References of one file → edges to definitions of the tree, and what dangles.

Every reference gives an edge for each definition on its way: ``self.client.get()`` depends on the
attribute and on the method. Calls depend on the parameters that they fill, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from blastradius.languages.python.callees import Callee
from blastradius.languages.python.modules import (
    DEFINITION,
    EXTERNAL,
    MISSING,
    MODULE,
    FileView,
    Found,
)
from blastradius.languages.python.own import GUARDED, IMPLICIT, ImportFlag, Kind, Op, unpack
from blastradius.languages.python.tables import CONFIDENCE, Tables, symbol, symbol_of
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

_KINDS = ("import", "call", "reference", "inherit", "annotation", "decorator", "store")
_CALL = int(Kind.CALL)
_KIND_BITS = 15
_AMBIGUOUS: tuple[Tier, float] = ("likely", 0.9)
_ROW = 5
_LONGEST_CHAIN = 100
_OVER_ONE = frozenset(
    (Op.ATTR, Op.CALL, Op.ITEM, Op.ITER, Op.AWAIT, Op.ENTER, Op.INSTANCE, Op.ALIAS)
)
_ROOTS = frozenset((Op.DEF, Op.IMPORT, Op.STAR, Op.MISSING, Op.CHOICE))


def link(path: str, facts: Facts, known: Tables) -> Linked:
    """Return the edges and the unresolved references of one file."""
    return _File(path, facts, known).linked()


class _Meaning(NamedTuple):
    """What a node names, worked out once: targets as (symbol, (tier, confidence)).

    ``missing``: it certainly names nothing. ``counts``: if it names nothing that we know of, it may
    still be something of this tree.
    """

    targets: tuple[tuple[str, tuple[Tier, float]], ...]
    found: bool
    missing: bool
    counts: bool
    text: str
    prefixes: tuple[int, ...]


class _File:
    """The linking of one file."""

    def __init__(self, path: str, facts: Facts, known: Tables) -> None:
        self.path = path
        self.modules = known.modules
        self.evaluator = known.evaluator
        self.callees = known.callees
        self.view: FileView = known.modules.files[path]
        self.definitions = facts.definitions
        self.calls = unpack(self.view.own.calls)
        self.edges: dict[tuple[str, str, str, int, str], tuple[Tier, float]] = {}
        self.unresolved: dict[Unresolved, None] = {}
        self.resolved = 0
        self.dynamic = self.view.own.dynamic
        self._symbols: dict[int, str] = {}
        self._meanings: dict[int, _Meaning] = {}
        self._called: dict[int, Callee] = {}

    def linked(self) -> Linked:
        """Return the edges, in the order of the file, and what led nowhere."""
        for number in range(len(self.view.own.imports)):
            self._import(number)
        rows = unpack(self.view.own.references)
        for start in range(0, len(rows), _ROW):
            self._reference(*rows[start : start + _ROW])
        edges = tuple(
            Edge(source, target, kind, tier, confidence, self.path, line, text)
            for (source, target, kind, line, text), (tier, confidence) in self.edges.items()
        )
        counted = (Unresolved(self.path, 0, "", "dynamic"),) * self.dynamic
        return Linked(edges, (*self.unresolved, *counted), self.resolved)

    def _symbol(self, scope: int) -> str:
        known = self._symbols.get(scope)
        if known is None:
            known = self._symbols[scope] = symbol(self.path, self.definitions, scope)
        return known

    def _import(self, number: int) -> None:
        one = self.view.own.imports[number]
        dots = "." * one.level
        text = f"{dots}{one.module}.{one.name}" if one.module and one.name else ""
        text = text or f"{dots}{one.module}{one.name}"
        source = self._symbol(one.scope)
        found = self.modules.hop(self.path, number)
        for target in found:
            if target.kind in (EXTERNAL, MISSING):
                internal = target.kind == MISSING and not one.flags & ImportFlag.GUARDED
                outcome: Outcome = "unresolved" if target.kind == MISSING else "external"
                self._miss(one.line, text, outcome, source, internal=internal)
        ends = [target for target in found if symbol_of(self.modules, target)]
        passed = self._passed(number, ends)
        for target in [*ends, *passed]:
            sure = _AMBIGUOUS if len(ends) > 1 else CONFIDENCE[target.rank]
            self._edge((source, one.line), symbol_of(self.modules, target), "import", text, sure)
        self.resolved += bool(ends)

    def _passed(self, number: int, ends: Sequence[Found]) -> list[Found]:
        """Return the module that a name was imported from when it only imported the name itself."""
        one = self.view.own.imports[number]
        if not one.name or one.flags & ImportFlag.STAR or not ends:
            return []
        module = self.modules.source(self.path, one.level, one.module)
        if module is None or not module.path or module.path == self.path:
            return []
        if all(end.kind == MODULE for end in ends) or any(end.path == module.path for end in ends):
            return []
        return [Found(MODULE, module.rank, module=module)]

    def _reference(self, kind: int, node: int, line: int, scope: int, call: int) -> None:
        site = (self._symbol(scope), line)
        meaning = self._meaning(node)
        guarded, implicit = kind & GUARDED, kind & IMPLICIT
        word = kind & _KIND_BITS
        for prefix in meaning.prefixes:
            self._name(self._meaning(prefix), "reference", site, quiet=bool(guarded))
        self._name(meaning, _KINDS[word], site, quiet=bool(guarded or implicit))
        if word == _CALL:
            self._call(node, meaning.text, site, call)
        told = meaning.found or implicit or (meaning.missing and not guarded)
        if not told and meaning.counts:
            self.dynamic += 1

    def _meaning(self, node: int) -> _Meaning:
        known = self._meanings.get(node)
        if known is None:
            known = self._meanings[node] = self._find_meaning(node)
        return known

    def _find_meaning(self, node: int) -> _Meaning:
        found = self.evaluator.refer(self.path, node)
        ours = [one for one in found if one.kind in (DEFINITION, MODULE)]
        ranks: dict[str, int] = {}
        for one in ours:
            if one.kind == DEFINITION:
                ranks.setdefault(symbol_of(self.modules, one), one.rank)
        targets = tuple(
            (name, _AMBIGUOUS if len(ranks) > 1 else CONFIDENCE[rank])
            for name, rank in ranks.items()
        )
        missing = not ours and any(one.kind == MISSING for one in found)
        if self.view.nodes[3 * node] == Op.IMPORT:
            missing = False  # an import that dangles is told once, where it stands
        return _Meaning(
            targets, bool(ours), missing, self._counts(node), self._text(node), self._prefix(node)
        )

    def _counts(self, node: int) -> bool:
        """Tell whether an unresolved reference may be one to this tree: not what libraries give."""
        nodes = self.view.nodes
        op, a, _ = nodes[3 * node : 3 * node + 3]
        for _ in range(_LONGEST_CHAIN):  # ``x = x.next`` leads round in a circle
            if op not in _OVER_ONE:
                break
            op, a, _ = nodes[3 * a : 3 * a + 3]
        if op == Op.IMPORT:
            several = self.modules.imported(self.path, a)
            return not all(one.kind in (EXTERNAL, MISSING) for one in several)
        return op not in (Op.STAR, Op.MISSING)

    def _prefix(self, node: int) -> tuple[int, ...]:
        """Return the nodes that a chain passes: those of ``a`` and ``a.b`` for ``a.b.c``."""
        found: list[int] = []
        op, a, _ = self.view.nodes[3 * node : 3 * node + 3]
        while op == Op.ATTR:
            found.append(a)
            op, a, _ = self.view.nodes[3 * a : 3 * a + 3]
        if found and op not in _ROOTS:
            found.pop()  # the chain starts at a value, which was walked by itself
        return tuple(found)

    def _text(self, node: int) -> str:
        """Return the node as the site writes it."""
        names: list[str] = []
        nodes, strings = self.view.nodes, self.view.strings
        op, a, b = nodes[3 * node : 3 * node + 3]
        while op in (Op.ATTR, Op.CALL, Op.ITEM, Op.AWAIT):
            if op == Op.ATTR:
                names.append(f".{strings[b]}")
            elif op != Op.AWAIT:
                names.append("()" if op == Op.CALL else "[]")
            op, a, b = nodes[3 * a : 3 * a + 3]
        for _ in range(_LONGEST_CHAIN):
            if op != Op.CHOICE:
                break
            op, a, b = nodes[3 * a : 3 * a + 3]
        root = strings[b] if op != Op.CHOICE else ""
        return f"{root}{''.join(reversed(names))}".lstrip(".")

    def _name(self, meaning: _Meaning, kind: str, site: tuple[str, int], *, quiet: bool) -> None:
        for target, sure in meaning.targets:
            self._edge(site, target, kind, meaning.text, sure)
        self.resolved += bool(meaning.targets)
        if meaning.missing and not quiet:
            self._miss(site[1], meaning.text, "unresolved", site[0], internal=True)

    def _call(self, node: int, text: str, site: tuple[str, int], call: int) -> None:
        """Make the edges to what the call runs and to the parameters that it fills."""
        callee = self._called.get(node)
        if callee is None:
            values = self.evaluator.value(self.path, node)
            callee = self._called[node] = self.callees.of(values)
        for found in callee.runs:
            self._found_edge(site, found, text, several=callee.several)
        if call < 0 or not (callee.functions or callee.fielded):
            return
        positional, flags, number = self.calls[3 * call : 3 * call + 3]
        keywords = self.view.own.keywords[number]
        for found, how in self.callees.filled(callee, positional, keywords, flags):
            self._found_edge(site, found, f"{text}({how})", several=callee.several)
        for misfit in self.callees.misfits(callee, positional, keywords, flags):
            self._miss(site[1], f"{text}({misfit})", "unresolved", site[0], internal=True)

    def _found_edge(self, site: tuple[str, int], found: Found, text: str, *, several: bool) -> None:
        sure = _AMBIGUOUS if several else CONFIDENCE[found.rank]
        self._edge(site, symbol_of(self.modules, found), "call", text, sure)

    def _edge(
        self, site: tuple[str, int], target: str, kind: str, text: str, sure: tuple[Tier, float]
    ) -> None:
        source, line = site
        if target and target != source:
            self.edges.setdefault((source, target, kind, line, text), sure)

    def _miss(self, line: int, name: str, outcome: Outcome, source: str, *, internal: bool) -> None:
        one = Unresolved(self.path, line, name, outcome, internal=internal, source=source)
        self.unresolved.setdefault(one)
