"""Down-lint against real runs: does the way down of an Alembic revision invert its way up?

    python benchmarks/accuracy/downlint.py REPOSITORY VENV_PYTHON [--folder versions] [--show]

REPOSITORY is a checkout of a project with Alembic revisions, VENV_PYTHON an interpreter that has
``sqlalchemy``, ``alembic``, ``psycopg`` (and ``psycopg2``) and what else its revisions import. The truth
comes from PostgreSQL (``initdb`` and ``postgres`` on the path, started in a temporary folder as the user
``nobody``, on loopback): each revision is run up and down on a copy of the database that all before it
made, and the catalog before is compared with the one after, by SQL of this file's own. A way down that
fails, or leaves the catalog otherwise (the order of columns and the layout of functions aside), does
not invert. Revisions that
cannot be imported or run up there are left out and counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SECONDS = 60
_NO_SCRIPT: Any = None
_LEAVES = {
    "column": """
        select n.nspname || '.' || c.relname || '.' || a.attname,
               concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                         a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')""",
    "table": """
        select n.nspname || '.' || c.relname, c.relkind::text || c.relrowsecurity::text
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'S', 'f')""",
    "constraint": """
        select n.nspname || '.' || c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        join pg_namespace n on n.oid = c.relnamespace where k.contype <> 't'""",
    "index": """
        select n.nspname || '.' || c.relname, pg_get_indexdef(c.oid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('i', 'I')""",
    "enum": """
        select n.nspname || '.' || t.typname, string_agg(e.enumlabel, ',' order by e.enumsortorder)
        from pg_type t join pg_enum e on e.enumtypid = t.oid
        join pg_namespace n on n.oid = t.typnamespace group by 1""",
    "view": """
        select n.nspname || '.' || c.relname, pg_get_viewdef(c.oid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm')""",
    "function": """
        select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
               regexp_replace(p.prosrc, '\\s+', ' ', 'g')
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')""",
    "trigger": """
        select n.nspname || '.' || c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace where not t.tgisinternal""",
    "policy": "select schemaname || '.' || tablename || '.' || policyname, coalesce(qual, '') "
    "from pg_policies n",
    "comment": """
        select n.nspname || '.' || c.relname || '.' || coalesce(a.attname, ''), d.description
        from pg_description d join pg_class c on c.oid = d.objoid
        join pg_namespace n on n.oid = c.relnamespace
        left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0
        where d.classoid = 'pg_class'::regclass""",
    "extension": """
        select e.extname, e.extversion from pg_extension e
        join pg_namespace n on n.oid = e.extnamespace""",
    "schema": "select n.nspname, '' from pg_namespace n",
}
_OWN = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", type=Path)
    parser.add_argument("python", type=Path)
    parser.add_argument("--folder", default="", help="only histories whose folder ends so")
    parser.add_argument(
        "--path", default="", help="the folder below it whose modules revisions import"
    )
    parser.add_argument("--show", action="store_true", help="print every mistake")
    parser.add_argument(
        "--keep", type=Path, help="read the truth from this file, or write it there"
    )
    given = parser.parse_args()
    for history in _histories(given.repository.resolve(), given.folder):
        files = [(one.id, str(given.repository.resolve() / one.path)) for one in history.migrations]
        truth = _kept(given.keep, history.folder)
        if truth is None:
            truth = _truth(given.repository.resolve() / given.path, given.python, files)
            _keep(given.keep, history.folder, truth)
        _report(history, truth, show=given.show)


