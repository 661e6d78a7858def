"""The exact commands of each way to undo, each with what it does. Commits are full ids.

No name of a branch stands where git would take it for an option, no path where it would be a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct

from blastradius.git.standing import Standing
from blastradius.model.analysis import Command

_HEADS = "refs/heads/"
_PREFIX = re.compile(r"refs/(?:heads|remotes|tags)/")
# What git reads as the branch before, or as HEAD, though a ref may be called so.
_READ_OTHERWISE = frozenset({"-", "@"})
_MAGIC = re.compile(r"[*?\[\]\\:!^(]")
# So many ids or paths stand in one command; more are not for a person's eyes.
_A_COMMAND = 100
_END = {
    "merge": ("git", "merge", "--continue"),
    "rebase": ("git", "rebase", "--continue"),
    "cherry-pick": ("git", "cherry-pick", "--continue"),
    "revert": ("git", "revert", "--continue"),
    "bisect": ("git", "bisect", "reset"),
}


class Revert(Struct, frozen=True):
    """A commit to revert; ``mainline``: against its first parent."""

    id: str
    mainline: bool = False


class Way(Struct, frozen=True):
    """How a set can be undone.

    Attributes:
        base: the commit before the range, or the empty tree's id.
        head: the commit at its end.
        level: what is undone as one.
        whole: everything of the range goes.
        reverts: what ``git revert`` is given for the set, in that order.
        every: the same for the whole range.
        goal: the commits that were asked to go.
        fits: those reverts end in the tree that was checked.
        conflicts: the paths where texts do not merge.
        from_base: the paths that are as before the range once the set is gone, if that is all that
            differs from the range's end; None: some path is a mixture.
        pending: ``staged`` or ``worktree``: what goes is not committed yet.
        later: the paths where the reverts conflict at HEAD, when commits lie on top of the range; None:
            not tried.
        every_later: the same for the reverts of the whole range.
        mends: how many places are to be mended by hand.
    """

    base: str
    head: str
    level: Literal["commit", "file", "symbol"] = "commit"
    whole: bool = False
    reverts: tuple[Revert, ...] = ()
    every: tuple[Revert, ...] = ()
    goal: tuple[str, ...] = ()
    fits: bool = True
    conflicts: tuple[str, ...] = ()
    from_base: tuple[str, ...] | None = None
    pending: str = ""
    later: tuple[str, ...] | None = None
    every_later: tuple[str, ...] | None = None
    mends: int = 0


def plural(number: int, one: str, many: str = "") -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short(ref: str) -> str:
    """Return the name of a ref as people say it."""
    return _PREFIX.sub("", ref, count=1)


def said(what: str) -> Command:
    """Return a step that no command does."""
    return Command((), what)


def before(here: Standing, *, dirty: bool | None) -> Iterator[Command]:
    """Yield what has to be done before anything is undone."""
    if here.waiting:
        yield Command(
            _END[here.waiting], f"a {here.waiting} is not finished: finish it, or abort it"
        )
    if dirty:
        yield said(
            "some files are not as HEAD has them: commit or put aside what is to stay, first"
        )
    if here.bare:
        yield said("this repository is bare: run the commands in a clone that has a work tree")


def stand_on(here: Standing, merge: str) -> Iterator[Command]:
    """Yield what checks out a branch that holds what goes, unless HEAD does."""
    if here.on_top is not None:
        return
    if merge and here.trunk:
        yield switch(here.trunk)
    elif here.tip and not here.merged:
        yield switch(here.tip)
    elif here.merged and here.trunk:
        yield switch(here.trunk)
    else:
        yield said("HEAD does not hold the range: check out the branch that shall lose it")


def switch(ref: str) -> Command:
    """Return what checks out a local branch."""
    name = short(ref)
    if name in _READ_OTHERWISE:
        return said(f"check out the branch {ref}: `git switch` reads its name as another's")
    end = ("--",) if name.startswith("-") else ()
    return Command(("git", "switch", *end, name), f"check out {name}")


def at_end(here: Standing) -> bool:
    """Tell whether HEAD is the range's end, or will be once `stand_on` is done."""
    return here.on_top == 0 or (here.on_top is None and bool(here.tip) and not here.merged)


def drop_branch(way: Way, here: Standing) -> Iterator[Command]:
    """Yield what drops the branch and keeps a backup of it."""
    name, kept = short(here.tip), here.spare
    yield Command(("git", "branch", kept, way.head), f"keep what {name} has as {kept}")
    if here.branch == here.tip:
        yield leave(here)
    what = f"drop {name}; {kept} still has it all"
    if name in _READ_OTHERWISE:
        yield Command(("git", "update-ref", "-d", here.tip, way.head), what)
    else:
        yield Command(("git", "branch", "-D", "--", name), what)


def leave(here: Standing) -> Command:
    """Return what checks out the main branch."""
    if here.trunk and short(here.trunk) not in _READ_OTHERWISE:
        return switch(here.trunk)
    return Command(("git", "switch", "--detach", here.main), f"check out {short(here.main)}")


def revert_merge(merge: str) -> Iterator[Command]:
    """Yield what reverts a merge."""
    yield Command(
        ("git", "revert", "--no-edit", "-m", "1", merge),
        "undo what the merge brought in, in one new commit; to merge that branch again later, revert "
        "this revert first, since git takes its commits for merged",
    )


