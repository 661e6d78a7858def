"""Field groups of one file: names that stand together, and words that say what they are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from blastradius.languages.anchors import anchored
from blastradius.model.facts import Definition, FieldGroup, FieldSite, GroupRole, Mention

FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]{0,62}", re.ASCII)
MOST_FIELDS = 5_000
_LEAST_USES = 2

Site = tuple[str, int, int]


class Groups:
    """The groups of one file while it is walked; sites are (name, line, definition or -1)."""

    def __init__(self) -> None:
        self._whole: list[FieldGroup] = []
        self._count = 0
        self._uses: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)

    def add(
        self, kind: str, role: GroupRole, scope: int, sites: Sequence[Site], anchors: Iterable[str]
    ) -> None:
        """Add a group whose members are all known."""
        members = tuple(
            FieldSite(name, line, definition)
            for name, line, definition in sites
            if FIELD_NAME.fullmatch(name)
        )
        self._count += len(members)
        if members and self._count <= MOST_FIELDS:
            words = tuple(dict.fromkeys(word for word in anchors if word))
            self._whole.append(FieldGroup(kind, role, scope, members, words))

    def use(self, of: str, scope: int, name: str, line: int) -> None:
        """Add one use of a field of the variable ``of`` in ``scope``."""
        if self._count <= MOST_FIELDS and FIELD_NAME.fullmatch(name):
            self._count += 1
            self._uses[of, scope].setdefault(name, line)

    def finished(
        self, definitions: Sequence[Definition], mentions: Sequence[Mention]
    ) -> tuple[FieldGroup, ...]:
        """Return all groups with their anchors, in the order of their first site."""
        named: dict[int, dict[str, None]] = defaultdict(dict)
        for mention in mentions:
            if mention.flavor in {"path", "table", "url"}:
                named[mention.scope].setdefault(mention.value)
        uses = [
            FieldGroup(
                "subscript",
                "consume",
                scope,
                tuple(FieldSite(name, line) for name, line in sites.items()),
                (of,),
            )
            for (of, scope), sites in self._uses.items()
            if len(sites) >= _LEAST_USES
        ]
        several = [
            anchored(group, definitions, named.get(group.scope, ()))
            for group in [*self._whole, *uses]
        ]
        return tuple(
            sorted(
                several,
                key=lambda one: (one.sites[0].line, one.scope, one.kind, one.sites[0].name),
            )
        )