def _histories(root: Path, folder: str) -> list[Any]:
    from blastradius.migrations import read  # noqa: PLC0415 - only who asks pays for it
    from blastradius.model.source import TreeEntry  # noqa: PLC0415 - only who asks pays for it

    entry = TreeEntry("100644", "0" * 40)
    listing = {
        str(path.relative_to(root)): entry
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts
    }

    def content(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except OSError:
            return None

    found = [one for one in read(listing, content) if one.tool == "alembic"]
    return [one for one in found if one.folder.endswith(folder)]


def _report(history: Any, truth: dict[str, dict[str, Any]], *, show: bool) -> None:  # noqa: ANN401 - of a module that is loaded
    from blastradius.migrations import LIES  # noqa: PLC0415 - only who asks pays for it

    left_out = Counter(one["up"].split(":")[0] for one in truth.values() if one["up"])
    ran: dict[str, dict[str, Any]] = {}
    lacking: set[str] = set()  # tables that are not there as the project has them
    for one in history.migrations:
        tables = set(one.tables)
        if truth[one.id]["up"]:
            lacking |= tables
        elif (tables | _asked(truth[one.id])) & lacking:
            left_out["on tables of such"] += 1
        else:
            ran[one.id] = truth[one.id]
    table: Counter[tuple[str, bool]] = Counter()
    mistakes = []
    for one in history.migrations:
        if one.id not in ran:
            continue
        lies = bool(ran[one.id]["differs"])
        table[one.lint.verdict, lies] += 1
        if (one.lint.verdict in LIES) != lies:
            mistakes.append((one, ran[one.id]["differs"]))
    right = sum(n for (verdict, lies), n in table.items() if verdict in LIES and lies)
    said = sum(n for (verdict, _), n in table.items() if verdict in LIES)
    real = sum(n for (_, lies), n in table.items() if lies)
    print(
        f"{history.folder}: {len(history.migrations)} revisions, {len(ran)} ran; {dict(left_out)}"
    )
    print(f"  downgrades that do not invert: {real}; said: {said}; right: {right}")
    print(f"  precision {right / max(said, 1):.3f}, recall {right / max(real, 1):.3f}")
    for verdict in sorted({one for one, _ in table}):
        print(
            f"  {verdict:8}  does not invert {table[verdict, True]:4}  inverts {table[verdict, False]:4}"
        )
    for one, differs in mistakes if show else ():
        print(
            f"\n  {one.path}: {one.lint.verdict}: {one.lint.why}\n    truth: {str(differs)[:600]}"
        )


def _asked(answer: dict[str, Any]) -> set[str]:
    """Return the tables that a way down asked for in vain."""
    return set(re.findall(r'relation "([\w.]+)" does not exist', " ".join(answer["differs"])))


def _kept(path: Path | None, folder: str) -> dict[str, dict[str, Any]] | None:
    if path is None or not path.exists():
        return None
    found: dict[str, dict[str, Any]] | None = json.loads(path.read_text()).get(folder)
    return found


def _keep(path: Path | None, folder: str, truth: dict[str, dict[str, Any]]) -> None:
    if path is not None:
        held = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**held, folder: truth}))


