"""What holds a revert set together: one commit cannot go unless another goes too."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

Because = dict[str, str | int]


class Demand(Struct, frozen=True):
    """If the commits of ``premise`` go, one of ``needs`` must go too, or the place be mended.

    Attributes:
        commit: the undone commit that it is about, one of the premise.
        needs: commits any one of which would do; the first is the one that a person would name.
        reason: text, reference, restored-use, signature, syntax, migration, merge, lock, generated.
        because: where it shows: path, line, symbol, needs, needs_path, needs_line, kind, text.
        premise: the undone commits that it takes; empty for ``commit`` alone. It holds for every
            set that contains them and none of ``needs``.
        mendable: a person could mend the place by hand instead; a text conflict cannot be.
    """

    commit: str
    needs: tuple[str, ...]
    reason: str
    because: Because
    premise: frozenset[str] = frozenset()
    mendable: bool = False

    @property
    def given(self) -> frozenset[str]:
        """The commits that must be undone for it to hold."""
        return self.premise or frozenset((self.commit,))

    @property
    def site(self) -> tuple[str, ...]:
        """What identifies the place to mend, whichever commits it shows with."""
        words = ("path", "line", "symbol", "needs")
        return (self.reason, *(str(self.because.get(word, "")) for word in words))

    def is_open(self, undone: frozenset[str]) -> bool:
        """Tell whether the set contains the premise and nothing that would answer it."""
        return self.given <= undone and undone.isdisjoint(self.needs)


class Prices(Struct, frozen=True):
    """What undoing costs: whole numbers, of which the least sum is sought.

    Attributes:
        commits: price of undoing each commit; those not named cost 1.
        mend: price of mending one place by hand; None: never instead of undoing.
    """

    commits: Mapping[str, int] = {}
    mend: int | None = None

    def of(self, commit: str) -> int:
        """Return the price of undoing ``commit``."""
        return self.commits.get(commit, 1)
