"""The edits of one file, each given to the symbol that it belongs to, and files with some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from blastradius.changes.origins import matching_blocks

Spans = Sequence[tuple[str, int, int]]
"""(name, first line, last line), 1-based and inclusive."""


class Piece(Struct, frozen=True):
    """Lines ``[old_start, old_end)`` became ``[new_start, new_end)``, 0-based; whose they are."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int
    symbol: str


def pieces(texts: tuple[bytes, bytes], spans: tuple[Spans, Spans]) -> list[Piece]:
    """Return the edits between two versions of a file, in order.

    Lines that only came, or only went, are cut where one symbol ends and the next begins; an edit that
    replaces lines belongs to the innermost symbol that holds all of it, before or after.

    Args:
        texts: the old version and the new one.
        spans: the symbols of each.
    """
    old, new = (text.splitlines(keepends=True) for text in texts)
    found: list[Piece] = []
    at_old = at_new = 0
    for a, b, length in [*matching_blocks(old, new), (len(old), len(new), 0)]:
        if at_old < a or at_new < b:
            found += _cut((at_old, a, at_new, b), (old, new), spans)
        at_old, at_new = a + length, b + length
    return found


def with_pieces(old: bytes, new: bytes, chosen: Iterable[Piece]) -> bytes:
    """Return the old version with the chosen edits made."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    found: list[bytes] = []
    at = 0
    for one in sorted(chosen, key=lambda piece: (piece.old_start, piece.new_start)):
        found += before[at : one.old_start]
        found += after[one.new_start : one.new_end]
        at = one.old_end
    return b"".join(found + before[at:])


def undone_lines(base: bytes, theirs: bytes, ours: bytes) -> bytes | None:
    """Return ``ours`` with the edits from ``base`` to ``theirs`` made; None where they do not fit.

    Other than git's merge this takes an edit for fitting when its own lines are there unchanged, and
    side by side, whatever stands next to them: so parts of one commit can be told apart.
    """
    old, new, here = (text.splitlines(keepends=True) for text in (base, theirs, ours))
    place = {
        a + offset: b + offset
        for a, b, length in matching_blocks(old, here)
        for offset in range(length)
    }
    edits: list[tuple[int, int, list[bytes]]] = []
    at_old = at_new = 0
    for a, b, length in [*matching_blocks(old, new), (len(old), len(new), 0)]:
        if at_old < a or at_new < b:
            where = _fits(at_old, a, place, (len(old), len(here)))
            if where is None:
                return None
            edits.append((*where, list(new[at_new:b])))
        at_old, at_new = a + length, b + length
    for start, end, lines in reversed(edits):
        here[start:end] = lines
    return b"".join(here)


def _fits(
    start: int, end: int, place: dict[int, int], lengths: tuple[int, int]
) -> tuple[int, int] | None:
    """Return where lines ``[start, end)`` of the base stand in ours, None when not side by side."""
    if start < end:
        lines = [place.get(line) for line in range(start, end)]
        first = lines[0]
        if first is None or lines != list(range(first, first + end - start)):
            return None
        return first, first + end - start
    before = place.get(start - 1) if start else -1
    after = place.get(start) if start < lengths[0] else lengths[1]
    if before is None and after is None:
        return None
    at = before + 1 if before is not None else after or 0
    return at, at


def _cut(
    edit: tuple[int, int, int, int],
    lines: tuple[Sequence[bytes], Sequence[bytes]],
    spans: tuple[Spans, Spans],
) -> Iterator[Piece]:
    old_start, old_end, new_start, new_end = edit
    if new_start == new_end:
        for symbol, first, last in _runs(old_start, old_end, lines[0], spans[0]):
            yield Piece(first, last, new_start, new_end, symbol)
        return
    runs = list(_runs(new_start, new_end, lines[1], spans[1]))
    was = _holder(old_start, old_end, spans[0]) if old_start < old_end else ""
    place = next((number for number, run in enumerate(runs) if run[0] == was), 0)
    if old_start < old_end and len(runs) > 1 and runs[place][0] != was:
        # The lines that went belong to nobody who is still there: nothing tells the new ones apart.
        yield Piece(old_start, old_end, new_start, new_end, "")
        return
    for number, (symbol, first, last) in enumerate(runs):
        # What came beside the lines that changed stands before or after them.
        start = old_start if number <= place else old_end
        end = old_end if number >= place else old_start
        yield Piece(start, end, first, last, symbol or (was if len(runs) == 1 else ""))


def _runs(
    start: int, end: int, lines: Sequence[bytes], spans: Spans
) -> Iterator[tuple[str, int, int]]:
    """Yield (symbol, first, last) for lines that belong together; blank ones go with what follows."""
    owners = [_holder(line, line + 1, spans) for line in range(start, end)]
    following = owners[-1] if owners else ""
    for number in range(len(owners) - 1, -1, -1):
        above = owners[number]
        if _says_little(lines[start + number]) and (
            not above or _is_within(following, above, spans)
        ):
            owners[number] = following
        following = owners[number]
    at = start
    for symbol, run in groupby(_outermost(owners, spans)):
        length = len(list(run))
        yield symbol, at, at + length
        at += length


def _is_within(inner: str, outer: str, spans: Spans) -> bool:
    places = {name: (first, last) for name, first, last in spans}
    if inner not in places or outer not in places:
        return False
    return places[outer][0] <= places[inner][0] and places[inner][1] <= places[outer][1]


def _outermost(owners: Sequence[str], spans: Spans) -> list[str]:
    """Return the owners, those that lie within another of them as that other."""
    present = set(owners)
    inside = {
        name: next(
            (
                other
                for other, start, end in spans
                if other in present and other != name and start <= first and last <= end
            ),
            name,
        )
        for name, first, last in spans
        if name in present
    }
    return [inside.get(owner, owner) for owner in owners]


def _holder(start: int, end: int, spans: Spans) -> str:
    """Return the innermost symbol that holds lines ``[start, end)``, 0-based; empty: none does."""
    best, length = "", 0
    for name, first, last in spans:
        if first <= start + 1 and end <= last and (not best or last - first < length):
            best, length = name, last - first
    return best


def _says_little(line: bytes) -> bool:
    text = line.strip()
    return not text or text.startswith((b"#", b"@", b"--", b"//"))
