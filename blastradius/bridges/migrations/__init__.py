"""A migration → the one that it follows: taken away, the later ones have nothing to stand on.

What a migration says itself (Alembic, Django, sqitch) is certain. Where only the numbers of files say
the order (Flyway, golang-migrate, dbmate, goose, Prisma, Drizzle), the next one is likely to need the
one before: the tool orders them, although the SQL of both may be about different things.
"""

from __future__ import annotations

from blastradius.bridges.base import View
from blastradius.bridges.found import Found
from blastradius.bridges.migrations import alembic, django, numbered, sqitch
from blastradius.model.symbols import Linked

NAME = "migrations"
VERSION = "1"


def link(view: View) -> Linked:
    """Return the edges of kind ``migration`` of every tool."""
    found = Found()
    for tool in (alembic, django, sqitch, numbered):
        tool.link(view, found)
    return found.linked()
