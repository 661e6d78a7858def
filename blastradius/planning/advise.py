"""Which way to undo fits the facts: the choice that a recovery playbook makes. Pure."""

from __future__ import annotations

from msgspec import Struct

from blastradius.changes.leaks import Leak
from blastradius.git.standing import Standing
from blastradius.model.analysis import Advice, Command, Strategy
from blastradius.planning import commands, rotation
from blastradius.planning.commands import Way, plural, short

# From this share of the range on, what stays is hardly worth what it costs to take it apart.
_MOST = 80
# From this share on the same holds where use upon use drew commits in, in so many waves.
_CASCADE = 60
_CASCADE_WAVES = 3
_NAMED = 3


class Case(Struct, frozen=True):
    """What is known about what goes, of which range, and where that stands.

    Attributes:
        way: how the set can be undone, as it was tried out.
        standing: what git says of the range's surroundings.
        commits: how many commits the range has.
        asked: how many were asked to go.
        goes: how many go.
        waves: how many waves of the order hold a commit that was drawn in.
        files: how many files change.
        kept: something was asked to stay.
        empty: nothing of what goes is left at the range's end.
        merge: the merge whose revert against its first parent is the same as undoing the set.
        dirty: files are not as HEAD has them; None: not known.
        leaks: the secrets that the range wrote into the history.
        unread: how many files could not be searched for some.
    """

    way: Way
    standing: Standing
    commits: int
    asked: int
    goes: int
    waves: int = 0
    files: int = 0
    kept: bool = False
    empty: bool = False
    merge: str = ""
    dirty: bool | None = None
    leaks: tuple[Leak, ...] = ()
    unread: int = 0

    @property
    def drawn(self) -> int:
        """How many go that were not asked to."""
        return max(self.goes - self.asked, 0)

    @property
    def share(self) -> int:
        """How much of the range goes, in percent."""
        return 100 * self.goes // self.commits if self.commits else 0


def advise(case: Case) -> Advice:
    """Return the way to undo that fits the facts, with the exact commands; they are not run."""
    strategy = choose(case)
    return Advice(
        strategy=strategy,
        why=" ".join([_why(strategy, case), *_besides(strategy, case)]),
        commands=_commands(strategy, case),
        first=rotation.first(case.leaks, case.standing, drops=strategy == "drop-branch"),
        numbers=_numbers(case),
    )


def choose(case: Case) -> Strategy:
    """Return the strategy that fits.

    A branch that nobody else has is dropped only when all that it has goes; one revert is better than
    many; and the whole range goes where nearly all of it would be dragged along anyway.
    """
    way = case.way
    if case.empty or not case.goes:
        return "none"
    if way.pending:
        return "whole-range" if way.whole else "revert-set"
    if may_drop(case):
        return "drop-branch"
    if way.level != "commit" and not way.whole:
        return "revert-set"
    if case.merge or _is_one(way, mainline=True):
        return "revert-merge"
    if _is_one(way, mainline=False):
        return "revert-commit"
    return "whole-range" if way.whole or _is_cascade(case) else "revert-set"


def _is_one(way: Way, *, mainline: bool) -> bool:
    """Tell whether one revert undoes the set: of a merge against its first parent, or of a commit."""
    return way.fits and [one.mainline for one in way.reverts] == [mainline]


def _merge(case: Case) -> str:
    return case.merge or case.way.reverts[0].id


def may_drop(case: Case) -> bool:
    """Tell whether dropping the branch undoes the set and takes nothing from anybody else."""
    here = case.standing
    if not (here.tip and here.main and here.ahead and case.way.whole) or here.shallow or here.bare:
        return False
    return here.merged is False and here.published == 0 and not _is_main(here) and not here.others


def _is_main(here: Standing) -> bool:
    """Tell whether the range's branch is the main branch itself, ahead of the remote's."""
    return here.tip in {here.main, here.trunk, "refs/heads/main", "refs/heads/master"}


def _is_cascade(case: Case) -> bool:
    if not case.drawn or case.kept:  # exactly what was asked, or something must stay
        return False
    deep = case.share >= _CASCADE and case.waves >= _CASCADE_WAVES
    return case.share >= _MOST or deep


def _why(strategy: Strategy, case: Case) -> str:
    here, way = case.standing, case.way
    if strategy == "none":
        left = (
            "nothing of it is left at the range's end" if case.goes else "nothing was asked to go"
        )
        return f"There is nothing to undo: {left}."
    if way.pending:
        return commands.why_pending(way)
    if strategy == "drop-branch":
        return (
            f"All {plural(case.commits, 'commit')} that {short(here.tip)} has beyond {short(here.main)} "
            "go, and no remote-tracking branch has any of them: dropping the branch takes nothing "
            "from anybody."
        )
    if strategy == "revert-merge":
        return (
            f"What goes is what the merge {_merge(case)[:12]} brought in, "
            f"{plural(case.goes, 'commit')}: one revert of the merge undoes it."
        )
    if strategy == "revert-commit":
        return f"One revert undoes all that goes, {plural(case.goes, 'commit')} of {case.commits}."
    return _why_whole(case) if strategy == "whole-range" else _why_set(case)


