"""What becomes of the migrations that a range brought, in a real repository with real databases."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from blastradius.adapters import database
from blastradius.adapters.base import Proposal, Request, Wishes
from blastradius.adapters.database import parts
from blastradius.adapters.database.args import Part
from blastradius.model.analysis import SCHEMA, Analysis, AnalysisRange, Coverage, RevertSet
from tests.unit.adapters.database.projects import ALEMBIC, DJANGO, applied, revision
from tests.unit.adapters.database.stepping import Run, carried

DBMATE = {
    "db/migrations/20240101000000_users.sql": "-- migrate:up\n"
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40), old VARCHAR(9));\n"
    "-- migrate:down\nDROP TABLE users;\n",
}
ADDS = {
    "db/migrations/20240201000000_plan.sql": "-- migrate:up\nALTER TABLE users ADD COLUMN plan VARCHAR(20);\n"
    "-- migrate:down\nALTER TABLE users DROP COLUMN plan;\n",
}
DROPS = {
    "db/migrations/20240301000000_old.sql": "-- migrate:up\nALTER TABLE users DROP COLUMN old;\n"
    "-- migrate:down\nALTER TABLE users ADD COLUMN old VARCHAR(9);\n",
}


def request_of(
    run: Run, base: str, head: str, at: str = "", tree: str = "", **wishes: object
) -> Request:
    """Return a request: all of a range goes, unless another tree is given."""
    analysis = Analysis(
        SCHEMA, AnalysisRange(base, head, ()), (), (), (), RevertSet(()), (), (),
        Coverage(0, 0, 0, 0, {}),
    )  # fmt: skip
    given = {"databases": {"app": run.place.where}, **wishes}
    return Request(analysis, at or head, tree or base, msgspec.convert(given, Wishes))


class Dbmate(Run):
    """A project with dbmate, whose database has applied what its files say."""

    def __init__(self, folder: Path, kind: str = "sqlite") -> None:
        super().__init__(folder, kind)
        self.base = self.git.commit("users", DBMATE)
        self.sql(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40), old VARCHAR(9))",
            "CREATE TABLE schema_migrations (version VARCHAR(50) PRIMARY KEY)",
            "INSERT INTO schema_migrations VALUES ('20240101000000')",
            "INSERT INTO users VALUES (1, 'ada', 'x')",
        )

    def adds(self, *, apply: bool = True) -> str:
        if apply:
            self.sql("ALTER TABLE users ADD COLUMN plan VARCHAR(20)", "UPDATE users SET plan = 'gold'",
                     "INSERT INTO schema_migrations VALUES ('20240201000000')")  # fmt: skip
        return self.git.commit("plan", ADDS)

    def drops(self, *, apply: bool = True) -> str:
        if apply:
            self.sql("ALTER TABLE users DROP COLUMN old",
                     "INSERT INTO schema_migrations VALUES ('20240301000000')")  # fmt: skip
        return self.git.commit("old", DROPS)

    def versions(self) -> list[str]:
        return [one for (one,) in self.sql("SELECT version FROM schema_migrations ORDER BY 1")]


def _propose(run: Run, request: Request) -> Proposal:
    before = run.state()
    found = database.propose(request, run.world)
    assert found == database.propose(request, run.world)
    assert run.state() == before
    return found


def test_what_no_database_applied_may_go_with_its_commit(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.adds(apply=False)
    assert _propose(run, request_of(run, run.base, head)) == Proposal()


def test_where_there_is_no_database_nothing_is_asked(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.drops()
    found = _propose(run, request_of(run, run.base, head, databases={}, no_database=True))
    assert found == Proposal()


def test_an_applied_migration_that_only_adds_is_left_and_its_file_stays(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.adds()
    found = _propose(run, request_of(run, run.base, head))
    assert found.steps == ()
    assert found.keep == tuple(ADDS)
    (left,) = found.left
    assert left.target == "20240201000000"
    assert "applied to app" in left.why
    assert not left.by_hand


def test_an_applied_migration_that_drops_gets_an_inverse_which_is_applied(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.drops()
    found = _propose(run, request_of(run, run.base, head))
    assert set(found.keep) == set(DROPS)
    (path,) = found.add
    assert path.startswith("db/migrations/")
    (step,) = found.steps
    assert step.phase == "provide"
    assert step.exec == ()
    assert "old" in step.preview
    carried(run, step)
    assert run.sql("SELECT id, name, old FROM users") == [(1, "ada", None)]
    assert run.versions()[:2] == ["20240101000000", "20240301000000"]
    assert run.versions()[2] in path


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mysql"])
def test_down_runs_the_tools_own_way_and_the_file_may_go(kind: str, tmp_path: Path) -> None:
    run = Dbmate(tmp_path, kind)
    run.adds()
    head = run.drops()
    found = _propose(run, request_of(run, run.base, head, migrations="down"))
    assert found.keep == ()
    assert found.add == {}
    (step,) = found.steps
    prepared = carried(run, step)
    assert run.versions() == ["20240101000000"]
    assert [tuple(row) for row in run.sql("SELECT * FROM users")] == [(1, "ada", None)]
    database.compensate(step, prepared, run.world)
    assert run.sql("SELECT plan FROM users") == [("gold",)]
    assert len(run.versions()) == 3


def test_what_a_reset_left_behind_goes_down_from_the_tree_that_has_it(tmp_path: Path) -> None:
    """``git reset --hard`` took the file; the database points at what nobody has."""
    run = Dbmate(tmp_path)
    head = run.adds()
    run.git.git("reset", "-q", "--hard", run.base)
    found = _propose(run, request_of(run, run.base, head, at=run.base, tree=run.base))
    assert found.keep == ()
    (step,) = found.steps
    assert step.action == "down"
    assert step.phase == "release"
    carried(run, step)
    assert run.versions() == ["20240101000000"]
    assert run.sql("SELECT * FROM users") == [(1, "ada", "x")]


def test_leave_says_so_for_all(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.drops()
    found = _propose(run, request_of(run, run.base, head, migrations="leave"))
    assert (found.steps, found.add) == ((), {})
    assert found.keep == tuple(DROPS)
    assert found.left[0].by_hand


def test_where_no_database_is_named_the_inverse_is_written_and_not_run(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.drops()
    found = _propose(run, request_of(run, run.base, head, databases={}))
    assert found.steps == ()
    assert len(found.add) == 1
    assert found.keep == tuple(DROPS)
    assert found.assumptions
    assert found.left


def test_a_database_that_does_not_answer_is_said_and_nothing_goes(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.adds(apply=False)
    databases = {"app": run.place.where, "other": "NOT_SET"}
    found = _propose(run, request_of(run, run.base, head, databases=databases))
    assert any("NOT_SET" in one for one in found.warnings)
    assert found.keep == tuple(ADDS)


def test_what_stays_on_top_keeps_what_is_below(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    base = run.base
    first = run.adds()
    run.drops()
    head = run.git.head()
    run.git.git("checkout", "-q", "-b", "without")
    run.git.git("rm", "-q", *ADDS)
    tree = run.git.commit("without the first")
    found = _propose(run, request_of(run, base, head, at=head, tree=tree, migrations="down"))
    assert first
    assert found.steps == ()
    assert found.keep == tuple(ADDS)
    assert "on top of it" in found.left[0].why


def test_a_version_that_no_tree_knows_is_said_aloud(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.adds()
    run.sql("INSERT INTO schema_migrations VALUES ('20991231000000')")
    found = _propose(run, request_of(run, run.base, head))
    assert any("20991231000000" in one for one in found.warnings)


def test_a_way_down_that_is_not_true_is_replaced_and_shown(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    lying = {path: text.partition("-- migrate:down")[0] + "-- migrate:down\nSELECT 1;\n"
             for path, text in ADDS.items()}  # fmt: skip
    run.sql("ALTER TABLE users ADD COLUMN plan VARCHAR(20)",
            "INSERT INTO schema_migrations VALUES ('20240201000000')")  # fmt: skip
    head = run.git.commit("plan", lying)
    found = _propose(run, request_of(run, run.base, head, migrations="down"))
    (step,) = found.steps
    assert step.args["parts"][0]["action"] == "bare"
    assert "DROP COLUMN" in step.preview.upper()
    assert any("way down" in one for one in found.warnings)
    carried(run, step)
    assert run.sql("SELECT * FROM users") == [(1, "ada", "x")]


def test_alembic_gets_an_inverse_revision_that_is_applied_by_alembic(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql", ("alembic",))
    base = run.git.commit("users", ALEMBIC)
    drop = revision("c3", "b2", "op.drop_column('users', 'plan')",
                    "op.add_column('users', sa.Column('plan', sa.String(20), nullable=True))")  # fmt: skip
    files = {
        "migrations/versions/b2_plan.py": revision(
            "b2",
            "a1",
            "op.add_column('users', sa.Column('plan', sa.String(20), nullable=True))",
            "op.drop_column('users', 'plan')",
        ),
    }
    base = run.git.commit("plan", files)
    head = run.git.commit("drop", {"migrations/versions/c3_drop.py": drop})
    found_part = Part(way="alembic", action="down", folder="migrations/versions", tree=head)
    applied(run, found_part, "a1", "b2", "c3")
    run.sql("INSERT INTO users (id, name) VALUES (1, 'ada')")
    found = _propose(run, request_of(run, base, head))
    (step,) = found.steps
    (path,) = found.add
    assert step.exec == ("alembic",)
    assert path in step.preview
    prepared = carried(run, step)
    assert run.sql("SELECT name, plan FROM users") == [("ada", None)]
    assert run.sql("SELECT version_num FROM alembic_version")[0][0] not in {"b2", "c3"}
    database.compensate(step, prepared, run.world)
    assert run.sql("SELECT version_num FROM alembic_version") == [("c3",)]


def test_django_is_asked_by_its_app(tmp_path: Path) -> None:
    pytest.importorskip("django")
    run = Run(tmp_path, "sqlite", ("django",))
    first = {path: text for path, text in DJANGO.items() if "0002" not in path}
    base = run.git.commit("shop", first)
    head = run.git.commit("plan", DJANGO)
    part = Part(way="django", action="down", folder="shop/migrations", tree=head,
                              settings="site1.settings")  # fmt: skip
    applied(run, part, "shop.0001_initial", "shop.0002_plan")
    found = _propose(run, request_of(run, base, head, migrations="down"))
    (step,) = found.steps
    assert step.exec == ("django",)
    carried(run, step)
    assert run.sql("SELECT name FROM django_migrations") == [("0001_initial",)]


def test_a_lying_downgrade_in_the_middle_is_replaced_for_alembic_as_well(tmp_path: Path) -> None:
    """Alembic alone would drop one table, then fail; here both go, by what the revisions did."""
    run = Run(tmp_path, "mysql", ("alembic",))
    base = run.git.commit(
        "users", {path: text for path, text in ALEMBIC.items() if "b2" not in path}
    )
    plan = revision("b2", "a1", "op.add_column('users', sa.Column('plan', sa.String(20)))", "pass")
    more = revision(
        "c3",
        "b2",
        "op.create_table('more', sa.Column('id', sa.Integer, primary_key=True))",
        "op.drop_table('more')",
    )
    head = run.git.commit(
        "more", {"migrations/versions/b2_plan.py": plan, "migrations/versions/c3_more.py": more}
    )
    part = Part(way="alembic", action="down", folder="migrations/versions", tree=head)
    applied(run, part, "a1", "b2", "c3")
    run.sql("INSERT INTO users (id, name, plan) VALUES (1, 'ada', 'gold')")
    found = _propose(run, request_of(run, base, head, migrations="down"))
    assert any("b2_plan.py" in one and "not used" in one for one in found.warnings)
    (step,) = found.steps
    prepared = carried(run, step)
    assert run.sql("SELECT * FROM users") == [(1, "ada")]
    assert run.sql("SELECT version_num FROM alembic_version") == [("a1",)]
    database.compensate(step, prepared, run.world)
    assert run.sql("SELECT plan FROM users") == [("gold",)]


def test_django_gets_an_inverse_migration_that_is_applied_by_django(tmp_path: Path) -> None:
    pytest.importorskip("django")
    run = Run(tmp_path, "sqlite", ("django",))
    base = run.git.commit(
        "shop", {path: text for path, text in DJANGO.items() if "0002" not in path}
    )
    drops = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RemoveField("Customer", "name")]
"""
    head = run.git.commit("drop", {"shop/migrations/0002_drop.py": drops})
    part = Part(
        way="django", action="down", folder="shop/migrations", tree=head, settings="site1.settings"
    )
    applied(run, part, "shop.0001_initial", "shop.0002_drop")
    found = _propose(run, request_of(run, base, head))
    if not found.steps:  # what the static part cannot invert, it says
        assert found.left
        assert found.left[0].by_hand
        pytest.fail(found.left[0].why)
    carried(run, found.steps[0])
    names = [name for (name,) in run.sql("SELECT name FROM django_migrations ORDER BY id")]
    assert names[:2] == ["0001_initial", "0002_drop"]
    assert len(names) == 3


