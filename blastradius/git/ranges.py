"""From what the user wrote to the commits in question, or to one sentence that says what is off."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from blastradius.errors import RangeError
from blastradius.git.pending import staged_range, worktree_range
from blastradius.git.repository import Repository
from blastradius.git.run import is_corrupt
from blastradius.git.scratch import Scratch
from blastradius.model.source import Commit, CommitRange

_ANCESTOR = re.compile(r"(?P<start>.+?)~(?P<steps>\d{1,9})\Z")
_FORMAT = "%H%x00%P%x00%an <%ae>%x00%cI%x00%s"
_SHORT = 12
_DEEPEN = "run `git fetch --unshallow`"
_END = "--end-of-options"


def resolve_range(
    repo: Repository,
    text: str | None = None,
    *,
    staged: bool = False,
    worktree: bool = False,
    scratch: Scratch | None = None,
) -> CommitRange:
    """Return the commits that ``text`` names; no commits is an answer, not an error.

    ``A..B`` are the commits of B that A has not, on top of A, or of their merge base where the two
    went apart, so that what A alone has is never taken for undone; ``A...B`` is the same, and
    may be empty where ``A..B`` would be reversed. A single revision is that commit; ``R^!`` too;
    ``R^-`` is a merge with all that it brought. Without text: the commits since the merge base with
    the upstream, the remote's HEAD, or main; the last commit when that is nothing.

    Args:
        repo: the repository.
        text: a range as git writes it, None for the default.
        staged: what is in the index, against HEAD.
        worktree: what is not committed, staged or not, untracked files included, against HEAD.
        scratch: where the trees of ``staged`` and ``worktree`` are written; it must outlive their
            use.

    Raises:
        RangeError: the text names no commits of this repository, or the range cannot be had here.
        RepositoryError: the repository cannot be read.
    """
    if staged or worktree:
        if text is not None or (staged and worktree):
            raise RangeError(
                "a range, --staged and --worktree exclude each other", "keep one of them"
            )
        if scratch is None:
            raise ValueError("what is not committed needs a scratch to be written to")
        return staged_range(scratch) if staged else worktree_range(scratch)
    if text is None:
        return _default_range(repo)
    text = text.strip()
    if not text or re.search(r"\s", text):
        raise RangeError(f"'{text}' is not a range", "write A..B, or one revision")
    if "..." in text:
        left, _, right = text.partition("...")
        return _between(repo, left or "HEAD", right or "HEAD", text, symmetric=True)
    if ".." in text:
        left, _, right = text.partition("..")
        return _between(repo, left or "HEAD", right or "HEAD", text)
    if text.endswith("^-"):
        start = text.removesuffix("^-")
        return _between(repo, f"{start}^1", start, text)
    return _single(repo, text.removesuffix("^!"), text)


def _single(repo: Repository, revision: str, label: str) -> CommitRange:
    commit = _commits(repo, ["--no-walk", _resolve(repo, revision)])[0]
    base = commit.parents[0] if commit.parents else repo.empty_tree
    return _checked(repo, CommitRange(base, commit.id, (commit,), label))


def _between(
    repo: Repository, left: str, right: str, label: str, *, symmetric: bool = False
) -> CommitRange:
    head = _resolve(repo, right)
    if left == repo.empty_tree:
        return _checked(repo, CommitRange(left, head, _commits(repo, [head]), label))
    start = _resolve(repo, left)
    common = _merge_base(repo, start, head)
    if common == head and start != head and not symmetric:
        raise RangeError(
            f"'{label}' is reversed: {right} is an ancestor of {left}", f"write {right}..{left}"
        )
    if common is None and repo.is_shallow:
        raise RangeError(f"{left} and {right} have no common commit in this shallow clone", _DEEPEN)
    commits = _commits(repo, [head, f"^{start}"])
    return _checked(repo, CommitRange(common or repo.empty_tree, head, commits, label))


def _checked(repo: Repository, found: CommitRange) -> CommitRange:
    """Refuse a range some of whose commits lost their parents to a shallow clone.

    Such a commit looks as if it had made the whole tree.
    """
    cut = repo.shallow_commits() if repo.is_shallow else frozenset()
    for commit in found.commits:
        if commit.id in cut:
            raise RangeError(
                f"'{found.label}' reaches {commit.id[:_SHORT]}, where this shallow clone ends: "
                "what that commit changed is not here",
                _DEEPEN,
            )
    return found


def _default_range(repo: Repository) -> CommitRange:
    head = repo.head()
    if head is None:
        raise _unborn()
    seen = ""
    for name in _candidates(repo):
        common = _merge_base(repo, head, name)
        seen = seen or name
        if common is not None and common != head:
            return _between(repo, name, "HEAD", f"{name}..HEAD")
    why = f"nothing is ahead of {seen}" if seen else "there is no upstream and no main branch"
    return _single(repo, "HEAD", f"HEAD (the last commit: {why})")


def _candidates(repo: Repository) -> list[str]:
    """Return the short names of the refs that HEAD may have grown from, best first."""
    names = []
    for revision in ("@{upstream}", "refs/remotes/origin/HEAD"):
        finished = repo.invoke(
            "rev-parse", "--verify", "--quiet", "--abbrev-ref", "--end-of-options", revision
        )
        shown = finished.out.decode("utf-8", "surrogateescape").split("\n")
        names += [name for name in shown if finished.code == 0 and name not in ("", _END)]
    names += ["origin/main", "origin/master", "main", "master"]
    return [name for name in dict.fromkeys(names) if _find(repo, name) is not None]


def _merge_base(repo: Repository, one: str, other: str) -> str | None:
    finished = repo.invoke("merge-base", one, other)
    if finished.code > 1:
        raise repo.failure(("merge-base",), finished)
    return finished.out.decode("ascii").strip() or None


def _commits(repo: Repository, revisions: Sequence[str]) -> tuple[Commit, ...]:
    raw = repo.git(
        "rev-list",
        "--topo-order",
        "--reverse",
        "--no-commit-header",
        "--encoding=UTF-8",
        f"--format={_FORMAT}",
        *revisions,
        "--",
    )
    return tuple(_commit(line) for line in raw.split(b"\n")[:-1])


def _commit(line: bytes) -> Commit:
    oid, parents, author, time, subject = line.decode("utf-8", "replace").split("\0", 4)
    return Commit(oid, tuple(parents.split()), author, time, subject)


def _find(repo: Repository, revision: str) -> str | None:
    if revision.startswith("^"):  # git takes it for what shall be left out, and prints it so
        return None
    finished = repo.invoke("rev-parse", "--verify", "--quiet", _END, f"{revision}^{{commit}}")
    return finished.out.decode("ascii").strip() if finished.code == 0 else None


def _resolve(repo: Repository, revision: str) -> str:
    """Return the full id of the commit that ``revision`` names, or raise what is wrong with it."""
    found = _find(repo, revision)
    if found is not None:
        return found
    if repo.head() is None and revision.startswith(("HEAD", "@")):
        raise _unborn()
    args = ("rev-parse", "--verify", _END, f"{revision}^{{commit}}")
    finished = repo.invoke(*args)
    said = finished.err
    if is_corrupt(said):
        raise repo.failure(args, finished)
    if "is ambiguous" in said and re.fullmatch(r"[0-9a-f]+", revision):
        raise RangeError(f"several objects begin with '{revision}'", "write more of its digits")
    beyond = _beyond_the_root(repo, revision)
    if beyond is not None:
        raise beyond
    peeled = repo.invoke("rev-parse", "--verify", "--quiet", _END, revision)
    if peeled.code == 0 and not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision):
        raise RangeError(f"'{revision}' is not a commit", "write A..B, or one revision")
    raise RangeError(f"'{revision}' is no revision of this repository", _near(repo, revision))


def _unborn() -> RangeError:
    return RangeError("there is no commit yet", "commit first, or look at --staged or --worktree")


def _beyond_the_root(repo: Repository, revision: str) -> RangeError | None:
    match = _ANCESTOR.match(revision)
    start = match and _find(repo, match["start"])
    if not match or not start:
        return None
    count = int(repo.git("rev-list", "--first-parent", "--count", start, "--"))
    commits = f"{count} commit" + ("" if count == 1 else "s")
    name = match["start"]
    if repo.is_shallow:
        return RangeError(
            f"'{revision}' goes beyond this shallow clone, which holds only {commits} of {name}",
            _DEEPEN,
        )
    near = f"{name}~{count - 1}..{name}" if count > 1 else name
    return RangeError(
        f"'{revision}' goes beyond the first commit: {name} has only {commits}",
        f"try {near}, or from the empty tree: {repo.empty_tree}..{name}",
    )


def _near(repo: Repository, revision: str) -> str:
    """Return a hint with the refs whose names come close, or how to see them all."""
    raw = repo.git(
        "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"
    )
    names = raw.decode("utf-8", "replace").split()
    short = {name.rpartition("/")[2]: name for name in reversed(names)}
    close = difflib.get_close_matches(revision, names, n=3, cutoff=0.6)
    close += [short[name] for name in difflib.get_close_matches(revision, list(short), n=2)]
    if close:
        return "did you mean " + " or ".join(dict.fromkeys(close)) + "?"
    if repo.is_shallow:
        return "the clone is shallow: it may be there after `git fetch --unshallow`"
    return "`git branch -a` and `git tag` list the names"