def revert_set(way: Way, here: Standing) -> Iterator[Command]:
    """Yield what reverts a set of commits and commits the outcome."""
    if way.conflicts:
        yield said(
            f"the reverts conflict in {plural(len(way.conflicts), 'file')}: the report shows each place "
            "with both sides; no sequence of commands gives a checked tree"
        )
        return
    if not way.fits or not way.reverts:
        yield from restore_parts(way, here)
        return
    if way.later:
        yield ask_again(way, way.later)
        return
    if len(way.reverts) == 1:
        one = way.reverts[0]
        side = ("-m", "1") if one.mainline else ()
        what = "undo the commit in one new commit"
        if way.mends:
            yield Command(("git", "revert", "--no-commit", *side, one.id), "undo the commit")
            yield from _finish(way, "1 commit")
        else:
            yield Command(("git", "revert", "--no-edit", *side, one.id), what)
        return
    yield from reverting(way.reverts)
    yield from _finish(way, plural(len(way.reverts), "commit"))


def reverting(reverts: Sequence[Revert]) -> Iterator[Command]:
    """Yield what reverts the commits in order, without a commit."""
    for mainline, same in groupby(reverts, key=lambda one: one.mainline):
        ids = [one.id for one in same]
        side = ("-m", "1") if mainline else ()
        for start in range(0, len(ids), _A_COMMAND):
            part = ids[start : start + _A_COMMAND]
            what = f"undo {plural(len(part), 'merge' if mainline else 'commit')}, in this order"
            yield Command(("git", "revert", "--no-commit", *side, *part), what)


def ask_again(way: Way, paths: Sequence[str]) -> Command:
    """Return what asks for the set again, with what lies on top of the range counted in."""
    goal = tuple(word for one in way.goal for word in ("--undo", one))
    return Command(
        ("blastradius", "analyze", f"{way.base}..HEAD", *goal),
        f"at HEAD the reverts conflict in {plural(len(paths), 'file')}: ask again, up to HEAD, so that "
        "what builds on them is counted in",
    )


def whole_range(way: Way, here: Standing) -> Iterator[Command]:
    """Yield what takes the whole range back in one new commit."""
    if not at_end(here):
        if way.every_later:
            yield ask_again(way, way.every_later)
            return
        yield from reverting(way.every)
    else:
        yield Command(
            ("git", "update-index", "-q", "--refresh"),
            "have git look which files are as HEAD has them",
        )
        yield Command(
            ("git", "read-tree", "-m", "-u", way.head, way.base),
            "bring back every file as it was before the range; refuses where that would overwrite "
            "what is not committed",
        )
    yield from _finish(way, f"the range {way.base[:12]}..{way.head[:12]}", mends=False)


def restore_parts(way: Way, here: Standing) -> Iterator[Command]:
    """Yield what brings the files back that are as before the range, where that is the whole answer."""
    if way.conflicts:
        yield from revert_set(way, here)
        return
    paths = way.from_base
    if not paths or len(paths) > _A_COMMAND or not at_end(here):
        yield said(
            "only parts of commits go, and no git command undoes just these: revert the commits with "
            "`git revert --no-commit`, then bring back what is not listed with `git add --patch`"
            if way.level != "commit"
            else "no order of reverts gives the tree that was checked: revert by hand, newest first, and "
            "settle the conflicts so that the files listed come out as said"
        )
        return
    yield Command(
        ("git", "restore", f"--source={way.base}", "--staged", "--worktree", "--", *at_top(paths)),
        f"bring {plural(len(paths), 'file')} back as before the range",
    )
    yield from _finish(way, "the parts")


def at_top(paths: Iterable[str]) -> list[str]:
    """Return paths as git's commands take them in any folder, none of them a pattern."""
    return [f":(top,literal){path}" if _MAGIC.search(path) else f":/{path}" for path in paths]


def _finish(way: Way, what: str, *, mends: bool = True) -> Iterator[Command]:
    if way.mends and mends:
        yield said(
            f"mend {plural(way.mends, 'place')} by hand, as the report lists them, and add them"
        )
    yield Command(("git", "commit", "-m", f"Undo {what}"), "commit it: history stays as it is")


def why_pending(way: Way) -> str:
    """Say why nothing is reverted that is not committed."""
    what = "What is staged" if way.pending == "staged" else "What is not committed"
    if way.whole:
        return f"{what} is in no commit: `git restore` takes it back."
    return f"{what} is in no commit, and only a part of it goes."


def pending(way: Way, here: Standing) -> Iterator[Command]:
    """Yield what takes back what is not committed."""
    if here.waiting:
        yield from before(here, dirty=None)
    if not way.whole and (way.from_base is None or len(way.from_base) > _A_COMMAND):
        yield said("only parts of files go, and no command without questions undoes just these")
        return
    paths = [":/"] if way.whole else at_top(way.from_base or ())
    if way.pending == "staged":
        if here.head is None:
            yield Command(
                ("git", "rm", "-r", "--cached", "--quiet", "--", *paths),
                "take everything out of the index; the files stay",
            )
            return
        yield Command(
            ("git", "restore", "--staged", "--", *paths), "take it out of the index; the files stay"
        )
        return
    yield Command(
        ("git", "restore", f"--source={way.base}", "--staged", "--worktree", "--", *paths),
        "bring the files of HEAD back: what is not committed is lost, so copy it first; files that "
        "were never added are for you to delete",
    )
