"""How one thing depends on another, edge by edge in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.reports.answers.sections import (
    Entry,
    Page,
    Section,
    basis,
    meant,
    might_name,
    own_problems,
    tree_name,
)
from blastradius.reports.summary import doubts
from blastradius.reports.words import Mark, Wording, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blastradius.model.analysis import WitnessStep
    from blastradius.model.questions import WhyAnswer
    from blastradius.reports.base import Options


def page(answer: WhyAnswer, options: Options, mark: Mark) -> Page:
    """Return the report; ``mark`` is applied to each piece of text from the repository."""
    nodes = (answer.source, answer.target, *answer.nodes)
    say = Wording((), _places(answer), mark)
    source, target = say.name(answer.source.id), say.name(answer.target.id)
    sections = [meant(say, nodes[:2], options)]
    if answer.chain:
        sections += _found(say, answer)
    else:
        sections += _not_found(say, answer, source, target)
        where = f"of {say.name(answer.source.id)}"
        sections += might_name(say, answer.mentions, answer.mentioned, where, options)
    sections += own_problems(say, nodes[:2], answer.problems, options)
    sections.append(basis(answer.coverage, answer.problems))
    return Page(f"why {source} depends on {target} {tree_name(answer.at)}", tuple(sections))


def _found(say: Wording, answer: WhyAnswer) -> list[Section]:
    worth = f"{answer.tier}, {answer.confidence:.2f}"
    notes: tuple[str, ...] = ()
    if answer.reverse:
        notes = (f"they depend on each other: {count(len(answer.reverse), 'step')} back",)
    said = f"{count(len(answer.chain), 'step')}, {worth}"
    sections = [Section("CHAIN", said, notes, _steps(say, answer.chain))]
    if answer.surest:
        said = f"{count(len(answer.surest), 'step')}: longer or no shorter, but more certain"
        sections.append(Section("SUREST", said, (), _steps(say, answer.surest)))
    return sections


def _not_found(say: Wording, answer: WhyAnswer, source: str, target: str) -> list[Section]:
    open_ends = doubts(answer.coverage)
    hidden = f"one may be hidden: {'; '.join(open_ends)}" if open_ends else "nothing is left open"
    said = f"none leads from {source} to {target}"
    sections = [Section("CHAIN", said if answer.reverse else f"{said}, nor back", (hidden,))]
    if answer.around:
        outer = say.name(answer.around[0].source)
        said = f"{source} is a part of what depends on {target}: {outer} does"
        sections.append(Section("AROUND IT", said, (), _steps(say, answer.around)))
    if not answer.reverse:
        return sections
    back = Section(
        "THE OTHER WAY",
        f"{target} depends on {source}: {count(len(answer.reverse), 'step')}",
        (),
        _steps(say, answer.reverse),
    )
    return [*sections, back]


def _steps(say: Wording, chain: Sequence[WitnessStep]) -> tuple[Entry, ...]:
    return tuple(Entry(str(number), say.step(step)) for number, step in enumerate(chain, start=1))


def _places(answer: WhyAnswer) -> dict[str, tuple[str, int]]:
    """Return symbol → where it stands; of what no file defines, where the chain goes on from it."""
    found = {
        step.source: (step.path, step.line)
        for step in (*answer.chain, *answer.surest, *answer.reverse, *answer.around)
        if step.kind not in {"write", "contains"}
    }
    return found | {one.id: (one.path, one.line) for one in answer.nodes if one.path}
