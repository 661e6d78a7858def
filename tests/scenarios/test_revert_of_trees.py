"""What a work tree may hold besides plain files, while an undo is carried out and taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.gitworld import GitWorld, run_git


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitWorld:
    """A repository with one commit and somebody to make more."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    world = GitWorld(folder)
    world.git("config", "user.name", "Ada")
    world.git("config", "user.email", "ada@example.com")
    world.commit("base", {"data/a.txt": "a\n", "data/deep/er/b.txt": "b\n", "app.txt": "1\n"})
    return world


@pytest.fixture
def module(tmp_path: Path) -> GitWorld:
    """Another repository with two commits, to be a submodule."""
    folder = tmp_path / "module"
    folder.mkdir()
    module = GitWorld(folder)
    module.commit("one", {"m.txt": "1\n"})
    module.commit("two", {"m.txt": "2\n"})
    return module


def revert(world: GitWorld, span: str, *words: str) -> int:
    return main(["revert", span, *words, "--repo", str(world.path), "--no-cache"])


def state(world: GitWorld) -> tuple[str, ...]:
    """Everything that git sees of a work tree, ignored and left out files too."""
    words = ("status", "--porcelain", "-uall", "--ignored"), ("ls-files", "-t"), ("rev-parse", "@")
    return tuple(world.git(*one) for one in words)


def there_and_back(
    world: GitWorld, capsys: pytest.CaptureFixture[str], *, rest: str = ""
) -> list[str]:
    """Undo the last commit, compare with the tree before it, take it back; return the warnings."""
    before = state(world)
    capsys.readouterr()
    assert revert(world, "HEAD~1..HEAD", "--apply", "--format", "json") == 0
    run = json.loads(capsys.readouterr().out)
    assert world.git("rev-parse", "HEAD^{tree}") == world.git("rev-parse", "HEAD~2^{tree}")
    assert world.git("status", "--porcelain") == rest
    assert main(["verify", run["id"], "--repo", str(world.path)]) == 0
    assert main(["abort", run["id"], "--repo", str(world.path)]) == 0
    assert state(world) == before
    return list(run["warnings"])


def link_over_folder(world: GitWorld) -> None:
    shutil.rmtree(world.path / "data")
    (world.path / "data").symlink_to("app.txt")


def file_over_folder(world: GitWorld) -> None:
    shutil.rmtree(world.path / "data")
    (world.path / "data").write_text("now a file\n")


def folder_over_file(world: GitWorld) -> None:
    (world.path / "app.txt").unlink()
    world.write({"app.txt/inside/x.txt": "x\n"})


@pytest.mark.parametrize("change", [link_over_folder, file_over_folder, folder_over_file])
def test_a_folder_becomes_a_file_or_a_file_a_folder(
    world: GitWorld, capsys: pytest.CaptureFixture[str], change: Callable[[GitWorld], None]
) -> None:
    change(world)
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "change its kind")
    assert there_and_back(world, capsys) == []


def test_own_files_in_a_folder_that_goes_are_refused_by_name(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_over_file(world)
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "file to folder")
    world.write({"app.txt/inside/mine.txt": "mine\n"})
    before = state(world)
    assert revert(world, "HEAD~1..HEAD", "--apply") == 5
    assert "app.txt/inside/mine.txt is not committed" in capsys.readouterr().err
    assert state(world) == before
    assert (world.path / "app.txt/inside/mine.txt").read_text() == "mine\n"


