"""What the answer rests on: what was read, what was understood, what was not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from blastradius.index.edges import count_tiers
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import Coverage, FileProblem, LanguageCoverage
from blastradius.model.symbols import Outcome


def problems_of(head: Snapshot, left_out: Iterable[tuple[str, str]]) -> tuple[FileProblem, ...]:
    """Return what could not be understood at head, file by file, and what was not read at all."""
    found = [
        FileProblem(path, problem.line, problem.what)
        for path, view in head.files.items()
        for problem in view.facts.problems
    ]
    found += [FileProblem(path, 0, why) for path, why in left_out]
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.what)))


def coverage_of(head: Snapshot) -> Coverage:
    """Return what the answer rests on: files read, edges by tier, references by outcome."""
    states: dict[str, dict[str, int]] = {}
    for view in head.files.values():
        own = states.setdefault(view.language.NAME, {"full": 0, "partial": 0, "failed": 0})
        own[view.facts.parsed] += 1
    tiers = count_tiers(head.linked.edges)
    languages = tuple(_language(name, states[name], head) for name in sorted(states))
    return Coverage(
        files=len(head.tree),
        parsed=sum(one.parsed for one in languages),
        partial=sum(one.partial for one in languages),
        skipped=len(head.tree) - sum(one.parsed + one.partial for one in languages),
        edges_by_tier={str(tier): count for tier, count in tiers.items()},
        languages=languages,
    )


def _language(name: str, states: Mapping[str, int], head: Snapshot) -> LanguageCoverage:
    tally = head.linked.tallies.get(name)
    rest: Mapping[Outcome, int] = tally.unresolved if tally else {}
    return LanguageCoverage(
        language=name,
        files=sum(states.values()),
        parsed=states["full"],
        partial=states["partial"],
        resolved=tally.resolved if tally else 0,
        ambiguous=rest.get("ambiguous", 0),
        external=rest.get("external", 0),
        unresolved=rest.get("unresolved", 0),
        dynamic=rest.get("dynamic", 0),
    )
