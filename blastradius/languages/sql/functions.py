"""The functions that a file creates and calls, as other stages are told of them."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.languages.sql.summary import FUNCTION_PREFIX, OutputItem, Statement, Summary
from blastradius.model.facts import Definition, Mention

PREFIX = FUNCTION_PREFIX
KIND = "routine"
_FLAVOR = "function"


def _used(statement: Statement) -> Iterator[int]:
    for branch in statement.branches:
        for item in branch:
            for number, _ in item.sources:
                yield number
    for _, number in statement.rows:
        yield number
    yield from statement.others


def functions(
    summary: Summary, definitions: tuple[Definition, ...]
) -> tuple[tuple[Definition, ...], tuple[Mention, ...]]:
    """Return the functions and procedures that a file creates, and a mention of each call.

    Args:
        summary: the file's record.
        definitions: its relations; the functions are to follow them. Of a function that is created
            twice the last counts.
    """
    found: dict[str, Definition] = {}
    for one in summary.statements:
        for item in one.branches[0][:1] if one.kind == "function" and one.branches else ():
            if isinstance(item, OutputItem) and item.name == "()":
                name = summary.relations[one.target].name
                made = Definition(name, KIND, one.line, one.end, -1, item.type, item.digest)
                found[name] = made
    index = {one.name: number for number, one in enumerate([*definitions, *found.values()])}
    mentions: dict[Mention, None] = {}
    for one in summary.statements:
        target = summary.relations[one.target].name if one.target >= 0 else ""
        for number in _used(one):
            reference = summary.references[number]
            named = summary.relations[reference.alternatives[0][0]]
            if named.kind == "function":
                value = named.name.removeprefix(PREFIX)
                scope = index.get(target, -1)
                mentions.setdefault(Mention(value, _FLAVOR, reference.line, scope))
    return tuple(found.values()), tuple(mentions)
