"""The cheapest set of commits that satisfies given demands, exactly.

Where each demand is answered by one commit and takes one commit beside those that go anyway, that is
a minimum cut (`blastradius.graph.cut`), and without a price for mending simply a closure. A demand
that several commits would answer makes the problem a hitting set: depth-first branch and bound over
the answers, after the demands with only one answer left have been followed; the number of steps is
bounded, and whether the bound was reached is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from blastradius.graph.cut import Need, cheapest_closure
from blastradius.planning.demands import Demand, Prices

Site = tuple[str, ...]


class Choice(Struct, frozen=True):
    """A set that satisfies the demands: what goes, which places are mended by hand, the price.

    ``exact``: no cheaper one exists.
    """

    commits: frozenset[str]
    mended: frozenset[Site]
    price: int
    exact: bool = True


class _State(Struct, frozen=True):
    """A branch of the search: what goes, what must not, and which places are mended."""

    inside: frozenset[str]
    banned: frozenset[str]
    mended: frozenset[Site]


def cheapest(
    goal: frozenset[str],
    keep: frozenset[str],
    demands: Sequence[Demand],
    prices: Prices,
    limit: int = 20_000,
) -> Choice | None:
    """Return the cheapest set that contains ``goal`` and nothing of ``keep``; None: there is none.

    Args:
        goal: the commits that go.
        keep: the commits that stay.
        demands: all that are known.
        prices: of commits and of mending.
        limit: steps of the search, before the best so far is taken.
    """
    best: Choice | None = None
    waiting = [_State(goal, keep, frozenset())]
    steps = 0
    while waiting and steps < limit:
        steps += 1
        state = _followed(waiting.pop(), demands, prices)
        if state is None:
            continue
        price = _price(state, prices)
        if best is not None and price >= best.price:
            continue
        open_ = _open(state, demands)
        if not open_:
            best = Choice(state.inside, state.mended, price)
        elif _is_simple(state, demands):
            found = _by_cut(state, demands, prices)
            if found is not None and (best is None or found.price < best.price):
                best = found
        else:
            waiting += reversed(_branches(state, open_, prices))
    if best is None or not waiting:
        return best
    return Choice(best.commits, best.mended, best.price, exact=False)


def _open(state: _State, demands: Sequence[Demand]) -> list[Demand]:
    return [one for one in demands if one.is_open(state.inside) and one.site not in state.mended]


def _followed(state: _State, demands: Sequence[Demand], prices: Prices) -> _State | None:
    """Return the state after all that leaves no choice; None: something cannot be satisfied."""
    while True:
        inside, mended = set(state.inside), set(state.mended)
        for one in _open(state, demands):
            left = [need for need in one.needs if need not in state.banned]
            may_mend = one.mendable and prices.mend is not None
            if not left and not may_mend:
                return None
            if not left:
                mended.add(one.site)
            elif len(left) == 1 and not may_mend:
                inside.add(left[0])
        following = _State(frozenset(inside), state.banned, frozenset(mended))
        if following == state:
            return state
        state = following


def _branches(state: _State, open_: Sequence[Demand], prices: Prices) -> list[_State]:
    """Return the ways to answer one open demand, of those with the fewest; each rules out the others."""
    chosen = min(open_, key=lambda one: len(set(one.needs) - state.banned))
    ways = []
    banned = state.banned
    for need in chosen.needs:
        if need not in state.banned:
            ways.append(_State(state.inside | {need}, banned, state.mended))
            banned |= {need}
    if chosen.mendable and prices.mend is not None:
        ways.append(_State(state.inside, banned, state.mended | {chosen.site}))
    return ways


def _price(state: _State, prices: Prices) -> int:
    return sum(map(prices.of, state.inside)) + len(state.mended) * (prices.mend or 0)


def _is_simple(state: _State, demands: Sequence[Demand]) -> bool:
    """Tell whether what is left is a closure with prices: one commit asks for one commit."""
    sites: set[Site] = set()
    for one in demands:
        if one.site in state.mended or not state.inside.isdisjoint(one.needs):
            continue
        if len(one.needs) > 1 or len(one.given - state.inside) > 1:
            return False
        if one.mendable and one.site in sites:
            return False  # one place, asked about twice, is mended once
        sites.add(one.site)
    return True


def _by_cut(state: _State, demands: Sequence[Demand], prices: Prices) -> Choice | None:
    left = [
        one
        for one in demands
        if one.site not in state.mended and state.inside.isdisjoint(one.needs)
    ]
    named = state.inside.union(*(one.given | set(one.needs) for one in left))
    number = {commit: place for place, commit in enumerate(sorted(named))}
    anchor = number[min(state.inside)]  # what goes anyway stands for a premise that is met
    needs = [
        Need(
            next((number[commit] for commit in one.given - state.inside), anchor),
            number[one.needs[0]],
            prices.mend if one.mendable else None,
        )
        for one in left
    ]
    found = cheapest_closure(
        [prices.of(commit) for commit in number],
        needs,
        [number[commit] for commit in state.inside],
        [number[commit] for commit in state.banned & named],
    )
    if found is None:
        return None
    commits = list(number)
    mended = state.mended.union(left[place].site for place in found.bought)
    price = found.price + len(state.mended) * (prices.mend or 0)
    return Choice(frozenset(commits[node] for node in found.members), mended, price)
