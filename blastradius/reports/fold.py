"""What is alike, told once: long lists shortened so that the first entries say the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.reports.summary import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blastradius.model.analysis import Impact, SymbolChange
    from blastradius.reports.base import Options

# Up to this many alike changes of one file are shown one by one.
_ALIKE = 3


def by_severity(changes: Iterable[SymbolChange]) -> list[SymbolChange]:
    """Return the changes, the breaking ones first, otherwise in their order."""
    return sorted(changes, key=lambda one: SEVERITIES.index(one.severity))


def shown_changes(
    changes: Iterable[SymbolChange], options: Options
) -> list[tuple[SymbolChange, int]]:
    """Return the changes, breaking ones first, with what is alike in one file folded together.

    What came or went inside something that came or went is told by it. More than three changes of
    one kind in one file are told by the first. The number is that of the changes an entry stands
    for. Without a limit nothing is folded.
    """
    if not options.limit:
        return [(one, 1) for one in by_severity(changes)]
    groups: dict[tuple[str, ...], list[SymbolChange]] = {}
    for one in by_severity(changes):
        groups.setdefault((one.path, one.severity, one.kind), []).append(one)
    folded: list[tuple[SymbolChange, int]] = []
    for group in groups.values():
        outer: list[tuple[SymbolChange, int]] = []
        for one in group:
            if (
                outer
                and one.kind in {"added", "removed"}
                and _within(one.symbol, outer[-1][0].symbol)
            ):
                outer[-1] = outer[-1][0], outer[-1][1] + 1
            else:
                outer.append((one, 1))
        folded += outer if len(outer) <= _ALIKE else [(group[0], len(group))]
    return folded


def _within(symbol: str, outer: str) -> bool:
    return symbol.startswith((f"{outer}.", f"{outer}[", f"{outer}(", f"{outer}#"))


def shown_impact(impact: Iterable[Impact], options: Options) -> list[tuple[Impact, int]]:
    """Return the impacts in their order; those of one file by the same use are told by the first.

    The number is that of the impacts an entry stands for. Without a limit nothing is folded.
    """
    if not options.limit:
        return [(one, 1) for one in impact]
    groups: dict[tuple[object, ...], list[Impact]] = {}
    for one in impact:
        first = one.witness[0] if one.witness else None
        use = (first.kind, first.target) if first else (one.symbol,)
        groups.setdefault((one.path, one.tier, one.distance, *use), []).append(one)
    return [(group[0], len(group)) for group in groups.values()]
