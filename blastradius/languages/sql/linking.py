"""One file's record, in its tree → edges between relations and columns, and what led nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field

from blastradius.languages.sql.choose import Chosen, choose, is_call
from blastradius.languages.sql.known import folder_of, written_names
from blastradius.languages.sql.lookups import Tables, decoded, main_relation
from blastradius.languages.sql.names import PREFIX, file_symbol, macro_symbol
from blastradius.languages.sql.outputs import Out, declared_names, outputs
from blastradius.languages.sql.registry import target_id
from blastradius.languages.sql.summary import OutputItem, Relation, Statement, Summary
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

_CONFIDENCE: dict[Tier, float] = {"certain": 0.99, "likely": 0.93, "heuristic": 0.6}
# Statements that name columns of a table which another statement lists.
_WRITING = frozenset({"insert", "update", "merge"})


def link(path: str, facts: Facts, tables: Tables) -> Linked:
    """Return the edges and the unresolved references of one file."""
    summary = tables.summaries.get(path) or decoded(facts)
    linker = Linker(path, summary, tables)
    main = main_relation(path, summary)
    fallback = PREFIX + main if main else file_symbol(path)
    for statement in summary.statements:
        linker.statement(statement, fallback)
    _template_edges(linker, fallback)
    for name, line in summary.missing:
        linker.lost(line, name, "unresolved", fallback, internal=True)
    for line in summary.dynamic:
        linker.lost(line, "ref(…)", "dynamic", fallback)
    linked = linker.linked()
    return linked if tables.dbt is None else tables.dbt.weakened(linked)


def link_embedded(
    facts: Facts, tables: Tables, host_path: str, host_symbol: str, *, first_line: int = 1
) -> Linked:
    """Return the edges of SQL that stands inside another file.

    Args:
        facts: of the embedded text.
        tables: those of the tree.
        host_path: file that holds the text.
        host_symbol: what executes it: it depends on the relations and columns that are read, and
            the relations that are written depend on it (``write``).
        first_line: line of ``host_path`` on which the text begins.
    """
    summary = decoded(facts)
    linker = Linker(host_path, summary, tables, shift=first_line - 1)
    for statement in summary.statements:
        if statement.target >= 0 and statement.kind != "query":
            _host_writes(linker, statement, host_symbol)
        linker.host(statement, host_symbol)
    return linker.linked()


@dataclass
class Linker:
    """Collects the edges of one file. ``shift`` is added to the lines of the record."""

    path: str
    summary: Summary
    tables: Tables
    shift: int = 0
    edges: dict[tuple[str, str, str, int], Edge] = field(default_factory=dict)
    unresolved: dict[Unresolved, None] = field(default_factory=dict)
    _chosen: dict[int, Chosen] = field(default_factory=dict)
    _counted: set[int] = field(default_factory=set)

    def linked(self) -> Linked:
        """Return what was collected, in the order of the file."""
        return Linked(tuple(self.edges.values()), tuple(self.unresolved), len(self._counted))

    def statement(self, statement: Statement, fallback: str) -> None:
        """Add the edges of a statement of a file of SQL."""
        target = ""
        source = fallback
        if statement.target >= 0:
            target = target_id(self.path, self.summary, statement.target)
            source = PREFIX + target
        self._reads(statement, source)
        if statement.kind == "function":
            self._body(statement, source)
            return
        if target:
            self._outputs(statement, target, source)
            self._writes(statement, target, source)
        for _, reference in statement.rows:
            self._to(reference, source, "row-set", source)
        for reference in statement.others:
            self._to(reference, source, "reference", source)

    def _body(self, statement: Statement, source: str) -> None:
        """Add what a function's body depends on."""
        used = [number for _, number in statement.rows]
        for branch in statement.branches:
            for item in branch:
                used += [number for number, _ in item.sources]
        for number in dict.fromkeys([*used, *statement.others]):
            self._to(number, source, "reference", source)

    def host(self, statement: Statement, host: str) -> None:
        """Add what the code that executes a statement depends on."""
        self._reads(statement, host)
        for branch in statement.branches:
            for item in branch:
                for reference, _ in getattr(item, "sources", ()):
                    self._to(reference, host, "value", host)
        for _, reference in statement.rows:
            self._to(reference, host, "row-set", host)
        for reference in statement.others:
            self._to(reference, host, "reference", host)

    def add(
        self,
        source: str,
        target: str,
        kind: str,
        tier: Tier,
        line: int,
        confidence: float | None = None,
    ) -> None:
        """Add an edge once; of two alike the surer one stays."""
        if source == target:
            return
        line = max(line + self.shift, 1)
        sure = _CONFIDENCE[tier] if confidence is None else confidence
        key = (source, target, kind, line)
        held = self.edges.get(key)
        if held is None or held.confidence < sure:
            needs = target.removeprefix(PREFIX)
            self.edges[key] = Edge(source, target, kind, tier, sure, self.path, line, needs)

    def lost(
        self, line: int, name: str, outcome: Outcome, source: str, *, internal: bool = False
    ) -> None:
        """Note a reference that led nowhere, or to one of several."""
        line = max(line + self.shift, 1)
        self.unresolved.setdefault(Unresolved(self.path, line, name, outcome, internal, source))

    def relation(self, number: int, line: int, source: str, kind: str) -> None:
        """Add the edges from ``source`` to what a relation's name means."""
        named = self.summary.relations[number]
        if named.kind == "this":
            return
        ids, tier, outcome = _targets(self.tables, named)
        if outcome != "resolved":
            self.lost(line, named.name, outcome, source, internal=outcome == "unresolved")
        for one in ids:
            self.add(source, one, kind, tier, line)
        if named.kind == "path" and (held := self.tables.file_of(named.name, self.path)):
            # Who runs it may stand in another folder.
            self.add(source, file_symbol(held), "path", "likely", line)

    def _reads(self, statement: Statement, source: str) -> None:
        for number, line in statement.reads:
            plain = self.summary.relations[number].kind in {"table", "path"}
            kind = "read" if plain else "ref"
            self.relation(number, line, source, kind)

    def _outputs(self, statement: Statement, target: str, source: str) -> None:
        aligned = outputs(self.tables, self.path, self.summary, statement, target)
        outs = aligned.outs
        for line, given, wanted in aligned.uneven:
            what = f"{given} columns in a union with {wanted}"
            self.lost(line, what, "unresolved", source, internal=True)
        if aligned.whole and len(statement.branches) == 1:
            self._surplus(statement, target, source, len(outs))
        names = declared_names(self.tables, target, statement, outs)
        for out, name in zip(outs, names, strict=True):
            column = f"{source}.{name}"
            if name != out.name:
                self.add(column, f"{source}.{out.name}", "value", "certain", out.line)
            for reference in out.references:
                self._to(reference, column, "value", source)
            for passed in out.passed:
                there = PREFIX + passed.name
                self.add(column, there, "value", passed.tier, out.line)

    def _surplus(self, statement: Statement, target: str, source: str, given: int) -> None:
        """Note an INSERT without a list that gives more columns than its target has."""
        listed = self.tables.columns(self.tables.registry.writers.get(target, target))
        if not statement.positional or not listed.complete or given <= len(listed.names):
            return
        if folder_of(self.path) not in listed.history:
            what = f"{given} columns for the {len(listed.names)} of {target}"
            self.lost(statement.line, what, "unresolved", source, internal=True)

    def _writes(self, statement: Statement, target: str, source: str) -> None:
        """Check the columns that are written against those that the target's definers list."""
        canonical = self.tables.registry.writers.get(target)
        if canonical:
            line = statement.line
            self.add(PREFIX + canonical, source, "write", "certain", line)
            for name in written_names(statement):
                column = f"{PREFIX}{canonical}.{name}"
                self.add(column, f"{source}.{name}", "value", "certain", line)
        if statement.kind not in _WRITING or statement.positional:
            return
        listed = canonical or target
        lines = {
            item.name: item.line
            for item in (statement.branches[0] if statement.branches else ())
            if isinstance(item, OutputItem)
        }
        for name in written_names(statement):
            if self.tables.columns(listed).has(name, self.path) is False:
                line = lines.get(name, statement.line)
                self.lost(line, f"{listed}.{name}", "unresolved", source, internal=True)

    def _to(self, number: int, source: str, kind: str, user: str) -> None:
        """Add the edges from ``source`` to the columns that a reference means."""
        reference = self.summary.references[number]
        chosen = self._chosen.get(number)
        if chosen is None:
            chosen = choose(self.tables, self.path, self.summary, reference)
            self._chosen[number] = chosen
        if chosen.missing:
            self.lost(reference.line, chosen.missing, "unresolved", user, internal=True)
            return
        if chosen.ambiguous:
            name = reference.alternatives[0][1]
            self.lost(reference.line, name, "ambiguous", user)
        elif chosen.choices:
            self._counted.add(number)
        if is_call(self.summary, reference):
            kind = "call"
        for one in chosen.choices:
            there = f"{one.relation}.{one.column}" if one.column else one.relation
            self.add(source, PREFIX + there, kind, one.tier, reference.line, one.confidence)


