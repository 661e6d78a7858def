"""Statements that reach out of their own database: into files, programs, or other databases.

A rehearsal runs statements on a scratch copy, so whatever they do outside of it is done at once and is
taken back by nothing. They are refused before that. What only a server's own code could tell (text that
a function puts together) is not seen here; SQLite is asked to deny it as well: see `places`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from blastradius.adapters.database.places import Kind, Session
from blastradius.errors import StoppedError

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_RUN_COMMENT = re.compile(r"/\*!\d*|\*/")
"""MySQL runs what stands in ``/*! … */``."""
_DATABASE = r"\b(?:CREATE|DROP|ALTER)\s+DATABASE\b"
_REACHING: dict[Kind, re.Pattern[str]] = {
    "sqlite": re.compile(
        r"^\s*(?:ATTACH|DETACH)\b|^\s*VACUUM\b[^;]*\bINTO\b|\bload_extension\s*\(", re.IGNORECASE
    ),
    "postgresql": re.compile(
        rf"{_DATABASE}|\bCOPY\b[^;]*\b(?:TO|FROM)\s+(?:PROGRAM\b|[EU&]*'|\$)"
        r"|\b(?:pg_read_(?:binary_)?file|pg_ls_dir|lo_import|lo_export|dblink\w*)\s*\("
        r"|\bALTER\s+SYSTEM\b|^\s*LOAD\b",
        re.IGNORECASE,
    ),
    "mysql": re.compile(
        rf"{_DATABASE}|\b(?:CREATE|DROP|ALTER)\s+SCHEMA\b|\bINTO\s+(?:OUTFILE|DUMPFILE)\b"
        r"|\bLOAD\s+DATA\b|\bLOAD_FILE\s*\(|^\s*USE\b",
        re.IGNORECASE,
    ),
}


def refuse_reaching_out(sql: str, kind: Kind) -> None:
    """Refuse a statement that does something outside of its own database.

    Raises:
        StoppedError: it does; it names what was found.
    """
    if kind == "mysql":
        sql = _RUN_COMMENT.sub(" ", sql)
    found = _REACHING[kind].search(_COMMENT.sub(" ", sql))
    if found:
        words = " ".join(found.group().strip(" ('$").split())[:60]
        raise StoppedError(
            f"a statement of the plan reaches out of its database: {words}",
            "a rehearsal cannot keep that from happening: undo that migration by hand",
        )


def refuse_other_databases(there: Session, statements: Iterable[str]) -> None:
    """Refuse what names a database of a MySQL server: on a copy it would mean the live one.

    Raises:
        StoppedError: one does.
    """
    if there.kind != "mysql":
        return
    found = there.rows("SELECT schema_name FROM information_schema.schemata")
    names = "|".join(sorted(re.escape(str(row[0])) for row in found))
    named = re.compile(rf"(?<![\w.$`])`?(?:{names})`?\s*\.", re.IGNORECASE)
    for sql in statements:
        hit = named.search(_COMMENT.sub(" ", _RUN_COMMENT.sub(" ", sql)))
        if hit:
            raise StoppedError(
                f"a statement of the plan names a whole database: {hit.group()[:60]}",
                "on a scratch copy it would change the live one: undo that migration by hand",
            )
