"""The code of a checkpoint: what bringing it back would do, in words, and doing it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from msgspec.structs import replace

from blastradius.git.branches import Move
from blastradius.git.capture import Capture, capture
from blastradius.git.paths import encode_path
from blastradius.git.proof import differing, same_index
from blastradius.git.putback import Difference, compared, put_back, refuse_blocked
from blastradius.git.snapshots import Snapshot, head_branch
from blastradius.git.trees import SUBMODULE
from blastradius.model.checkpoint import Checkpoint
from blastradius.model.run import Change
from blastradius.model.source import display_path
from blastradius.world import World

_SHORT = 12


class CodeRestorer:
    """Brings HEAD, index and work tree back.

    Args:
        world: the repository.
        target: what shall come back.
        message: for the reflog and a commit that is made.
        protected: names of branches that are not moved back.
        remove_orphans: what was not there then may be removed.
    """

    def __init__(
        self,
        world: World,
        target: Snapshot,
        message: str,
        protected: tuple[str, ...],
        *,
        remove_orphans: bool,
    ) -> None:
        self._world = world
        self._message = message
        self._protected = protected
        self._remove = remove_orphans
        self._now: Capture | None = None
        self._before = ""
        self._difference = Difference()
        self.target = target

    def look(self) -> None:
        """Compare with the present state; nothing is written.

        Raises:
            CheckpointError: it cannot be brought back here.
        """
        now = capture(self._world.repo, None, apart=self.target.apart, also=self.target.work)
        self._before = _state(now.snapshot, self.target)
        self.look_again(now)

    def look_again(self, now: Capture) -> None:
        """Compare with a state that was captured."""
        self._now = now
        self._difference = compared(self._world.repo, self.target, now, self._protected)

    def refuse(self) -> None:
        """Refuse what cannot be done, before anything is touched."""
        refuse_blocked(self._world.repo, self._difference, remove_orphans=self._remove)

    def tips(self) -> dict[str, str | None]:
        """Return the branches that will move besides the one that is checked out."""
        here = head_branch(self._world.repo)
        return {one.ref: one.old for one in self._difference.moves if one.ref != here}

    def bring_back(self) -> None:
        """Do it."""
        assert self._now is not None  # noqa: S101 - `look` came first
        put_back(
            self._world.repo,
            self.target,
            self._now,
            self._difference,
            self._world.tick,
            message=self._message,
            remove_orphans=self._remove,
        )

    def take_back(self, before: Checkpoint) -> list[str]:
        """Bring back what was there before, where what stands there now is the checkpoint's.

        Returns:
            The paths that are neither: somebody else's, and left alone.
        """
        del before  # the capture of that moment is at hand
        if self._now is None:
            return []
        repo, then = self._world.repo, self._now.snapshot
        also = {**self.target.work, **then.work}
        now = capture(repo, None, apart=then.apart, also=also)
        back = compared(repo, then, now, self._protected)

        def ours(path: str) -> bool:
            here, wanted = now.snapshot.work.get(path), self.target.work.get(path)
            if here != wanted or here is None:
                return here == wanted
            return now.snapshot.mode_of(path) == self.target.mode_of(path)

        kinds = {kind: getattr(back, kind) for kind in ("writes", "modes", "orphans", "blocking")}
        back = replace(back, **{kind: tuple(filter(ours, kinds[kind])) for kind in kinds})
        put_back(
            repo, then, now, back, self._world.tick, message="Take it back", remove_orphans=True
        )
        return [display_path(path) for kind in kinds.values() for path in kind if not ours(path)]

    def differing(self) -> Iterator[str]:
        """Yield what is not as it should be now, seen by other ways than it was written."""
        repo = self._world.repo
        if repo.work_tree is None:
            return
        yield from map(display_path, differing(repo.work_tree, self.target, repo.object_format))
        if not same_index(repo, self.target.index):
            yield "the index"

    def digests(self, side: int) -> list[str]:
        """Return what stands for the state before (0), now (1), or as it should be (2)."""
        wanted = _state(self.target, self.target)
        if side == 1 and not any(self.differing()):
            return [wanted]
        return [wanted if side == 2 else self._before]  # noqa: PLR2004 - as above

    @property
    def orphans(self) -> tuple[str, ...]:
        """The files that are there now and were not then."""
        return tuple(map(display_path, self._difference.orphans))

    @property
    def changes(self) -> Iterator[Change]:
        """What is put back."""
        known = self._now.snapshot.work if self._now is not None else {}
        for path in self._difference.writes:
            verb = "write" if path in known else "bring back"
            yield Change(display_path(path), verb, "as it was then, byte for byte")
        for path in self._difference.modes:
            mode = self.target.mode_of(path)
            yield Change(display_path(path), "chmod", f"{mode:03o} again")
        if self._difference.index:
            yield Change("index", "write", "what was staged is staged again")
        for name in self._difference.states:
            verb = "write" if name in self.target.states else "remove"
            yield Change(name, verb, "git's note of an operation that was not finished")
        yield from (_moved(one) for one in self._difference.moves if one.how != "none")
        if self._difference.checks_out:
            where = self.target.branch or (self.target.head or "")[:_SHORT]
            yield Change("HEAD", "check out", f"{display_path(where)} is checked out again")

    @property
    def warnings(self) -> Iterator[str]:
        """What this cannot bring back."""
        if self.target.waiting and not self.target.states:
            yield f"a {self.target.waiting} was not finished then; it is not taken up again"
        for one in self._difference.moves:
            if one.how == "commit":
                yield f"{one.why}: it is not moved back, a commit on top has the tree of then"

    @property
    def next_actions(self) -> Iterator[str]:
        """What is left for a person."""
        for path in self._difference.submodules:
            entry = self.target.work[path]
            shown = display_path(path)
            yield f"git -C {shown} checkout {entry.oid}: the submodule {shown} was at that commit"


def _moved(move: Move) -> Change:
    name = display_path(move.ref)
    wanted = (move.wanted or "")[:_SHORT]
    match move.how:
        case "commit":
            return Change(
                name, "commit", f"a new commit on top has the tree of {wanted or 'nothing'}"
            )
        case "delete":
            return Change(
                name, "delete", f"it had no commit then; {str(move.old)[:_SHORT]} is kept"
            )
        case _:
            return Change(name, "move", f"from {(move.old or 'nothing')[:_SHORT]} to {wanted}")


def _state(one: Snapshot, target: Snapshot) -> str:
    """Return the digest of a state at the paths of a checkpoint, with index and notes."""
    digest = hashlib.sha256()
    for path in target.work:
        entry = one.work.get(path)
        if entry is not None and entry.mode != SUBMODULE:
            row = f"{entry.mode} {entry.oid} {one.modes.get(path, 0):o} "
            digest.update(row.encode() + encode_path(path) + b"\0")
    digest.update(f"{one.index} {sorted(one.states.items())}".encode())
    return digest.hexdigest()
