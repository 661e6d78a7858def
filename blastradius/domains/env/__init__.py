"""Environment variables: where they are set, where code reads them, and secrets that were exposed."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.domains.base import ChangeView
from blastradius.domains.env import definitions, readers
from blastradius.model.analysis import Effect

DOMAIN = "env"


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each variable that the range set, unset, began or ceased to read."""
    yield from definitions.effects(view)
    yield from readers.effects(view)
