"""Which column of which relation a reference means, once the columns of all relations are known."""

from __future__ import annotations

from dataclasses import dataclass

from blastradius.languages.sql.lookups import Tables, meant_by, real_column
from blastradius.languages.sql.summary import Reference, Summary
from blastradius.model.symbols import Tier, weakest

# Confidence by tier and by what it rests on; the bands are those of `model.symbols.TIER_CAP`.
_SEEN, _NAMED, _LIKELY, _ARGUED, _GUESSED = 0.99, 0.98, 0.93, 0.9, 0.8


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that is meant. ``relation`` is an id, of the tree or as written; ``known``: seen."""

    relation: str
    column: str
    tier: Tier
    confidence: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reference came to: its choices; or ``missing``, the column that nobody has."""

    choices: tuple[Choice, ...]
    missing: str = ""

    @property
    def ambiguous(self) -> bool:
        """Whether only one of several choices is meant."""
        return bool(self.choices) and self.choices[0].tier == "heuristic"


@dataclass(frozen=True, slots=True)
class _Option:
    alternative: int
    relation: str
    column: str
    has: bool | None
    tier: Tier


def choose(tables: Tables, path: str, summary: Summary, reference: Reference) -> Chosen:
    """Return the columns that ``reference`` of the file at ``path`` means."""
    if reference.unless and _is_seen(tables, path, summary, reference.unless):
        return Chosen(())
    if reference.seen and not _is_seen(tables, path, summary, reference.alternatives):
        return Chosen(())
    if is_call(summary, reference):
        return _function(tables, path, summary, reference)
    whole_row = _prefers_row(summary, reference)
    for alternatives in (reference.alternatives, reference.fallback):
        options = _options(tables, path, summary, alternatives)
        if whole_row and alternatives is reference.alternatives:
            # A name that is a table's alias is its row, unless a column is seen to be called so.
            options = [one for one in options if one.has]
        there = [one for one in options if one.has]
        possible = there or [one for one in options if one.has is None]
        if possible:
            return Chosen(_graded(possible, seen=bool(there), soft=reference.soft))
    if reference.soft or not reference.alternatives:
        return Chosen(())
    relation, told = reference.alternatives[0]
    column = real_column(tables, path, summary, relation, told)
    ids = meant_by(tables, path, summary, relation).ids
    return Chosen((), f"{ids[0]}.{column}" if ids else column)


def is_call(summary: Summary, reference: Reference) -> bool:
    """Tell whether ``reference`` is the use of a function."""
    return len(reference.alternatives) == 1 and (
        summary.relations[reference.alternatives[0][0]].kind == "function"
    )


def _function(tables: Tables, path: str, summary: Summary, reference: Reference) -> Chosen:
    """Return the functions of the tree that a call means; those of the engine are nobody's."""
    meant = meant_by(tables, path, summary, reference.alternatives[0][0])
    sure = {"certain": _SEEN, "likely": _LIKELY}.get(meant.tier, _GUESSED / max(len(meant.ids), 1))
    return Chosen(tuple(Choice(one, "", meant.tier, round(sure, 3)) for one in meant.ids))


def _is_seen(
    tables: Tables, path: str, summary: Summary, alternatives: tuple[tuple[int, str], ...]
) -> bool:
    return any(one.has for one in _options(tables, path, summary, alternatives))


def _prefers_row(summary: Summary, reference: Reference) -> bool:
    """Tell whether a name is an alias given to a table, and so more likely its row than a column.

    ``status`` in ``SELECT status FROM status`` more likely is the column.
    """
    if not reference.fallback or any(column for _, column in reference.fallback):
        return False
    named = {summary.relations[one].name.rpartition(".")[2] for one, _ in reference.fallback}
    return reference.alternatives[0][1] not in named


def _options(
    tables: Tables, path: str, summary: Summary, alternatives: tuple[tuple[int, str], ...]
) -> list[_Option]:
    found: list[_Option] = []
    for number, (relation, told) in enumerate(alternatives):
        meant = meant_by(tables, path, summary, relation)
        column = real_column(tables, path, summary, relation, told)
        if not meant.ids:
            name = summary.relations[relation].name
            found.append(_Option(number, name, column, None, "certain"))
        for one in meant.ids:
            has = tables.columns(one).has(column, path) if column else True
            found.append(_Option(number, one, column, has, meant.tier))
    return found


def _graded(options: list[_Option], *, seen: bool, soft: bool) -> tuple[Choice, ...]:
    """Stamp each option with how sure it is, given the others."""
    several = len({one.alternative for one in options}) > 1
    choices = []
    for one in options:
        tier: Tier = "heuristic" if several else one.tier
        if soft:
            tier = weakest(tier, "likely")
        sure = {"certain": _SEEN if seen else _NAMED, "likely": _LIKELY if seen else _ARGUED}
        confidence = sure.get(tier)
        if confidence is None:
            confidence = round(_GUESSED / len(options), 3)
        choices.append(Choice(one.relation, one.column, tier, confidence))
    return tuple(dict.fromkeys(choices))
