"""An undo that is carried out, as a user sees it: real git judges what it left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.gitworld import GitWorld, run_git

LIB = "def rate(order):\n    return 7\n"
APP = "from lib import rate\n\n\ndef total(order):\n    return rate(order)\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitWorld:
    """Two commits that belong together, and one beside them."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    world = GitWorld(folder)
    world.git("config", "user.name", "Ada")
    world.git("config", "user.email", "ada@example.com")
    world.commit("base", {"README.md": "shop\n", "notes.txt": "a\nb\nc\n"})
    world.commit("rate", {"lib.py": LIB})
    world.commit("notes", {"notes.txt": "a\nb\nc\nd\n"})
    world.commit("total", {"app.py": APP})
    return world


def revert(world: GitWorld, *words: str) -> int:
    return main(["revert", "HEAD~3..HEAD", *words, "--repo", str(world.path), "--no-cache"])


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def newest(world: GitWorld, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["runs", "--repo", str(world.path), "--format", "json"]) == 0
    return str(json.loads(capsys.readouterr().out)["runs"][0]["id"])


def test_a_dry_run_changes_nothing(world: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    before = (world.head(), world.git("status", "--porcelain"), world.git("count-objects"))
    assert revert(world, "--undo", "HEAD~2") == 0
    assert "dry run, nothing was changed" in capsys.readouterr().out
    assert before == (world.head(), world.git("status", "--porcelain"), world.git("count-objects"))
    assert not (world.path / ".git" / "blastradius" / "runs").exists()


def test_the_set_goes_leaf_first_and_the_rest_stays(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revert(world, "--undo", "HEAD~2", "--apply", "--format", "json") == 0
    found = told(capsys)
    assert found["rolled_back"] is True
    assert found["state"] == "done"
    assert world.git("log", "--format=%s", "-2").splitlines() == ['Revert "rate"', 'Revert "total"']
    assert world.git("ls-tree", "-r", "--name-only", "HEAD").splitlines() == [
        "README.md",
        "notes.txt",
    ]
    assert (world.path / "notes.txt").read_text() == "a\nb\nc\nd\n"
    assert world.git("status", "--porcelain") == ""
    message = world.git("log", "-1", "--format=%B")
    assert f"Reverts: {world.id_of('HEAD~4')}" in message
    assert "Revert-Reason: target" in message
    assert world.git("fsck", "--strict") == ""


def test_the_message_says_what_drew_a_commit_in(world: GitWorld) -> None:
    assert revert(world, "--undo", "HEAD~2", "--apply") == 0
    message = world.git("log", "-1", "--skip=1", "--format=%B")
    assert "app.py:1" in message
    assert "Revert-Reason: reference" in message


def test_work_that_is_not_in_the_way_is_kept(world: GitWorld) -> None:
    world.write({"notes.txt": "a\nb\nc\nd\nmine\n", "draft.txt": "mine\n", "staged.txt": "mine\n"})
    world.git("add", "staged.txt")
    assert revert(world, "--undo", "HEAD~2", "--apply") == 0
    assert world.git("status", "--porcelain").splitlines() == [
        " M notes.txt",
        "A  staged.txt",
        "?? draft.txt",
    ]
    assert not (world.path / "lib.py").exists()


@pytest.mark.parametrize("staged", [False, True])
def test_work_that_would_be_overwritten_is_refused_by_name(
    world: GitWorld, capsys: pytest.CaptureFixture[str], *, staged: bool
) -> None:
    world.write({"lib.py": "mine = 1\n" + LIB})
    if staged:
        world.git("add", "lib.py")
    head = world.head()
    assert revert(world, "--undo", "HEAD~2", "--apply") == 5
    assert "lib.py has" in capsys.readouterr().err
    assert world.head() == head
    assert (world.path / "lib.py").read_text() == "mine = 1\n" + LIB


def test_an_untracked_file_where_one_comes_back_is_refused(world: GitWorld) -> None:
    world.commit("gone", {"README.md": None})
    world.write({"README.md": "mine\n"})
    assert main(["revert", "HEAD", "--apply", "--repo", str(world.path)]) == 5
    assert (world.path / "README.md").read_text() == "mine\n"


def test_a_new_branch_leaves_the_checkout_alone(world: GitWorld) -> None:
    head = world.head()
    world.write({"lib.py": "mine\n"})
    assert revert(world, "--undo", "HEAD~2", "--apply", "--branch", "undo-rate") == 0
    assert world.head() == head
    assert world.git("status", "--porcelain") == " M lib.py"
    assert world.git("rev-list", "--count", "main..undo-rate") == "2"
    assert "lib.py" not in world.git("ls-tree", "--name-only", "undo-rate")


def test_one_commit_for_all(world: GitWorld) -> None:
    assert revert(world, "--undo", "HEAD~2", "--apply", "--single-commit") == 0
    assert world.git("log", "-1", "--format=%s") == "Revert 2 commits that go together"
    assert world.git("log", "--format=%(trailers:key=Reverts,valueonly)", "-1").split() == [
        world.id_of("HEAD~1"),
        world.id_of("HEAD~3"),
    ]


def test_parts_of_commits_go_at_the_level_of_files(world: GitWorld) -> None:
    world.commit("two things", {"a.py": "A = 1\n", "b.py": "B = 1\n"})
    words = ["revert", "HEAD", "--level", "file", "--undo", "a.py", "--apply"]
    assert main([*words, "--repo", str(world.path)]) == 0
    assert not (world.path / "a.py").exists()
    assert (world.path / "b.py").read_text() == "B = 1\n"
    assert "its part a.py" in world.git("log", "-1", "--format=%s")


def test_commits_on_top_of_the_range_are_looked_at(world: GitWorld) -> None:
    # `total` is not in the range, but needs `rate`.
    assert main(["revert", "HEAD~2", "--apply", "--repo", str(world.path)]) == 0
    assert not (world.path / "app.py").exists()
    assert not (world.path / "lib.py").exists()


def test_a_range_on_another_branch_is_undone_there(world: GitWorld) -> None:
    world.git("branch", "feature")
    world.git("reset", "-q", "--hard", "HEAD~3")
    words = ["revert", "main..feature", "--apply", "--repo", str(world.path)]
    assert main(words) == 0
    assert world.git("rev-parse", "feature^{tree}") == world.git("rev-parse", "main^{tree}")
    assert world.git("rev-list", "--count", "main..feature") == "6"
    assert world.git("status", "--porcelain") == ""


def test_abort_brings_the_branch_back(world: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    head = world.head()
    world.write({"notes.txt": "mine\n"})
    assert revert(world, "--undo", "HEAD~2", "--apply") == 0
    run = newest(world, capsys)
    assert main(["abort", run, "--repo", str(world.path)]) == 0
    assert world.head() == head
    assert (world.path / "lib.py").read_text() == LIB
    assert world.git("status", "--porcelain") == " M notes.txt"
    assert main(["verify", run, "--repo", str(world.path)]) == 0


def test_abort_does_not_touch_what_came_after(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revert(world, "--undo", "HEAD~2", "--apply") == 0
    run = newest(world, capsys)
    later = world.commit("later", {"later.txt": "x\n"})
    assert main(["abort", run, "--repo", str(world.path)]) != 0
    assert world.head() == later
    assert not (world.path / "lib.py").exists()


def test_verify_sees_what_changed_since(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revert(world, "--undo", "HEAD~2", "--apply") == 0
    run = newest(world, capsys)
    assert main(["verify", run, "--repo", str(world.path)]) == 0
    world.write({"lib.py": "back = 1\n"})
    capsys.readouterr()
    assert main(["verify", run, "--repo", str(world.path), "--format", "json"]) == 1
    found = told(capsys)
    assert found["rolled_back"] is False
    assert found["verification"]["differing"] == ["refs/heads/main: file lib.py"]  # type: ignore[index]


def test_a_plan_is_carried_out_from_its_file_and_an_edited_one_is_not(
    world: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    repo = ["--repo", str(world.path)]
    assert main(["plan", "HEAD~3..HEAD", "--undo", "HEAD~2", "-o", str(file), *repo]) == 0
    edited = tmp_path / "edited.json"
    edited.write_text(file.read_text().replace("add 2 commits", "add 9 commits"))
    assert main(["revert", str(edited), "--apply", *repo]) == 2
    assert "edited or damaged" in capsys.readouterr().err
    assert main(["revert", str(file), "--apply", *repo]) == 0
    assert not (world.path / "lib.py").exists()


def test_a_plan_for_another_state_is_refused(world: GitWorld, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    repo = ["--repo", str(world.path)]
    assert main(["plan", "HEAD~3..HEAD", "--undo", "HEAD~2", "-o", str(file), *repo]) == 0
    later = world.commit("later", {"later.txt": "x\n"})
    assert main(["revert", str(file), "--apply", *repo]) == 5
    assert world.head() == later


def test_two_plans_of_one_state_are_the_same_bytes(world: GitWorld, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        file = tmp_path / name
        words = ["plan", "HEAD~3..HEAD", "--undo", "HEAD~2", "-o", str(file)]
        assert main([*words, "--repo", str(world.path)]) == 0
        texts.append(file.read_bytes())
    assert texts[0] == texts[1]


def test_git_without_a_name_is_told_so(
    world: GitWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.git("config", "--unset", "user.name")
    world.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("HOME", str(world.path.parent))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    head = world.head()
    assert revert(world, "--undo", "HEAD~2", "--apply") == 5
    assert "git config user.name" in capsys.readouterr().err
    assert world.head() == head


def test_hooks_and_filters_of_the_repository_do_not_run(world: GitWorld, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    hooks = world.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (hooks / name).chmod(0o755)
    world.git("config", "filter.evil.smudge", f"touch {ran}")
    world.git("config", "filter.evil.clean", f"touch {ran}")
    world.git("config", "core.fsmonitor", f"touch {ran}")
    (world.path / ".git" / "info").mkdir(exist_ok=True)
    (world.path / ".git" / "info" / "attributes").write_text("* filter=evil\n")
    assert revert(world, "--undo", "HEAD~2", "--apply") == 0
    assert not ran.exists()
    assert not (world.path / "lib.py").exists()


def test_files_with_crlf_keep_their_line_ends(world: GitWorld) -> None:
    world.git("config", "core.autocrlf", "true")
    (world.path / "notes.txt").unlink()
    world.git("checkout", "--", "notes.txt")
    assert (world.path / "notes.txt").read_bytes() == b"a\r\nb\r\nc\r\nd\r\n"
    assert revert(world, "--undo", "HEAD~1", "--apply") == 0
    assert (world.path / "notes.txt").read_bytes() == b"a\r\nb\r\nc\r\n"
    assert world.git("status", "--porcelain") == ""


def test_a_merge_that_waits_is_not_disturbed(world: GitWorld) -> None:
    (world.path / ".git" / "MERGE_HEAD").write_text(world.head() + "\n")
    assert revert(world, "--undo", "HEAD~2", "--apply") == 5


def test_a_linked_worktree_is_served_on_its_own(world: GitWorld, tmp_path: Path) -> None:
    other = tmp_path / "other"
    world.git("worktree", "add", "-q", "-b", "side", str(other))
    words = ["revert", "HEAD~3..HEAD", "--undo", "HEAD~2", "--apply", "--repo", str(other)]
    assert main(words) == 0
    assert not (other / "lib.py").exists()
    assert (world.path / "lib.py").exists()
    assert run_git(other, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_a_run_with_the_journal_whole(world: GitWorld, name: str) -> None:
    # The process sends itself the signal right after the first act was announced.
    program = f"""
import os, signal, sys
from blastradius.world import World
from blastradius.cli import main
def tick(self, what):
    if what.startswith("git update-index"):
        os.kill(os.getpid(), signal.{name})
World.tick = tick
sys.exit(main(["revert", "HEAD~3..HEAD", "--undo", "HEAD~2", "--apply", "--domain", "code",
               "--repo", {str(world.path)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    # The one step was in the middle of its act: it is brought to its end, and the run with it.
    assert done.returncode == 0, done.stderr
    assert not (world.path / "lib.py").exists()
