"""Where a database is: its URL, taken from the environment when it is needed and never written down.

What drivers say may quote a connection string, so nothing of theirs leaves this module unread: only
the error's code and its first line do, with every form of the password struck out.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, quote_plus

from msgspec import Struct

from blastradius.errors import StoppedError
from blastradius.languages.secrets import loud_hidden
from blastradius.world import World

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

Kind = Literal["postgresql", "mysql", "sqlite"]
Row = tuple[Any, ...]

CONNECT_SECONDS = 10
LOCK_SECONDS = 10
_SHOWN = 300
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_DRIVERS: dict[str, tuple[Kind, str]] = {
    "postgres": ("postgresql", "postgresql+psycopg"),
    "postgresql": ("postgresql", "postgresql+psycopg"),
    "mysql": ("mysql", "mysql+pymysql"),
    "mariadb": ("mysql", "mysql+pymysql"),
    "sqlite": ("sqlite", "sqlite"),
}
_OPTIONS = frozenset(
    {"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "options", "unix_socket"}
    | {"ssl_ca", "ssl_cert", "ssl_key", "channel_binding", "gssencmode", "target_session_attrs"}
)
"""What a URL may say besides the place; a tool's own words (Prisma's ``schema``) are no driver's."""


class Place(Struct, frozen=True):
    """A database by name: ``where`` is the variable that holds its URL, or a ``sqlite:///`` URL."""

    name: str
    where: str

    def url(self, world: World) -> URL:
        """Return its URL.

        Raises:
            StoppedError: the variable is not set, or holds no URL of a known kind.
        """
        return _parsed(self._text(world), self, world)

    def digest(self, world: World) -> str:
        """Return what stands for the URL in a plan: another database has another one."""
        return world.key.digest(self._text(world))

    def _text(self, world: World) -> str:
        if self.where.startswith("sqlite:"):
            return self.where
        if not self.where.replace("_", "a").isalnum():
            # Perhaps the URL itself, which may hold a password: it is not repeated.
            raise StoppedError(
                f"database {self.name}: it is not named by the variable that holds its URL",
                "put the URL into a variable and name that: --database NAME=VARIABLE",
            )
        text = world.environment.get(self.where, "")
        if not text:
            raise StoppedError(
                f"database {self.name}: the variable {self.where} is not set",
                f"set {self.where} to its URL, such as postgresql://user:password@host/name",
            )
        return text


def _parsed(text: str, place: Place, world: World) -> URL:
    try:
        from sqlalchemy.engine import make_url  # noqa: PLC0415 - an extra, and 200 ms
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as above
    except ImportError:
        raise StoppedError(
            f"database {place.name}: SQLAlchemy is not installed",
            "pip install 'blastradius-engine[database]'",
        ) from None
    try:
        url = make_url(text)
        known = _DRIVERS.get(url.drivername.partition("+")[0])
    except (ArgumentError, ValueError):
        known = None
    if known is None:
        raise StoppedError(
            f"database {place.name}: what {_told(place)} holds is no URL of a known kind",
            "PostgreSQL, MySQL, MariaDB and SQLite are known: postgresql://, mysql://, sqlite:///",
        )
    kind, driver = known
    url = url.set(drivername=driver)
    if kind != "sqlite":
        # Prisma's and Django's own words in a query would make the drivers refuse the URL.
        return url.set(query={key: url.query[key] for key in url.query if key in _OPTIONS})
    if not url.database or url.database == ":memory:":
        raise StoppedError(
            f"database {place.name}: a SQLite database in memory has no state to undo",
            "name a file: sqlite:///path/to/file.db",
        )
    base = world.repo.work_tree or world.repo.git_dir
    return url.set(database=str(base / url.database), query={})


def _told(place: Place) -> str:
    return "its sqlite URL" if place.where.startswith("sqlite:") else place.where


def kind_of(url: URL) -> Kind:
    """Return the kind of database that a URL names."""
    return _DRIVERS[url.drivername.partition("+")[0]][0]


def secrets_of(url: URL) -> tuple[str, ...]:
    """Return the texts that must not be seen: the password, as it is and as URLs write it."""
    word = str(url.password) if url.password is not None else ""
    return tuple({word, quote(word, safe=""), quote_plus(word)} - {""})


