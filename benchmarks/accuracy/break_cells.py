"""Ways in which a Python reference can break, times ways to get at what breaks: the cells of `break_grid`.

A cell is a tiny package: ``lib.py`` in two states, head and reverted, and ``use.py``, which stays.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.accuracy.break_losses import LOSSES, TOP
from benchmarks.accuracy.break_names import NAMES
from benchmarks.accuracy.break_ways import RECEIVERS

_UNTYPED = ("-inferred", "isinstance-return", "isinstance-assert", "decorated+cache")


class Cell(NamedTuple):
    """One package: its name, what is the same in both states, and what the revert turns into what."""

    name: str
    stays: Mapping[str, str]
    head: Mapping[str, str]
    reverted: Mapping[str, str]

    @property
    def untyped(self) -> bool:
        """Tell whether only an unannotated result or parameter leads to the class."""
        return any(word in self.name for word in _UNTYPED)

    @property
    def package(self) -> str:
        """The folder that the cell is."""
        return self.name.partition(":")[0]


def cells() -> Iterator[Cell]:
    """Yield every cell, in an order that does not change."""
    number = 0
    for (loss, one), (way, (more, use)) in itertools.product(LOSSES.items(), RECEIVERS.items()):
        name = f"c{number:04d}"
        number += 1
        marker = next(line for line in use.splitlines() if "{s}" in line)
        indent = " " * (len(marker) - len(marker.lstrip()))
        lines = one.use.replace("\n", f"\n{indent}")
        text = use.replace("{s}", lines).replace("{p}", name)
        imports = any(word in use for word in ("Widget as Gadget", "lib.Widget", "import *"))
        top = "" if imports else "from .lib import Widget\n"
        if use.startswith("from __future__"):
            text, top = text.replace("annotations\n", f"annotations\n{top}", 1), ""
        heads = [part if part.startswith("from __future__") else TOP + part for part in one[:2]]
        package = "from .lib import Widget as Widget\n" if way == "re-export" else ""
        yield Cell(
            f"{name}:{loss}*{way}",
            {f"{name}/__init__.py": package, f"{name}/use.py": top + text},
            {f"{name}/lib.py": heads[0] + more},
            {f"{name}/lib.py": heads[1] + more},
        )
    for label, (head, reverted, use) in NAMES.items():
        name = f"c{number:04d}"
        number += 1
        package = "from .lib import thing as thing\n" if "+package" in label else ""
        yield Cell(
            f"{name}:{label}",
            {f"{name}/__init__.py": package, f"{name}/use.py": use.replace("{p}", name)},
            {f"{name}/lib.py": head},
            {f"{name}/lib.py": reverted},
        )
