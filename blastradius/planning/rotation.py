"""What comes before any revert where a secret is in the history: revoke it, then rewrite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.changes.leaks import Leak
from blastradius.git.standing import Standing
from blastradius.model.analysis import Command
from blastradius.model.source import STAGED, WORKTREE

_SHOWN = 20
_TEXTS = "../replacements.txt"


def first(leaks: Sequence[Leak], here: Standing, *, drops: bool) -> tuple[Command, ...]:
    """Return the steps that come first; nothing without a secret. No value of one is told.

    Args:
        leaks: the secrets, oldest first.
        here: where the range stands.
        drops: the branch that has them will be dropped.
    """
    return tuple(_steps(leaks, here, drops=drops)) if leaks else ()


def _steps(leaks: Sequence[Leak], here: Standing, *, drops: bool) -> Iterator[Command]:
    if leaks[0].commit in {STAGED, WORKTREE}:
        for one in leaks[:_SHOWN]:
            yield Command((), f"keep the {one.kind} at {one.path}:{one.line} out of the commit")
        return
    for one in leaks[:_SHOWN]:
        gone = "; a later commit removed it, the history still has it" if one.gone else ""
        yield Command(
            (),
            f"revoke the {one.kind} at {one.path}:{one.line} (commit {one.commit[:12]}, digest "
            f"{one.digest}){gone}. Where: {one.revoke}",
        )
    if len(leaks) > _SHOWN:
        yield Command((), f"and {len(leaks) - _SHOWN:,} more secrets")
    if not drops:
        yield from _rewrite(leaks)
        yield Command(
            (),
            "the rewrite gives every commit after it another id: ask for the advice again before "
            "reverting, or revert first",
        )
    if here.published is None or here.published:
        yield Command(
            (),
            "the secret is published: after the rewrite every branch and tag must be force-pushed and "
            "everybody must clone again; forks, pull requests and caches keep the old commits, so "
            "only revoking it helps",
        )
    elif drops:
        yield Command((), "the backup of the branch holds it too: delete that once nobody needs it")


def _rewrite(leaks: Sequence[Leak]) -> Iterator[Command]:
    whole = sorted({one.path for one in leaks if one.alone})
    if whole:
        yield Command(
            (
                "git",
                "filter-repo",
                *(word for path in whole for word in ("--path", path)),
                "--invert-paths",
            ),
            "in a fresh clone, with git-filter-repo: take the "
            f"{'file' if len(whole) == 1 else 'files'} out of every commit",
        )
    if any(not one.alone for one in leaks):
        yield Command(
            ("git", "filter-repo", "--replace-text", _TEXTS),
            "in a fresh clone, with git-filter-repo: put ***REMOVED*** in the place of the secrets, "
            f"which you write into {_TEXTS} yourself, a line each",
        )
