"""References of one file → edges to definitions of the tree, and what dangles.

Every reference gives an edge for each definition on its way: ``self.client.get()`` depends on the
attribute and on the method. Calls depend on the parameters that they fill, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from blastradius.languages.python.absent import EXACT, OWN
from blastradius.languages.python.callees import Callee
from blastradius.languages.python.lacking import Lacking
from blastradius.languages.python.modules import DEFINITION, EXTERNAL, MISSING, MODULE, Found
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import (
    GUARDED,
    IMPLICIT,
    KIND_BITS,
    CallFlag,
    ImportFlag,
    Kind,
    Op,
)
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.spelling import prefixes, spell
from blastradius.languages.python.tables import CONFIDENCE, Tables, symbol, symbol_of
from blastradius.languages.python.views import FileView
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

_KINDS = ("import", "call", "reference", "inherit", "annotation", "decorator", "store")
_CALL = int(Kind.CALL)
_STORE = int(Kind.STORE)
_DECORATOR = _KINDS[Kind.DECORATOR]
_ATTR = int(Op.ATTR)
_AMBIGUOUS: tuple[Tier, float] = ("likely", 0.9)
_GUESS = Rank.HEURISTIC
FLOW = "flow"
"""Kind of an edge to what a call runs although the text names something else."""
_LONGEST_CHAIN = 100
_OVER_ONE = frozenset(
    (
        *(Op.ATTR, Op.CALL, Op.ITEM, Op.ITER, Op.AWAIT, Op.ENTER, Op.INSTANCE, Op.ALIAS),
        *(Op.PICK, Op.REST, Op.COPY, Op.MAYBE, Op.CHOICE),
        *(Op.KEY, Op.NARROWED, Op.WITHOUT),
    )
)


def link(path: str, _facts: Facts, known: Tables) -> Linked:
    """Return the edges and the unresolved references of one file."""
    known.flow.settle()
    return _File(path, known).linked()


class _Meaning(NamedTuple):
    """What a node names, worked out once.

    ``targets`` are (symbol, (tier, confidence), whether it is a function or class); ``missing``: it
    certainly names nothing.
    """

    node: int
    targets: tuple[tuple[str, tuple[Tier, float], bool], ...]
    found: bool
    missing: bool


class _File:
    """The linking of one file."""

    def __init__(self, path: str, known: Tables) -> None:
        self.path = path
        self.modules = known.modules
        self.evaluator = known.evaluator
        self.callees = known.callees
        self.view: FileView = known.modules.files[path]
        self.guesses = known.guesses
        self.lambdas = known.lambdas
        self.lacking = Lacking(known.evaluator)
        self.edges: dict[tuple[str, str, str, int, str], tuple[Tier, float]] = {}
        self.unresolved: dict[Unresolved, None] = {}
        self.resolved = 0
        self.dynamic = self.view.own.dynamic
        self._symbols: dict[int, str] = {}
        self._meanings: dict[int, _Meaning] = {}
        self._texts: dict[int, str] = {}
        self._called: dict[int, Callee] = {}

    def linked(self) -> Linked:
        """Return the edges, in the order of the file, and what led nowhere."""
        for number in range(len(self.view.own.imports)):
            self._import(number)
        for reference in self.view.references:
            self._reference(*reference)
        for line, klass, name in self.lacking.slots(self.path):
            self._miss(line, name, "unresolved", self._symbol(klass), internal=True)
        edges = tuple(
            Edge(source, target, kind, tier, confidence, self.path, line, text)
            for (source, target, kind, line, text), (tier, confidence) in self.edges.items()
        )
        counted = (Unresolved(self.path, 0, "", "dynamic"),) * self.dynamic
        return Linked(edges, (*self.unresolved, *counted), self.resolved)

    def _symbol(self, scope: int) -> str:
        known = self._symbols.get(scope)
        if known is None:
            named = scope if self.lambdas else self.view.named(scope)
            known = self._symbols[scope] = symbol(self.path, self.view.definitions, named)
        return known

    def _target(self, found: Found) -> str:
        return symbol_of(self.modules, found, lambdas=self.lambdas)

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
        ends = [target for target in found if self._target(target)]
        passed = self._passed(number, ends)
        for target in [*ends, *passed]:
            sure = _AMBIGUOUS if len(ends) > 1 else CONFIDENCE[target.rank]
            self._edge((source, one.line), self._target(target), "import", text, sure)
        self.resolved += bool(ends)

    def _passed(self, number: int, ends: Sequence[Found]) -> list[Found]:
        """Return the module that a name was imported from when it only imported the name itself."""
        one = self.view.own.imports[number]
        if not one.name or one.flags & ImportFlag.STAR:
            return []
        module = self.modules.source(self.path, one.level, one.module)
        if module is None or not module.path or module.path == self.path:
            return []
        whole = bool(ends) and all(end.kind == MODULE for end in ends)
        if whole or any(end.path == module.path for end in ends):
            return []
        return [Found(MODULE, module.rank, module=module)]

    def _reference(self, kind: int, node: int, line: int, scope: int, call: int) -> None:
        guarded, implicit = kind & GUARDED, kind & IMPLICIT
        if implicit and call < 0 and not self._is_defined(node):
            return
        site = (self._symbol(scope), line)
        meaning = self._meaning(node)
        word = kind & KIND_BITS
        for prefix in prefixes(self.view, node):
            passed = self._meaning(prefix)
            self._name(passed, "reference", site, quiet=bool(guarded))
            if not passed.found and not passed.missing and not implicit:
                self._lacks(prefix, passed, site, guarded=bool(guarded))
        quiet = bool(guarded or implicit)
        if word == _CALL or call >= 0:
            callee = self._callee(node)
            self._named_call(meaning, callee, _KINDS[word], site, quiet=quiet)
            self._call(callee, meaning, (_KINDS[word], site), call, checks=not implicit)
            if meaning.targets:
                self._overrides(node, meaning, site)
        else:
            self._name(meaning, _KINDS[word], site, quiet=quiet)
        told = meaning.found or implicit or (meaning.missing and not guarded)
        if word == _STORE and not implicit and not guarded:
            self._no_place(node, site)
        elif not told:
            told = self._lacks(node, meaning, site, guarded=bool(guarded))
        if not told and self._counts(node):
            guessed = word == _CALL and self._guess(node, meaning, site)
            self.dynamic += not guessed

    def _lacks(self, node: int, meaning: _Meaning, site: tuple[str, int], *, guarded: bool) -> bool:
        """Note an attribute that its value does not have; tell whether that is certain.

        Where the code reckons with that (``hasattr``), nothing breaks: it is only a guess.
        """
        tier = self.lacking.attribute(self.path, node) if not meaning.targets else None
        if meaning.missing or (tier is not None and guarded):
            tier = "heuristic"
        if tier is not None:
            text = self._text(node)
            self._miss(site[1], text, "unresolved", site[0], internal=True, tier=tier)
        return tier == "certain"

    def _no_place(self, node: int, site: tuple[str, int]) -> None:
        tier = self.lacking.place(self.path, node)
        if tier is not None:
            self._miss(site[1], self._text(node), "unresolved", site[0], internal=True, tier=tier)

    def _is_defined(self, node: int) -> bool:
        """Tell whether any class of the tree has the method that syntax calls."""
        return self.evaluator.classes.is_named(self.view.strings[self.view.rows[node][2]])

    def _overrides(self, node: int, meaning: _Meaning, site: tuple[str, int]) -> None:
        """``self.m()`` may run the ``m`` of a subclass."""
        op, base, text = self.view.rows[node]
        if op != Op.ATTR or self.view.rows[base][0] != Op.SELF:
            return
        klass = ClassId(self.path, self.view.rows[base][1])
        named = {target for target, _, _ in meaning.targets}
        for found in self.evaluator.classes.below(klass, self.view.strings[text]):
            if (target := self._target(found)) not in named and self._can_run(found):
                self._edge(site, target, FLOW, self._text(meaning.node), CONFIDENCE[Rank.HEURISTIC])

    def _callee(self, node: int) -> Callee:
        known = self._called.get(node)
        if known is None:
            values = self.evaluator.value(self.path, node)
            known = self._called[node] = self.callees.of(values)
        return known

    def _guess(self, node: int, meaning: _Meaning, site: tuple[str, int]) -> bool:
        """Make edges to the few methods of the tree that have the called name."""
        op, base, text = self.view.rows[node]
        if op != Op.ATTR or self.evaluator.value(self.path, base):
            return False
        guesses, sure = self.guesses.methods(self.view.strings[text], self.path)
        if not guesses or self.guesses.is_foreign(self.path, base):
            return False
        for found in guesses:
            self._edge(site, self._target(found), "call", self._text(meaning.node), sure)
        return bool(guesses)

    def _meaning(self, node: int) -> _Meaning:
        known = self._meanings.get(node)
        if known is None:
            known = self._meanings[node] = self._find_meaning(node)
        return known

    def _find_meaning(self, node: int) -> _Meaning:
        found = self.evaluator.refer(self.path, node)
        if not found:
            return _Meaning(node, (), found=False, missing=False)
        ours = [one for one in found if one.kind in (DEFINITION, MODULE)]
        ranks: dict[str, tuple[int, bool]] = {}
        for one in ours:
            if one.kind == DEFINITION:
                ranks.setdefault(self._target(one), (one.rank, self._can_run(one)))
        targets = tuple(
            (name, _AMBIGUOUS if len(ranks) > 1 and rank < _GUESS else CONFIDENCE[rank], runs)
            for name, (rank, runs) in ranks.items()
        )
        missing = not ours and any(one.kind == MISSING for one in found)
        if self.view.rows[node][0] == Op.IMPORT:
            missing = False  # an import that dangles is told once, where it stands
        return _Meaning(node, targets, bool(ours), missing)

    def _can_run(self, found: Found) -> bool:
        view = self.modules.files[found.path]
        return found.definition in view.functions or found.definition in view.classes

    def _counts(self, node: int) -> bool:
        """Tell whether an unresolved reference may be one to this tree: not what libraries give."""
        rows = self.view.rows
        op, a, _ = rows[node]
        for _ in range(_LONGEST_CHAIN):  # ``x = x.next`` leads round in a circle
            if op not in _OVER_ONE:
                break
            op, a, _ = rows[a]
        if op == Op.IMPORT:
            several = self.modules.imported(self.path, a)
            return not all(one.kind in (EXTERNAL, MISSING) for one in several)
        return op not in (Op.STAR, Op.MISSING, Op.MAKE)

    def _text(self, node: int) -> str:
        """Return the node as the site writes it."""
        known = self._texts.get(node)
        if known is None:
            known = self._texts[node] = spell(self.view, node)
        return known

    def _name(self, meaning: _Meaning, kind: str, site: tuple[str, int], *, quiet: bool) -> None:
        if meaning.targets:
            text = self._text(meaning.node)
            for target, sure, _ in meaning.targets:
                self._edge(site, target, kind, text, sure)
            self.resolved += 1
        if meaning.missing and not quiet:
            self._miss(site[1], self._text(meaning.node), "unresolved", site[0], internal=True)

    def _named_call(
        self, meaning: _Meaning, callee: Callee, kind: str, site: tuple[str, int], *, quiet: bool
    ) -> None:
        """A call names what it runs; or a variable, or a function that a decorator changed."""
        if not meaning.targets:
            self._name(meaning, kind, site, quiet=quiet)
            return
        run = {self._target(found) for found in callee.values} if callee.values else None
        for target, sure, runs in meaning.targets:
            called = runs if run is None else target in run
            self._edge(
                site, target, kind if called else "reference", self._text(meaning.node), sure
            )
        self.resolved += 1

    def _call(
        self,
        callee: Callee,
        meaning: _Meaning,
        use: tuple[str, tuple[str, int]],
        call: int,
        *,
        checks: bool,
    ) -> None:
        """Make the edges to what the call runs and to the parameters that it fills."""
        if not (callee.values or callee.runs or callee.functions or callee.fielded):
            return
        kind, site = use
        text = self._text(meaning.node)
        flow = kind if kind == _DECORATOR else FLOW
        named = {target for target, _, _ in meaning.targets}
        for found in callee.values:
            if (target := self._target(found)) not in named:
                self._edge(site, target, flow, text, _flowing(found, callee))
        for found in callee.runs:
            self._found_edge(site, found, kind, text, several=callee.several)
        if call < 0 or not (callee.functions or callee.fielded or callee.bare):
            return
        positional, flags, number = self.view.calls[call]
        keywords = self.view.own.keywords[number]
        for found, how in self.callees.filled(callee, positional, keywords, flags):
            self._found_edge(site, found, kind, f"{text}({how})", several=callee.several)
        if checks or flags & CallFlag.PARTIAL:
            misfits = self.callees.misfits(callee, positional, keywords, flags)
            tier = self._misfitting(meaning.node, callee, call) if misfits else None
            if tier is None:
                return
            for misfit in misfits:
                name = f"{text}({misfit})"
                self._miss(site[1], name, "unresolved", site[0], internal=True, tier=tier)

    def _misfitting(self, node: int, callee: Callee, call: int) -> Tier | None:
        """Tell how sure it is that a call fails whose arguments do not fit what it names.

        An override in a subclass may take them: then ``self`` may well be of that class.
        """
        op, base, _ = self.view.rows[node]
        how = self.lacking.how(self.path, base) if op == _ATTR else EXACT
        positional, flags, number = self.view.calls[call]
        keywords = self.view.own.keywords[number]
        if how == EXACT or not self.callees.overruled(callee, positional, keywords, flags):
            return "certain"
        return None if how == OWN else "likely"

    def _found_edge(
        self, site: tuple[str, int], found: Found, kind: str, text: str, *, several: bool
    ) -> None:
        sure = CONFIDENCE[found.rank]
        if several and found.rank < _GUESS:
            sure = _AMBIGUOUS
        self._edge(site, self._target(found), kind, text, sure)

    def _edge(
        self, site: tuple[str, int], target: str, kind: str, text: str, sure: tuple[Tier, float]
    ) -> None:
        source, line = site
        if target and (target != source or self.lambdas):
            self.edges.setdefault((source, target, kind, line, text), sure)

    def _miss(
        self,
        line: int,
        name: str,
        outcome: Outcome,
        source: str,
        *,
        internal: bool,
        tier: Tier = "certain",
    ) -> None:
        one = Unresolved(self.path, line, name, outcome, internal, source, tier)
        self.unresolved.setdefault(one)


def _flowing(found: Found, callee: Callee) -> tuple[Tier, float]:
    return CONFIDENCE[max(found.rank, Rank.HEURISTIC if len(callee.values) > 1 else Rank.LIKELY)]
