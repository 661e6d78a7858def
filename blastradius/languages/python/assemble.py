"""A finished walk → facts: names bound, dead references dropped, what is unused swept away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.languages.python.nodes import LITERAL, UNKNOWN, NodeTable
from blastradius.languages.python.own import (
    ANY,
    GUARDED,
    IMPLICIT,
    KIND_BITS,
    NUMBERED,
    OVER_TWO,
    ImportFlag,
    Kind,
    ModuleFlag,
    Op,
    PythonFacts,
    Store,
    encode,
    pack,
)
from blastradius.languages.python.patched import settle
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.scopes import bind_names
from blastradius.model.facts import Facts, Parsed

# What stands in column `a` of these is another node.
_OVER_NODE = frozenset(
    {
        Op.ATTR,
        Op.CALL,
        Op.INSTANCE,
        Op.AWAIT,
        Op.ENTER,
        Op.ALIAS,
        Op.CHOICE,
        Op.ITER,
        Op.ITEM,
        Op.GENERIC,
        Op.MAPPING,
        Op.TYPE,
        Op.MAYBE,
        Op.KNOWN,
        Op.PICK,
        Op.REST,
        Op.COPY,
        Op.NARROWED,
        Op.WITHOUT,
        Op.EITHER,
        Op.GIVES,
        Op.FUTURE,
        Op.KEY,
    }
)
# What stands in column `a` of these is a definition; lambdas count from -2 down until the end.
_OVER_DEFINITION = frozenset({Op.DEF, Op.PARAM, Op.RAW})
# A local variable by itself, or self: no definition that others could name.
_LOCAL = frozenset(
    {Op.ALIAS, Op.SELF, Op.CLS, Op.SUPER, Op.UNKNOWN, Op.BUILTIN, Op.PARAM, Op.MAKE, Op.MAYBE}
    | {Op.WITHOUT}
)
_CALLED = frozenset({Kind.CALL, Kind.DECORATOR})
_MISSING = frozenset({Op.MISSING, Op.STAR})


def assemble(rec: Recorder, parsed: Parsed) -> Facts:
    """Return the facts of a finished walk."""
    stars = any(one.flags & ImportFlag.STAR for one in rec.imports)
    if parsed != "full":
        rec.flags |= ModuleFlag.PARTIAL
    bind_names(rec.nodes, rec.scopes, stars=stars)
    settle(rec)
    imports_as_definitions(rec)
    own = _own(rec)
    definitions = tuple(draft.finished() for draft in rec.drafts)
    return Facts(
        parsed=parsed,
        definitions=definitions,
        mentions=tuple(sorted(rec.mentions, key=lambda one: (one.line, one.scope, one.value))),
        groups=rec.groups.finished(definitions, rec.mentions),
        embedded=tuple(rec.embedded),
        problems=tuple(rec.problems),
        own=encode(own),
    )


def imports_as_definitions(rec: Recorder) -> None:
    """Give re-exported names a definition, so that others can name them.

    An import re-exports its name when ``__all__`` has it, when it is spelled ``import x as x``, or
    when the file is nothing but a facade: no code of its own.
    """
    public = frozenset(rec.public or ())
    facade = not rec.classes and not rec.functions and rec.facade
    bindings = rec.scopes[0].bindings
    for name in list(bindings):
        for node in dict.fromkeys(bindings[name]):
            op, number, _ = rec.nodes.rows[node]
            if op != Op.IMPORT:
                continue
            one = rec.imports[number]
            if one.scope >= 0 or one.flags & ImportFlag.DYNAMIC or not one.name:
                continue
            if name in public or name in rec.explicit or (facade and not name.startswith("_")):
                _export(rec, number, name)


def _export(rec: Recorder, number: int, name: str) -> None:
    one = rec.imports[number]
    index = rec.define(name, "variable", one.line, one.line, -1)
    draft = rec.drafts[index]
    draft.shape = "import"
    draft.contents.append(f"{'.' * one.level}{one.module}:{one.name}")
    rec.imports[number] = type(one)(
        one.line, index, one.level, one.module, one.name, one.flags, index
    )


def _own(rec: Recorder) -> PythonFacts:
    states = _states(rec)
    references, dynamic = _living(rec, states)
    values = list(_values(rec, states))
    live = _Sweep(rec, states)
    arguments = [
        (row, slot, live.keep(node)) for row, slot, node in rec.arguments if not states[node]
    ]
    stores = [
        (kind, live.keep(base), live.string(name), live.keep(node))
        for kind, base, name, node in dict.fromkeys(rec.stores)
        if not states[base] and not states[node]
    ]
    rows = [
        (kind, live.keep(node), line, live.definition(scope), call)
        for kind, node, line, scope, call in references
    ]
    functions = tuple(
        type(one)(live.definition(one.definition), one.count, one.flags, live.keep(one.returns))
        for one in rec.functions
    )
    classes = tuple(
        type(one)(
            one.definition,
            tuple(live.keep(base) for base in one.bases),
            one.flags,
            one.slots,
            live.keep(one.metaclass),
            one.fields,
        )
        for one in (draft.finished() for draft in rec.classes)
    )
    kept_values = [(definition, live.keep(node)) for definition, node in values]
    exports = [(live.string(name), is_import, number) for name, is_import, number in _exports(rec)]
    nodes, sites = live.rows(), live.sites()
    return PythonFacts(
        strings=tuple(live.strings),
        nodes=pack(number for row in nodes for number in row),
        references=pack(number for row in rows for number in row),
        calls=pack(number for row in rec.calls for number in row),
        keywords=tuple(rec.keywords),
        imports=tuple(rec.imports),
        functions=functions,
        classes=classes,
        values=pack(number for row in kept_values for number in row),
        exports=pack(number for row in exports for number in row),
        others=tuple(rec.others),
        public=tuple(rec.public) if rec.public is not None and rec.public_known else None,
        stored=tuple(rec.stored),
        flags=rec.flags,
        dynamic=dynamic,
        arguments=pack(number for row in arguments for number in row),
        sites=pack(number for row in sites for number in row),
        stores=pack(number for row in stores for number in row),
        virtual=tuple(rec.virtual),
    )


_DEAD_UNKNOWN = 1
_DEAD_KNOWN = 2
_MOST_PASSES = 12
_MAKE, _ATTR = int(Op.MAKE), int(Op.ATTR)
_FIXED = {int(Op.UNKNOWN): _DEAD_UNKNOWN, int(Op.BUILTIN): _DEAD_KNOWN}
# Nodes that are no better known than what they are made of.
_DYING = frozenset(map(int, (*_OVER_NODE, Op.MAKE)))


def _states(rec: Recorder) -> list[int]:
    """Return for each node 0 (the linker may know it), or why it cannot: unknown, or a builtin."""
    rows = rec.nodes.rows
    states = [_FIXED.get(op, 0) for op, _, _ in rows]
    states[UNKNOWN], states[LITERAL] = _DEAD_UNKNOWN, _DEAD_KNOWN
    filled = any(kind != Store.ATTRIBUTE and node > LITERAL for kind, _, _, node in rec.stores)
    open_ones = [index for index, (op, _, _) in enumerate(rows) if op in _DYING]
    for _ in range(_MOST_PASSES):
        left = []
        for index in open_ones:
            op, a, b = rows[index]
            if op in OVER_TWO and op != Op.WITHOUT:
                state = states[a] and states[b]
            elif op == _MAKE:
                state = 0 if filled else _empty(rec.sites[a], states)
            else:
                state = states[a]
                if not state and op == _ATTR and _is_made(rec.nodes, a):
                    state = _DEAD_KNOWN
            if state:
                states[index] = state
            else:
                left.append(index)
        if len(left) == len(open_ones):
            break
        open_ones = left
    return states


def _empty(entries: Sequence[tuple[str, int]], states: Sequence[int]) -> int:
    """Tell whether a container holds nothing that the linker may know."""
    return _DEAD_KNOWN if all(states[node] for _, node in entries) else 0


def _is_made(nodes: NodeTable, node: int) -> bool:
    """Tell whether the value is a builtin container, whose attributes are nobody's."""
    op, a, _ = nodes.rows[node]
    for _ in range(_MOST_PASSES):
        if op not in (Op.ALIAS, Op.REST, Op.COPY):
            break
        op, a, _ = nodes.rows[a]
    return op == Op.MAKE