def _truth(root: Path, python: Path, files: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Return revision → why it could not go up (empty: it could), and what differs after up and down."""
    with _server() as url:
        args = [str(python), __file__, "--run", url, str(root)]
        done = subprocess.run(  # noqa: S603 - the interpreter of the command line
            args,
            input=json.dumps(files),
            capture_output=True,
            text=True,
            check=False,
            user="nobody" if os.getuid() == 0 else None,
            env={
                **{
                    key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ
                },
                "PYTHONDONTWRITEBYTECODE": "1",
                "HOME": "/nonexistent",
            },
        )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    answers = (json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"id"'))
    return {one["id"]: one for one in answers}


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """Start PostgreSQL in a temporary folder, and yield the URL of its databases."""
    folder = Path(tempfile.mkdtemp())
    user = "nobody" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    data = str(folder / "data")
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "user": user,
    }
    subprocess.run(  # noqa: S603 - programs of this file's choosing
        ["initdb", "-D", data, "-A", "trust", "-U", "pg", "--no-sync"],  # noqa: S607 - found on PATH
        check=True,
        **quiet,
    )
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder)]
    server = subprocess.Popen(["postgres", "-D", data, "-p", str(port), *options], **quiet)  # noqa: S603, S607
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"postgresql+psycopg://pg@127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


# What follows runs in the other interpreter, which has no blastradius.


def run(url: str, root: str) -> None:
    """Read [id, path] of revisions, in order, and print what came of each as a line of JSON."""
    import sqlalchemy as sa  # noqa: PLC0415 - only who asks pays for it

    sys.path.insert(0, root)
    admin = sa.create_engine(url + "postgres", isolation_level="AUTOCOMMIT")
    _create(admin, "live", "template0")
    for name, path in json.load(sys.stdin):
        answer = {"id": name, "up": "", "differs": []}
        try:
            with _limit():
                module = _load(name, path)
        except BaseException as error:  # noqa: BLE001 - anything may come out of an import
            answer["up"] = f"cannot be imported: {str(error)[:200]}"
        else:
            _create(admin, "scratch", "live")
            answer.update(_tried(url + "scratch", module))
            if not answer["up"].startswith("cannot run up"):
                _step(url + "live", module.upgrade)
        print(json.dumps(answer), flush=True)


def _tried(url: str, module: Any) -> dict[str, Any]:  # noqa: ANN401 - of a module that is loaded
    before = _catalog(url)
    failed = _step(url, module.upgrade)
    if failed:
        return {"up": f"cannot run up: {failed}"}
    between = _catalog(url)
    down = getattr(module, "downgrade", None)
    failed = _step(url, down) if down is not None else "there is none"
    if failed.startswith(("ModuleNotFoundError", "ImportError")):
        return {"up": f"cannot run down here: {failed}", "differs": []}
    after = _catalog(url)
    differs = [f"down failed: {failed}"] if failed and before != between else []
    if failed and not differs:
        differs = [f"down failed, of a way up without schema: {failed}"] if down is not None else []
    names = sorted(before.keys() | after.keys())
    differs += [
        f"{name}: {before.get(name)} -> {after.get(name)}"
        for name in names
        if before.get(name) != after.get(name)
    ]
    return {"up": "", "differs": differs[:20]}


def _create(admin: Any, name: str, template: str) -> None:  # noqa: ANN401 - of a module that is loaded
    import sqlalchemy as sa  # noqa: PLC0415 - only who asks pays for it

    with admin.connect() as connection:
        connection.execute(sa.text(f"drop database if exists {name} with (force)"))
        connection.execute(sa.text(f"create database {name} template {template}"))


def _step(url: str, function: Any) -> str:  # noqa: ANN401 - of a module that is loaded
    """Run one function of a revision in a transaction of its own; return why it failed."""
    import sqlalchemy as sa  # noqa: PLC0415 - only who asks pays for it
    from alembic.config import Config  # noqa: PLC0415 - only who asks pays for it
    from alembic.operations import Operations  # noqa: PLC0415 - only who asks pays for it
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415 - only who asks pays for it

    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    try:
        with (
            _limit(),
            engine.connect() as connection,
            EnvironmentContext(Config(), _NO_SCRIPT) as env,
        ):
            env.configure(connection=connection, transaction_per_migration=True)
            context = env.get_context()
            with Operations.context(context), context.begin_transaction(_per_migration=True):
                function()
            connection.commit()
    except BaseException as error:  # noqa: BLE001 - anything may come out of a revision
        return f"{type(error).__name__} {str(error)[:300]}"
    finally:
        engine.dispose()
    return ""


def _load(name: str, path: str) -> Any:  # noqa: ANN401 - of a module that is loaded
    import importlib.util  # noqa: PLC0415 - only who asks pays for it

    spec = importlib.util.spec_from_file_location(f"revision_{name}", path)
    assert spec is not None  # noqa: S101 - a path that ends in .py
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _catalog(url: str) -> dict[str, str]:
    import sqlalchemy as sa  # noqa: PLC0415 - only who asks pays for it

    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    found: dict[str, str] = {}
    with engine.connect() as connection:
        for kind, query in _LEAVES.items():
            if kind == "enum":
                query = query.replace("group by 1", f"where {_OWN} group by 1")  # noqa: PLW2901 - as it is from here on
            elif kind == "policy":
                pass
            else:
                query += (" and " if " where " in query else " where ") + _OWN  # noqa: PLW2901 - as it is from here on
            for name, value in connection.execute(sa.text(query)):
                found[f"{kind} {name}"] = str(value)
    return found


@contextlib.contextmanager
def _limit() -> Iterator[None]:
    def stop(_number: int, _frame: Any) -> None:  # noqa: ANN401 - of a module that is loaded
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], sys.argv[3])
    else:
        main()