class Session:
    """One connection in autocommit; transactions are begun and ended in words, as in the journal.

    Attributes:
        kind: what kind of database it is.
        name: what a person calls it.
        connection: SQLAlchemy's connection.
    """

    def __init__(self, connection: Connection, name: str, url: URL) -> None:
        self.connection = connection
        self.kind = kind_of(url)
        self.name = name
        self.url = url

    def run(self, sql: str, what: str = "") -> None:
        """Run one statement as it stands: no placeholder is looked for in it.

        Raises:
            StoppedError: the database refuses it, or is gone.
        """
        with saying(self.name, self.url, what):
            self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def rows(self, sql: str, **binds: object) -> list[Row]:
        """Return what a query with ``:name`` placeholders answers.

        Raises:
            StoppedError: the database refuses it, or is gone.
        """
        from sqlalchemy import text  # noqa: PLC0415 - an extra

        with saying(self.name, self.url):
            return [tuple(row) for row in self.connection.execute(text(sql), binds)]

    def put(self, sql: str, rows: Sequence[dict[str, object]]) -> None:
        """Run a statement with ``:name`` placeholders once for each row of values."""
        from sqlalchemy import text  # noqa: PLC0415 - an extra

        with saying(self.name, self.url):
            self.connection.execute(text(sql), list(rows))

    def begin(self) -> None:
        """Begin a transaction that writes; SQLite and MySQL take it at once."""
        self.run(
            {"sqlite": "BEGIN IMMEDIATE", "mysql": "START TRANSACTION", "postgresql": "BEGIN"}[
                self.kind
            ]
        )

    def commit(self) -> None:
        """Make it last."""
        self.run("COMMIT", "commit")

    def rollback(self) -> None:
        """Take it back; nothing happens when the connection is gone, which takes it back as well."""
        with contextlib.suppress(StoppedError):
            self.run("ROLLBACK")

    def quoted(self, *names: str) -> str:
        """Return an identifier, quoted for this database; its parts joined by dots."""
        mark = "`" if self.kind == "mysql" else '"'
        return ".".join(mark + one.replace(mark, mark * 2) + mark for one in names if one)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read inside is of one moment, and nothing can be written."""
        begin = {
            "sqlite": "BEGIN",
            "mysql": "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }[self.kind]
        self.run(begin)
        try:
            yield
        finally:
            self.rollback()


@contextlib.contextmanager
def session(url: URL, name: str, *, timeout: int = 900, write: bool = True) -> Iterator[Session]:
    """Connect.

    Args:
        url: where.
        name: what a person calls it.
        timeout: seconds that one statement may take.
        write: False opens a SQLite file so that it cannot be changed.

    Raises:
        StoppedError: the driver is not installed, the server is not there, or it refuses us.
    """
    if kind_of(url) == "sqlite":
        url = _sqlite_url(url, name, write=write)
    with saying(name, url):
        connection = _engine(url, LOCK_SECONDS, timeout).connect()
    try:
        found = Session(connection, name, url)
        if found.kind == "sqlite":
            _keep_inside(connection)
        for statement in _settings(found.kind, timeout):
            found.run(statement)
        yield found
    finally:
        with contextlib.suppress(Exception):  # a connection that is gone cannot be closed well
            connection.close()


@lru_cache(maxsize=64)
def _engine(url: URL, wait: int, timeout: int) -> Engine:
    """Return what connects; kept, since it remembers how its questions are written in SQL.

    It holds no connection between two sessions, so that a forked process shares none.
    """
    from sqlalchemy import create_engine, pool  # noqa: PLC0415 - an extra

    return create_engine(
        url,
        poolclass=pool.NullPool,
        connect_args=_arguments(url, wait, timeout),
        isolation_level="AUTOCOMMIT",
    )


def _keep_inside(connection: Connection) -> None:
    """Deny a SQLite connection other files: ``ATTACH`` and ``VACUUM INTO`` would write them."""

    def judge(action: int, what: str | None, *_: str | None) -> int:
        # A plain VACUUM attaches a file without a name.
        inside = action != sqlite3.SQLITE_ATTACH or what == ""
        return sqlite3.SQLITE_OK if inside else sqlite3.SQLITE_DENY

    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101 - it was opened a moment ago
    raw.set_authorizer(judge)


def _sqlite_url(url: URL, name: str, *, write: bool) -> URL:
    path = Path(url.database or "")
    if not path.is_file():
        raise StoppedError(
            f"database {name}: there is no file {path.name}", "name another, or make it"
        )
    # mode=rw: a file that went meanwhile must not come back as an empty database.
    mode = "rw" if write else "ro"
    return url.set(database=f"file:{quote(str(path))}", query={"mode": mode, "uri": "true"})


def _arguments(url: URL, wait: int, timeout: int) -> dict[str, object]:
    match kind_of(url):
        case "postgresql":
            return {"connect_timeout": CONNECT_SECONDS, "application_name": "blastradius"}
        case "mysql":
            found: dict[str, object] = {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4"}
            found["read_timeout"] = found["write_timeout"] = timeout
            if url.host in _LOCAL and not any(key.startswith("ssl") for key in url.query):
                # Nobody is between; loading the system's certificates takes 60 ms a connection.
                found["ssl_disabled"] = True
            return found
        case _:
            return {"timeout": wait}


def _settings(kind: Kind, timeout: int) -> tuple[str, ...]:
    match kind:
        case "postgresql":
            return (
                f"SET lock_timeout = '{LOCK_SECONDS}s'",
                f"SET statement_timeout = '{timeout}s'",
                "SET idle_in_transaction_session_timeout = 0",
                "SET TIME ZONE 'UTC'",
                "SET DateStyle = 'ISO, YMD'",
                "SET IntervalStyle = 'iso_8601'",
                "SET extra_float_digits = 1",
            )
        case "mysql":
            return (
                f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}",
                f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}",
                "SET SESSION time_zone = '+00:00'",
            )
        case _:
            # Migrations that rebuild a table would lose the rows of those that point to it.
            return ("PRAGMA foreign_keys = OFF",)


@contextlib.contextmanager
def saying(name: str, url: URL, what: str = "") -> Iterator[None]:
    """Say what a driver raises in our words, without a connection string.

    Raises:
        StoppedError: in the place of whatever the driver raised.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - an extra

    try:
        yield
    except (SQLAlchemyError, OSError, UnicodeError, ImportError) as error:
        # `from None`: the chain of the driver's error holds the connection string.
        raise _said(error, name, url, what) from None


