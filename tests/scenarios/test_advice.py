"""The advised commands, run by real git in a copy of the repository: they give the tree that was checked."""

from __future__ import annotations

import random
import shutil
import string
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from blastradius.api import answering
from blastradius.api.advice import advise
from blastradius.api.answer import revert_set
from blastradius.api.atoms import Level
from blastradius.api.workspace import Services, Workspace
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.model.analysis import Advice, RevertSet
from blastradius.reports.advice import advice_lines, markdown_lines
from blastradius.reports.markdown import code
from tests.gitworld import GitWorld, run_git

A = "def a():\n    return 1\n"
LONG = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    path = tmp_path / "repo"
    path.mkdir()
    return GitWorld(path)


def ask(
    path: Path,
    text: str | None = None,
    undo: Sequence[str] = (),
    keep: Sequence[str] = (),
    *,
    level: Level = "commit",
    staged: bool = False,
    worktree: bool = False,
) -> tuple[RevertSet, Advice]:
    repository = Repository.open(path)
    with Workspace.open(repository, None, Services(jobs=1, cache=False)) as workspace:
        span = resolve_range(
            repository, text, staged=staged, worktree=worktree, scratch=workspace.scratch
        )
        history, split, _ = answering.understand(workspace, span, level)
        trial = answering.tried(
            workspace, history, split, answering.Wishes(undo, keep, level, None)
        )
        chosen = revert_set(trial)
        return chosen, advise(trial, chosen, span, repository, keep)


def commands(advice: Advice) -> list[tuple[str, ...]]:
    return [one.argv for one in advice.commands if one.argv]


def carry_out(path: Path, advice: Advice) -> Path:
    """Run the commands in a copy, where each must succeed, and return the copy."""
    copy = path.parent / f"copy{len(list(path.parent.iterdir()))}"
    shutil.copytree(path, copy, symlinks=True)
    for argv in commands(advice):
        assert argv[0] == "git"
        run_git(copy, *argv[1:])
    return copy


def tree_of(path: Path, revision: str = "HEAD") -> str:
    return run_git(path, "rev-parse", f"{revision}^{{tree}}")


def side_branch(world: GitWorld, name: str = "feature") -> str:
    base = world.commit("base", {"a.py": A})
    world.git("switch", "-q", "-c", name)
    world.commit("one", {"b.py": "import a\n\nB = a.a()\n"})
    world.commit("two", {"c.py": "from b import B\n\nC = B\n"})
    return base


def publish(world: GitWorld, *branches: str) -> None:
    """Give the world a remote that has some branches."""
    remote = world.path.parent / "remote.git"
    run_git(world.path.parent, "clone", "-q", "--bare", str(world.path), str(remote))
    world.git("remote", "add", "origin", str(remote))
    for branch in branches:
        world.git("update-ref", f"refs/remotes/origin/{branch}", f"refs/heads/{branch}")


def test_an_unmerged_branch_that_goes_whole_is_dropped(world: GitWorld) -> None:
    base = side_branch(world)
    tip = world.head()
    chosen, advice = ask(world.path, "main..HEAD")
    assert advice.strategy == "drop-branch"
    assert "All 2 commits that feature has beyond main go" in advice.why
    copy = carry_out(world.path, advice)
    assert tree_of(copy) == chosen.tree
    assert run_git(copy, "rev-parse", "refs/heads/main") == base
    assert run_git(copy, "rev-parse", "refs/heads/backup/feature") == tip
    assert run_git(copy, "for-each-ref", "refs/heads/feature") == ""


def test_a_backup_never_takes_a_name_that_is_taken(world: GitWorld) -> None:
    side_branch(world)
    world.git("branch", "backup", "main")  # no branch can lie below it
    _, advice = ask(world.path, "main..HEAD")
    copy = carry_out(world.path, advice)
    assert run_git(copy, "rev-parse", "kept-feature") == world.head()


def test_a_part_of_a_branch_is_reverted(world: GitWorld) -> None:
    side_branch(world)
    chosen, advice = ask(world.path, "main..HEAD", undo=["HEAD"])
    assert advice.strategy == "revert-commit"
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def test_a_published_branch_is_reverted_and_the_other_way_is_said(world: GitWorld) -> None:
    side_branch(world)
    publish(world, "main", "feature")
    chosen, advice = ask(world.path, "main..HEAD")
    assert advice.strategy == "whole-range"
    assert "2 of 2 commits are published (origin/feature)" in advice.why
    assert "closing its pull request" in advice.why
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def test_a_branch_that_another_stands_on_is_not_dropped(world: GitWorld) -> None:
    side_branch(world)
    world.git("branch", "stacked")
    _, advice = ask(world.path, "main..feature")
    assert advice.strategy == "whole-range"
    assert "1 other branch (stacked) hold" in advice.why


