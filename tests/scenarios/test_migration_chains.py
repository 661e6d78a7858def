"""Migrations hang on each other: one in the middle cannot go while its successors stay."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius
from blastradius.model.analysis import RevertSet
from tests.gitworld import GitWorld

ALEMBIC = '''"""step {own}"""

from alembic import op
import sqlalchemy as sa

revision: str = "{own}"
down_revision = {down}


def upgrade():
    op.create_table("table_{own}", sa.Column("id", sa.Integer()))


def downgrade():
    op.drop_table("table_{own}")
'''
DJANGO = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{after}]
    operations = [migrations.AddField("night", "{field}", models.IntegerField())]
"""


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    path = tmp_path / "repo"
    path.mkdir()
    made = GitWorld(path)
    made.commit(
        "base", {"README.md": "x\n", "shop/__init__.py": "", "shop/migrations/__init__.py": ""}
    )
    return made


def undone(world: GitWorld, what: str, base: str = "main~3") -> RevertSet:
    return blastradius.analyze(
        world.path, f"{base}..main", undo=[what], jobs=1, cache=False
    ).revert_set


def alembic(own: str, down: str) -> dict[str, str]:
    return {f"db/versions/{own}_step.py": ALEMBIC.format(own=own, down=down)}


def django(number: int, after: str, field: str) -> dict[str, str]:
    text = DJANGO.format(after=f'("shop", "{after}")' if after else "", field=field)
    return {f"shop/migrations/{number:04}_{field}.py": text}


def test_an_alembic_revision_takes_those_that_follow_it(world: GitWorld) -> None:
    world.commit("one", alembic("a1", "None"))
    middle = world.commit("two", alembic("b2", '"a1"'))
    last = world.commit("three", alembic("c3", '"b2"'))
    found = undone(world, middle)
    assert [(one.id, one.reason) for one in found.commits] == [
        (middle, "target"),
        (last, "migration"),
    ]
    because = found.commits[1].because
    assert (because["path"], because["line"]) == ("db/versions/c3_step.py", 7)
    assert (because["needs_path"], because["commit"]) == ("db/versions/b2_step.py", middle)
    assert found.order == ((last,), (middle,))
    assert found.proof.irreducible is True


def test_a_django_migration_takes_those_that_follow_it(world: GitWorld) -> None:
    world.commit("one", django(1, "", "hrv"))
    middle = world.commit("two", django(2, "0001_hrv", "sleep"))
    last = world.commit("three", django(3, "0002_sleep", "steps"))
    found = undone(world, middle)
    assert [(one.id, one.reason) for one in found.commits] == [
        (middle, "target"),
        (last, "migration"),
    ]
    assert found.commits[1].because["line"] == 5
    assert found.order == ((last,), (middle,))


def test_the_last_migration_goes_alone(world: GitWorld) -> None:
    world.commit("one", alembic("a1", "None"))
    world.commit("two", alembic("b2", '"a1"'))
    last = world.commit("three", alembic("c3", '"b2"'))
    assert [one.id for one in undone(world, last).commits] == [last]


def test_a_migration_put_in_between_goes_when_the_next_is_hung_up_again(world: GitWorld) -> None:
    world.commit("one", alembic("a1", "None") | alembic("c3", '"a1"'))
    middle = world.commit("two", alembic("b2", '"a1"') | alembic("c3", '"b2"'))
    world.commit("three", {"README.md": "y\n"})
    found = undone(world, middle)
    assert [one.id for one in found.commits] == [middle]
    assert found.review == ()


def test_numbers_alone_force_nothing_but_are_to_be_looked_at(world: GitWorld) -> None:
    world.commit("one", {"sql/V1__nights.sql": "create table nights (id int);\n"})
    middle = world.commit("two", {"sql/V2__plans.sql": "create table plans (id int);\n"})
    world.commit("three", {"sql/V3__users.sql": "create table users (id int);\n"})
    found = undone(world, middle)
    assert [one.id for one in found.commits] == [middle]
    assert [(one.path, one.needs, one.tier) for one in found.review] == [
        ("sql/V3__users.sql", "file:sql/V2__plans.sql", "likely")
    ]
