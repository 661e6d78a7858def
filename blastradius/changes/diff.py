"""Two versions of one file's facts → the definitions that differ.

Definitions are matched by their key (the address, or for list items what identifies them), so that a
shifted list item or a moved function is no change. White space, comments and docstrings are gone from
shape and body already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from blastradius.changes.categorize import categorize
from blastradius.model.analysis import ChangeKind, Severity
from blastradius.model.facts import Definition, Facts

# What people rename. A list item or a column that comes and one that goes are two changes.
_NAMED = frozenset({"class", "function", "method", "attribute", "variable", "relation", "column"})


class DefinitionChange(Struct, frozen=True):
    """One definition that differs. ``old`` and ``new`` are indexes, -1 where it is absent."""

    key: str
    kind: ChangeKind
    severity: Severity
    old: int
    new: int
    detail: str


def diff(old: Facts | None, new: Facts | None) -> tuple[DefinitionChange, ...]:
    """Return what differs, in the order of the new file, removals last.

    A definition that is gone and one of the same kind, shape and body that came is a rename, when
    the match is unique on both sides.
    """
    before = _by_key(old.definitions if old else ())
    after = _by_key(new.definitions if new else ())
    old_definitions = old.definitions if old else ()
    new_definitions = new.definitions if new else ()
    renamed = _renames(before, after, old_definitions, new_definitions)
    came_from = {target: source for source, target in renamed.items()}
    changes: list[DefinitionChange] = []
    for key, index in after.items():
        source = came_from.get(key)
        if source is not None:
            changes.append(
                DefinitionChange(
                    key,
                    "renamed",
                    "breaking",
                    before[source],
                    index,
                    f"was {old_definitions[before[source]].name}",
                )
            )
            continue
        past = old_definitions[before[key]] if key in before else None
        verdict = categorize(past, new_definitions[index], new_definitions)
        if verdict is not None:
            kind, severity, detail = verdict
            changes.append(
                DefinitionChange(key, kind, severity, before.get(key, -1), index, detail)
            )
    for key, index in before.items():
        if key not in after and key not in renamed:
            changes.append(
                DefinitionChange(key, "removed", "breaking", index, -1, "no longer there")
            )
    return _without_echoes(changes, old_definitions, new_definitions)


def _by_key(definitions: Sequence[Definition]) -> dict[str, int]:
    """Return key → index; a repeated key (overload, redefinition) gets a counter."""
    found: dict[str, int] = {}
    for index, definition in enumerate(definitions):
        key = definition.key or definition.name
        if key in found:
            number = 2
            while f"{key}~{number}" in found:
                number += 1
            key = f"{key}~{number}"
        found[key] = index
    return found


def _renames(
    before: dict[str, int],
    after: dict[str, int],
    old: Sequence[Definition],
    new: Sequence[Definition],
) -> dict[str, str]:
    gone: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    came: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for key, index in before.items():
        if key not in after and old[index].kind in _NAMED and old[index].body:
            gone[_sameness(old, index)].append(key)
    for key, index in after.items():
        if key not in before and new[index].kind in _NAMED and new[index].body:
            came[_sameness(new, index)].append(key)
    return {
        keys[0]: came[same][0]
        for same, keys in gone.items()
        if len(keys) == 1 and len(came.get(same, ())) == 1
    }


def _sameness(definitions: Sequence[Definition], index: int) -> tuple[str, str, str, str]:
    one = definitions[index]
    parent = definitions[one.parent].name if one.parent >= 0 else ""
    return one.kind, one.shape, one.body, parent


def _without_echoes(
    changes: Sequence[DefinitionChange],
    old: Sequence[Definition],
    new: Sequence[Definition],
) -> tuple[DefinitionChange, ...]:
    """Drop what only repeats its parent: the parameters of a function that came or went whole."""
    came = {change.new for change in changes if change.kind == "added"}
    gone = {change.old for change in changes if change.kind == "removed"}
    return tuple(
        change
        for change in changes
        if not (
            (
                change.kind == "added"
                and _is_detail(new[change.new])
                and new[change.new].parent in came
            )
            or (
                change.kind == "removed"
                and _is_detail(old[change.old])
                and old[change.old].parent in gone
            )
        )
    )


def _is_detail(definition: Definition) -> bool:
    return definition.kind == "parameter"
