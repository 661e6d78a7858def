"""The inventory: every domain that a range touched, the same from an analysis and without one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from blastradius import api
from blastradius.api.inventory import inventory, inventory_of_range
from blastradius.cli import main
from blastradius.model.inventory import Inventory
from blastradius.reports.registry import render
from tests.gitworld import GitWorld

MIGRATION = """revision = "b"
down_revision = None


def upgrade():
    op.drop_column("users", "plan")


def downgrade():
    pass
"""


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    made = GitWorld(tmp_path)
    made.commit("one", {"app.py": "a = 1\n"})
    made.commit("two", {
        "app.py": "import os\n\na = os.environ['NEW_TOKEN']\n",
        "alembic/versions/b_drop.py": MIGRATION,
        ".env.example": "NEW_TOKEN=\n",
    })  # fmt: skip
    made.commit("three", {"only/code.py": "b = 2\n"})
    return made


def domains(found: Inventory) -> set[str]:
    return {one.domain for one in found.domains}


def test_every_domain_with_its_inverse(world: GitWorld) -> None:
    found = inventory_of_range(world.path, "HEAD~2..HEAD")
    assert {"code", "database", "env"} <= domains(found)
    assert found.domains[0].domain == "code"
    assert (found.commits, found.files) == (2, 4)
    for one in found.effects:
        assert one.evidence
        assert one.inverse.summary
        assert one.verify
    assert [one for one in found.effects if one.reversibility == "irreversible"] == list(
        found.irreversible
    )
    assert any(one.domain == "database" for one in found.irreversible)
    counted = sum(one.reversible + one.compensatable + one.irreversible for one in found.domains)
    assert counted == sum(one.effects for one in found.domains) == len(found.effects)


def test_it_says_what_an_analysis_says(world: GitWorld) -> None:
    fast = inventory_of_range(world.path, "HEAD~2..HEAD")
    slow = inventory(api.analyze(world.path, "HEAD~2..HEAD", jobs=1))
    assert domains(fast) == domains(slow)
    assert fast.effects[1:] == slow.effects[1:]
    assert (fast.base, fast.head, fast.commits) == (slow.base, slow.head, slow.commits)


def test_the_inverse_of_the_code_is_a_command_that_runs(world: GitWorld) -> None:
    code = inventory_of_range(world.path, "HEAD").effects[0]
    assert code.inverse.argv is not None
    span = code.inverse.argv[2]
    assert api.analyze(world.path, span, jobs=1).range.head == world.head()
    root = world.git("rev-list", "--max-parents=0", "HEAD")
    first = inventory_of_range(world.path, root).effects[0]
    assert first.inverse.argv is not None
    assert api.analyze(world.path, first.inverse.argv[2], jobs=1).range.head == root


def test_code_alone_and_nothing_at_all(world: GitWorld) -> None:
    assert domains(inventory_of_range(world.path, "HEAD")) == {"code"}
    nothing = inventory_of_range(world.path, "HEAD..HEAD")
    assert (nothing.effects, nothing.domains) == ((), ())
    assert "nothing differs" in render(nothing)


def test_what_is_not_committed(world: GitWorld) -> None:
    world.write({"app.py": "a = 5\n"})
    found = inventory_of_range(world.path, worktree=True)
    assert (found.head, found.effects[0].inverse.argv) == ("worktree", None)
    world.git("add", "app.py")
    assert inventory_of_range(world.path, staged=True).head == "staged"


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_command(world: GitWorld, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["inventory", "HEAD~2..", "--repo", str(world.path), "--format", form]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    if form == "json":
        value = json.loads(out)
        assert value["schema"] == "blastradius/inventory/1"
        assert value["irreversible"]
    else:
        assert "cannot be undone" in out.lower()
        assert "blastradius revert" in out


def test_no_revert_set_is_worked_out(world: GitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from blastradius.api import workspace

    def never(*_: object, **__: object) -> None:
        raise AssertionError("linked")

    monkeypatch.setattr(workspace, "link", never)
    monkeypatch.setattr(workspace, "extract", never)
    inventory_of_range(world.path, "HEAD~2..HEAD")


def test_importing_it_needs_no_detector(tmp_path: Path) -> None:
    code = "import sys, blastradius.cli.inventory; sys.exit('sqlglot' in sys.modules)"
    import sys

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
