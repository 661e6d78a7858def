"""Which steps undo migrations: their own way down where it is true, else the inverse of what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from blastradius.migrations.applying import apply
from blastradius.migrations.catalog import Schema
from blastradius.migrations.differences import differences
from blastradius.migrations.lint import Way, judge
from blastradius.migrations.model import ReadsAs, Verdict
from blastradius.migrations.records import Do
from blastradius.migrations.undoing import undo

TRUE: frozenset[Verdict] = frozenset({"inverse", "lossy"})
_PROVIDES = frozenset(
    {"create_table", "add_column", "create_object", "alter_column", "alter_object", "create_index"}
    | {"create_constraint", "rename_table", "rename_object", "rename_constraint", "rename_index"}
)
_RELEASES = frozenset(
    {"drop_table", "drop_column", "drop_object", "drop_constraint", "drop_index", "rename_table"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """A migration to undo, or to keep: its id and file, and what it does both ways."""

    id: str
    path: str
    up: Way
    down: Way | None


@dataclass(slots=True)
class Part:
    """How one migration is undone: by its own way down (``own``), else by ``steps``."""

    source: Source
    own: bool
    steps: list[Do]


@dataclass(slots=True)
class Reverse:
    """How several are undone, newest first, and what a person must know of it."""

    parts: list[Part] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    loses: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    reads_as: ReadsAs = "both"


def reverse(sources: Sequence[Source], chosen: frozenset[str]) -> Reverse:
    """Return how the chosen ones of a chain are undone while all others stay.

    Args:
        sources: the chain, in order.
        chosen: ids of those to undo.
    """
    schema = Schema()
    found = Reverse()
    first: Schema | None = None
    parts: list[Part] = []
    for one in sources:
        if one.id in chosen:
            first = first or Schema(schema)
            parts.append(_part(schema, one, found))
        for do in one.up.steps:
            apply(schema, do)
        schema.vague = False
    found.parts = parts[::-1]
    _try(found, schema, first or Schema(), kept=_kept_between(sources, chosen))
    found.loses = _losses(found)
    found.reads_as = _reads_as(found)
    return found


def _kept_between(sources: Sequence[Source], chosen: frozenset[str]) -> bool:
    """Tell whether one that stays follows one that goes."""
    ids = [one.id in chosen for one in sources]
    start = ids.index(True) if True in ids else len(ids)
    return not all(ids[start:])


def _part(schema: Schema, one: Source, found: Reverse) -> Part:
    verdict = judge(schema, one.up, one.down).lint.verdict
    if verdict in TRUE and one.down is not None and one.down.acts:
        rows = [do for do in one.up.steps if do.verb == "rows"]
        if rows and not one.down.rows:
            said = f"rows that it wrote stay as they are: {one.path}:{rows[0].line}"
            found.cautions.append(said)
        return Part(one, True, list(one.down.steps))  # noqa: FBT003 - a record's own fields
    state = Schema(schema)
    state.before = None
    undone: list[list[Do]] = []
    for do in one.up.steps:
        back = undo(do, state)
        undone.append(back.steps)
        place = f"{one.path}:{do.line}"
        found.gaps += [f"{place}: {gap}" for gap in back.gaps]
        found.cautions += [f"{caution}: {place}" for caution in back.cautions]
        apply(state, do)
    return Part(one, False, [do for several in reversed(undone) for do in several])  # noqa: FBT003 - a record's own fields


def _try(found: Reverse, schema: Schema, first: Schema, *, kept: bool) -> None:
    """Take the steps on the schema at the end of the chain: what is refused, or remains, is a gap."""
    state = Schema(schema)
    state.before = None
    for part in found.parts:
        for do in part.steps:
            refused = apply(state, do)
            if refused and not do.lenient:
                found.gaps.append(f"{part.source.path}:{do.line}: {refused}")
    if (
        kept
        or found.gaps
        or any(do.verb == "unknown" for p in found.parts for do in p.source.up.steps)
    ):
        return
    base = Schema(first)
    for one in differences(base, state):
        found.gaps.append(f"{found.parts[-1].source.path}:1: {one.said}")


def _losses(found: Reverse) -> list[str]:
    said: list[str] = []
    for part in found.parts:
        for do in part.steps:
            if do.verb == "drop_table":
                said.append(f"table {do.table} and its rows")
            elif do.verb == "drop_column":
                said.append(f"column {do.table}.{do.name} and its values")
    return list(dict.fromkeys(said))


def _reads_as(found: Reverse) -> ReadsAs:
    verbs = {do.verb for part in found.parts for do in part.steps}
    provides, releases = bool(verbs & _PROVIDES), bool(verbs & _RELEASES)
    if provides == releases:
        return "both"
    return "provide" if provides else "release"
