"""What is kept of each case of `historic`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from benchmarks.accuracy.historic_cases import Reverting, Told


class TreeAnswer(Struct, frozen=True):
    """One revert by real git, by us and by people.

    ``before`` and ``people`` are the trees of the revert's parent and of the revert; ``git_touched``
    and ``people_touched`` the paths that differ from ``before``, ``people_added`` those that are new.
    """

    case: Reverting
    git: Told
    ours: Told
    before: str
    people: str
    git_touched: tuple[str, ...]
    people_touched: tuple[str, ...]
    people_added: tuple[str, ...]


class SetAnswer(Struct, frozen=True):
    """One answer of ``analyze``; ``failed`` says why there is none.

    ``git`` is what real git made of the ``steps`` commits of our order (those that a merge brought go
    with it), ``named`` the paths that the answer names,
    by kind: file (of the revert set), break, review, and the kinds of `FixForward`.
    """

    case: Reverting
    failed: str
    seconds: float
    length: int = 0
    commits: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    least: bool | Literal["not checked"] = "not checked"
    irreducible: bool | Literal["not checked"] = "not checked"
    tree: str = ""
    git: Told = Told("")
    steps: int = 0
    named: dict[str, tuple[str, ...]] = {}
    strategy: str = ""
