"""The table of bridges, in the order in which they run: later ones see the edges of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from blastradius.bridges.base import Bridge

_BUILT_IN = (
    "blastradius.bridges.stubs",
    "blastradius.bridges.fixtures",
    "blastradius.bridges.paths",
    "blastradius.bridges.globs",
    "blastradius.bridges.dotted",
    "blastradius.bridges.migrations",
    "blastradius.bridges.workflows",
    "blastradius.bridges.compose",
    "blastradius.bridges.kubernetes",
    "blastradius.bridges.named_keys",
    "blastradius.bridges.env",
    "blastradius.bridges.parameters",
    "blastradius.bridges.readers",
    "blastradius.bridges.models",
    "blastradius.bridges.included_fields",
    "blastradius.bridges.templates",
    "blastradius.bridges.python_strings",
    "blastradius.bridges.orm",
    "blastradius.bridges.schema_columns",
    "blastradius.bridges.test_data",
    "blastradius.bridges.python_sql",
    "blastradius.bridges.routes",
    "blastradius.bridges.dbt",
    "blastradius.bridges.fields",
    "blastradius.bridges.field_groups",
)


def bridges() -> Iterator[Bridge]:
    """Yield every bridge: the built-in ones, then those of installed packages by name."""
    for name in _BUILT_IN:
        yield cast("Bridge", import_module(name))
    for entry in sorted(entry_points(group="blastradius.bridges"), key=lambda one: one.name):
        yield cast("Bridge", entry.load())
