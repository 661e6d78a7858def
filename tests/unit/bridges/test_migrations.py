"""Which migration follows which: said by the file (certain) or by its number (likely)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from blastradius.index.link import LinkedTree, link
from tests.linkedtree import Texts, files_of, options_of, pairs

DJANGO = "class Migration(migrations.Migration):\n    dependencies = [{}]\n    operations = []\n"
UP = "-- migrate:up\ncreate table t (id int);\n-- migrate:down\ndrop table t;\n"


def linked(texts: Texts) -> LinkedTree:
    def source(path: str) -> bytes | None:
        return texts[path].encode() if path in texts else None

    return link(files_of(texts), replace(options_of(texts), source=source))


def follows(texts: Texts) -> set[tuple[str, str, str]]:
    return pairs(edge for edge in linked(texts).edges if edge.kind == "migration")


def revision(own: str, down: str, rest: str = "") -> str:
    return f"revision = '{own}'\ndown_revision = {down}\n{rest}"


def alembic(one: str, other: str, said: str = "down_revision") -> tuple[str, str, str]:
    return f"python:v/{one}.py#{said}", f"python:v/{other}.py", "certain"


@pytest.mark.parametrize("down", ["'a1'", '("a1",)', "['a1']"])
def test_alembic_names_the_revision_before(down: str) -> None:
    tree = {"v/one.py": revision("a1", "None"), "v/two.py": revision("b2", down)}
    assert follows(tree) == {alembic("two", "one")}


def test_alembic_with_annotations_as_its_template_writes_them() -> None:
    text = 'revision: str = "b2"\ndown_revision: Union[str, None] = "a1"\n'
    tree = {"v/one.py": revision("a1", "None"), "v/two.py": text}
    assert follows(tree) == {alembic("two", "one")}


def test_alembic_merge_of_branches_and_what_it_depends_on() -> None:
    tree = {
        "v/one.py": revision("a1", "None"),
        "v/two.py": revision("b2", "None"),
        "v/three.py": revision("c3", "None", "branch_labels = ('side',)\n"),
        "v/four.py": revision("d4", "('a1', 'b2')", "depends_on = 'side'\n"),
    }
    assert follows(tree) == {
        alembic("four", "one"),
        alembic("four", "two"),
        ("python:v/four.py#depends_on", "python:v/three.py", "likely"),
    }


def test_alembic_environments_that_share_an_id_keep_to_their_folder() -> None:
    tree = {
        "v/one.py": revision("a1", "None"),
        "v/two.py": revision("b2", "'a1'"),
        "w/one.py": revision("a1", "None"),
        "x/two.py": revision("c3", "'a1'"),
    }
    assert follows(tree) == {alembic("two", "one")}


def test_what_is_named_revision_without_a_string_is_no_revision() -> None:
    tree = {
        "v/one.py": revision("a1", "None"),
        "v/two.py": "revision = down_revision = current()\n",
        "v/three.py": "def f():\n    revision = 'x'\n    down_revision = 'a1'\n",
    }
    assert follows(tree) == set()


def test_a_revision_that_is_missing_is_said() -> None:
    found = linked({"v/two.py": revision("b2", "'a1'")})
    assert found.tallies["migrations"].unresolved == {"unresolved": 1}


def django(
    one: str, other: str, tier: str = "certain", said: str = "dependencies"
) -> tuple[str, ...]:
    return f"python:{one}.py#Migration.{said}", f"python:{other}.py", tier


def test_django_names_its_own_and_other_apps_migrations() -> None:
    tree = {
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": DJANGO.format("('auth', '0001_initial')"),
        "shop/migrations/0002_more.py": DJANGO.format(
            "('shop', '0001_initial'), ('users', '0001_a')"
        ),
        "src/users/migrations/0001_a.py": DJANGO.format("migrations.swappable_dependency(X)"),
    }
    assert follows(tree) == {
        django("shop/migrations/0002_more", "shop/migrations/0001_initial"),
        django("shop/migrations/0002_more", "src/users/migrations/0001_a"),
    }
    assert linked(tree).tallies["migrations"].unresolved == {"external": 1}


def test_django_app_is_called_as_its_configuration_says() -> None:
    tree = {
        "pay/apps.py": "class PayConfig(AppConfig):\n    name = 'pay'\n    label = 'payments'\n",
        "pay/migrations/0001_initial.py": DJANGO.format(""),
        "shop/migrations/0001_initial.py": DJANGO.format("('payments', '0001_initial')"),
        "shop/migrations/0002_other.py": DJANGO.format("('pay', '0001_initial')"),
    }
    assert follows(tree) == {django("shop/migrations/0001_initial", "pay/migrations/0001_initial")}


def test_django_first_and_latest_are_the_ends_of_an_app() -> None:
    tree = {
        "a/migrations/0001_x.py": DJANGO.format(""),
        "a/migrations/0002_y.py": DJANGO.format("('a', '0001_x')"),
        "b/migrations/0001_z.py": DJANGO.format("('a', '__first__')"),
        "c/migrations/0001_z.py": DJANGO.format("('a', '__latest__')"),
    }
    assert {one[:2] for one in follows(tree)} == {
        django("a/migrations/0002_y", "a/migrations/0001_x")[:2],
        django("b/migrations/0001_z", "a/migrations/0001_x")[:2],
        django("c/migrations/0001_z", "a/migrations/0002_y")[:2],
    }


def test_django_a_squashed_migration_stands_in_for_what_it_replaces() -> None:
    squashed = DJANGO.format("") + "    replaces = [('a', '0001_x')]\n"
    later = DJANGO.format("('a', '0001_x')")
    gone = {"a/migrations/0001_squashed.py": squashed, "b/migrations/0001_b.py": later}
    assert follows(gone) == {django("b/migrations/0001_b", "a/migrations/0001_squashed")}
    both = {**gone, "a/migrations/0001_x.py": DJANGO.format("")}
    assert follows(both) == {django("b/migrations/0001_b", "a/migrations/0001_x", "likely")}


def numbered(*pair: str) -> tuple[str, str, str]:
    return f"file:{pair[0]}", f"file:{pair[1]}", "likely"


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        (("db/V1__a.sql", "db/V2__b.sql", "db/V2.1__c.sql", "db/V10__d.sql"), ""),
        (("db/000001_a.up.sql", "db/000002_b.up.sql", "db/000010_c.up.sql"), ""),
        (("db/20200101_a.sql", "db/20200102_b.sql", "db/20210101_c.sql"), UP),
        (("db/00001_a.sql", "db/00002_b.sql"), UP.replace("migrate:up", "+goose Up")),
        (
            (
                "p/migrations/20200101000000_a/migration.sql",
                "p/migrations/20200102000000_b/migration.sql",
            ),
            "",
        ),
    ],
    ids=["flyway", "golang-migrate", "dbmate", "goose", "prisma"],
)
def test_numbers_of_files_make_a_chain(paths: tuple[str, ...], text: str) -> None:
    tree = dict.fromkeys(reversed(paths), text)
    assert follows(tree) == {numbered(b, a) for a, b in pairwise(paths)}


def test_a_way_down_follows_its_way_up() -> None:
    tree = {"db/1_a.up.sql": "", "db/1_a.down.sql": "", "db/V1__x.sql": "", "db/U1__x.sql": ""}
    assert follows(tree) == {
        numbered("db/1_a.down.sql", "db/1_a.up.sql"),
        numbered("db/U1__x.sql", "db/V1__x.sql"),
    }


def test_numbered_queries_are_no_migrations_and_folders_no_chain() -> None:
    tree = {
        "q/001_a.sql": "select 1",
        "q/002_b.sql": "select 2",
        "a/V1__a.sql": "",
        "b/V2__b.sql": "",
    }
    assert follows(tree) == set()


def test_two_files_of_one_number_are_no_step_of_a_chain() -> None:
    tree = dict.fromkeys(("db/V1__a.sql", "db/V2__b.sql", "db/V2.0__c.sql", "db/V3__d.sql"), "")
    assert follows(tree) == {numbered("db/V3__d.sql", "db/V1__a.sql")}


def test_drizzle_has_its_order_in_a_journal() -> None:
    journal = (
        '{"entries": [{"idx": 1, "tag": "0001_b"}, {"idx": 0, "tag": "0000_a"}, {"idx": "x"}]}'
    )
    tree = {"d/0000_a.sql": "", "d/0001_b.sql": "", "d/meta/_journal.json": journal}
    assert follows(tree) == {numbered("d/0001_b.sql", "d/0000_a.sql")}


def test_a_later_migration_needs_the_file_and_not_each_table_in_it() -> None:
    tree = {"db/V1__a.sql": "create table t (id int);", "db/V2__b.sql": "create table u (id int);"}
    assert not [one for one in linked(tree).edges if one.kind == "contains"]


def test_sqitch_plan_says_what_a_change_requires() -> None:
    plan = "%project=shop\n\nusers 2020-01-01T00:00:00Z A <a@b>\n@v1 2020-01-02T00:00:00Z A <a@b>\n"
    plan += "plans [users !old other:thing] 2020-01-03T00:00:00Z A <a@b>\n"
    tree = {"s/sqitch.plan": plan} | dict.fromkeys(
        ("s/deploy/users.sql", "s/deploy/plans.sql", "s/deploy/old.sql", "s/revert/plans.sql"), ""
    )
    assert follows(tree) == {
        ("file:s/sqitch.plan", "file:s/deploy/users.sql", "certain"),
        ("file:s/sqitch.plan", "file:s/deploy/plans.sql", "certain"),
        ("file:s/deploy/plans.sql", "file:s/deploy/users.sql", "certain"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "revision = 'b2'\ndown_revision = 'a1'\n" + "x = " + "(" * 5000,
        "revision = 'b2'\ndown_revision = 'a1'\n\0",
        "revision = 'b2'\ndown_revision = 'a1'\nx = " + "-" * 50_000 + "1\n",
    ],
    ids=["deep", "nul", "long"],
)
def test_hostile_files_raise_nothing(text: str) -> None:
    follows(
        {"v/one.py": revision("a1", "None"), "v/two.py": text, "d/meta/_journal.json": "[" * 9999}
    )