def _targets(tables: Tables, named: Relation) -> tuple[list[str], Tier, Outcome]:
    """Return the symbols that a relation's name means, and how that went."""
    meant = tables.registry.meant(named)
    if meant.ids:
        outcome: Outcome = "ambiguous" if meant.tier == "heuristic" else "resolved"
        return [PREFIX + one for one in meant.ids], meant.tier, outcome
    if named.kind == "ref":
        if other := tables.other_models.get(named.name):
            return [file_symbol(other)], "certain", "resolved"
        # Every ref names a model of the project: this one is not there.
        outcome = "external" if "." in named.name else "unresolved"
        return [PREFIX + named.name], "certain", outcome
    return [PREFIX + named.name], "certain", "external"


def _template_edges(linker: Linker, fallback: str) -> None:
    """Add what the template names, also where it is no part of a statement."""
    summary = linker.summary
    owners = [macro_symbol(name) for name in summary.macros]
    owners.append(fallback)  # -1 is the file
    read = {
        (relation.kind, relation.name)
        for statement in summary.statements
        for number, _ in statement.reads
        for relation in (summary.relations[number],)
    }
    for ref in summary.refs:
        if ref.macro >= 0 or (ref.kind, ref.name) not in read:
            ids, tier, outcome = _targets(linker.tables, Relation(ref.name, ref.kind))
            source = owners[ref.macro]
            if outcome != "resolved":
                linker.lost(ref.line, ref.name, outcome, source, internal=outcome == "unresolved")
            for one in ids:
                linker.add(source, one, "ref", tier, ref.line)
    for use in summary.uses:
        if use.name in linker.tables.macros:
            linker.add(owners[use.macro], macro_symbol(use.name), "macro", "certain", use.line)
        for word in use.words:
            # The macro may well make a ref of it: a model's name is no accident.
            if "." not in word and word.lower() in linker.tables.registry.definers:
                linker.add(owners[use.macro], PREFIX + word.lower(), "ref", "likely", use.line)


