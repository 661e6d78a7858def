"""The least set of commits that must go together, found by undoing and looking.

What holds between commits is not known beforehand: it is asked of a `World` that really merges and
really looks. So demands are gathered as they show: take the cheapest set that satisfies all that are
known, try it, add what it shows; once a tried set shows nothing new, it is the least there is,
because every set that is cheaper violates a demand that is known (the implicit hitting set approach:
Moreno-Centeno and Karp, Operations Research 61, 2013). Where each demand has one answer this is the
closure over atomic changes of Chianti, and needs no search.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from blastradius.errors import NoConsistentPlanError
from blastradius.planning.cheapest import Choice, Site, cheapest
from blastradius.planning.demands import Demand, Prices

_SHORT = 12
# With more commits drawn in than this, they are not left out one by one.
_ONE_BY_ONE = 32


class World(Protocol):
    """What selection asks of the repository."""

    def text_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return what the three-way merges of undoing ``undone`` demand; empty: they are clean."""
        ...

    def reference_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return what the references of the reverted tree demand; only asked when text is clean."""
        ...


class Drawn(Struct, frozen=True):
    """A commit that is in the set because ``demand`` asks for it."""

    commit: str
    demand: Demand


class Selection(Struct, frozen=True):
    """The set, goal included.

    Attributes:
        commits: all that goes.
        drawn: for each commit that was not asked to go, the demand that drew it, in that order.
        mended: the demands that are left to a hand, since that is cheaper.
        least: no cheaper set satisfies what was shown; False when a bound ended the search, or when
            something that had been demanded turned out not to be needed.
        irreducible: without any one of those drawn in, something is demanded: each was left out once.
        tried: how many sets were tried out.
        open: demands that several commits would answer.
    """

    commits: frozenset[str]
    drawn: tuple[Drawn, ...]
    mended: tuple[Demand, ...] = ()
    least: bool = True
    tried: int = 1
    irreducible: bool | Literal["not checked"] = True
    open: tuple[Demand, ...] = ()


def select(
    goal: Iterable[str],
    keep: Iterable[str],
    world: World,
    prices: Prices | None = None,
    trials: int = 300,
) -> Selection:
    """Return the cheapest consistent set that contains ``goal``.

    Args:
        goal: ids of the commits that shall go.
        keep: ids of the commits that must stay.
        world: answers which demands hold.
        prices: of commits and of mending by hand; None: each commit costs the same, none is mended.
        trials: how many sets may be tried before the search is given up for a plain closure.

    Raises:
        NoConsistentPlanError: no set contains the goal and leaves what must stay.
    """
    wanted, forbidden = frozenset(goal), frozenset(keep)
    prices = prices or Prices()
    if both := sorted(wanted & forbidden):
        raise NoConsistentPlanError(
            f"commit {both[0][:_SHORT]} is asked to go and to stay",
            "drop it from --undo or from --keep",
        )
    demands: list[Demand] = []
    tried = 0
    while True:
        choice = cheapest(wanted, forbidden, demands, prices)
        if choice is None:
            raise _unsatisfiable(wanted, forbidden, demands)
        if tried >= trials:
            choice = _closed(choice, forbidden, world)
        tried += 1
        fresh = _shown(choice.commits, choice.mended, world)
        if not fresh or tried > trials:
            return _reduced(_selection(wanted, choice, demands, tried), world)
        demands += fresh


def _reduced(found: Selection, world: World) -> Selection:
    """Return the set without the commits that it turns out to do without, each left out once.

    What merges demand of one set is not always needed by another, so that the search may hold
    something for needed that is not. A commit that stays is explained by what leaving it out showed.
    """
    if len(found.drawn) > _ONE_BY_ONE:
        return replace(found, irreducible="not checked")
    mended = frozenset(one.site for one in found.mended)
    undone, kept = found.commits, []
    for one in reversed(found.drawn):
        rest = undone - {one.commit}
        shown = _shown(rest, mended, world)
        if not shown:
            undone = rest
            continue
        kept.append(Drawn(one.commit, _witness(one, shown, undone)))
    drawn = tuple(reversed(kept))
    if undone == found.commits:
        if all(one.demand.given <= undone for one in found.drawn):
            return found
        return replace(found, drawn=drawn)
    return _reduced(replace(found, commits=undone, drawn=drawn, least=False), world)


def _witness(one: Drawn, shown: Sequence[Demand], undone: frozenset[str]) -> Demand:
    """Return what says best why a commit goes: what leaving it out shows, and what it answers."""
    answered = [two for two in shown if one.commit in two.needs]
    if answered:
        return answered[0]
    return one.demand if one.demand.given <= undone else shown[0]


def _shown(undone: frozenset[str], mended: frozenset[Site], world: World) -> list[Demand]:
    demands = world.text_demands(undone) or world.reference_demands(undone)
    return [one for one in demands if one.is_open(undone) and one.site not in mended]


def _closed(choice: Choice, forbidden: frozenset[str], world: World) -> Choice:
    """Return a consistent set that contains the choice, without a search: the first answer is taken."""
    undone = choice.commits
    while fresh := _shown(undone, choice.mended, world):
        more = {need for one in fresh for need in one.needs[:1] if need not in forbidden}
        if not more:
            break
        undone |= more
    return Choice(undone, choice.mended, choice.price, exact=False)


def _selection(
    goal: frozenset[str], choice: Choice, demands: Sequence[Demand], tried: int
) -> Selection:
    return Selection(
        choice.commits,
        tuple(_drawn(goal, choice.commits, demands)),
        tuple(one for one in demands if one.is_open(choice.commits) and one.site in choice.mended),
        choice.exact,
        tried,
        open=tuple(one for one in demands if len(one.needs) > 1 and one.given <= choice.commits),
    )


def _drawn(
    goal: frozenset[str], undone: frozenset[str], demands: Sequence[Demand]
) -> Iterable[Drawn]:
    """Yield what drew each commit in, each after the commits that its demand takes."""
    explained = set(goal)
    while True:
        before = len(explained)
        for one in demands:
            if one.given <= explained and explained.isdisjoint(one.needs):
                answer = next((need for need in one.needs if need in undone), None)
                if answer is not None:
                    explained.add(answer)
                    yield Drawn(answer, one)
        if len(explained) == before:
            return


def _unsatisfiable(
    goal: frozenset[str], keep: frozenset[str], demands: Sequence[Demand]
) -> NoConsistentPlanError:
    """Return the error that shows the chain from the goal to what must stay."""
    undone = set(goal)
    drew: dict[str, Demand] = {}
    while True:
        open_ = [one for one in demands if one.is_open(frozenset(undone))]
        stuck = [one for one in open_ if keep.issuperset(one.needs)]
        if stuck or not open_:
            break
        for one in open_:
            need = next(need for need in one.needs if need not in keep)
            drew.setdefault(need, one)
            undone.add(need)
    if not stuck:
        return NoConsistentPlanError("no set of commits satisfies all demands", "keep less")
    one = stuck[0]
    kept = " or ".join(need[:_SHORT] for need in one.needs)
    return NoConsistentPlanError(
        f"commit {kept} must stay, but cannot: " + " ← ".join(_chain(one, drew)),
        "keep less, or undo less" + (", or mend the place by hand: --mend 1" * one.mendable),
    )


def _chain(demand: Demand, drew: dict[str, Demand]) -> list[str]:
    """Return the demands from the goal down to what must stay, in words."""
    steps = [demand]
    while steps[-1].commit in drew and len(steps) <= len(drew):
        steps.append(drew[steps[-1].commit])
    return [_in_words(step) for step in reversed(steps)]


def _in_words(step: Demand) -> str:
    where = ""
    if "path" in step.because:
        line = step.because.get("line")
        where = f", {step.because['path']}" + (f":{line}" if line else "")
    needs = " or ".join(need[:_SHORT] for need in step.needs)
    return f"{step.commit[:_SHORT]} cannot go without {needs} ({step.reason}{where})"
