"""The table of expression nodes of one file, each kept once."""

from __future__ import annotations

from collections.abc import Iterable

from blastradius.languages.python.own import Op

UNKNOWN = 0
LITERAL = 1


class NodeTable:
    """Expressions as rows (op, a, b); 0 is the unknown value, 1 the value of any literal.

    Rows may be cyclic once names are bound (``x = x.next``): whoever evaluates must watch for that.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int]] = []
        self.strings: list[str] = []
        self._number: dict[tuple[int, int, int], int] = {}
        self._string: dict[str, int] = {}
        self.make(Op.UNKNOWN)
        self.make(Op.BUILTIN)

    def string(self, text: str) -> int:
        """Return the number of a string."""
        known = self._string.get(text)
        if known is None:
            known = self._string[text] = len(self.strings)
            self.strings.append(text)
        return known

    def make(self, op: int, a: int = 0, text: str = "") -> int:
        """Return the node (op, a, text)."""
        return self.row(op, a, self.string(text))

    def row(self, op: int, a: int, b: int) -> int:
        """Return the node with these columns as they are."""
        key = (int(op), a, b)
        known = self._number.get(key)
        if known is None:
            known = self._number[key] = len(self.rows)
            self.rows.append(key)
        return known

    def attr(self, base: int, name: str) -> int:
        """Return the node of ``base.name``."""
        return self.row(Op.ATTR, base, self.string(name))

    def item(self, base: int, key: str = "", op: Op = Op.ITEM) -> int:
        """Return the node of ``base[key]``; an empty key is one that is not known."""
        return self.row(op, base, self.string(key)) if base > LITERAL else UNKNOWN

    def element(self, base: int) -> int:
        """Return the node of an element of the value."""
        return self.row(Op.ITER, base, 0) if base > LITERAL else UNKNOWN

    def derive(self, op: Op, base: int) -> int:
        """Return the node of ``op`` over ``base``; unknown stays unknown."""
        return self.row(op, base, 0) if base > LITERAL else base

    def choice(self, nodes: Iterable[int]) -> int:
        """Return the node for one of ``nodes``; unknown when there are many, or none is known.

        Literals are left out: ``x = None`` beside ``x = Foo()`` is how Python says "later".
        """
        several = [node for node in dict.fromkeys(nodes) if node != LITERAL]
        known = [node for node in several if node != UNKNOWN]
        if not several:
            return LITERAL
        if not known or len(known) > _MOST_CHOICES:
            return UNKNOWN
        result = known[0]
        for node in known[1:]:
            result = self.row(Op.CHOICE, result, node)
        return result if len(known) == len(several) else self.row(Op.MAYBE, result, 0)


_MOST_CHOICES = 6
