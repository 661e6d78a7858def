"""Alembic's and Django's own code, run on a scratch copy by consent, carried out from there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from blastradius.adapters import database
from blastradius.adapters.database.args import Part
from blastradius.errors import CommandError, StoppedError
from tests.unit.adapters.database.projects import ALEMBIC, DJANGO, applied, revision
from tests.unit.adapters.database.stepping import Run, carried


def _alembic(run: Run, files: dict[str, str]) -> Part:
    head = run.git.commit("migrations", files)
    return Part(way="alembic", action="down", folder="migrations/versions", tree=head)


def test_alembic_goes_down_and_is_taken_back(tmp_path: Path) -> None:
    run = Run(tmp_path, "mysql", ("alembic",))
    part = _alembic(run, ALEMBIC)
    applied(run, part, "a1", "b2")
    run.sql("INSERT INTO users (id, name, plan) VALUES (1, 'ada', 'gold'), (2, 'bob', 'free')")
    step = run.step_of(replace(part, undone=("b2",)))
    prepared = carried(run, step)
    assert run.sql("SELECT * FROM users ORDER BY id") == [(1, "ada"), (2, "bob")]
    assert run.sql("SELECT version_num FROM alembic_version") == [("a1",)]
    database.compensate(step, prepared, run.world)
    assert run.sql("SELECT plan FROM users ORDER BY id") == [("gold",), ("free",)]
    assert run.sql("SELECT version_num FROM alembic_version") == [("b2",)]
    assert database.probe(step, run.world) == step.before


def test_without_consent_no_revision_runs(tmp_path: Path) -> None:
    run = Run(tmp_path, "sqlite")
    part = _alembic(run, ALEMBIC)
    step = run.step_of(replace(part, undone=("b2",)))
    with pytest.raises(CommandError, match="--allow-exec alembic"):
        database.prepare(step, run.world)
    assert database.probe(step, run.world) == step.before


_LYING = {
    **ALEMBIC,
    "migrations/versions/b2_plan.py": revision(
        "b2", "a1", "op.add_column('users', sa.Column('plan', sa.String(20)))", "pass"
    ),
    "migrations/versions/c3_more.py": revision(
        "c3", "b2", "op.create_table('more', sa.Column('id', sa.Integer, primary_key=True))",
        "op.drop_table('more')\n    op.drop_table('never_was')",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "undone", "named"),
    [
        ("postgresql", ("b2", "c3"), "never_was"),
        ("mysql", ("b2", "c3"), "never_was"),
        ("postgresql", ("b2",), "no true inverse.*plan"),
    ],
)
def test_a_way_down_that_lies_or_fails_half_way_never_meets_the_live_database(
    kind: str, undone: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    """On MariaDB run by itself, the first leaves a half state that no retry gets out of."""
    run = Run(tmp_path, kind, ("alembic",))
    part = _alembic(run, _LYING)
    applied(run, part, "a1", *undone)
    run.sql("INSERT INTO users (id, name, plan) VALUES (1, 'ada', 'gold')")
    step = run.step_of(replace(part, undone=undone))
    with pytest.raises(StoppedError, match=named):
        database.prepare(step, run.world)
    assert database.probe(step, run.world) == step.before
    assert run.sql("SELECT plan FROM users") == [("gold",)]


def test_django_goes_down_with_its_python_and_is_taken_back(tmp_path: Path) -> None:
    pytest.importorskip("django")
    run = Run(tmp_path, "postgresql", ("django",))
    head = run.git.commit("shop", DJANGO)
    part = Part(
        way="django", action="down", folder="shop/migrations", tree=head, settings="site1.settings"
    )
    applied(run, part, "shop.0001_initial")
    run.sql("INSERT INTO shop_customer (name) VALUES ('ada'), ('bob')")
    applied(run, part, "shop.0002_plan")
    step = run.step_of(replace(part, undone=("shop.0002_plan",)))
    prepared = carried(run, step)
    assert run.sql("SELECT * FROM shop_customer ORDER BY id") == [(1, "ada"), (2, "bob")]
    assert run.sql("SELECT name FROM django_migrations") == [("0001_initial",)]
    assert any("rows" in one for one in prepared.warnings)
    database.compensate(step, prepared, run.world)
    assert run.sql("SELECT name, plan FROM shop_customer ORDER BY id") == [
        ("ada!", "free"),
        ("bob!", "free"),
    ]
    assert database.probe(step, run.world) == step.before


def test_what_a_revision_wrote_by_values_is_literal() -> None:
    sys.path.insert(0, str(Path(database.__file__).parent / "runners"))
    import importlib

    recording = importlib.import_module("recording")
    sql = recording.with_question_marks(
        "UPDATE t SET a = ?, b = '?' WHERE c = ? -- ?", ["it's", b"\x00"]
    )
    assert sql == "UPDATE t SET a = 'it''s', b = '?' WHERE c = X'00' -- ?"
    recorder = recording.Recorder("alembic_version")
    recorder.note("SELECT version_num FROM alembic_version")
    assert not recorder.reads
    recorder.note("SELECT setval('x', 1)")
    recorder.note("WITH a AS (SELECT 1) DELETE FROM t")
    assert [one["sql"] for one in recorder.statements] == [
        "SELECT setval('x', 1)",
        "WITH a AS (SELECT 1) DELETE FROM t",
    ]
    recorder.note("SELECT id FROM users")
    assert recorder.reads
