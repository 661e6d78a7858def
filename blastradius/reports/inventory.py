"""The inventory of a range: a line for each domain, then each effect, then what nothing takes back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from blastradius.reports.answers.sections import Entry, Page, Section, bounded
from blastradius.reports.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.analysis import Effect, FileProblem
    from blastradius.model.inventory import DomainSummary, Inventory
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark

_PLACES = 3
_SHORT = 12


def page(found: Inventory, options: Options, mark: Mark) -> Page:
    """Return what the report of an inventory says."""
    head = found.head if len(found.head) < _SHORT else found.head[:_SHORT]
    title = (
        f"inventory of {found.base[:_SHORT]}..{head}: {count(found.commits, 'commit')}, "
        f"{count(len(found.domains), 'domain')}, {count(len(found.effects), 'effect')}"
    )
    return Page(title, tuple(_sections(found, options, mark)))


def _sections(found: Inventory, options: Options, mark: Mark) -> Iterator[Section]:
    rows = tuple(Entry(one.domain, _counts(one)) for one in found.domains)
    yield Section("DOMAINS", _said(found), (), rows)
    for domain in found.domains:
        own = [one for one in found.effects if one.domain == domain.domain]
        limit = options.limit or len(own)
        rows = tuple(_folded(own[:limit], mark))
        said = count(len(own), "effect")
        yield Section(domain.domain.upper(), said, (), rows, max(0, len(own) - limit))
    if found.irreversible:
        lines = [Entry(one.domain, _lost(one, mark)) for one in found.irreversible]
        shown, more = bounded(lines, options)
        said = f"{count(len(found.irreversible), 'effect')} that nothing takes back"
        yield Section("CANNOT BE UNDONE", said, (), shown, more)
    if found.problems:
        lines = [Entry("-", _problem(one, mark)) for one in found.problems]
        shown, more = bounded(lines, options)
        yield Section("NOT UNDERSTOOD", count(len(found.problems), "place"), (), shown, more)


def _said(found: Inventory) -> str:
    if not found.domains:
        return "nothing differs between the range's ends"
    outside = len(found.domains) - any(one.domain == "code" for one in found.domains)
    return f"{count(outside, 'domain')} outside git" if outside else "nothing outside git was found"


def _counts(one: DomainSummary) -> str:
    numbers = (
        (one.reversible, "reversible"),
        (one.compensatable, "compensatable"),
        (one.irreversible, "irreversible"),
    )
    return ", ".join(f"{number} {word}" for number, word in numbers if number)


def _folded(effects: list[Effect], mark: Mark) -> Iterator[Entry]:
    """Yield the lines of effects; what is said of one and again of the next is said once."""
    above: list[Entry] = []
    for one in effects:
        first, *rest = _effect(one, mark)
        yield first
        if rest == above:
            yield Entry("undo", "and check: as above")
        else:
            yield from rest
        above = rest


def _effect(one: Effect, mark: Mark) -> Iterator[Entry]:
    places = [mark(f"{place.path}:{place.line}") for place in one.evidence[:_PLACES]]
    left = len(one.evidence) - len(places)
    where = ", ".join(places) + (f" and {left} more" if left > 0 else "")
    what = f"{mark(one.tool)} {mark(one.target)}: {mark(one.action)} ({where}), {one.certainty}"
    yield Entry(one.reversibility, what)
    command = f": {mark(shlex.join(one.inverse.argv))}" if one.inverse.argv else ""
    yield Entry("undo", f"{mark(one.inverse.summary)}{command}")
    yield Entry("check", mark(one.verify))


def _lost(one: Effect, mark: Mark) -> str:
    return (
        f"{mark(one.tool)} {mark(one.target)}: {mark(one.action)}; "
        f"what is left to do: {mark(one.inverse.summary)}"
    )


def _problem(one: FileProblem, mark: Mark) -> str:
    place = f"{mark(f'{one.path}:{one.line}' if one.line else one.path)}: " if one.path else ""
    return f"{place}{mark(one.what)}"
