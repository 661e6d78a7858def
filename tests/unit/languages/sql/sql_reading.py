"""How the tests of SQL write down what a statement says, and how they build small trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from blastradius.index.link import Options
from blastradius.languages import sql
from blastradius.languages.sql.choose import is_call
from blastradius.languages.sql.summary import OutputItem, StarItem, Statement, Summary
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Linked

FIXTURES = Path(__file__).parents[4] / "fixtures" / "sql"
RANKS = {0: "", 1: "*", 2: "+"}  # untouched, transformed, aggregated


@dataclass(frozen=True)
class Case:
    """One pair of a fixture file: ``title`` from its comment, input, expected lines."""

    title: str
    dialect: str
    query: str
    expected: str


def cases(name: str) -> Iterator[Case]:
    """Yield the pairs of ``fixtures/sql/<name>.sql``: `# title`, input, `---`, expected lines."""
    dialect = ""
    for block in (FIXTURES / f"{name}.sql").read_text().split("\n\n"):
        lines = block.strip().splitlines()
        title = " ".join(line[2:] for line in lines if line.startswith("# "))
        body = "\n".join(line for line in lines if not line.startswith("# "))
        if title.startswith("dialect: "):
            dialect = title.removeprefix("dialect: ")
        elif body:
            query, _, expected = body.partition(";\n---")
            yield Case(title, dialect, query, expected.strip())


def summary_of(facts: Facts) -> Summary:
    return msgspec.msgpack.decode(facts.own, type=Summary)


def told(text: str, dialect: str = "") -> str:
    """Return what ``text`` says, one line for each thing."""
    facts = sql.extract(text.encode(), dialect)
    summary = summary_of(facts)
    lines = [line for one in summary.statements for line in _statement(one, summary)]
    lines += [f"missing {name}" for name, _ in summary.missing]
    lines += [f"problem {one.line}: {one.what}" for one in facts.problems]
    return "\n".join(lines)


def _statement(statement: Statement, summary: Summary) -> Iterator[str]:
    target = summary.relations[statement.target].name if statement.target >= 0 else ""
    reads = ", ".join(summary.relations[number].name for number, _ in statement.reads)
    yield f"{statement.kind} {target}".strip() + (f" from {reads}" if reads else "")
    for number, branch in enumerate(statement.branches):
        if number:
            yield "and"
        for item in branch:
            yield "  " + (
                _star(item, summary) if isinstance(item, StarItem) else _out(item, summary)
            )
    if statement.names:
        yield f"called: {', '.join(statement.names)}"
    for kind in dict.fromkeys(kind for kind, _ in statement.rows):
        used = sorted(
            {
                _reference(one, summary)
                for of, one in statement.rows
                if of == kind and not _is_call(one, summary)
            }
        )
        if used:
            yield f"{kind}: {', '.join(used)}"
    others = [one for one in statement.others if not _is_call(one, summary)]
    if others:
        yield "asked: " + ", ".join(_reference(one, summary) for one in others)
    for action in statement.alters:
        yield " ".join(action).strip()


def _out(item: OutputItem, summary: Summary) -> str:
    sources = sorted(
        (_reference(one, summary), RANKS[rank])
        for one, rank in item.sources
        if not _is_call(one, summary)
    )
    name = f"{item.name} {item.type}".strip()
    return name + (" = " if sources else "") + ", ".join(one + rank for one, rank in sources)


def _star(item: StarItem, summary: Summary) -> str:
    name = summary.relations[item.relation].name if item.relation >= 0 else "?"
    less = "".join(f" -{one}" for one in item.without)
    renamed = "".join(f" {old}>{new}" for old, new in item.renames)
    return f"{name}.*{less}{renamed}{' once' if item.dedupe else ''}"


def _is_call(number: int, summary: Summary) -> bool:
    """Calls are told by the tests of functions; most are of the engine's own."""
    return is_call(summary, summary.references[number])


def _reference(number: int, summary: Summary) -> str:
    one = summary.references[number]
    text = "|".join(_column(pair, summary) for pair in one.alternatives)
    fallback = "".join(f" else {_column(pair, summary)}" for pair in one.fallback)
    unless = "".join(f" unless {_column(pair, summary)}" for pair in one.unless)
    return f"{text}{fallback}{'?' if one.soft else ''}{' if seen' if one.seen else ''}{unless}"


def _column(pair: tuple[int, str], summary: Summary) -> str:
    return f"{summary.relations[pair[0]].name}.{pair[1] or '(row)'}"


def tree(
    files: Mapping[str, str], paths: tuple[str, ...] = ()
) -> tuple[sql.Tables, dict[str, Linked]]:
    """Return the look-ups and the links of a tree of files."""
    facts = {path: sql.extract(text.encode()) for path, text in files.items()}
    tables = sql.tables(facts, Options(paths=frozenset({*files, *paths})))
    return tables, {path: sql.link(path, one, tables) for path, one in facts.items()}


def edges(linked: Mapping[str, Linked], *kinds: str) -> list[str]:
    """Return the edges as `source -> target`, with kind and tier where these are not told."""
    found = [
        edge for one in linked.values() for edge in one.edges if not kinds or edge.kind in kinds
    ]
    return sorted({_edge(one, short=len(kinds) == 1) for one in found})


def _edge(edge: Edge, *, short: bool) -> str:
    text = f"{edge.source} -> {edge.target}".replace("sql:", "")
    text += "" if short else f" {edge.kind}"
    return text if edge.tier == "certain" else f"{text} ({edge.tier})"


def dangling(linked: Mapping[str, Linked]) -> list[str]:
    """Return what names a place of the tree that is not there, as `path:line name`."""
    return sorted(
        f"{lost.path}:{lost.line} {lost.name}"
        for one in linked.values()
        for lost in one.unresolved
        if lost.internal
    )
