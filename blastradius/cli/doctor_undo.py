"""What ``doctor`` looks at for undoing: drivers, programs, the key, configured databases, waiting runs."""

from __future__ import annotations

import os
import shutil
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

from blastradius.errors import BlastRadiusError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DRIVERS = ("sqlalchemy", "alembic", "psycopg", "pymysql")
_PROGRAMS = ("npm", "alembic", "pg_dump", "mariadb-dump")


class Check(NamedTuple):
    """One thing that was looked at; ``right`` is None where there is nothing to judge."""

    name: str
    right: bool | None
    said: str


def checks(repo: str) -> Iterator[Check]:
    """Yield what an undo may need; nothing of it is a fault where it is absent, but a run that waits is."""
    for name in _DRIVERS:
        yield Check(f"database {name}", right=None, said=_version(name))
    for name in _PROGRAMS:
        yield Check(f"program {name}", right=None, said=shutil.which(name) or "not on PATH")
    yield from _here(repo)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed: pip install 'blastradius-engine[database]' brings it"


def _here(repo: str) -> Iterator[Check]:
    from blastradius import api  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.engine.runs import listing  # noqa: PLC0415 - as above
    from blastradius.git.repository import Repository  # noqa: PLC0415 - as above
    from blastradius.world.files import Files  # noqa: PLC0415 - as above
    from blastradius.world.keys import Key  # noqa: PLC0415 - as above

    key = Key(os.environ, Files(lambda _what: None))
    try:
        said = f"{key.path}{'' if key.path.exists() else ' (made when it is first needed)'}"
        yield Check("key", right=None, said=said)
        waiting = [
            one
            for one in listing(Repository.open(repo)).runs
            if one.state in {"unfinished", "stuck"}
        ]
        databases = api.configuration(repo, lambda _line: None).databases
    except BlastRadiusError as error:
        yield Check("runs", right=None, said=error.what)
        return
    for one in waiting:
        hint = f"blastradius resume {one.id}, or: blastradius abort {one.id}"
        yield Check("run that waits", right=False, said=one.problem or hint)
    for name, where in sorted(databases.items()):
        known = "://" in where or where in os.environ
        said = "named" if known else f"the variable {where} is not set"
        yield Check(f"database {name}", right=known, said=said)
