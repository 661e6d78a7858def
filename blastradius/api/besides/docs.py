"""Docs that stay and name what goes: a symbol, an option, a file.

Only lines that the range brought in: what goes came with it, so an older line means something else.
"""

from __future__ import annotations

from blastradius.api.besides.names import Mention, Names
from blastradius.api.besides.prose import is_doc
from blastradius.api.besides.scene import Line, Scene
from blastradius.model.analysis import FixForward


def find(scene: Scene) -> list[FixForward]:
    """Return the lines of docs that name what goes, by path and line."""
    pages = [path for path in scene.touched if path in scene.reverted.tree and is_doc(path)]
    if not pages:
        return []
    names = Names(scene)
    if not names:
        return []
    return [_mend(one) for line in scene.fresh_lines(pages) for one in _mentions(names, line)]


def _mentions(names: Names, line: Line) -> list[Mention]:
    found = [*names.symbols_in(line), *names.options_in(line), *names.paths_in(line)]
    return sorted({one.symbol: one for one in found}.values(), key=lambda one: one.symbol)


def _mend(one: Mention) -> FixForward:
    why = f"names {one.written}, which goes"
    return FixForward(one.line.path, one.line.number, one.symbol, why, "docs")