def _said(error: BaseException, name: str, url: URL, what: str) -> StoppedError:
    if isinstance(error, ImportError):
        return StoppedError(
            f"database {name}: the driver for {url.drivername} is not installed",
            "pip install 'blastradius-engine[database]'",
        )
    cause = getattr(error, "orig", None) or error
    diagnosis = getattr(cause, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(
        cause.args[-1] if cause.args else type(cause).__name__
    )
    if _quotes_values(cause):
        text = re.sub(r"'[^']*'|\"[^\"]*\"", "…", text)
    line = next((one.strip() for one in text.splitlines() if one.strip()), "no reason was given")
    for secret in secrets_of(url):
        line = line.replace(secret, "***")
    line = loud_hidden(line)[:_SHOWN]
    during = f" ({what})" if what else ""
    return StoppedError(f"database {name}{during}: {line}", _hint(line))


_MYSQL_VALUES = frozenset({1062, 1264, 1265, 1292, 1366, 1406, 1411})


def _quotes_values(cause: BaseException) -> bool:
    """Whether a database's message may quote what stands in a row."""
    state = str(getattr(cause, "sqlstate", None) or "")
    return state[:2] in {"22", "23"} or bool(cause.args and cause.args[0] in _MYSQL_VALUES)


def _hint(line: str) -> str:
    low = line.lower()
    if "password" in low or "access denied" in low or "authentication" in low:
        return "the user or the password in its URL is not the right one"
    if "refused" in low or "can't connect" in low or "could not connect" in low:
        return "start the server, or set its URL right"
    if "lock" in low and ("timeout" in low or "exceeded" in low or "locked" in low):
        return "another session holds a lock: end it, then run this again"
    if "permission denied" in low or "denied" in low:
        return "the user of its URL needs that right"
    return ""
