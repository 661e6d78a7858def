"""Django: chains, what cannot be taken back, and inverses that a real Django runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from blastradius.migrations import History, Lint, inverse
from tests.unit.migrations.folders import histories, tree

_RUN = """
import json, sys
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    INSTALLED_APPS=["shop"], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True,
)
django.setup()
from django.core.management import call_command
from django.db import connection
found = []
for target in sys.argv[1:]:
    call_command("migrate", "shop", target, verbosity=0)
    with connection.cursor() as cursor:
        tables = sorted(t for t in connection.introspection.table_names(cursor) if t.startswith("shop"))
        found.append({
            table: {
                "columns": sorted(
                    [c.name, str(c.type_code), c.null_ok, c.default]
                    for c in connection.introspection.get_table_description(cursor, table)
                ),
                "constraints": sorted(
                    [sorted(c["columns"] or []), c["unique"], c["primary_key"], c["index"], c["check"],
                     c["foreign_key"]]
                    for c in connection.introspection.get_constraints(cursor, table).values()
                ),
            }
            for table in tables
        })
print(json.dumps(found))
"""
_FIRST = """
from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion

KINDS = [("a", "A"), ("b", "B")]


def default_name():
    return "n"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Shop",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40, default=default_name)),
                ("kind", models.CharField(max_length=1, choices=KINDS, null=True)),
            ],
            options={"verbose_name": "a shop", "indexes": [models.Index(fields=["name"], name="shop_name")]},
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("price", models.IntegerField(default=0)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shop.shop")),
            ],
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)), name="price_not_negative"
            ),
        ),
    ]
"""
_SECOND = """
from django.db import migrations, models


def forwards(apps, schema_editor):
    apps.get_model("shop", "Shop").objects.update(kind="a")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(model_name="shop", name="plan", field=models.TextField(null=True)),
        migrations.RemoveConstraint(model_name="item", name="price_not_negative"),
        migrations.RemoveField(model_name="shop", name="kind"),
        migrations.RenameField(model_name="item", old_name="price", new_name="cost"),
        migrations.AlterField(model_name="shop", name="name", field=models.TextField(unique=True)),
        migrations.RemoveIndex(model_name="shop", name="shop_name"),
        migrations.AlterUniqueTogether(name="item", unique_together={("cost", "shop")}),
    ]
"""
_THIRD = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_more")]
    operations = [
        migrations.AddIndex(model_name="item", index=models.Index(fields=["cost"], name="item_cost")),
        migrations.RenameModel(old_name="Item", new_name="Thing"),
        migrations.DeleteModel(name="Thing"),
        migrations.RunSQL("CREATE TABLE shop_raw (id integer)", "DROP TABLE shop_raw"),
    ]
"""
FILES = {
    "shop/__init__.py": "",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": _FIRST,
    "shop/migrations/0002_more.py": _SECOND,
    "shop/migrations/0003_less.py": _THIRD,
}


def shop(**changed: str) -> History:
    """Return the history of the app, with some of its files otherwise."""
    (found,) = histories(
        {**FILES, **{f"shop/migrations/{key}.py": text for key, text in changed.items()}}
    )
    return found


def lint_of(operation: str) -> Lint:
    """Return what is found of a migration with one operation."""
    text = (
        "from django.db import migrations, models\n\ndef there(apps, editor):\n    pass\n\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0003_less")]\n'
        f"    operations = [migrations.{operation}]\n"
    )
    found = shop(**{"0004_one": text}).find("0004_one")
    assert found is not None
    return found.lint


def ran(folder: Path, files: Mapping[str, str], *targets: str) -> list[dict[str, object]]:
    """Return the schema that a real Django leaves after migrating to each target, one after the other."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *targets],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_chain_and_operations() -> None:
    history = shop()
    assert (history.tool, history.folder, history.label) == ("django", "shop/migrations", "shop")
    assert [one.id for one in history.migrations] == ["0001_initial", "0002_more", "0003_less"]
    assert [one.parents for one in history.migrations] == [(), ("0001_initial",), ("0002_more",)]
    assert history.heads == ("0003_less",)
    assert [one.kind for one in history.migrations] == ["additive", "destructive", "destructive"]
    told = [(one.verb, one.target) for one in history.migrations[1].operations[:3]]
    assert told == [
        ("add_field", "shop_shop.plan"),
        ("remove_constraint", "shop_item.price_not_negative"),
        ("remove_field", "shop_shop.kind"),
    ]


def test_two_heads_are_a_problem() -> None:
    other = _THIRD.replace("RenameModel", "RenameModel")
    history = shop(**{"0003_other": other})
    assert history.heads == ("0003_less", "0003_other")
    assert any("several heads" in one for one in history.problems)


def test_what_django_cannot_take_back() -> None:
    assert lint_of("RunPython(there)").verdict == "missing"
    assert lint_of("RunPython(there, there)").verdict == "lossy"
    assert lint_of("RunPython(there, migrations.RunPython.noop)").verdict == "lossy"
    assert lint_of('RunSQL("ALTER TABLE a ADD b int")').verdict == "missing"
    assert lint_of('RunSQL("ALTER TABLE a ADD b int", migrations.RunSQL.noop)').verdict == "empty"
    assert lint_of('RunSQL("ALTER TABLE a ADD b int", "ALTER TABLE a DROP b")').verdict == "inverse"
    assert lint_of('RunSQL("ALTER TABLE a ADD b int", "ALTER TABLE a DROP c")').verdict == "partial"
    assert lint_of('RunSQL("UPDATE a SET b = 1", migrations.RunSQL.noop)').verdict == "lossy"
    assert lint_of('DeleteModel(name="Shop")').verdict == "lossy"
    assert lint_of('AddField("shop", "x", models.TextField(null=True))').verdict == "inverse"
    assert lint_of('Own("shop")').verdict == "unknown"


def test_inverse_really_runs(tmp_path: Path) -> None:
    history = shop()
    rendered = inverse(history, ["0002_more", "0003_less"], *tree(FILES))
    assert rendered.complete, rendered.gaps
    assert rendered.path.startswith("shop/migrations/0004_")
    files = {**FILES, rendered.path: rendered.content.decode()}
    first, head, back, again = ran(
        tmp_path, files, "0001_initial", "0003_less", rendered.id, "0003_less"
    )
    assert first != head
    assert back == first
    assert again == head


def test_inverse_says_what_it_cannot() -> None:
    text = (
        "from django.db import migrations\n\ndef there(apps, editor):\n    pass\n\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0003_less")]\n'
        "    operations = [\n        migrations.RunPython(there),\n    ]\n"
    )
    files = {**FILES, "shop/migrations/0004_rows.py": text}
    rendered = inverse(histories(files)[0], ["0004_rows"], *tree(files))
    assert not rendered.complete
    assert rendered.gaps == ("shop/migrations/0004_rows.py:9: RunPython has no reverse",)


def test_not_null_without_default_is_said() -> None:
    text = (
        "from django.db import migrations, models\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0003_less")]\n'
        '    operations = [migrations.RemoveField("shop", "name")]\n'
    )
    files = {**FILES, "shop/migrations/0004_rows.py": text}
    rendered = inverse(histories(files)[0], ["0004_rows"], *tree(files))
    assert rendered.complete
    assert any("not null and has no default" in one for one in rendered.cautions)
    assert rendered.reads_as == "provide"
