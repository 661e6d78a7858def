"""What a name means in the output of a query, and how several meanings become one value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from blastradius.languages.sql.shapes import Shape, Star, Value, digest, merge


@dataclass(slots=True)
class Found:
    """What a name means in one place.

    ``values`` are certain, ``hidden`` holds groups of columns behind stars (one of each group is
    meant), ``weak`` what a function's rows may hold. ``each``: all groups are meant for sure.
    """

    values: list[Value] = field(default_factory=list)
    hidden: list[list[tuple[int, str]]] = field(default_factory=list)
    soft: bool = False
    weak: list[Value] = field(default_factory=list)
    each: bool = False


def of_both_sides(
    hiding: dict[int, list[list[tuple[int, str]]]], places: set[int]
) -> list[list[tuple[int, str]]]:
    """Return what is meant by a column of a USING: that of each table joined by it, and one other.

    The left side of a chain of joins has the column in any one of its tables.
    """
    groups = [group for place in sorted(places) for group in hiding.get(place, ())]
    left = [hidden for place, hidden in hiding.items() if place < min(places)]
    if len(left) == 1:
        return [*left[0], *groups]
    return [any_of(left), *groups] if left else groups


def any_of(several: Iterable[list[list[tuple[int, str]]]]) -> list[tuple[int, str]]:
    """Return the columns of all groups, of which one is meant."""
    return [one for groups in several for group in groups for one in group]


def look(shape: Shape, name: str) -> Found:
    """Return what ``name`` means in a query's output."""
    found = Found()
    first = shape.branches[0].only_star if len(shape.branches) > 1 else None
    for number, branch in enumerate(shape.branches):
        column = branch.named.get(name)
        if column is not None:
            found.values.append(column.value)
            continue
        star = branch.only_star if number and first is not None and not branch.by_name else None
        if star is not None and first is not None:
            # Both are known by position only: the column that stands where the first has it.
            found.hidden.append([(star.relation, f"@{first.relation}:{name}")])
            continue
        hidden: list[tuple[int, str]] = []
        for star in branch.stars:
            _look_behind(star, name, found, hidden)
        if hidden:
            found.hidden.append(hidden)
    return found


def _look_behind(star: Star, name: str, found: Found, hidden: list[tuple[int, str]]) -> None:
    origin = star.origin(name)
    if origin is None:
        return
    if star.relation >= 0:
        hidden.append((star.relation, origin))
        found.soft = found.soft or star.soft
    else:
        value = star.value or Value()
        found.weak.append(Value(value.sources, digest((value.digest, name))))


def joined(values: Sequence[Value]) -> Value:
    """Return the value that has all of ``values`` in it."""
    if len(values) == 1:
        return values[0]
    both = Value()
    for value in values:
        add(both, value)
        both.struct = both.struct or value.struct
    return both


def add(value: Value, other: Value) -> None:
    """Take ``other`` into ``value``."""
    merge(value.sources, other.sources, 0)
    value.digest = digest((value.digest, other.digest)) if value.digest else other.digest
