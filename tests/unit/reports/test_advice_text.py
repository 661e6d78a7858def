"""The advice as text: commands can be copied, and nothing in them or in words steers a terminal."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.model.analysis import Advice, Command
from blastradius.reports.advice import advice_lines, markdown_lines, name_of, shell, why_line
from blastradius.reports.markdown import code

ADVICE = Advice(
    "drop-branch",
    "All go.\x1b[2J",
    (Command(("git", "switch", "main"), "check out main"), Command((), "look at a\u202eb")),
    (Command((), "revoke it: a_b.env:1"),),
)


def test_what_comes_first_stands_first_and_words_alone_have_no_command() -> None:
    assert advice_lines(ADVICE) == [
        ("", "revoke it: a_b.env:1"),
        ("git switch main", "check out main"),
        ("", "look at a\\u202eb"),
    ]
    assert name_of(ADVICE) == "revoke what leaked; then drop the branch"
    assert why_line(ADVICE) == "All go.\\x1b[2J"


def test_markdown_numbers_the_steps_and_sets_names_as_code() -> None:
    assert markdown_lines(ADVICE, code) == [
        "1. `revoke it: a_b.env:1`",
        "2. `git switch main` check out main",
        "3. `look at a\\u202eb`",
    ]


def test_nothing_in_words_means_something_to_markdown() -> None:
    hostile = Advice("none", "", (Command((), "drop <img src=x> @all [x](y) *b* _c_ `d` #1"),))
    assert markdown_lines(hostile, code) == ["1. ``drop <img src=x> @all [x](y) *b* _c_ `d` #1``"]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("main", "main"),
        ("a b", "'a b'"),
        ("a'b", "'a'\"'\"'b'"),
        ("$(x)", "'$(x)'"),
        ("", "''"),
        ("\udcff1", "$'\\3771'"),
        ("\x1b[2J", "$'\\033[2J'"),
        ("a'\\\n", "$'a\\'\\\\\\012'"),
        ("\u202e", "$'\\342\\200\\256'"),
    ],
)
def test_words_are_quoted(word: str, shown: str) -> None:
    assert shell([word]) == shown


ODD = st.text(
    st.sampled_from(
        ["a", "1", " ", "'", '"', "\\", "$", "`", "\n", "\x1b", "\u202e", "é", "\udcff", "!"]
    )
)


@given(st.lists(ODD, min_size=1, max_size=4))
def test_bash_gets_the_very_words(words: list[str]) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = f"printf '%s\\0' {shell(words)}"
    assert script.isprintable()
    done = subprocess.run([bash, "-c", script], capture_output=True, check=True)
    got = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert got == words