def _host_writes(linker: Linker, statement: Statement, host: str) -> None:
    """Add that the written relation and its columns depend on the code that writes them."""
    named = linker.summary.relations[statement.target]
    kind = named.kind if named.kind == "path" else "table"
    ids, tier, _ = _targets(linker.tables, Relation(named.name, kind))
    outs = outputs(linker.tables, linker.path, linker.summary, statement, named.name).outs
    for one in ids:
        linker.add(one, host, "write", tier, statement.line)
        names = declared_names(linker.tables, one.removeprefix(PREFIX), statement, outs)
        for out, name in zip(outs, names, strict=True):
            linker.add(f"{one}.{name}", host, "write", tier, out.line)
            _embedded_values(linker, out, f"{one}.{name}")


def _embedded_values(linker: Linker, out: Out, column: str) -> None:
    for number in out.references:
        reference = linker.summary.references[number]
        chosen = choose(linker.tables, linker.path, linker.summary, reference)
        for one in chosen.choices:
            there = f"{PREFIX}{one.relation}.{one.column}" if one.column else PREFIX + one.relation
            linker.add(column, there, "value", one.tier, reference.line, one.confidence)
    for passed in out.passed:
        there = PREFIX + passed.name
        linker.add(column, there, "value", passed.tier, out.line)
