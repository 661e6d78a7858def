"""Files of environment variables: names, lines, uses of others, and never a value."""

from __future__ import annotations

import msgspec
import pytest

from blastradius.changes.diff import diff
from blastradius.index.alarm import time_limit
from blastradius.index.link import Options
from blastradius.languages.dotenv import claims, extract, link, tables

TEXT = b"""\
# of the service
export HOST=localhost   # where
PORT = 80
EMPTY=
BARE
URL="http://${HOST}:$PORT/x"
KEY='one
two $HOST'
AFTER=${GONE:-x}
"""


def test_variables_with_their_lines() -> None:
    facts = extract(TEXT)
    assert facts.parsed == "full"
    assert [(one.name, one.kind, one.line, one.end) for one in facts.definitions] == [
        ("HOST", "env", 2, 2),
        ("PORT", "env", 3, 3),
        ("EMPTY", "env", 4, 4),
        ("BARE", "env", 5, 5),
        ("URL", "env", 6, 6),
        ("KEY", "env", 7, 8),
        ("AFTER", "env", 9, 9),
    ]


def test_uses_of_other_variables_are_edges_where_they_are_here() -> None:
    facts = extract(TEXT)
    found = link(".env", facts, tables({".env": facts}, Options(paths=frozenset([".env"]))))
    assert {(one.source, one.target, one.kind, one.line) for one in found.edges} == {
        ("dotenv:.env#URL", "dotenv:.env#HOST", "env", 6),
        ("dotenv:.env#URL", "dotenv:.env#PORT", "env", 6),
    }
    assert [(one.value, one.flavor) for one in facts.mentions] == [
        ("HOST", "env"),
        ("PORT", "env"),
        ("GONE", "env"),
    ]
    assert found.unresolved == ()


@pytest.mark.parametrize("form", ["A={}", "export A='{}'", 'A="{}"', "A={} # c", "A = 'x\n{}'"])
def test_no_value_is_kept_and_its_change_is_seen(form: str) -> None:
    old = extract(form.format("hunter2").encode())
    assert b"hunter2" not in msgspec.msgpack.encode(old)
    new = extract(form.format("hunter3").encode())
    assert [(one.key, one.kind) for one in diff(old, new)] == [("A", "modified")]


@pytest.mark.parametrize("same", ["A=x", "export A=x", "A='x'", 'A = "x" # c', "\n# d\nA=x # c"])
def test_the_way_of_writing_is_no_change(same: str) -> None:
    assert diff(extract(b"A=x\n"), extract(same.encode())) == ()


def test_a_line_that_is_none_costs_only_itself() -> None:
    facts = extract(b"A=1\nnot a variable\nB='open\nC=3\n")
    assert facts.parsed == "partial"
    assert [one.name for one in facts.definitions] == ["A", "B", "C"]
    assert [one.line for one in facts.problems] == [2]


def test_what_is_claimed() -> None:
    assert all(map(claims, [".env", "x/.env.local", "prod.env", ".env.example", ".envrc"]))
    assert not any(map(claims, ["env", ".env.py", "environment", ".environment"]))


def test_defaults_inside_defaults_are_uses_and_open_braces_cost_little() -> None:
    text = "A=1\nB=2\nC=${A:-${B}}\nD=" + "${A" * 200_000
    with time_limit(10):
        mentions = extract(text.encode()).mentions
    assert [one.value for one in mentions] == ["A", "B"]
