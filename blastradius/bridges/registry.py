"""The table of bridges, in the order in which they run: later ones see the edges of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from blastradius.bridges.base import Bridge

_BUILT_IN = (
    "blastradius.bridges.paths",
    "blastradius.bridges.dotted",
    "blastradius.bridges.python_sql",
    "blastradius.bridges.fields",
)


def bridges() -> Iterator[Bridge]:
    """Yield every bridge: the built-in ones, then those of installed packages by name."""
    for name in _BUILT_IN:
        yield cast("Bridge", import_module(name))
    for entry in sorted(entry_points(group="blastradius.bridges"), key=lambda one: one.name):
        yield cast("Bridge", entry.load())
