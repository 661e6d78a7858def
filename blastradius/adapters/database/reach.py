"""Statements that reach out of their own database: into files, programs, or other databases.

A rehearsal runs statements on a scratch copy, so whatever they do outside of it is done at once and is
taken back by nothing. They are refused before that. What only a server's own code could tell (text that
a function puts together) is not seen here; SQLite is asked to deny it as well: see `places`.
"""

from __future__ import annotations

import re

from blastradius.adapters.database.places import Kind
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
