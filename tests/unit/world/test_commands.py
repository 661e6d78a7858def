"""Programs: no shell, none of the repository's, bounded in time and output, and silent about secrets."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from blastradius.errors import STOPPED, CommandError
from blastradius.git.repository import Repository
from blastradius.world import World
from blastradius.world.commands import MAX_OUTPUT, Done, find, run_command
from tests.processes import until

_PATH = os.environ.get("PATH", os.defpath)


def run(
    tool: str,
    *arguments: str,
    cwd: Path,
    timeout: float = 60.0,
    secrets: tuple[str, ...] = (),
    stdin: bytes = b"",
    accept: tuple[int, ...] = (0,),
) -> Done:
    return run_command(
        tool,
        arguments,
        allowed=frozenset({tool}),
        outside=None,
        cwd=cwd,
        path=_PATH,
        env={"PATH": _PATH},
        stdin=stdin,
        timeout=timeout,
        secrets=secrets,
        accept=accept,
    )


def shell(script: str, cwd: Path, *, timeout: float = 60.0, secrets: tuple[str, ...] = ()) -> Done:
    return run("sh", "-c", script, cwd=cwd, timeout=timeout, secrets=secrets)


def program(path: Path, script: str = "echo ran") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_arguments_are_no_shell_words(tmp_path: Path) -> None:
    words = ("$HOME", "`id`", "a b", ";", "*", "$(touch made)", "&&")
    assert run("printf", "%s|", *words, cwd=tmp_path).out == "".join(f"{one}|" for one in words)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_allowed_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="npm runs the repository's own code") as told:
        run_command(
            "npm", (), allowed=frozenset({"vite"}), outside=None, cwd=tmp_path, path="", env={}
        )
    assert told.value.hint == "--allow-exec npm allows it"
    assert told.value.exit_code == STOPPED


def test_a_program_of_the_repository_is_never_found(tmp_path: Path) -> None:
    repo, elsewhere = tmp_path / "repo", tmp_path / "elsewhere"
    program(repo / "node_modules" / ".bin" / "vite")
    (elsewhere / "bin").mkdir(parents=True)
    (elsewhere / "linked folder").symlink_to(repo / "node_modules" / ".bin")
    (elsewhere / "bin" / "vite").symlink_to(repo / "node_modules" / ".bin" / "vite")
    for folder in (
        str(repo / "node_modules" / ".bin"),
        str(elsewhere / "linked folder"),
        str(elsewhere / "bin"),
        str(elsewhere / ".." / "repo" / "node_modules" / ".bin"),
        "repo/node_modules/.bin",
        ".",
        "",
    ):
        with pytest.raises(CommandError, match="not found on PATH outside of the repository"):
            find("vite", folder, repo)
    real = program(elsewhere / "real" / "vite")
    path = os.pathsep.join([str(repo / "node_modules" / ".bin"), ".", str(real.parent)])
    assert find("vite", path, repo) == str(real)


@pytest.mark.parametrize("name", ["../repo/evil", "/etc/passwd", "repo/evil"])
def test_a_name_that_is_a_path_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    program(tmp_path / "repo" / "evil")
    with pytest.raises(CommandError):
        find(name, str(tmp_path), tmp_path / "repo")


def test_a_program_gets_few_variables(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    git.mkdir()
    repo = Repository(git, git, tmp_path, "sha1", is_shallow=False)
    environment = {"PATH": _PATH, "HOME": "/home/ada", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    ticks: list[str] = []

    class Ticking(World):
        def tick(self, what: str) -> None:
            ticks.append(what)

    world = Ticking(repo, "a-run", environment=environment, allowed=frozenset({"env"}))
    seen = world.command("env", (), cwd=tmp_path, env={"DATABASE_URL": "x"}).out
    names = {line.partition("=")[0] for line in seen.splitlines()}
    assert (
        {"PATH", "HOME", "DATABASE_URL"}
        <= names
        <= {"PATH", "HOME", "DATABASE_URL", "PWD", "_", "SHLVL"}
    )
    assert "hunter2" not in seen
    with pytest.raises(CommandError, match="not allowed"):
        world.command("true", (), cwd=tmp_path)
    assert world.command("true", (), cwd=tmp_path, ours=True).code == 0
    assert ticks == ["command env", "command true", "command true"]
    assert list((git / "blastradius" / "running").iterdir()) == []


def test_what_does_not_end_in_time_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(CommandError, match="did not end within 1 s"):
        shell("sh -c 'sleep 3; touch late' & echo $! > pid; sleep 60", tmp_path, timeout=1)
    assert time.monotonic() - began < 30
    child = int((tmp_path / "pid").read_text())
    until(lambda: not _lives(child))
    assert not (tmp_path / "late").exists()


def test_children_that_are_left_do_not_keep_anybody_waiting(tmp_path: Path) -> None:
    began = time.monotonic()
    assert shell("sleep 60 & echo $!", tmp_path).code == 0
    assert time.monotonic() - began < 30


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # Ended, but nobody has asked how: in a container without an init.
    return " Z " not in Path(f"/proc/{process}/stat").read_text()


def test_only_the_end_of_much_output_is_kept(tmp_path: Path) -> None:
    done = shell(f"yes x | head -c {3 * MAX_OUTPUT}; echo the end", tmp_path)
    assert len(done.out) <= MAX_OUTPUT
    assert done.out.endswith("the end\n")


def test_a_program_that_prints_without_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blastradius.world import commands

    monkeypatch.setattr(commands, "_MAX_PRINTED", 5 << 20)
    with pytest.raises(CommandError, match="printed more than 5 MiB"):
        shell("yes", tmp_path)


def test_secrets_are_struck_out_of_all_that_is_told(tmp_path: Path) -> None:
    secrets = ("hunter2", "hunter2-and-more", "")
    done = shell("echo a hunter2-and-more b; echo hunter2 >&2", tmp_path, secrets=secrets)
    assert (done.out, done.err) == ("a *** b\n", "***\n")
    with pytest.raises(CommandError) as told:
        shell("echo no way, hunter2 >&2; exit 3", tmp_path, secrets=secrets)
    assert "exit code 3: no way, ***" in str(told.value)
    # What nobody named, but looks like one.
    done = shell("echo AKIAIOSFODNN7EXAMPLQ postgres://app:opensesame99@db/x", tmp_path)
    assert "AKIAIOSFODNN7EXAMPLQ" not in done.out
    assert "opensesame99" not in done.out


def test_what_is_printed_cannot_steer_a_terminal(tmp_path: Path) -> None:
    done = shell(r"printf '\033[2Jcleared\007\377'", tmp_path)
    assert "\x1b" not in done.out
    assert "\x07" not in done.out
    assert "cleared" in done.out


def test_input_and_accepted_codes(tmp_path: Path) -> None:
    assert run("cat", cwd=tmp_path, stdin=b"abc").out == "abc"
    assert run("sh", "-c", "exit 1", cwd=tmp_path, accept=(0, 1)).code == 1
    with pytest.raises(CommandError, match="it said nothing"):
        shell("exit 1", tmp_path)
    with pytest.raises(CommandError, match="exit code -15"):
        shell("kill -TERM $$", tmp_path)


def test_what_cannot_be_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be run in"):
        run("true", cwd=tmp_path / "absent")
    broken = tmp_path / "bin" / "broken"
    broken.parent.mkdir()
    broken.write_bytes(b"\0\1\2 no program")
    broken.chmod(0o755)
    with pytest.raises(CommandError, match="could not be run in"):
        run_command(
            "broken", (), allowed=frozenset({"broken"}), outside=None, cwd=tmp_path,
            path=str(broken.parent), env={},
        )  # fmt: skip
