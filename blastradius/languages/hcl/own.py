"""What a Terraform file records for linking: which names of its module it uses, and from where."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from blastradius.model.facts import Facts

_NIL = b"\xc0"


class Use(Struct, frozen=True, array_like=True):
    """A traversal such as ``var.region`` or ``module.m.out``. ``scope``: the definition it is in."""

    name: tuple[str, ...]
    line: int
    scope: int


class Own(Struct, frozen=True, array_like=True):
    """``uses`` in order. ``sources``: a module call's name → the ``source`` it is written with.

    ``settings``: the definitions that set a variable (top-level attributes, as in .tfvars).
    """

    uses: tuple[Use, ...] = ()
    sources: dict[str, str] = {}
    settings: tuple[int, ...] = ()


def own_of(facts: Facts) -> Own:
    """Return what `extract` recorded."""
    return msgspec.msgpack.decode(facts.own, type=Own) if bytes(facts.own) != _NIL else Own()
