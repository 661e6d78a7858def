"""The routes of a tree, asked by address: which of them can a request mean, and how sure is that.

Routes stand in a tree of their segments, so that a request is compared with those alone that it can
mean; what a tree full of look-alikes would cost beyond that is bounded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from blastradius.model.symbols import Tier

ANY, REST = "*", "**"
VISIT = "VISIT"
"""The method of a link or a navigation: it asks for a page."""
_BASE = re.compile(r"api|rest|v[0-9]+")
_PARAMETER = re.compile(
    r"<(?P<path>path:)?[^<>]*>|\{[^{}]*?(?P<rest>:path)?\}|:\w+(?:\([^)]*\))?\??"
    r"|\[\[?(?P<dots>\.\.\.)?\w+\]\]?|\(\?P<\w+>[^()]*\)|\*"
)
_MOST_SEGMENTS = 30
_MOST_CANDIDATES = 4
_LEAST_TAIL = 2
_MOST_BRANCHES = 256
_MOST_ALIKE = 1_000
# Comparisons with routes that end alike, in one tree.
_MOST_WORK = 1_000_000

Segments = tuple[str, ...]


class Endpoint(NamedTuple):
    """A route: ``method`` is upper case, ``*`` for all. ``rooted``: no prefix is set elsewhere.

    ``home`` is the folder of the application that alone asks it at this address, None for any.
    """

    segments: Segments
    method: str
    symbol: str
    rooted: bool
    home: str | None = None


Answer = tuple[list[Endpoint], Tier, float]


class _Branch:
    """What begins with the same segments: number and route of those that end here, and the rest."""

    __slots__ = ("below", "ends")

    def __init__(self) -> None:
        self.below: dict[str, _Branch] = {}
        self.ends: list[tuple[int, Endpoint]] = []


class Routes:
    """Looks up routes by the addresses that are asked for."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._root = _Branch()
        self._by_tail: dict[str, list[Endpoint]] = defaultdict(list)
        self._work = 0
        for number, one in enumerate(endpoints):
            branch = self._root
            for part in one.segments:
                branch = branch.below.setdefault(part, _Branch())
                if part == REST:
                    break
            branch.ends.append((number, one))
            if REST not in one.segments:
                for word in set(one.segments) - {ANY}:
                    self._by_tail[word].append(one)

    def answers(self, url: str, method: str, path: str) -> Answer:
        """Return the routes that a request can mean, and how sure that is.

        Args:
            url: path of the address, with ``{}`` for what is computed.
            method: upper case; empty when it is not said.
            path: of the file that asks.
        """
        wanted = segments_of(url)
        computed = wanted[:1] == (ANY,) and url.startswith("{}")
        wanted = wanted[1:] if computed else wanted
        if computed and sum(one != ANY for one in wanted) < _LEAST_TAIL:
            return [], "heuristic", 0.5  # a host that is computed may be any host
        fitting = [
            (score, one)
            for one in self._alike(wanted)
            if _speaks(method, one.method)
            and (one.home is None or path.startswith(one.home))
            and (score := fit(wanted, one.segments)) > 0
        ]
        if not fitting:
            return self._tails(wanted, method)
        best = max(score for score, _ in fitting)
        found = [one for score, one in fitting if score == best]
        found = [one for one in found if one.method == method] or found
        if len({one.symbol for one in found}) > 1:
            return found[:_MOST_CANDIDATES], "heuristic", 0.5
        one = found[0]
        literal = sum(word not in {ANY, REST} for word in one.segments)
        known = bool(method) and not computed and (one.rooted or literal >= _LEAST_TAIL)
        known = known and REST not in one.segments
        # A word in a parameter's place may be another server's route.
        shape = [word == ANY for word in wanted]
        if known and shape == [word == ANY for word in one.segments]:
            return [one], "likely", 0.9
        return [one], "heuristic", 0.75

    def _alike(self, wanted: Segments) -> list[Endpoint]:
        """Return the routes that an address may fit, in their order, the open ones last."""
        branches, ends = [self._root], []
        for part in (*wanted, ""):
            rests = [one.below[REST] for one in branches if REST in one.below]
            ends += [(True, *end) for one in rests for end in one.ends]
            if part == "":
                ends += [(False, *end) for one in branches for end in one.ends]
                break
            words = dict.fromkeys((part, ANY) if part != REST else (ANY,))
            ways = (one.below[word] for one in branches for word in words if word in one.below)
            branches = list(islice(ways, _MOST_BRANCHES))
        return [one for _, _, one in sorted(ends[:_MOST_ALIKE], key=lambda end: end[:2])]

    def _tails(self, wanted: Segments, method: str) -> Answer:
        """Return the only route that is the end of the address, or whose end the address is.

        A server mounts routers under prefixes, a client puts a base in front: neither is in the text.
        """
        word = next((one for one in reversed(wanted) if one != ANY), "")
        alike = self._by_tail.get(word, ()) if method != VISIT else ()
        self._work += len(alike)
        if self._work > _MOST_WORK:
            return [], "heuristic", 0.5
        found = []
        for one in alike:
            if one.home is not None or not _speaks(method, one.method):
                continue
            size = min(len(one.segments), len(wanted))
            ours, theirs = wanted[-size:], one.segments[-size:]
            literal = sum(left == right != ANY for left, right in zip(ours, theirs, strict=True))
            longer = len(one.segments) < len(wanted)
            # ``/api/v1`` in front is where servers mount all that they have.
            base = longer and all(_BASE.fullmatch(part) for part in wanted[:-size])
            enough = literal >= _LEAST_TAIL or (literal and base)
            if enough and fit(ours, theirs) > 0 and not (longer and one.rooted):
                found.append(one)
        unique = {one.symbol for one in found}
        return (found[:1], "heuristic", 0.6) if len(unique) == 1 else ([], "heuristic", 0.5)


def _speaks(asked: str, answered: str) -> bool:
    if VISIT in {asked, answered}:
        return asked == answered
    return not asked or answered in {ANY, asked}


def fit(asked: Segments, answered: Segments) -> int:
    """Return how well an address fits a route: 0 not at all, more for each word that is the same.

    An address that fits by parameters alone does not fit: everything would.
    """
    score = 0
    for number, right in enumerate(answered):
        if right == REST:
            return score + 1 if score and len(asked) >= number else 0
        if number >= len(asked):
            return 0
        left = asked[number]
        if left == right != ANY:
            score += 2
        elif right != ANY:
            return 0
    if len(asked) != len(answered):
        return 0
    return score + 1 if score or not answered else 0


def segments_of(url: str) -> Segments:
    """Return the segments of an address: words, ``*`` for one that varies, ``**`` for all the rest."""
    text = url.partition("?")[0] if "(?P" not in url else url.removeprefix("^").removesuffix("$")
    found = []
    for part in text.split("/")[: _MOST_SEGMENTS + 1]:
        match = _PARAMETER.search(part)
        if match is None:
            found.append(part)
        elif match.group("path") or match.group("rest") or match.group("dots"):
            found.append(REST)
        else:
            found.append(ANY)
    return tuple(part for part in found if part)
