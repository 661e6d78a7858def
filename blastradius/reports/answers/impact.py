"""What depends on something, in sentences."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from blastradius.model.symbols import TIERS
from blastradius.reports import fold
from blastradius.reports.answers.sections import (
    Entry,
    Page,
    Section,
    basis,
    meant,
    might_name,
    nothing,
    own_problems,
    tree_name,
)
from blastradius.reports.words import (
    Mark,
    Wording,
    count,
    language_label,
    language_of,
    places_of,
)

if TYPE_CHECKING:
    from blastradius.model.analysis import Impact
    from blastradius.model.questions import ImpactAnswer
    from blastradius.reports.base import Options

_NEAR = 5


def page(answer: ImpactAnswer, options: Options, mark: Mark) -> Page:
    """Return the report; ``mark`` is applied to each piece of text from the repository."""
    say = Wording((), _places(answer, said=False), mark)
    full = Wording((), _places(answer, said=True), mark)
    first = answer.target[0]
    name = say.name(first.id) if len(answer.target) == 1 else say.word(answer.what)
    sections = [meant(say, answer.target, options), _used_by((say, full), answer, options)]
    sections += might_name(say, answer.mentions, answer.mentioned, "in the tree", options)
    sections += own_problems(say, answer.target, answer.problems, options)
    sections.append(basis(answer.coverage, answer.problems))
    return Page(f"impact of {name} {tree_name(answer.at)}", tuple(sections))


def _places(answer: ImpactAnswer, *, said: bool) -> dict[str, tuple[str, int]]:
    """Return where symbols stand; ``said``: also the target, whose place the report says above."""
    found = places_of(answer.impact)
    nodes = (*answer.target, *answer.parts) if said else answer.parts
    return found | {one.id: (one.path, one.line) for one in nodes if one.path}


def _used_by(words: tuple[Wording, Wording], answer: ImpactAnswer, options: Options) -> Section:
    """Return the dependents; ``words`` leave out the target's place, or say it."""
    say, full = words
    if not answer.total:
        return Section("USED BY", nothing(answer.coverage, "none leads here"))
    found = answer.impact
    if not found:
        return Section("USED BY", f"{count(answer.total, 'symbol')}, all before --offset")
    languages = Counter(language_of(one.symbol) for one in found)
    named = ", ".join(
        f"{number:,} {language_label(language)}"
        for language, number in sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    files = len({one.path for one in found})
    said = f"{count(answer.total, 'symbol')}"
    if len(found) < answer.total:
        said += f", of which these are {answer.offset + 1:,} to {answer.offset + len(found):,}"
    said += f", in {count(files, 'file')}: {named}"
    folded = fold.shown_impact(found, options)
    limit = options.limit or len(folded)
    shown = tuple(
        _entry(full if one.witness[0].kind == "field" else say, one, number)
        for one, number in folded[:limit]
    )
    more = sum(number for _, number in folded[limit:])
    tiers = Counter(one.tier for one in found)
    sure = ", ".join(f"{tiers[tier]:,} {tier}" for tier in TIERS if tiers[tier])
    return Section("USED BY", said, (f"{_distances(answer)}; {sure}",), shown, more)


def _entry(say: Wording, one: Impact, number: int) -> Entry:
    there = f"; and {number - 1:,} more there" if number > 1 else ""
    doubt = "" if one.tier == "certain" else f" ({one.tier}, {one.confidence:.2f})"
    return Entry(str(one.distance), f"{_said(say, one)}{there}{doubt}")


def _said(say: Wording, one: Impact) -> str:
    """Return the first edge of the witness, with the symbol where the edge does not name it."""
    first = say.step(one.witness[0])
    return f"in {say.name(one.symbol)}, {first}" if _inside(one) else first


def _inside(one: Impact) -> bool:
    """Tell whether the symbol says more of the place than the sentence does."""
    return one.witness[0].kind in {"call", "reference", "annotation", "import", "store"} and (
        "#" in one.symbol
    )


def _distances(answer: ImpactAnswer) -> str:
    near = [(steps, number) for steps, number in answer.by_distance.items() if steps <= _NEAR]
    far = sum(answer.by_distance.values()) - sum(number for _, number in near)
    said = [
        f"{number:,} direct" if steps == 1 else f"{number:,} at {steps} steps"
        for steps, number in near
    ]
    return ", ".join([*said, f"{far:,} further"] if far else said)
