"""The addresses that a value has by itself: what a reader of config must find, whoever parsed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node
from blastradius.model.facts import Facts


def addresses(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON or TOML value
    """Yield (address, shape) of everything inside ``value``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            place = below(name, Node("scalar", 0, 0, "str", key))
            yield place, shape(inner)
            yield from addresses(inner, place)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            place = f"{name}[{index}]"
            yield place, shape(inner)
            yield from addresses(inner, place)


def shape(value: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(value, dict):
        return "mapping"
    if isinstance(value, list):
        return "sequence"
    if value is None:
        return "scalar null"
    if isinstance(value, bool):
        return "scalar bool"
    if isinstance(value, int | float):
        return "scalar number"
    return "scalar str" if isinstance(value, str) else "scalar timestamp"


def stated(facts: Facts) -> list[tuple[str, str]]:
    """Return (address, shape) of every definition, sorted."""
    return sorted((one.name, one.shape) for one in facts.definitions)