def _living(
    rec: Recorder, states: Sequence[int]
) -> tuple[list[tuple[int, int, int, int, int]], int]:
    """Return the references that the linker can do something with, and how many it cannot."""
    living: dict[tuple[int, int, int, int, int], None] = {}
    dynamic = 0
    rows = rec.nodes.rows
    for reference in rec.references:
        kind, node, *_ = reference
        state, op = states[node], rows[node][0]
        called = kind & KIND_BITS in _CALLED
        if state:
            if kind & KIND_BITS == Kind.STORE and op == Op.ATTR and state == _DEAD_UNKNOWN:
                rec.stored.setdefault(f"{rec.nodes.strings[rows[node][2]]}{ANY}")
            named = op == Op.ATTR or called
            if state == _DEAD_UNKNOWN and named and not kind & IMPLICIT:
                dynamic += 1
        elif (op in _LOCAL and not called) or (op in _MISSING and kind & GUARDED):
            continue
        else:
            living.setdefault(reference)
    return list(living), dynamic


def _values(rec: Recorder, states: Sequence[int]) -> Iterator[tuple[int, int]]:
    for index, draft in enumerate(rec.drafts):
        if draft.typed is not None:
            node = draft.typed
        elif draft.values:
            node = rec.nodes.choice(draft.values)
        else:
            continue
        if node > LITERAL and (node >= len(states) or not states[node]):
            yield index, node


