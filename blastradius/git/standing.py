"""Where a range stands: on which branch, merged or not, seen by others or not. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from blastradius.git.repository import Repository
from blastradius.model.source import STAGED, WORKTREE, Commit, CommitRange

_HEADS = "refs/heads/"
_REMOTES = "refs/remotes/"
_MAINS = ("main", "master")
_SHOWN = 5
_ASKED = 20
# What git leaves in its directory while an operation waits for the user, and what ends it.
_WAITING = (
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("sequencer", "revert"),
    ("BISECT_LOG", "bisect"),
)


class Joined(Struct, frozen=True):
    """A merge on the first-parent line, and the commits that it brought in, itself not among them."""

    id: str
    brought: frozenset[str]


class Standing(Struct, frozen=True):
    """What git knows of a range's surroundings; None and empty texts stand for what is not known.

    Attributes:
        head: the commit at HEAD, None before the first one.
        branch: the full name of the branch that is checked out, empty when HEAD is detached.
        spare: a free name for a branch that keeps what ``tip`` has.
        tip: the full name of a local branch that ends where the range ends, the checked out one first.
        main: the full name of the main branch, local or of a remote.
        trunk: the full name of the local main branch.
        merged: the range's end is in the main branch.
        ahead: the range is exactly what its end has beyond the main branch.
        published: how many of its commits a remote-tracking branch has; in a bare repository, any branch.
        seen: remote-tracking branches that hold one of them, the main one first, the first few.
        tags: tags that hold one of them, the first few by name.
        tagged: how many tags do.
        others: local branches besides ``tip`` that hold the range's end.
        on_top: how many commits HEAD has beyond the range's end; None where HEAD does not hold it.
        joined: the first merge after the range's end that brought it into the line it is on.
        waiting: the operation that is not finished: merge, rebase, cherry-pick, revert, bisect.
        bare: there is no work tree.
        shallow: the history is cut, so that what is not found in it may be beyond the cut.
    """

    head: str | None = None
    branch: str = ""
    tip: str = ""
    spare: str = ""
    main: str = ""
    trunk: str = ""
    merged: bool | None = None
    ahead: bool = False
    published: int | None = None
    seen: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tagged: int = 0
    others: tuple[str, ...] = ()
    on_top: int | None = None
    joined: Joined | None = None
    waiting: str = ""
    bare: bool = False
    shallow: bool = False


class _Ref(Struct, frozen=True):
    name: str
    target: str
    points: str  # a symbolic ref's goal
    upstream: str


def standing(repo: Repository, span: CommitRange) -> Standing:
    """Return where a range stands in its repository.

    Args:
        repo: the repository.
        span: a range of `resolve_range`; of what is not committed only HEAD's own state is told.

    Raises:
        RepositoryError: git cannot be run.
    """
    head = repo.head()
    branch = _text(repo, "symbolic-ref", "--quiet", "HEAD")
    here = Standing(
        head=head,
        branch=branch if branch.startswith(_HEADS) else "",
        waiting=unfinished(repo),
        bare=repo.work_tree is None,
        shallow=repo.is_shallow,
    )
    if not span.commits or span.commits[-1].id in {STAGED, WORKTREE}:
        return here
    return _Asker(repo, span, here).standing()


def unfinished(repo: Repository) -> str:
    """Return which operation waits for the user in a work tree, empty for none."""
    return next((word for name, word in _WAITING if (repo.git_dir / name).exists()), "")


def checked_out_at(repo: Repository, ref: str) -> str:
    """Return the folder of another work tree of this repository that has a branch checked out.

    Empty for none. Who moves such a branch leaves that work tree with the old files.
    """
    listed = repo.git("worktree", "list", "--porcelain", "-z").decode("utf-8", "surrogateescape")
    for entry in listed.split("\0\0"):
        told = dict(line.partition(" ")[::2] for line in entry.split("\0"))
        folder = told.get("worktree", "")
        if told.get("branch") == ref and Path(folder) != repo.work_tree and Path(folder).is_dir():
            return folder
    return ""


class _Asker:
    """Asks git about one range of commits."""

    def __init__(self, repo: Repository, span: CommitRange, here: Standing) -> None:
        self._repo = repo
        self._span = span
        self._here = here
        self._own = frozenset(one.id for one in span.commits)
        self._refs = {one.name: one for one in _refs(repo)}

    def standing(self) -> Standing:
        here, end = self._here, self._span.head
        mains = _mains(self._refs, here.branch)
        ids = [self._refs[name].target for name in mains]
        inside = [found for one in ids if (found := _holds(self._repo, one, end)) is not None]
        merged = True if any(inside) else (False if inside and not here.shallow else None)
        ahead = self._beyond(end, [f"^{one}" for one in ids]) if ids else None
        tips = [one.name for one in self._refs.values() if one.target == end]
        local = [name for name in tips if name.startswith(_HEADS)]
        tip = here.branch if here.branch in local else next(iter(local), "")
        first = _oldest(self._span.commits)
        seen, tags = (self._holding(kind, first) for kind in ("refs/remotes", "refs/tags"))
        on_top = None
        if here.head is not None and _holds(self._repo, here.head, end):
            on_top = self._count(f"{end}..{here.head}")
        line = here.head if on_top is not None else next(iter(ids), None)
        return replace(
            here,
            tip=tip,
            spare=_spare(tip, self._refs),
            main=next(iter(mains), ""),
            trunk=next((name for name in mains if name.startswith(_HEADS)), ""),
            merged=merged,
            ahead=ahead == self._own,
            published=self._published(),
            seen=tuple(sorted(self._plain(seen), key=lambda one: one not in mains))[:_SHOWN],
            tags=tuple(tags[:_SHOWN]),
            tagged=len(tags),
            others=tuple(one for one in self._holding("refs/heads", [end]) if one != tip),
            on_top=on_top,
            joined=self._joined(line) if line is not None else None,
        )

    def _published(self) -> int | None:
        """Return how many of the range's commits others can have; None where git does not say."""
        base = self._span.base
        known = [f"^{base}"] if base != self._repo.empty_tree else []
        where = "--branches" if self._here.bare else "--remotes"
        private = self._beyond(self._span.head, [*known, "--not", where])
        return None if private is None else len(self._own - private)

    def _beyond(self, end: str, without: Sequence[str]) -> frozenset[str] | None:
        finished = self._repo.invoke("rev-list", end, *without, "--")
        return frozenset(finished.out.decode("ascii").split()) if finished.code == 0 else None

    def _count(self, span: str) -> int | None:
        finished = self._repo.invoke("rev-list", "--count", span, "--")
        return int(finished.out) if finished.code == 0 else None

    def _holding(self, kind: str, commits: Iterable[str]) -> list[str]:
        """Return the refs below ``kind`` that hold any of the commits, by name."""
        asked = [f"--contains={one}" for one in commits]
        raw = self._repo.invoke("for-each-ref", "--format=%(refname)", *asked, kind).out
        return raw.decode("utf-8", "surrogateescape").split("\n")[:-1]

    def _plain(self, names: Iterable[str]) -> Iterable[str]:
        """Yield the names that do not only point to another ref."""
        return (one for one in names if one in self._refs and not self._refs[one].points)

    def _joined(self, line: str) -> Joined | None:
        """Return the first merge of a line that holds the range's end, which another parent brought."""
        span = f"{self._span.head}..{line}"
        sides = [
            self._repo.invoke("rev-list", option, span, "--").out.decode("ascii").split()
            for option in ("--first-parent", "--ancestry-path")
        ]
        both = set(sides[1])
        merge = next((one for one in reversed(sides[0]) if one in both), None)
        if merge is None:
            return None
        brought = self._beyond(merge, [f"^{merge}^1"])
        # The range's own line goes on into it: then it brought something else in.
        if brought is None or self._span.head not in brought:
            return None
        return Joined(merge, brought - {merge})


