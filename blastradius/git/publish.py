"""Objects of a scratch → the repository: those that some trees need and the repository lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blastradius.git.scratch import Scratch


def publish(scratch: Scratch, trees: Sequence[str], tick: Callable[[str], None]) -> int:
    """Copy the objects that the trees are made of, durably; return how many there were.

    They are named by nothing yet: git collects them after some weeks unless a commit takes them.

    Args:
        scratch: where the trees were written.
        trees: ids of trees.
        tick: called before something is written.

    Raises:
        RepositoryError: a tree is not whole, or the repository cannot be written.
    """
    if not trees:
        return 0
    view, own = scratch.view, scratch.view.object_dir
    lines = "".join(f"{one}\n" for one in dict.fromkeys(trees)).encode("ascii")
    # What the repository itself lacks, as a partial clone does, is not ours to complain of here.
    options = ("--objects", "--no-object-names", "--missing=allow-any", "--stdin")
    listed = view.git("rev-list", *options, stdin=lines)
    new = [oid for oid in listed.decode("ascii").split() if (own / oid[:2] / oid[2:]).exists()]
    if new:
        ids = "".join(f"{oid}\n" for oid in new).encode("ascii")
        pack = view.git("pack-objects", "--stdout", "-q", stdin=ids)
        tick("git unpack-objects")
        settings = ("-c", "core.fsync=committed", "-c", "core.fsyncMethod=fsync")
        scratch.repo.git(*settings, "unpack-objects", "-q", stdin=pack)
    return len(new)
