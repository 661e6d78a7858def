"""The counts of an analysis in words: what the terminal and the Markdown report both say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from blastradius.model.source import STAGED, WORKTREE
from blastradius.model.symbols import TIERS
from blastradius.reports.words import count, language_label, language_of, short_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blastradius.model.analysis import (
        Analysis,
        Break,
        Coverage,
        LanguageCoverage,
        RevertSet,
        Severity,
    )

SEVERITIES: tuple[Severity, ...] = ("breaking", "unknown", "compatible")
_FAR = 3


def span(analysis: Analysis) -> str:
    """Return the range: ``1a2b3c4..5d6e7f8, 9 commits``."""
    base, head = analysis.range.base, analysis.range.head
    ids = short_ids([base, head])
    if head in {STAGED, WORKTREE}:
        what = "what is staged" if head == STAGED else "what is not committed"
        return f"{what}, over {ids[base]}"
    return f"{ids[base]}..{ids[head]}, {count(len(analysis.range.commits), 'commit')}"


def changed(analysis: Analysis) -> str:
    """Return how many symbols changed, and how severely."""
    changes = analysis.changes
    if not analysis.range.commits:
        return "nothing: the range holds no commits"
    if not changes:
        return "no symbol: only white space, comments, or nothing at all differs"
    severities = Counter(one.severity for one in changes)
    by_severity = ", ".join(f"{severities[one]:,} {one}" for one in SEVERITIES if severities[one])
    files = len({one.path for one in changes})
    return f"{count(len(changes), 'symbol')} in {count(files, 'file')}: {by_severity}"


def reached(analysis: Analysis) -> list[str]:
    """Return how far the changes reach: one line, a second with distances and tiers.

    Zero is said with what it rests on: where references are unresolved it proves nothing.
    """
    impact = analysis.impact
    if not impact:
        return [_zero(analysis)]
    languages = Counter(language_of(one.symbol) for one in impact)
    named = ", ".join(
        f"{number:,} {language_label(language)}"
        for language, number in sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    files = len({one.path for one in impact})
    return [
        f"{count(len(impact), 'more symbol')} in {count(files, 'file')}: {named}",
        f"{_distances(analysis)}; {_tiers(analysis)}",
    ]


def together(analysis: Analysis) -> str:
    """Return how many commits go, and whether more than was asked."""
    chosen = analysis.revert_set
    total, goes = len(analysis.range.commits), len(chosen.commits)
    if not goes:
        return "nothing: no commit was asked to go"
    asked = sum(one.reason == "target" for one in chosen.commits)
    stay = "none stays" if goes == total else f"{total - goes} stay"
    if total - goes == 1:
        stay = "1 stays"
    if goes == total == asked:
        return f"the whole range, {count(total, 'commit')}"
    if goes == asked:
        return f"{count(goes, 'commit')} as asked, none besides; {stay}"
    return f"{goes} of {count(total, 'commit')}: {asked} asked, {goes - asked} drawn in; {stay}"


def proof(chosen: RevertSet) -> str:
    """Return what was checked on the reverted tree."""
    found = chosen.proof
    said = [
        _verdict(found.applies, "the reverts apply", "THE REVERTS DO NOT APPLY"),
        _verdict(found.parses, "no file stops parsing", "A CHANGED FILE NO LONGER PARSES"),
    ]
    if found.checked and found.applies:
        new = len(found.new_dangling)
        said.append(
            f"{count(new, 'NEW DANGLING REFERENCE', 'NEW DANGLING REFERENCES')}"
            if new
            else "nothing new dangles"
        )
    if found.intact is False:
        said.append("FILES THAT NO COMMIT OF THE SET TOUCHED DIFFER")
    if found.least is True and found.irreducible is True:
        said.append("no smaller set will do")
    elif found.irreducible is True:
        said.append("none of it can stay, though another set may be smaller")
    elif found.irreducible is False:
        said.append("a smaller set may do")
    known = [one for one in said if one]
    return ", ".join(known) if known else "not checked"


def remaining(analysis: Analysis) -> list[Break]:
    """Return the breaks that the revert set leaves and that no other list of the report names."""
    chosen = analysis.revert_set
    gone = {one.id for one in chosen.commits}
    named = {(one.path, one.line, one.symbol) for one in chosen.fix_forward}
    named |= {(one.path, one.line, one.symbol) for one in chosen.review}
    return [
        one
        for one in analysis.breaks
        if one.commit not in gone and (one.path, one.line, one.symbol) not in named
    ]


def rests_on(coverage: Coverage) -> list[str]:
    """Return what the answer rests on: files, then one line a language."""
    first = (
        f"{count(coverage.files, 'file')}: {coverage.parsed:,} parsed, "
        f"{coverage.partial:,} in part, {coverage.skipped:,} skipped"
    )
    return [first, *map(_language, coverage.languages)]


def unsure(languages: Sequence[LanguageCoverage]) -> str:
    """Return the references that might lead anywhere: ``9 (Python 7, SQL 2)``, empty for none."""
    open_ends = [
        (language_label(one.language), one.unresolved + one.dynamic + one.ambiguous)
        for one in languages
    ]
    total = sum(number for _, number in open_ends)
    named = ", ".join(f"{name} {number:,}" for name, number in open_ends if number)
    return f"{total:,} ({named})" if total else ""


def _zero(analysis: Analysis) -> str:
    if not analysis.changes:
        return "nothing, since no symbol changed"
    if found := doubts(analysis.coverage):
        return f"nothing was found, which is no proof: {'; '.join(found)}"
    return "nothing: every file was read, every reference resolved, none leads here"


def doubts(coverage: Coverage) -> list[str]:
    """Return why an empty answer may not be the whole truth; nothing when nothing is open."""
    found = []
    if open_ends := unsure(coverage.languages):
        found.append(f"references not resolved: {open_ends}")
    if coverage.partial:
        found.append(f"{count(coverage.partial, 'file')} read in part")
    if coverage.skipped:
        found.append(f"{count(coverage.skipped, 'file')} not read")
    return found


def _distances(analysis: Analysis) -> str:
    steps = Counter(min(one.distance, _FAR) for one in analysis.impact)
    names = {0: "none", 1: "1 step", 2: "2 steps", _FAR: f"{_FAR} or more"}
    return "at " + ", ".join(f"{names[far]}: {steps[far]:,}" for far in sorted(steps))


def _tiers(analysis: Analysis) -> str:
    tiers = Counter(one.tier for one in analysis.impact)
    return ", ".join(f"{tiers[tier]:,} {tier}" for tier in TIERS if tiers[tier])


def _verdict(value: bool | None, right: str, wrong: str) -> str:  # noqa: FBT001 - the value of a proof
    if value is None:
        return ""
    return right if value else wrong


def _language(one: LanguageCoverage) -> str:
    label = language_label(one.language)
    inside = one.resolved + one.ambiguous + one.unresolved + one.dynamic
    rest = [
        f"{number:,} {name}"
        for number, name in (
            (one.unresolved, "unresolved"),
            (one.ambiguous, "ambiguous"),
            (one.dynamic, "dynamic"),
            (one.external, "external"),
        )
        if number or name == "unresolved"
    ]
    if not inside:
        return f"{label}: {count(one.files, 'file')}, no references within the tree"
    share = 100 * one.resolved // inside
    return (
        f"{label}: {one.resolved:,} of {count(inside, 'reference')} resolved ({share} %); "
        + ", ".join(rest)
    )