def test_a_dry_run_says_what_will_be_in_the_way(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("two", {"app.txt": "2\n"})
    world.write({"app.txt": "mine\n"})
    assert revert(world, "HEAD~1..HEAD") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "app.txt has changes that are not committed" in told
    assert "--apply refuses that" in told


def test_what_a_sparse_checkout_leaves_out_stays_out(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("two", {"app.txt": "2\n", "data/a.txt": "a2\n", "data/new.txt": "n\n"})
    world.git("sparse-checkout", "set", "--no-cone", "/*", "!/data/")
    assert there_and_back(world, capsys) == []
    assert not (world.path / "data").exists()


def test_a_submodule_that_goes_leaves_its_checkout(
    world: GitWorld, module: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.git("submodule", "add", "-q", str(module.path), "lib")
    world.git("commit", "-q", "-m", "add the submodule")
    warnings = there_and_back(world, capsys, rest="?? lib/")
    assert [one.partition(";")[0] for one in warnings] == ["submodule lib goes from the branch"]
    assert (world.path / "lib" / "m.txt").read_text() == "2\n"


def test_a_submodule_that_moves_is_told_how_to_follow(
    world: GitWorld, module: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.git("submodule", "add", "-q", str(module.path), "lib")
    world.git("commit", "-q", "-m", "add the submodule")
    world.git("-C", "lib", "checkout", "-q", "HEAD~1")
    world.git("commit", "-q", "-a", "-m", "move it")
    (warning,) = there_and_back(world, capsys, rest=" M lib")
    assert "git submodule update lib" in warning


def test_nothing_is_put_where_a_submodule_is_checked_out(
    world: GitWorld, module: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.git("rm", "-r", "-q", "data")
    world.git("submodule", "add", "-q", str(module.path), "data")
    world.git("commit", "-q", "-m", "folder to submodule")
    before = state(world)
    assert revert(world, "HEAD~1..HEAD", "--apply") == 5
    assert "data is where a submodule is checked out" in capsys.readouterr().err
    assert state(world) == before
    world.git("submodule", "deinit", "-q", "-f", "data")
    assert there_and_back(world, capsys) == []
    assert (world.path / "data").is_dir()


def test_a_file_makes_way_for_a_submodule(
    world: GitWorld, module: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.git("submodule", "add", "-q", str(module.path), "lib")
    world.git("commit", "-q", "-m", "add the submodule")
    world.git("rm", "-q", "-f", "lib")
    world.commit("submodule to file", {"lib": "a file now\n"})
    (warning,) = there_and_back(world, capsys)
    assert "git submodule update lib" in warning


def test_a_branch_of_another_work_tree_is_not_moved_under_it(
    world: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    side = tmp_path / "side"
    world.git("worktree", "add", "-q", "-b", "side", str(side))
    other = GitWorld(side)
    other.commit("work", {"app.txt": "2\n"})
    head = other.head()
    assert revert(world, "main..side") == 0
    assert "checked out in another work tree" in " ".join(capsys.readouterr().out.split())
    assert revert(world, "main..side", "--apply") == 5
    assert other.head() == head
    assert run_git(side, "status", "--porcelain") == ""
    assert revert(other, "main..side", "--apply") == 0
    assert run_git(side, "status", "--porcelain") == ""


def test_a_run_is_taken_back_where_it_was_begun(
    world: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    side = tmp_path / "side"
    world.git("worktree", "add", "-q", "-b", "side", str(side))
    other = GitWorld(side)
    other.commit("work", {"app.txt": "2\n"})
    before = state(other)
    assert revert(other, "main..side", "--apply", "--format", "json") == 0
    run = json.loads(capsys.readouterr().out)["id"]
    after = state(other)
    for command in ("abort", "resume"):
        assert main([command, run, "--repo", str(world.path)]) == 2
        assert "was begun in another work tree" in capsys.readouterr().err
        assert state(other) == after
    side.rename(tmp_path / "moved")
    moved = GitWorld(tmp_path / "moved")
    moved.git("worktree", "repair")
    assert main(["abort", run, "--repo", str(moved.path)]) == 0
    assert state(moved) == before


def test_the_first_commit_goes_with_what_was_built_on_it(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("edit", {"app.txt": "2\n"})
    world.commit("beside", {"beside.txt": "stays\n"})
    assert revert(world, "HEAD~2", "--apply") == 0
    assert world.git("ls-files") == "beside.txt"
    subjects = world.git("log", "--format=%s", "-2").splitlines()
    assert subjects == ['Revert "base"', 'Revert "edit"']


def test_the_dry_run_lists_the_commits_and_why_they_go(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("edit", {"app.txt": "2\n"})
    world.commit("edit again", {"app.txt": "3\n"})
    assert revert(world, "HEAD~2..HEAD", "--undo", "HEAD~1") == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    first = lines.index("COMMITS  one on the other, in this order") + 1
    assert lines[first].startswith('1  Revert "edit again": ')
    assert '2  Revert "edit": asked to go' in lines


def test_where_nothing_changes_nothing_is_claimed(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.git("commit", "-q", "--allow-empty", "-m", "empty")
    assert revert(world, "HEAD~1..HEAD") == 0
    assert "TO CARRY IT OUT" not in capsys.readouterr().out
    assert revert(world, "HEAD~1..HEAD", "--apply") == 0
    assert "nothing was to do, and nothing was done" in " ".join(capsys.readouterr().out.split())


def test_what_a_partial_clone_left_out_is_told_before_anything_happens(
    world: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("two", {"app.txt": "2\n"})
    world.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "partial"
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{world.path}", str(place))
    clone = GitWorld(place)
    clone.git("config", "user.name", "Ada")
    clone.git("config", "user.email", "ada@example.com")
    assert revert(clone, "HEAD~1..HEAD", "--apply", "--format", "json") == 5
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "refused"
    assert "app.txt shall get is not in this clone" in told["why"]
    assert "git fetch --refetch --no-filter" in told["why"]
    clone.git("fetch", "-q", "--refetch", "--no-filter")
    assert revert(clone, "HEAD~1..HEAD", "--apply") == 0


@pytest.mark.parametrize("words", [("--undo", "HEAD"), ("--single-commit",), ("--level", "file")])
def test_a_plan_in_a_file_has_its_wishes(
    world: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    world.commit("two", {"app.txt": "2\n"})
    plan = str(tmp_path / "plan.json")
    assert main(["plan", "HEAD~1..HEAD", "-o", plan, "--repo", str(world.path)]) == 0
    assert revert(world, plan, *words) == 2
    assert f"{words[0]} was settled when the plan" in capsys.readouterr().err
    assert revert(world, plan) == 0


def test_a_run_that_was_taken_back_and_built_upon_does_not_say_that_all_is_as_before(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("two", {"app.txt": "2\n"})
    assert revert(world, "HEAD~1..HEAD", "--apply", "--format", "json") == 0
    run = json.loads(capsys.readouterr().out)["id"]
    assert main(["abort", run, "--repo", str(world.path)]) == 0
    out, err = capsys.readouterr()
    assert "WHY  blastradius abort was asked for" in out
    assert err == ""
    world.commit("three", {"app.txt": "3\n"})
    assert main(["verify", run, "--repo", str(world.path)]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "was taken back, but what it touched has changed since" in told
    assert "everything is as it was before" not in told


def test_a_variable_that_is_not_set_is_named(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.commit("two", {"app.txt": "2\n"})
    assert revert(world, "HEAD~1..HEAD", "--database", "NO_SUCH_VARIABLE") == 2
    assert "NO_SUCH_VARIABLE: no variable of that name is set" in capsys.readouterr().err
    assert revert(world, "HEAD~1..HEAD", "--database", "postgresql://u:hunter2@h/x") == 2
    assert "hunter2" not in capsys.readouterr().err
