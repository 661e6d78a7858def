"""Runs Django's migrations on a scratch copy and notes what they send; a program of its own.

The project's settings are loaded, for its apps; the database is the copy, whatever they say.
"""

import importlib
import os
import pathlib
import sys
from types import ModuleType
from typing import Any

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

sys.path.insert(0, str(pathlib.Path(__file__).parent))


def main() -> None:
    """Read what is asked, run it, leave the result in a file."""
    # They stand beside this program, wherever that is.
    django_url, recording = map(importlib.import_module, ("django_url", "recording"))

    ask = recording.asked()
    sys.path[:0] = [str(pathlib.Path(ask["folder"], one)) for one in ask["paths"]]
    connect(ask, django_url.parts)

    recorder = recording.Recorder()

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - as Django calls it
        driver = context["connection"].connection
        if hasattr(sql, "as_string"):
            sql = sql.as_string(driver)
        for values in params if many else [params]:
            recorder.note(bound(recording, ask["kind"], driver, sql, values))
        return execute(sql, params, many, context)

    connection.ensure_connection()
    with connection.execute_wrapper(note):
        run(ask, connection)
    connection.close()
    recorder.write(ask["result"])


def bound(recording: ModuleType, kind: str, driver: Any, sql: str, values: Any) -> str:
    """Return a statement with its values; Django writes %s for all databases."""
    if values is None:
        return sql
    if kind == "sqlite":
        return sql % tuple(str(recording.literal(one)) for one in values)
    if not values:
        return sql.replace("%%", "%")
    return str(recording.bound(kind, driver, sql, values))


def connect(ask: dict[str, Any], parts: Any) -> None:
    """Load the project's settings with the copy as their only database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = ask["settings"]
    module: Any = importlib.import_module(ask["settings"])
    if ask["kind"] == "mysql":
        try:
            importlib.import_module("MySQLdb")
        except ImportError:
            pymysql: Any = importlib.import_module("pymysql")
            pymysql.version_info = (2, 2, 1, "final", 0)
            pymysql.install_as_MySQLdb()
    module.DATABASES = {"default": parts(ask["url"], ask["kind"])}
    module.DATABASE_ROUTERS = []
    django.setup()


def run(ask: dict[str, Any], connection: Any) -> None:
    """Run the migrations: back in the order of the graph, or forward."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    names = [tuple(one.split(".", 1)) for one in ask["revisions"]]
    for one in names:
        if one not in loader.graph.nodes:
            raise SystemExit(f"Django does not know the migration {one[0]}.{one[1]}")
    whole = [key for key in full_order(loader) if key in set(names)]
    if ask["mode"] == "bare":
        for key in whole:
            state = loader.project_state(key, at_end=False)
            migration = loader.get_migration(*key)
            with connection.schema_editor(atomic=migration.atomic) as editor:
                migration.apply(state, editor)
        return
    back = ask["mode"] == "down"
    plan = [(loader.get_migration(*key), back) for key in (whole[::-1] if back else whole)]
    executor.migrate(names, plan=plan)


def full_order(loader: Any) -> list[tuple[str, str]]:
    """Return all migrations, each after what it depends on."""
    found: list[tuple[str, str]] = []
    for leaf in sorted(loader.graph.leaf_nodes()):
        for key in loader.graph.forwards_plan(leaf):
            if key not in found:
                found.append(key)
    return found


if __name__ == "__main__":
    importlib.import_module("recording").ended(main)
