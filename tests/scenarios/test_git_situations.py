"""Repositories in every state that git allows: merges, renames, odd names, odd clones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from blastradius import api
from blastradius.cli import main
from blastradius.errors import RangeError
from tests.gitworld import GitWorld, run_git

F = "def f(x):\n    return x\n"
G = "def f(x, y):\n    return x\n"


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    folder = tmp_path / "repo"
    folder.mkdir()
    made = GitWorld(folder)
    made.commit("one", {"a.py": F})
    return made


def going(world: GitWorld, span: str, *undo: str) -> set[str]:
    """Return the subjects of what goes when ``undo`` shall go."""
    answer = api.analyze(world.path, span, undo=undo, jobs=1)
    subjects = {commit.id: commit.subject for commit in answer.range.commits}
    return {subjects[one.id] for one in answer.revert_set.commits}


def test_undoing_an_octopus_takes_what_it_brought_and_what_uses_that(world: GitWorld) -> None:
    for name in ("x", "y"):
        world.git("checkout", "-q", "-b", name, "main")
        world.commit(f"on {name}", {f"{name}.py": f"def {name}():\n    pass\n"})
    world.git("checkout", "-q", "main")
    octopus = world.merge("x", "y", subject="octopus")
    world.commit("use", {"use.py": "from x import x\n\nx()\n"})
    world.commit("other", {"other.py": "a = 1\n"})
    assert going(world, f"{octopus}^1..HEAD", octopus) == {"on x", "on y", "octopus", "use"}
    assert going(world, f"{octopus}^-", "y.py") == {"on y"}


def test_undoing_a_rename_takes_who_uses_the_new_name(world: GitWorld) -> None:
    world.git("mv", "a.py", "b.py")
    rename = world.commit("rename")
    world.commit("use", {"use.py": "from b import f\n\nf(1)\n"})
    for named in (rename, "a.py", "b.py"):
        assert going(world, "HEAD~2..HEAD", named) == {"rename", "use"}


def test_a_root_commit_and_an_empty_range(world: GitWorld) -> None:
    assert [one.kind for one in api.analyze(world.path, "HEAD").changes] == ["added", "added"]
    assert api.analyze(world.path, "HEAD..HEAD").range.commits == ()


@pytest.mark.parametrize("unread", [b"x = 1\n" * 200_000, b"\0\1\2"])
def test_a_file_too_large_or_binary_on_one_side_has_not_lost_its_symbols(
    world: GitWorld, unread: bytes
) -> None:
    world.commit("unread", {"a.py": unread})
    world.commit("back", {"a.py": G})
    for span in ("HEAD~1", "HEAD"):
        changes = api.analyze(world.path, span).changes
        assert [(one.symbol, one.kind) for one in changes] == [("file:a.py", "modified")]


@pytest.mark.parametrize("name", ["a\nb.py", "x\x1b]0;pwn\x07.py", os.fsdecode(b"caf\xe9.py")])
@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_name_or_subject_reaches_the_terminal_raw(
    world: GitWorld, capsys: pytest.CaptureFixture[str], name: str, form: str
) -> None:
    world.commit("red \x1b[31m \u202e", {name: F})
    world.commit("two", {name: G})
    words = ["analyze", "--repo", str(world.path), "HEAD~2..HEAD", "--format", form]
    assert main([*words, "--undo", name]) == 0
    out, err = capsys.readouterr()
    assert not set(out + err) & set("\x1b\x07\u009b")
    assert form == "json" or "\u202e" not in out
    assert err == ""


def test_links_submodules_and_lfs_pointers_are_named_not_followed(
    world: GitWorld, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    sub = GitWorld(tmp_path / "sub")
    sub.commit("s", {"s.py": F})
    (world.path / "loop.py").symlink_to("loop.py")
    (world.path / "self").symlink_to(".")
    world.git("submodule", "add", "-q", str(sub.path), "lib")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n"
    world.commit("odd", {"l.sql": pointer})
    sub.commit("t", {"s.py": G})
    run_git(world.path / "lib", "pull", "-q")
    world.commit("moved")
    answer = api.analyze(world.path, "HEAD~1..HEAD")
    assert [(one.symbol, one.kind) for one in answer.changes] == [("file:lib", "modified")]
    assert [(one.path, one.what) for one in answer.problems] == [
        ("l.sql", "left out: kept in Git LFS")
    ]


def test_bare_shallow_linked_and_detached(world: GitWorld, tmp_path: Path) -> None:
    world.commit("two", {"a.py": G})
    world.git("checkout", "-q", "--detach")
    expected = api.analyze(world.path, "HEAD~1..HEAD")
    run_git(tmp_path, "clone", "-q", "--bare", str(world.path), "bare")
    world.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    run_git(tmp_path, "clone", "-q", "--depth=1", f"file://{world.path}", "shallow")
    for clone in ("bare", "linked"):
        found = api.analyze(tmp_path / clone, "HEAD~1..HEAD")
        # The advice depends on where a clone stands; nothing else does.
        assert replace(found, advice=expected.advice) == expected
    assert not (tmp_path / "linked/.git").is_dir()
    with pytest.raises(RangeError, match="needs a work tree"):
        api.analyze(tmp_path / "bare", staged=True)
    with pytest.raises(RangeError, match="shallow"):
        api.analyze(tmp_path / "shallow", "HEAD")


def test_sha256_and_an_unborn_head(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, object_format="sha256")
    world.write({"a.py": F})
    with pytest.raises(RangeError, match="no commit yet"):
        api.analyze(tmp_path)
    assert api.analyze(tmp_path, staged=True).changes == ()
    assert {one.path for one in api.analyze(tmp_path, worktree=True).changes} == {"a.py"}
    world.commit("one")
    two = world.commit("two", {"a.py": G})
    assert api.analyze(tmp_path, "HEAD~1..HEAD").range.head == two
    assert len(two) == 64


def test_nothing_is_written_but_the_cache(world: GitWorld) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(one): one.read_bytes()
            for one in sorted(world.path.rglob("*"))
            if one.is_file() and "blastradius" not in one.parts
        }

    world.commit("two", {"a.py": G})
    world.write({"a.py": F, "new.py": F})
    before = files()
    for words in (["HEAD~1..HEAD"], ["--staged"], ["--worktree"]):
        assert main(["analyze", "--quiet", "--repo", str(world.path), *words]) == 0
    assert files() == before
