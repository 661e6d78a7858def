"""Servers that go away, locks that others hold, and others who change what was planned for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from blastradius.adapters import database
from blastradius.adapters.database import places
from blastradius.errors import BlastRadiusError, CheckpointError, DriftError, StoppedError
from tests.servers import PASSWORD, mariadb, postgresql, run_sql
from tests.unit.adapters.database.stepping import KINDS, Run, rows_of_shop, shop

_OURS = "application_name = 'blastradius' AND pid <> pg_backend_pid()"


def test_a_backend_that_is_ended_before_its_commit_leaves_all_as_it_was(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    step = shop(run)
    before = rows_of_shop(run)
    prepared = database.prepare(step, run.world)

    def tick(what: str) -> None:
        if what.startswith("sql commit "):
            ended = run.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")
            assert ended

    with pytest.raises(StoppedError):
        database.act(step, prepared, run.new_world(heard=tick))
    assert database.probe(step, run.world) == step.before
    assert rows_of_shop(run) == before
    database.act(step, prepared, run.world)
    assert database.verify(step, prepared, run.world) == prepared.wanted


@contextmanager
def _losing_answers(port: int, armed: threading.Event) -> Iterator[int]:
    """Yield the port of a wire to a server that breaks after the first word sent once it is armed."""
    listener = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket, cut: Callable[[bytes], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if cut(data):
                    target.sendall(data)
                    source.shutdown(socket.SHUT_RDWR)
                    # The server must have the word before the wire breaks.
                    threading.Event().wait(0.3)
                    target.shutdown(socket.SHUT_RDWR)
                    return
                target.sendall(data)

    def cut(data: bytes) -> bool:
        now = armed.is_set() and b"COMMIT" in data
        if now:
            armed.clear()
        return now

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                ends.extend((client, server))
                for pair in ((client, server, cut),
                             (server, client, lambda data: False)):  # fmt: skip
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for one in ends:
            one.close()


def test_a_commit_whose_answer_is_lost_is_seen_to_have_taken(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    step = shop(run)
    prepared = database.prepare(step, run.world)
    server = postgresql()
    armed = threading.Event()
    with _losing_answers(server.port, armed) as port:

        def tick(what: str) -> None:
            if what.startswith("sql commit "):
                armed.set()

        world = run.new_world(heard=tick)
        world.environment["DATABASE_URL"] = run.url.replace(f":{server.port}/", f":{port}/")
        args = {**step.args, "url": world.key.digest(world.environment["DATABASE_URL"])}
        database.act(replace(step, args=args), prepared, world)
        assert not armed.is_set()
    assert database.probe(step, run.world) == prepared.wanted


@pytest.mark.parametrize("kind", KINDS)
def test_a_lock_that_another_session_holds_stops_the_act(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    before = rows_of_shop(run)
    prepared = database.prepare(step, run.world)
    monkeypatch.setattr(places, "LOCK_SECONDS", 1)
    with _held(run), pytest.raises(StoppedError, match=r"[lL]ock"):
        database.act(step, prepared, run.world)
    database.compensate(step, prepared, run.world)
    assert database.probe(step, run.world) == step.before
    assert rows_of_shop(run) == before


@contextmanager
def _held(run: Run) -> Iterator[None]:
    if run.kind == "sqlite":
        import sqlite3

        other = sqlite3.connect(run.url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()
    elif run.kind == "postgresql":
        import psycopg

        with psycopg.connect(run.url) as held:
            held.execute("SELECT * FROM users")
            yield
    else:
        import pymysql

        server = mariadb()
        held_too = pymysql.connect(host="127.0.0.1", port=server.port, user=server.user,
                                   password=PASSWORD, database=run.url.rpartition("/")[2])  # fmt: skip
        with held_too, held_too.cursor() as cursor:
            cursor.execute("SELECT * FROM users")
            yield


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_else_changed_is_refused_and_stays(kind: str, tmp_path: Path) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    prepared = database.prepare(step, run.world)

    run.sql("UPDATE users SET plan = 'theirs' WHERE id = 1")
    with pytest.raises(DriftError, match="rows of"):
        database.act(step, prepared, run.world)
    assert ("ada", "theirs") in {tuple(row) for row in run.sql("SELECT name, plan FROM users")}

    run.sql(
        "UPDATE users SET plan = 'free' WHERE id = 1", "ALTER TABLE users ADD COLUMN more INTEGER"
    )
    for call in (database.act, database.compensate):
        if call is database.compensate:
            with pytest.raises(DriftError, match="more"):
                call(step, prepared, run.world)
            continue
        with pytest.raises(DriftError, match=r"users\.more"):
            call(step, prepared, run.world)
    with pytest.raises(DriftError):
        database.prepare(step, run.world)
    assert run.sql("SELECT more, plan FROM users WHERE id = 2")[0] == (None, "gold")


def test_another_database_under_the_same_name_is_refused(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    step = shop(run)
    prepared = database.prepare(step, run.world)
    other = postgresql().database()
    world = run.new_world()
    world.environment["DATABASE_URL"] = other
    with pytest.raises(DriftError, match="another database"):
        database.act(step, prepared, world)
    assert run_sql(other, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_wrong_password_is_said_without_it(kind: str, tmp_path: Path) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    world = run.new_world()
    wrong = "falsch%40geheim-91"
    world.environment["DATABASE_URL"] = run.url.replace(PASSWORD, wrong)
    args = {**step.args, "url": world.key.digest(world.environment["DATABASE_URL"])}
    with pytest.raises(BlastRadiusError) as caught:
        database.probe(replace(step, args=args), world)
    text = _everything_of(caught.value)
    assert "app" in text
    assert "password" in text
    assert "geheim" not in text


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_said_in_one_line(kind: str, tmp_path: Path) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    world = run.new_world()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = postgresql() if kind == "postgresql" else mariadb()
    world.environment["DATABASE_URL"] = run.url.replace(f":{server.port}/", f":{port}/")
    args = {**step.args, "url": world.key.digest(world.environment["DATABASE_URL"])}
    with pytest.raises(StoppedError, match="start the server") as caught:
        database.probe(replace(step, args=args), world)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in _everything_of(caught.value)


def _everything_of(error: BaseException) -> str:
    """Return all that a traceback could print of an error and of those behind it."""
    import traceback

    found = [repr(error), str(error), *traceback.format_exception(error)]
    return "\n".join(found)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_no_password_stands_in_what_is_written_down(kind: str, tmp_path: Path) -> None:
    import msgspec

    run = Run(tmp_path, kind)
    step = shop(run)
    prepared = database.prepare(step, run.world)
    for one in (step, prepared):
        assert PASSWORD.encode() not in msgspec.json.encode(one)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path


def test_a_user_who_may_make_no_database_is_told_so_before_anything_happens(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    step = shop(run)
    name = run.url.rpartition("/")[2]
    run.sql(
        f"CREATE ROLE {name}_user LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}_user",
    )
    world = run.new_world()
    world.environment["DATABASE_URL"] = run.url.replace("//pg:", f"//{name}_user:")
    args = {**step.args, "url": world.key.digest(world.environment["DATABASE_URL"])}
    planned = replace(step, args=args)
    planned = replace(planned, before=database.probe(planned, world))
    with pytest.raises(CheckpointError, match="create databases"):
        database.prepare(planned, world)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_act_did_not_do_is_seen_by_the_other_way(kind: str, tmp_path: Path) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    prepared = database.prepare(step, run.world)
    assert database.verify(step, prepared, run.world) != prepared.wanted
    database.act(step, prepared, run.world)
    assert database.verify(step, prepared, run.world) == prepared.wanted
    body = "BEGIN UPDATE users SET name = 'x'; END" if kind == "sqlite" else "SET NEW.name = 'x'"
    each = "" if kind == "sqlite" else " FOR EACH ROW"
    if kind == "postgresql":
        run.sql("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        body = "EXECUTE FUNCTION f()"
    run.sql(f"CREATE TRIGGER sly BEFORE UPDATE ON users{each} {body}")
    differing = database.verify(step, prepared, run.world).differing(prepared.wanted)
    assert any("sly" in one for one in differing)


def test_an_act_that_does_something_else_than_was_rehearsed_is_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, "postgresql")
    step = shop(run)
    before = rows_of_shop(run)
    prepared = database.prepare(step, run.world)
    real = places.Session.run

    def forgetful(self: places.Session, sql: str, what: str = "") -> None:
        if not sql.startswith("DROP INDEX"):
            real(self, sql, what)
        else:
            real(self, "UPDATE users SET name = 'lost'", what)

    with monkeypatch.context() as patched:
        patched.setattr(places.Session, "run", forgetful)
        with pytest.raises(StoppedError, match="should have stayed"):
            database.act(step, prepared, run.world)
    assert database.probe(step, run.world) == step.before
    assert rows_of_shop(run) == before


def test_a_url_in_the_place_of_a_variable_is_refused_and_not_repeated(tmp_path: Path) -> None:
    run = Run(tmp_path, "sqlite")
    with pytest.raises(StoppedError, match="variable") as caught:
        places.Place("app", f"postgresql://pg:{PASSWORD}@127.0.0.1/x").url(run.world)
    assert PASSWORD not in _everything_of(caught.value)