def _exports(rec: Recorder) -> Iterator[tuple[str, int, int]]:
    for name, bound in rec.scopes[0].bindings.items():
        for node in dict.fromkeys(bound):
            op, number, _ = rec.nodes.rows[node]
            if op == Op.DEF:
                yield name, 0, number
            elif op == Op.IMPORT:
                yield name, 1, number


class _Sweep:
    """Keeps the nodes that something leads to, under new numbers."""

    def __init__(self, rec: Recorder, states: Sequence[int]) -> None:
        self._nodes = rec.nodes
        self._entries = rec.sites
        self._states = states
        self._drafts = len(rec.drafts)
        self._sites: dict[int, None] = {}
        self._numbers: dict[int, int] = {UNKNOWN: UNKNOWN, LITERAL: LITERAL}
        self._kept: list[int] = [UNKNOWN, LITERAL]
        self.strings: list[str] = []
        self._texts: dict[str, int] = {}
        self.string("")

    def string(self, text: str) -> int:
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = len(self.strings)
            self.strings.append(text)
        return known

    def keep(self, node: int) -> int:
        """Return the new number of ``node``; what it leads to is kept with it."""
        known = self._numbers.get(node)
        if known is not None:
            return known
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if one in self._numbers:
                continue
            self._numbers[one] = len(self._kept)
            self._kept.append(one)
            op, a, b = self._nodes.rows[one]
            if op in _OVER_NODE:
                waiting.append(a)
            if op in OVER_TWO:
                waiting.append(b)
            elif op == Op.MAKE:
                self._sites.setdefault(a)
                waiting += [held for _, held in self._entries[a] if not self._states[held]]
        return self._numbers[node]

    def definition(self, number: int) -> int:
        """Return the number of a definition, lambdas after all others."""
        return number if number >= -1 else self._drafts - 2 - number

    def sites(self) -> list[tuple[int, int, int]]:
        """Return the entries of the kept containers."""
        return [
            (site, self.string(key), self._numbers[held])
            for site in self._sites
            for key, held in self._entries[site]
            if not self._states[held]
        ]

    def rows(self) -> list[tuple[int, int, int]]:
        """Return the kept rows under their new numbers."""
        found = []
        renamed: dict[int, int] = {}
        for one in self._kept:
            op, a, b = self._nodes.rows[one]
            left = self._numbers[a] if op in _OVER_NODE else a
            if op in _OVER_DEFINITION:
                left = self.definition(a)
            if op in NUMBERED:
                right = b
            else:
                right = renamed.get(b, -1)
                if right < 0:
                    right = renamed[b] = self.string(self._nodes.strings[b])
            found.append((op, left, self._numbers.get(b, UNKNOWN) if op in OVER_TWO else right))
        return found
