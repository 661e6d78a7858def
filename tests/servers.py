"""Real database servers for tests: PostgreSQL and MariaDB on loopback, free ports, in temporary folders.

Each is started once a session, when a test first asks for it, and ended with it. Where one cannot be
had the test is skipped and says why; in CI, where both ought to be there, it fails.
"""

from __future__ import annotations

import atexit
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "kanarienvogel-7f3a91c2"  # noqa: S105 - of servers that end with the tests
"""The password of every server here; no output of ours may have it."""
_numbers = count(1)
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin")


class Server:
    """A server that runs.

    Attributes:
        kind: ``postgresql`` or ``mysql``.
        port: on 127.0.0.1.
    """

    def __init__(self, kind: str, port: int, user: str) -> None:
        self.kind = kind
        self.port = port
        self.user = user

    def url(self, name: str, password: str = PASSWORD) -> str:
        """Return the URL of one of its databases."""
        return f"{self.kind}://{self.user}:{password}@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        """Make a new, empty database and return its URL."""
        name = f"t{next(_numbers)}"
        self.run("postgres" if self.kind == "postgresql" else "", f"CREATE DATABASE {name}")
        return self.url(name)

    def run(self, name: str, *statements: str) -> list[Any]:
        """Run statements in a database and return the rows of the last."""
        if self.kind == "postgresql":
            import psycopg

            with psycopg.connect(self.url(name), autocommit=True) as connection:
                for one in statements:
                    cursor = connection.execute(one.encode())
                return cursor.fetchall() if cursor.description else []
        import pymysql

        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user=self.user, password=PASSWORD,
            database=name or None, autocommit=True,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            for one in statements:
                cursor.execute(one)
            return list(cursor.fetchall())


def run_sql(url: str, *statements: str) -> list[Any]:
    """Run statements in any database by its URL and return the rows of the last."""
    if url.startswith("sqlite:///"):
        import sqlite3

        with sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None) as connection:
            found: list[Any] = []
            for one in statements:
                found = connection.execute(one).fetchall()
        connection.close()
        return found
    server = postgresql() if url.startswith("postgresql") else mariadb()
    return server.run(url.rpartition("/")[2], *statements)


def postgresql() -> Server:
    """Return the session's PostgreSQL."""
    return _had("PostgreSQL", _postgresql)


def mariadb() -> Server:
    """Return the session's MariaDB."""
    return _had("MariaDB", _mariadb)


def _had(what: str, start: Callable[[], Server | str]) -> Server:
    found = start()
    if isinstance(found, Server):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} ought to be here: {found}")
    pytest.skip(f"{what} is not here: {found}")


@cache
def _postgresql() -> Server | str:
    names = ("initdb", "postgres")
    found = {name: _program(name, "/usr/lib/postgresql/*/bin") for name in names}
    if missing := [name for name in names if found[name] is None]:
        return f"no program {missing[0]}"
    folder = _folder("pg")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    data = folder / "data"
    data.mkdir()
    _given_away(folder)
    made = _run([str(found["initdb"]), "-D", str(data), "-A", "scram-sha-256", "-U", "pg", "--no-sync",
                 f"--pwfile={secret}", "-E", "UTF8", "--locale=C"])  # fmt: skip
    if made is not None:
        return made
    port = _free_port()
    _start([str(found["postgres"]), "-D", str(data), "-p", str(port), "-k", str(folder), "-c", "fsync=off",
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60", "-c", "shared_buffers=16MB"],
           folder)  # fmt: skip
    server = Server("postgresql", port, "pg")
    return _ready(server, "postgres", "SELECT 1", folder)


@cache
def _mariadb() -> Server | str:
    server, install = _program("mariadbd"), _program("mariadb-install-db")
    if server is None or install is None:
        return "no program mariadbd"
    folder = _folder("my")
    data = folder / "data"
    _given_away(folder)
    made = _run([install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                 "--skip-test-db"])  # fmt: skip
    if made is not None:
        return made
    port = _free_port()
    init = folder / "init.sql"
    init.write_text(f"CREATE USER 'my'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
                    "GRANT ALL ON *.* TO 'my'@'127.0.0.1' WITH GRANT OPTION;\n")  # fmt: skip
    _given_away(folder)
    _start([server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
            f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", f"--init-file={init}",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-name-resolve=0",
            "--innodb-use-native-aio=0", "--sync-binlog=0"], folder)  # fmt: skip
    return _ready(Server("mysql", port, "my"), "", "SELECT 1", folder)


def _ready(server: Server, name: str, question: str, folder: Path) -> Server | str:
    end = time.monotonic() + 60
    said = ""
    while time.monotonic() < end:
        try:
            server.run(name, question)
        except Exception as error:  # noqa: BLE001 - whatever a driver says while the server starts
            said = str(error)
            time.sleep(0.05)
        else:
            return server
    log = (folder / "log").read_text("utf-8", "replace")[-400:]
    return f"it did not start: {said}; {log}"


def _program(name: str, *more: str) -> str | None:
    folders = [*_FOLDERS, *(str(one) for glob in more for one in Path("/").glob(glob[1:]))]
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))


def _folder(prefix: str) -> Path:
    # Short, and where another user can go: a socket's path has a limit, and root may not run them.
    path = Path(tempfile.mkdtemp(prefix=f"br-{prefix}-", dir="/tmp"))
    path.chmod(0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def _given_away(folder: Path) -> None:
    """Root runs no database server: another user does, and owns the folder."""
    if getpass.getuser() == "root":
        for one in (folder, *folder.rglob("*")):
            shutil.chown(one, "nobody")


def _as_other() -> dict[str, Any]:
    return {"user": "nobody"} if os.getuid() == 0 else {}


def _run(command: list[str]) -> str | None:
    done = subprocess.run(command, capture_output=True, check=False, timeout=120, **_as_other())
    if done.returncode == 0:
        return None
    return f"{command[0]} failed: {(done.stderr or done.stdout).decode('utf-8', 'replace')[-400:]}"


def _start(command: list[str], folder: Path) -> None:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd=folder, **_as_other(),
        )  # fmt: skip
    owner = os.getpid()

    def end() -> None:
        if os.getpid() != owner:  # a forked child of a test must not end its parent's server
            return
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    atexit.register(end)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.stdout.write(f"{postgresql().url('postgres')}\n{mariadb().url('')}\n")
    sys.stdin.readline()
