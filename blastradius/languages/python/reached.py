"""The table of what flows where, by the place that it reaches."""

from __future__ import annotations

from blastradius.languages.python.values import Values

# A place that values reach: path, number of the definition or container, and what of it.
Place = tuple[str, int, str]
PARAMETER, ATTRIBUTE, ITEM = "p:", "a:", "c:"
REACHED = "reached"
"""The question what flows to a place (`languages.watch`)."""


class Reached:
    """What flows where over the whole tree, by the place that it reaches.

    Attributes:
        parameters: (path, parameter) → what calls hand over.
        attributes: (path, class, name) → what is put there from outside of the class.
        items: (path, container) → key → what is put there after it was made.
    """

    def __init__(self) -> None:
        self.parameters: dict[tuple[str, int], Values] = {}
        self.attributes: dict[tuple[str, int, str], Values] = {}
        self.items: dict[tuple[str, int], dict[str, Values]] = {}

    def at(self, place: Place) -> object:
        """Return everything that flows to a place; equal where the same does."""
        path, number, name = place
        kind, key = name[:2], name[2:]
        if kind == PARAMETER:
            return self.parameters.get((path, number), ())
        if kind == ATTRIBUTE:
            return self.attributes.get((path, number, key), ())
        return sorted(self.items.get((path, number), {}).items())