def test_commits_of_main_that_are_not_pushed_are_not_dropped(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": A})
    publish(world, "main")
    world.commit("one", {"b.py": "B = 1\n"})
    world.commit("two", {"c.py": "C = 1\n"})
    chosen, advice = ask(world.path, f"{base}..HEAD")
    assert advice.strategy == "whole-range"
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def merged(world: GitWorld) -> str:
    side_branch(world)
    world.git("switch", "-q", "main")
    world.commit("meanwhile", {"notes.txt": LONG})
    return world.merge("feature")


def test_what_a_merge_brought_in_goes_with_the_merge(world: GitWorld) -> None:
    merge = merged(world)
    chosen, advice = ask(world.path, "HEAD^-")
    assert advice.strategy == "revert-merge"
    assert commands(advice) == [("git", "revert", "--no-edit", "-m", "1", merge)]
    assert "revert this revert first" in advice.commands[0].what
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def test_a_merge_in_a_longer_range_is_found(world: GitWorld) -> None:
    merge = merged(world)
    world.commit("later", {"later.txt": "x\n"})
    chosen, advice = ask(world.path, "HEAD~3..HEAD", undo=["feature", "feature~1"])
    assert advice.strategy == "revert-merge"
    assert merge in commands(advice)[0]
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def test_a_merge_after_the_range_is_found(world: GitWorld) -> None:
    merge = merged(world)
    _, advice = ask(world.path, "feature~2..feature")
    assert advice.strategy == "revert-merge"
    copy = carry_out(world.path, advice)
    assert tree_of(copy) == tree_of(world.path, f"{merge}^1")
    assert "on top of the range" in advice.why


def test_half_of_what_a_merge_brought_in_goes_without_the_merge(world: GitWorld) -> None:
    merged(world)
    chosen, advice = ask(world.path, "HEAD^-", undo=["feature"])
    assert advice.strategy == "revert-commit"
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def interleaved(world: GitWorld, number: int = 8) -> list[str]:
    """Commits to files of their own, every other one on the one before the last."""
    ids = [world.commit("base", {"notes.txt": LONG})]
    for place in range(number):
        text = f"V{place} = {place}\n"
        if place % 2:
            text = f"from m{place - 2} import V{place - 2}\n\n{text}" if place > 2 else text
        ids.append(world.commit(f"step {place}", {f"m{place}.py": text}))
    return ids


def test_commits_between_others_go_as_a_set(world: GitWorld) -> None:
    ids = interleaved(world)
    chosen, advice = ask(world.path, f"{ids[0]}..HEAD", undo=[ids[4]])
    assert advice.strategy == "revert-set"
    assert (advice.numbers["goes"], advice.numbers["drawn"], advice.numbers["share"]) == (3, 2, 37)
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def test_a_cascade_takes_the_whole_range(world: GitWorld) -> None:
    ids = [world.commit("base", {"a.py": A})]
    for place in range(5):
        before = f"from m{place - 1} import v{place - 1}\n\n\n" if place else ""
        text = f"{before}def v{place}():\n    return {place}\n"
        ids.append(world.commit(f"step {place}", {f"m{place}.py": text}))
    ids.append(world.commit("apart", {"notes.txt": LONG}))
    chosen, advice = ask(world.path, f"{ids[0]}..HEAD", undo=[ids[1]])
    assert len(chosen.commits) == 5
    assert advice.strategy == "whole-range"
    assert "1 of 6 commits was asked to go, and 4 more are drawn in" in advice.why
    assert tree_of(carry_out(world.path, advice)) == tree_of(world.path, ids[0])


def test_what_conflicts_at_head_is_asked_again_up_to_head(world: GitWorld) -> None:
    ids = [world.commit("base", {"notes.txt": LONG})]
    ids.append(world.commit("three", {"notes.txt": LONG.replace("line 3\n", "line three\n")}))
    ids.append(world.commit("apart", {"apart.txt": "x\n"}))
    world.commit("drei", {"notes.txt": LONG.replace("line 3\n", "line drei\n")})
    _, advice = ask(world.path, f"{ids[0]}..{ids[2]}", undo=[ids[1]])
    assert "(1 commit) is in the way: at HEAD the reverts conflict." in advice.why
    [(program, verb, text, *options)] = commands(advice)
    assert (program, verb) == ("blastradius", "analyze")
    chosen, again = ask(world.path, text, undo=options[1::2])
    assert tree_of(carry_out(world.path, again)) == chosen.tree
    _, advice = ask(world.path, f"{ids[0]}..{ids[2]}", undo=[ids[2]])
    assert "merges with the reverts at HEAD" in advice.why
    assert not (carry_out(world.path, advice) / "apart.txt").exists()


def test_a_whole_range_below_other_commits_is_reverted_one_by_one(world: GitWorld) -> None:
    ids = interleaved(world, 4)
    world.commit("on top", {"notes.txt": LONG + "more\n"})
    _, advice = ask(world.path, f"{ids[0]}..{ids[-1]}")
    assert advice.strategy == "whole-range"
    copy = carry_out(world.path, advice)
    assert run_git(copy, "ls-files") == "notes.txt"


def test_what_shall_stay_is_never_swept_away(world: GitWorld) -> None:
    ids = interleaved(world, 5)
    chosen, advice = ask(world.path, f"{ids[0]}..HEAD", keep=[ids[1]])
    assert advice.strategy == "revert-set"
    copy = carry_out(world.path, advice)
    assert tree_of(copy) == chosen.tree
    assert (copy / "m0.py").exists()


def test_a_range_with_merges_and_its_first_commit_comes_back_whole(world: GitWorld) -> None:
    merged(world)
    empty = Repository.open(world.path).empty_tree
    chosen, advice = ask(world.path, f"{empty}..HEAD")
    assert advice.strategy == "whole-range"
    assert chosen.tree == empty
    assert tree_of(carry_out(world.path, advice)) == empty


def test_what_is_taken_back_already_needs_nothing(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": A})
    world.commit("one", {"b.py": "B = 1\n"})
    world.git("revert", "--no-edit", "HEAD")
    _, advice = ask(world.path, f"{base}..HEAD")
    assert (advice.strategy, advice.commands) == ("none", ())


def test_paths_of_a_commit_come_back_from_before_the_range(world: GitWorld) -> None:
    base = world.commit("base", {"odd*.txt": "1\n", "a.py": A, "sub/c.txt": "c\n"})
    mixed = {"odd*.txt": "2\n", "oddly.txt": "new\n", "a.py": A + "\n\nX = 1\n", "sub/c.txt": "d\n"}
    world.commit("mixed", {**mixed, ":/top.txt": "t\n"})
    chosen, advice = ask(
        world.path, f"{base}..HEAD", undo=["odd*.txt", ":/top.txt", "sub/c.txt"], level="file"
    )
    assert advice.strategy == "revert-set"
    copy = carry_out(world.path, advice)
    assert tree_of(copy) == chosen.tree
    assert (copy / "oddly.txt").exists()


def test_a_path_of_odd_bytes_comes_back_by_the_text_that_is_shown(world: GitWorld) -> None:
    odd = "caf\udce9 '\u202e*.txt"
    base = world.commit("base", {odd: "1\n", "a.py": A})
    world.commit("mixed", {odd: "2\n", "a.py": A + "\nX = 1\n"})
    chosen, advice = ask(world.path, f"{base}..HEAD", undo=[odd], level="file")
    shown = [command for command, _ in advice_lines(advice) if command]
    assert all(one.isprintable() for one in shown)
    copy = world.path.parent / "copy"
    shutil.copytree(world.path, copy)
    for name in ("user.name", "user.email"):
        run_git(copy, "config", name, "ada@example.com")
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-ec", "\n".join(shown)], cwd=copy, check=True, capture_output=True)
    assert tree_of(copy) == chosen.tree


def test_a_part_of_what_is_staged_leaves_the_index(world: GitWorld) -> None:
    world.commit("base", {"a.py": A, "b.py": "B = 1\n"})
    world.write({"a.py": A + "\nX = 1\n", "b.py": "B = 2\n"})
    world.git("add", "--all")
    chosen, advice = ask(world.path, undo=["b.py"], staged=True, level="file")
    assert advice.strategy == "revert-set"
    assert run_git(carry_out(world.path, advice), "write-tree") == chosen.tree


def test_a_mixture_that_git_cannot_make_has_no_invented_command(world: GitWorld) -> None:
    base = world.commit("base", {"m.py": "def a():\n    return 1\n\n\ndef b():\n    return 1\n"})
    world.commit("both", {"m.py": "def a():\n    return 2\n\n\ndef b():\n    return 2\n"})
    _, advice = ask(world.path, f"{base}..HEAD", undo=["m.py#a"], level="symbol")
    assert advice.strategy == "revert-set"
    assert commands(advice) == []
    assert any("no git command undoes just these" in one.what for one in advice.commands)


def test_a_side_branch_that_is_not_checked_out_is_dropped_in_place(world: GitWorld) -> None:
    side_branch(world)
    world.git("switch", "-q", "main")
    _, advice = ask(world.path, "main..feature")
    assert advice.strategy == "drop-branch"
    copy = carry_out(world.path, advice)
    assert run_git(copy, "for-each-ref", "--format=%(refname)", "refs/heads").split() == [
        "refs/heads/backup/feature",
        "refs/heads/main",
    ]


@pytest.mark.parametrize(
    "name", ["-x", "--upload-pack=touch;x", "-", "@", "a'b$(c)", "ü-\u202e", "HEAD"]
)
def test_hostile_names_of_branches_stay_names(world: GitWorld, name: str) -> None:
    side_branch(world)
    world.git("update-ref", f"refs/heads/{name}", "HEAD")
    world.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
    world.git("branch", "-q", "-D", "feature")
    chosen, advice = ask(world.path, "refs/heads/main..HEAD")
    assert advice.strategy == "drop-branch"
    copy = carry_out(world.path, advice)
    assert run_git(copy, "rev-parse", "HEAD^{tree}") == chosen.tree
    assert run_git(copy, "for-each-ref", "--format=%(refname)", f"refs/heads/{name}") == ""
    shown = [*sum(advice_lines(advice), ()), *markdown_lines(advice, code)]
    assert all("\u202e" not in one and "\n" not in one for one in shown)


def test_a_hostile_branch_elsewhere_is_made_current_before_it_is_reverted(world: GitWorld) -> None:
    side_branch(world)
    world.git("update-ref", "refs/heads/-x", "HEAD")
    world.git("update-ref", "refs/remotes/origin/x", "HEAD")
    world.git("switch", "-q", "main")
    world.commit("meanwhile", {"notes.txt": LONG})
    world.git("branch", "-q", "-D", "feature")
    chosen, advice = ask(world.path, "main..refs/heads/-x")
    assert advice.strategy == "whole-range"
    assert tree_of(carry_out(world.path, advice)) == chosen.tree


def test_detached_head_and_sha256(tmp_path: Path) -> None:
    path = tmp_path / "repo"
    path.mkdir()
    world = GitWorld(path, object_format="sha256")
    ids = interleaved(world, 4)
    world.git("switch", "-q", "--detach", "HEAD")
    chosen, advice = ask(world.path, f"{ids[0]}..HEAD", undo=[ids[2]])
    assert tree_of(carry_out(world.path, advice)) == chosen.tree
    assert len(commands(advice)[0][-1]) == 64


def test_a_bare_repository_says_that_a_clone_is_needed(world: GitWorld) -> None:
    side_branch(world)
    bare = world.path.parent / "bare.git"
    run_git(world.path.parent, "clone", "-q", "--mirror", str(world.path), str(bare))
    _, advice = ask(bare, "main..feature")
    assert advice.strategy == "whole-range"
    assert "bare" in advice.commands[0].what
    assert advice.numbers["published"] == 2


def test_a_shallow_clone_never_drops_a_branch(world: GitWorld) -> None:
    side_branch(world)
    world.commit("three", {"d.py": "D = 1\n"})
    clone = world.path.parent / "shallow"
    url = f"file://{world.path}"
    run_git(world.path.parent, "clone", "-q", "--depth=2", "--no-single-branch", url, str(clone))
    run_git(clone, "update-ref", "-d", "refs/remotes/origin/feature")
    chosen, advice = ask(clone, "HEAD")
    assert advice.strategy == "revert-commit"
    assert "shallow" in advice.why
    assert tree_of(carry_out(clone, advice)) == chosen.tree


def test_an_operation_that_waits_and_files_that_differ_are_said_first(world: GitWorld) -> None:
    ids = interleaved(world, 4)
    (world.path / "notes.txt").write_text("changed\n")
    (world.path / ".git" / "CHERRY_PICK_HEAD").write_text(f"{ids[1]}\n")
    _, advice = ask(world.path, f"{ids[0]}..HEAD", undo=[ids[2]])
    assert advice.commands[0].argv == ("git", "cherry-pick", "--continue")
    assert "commit or put aside" in advice.commands[1].what


def test_touched_files_with_their_own_text_are_not_dirty(world: GitWorld) -> None:
    ids = interleaved(world, 4)
    (world.path / "notes.txt").write_text(LONG)
    _, advice = ask(world.path, f"{ids[0]}..HEAD", undo=[ids[2]])
    assert not any("put aside" in one.what for one in advice.commands)


def test_what_is_staged_leaves_the_index_and_the_files_stay(world: GitWorld) -> None:
    world.commit("base", {"a.py": A})
    world.write({"a.py": A + "\nX = 1\n", "new.py": "N = 1\n"})
    world.git("add", "--all")
    _, advice = ask(world.path, staged=True)
    copy = carry_out(world.path, advice)
    assert run_git(copy, "write-tree") == tree_of(world.path)
    assert (copy / "new.py").exists()


def test_what_is_staged_before_the_first_commit_leaves_the_index(world: GitWorld) -> None:
    world.write({"a.py": A})
    world.git("add", "--all")
    _, advice = ask(world.path, staged=True)
    assert run_git(carry_out(world.path, advice), "ls-files") == ""


def test_what_is_not_committed_comes_back_from_head(world: GitWorld) -> None:
    world.commit("base", {"a.py": A, "b.py": "B = 1\n"})
    world.write({"a.py": A + "\nX = 1\n", "b.py": None, "untracked.py": "N = 1\n"})
    _, advice = ask(world.path, worktree=True)
    copy = carry_out(world.path, advice)
    assert run_git(copy, "status", "--porcelain").split() == ["??", "untracked.py"]


def drawn(length: int, seed: int = 1) -> str:
    letters = string.ascii_letters + string.digits
    return "".join(random.Random(seed).choices(letters, k=length))


def forge_token(seed: int = 1) -> str:
    return "gh" + "p_" + drawn(36, seed)


def test_a_secret_is_revoked_first_and_never_told(world: GitWorld) -> None:
    base = world.commit("base", {"a.py": A})
    token, password = forge_token(), "Tr0ub4dor&" + drawn(6)
    leak = world.commit("oops", {"deploy.sh": f"curl -H 'Authorization: token {token}' x\n"})
    env = world.commit("env", {"prod/.env": f"DEBUG=1\nDB_PASSWORD={password}\n"})
    world.commit("hide it", {"deploy.sh": "curl x\n", "prod/.env": None})
    _, advice = ask(world.path, f"{base}..HEAD")
    words = [one.what for one in advice.first]
    assert f"deploy.sh:1 (commit {leak[:12]}" in words[0]
    assert "Personal access tokens" in words[0]
    assert f"prod/.env:2 (commit {env[:12]}" in words[1]
    assert all("the history still has it" in one for one in words[:2])
    assert [one.argv for one in advice.first if one.argv] == [
        ("git", "filter-repo", "--path", "prod/.env", "--invert-paths"),
        ("git", "filter-repo", "--replace-text", "../replacements.txt"),
    ]
    told = msgspec.json.encode(advice).decode()
    assert token not in told
    assert password not in told
    assert advice.numbers["leaks"] == 2


def test_a_secret_that_is_not_committed_is_kept_out(world: GitWorld) -> None:
    world.commit("base", {"a.py": A})
    world.write({"a.py": A + f"\nKEY = '{forge_token()}'\n"})
    _, advice = ask(world.path, worktree=True)
    assert [one.what for one in advice.first] == [
        "keep the GitHub token at a.py:4 out of the commit"
    ]


def test_advice_is_the_same_twice(world: GitWorld) -> None:
    ids = interleaved(world)
    assert ask(world.path, f"{ids[0]}..HEAD") == ask(world.path, f"{ids[0]}..HEAD")


def test_nothing_is_changed_by_asking(world: GitWorld) -> None:
    merged(world)
    before = run_git(world.path, "for-each-ref"), run_git(world.path, "status", "--porcelain")
    files = sorted(str(one) for one in (world.path / ".git").rglob("*"))
    ask(world.path, "HEAD^-")
    assert before == (
        run_git(world.path, "for-each-ref"),
        run_git(world.path, "status", "--porcelain"),
    )
    assert files == sorted(str(one) for one in (world.path / ".git").rglob("*"))
