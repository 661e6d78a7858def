"""Where the commits of an undo go: the branch that holds the range, checked out or not."""

from __future__ import annotations

from msgspec import Struct

from blastradius.adapters.code.state import head_of, tip_of
from blastradius.errors import UsageError
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.standing import Standing, checked_out_at, standing
from blastradius.model.source import CommitRange

_HEADS = "refs/heads/"


class Tip(Struct, frozen=True):
    """The branch that gets the commits.

    Attributes:
        ref: its full name; HEAD when HEAD is detached; empty when no branch holds the range.
        commit: where it points, empty for one that is to be made.
        start: the commit that the new ones build on.
        checkout: it is checked out in this work tree.
        warnings: what a person should know.
    """

    ref: str
    commit: str
    start: str
    checkout: bool
    warnings: tuple[str, ...] = ()


def tip_of_range(repo: Repository, span: CommitRange, branch: str) -> Tip:
    """Return where the undo of a range goes.

    That is what is checked out where it holds the range, else a local branch that does. A range that
    no branch holds any more has nothing to be undone in git: what it left outside may still be there.

    Args:
        repo: the repository.
        span: the range.
        branch: a new branch that gets the commits; empty for none.

    Raises:
        UsageError: the new branch has no possible name, or exists.
    """
    here = standing(repo, span)
    warnings = [*_warnings(repo, here)]
    held = here.on_top is not None
    start = here.head if held else (tip_of(repo, here.tip) if here.tip else "")
    others = [one for one in here.others if one not in (here.tip, here.branch)]
    if not held and not start and others:
        start = tip_of(repo, others[0])
    start = start or ""
    if branch:
        return Tip(
            _new_branch(repo, branch),
            "",
            start or span.head,
            checkout=False,
            warnings=tuple(warnings),
        )
    if held:
        ref = here.branch or "HEAD"
        return Tip(ref, start, start, checkout=not here.bare, warnings=tuple(warnings))
    ref = here.tip or (others[0] if others else "")
    if ref and (elsewhere := checked_out_at(repo, ref)):
        warnings.append(
            f"{ref.removeprefix(_HEADS)} is checked out in another work tree: --apply has to be run "
            f"there, in {elsewhere}, unless --branch NAME takes the commits"
        )
    return Tip(ref, start, start, checkout=False, warnings=tuple(warnings))


def widened(repo: Repository, span: CommitRange, tip: Tip) -> CommitRange:
    """Return the range with the commits on top of it: they may use what shall go."""
    if not tip.start or tip.start == span.head:
        return span
    return resolve_range(repo, f"{span.base}..{tip.start}")


def _warnings(repo: Repository, here: Standing) -> list[str]:
    found = []
    if here.waiting:
        found.append(f"a {here.waiting} is not finished here: finish or abort it before --apply")
    if here.published:
        names = ", ".join(one.removeprefix("refs/remotes/") for one in here.seen)
        found.append(
            f"{here.published} of these commits are in {names or 'other clones'}, too: nothing is "
            "pushed, push what is added when it is right"
        )
    more = [one for one in here.others if one not in (here.branch, here.tip)]
    if here.on_top is not None and more:
        names = ", ".join(one.removeprefix(_HEADS) for one in more[:3])
        one = len(more) == 1
        found.append(
            f"{names} {'holds' if one else 'hold'} these commits, too, and "
            f"{'is' if one else 'are'} left alone"
        )
    if head_of(repo) == here.branch and here.bare:
        found.append("this repository has no work tree: only the branch is moved")
    return found


def _new_branch(repo: Repository, name: str) -> str:
    ref = f"{_HEADS}{name}"
    if name.startswith("-") or repo.invoke("check-ref-format", ref).code != 0:
        raise UsageError(f"--branch {name!r} is no name for a branch", "take letters and dashes")
    if tip_of(repo, ref):
        raise UsageError(f"there is a branch {name} already", "take another name")
    return ref
