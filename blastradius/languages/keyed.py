"""What languages of keys and values share.

Such a language reads its bytes into the tree of `blastradius.languages.yaml.nodes` and lets
`facts_of` state it, so that a key has one kind of address and of mention in whatever format; its
linking half is a `KeyedLinks`.
"""

from __future__ import annotations

from blastradius.languages.secrets import veil
from blastradius.languages.yaml.linking import KeyedLinks
from blastradius.languages.yaml.nodes import Composed
from blastradius.model.facts import Facts

__all__ = ["KeyedLinks", "facts_of"]


def facts_of(composed: Composed) -> Facts:
    """Return the facts of a file's documents; what may be a secret is hidden in them first."""
    from blastradius.languages.yaml.collect import (  # noqa: PLC0415 - a run over cached facts needs none of it
        collect,
    )

    veil(composed.documents)
    return collect(composed)
