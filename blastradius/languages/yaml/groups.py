"""Field groups of YAML: names that stand together, and the words that say what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from blastradius.languages.yaml.nodes import Node, child, settle
from blastradius.languages.yaml.scalars import IDENTIFIER, flavors
from blastradius.model.facts import FieldGroup, FieldSite

MAX_GROUPS = 20_000
_MAX_ANCHORS = 40
_LONGEST_ANCHOR = 80

Chain = tuple[Node, "Chain | None"]


class Around(Protocol):
    """What a group needs to know of the place of its collection."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as in collect.Place
    @property
    def definition(self) -> int: ...  # noqa: D102 - as in collect.Place
    @property
    def opened(self) -> Chain | None: ...  # noqa: D102 - as in collect.Place


def around(opened: Chain | None) -> Iterator[Node]:
    """Yield the collections around a place, innermost first."""
    while opened is not None:
        node, opened = opened
        yield node


def of_sequence(node: Node, members: Sequence[tuple[int, int]], place: Around) -> FieldGroup | None:
    """Return the group of a list of identifiers (``items``) or of ``- name: x`` (``columns``).

    ``members`` are the line and the definition of each item.
    """
    kind, names = "items", [settle(item) for item in node.items]
    if names and all(one.kind == "mapping" for one in names):
        kind, names = "columns", [child(one, "name") or one for one in names]
    sites = tuple(
        FieldSite(one.text, line, index)
        for one, (line, index) in zip(names, members, strict=False)
        if one.kind == "scalar" and one.tag == "str" and IDENTIFIER.match(one.text)
    )
    # One that is no identifier among many is tolerated, a list of sentences with one word is not.
    if not sites or len(sites) * 2 <= len(node.items):
        return None
    return FieldGroup(kind, "declare", place.definition, sites, _anchors(place))


def of_mapping(
    node: Node, keys: Sequence[tuple[Node, int, int]], place: Around
) -> FieldGroup | None:
    """Return the group of a mapping whose values are alike: all scalars, or all mappings.

    ``keys`` have their line and definition beside them.
    """
    if len(keys) < 2 or _is_record(node, place):  # noqa: PLR2004 - one name is no group
        return None
    kinds = {settle(value).kind for key, value in node.pairs if key.tag != "merge"}
    if len(kinds) > 1 or not kinds <= {"scalar", "mapping"}:
        return None
    sites = tuple(
        FieldSite(key.text, line, index)
        for key, line, index in keys
        if key.kind == "scalar" and IDENTIFIER.match(key.text)
    )
    if len(sites) < 2 or len(sites) * 2 <= len(keys):  # noqa: PLR2004 - as above
        return None
    return FieldGroup("dict", "declare", place.definition, sites, _anchors(place))


def _is_record(node: Node, place: Around) -> bool:
    """One of several like members of a list: its keys are the list's scheme, not fields."""
    if place.opened is None or place.opened[0].kind != "sequence":
        return False
    items = place.opened[0].items
    keys = {key.text for key, _ in node.pairs}
    other = next((settle(one) for one in items[:2] if settle(one) is not node), None)
    return other is not None and bool(keys & {key.text for key, _ in other.pairs})


def _anchors(place: Around) -> tuple[str, ...]:
    """Return ``key=value`` of the scalars beside the ancestors, and their values that name things.

    Nearest first; the ancestors' keys last.
    """
    found: dict[str, None] = {}
    for node in around(place.opened):
        for key, value in node.pairs[:_MAX_ANCHORS]:
            scalar = settle(value)
            if key.kind != "scalar" or scalar.kind != "scalar" or scalar.tag != "str":
                continue
            if not 0 < len(scalar.text) <= _LONGEST_ANCHOR:
                continue
            named = [text for text, flavor in flavors(scalar.text, key.text) if flavor != "url"]
            if named:
                found[f"{key.text}={scalar.text}"] = None
            found.update((text, None) for text in named if not IDENTIFIER.match(text))
        if len(found) >= _MAX_ANCHORS:
            break
    words = re.findall(r"[A-Za-z_][\w-]*", place.name)
    found.update((word, None) for word in reversed(words) if not word.startswith("doc"))
    return tuple(found)[:_MAX_ANCHORS]
