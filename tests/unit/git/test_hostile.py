"""Nothing that the analysed repository says makes a program run: each hook has a canary behind.

Each danger is shown to be real: an unguarded git, asked the ordinary way, does wake its canary.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from blastradius.errors import BlastRadiusError
from blastradius.git.blobs import BlobReader
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.run import git
from blastradius.git.scratch import Scratch
from blastradius.git.trees import changes_of, diff_trees, list_tree
from tests.gitworld import GitWorld, run_git

TEXT = "".join(f"line {number}\n" for number in range(30))


def everything(path: Path) -> None:
    """Ask every question that this package can put to a repository."""
    repo = Repository.open(path)
    for text in (None, "HEAD~2..HEAD", "HEAD~2...HEAD", "HEAD", "evil", "co", "nonsense"):
        with contextlib.suppress(BlastRadiusError):
            resolve_range(repo, text)
    with Scratch(repo) as scratch:
        span = resolve_range(repo, "HEAD~2..HEAD")
        for place in (repo, scratch.view):
            list_tree(place, span.head)
            changes_of(place, span)
            diff_trees(place, span.base, span.head)
            with contextlib.suppress(BlastRadiusError), BlobReader(place) as reader:
                reader.read("1" * 40)
        for commit in span.commits:
            scratch.revert(scratch.trees.tree_of(span.head), commit)
        resolve_range(repo, staged=True, scratch=scratch)
        resolve_range(repo, worktree=True, scratch=scratch)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def trap(tmp_path: Path, canary: Path) -> str:
    """A program that leaves the canary behind."""
    script = tmp_path / "trap"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\nexit 0\n')
    script.chmod(0o755)
    return str(script)


@pytest.fixture
def victim(world: GitWorld) -> GitWorld:
    """Three commits on one file, undoing the middle one needs a merge; a dirty work tree."""
    world.commit("one", {"a.txt": TEXT, "b.txt": TEXT})
    world.commit("two", {"a.txt": TEXT.replace("line 3\n", "two\n")})
    world.commit("three", {"a.txt": TEXT.replace("line 3\n", "two\n").replace("line 25\n", "3\n")})
    world.write({"a.txt": "dirty\n", "b.txt": TEXT, "fresh.txt": "new\n"})
    return world


def filters(world: GitWorld, trap: str) -> None:
    (world.path / ".gitattributes").write_text("* filter=evil\n")
    for kind in ("clean", "smudge", "process"):
        world.git("config", f"filter.evil.{kind}", trap)
    world.git("config", "filter.evil.required", "true")


def merge_driver(world: GitWorld, trap: str) -> None:
    (world.path / ".gitattributes").write_text("* merge=evil\n")
    (world.path / ".git" / "info").mkdir(exist_ok=True)
    (world.path / ".git" / "info" / "attributes").write_text("* merge=evil\n")
    world.git("config", "merge.evil.driver", f"{trap} %O %A %B")
    world.git("config", "merge.default", "evil")


def diff_programs(world: GitWorld, trap: str) -> None:
    (world.path / ".git" / "info").mkdir(exist_ok=True)
    for place in (world.path / ".gitattributes", world.path / ".git" / "info" / "attributes"):
        place.write_text("* diff=evil\n")
    world.git("config", "diff.evil.textconv", trap)
    world.git("config", "diff.evil.command", trap)
    world.git("config", "diff.external", trap)


def fsmonitor(world: GitWorld, trap: str) -> None:
    world.git("config", "core.fsmonitor", trap)
    world.git("config", "core.fsmonitorHookVersion", "1")


def hooks(world: GitWorld, trap: str) -> None:
    folder = world.path / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in ("post-index-change", "pre-commit", "reference-transaction", "post-checkout"):
        (folder / name).write_text(Path(trap).read_text())
        (folder / name).chmod(0o755)


def signatures(world: GitWorld, trap: str) -> None:
    world.git("config", "log.showSignature", "true")
    world.git("config", "gpg.program", trap)
    head = world.git("cat-file", "commit", "HEAD")
    headers, _, message = head.partition("\n\n")
    block = "-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    (world.path / ".git" / "raw").write_text(f"{headers}\ngpgsig {block}\n\n{message}\n")
    world.git("update-ref", "HEAD", world.git("hash-object", "-t", "commit", "-w", ".git/raw"))


def aliases(world: GitWorld, trap: str) -> None:
    for name in ("evil", "co", "rev-parse", "diff-tree", "cat-file", "blame", "ls-files"):
        world.git("config", f"alias.{name}", f"!{trap}")


def pagers(world: GitWorld, trap: str) -> None:
    world.git("config", "core.pager", trap)
    world.git("config", "core.editor", trap)
    for name in ("blame", "log", "diff", "config", "evil"):
        world.git("config", f"pager.{name}", trap)


def included(world: GitWorld, trap: str) -> None:
    (world.path / ".git" / "more").write_text(f"[core]\n\tfsmonitor = {trap}\n")
    world.git("config", "include.path", "more")


def worktree_config(world: GitWorld, trap: str) -> None:
    world.git("config", "extensions.worktreeConfig", "true")
    world.git("config", "--worktree", "core.fsmonitor", trap)


def unguarded_status(world: GitWorld) -> None:
    run_git(world.path, "status", check=False)


def unguarded_diff(world: GitWorld) -> None:
    run_git(world.path, "diff", "HEAD", check=False)


def unguarded_revert(world: GitWorld) -> None:
    run_git(world.path, "reset", "-q", "--hard", check=False)
    run_git(world.path, "revert", "--no-edit", "HEAD~1", check=False)


def unguarded_log(world: GitWorld) -> None:
    run_git(world.path, "log", check=False)


def unguarded_alias(world: GitWorld) -> None:
    run_git(world.path, "evil", check=False)


def unguarded_paged(world: GitWorld) -> None:
    run_git(world.path, "--paginate", "commit", "--amend", check=False)


Danger = Callable[[GitWorld, str], None]
Unguarded = Callable[[GitWorld], None]
DANGERS: list[tuple[Danger, Unguarded]] = [
    (filters, unguarded_status),
    (merge_driver, unguarded_revert),
    (diff_programs, unguarded_diff),
    (fsmonitor, unguarded_status),
    (hooks, unguarded_status),
    (signatures, unguarded_log),
    (aliases, unguarded_alias),
    (pagers, unguarded_paged),
    (included, unguarded_status),
    (worktree_config, unguarded_status),
]


@pytest.mark.parametrize(("danger", "unguarded"), DANGERS, ids=lambda made: made.__name__)
def test_the_canary_stays_away(
    victim: GitWorld, canary: Path, trap: str, danger: Danger, unguarded: Unguarded
) -> None:
    danger(victim, trap)
    # Setting the trap may have sprung it (a hook on update-ref).
    canary.unlink(missing_ok=True)
    everything(victim.path)
    assert not canary.exists(), canary.read_text()
    unguarded(victim)
    assert canary.exists(), "the danger is not real: the test shows nothing"


@pytest.mark.parametrize("url", ["ext::{trap}", "ssh://-oProxyCommand={trap}/x", "git@host:x"])
def test_what_a_promisor_remote_would_bring_is_not_fetched(
    victim: GitWorld, canary: Path, trap: str, url: str
) -> None:
    victim.git("config", "core.repositoryFormatVersion", "1")
    victim.git("config", "extensions.partialClone", "origin")
    victim.git("config", "remote.origin.promisor", "true")
    victim.git("config", "remote.origin.url", url.format(trap=trap))
    victim.git("config", "protocol.ext.allow", "always")
    victim.git("config", "protocol.allow", "always")
    victim.git("config", "core.sshCommand", trap)
    everything(victim.path)
    assert not canary.exists(), canary.read_text()
    if not url.startswith("ssh://-"):  # git itself refuses a host that looks like an option
        run_git(victim.path, "cat-file", "-e", "1" * 40, check=False)
        assert canary.exists()


def test_an_alternate_that_names_a_program_is_only_a_folder(
    victim: GitWorld, canary: Path, trap: str
) -> None:
    victim.git("config", "core.alternateRefsCommand", trap)
    info = victim.path / ".git" / "objects" / "info"
    (info / "alternates").write_text(f"/nowhere\n|{trap}\n")
    everything(victim.path)
    assert not canary.exists()


def test_the_door_itself_runs_no_hook_for_our_own_commits(
    victim: GitWorld, canary: Path, trap: str
) -> None:
    hooks(victim, trap)
    author = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x"}
    author |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x"}
    git(victim.path, "commit", "-q", "--allow-empty", "-m", "x", env=author)
    assert not canary.exists()


def test_attributes_of_the_current_folder_do_not_count(
    victim: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conflicting = TEXT.replace("line 3\n", "elsewhere\n")
    victim.git("reset", "-q", "--hard")
    victim.commit("four", {"a.txt": conflicting})
    (tmp_path / ".gitattributes").write_text("* merge=union\n")
    monkeypatch.chdir(tmp_path)
    repo = Repository.open(victim.path)
    with Scratch(repo) as scratch:
        commit = resolve_range(repo, "HEAD~2").commits[0]
        found = scratch.revert(scratch.trees.tree_of(victim.head()), commit)
    assert found.conflicts == ("a.txt",)


def test_a_submodule_with_a_hostile_configuration_is_not_asked_for_its_status(
    world: GitWorld, tmp_path: Path, canary: Path, trap: str
) -> None:
    (tmp_path / "inner").mkdir()
    GitWorld(tmp_path / "inner").commit("inner", {"x": TEXT})
    world.git("submodule", "add", "-q", str(tmp_path / "inner"), "sub")
    for number in range(3):
        world.commit(f"{number}", {"a.txt": f"{number}\n{TEXT}"})
    sub = GitWorld(world.path / "sub")
    sub.write({"x": "dirty\n"})
    fsmonitor(sub, trap)
    filters(sub, trap)
    everything(world.path)
    assert not canary.exists(), canary.read_text()
    unguarded_status(world)
    assert canary.exists()


def test_git_never_sees_a_shell(monkeypatch: pytest.MonkeyPatch, victim: GitWorld) -> None:
    seen: list[tuple[object, object]] = []
    real = subprocess.Popen.__init__

    def watch(self: subprocess.Popen[bytes], args: object, *rest: object, **named: object) -> None:
        seen.append((args, named.get("shell", False)))
        real(self, args, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", watch)
    everything(victim.path)
    assert seen
    for args, shell in seen:
        assert isinstance(args, list)
        assert shell is False
