"""Does the way down invert the way up? Both are taken on the schema from before, and compared with it.

A claim that it does not is made only where all of the way down could be read; where it could not, and
nothing else shows it, the answer is that nobody can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from blastradius.migrations.applying import apply
from blastradius.migrations.catalog import Schema
from blastradius.migrations.differences import Difference, differences
from blastradius.migrations.model import Lint
from blastradius.migrations.records import Do

_MOST_SAID = 6


@dataclass(frozen=True, slots=True)
class Way:
    """A way up or down: its steps, the line where it raises (0: it does not), where it stands."""

    steps: Sequence[Do]
    raises: int = 0
    line: int = 1
    says: str = ""

    @property
    def acts(self) -> bool:
        """Whether it does anything to a schema or to rows."""
        return any(one.verb != "nothing" or one.why for one in self.steps)

    @property
    def unknown(self) -> Do | None:
        """The first step that cannot be read."""
        return next((one for one in self.steps if one.verb == "unknown"), None)

    @property
    def rows(self) -> bool:
        """Whether it writes rows."""
        return any(one.verb == "rows" for one in self.steps)


@dataclass(slots=True)
class Judged:
    """What was found: the answer, the schema after the way up, and those before each step of it."""

    lint: Lint
    after: Schema
    states: list[Schema] = field(default_factory=list)


def judge(schema: Schema, up: Way, down: Way | None) -> Judged:
    """Return whether ``down`` inverts ``up``.

    Args:
        schema: what is there before; it is not changed.
        up: the way up.
        down: the way down, None where there is none.
    """
    before = Schema(schema)
    before.before = None
    after = Schema(before)
    after.trusts = True
    for one in up.steps:
        apply(after, one)
    # What the way down takes for granted is about what was before, not about what follows.
    between = Schema(after)
    between.before = before
    lint = _answer(before, between, up, down)
    after.before, after.trusts = None, False
    return Judged(lint, after)


def _answer(before: Schema, after: Schema, up: Way, down: Way | None) -> Lint:
    changes = differences(before, after, after)
    if down is not None and down.raises:
        return Lint("raising", "the way down raises", down.raises)
    if down is None or not down.acts:
        return _idle(up, down, acts=bool(changes))
    back = Schema(after)
    for one in down.steps:
        if one.why and one.verb != "unknown" and not any(do.why == one.why for do in up.steps):
            return Lint("raising", f"the way down {one.why}, which must fail", one.line)
        refused = apply(back, one)
        if refused and not back.vague and not one.lenient:
            return Lint("raising", f"the way down must fail: {refused}", one.line, (refused,))
    return _compared(before, after, back, up, down)


def _idle(up: Way, down: Way | None, *, acts: bool) -> Lint:
    """Judge a way down that is not there or does nothing."""
    line = down.line if down is not None else up.line
    if acts:
        if down is None:
            return Lint("missing", "there is no way down", line)
        return Lint("empty", "the way down does nothing", line)
    if up.unknown is not None:
        return Lint("unknown", f"what the way up does is not known: {up.unknown.why}", line)
    if up.rows:
        return Lint("lossy", "the way up writes rows, and the way down leaves them", line)
    return Lint("inverse", "", line)


def _compared(before: Schema, after: Schema, back: Schema, up: Way, down: Way) -> Lint:
    found = differences(before, back, after)
    unknown = down.unknown or up.unknown
    if up.unknown is not None:
        # What the unknown part made may be what the way down drops.
        touched = {one.key for one in differences(before, after, after)}
        found = [one for one in found if one.key in touched]
    if found and down.unknown is None:
        line = _line(found, down)
        said = tuple(one.said for one in found)
        more = f", and {len(said) - _MOST_SAID} more" if len(said) > _MOST_SAID else ""
        return Lint("partial", "; ".join(said[:_MOST_SAID]) + more, line, said)
    if unknown is not None:
        return Lint("unknown", unknown.why, unknown.line)
    losses = sorted({_loss(one) for one in up.steps} - {""})
    if losses:
        return Lint("lossy", "; ".join(losses[:_MOST_SAID]), down.line)
    return Lint("inverse", "", down.line)


def _line(found: Sequence[Difference], down: Way) -> int:
    """Return the line of the step on the way down that is nearest to a difference."""
    for one in found:
        for do in down.steps:
            if do.table and len(one.key) > 1 and do.table == one.key[1]:
                return do.line
    return down.line


def _loss(do: Do) -> str:
    """Say what a step of a way up takes that no way down brings back, empty when it takes nothing."""
    if do.verb == "drop_table":
        return f"the rows of {do.table} do not come back"
    if do.verb == "drop_column":
        return f"the values of {do.table}.{do.name} do not come back"
    if do.verb == "rows":
        return f"rows of {do.table} are rewritten" if do.table else "rows are rewritten"
    if do.verb == "alter_column" and do.change is not None and do.change.type:
        return f"values of {do.table}.{do.name} may have been changed by the new type"
    return ""
