"""The undo as a library: analyse, plan, carry out, look again, take back."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius
from tests.gitworld import GitWorld


def test_from_analysis_to_verified_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    repo = tmp_path / "shop"
    repo.mkdir()
    world = GitWorld(repo)
    world.git("config", "user.name", "Ada")
    world.git("config", "user.email", "ada@example.com")
    world.commit("base", {"README.md": "shop\n"})
    world.commit("lib", {"lib.py": "def f():\n    return 1\n"})
    world.commit("app", {"app.py": "from lib import f\n\nprint(f())\n"})
    head = world.head()

    analysis = blastradius.analyze(repo, "HEAD~2..HEAD", undo=["HEAD~1"], jobs=1)
    plan = blastradius.plan_revert(analysis, repo=repo)
    assert isinstance(plan, blastradius.Plan)
    assert plan.goal == analysis.revert_set.goal
    shown = blastradius.execute(plan, repo=repo)
    assert (shown.state, shown.rolled_back, world.head()) == ("planned", False, head)

    run = blastradius.execute(plan, repo=repo, dry_run=False)
    assert isinstance(run, blastradius.Run)
    assert (run.state, run.rolled_back) == ("done", True)
    assert world.git("rev-parse", "HEAD^{tree}") == analysis.revert_set.tree
    assert blastradius.verify(run.id, repo=repo).verification.match
    assert "rolled back, and verified" in blastradius.render(run, "text")

    back = blastradius.abort(run.id, repo=repo)
    assert (back.state, world.head()) == ("restored", head)
    assert blastradius.resume(run.id, repo=repo).state == "restored", "nothing is left to be done"


def test_a_root_commit_is_planned_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    repo = tmp_path / "shop"
    repo.mkdir()
    world = GitWorld(repo)
    world.commit("root", {"a.txt": "a\n"})
    analysis = blastradius.analyze(repo, "HEAD", jobs=1)
    plan = blastradius.plan_revert(analysis, repo=repo)
    assert [one.domain for one in plan.steps] == ["code"]
