"""Small projects with migrations of the tools, and databases that have applied them."""

from __future__ import annotations

from blastradius.adapters.database import runner
from blastradius.adapters.database.args import Part
from tests.unit.adapters.database.stepping import Run

HEAD = "from alembic import op\nimport sqlalchemy as sa\n\n"


def revision(name: str, parent: str | None, up: str, down: str) -> str:
    """Return the text of an Alembic revision."""
    return (
        f"{HEAD}revision = {name!r}\ndown_revision = {parent!r}\n\n\n"
        f"def upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n"
    )


ALEMBIC = {
    # Were it run, it would say so: the connection is not the project's to make.
    "migrations/env.py": "raise SystemExit('env.py was run')\n",
    "migrations/versions/a1_users.py": revision(
        "a1",
        None,
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), "
        "sa.Column('name', sa.String(40), nullable=False))",
        "op.drop_table('users')",
    ),
    "migrations/versions/b2_plan.py": revision(
        "b2",
        "a1",
        "op.add_column('users', sa.Column('plan', sa.String(20), nullable=False, server_default='free'))\n"
        "    op.create_index('ix_plan', 'users', ['plan'])",
        "op.drop_index('ix_plan', table_name='users')\n    op.drop_column('users', 'plan')",
    ),
}

DJANGO = {
    "manage.py": "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n",
    "site1/__init__.py": "",
    "site1/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\n"
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/nowhere/x'}}\n",
    "shop/__init__.py": "",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Customer",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=40)),
            ],
        ),
    ]
""",
    "shop/migrations/0002_plan.py": """from django.db import migrations, models


def shout(apps, schema_editor):
    for one in apps.get_model("shop", "Customer").objects.all():
        one.name = one.name + "!"
        one.save()


def whisper(apps, schema_editor):
    for one in apps.get_model("shop", "Customer").objects.all():
        one.name = one.name[:-1]
        one.save()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(
            "Customer", "plan", models.CharField(max_length=20, default="free", db_index=True)
        ),
        migrations.RunPython(shout, whisper),
    ]
""",
}


def applied(run: Run, part: Part, *ids: str) -> None:
    """Apply migrations to a run's database by the tool itself."""
    url = run.place.url(run.world)
    # All in one process: it is what starts one that takes the time.
    runner._run(part, url, run.world, 120, "inverse", ids)
