from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.errors import RepositoryError
from blastradius.git import run
from tests.gitworld import GitWorld


def test_the_callers_git_variables_do_not_reach_git(
    world: GitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world.commit("one", {"a": "1\n"})
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("GIT_TRACE", "1")
    assert run.git(world.path, "rev-parse", "HEAD").decode().strip() == here


def test_settings_of_the_call_come_on_top(world: GitWorld) -> None:
    shown = run.git(
        world.path, "var", "GIT_AUTHOR_IDENT",
        env={
            "GIT_AUTHOR_NAME": "N",
            "GIT_AUTHOR_EMAIL": "e@x",
            "GIT_AUTHOR_DATE": "1700000000 +0000",
        },
    )  # fmt: skip
    assert shown == b"N <e@x> 1700000000 +0000\n"


def test_standard_input_is_passed(world: GitWorld) -> None:
    oid = run.git(world.path, "hash-object", "--stdin", stdin=b"hello\n").decode().strip()
    assert oid == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_failure_is_one_line_with_gits_words(world: GitWorld) -> None:
    with pytest.raises(RepositoryError) as caught:
        run.git(world.path, "cat-file", "-p", "no-such-thing")
    assert caught.value.what == "git cat-file failed: Not a valid object name no-such-thing"


def test_no_git_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match=r"git was not found \(install git 2\.38 or newer\)"):
        run.git(tmp_path, "version")


def test_an_old_git_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho git version 2.30.2\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match=r"git version 2\.30\.2 is too old"):
        run.git(tmp_path, "version")


def test_a_git_that_lies_in_the_working_directory_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho git version 2.99.0\n")
    fake.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".:" + "/usr/bin")
    assert run.program() != str(fake)
    monkeypatch.setenv("PATH", ".")
    with pytest.raises(RepositoryError, match="git was not found"):
        run.program()


@pytest.mark.parametrize(
    ("shown", "version"),
    [
        ("git version 2.39.5", (2, 39)),
        ("git version 2.50.1 (Apple Git-155)", (2, 50)),
        ("git version 3.0.0.windows.1", (3, 0)),
        ("gibberish", (0, 0)),
    ],
)
def test_versions_are_read(shown: str, version: tuple[int, int]) -> None:
    assert run.git_version(shown) == version


def test_control_characters_of_a_repository_do_not_reach_the_terminal() -> None:
    assert run.printable(b"a\x1b[2Jb\x07\nc\xff") == "a\\x1b[2Jb\\x07\nc\\xff"


def test_ownership_is_told_with_gits_own_advice() -> None:
    said = (
        "fatal: detected dubious ownership in repository at '/srv/x'\n"
        "To add an exception for this directory, call:\n\n"
        "\tgit config --global --add safe.directory /srv/x\n"
    )
    error = run.failure(("rev-parse",), said, 128)
    assert error.what == "detected dubious ownership in repository at '/srv/x'"
    assert error.hint == "if you trust it: git config --global --add safe.directory /srv/x"


def test_git_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "git"
    fake.write_text('#!/bin/sh\n[ "$1" = version ] && echo git version 2.40.0 || exec sleep 60\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(run, "_TIMEOUT", 0.2)
    with pytest.raises(RepositoryError, match="git status did not end within"):
        run.git(tmp_path, "status")
