"""What a field group is about: its own words, and the names of what it stands in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blastradius.model.facts import Definition, FieldGroup

_MOST = 16


def anchored(
    group: FieldGroup, definitions: Sequence[Definition], words: Iterable[str]
) -> FieldGroup:
    """Return the group with the names of the definitions around it and ``words`` among its anchors.

    The first 16 stay: its own, then the names from the inside out, then the words.
    """
    anchors: dict[str, None] = dict.fromkeys(group.anchors)
    scope = group.scope
    while scope > 0:
        anchors.setdefault(definitions[scope].name)
        scope = definitions[scope].parent
    for word in words:
        anchors.setdefault(word)
    return FieldGroup(
        group.kind, group.role, group.scope, group.sites, tuple(list(anchors)[:_MOST])
    )