def test_two_tools_in_one_database_are_one_step(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    run.adds()
    base = run.base
    run.sql(
        "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id INTEGER, is_applied BOOLEAN)",
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, 1)",
        "CREATE TABLE side (id INTEGER PRIMARY KEY)",
    )
    goose = "-- +goose Up\nCREATE TABLE side (id INTEGER PRIMARY KEY);\n-- +goose Down\nDROP TABLE side;\n"
    head = run.git.commit("side", {"side/migrations/00001_side.sql": goose})
    found = _propose(run, request_of(run, base, head, migrations="down"))
    (step,) = found.steps
    assert len(step.args["parts"]) == 2
    prepared = carried(run, step)
    assert run.sql("SELECT count(*) FROM goose_db_version") == [(0,)]
    assert run.versions() == ["20240101000000"]
    database.compensate(step, prepared, run.world)
    assert database.probe(step, run.world) == step.before


def test_an_edited_migration_is_said(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    path, text = next(iter(DBMATE.items()))
    head = run.git.commit("edit", {path: text.replace("name VARCHAR(40)", "name VARCHAR(50)")})
    (left,) = _propose(run, request_of(run, run.base, head)).left
    assert "edited" in left.why
    assert left.by_hand


def test_the_name_of_alembics_table_is_read_from_its_text() -> None:
    text = b"context.configure(connection=c, version_table='v', version_table_schema='s')"
    assert parts._version_table(text) == "s.v"
    assert parts._version_table(b"context.configure(version_table=NAME)") == ""
    assert parts._version_table(b"context.configure(") == ""


def test_a_lost_file_without_a_database_is_said(tmp_path: Path) -> None:
    run = Dbmate(tmp_path)
    head = run.adds()
    run.git.git("reset", "-q", "--hard", run.base)
    request = request_of(run, run.base, head, at=run.base, tree=run.base, databases={})
    (left,) = _propose(run, request).left
    assert "not at HEAD" in left.why
    assert "--database" in left.by_hand