def _why_whole(case: Case) -> str:
    if not case.way.whole:
        return _why_cascade(case)
    return (
        f"The whole range goes, {plural(case.commits, 'commit')} in {plural(case.files, 'file')}: "
        f"{_asked(case)}."
    )


def _why_set(case: Case) -> str:
    if case.way.level != "commit":
        return (
            f"Only parts of {plural(case.goes, 'commit')} go, in {plural(case.files, 'file')}: a revert "
            "of whole commits would take more back."
        )
    goes = "goes" if case.goes == 1 else "go"
    return (
        f"{case.goes} of {plural(case.commits, 'commit')} {goes} ({case.share} %; {_asked(case)}), and "
        "the others stay: what goes lies between what stays, and is reverted as a set."
    )


def _asked(case: Case) -> str:
    return f"{case.asked} asked, {case.drawn} drawn in" if case.drawn else "as asked"


def _why_cascade(case: Case) -> str:
    waves = f", in {plural(case.waves, 'wave')}" if case.waves else ""
    stay = case.commits - case.goes
    stays = "1 would stay" if stay == 1 else f"{stay} would stay"
    return (
        f"{case.asked} of {plural(case.commits, 'commit')} {'was' if case.asked == 1 else 'were'} asked "
        f"to go, and {case.drawn} more are drawn in{waves}: {case.share} % of the range, and {stays}. "
        "Taking the range back whole leaves less to doubt than taking it apart."
    )


def _besides(strategy: Strategy, case: Case) -> list[str]:
    """Return what has to be known besides the choice, a sentence each."""
    here = case.standing
    said: list[str] = []
    if strategy == "none" or case.way.pending:
        return said
    if here.published:
        more = ", …" if here.seen[_NAMED:] else ""
        names = ", ".join(map(short, here.seen[:_NAMED])) + more
        where = f" ({names})" if names else ""
        said.append(
            f"{here.published} of {plural(case.commits, 'commit')} are published{where}: "
            "a revert is what others can pull."
        )
        if here.ahead and here.merged is False and case.way.whole and not _is_main(here):
            said.append(
                "The branch is not merged: closing its pull request and deleting the branch at the "
                "remote would do as well."
            )
    elif here.published is None:
        said.append("Whether the commits are published is not known.")
    if here.shallow and here.merged is None:
        said.append("This clone is shallow: whether the range is merged is not known.")
    if here.tagged:
        more = ", …" if here.tagged > len(here.tags) else ""
        names = ", ".join(short(one) for one in here.tags) + more
        said.append(f"{plural(here.tagged, 'tag')} ({names}) keep what was released.")
    if here.on_top and strategy != "drop-branch":
        said.append(_on_top(strategy, case))
    if strategy != "drop-branch" and here.others and here.merged is False:
        names = ", ".join(short(one) for one in here.others[:_NAMED])
        said.append(
            f"{plural(len(here.others), 'other branch', 'other branches')} ({names}) hold it too."
        )
    return said


def _on_top(strategy: Strategy, case: Case) -> str:
    way = case.way
    later = way.every_later if strategy == "whole-range" else way.later
    top = f"What lies on top of the range ({plural(case.standing.on_top or 0, 'commit')})"
    if later:
        return f"{top} is in the way: at HEAD the reverts conflict."
    if later is None or strategy == "revert-merge":
        return f"{top} was not looked at: analyze up to HEAD to have it counted in."
    return (
        f"{top} merges with the reverts at HEAD; what it uses was not looked at: analyze up to HEAD to "
        "have it counted in."
    )


def _commands(strategy: Strategy, case: Case) -> tuple[Command, ...]:
    here, way = case.standing, case.way
    if strategy == "none":
        return ()
    if way.pending:
        return tuple(commands.pending(way, here))
    before = list(commands.before(here, dirty=case.dirty))
    if strategy == "drop-branch":
        return (*before, *commands.drop_branch(way, here))
    before += commands.stand_on(here, _merge(case) if strategy == "revert-merge" else "")
    if strategy == "revert-merge":
        return (*before, *commands.revert_merge(_merge(case)))
    if way.level != "commit" and not way.whole:
        return (*before, *commands.restore_parts(way, here))
    if strategy == "whole-range":
        return (*before, *commands.whole_range(way, here))
    return (*before, *commands.revert_set(way, here))


def _numbers(case: Case) -> dict[str, int]:
    here = case.standing
    counts = {
        "commits": case.commits,
        "asked": case.asked,
        "drawn": case.drawn,
        "goes": case.goes,
        "share": case.share,
        "waves": case.waves,
        "files": case.files,
        "published": here.published,
        "on_top": here.on_top,
        "tags": here.tagged,
        "leaks": len(case.leaks),
        "unread": case.unread,
    }
    return {name: number for name, number in counts.items() if number is not None}
