"""Runs Alembic's revisions on a scratch copy and notes what they send; a program of its own.

The project's env.py is not run: it would connect by itself. The connection is ours.
"""

import importlib
import pathlib
import sys
from typing import Any

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, pool
from sqlalchemy.engine import make_url

sys.path.insert(0, str(pathlib.Path(__file__).parent))


def main() -> None:
    """Read what is asked, run it, leave the result in a file."""
    # It stands beside this program, wherever that is.
    recording = importlib.import_module("recording")

    ask = recording.asked()
    sys.path[:0] = [str(pathlib.Path(ask["folder"], one)) for one in ask["paths"]]

    url = make_url(ask["url"]).set(drivername=recording.driver_of(ask["kind"]))
    engine = create_engine(url, poolclass=pool.NullPool)
    if ask["kind"] == "sqlite":
        whole_transactions(engine)
    recorder = recording.Recorder(ask["table"].rpartition(".")[2] or "alembic_version")

    @event.listens_for(engine, "before_cursor_execute")
    def note(
        connection: Any,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        many: bool,  # noqa: FBT001 - as above
    ) -> None:
        alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        driver = connection.connection.driver_connection
        for values in parameters if many else [parameters]:
            sql = recording.bound(ask["kind"], driver, statement, values)
            recorder.note(
                sql.replace("%%", "%") if not values and ask["kind"] != "sqlite" else sql,
                alone=alone,
            )

    with engine.connect() as connection:
        run(ask, connection)
    engine.dispose()
    recorder.write(ask["result"])


def run(ask: dict[str, Any], connection: Any) -> None:
    """Run the revisions in one transaction, as env.py would have had it."""
    config = Config()
    config.set_main_option("script_location", ask["scripts"].replace("%", "%%"))
    script = ScriptDirectory(ask["scripts"], version_locations=ask["versions"])

    def steps(_heads: Any, context: Any) -> list[Any]:
        if ask["mode"] == "down":
            make = MigrationStep.downgrade_from_script
        elif ask["mode"] == "inverse":
            make = MigrationStep.upgrade_from_script
        else:
            with Operations.context(context):
                for one in ask["revisions"]:
                    script.get_revision(one).module.upgrade()
            return []
        return [make(script.revision_map, script.get_revision(one)) for one in ask["revisions"]]

    environment = EnvironmentContext(config, script, fn=steps)
    with environment:
        schema, _, table = ask["table"].rpartition(".")
        names = {"version_table": table, "version_table_schema": schema}
        options = {key: value for key, value in names.items() if value}
        environment.configure(connection=connection, target_metadata=None, **options)
        with environment.begin_transaction():
            environment.run_migrations()
    if connection.in_transaction():
        connection.commit()


def whole_transactions(engine: Any) -> None:
    """Let SQLite's driver take DDL into the transaction that SQLAlchemy began."""

    @event.listens_for(engine, "connect")
    def connected(driver: Any, _record: Any) -> None:
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")


if __name__ == "__main__":
    importlib.import_module("recording").ended(main)
