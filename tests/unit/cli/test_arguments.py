from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from blastradius.cli import commands, main, parser
from blastradius.errors import UsageError

if TYPE_CHECKING:
    from tests.fakeapi import FakeApi

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        (["analyze"], "analyze", []),
        (["analyze", "A..B", "--limit", "3"], "analyze", ["A..B", "--limit", "3"]),
        (["--repo", "cache", "analyze", "x"], "analyze", ["--repo", "cache", "x"]),
        (["--repo=cache", "--quiet", "index"], "index", ["--repo=cache", "--quiet"]),
        (["-o", "f", "doctor"], "doctor", ["-o", "f"]),
        (["--help"], "", ["--help"]),
        ([], "", []),
    ],
)
def test_the_command_is_found_among_the_options(
    words: list[str], command: str, rest: list[str]
) -> None:
    assert commands.split(words) == (command, rest)


def test_options_before_the_command_hold_as_those_behind_it(api: FakeApi) -> None:
    assert main(["--repo", "there", "--color", "never", "analyze", "A..B", "--quiet"]) == 0
    assert (api.asked["repo"], api.asked["range"]) == ("there", "A..B")


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["analyse"], "unknown command 'analyse'", "did you mean analyze?"),
        (["HEAD~2..HEAD"], "unknown command 'HEAD~2..HEAD'", "blastradius analyze HEAD~2..HEAD"),
        (["frobnicate"], "unknown command 'frobnicate'", "commands: analyze, plan, revert"),
        (["--quiet"], "no command before --quiet", "--help"),
        (["analyze", "--dept", "3"], "unknown option --dept", "did you mean --depth?"),
        (["analyze", "--zzz"], "unknown option --zzz", "analyze --help"),
        (["analyze", "a", "b"], "one word too many: 'b'", "analyze --help"),
        (["analyze", "--depth"], "argument --depth: expected one argument", "--help"),
        (["analyze", "--depth", "0"], "'0' is no whole number from 1 up", "--help"),
        (["analyze", "--jobs", "2.5"], "'2.5' is no whole number from 1 up", "--help"),
        (["analyze", "--min-confidence", "nan"], "'nan' is no number from 0 to 1", "--help"),
        (["analyze", "--min-confidence", "1.01"], "'1.01' is no number from 0 to 1", "--help"),
        (["analyze", "--format", "xml"], "argument --format: invalid choice: 'xml'", "--help"),
        (["analyze", "--staged", "--worktree"], "exclude each other", "give one of them"),
        (["analyze", "HEAD", "--staged"], "exclude each other", "give one of them"),
        (["analyze", "--repo", ""], "--repo is given nothing", "leave --repo out"),
        (["analyze", "--undo="], "--undo is given nothing", "leave --undo out"),
        (["analyze", "-o", ""], "--output is given nothing", "leave --output out"),
        (["graph", "--edge", "call", "--edge", ""], "--edge is given nothing", "leave --edge out"),
        (["impact", "a.py", "--at="], "--at is given nothing", "leave --at out"),
        (["lineage", ""], "FILE is empty", "name a file of SQL"),
        (["lineage", "/dev/zero"], "holds more than 50,000,000 bytes", "name a file of SQL"),
        (["lineage", "nowhere.sql"], "cannot read nowhere.sql", "name a file of SQL"),
        (["cache", "drop"], "invalid choice: 'drop'", "cache --help"),
    ],
)
def test_a_mistake_is_one_line_with_a_hint(
    capsys: Captured, words: list[str], what: str, hint: str
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    error, mend = err.splitlines()
    assert out == ""
    assert what in error
    assert hint in mend


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("1", 1.0), (".5", 0.5), ("0.97", 0.97)])
def test_a_fraction_is_read(text: str, value: float) -> None:
    assert parser.fraction(text) == value


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_has_the_shared_options(name: str) -> None:
    text = parser.build(name, commands.load(name).configure).format_help()
    shared = ("--repo DIR", "--format FORMAT", "-o, --output FILE", "--quiet", "--color WHEN")
    assert [option for option in shared if option not in text] == []
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_helps(capsys: Captured, name: str) -> None:
    assert main([name, "-h"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: blastradius {name}")
    assert commands.COMMANDS[name].about in commands.overview()


def test_help_goes_before_every_mistake_but_not_behind_the_double_dash(capsys: Captured) -> None:
    assert main(["analyze", "--nonsense", "--help"]) == 0
    assert main(["analyze", "--", "--help"]) != 0 or "usage" not in capsys.readouterr().out


def test_without_words_the_overview_is_shown_and_it_is_a_mistake(capsys: Captured) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", commands.overview())


def test_the_version_is_that_of_the_package(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"blastradius \d+\.\d+.*\n", capsys.readouterr().out)


def test_unknown_commands_raise_a_usage_error() -> None:
    with pytest.raises(UsageError):
        commands.split(["nothing"])