def _refs(repo: Repository) -> Iterable[_Ref]:
    form = "%00".join(f"%({field})" for field in ("refname", "objectname", "symref", "upstream"))
    raw = repo.invoke("for-each-ref", f"--format={form}", _HEADS, _REMOTES).out
    for line in raw.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        yield _Ref(*line.split("\0"))


def _mains(refs: dict[str, _Ref], branch: str) -> list[str]:
    """Return the full names of the main branch, the one others see first, the local one with it."""
    upstream = refs[branch].upstream if branch in refs else ""
    own = upstream.endswith("/" + branch.removeprefix(_HEADS)) if branch else False
    heads = [one.points for one in refs.values() if one.points and one.name.endswith("/HEAD")]
    heads.sort(key=lambda name: not name.startswith(f"{_REMOTES}origin/"))
    named = [f"{_REMOTES}origin/{name}" for name in _MAINS] + [f"{_HEADS}{name}" for name in _MAINS]
    wanted = ["" if own else upstream, *heads, *named]
    best = next((name for name in wanted if name in refs), "")
    if not best.startswith(_REMOTES):
        return [best] if best else []
    # A remote's name may have slashes: the branch is what is left of some of them.
    parts = best.removeprefix(_REMOTES).split("/")
    locals_ = [f"{_HEADS}{'/'.join(parts[start:])}" for start in range(1, len(parts))]
    return [best, *(name for name in locals_[:1] if name in refs)]


def _spare(tip: str, refs: Iterable[str]) -> str:
    """Return a name that no branch has, nor a folder of branches, nor a branch in the place of one."""
    name = tip.removeprefix(_HEADS)
    taken = {one.removeprefix(_HEADS) for one in refs if one.startswith(_HEADS)}
    folders = {one[: match.start()] for one in taken for match in re.finditer("/", one)}
    for number in count(1):
        more = f"-{number}" if number > 1 else ""
        for kept in (f"backup/{name}{more}", f"kept-{name}{more}"):
            above = {kept[: match.start()] for match in re.finditer("/", kept)}
            if kept not in taken | folders and taken.isdisjoint(above):
                return kept
    raise AssertionError  # pragma: no cover - there are more numbers than branches


def _holds(repo: Repository, holder: str, commit: str) -> bool | None:
    code = repo.invoke("merge-base", "--is-ancestor", commit, holder).code
    return code == 0 if code in (0, 1) else None


def _oldest(commits: Sequence[Commit]) -> list[str]:
    """Return the commits none of whose parents is in the range, the first few."""
    own = {one.id for one in commits}
    return [one.id for one in commits if own.isdisjoint(one.parents)][:_ASKED]


def _text(repo: Repository, *args: str) -> str:
    finished = repo.invoke(*args)
    return finished.out.decode("utf-8", "surrogateescape").strip() if finished.code == 0 else ""
