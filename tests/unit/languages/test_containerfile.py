"""Dockerfiles: stages, variables, what is copied and run."""

from __future__ import annotations

import msgspec
import pytest

from blastradius.changes.diff import diff
from blastradius.index.alarm import time_limit
from blastradius.index.link import Options
from blastradius.languages.containerfile import claims, extract, link, tables

TEXT = b"""\
# syntax=docker/dockerfile:1
ARG VERSION=3.12
FROM python:${VERSION} AS build
ARG VERSION
ENV PORT=8000 HOME="/a b"
COPY --chown=1:1 requirements.txt conf/*.yaml ./
RUN pip install -r requirements.txt && \\
    # and then
    python -m pkg.setup --port $PORT
FROM build AS test
RUN <<EOF
python tools/check.py
EOF
FROM scratch
COPY --from=build /app /app
COPY --from=0 /b /b
ADD ["data/x.csv", "/data/"]
ENTRYPOINT ["python", "-m", "pkg.app"]
"""


def edges(text: bytes) -> set[tuple[str, str, str, int]]:
    facts = extract(text)
    known = tables({"Dockerfile": facts}, Options(paths=frozenset(["Dockerfile"])))
    return {
        (one.source.partition("#")[2], one.kind, one.target.partition("#")[2], one.line)
        for one in link("Dockerfile", facts, known).edges
    }


def test_stages_and_variables_with_their_lines() -> None:
    facts = extract(TEXT)
    assert (facts.parsed, facts.problems) == ("full", ())
    assert [(one.name, one.kind, one.line, one.end) for one in facts.definitions] == [
        ("VERSION", "env", 2, 2),
        ("build", "stage", 3, 9),
        ("build.VERSION", "env", 4, 4),
        ("build.PORT", "env", 5, 5),
        ("build.HOME", "env", 5, 5),
        ("test", "stage", 10, 13),
        ("[2]", "stage", 14, 18),
    ]


def test_stages_refer_to_stages_and_uses_to_variables() -> None:
    assert edges(TEXT) == {
        ("build", "env", "VERSION", 3),
        ("build.VERSION", "env", "VERSION", 4),
        ("build", "env", "build.PORT", 7),
        ("test", "reference", "build", 10),
        ("[2]", "reference", "build", 15),
        ("[2]", "reference", "build", 16),
    }


def test_a_stage_has_the_variables_of_the_one_it_is_from() -> None:
    text = b"FROM x AS a\nENV P=1\nFROM a AS b\nRUN echo $P\nFROM y\nRUN echo $P\n"
    assert {one for one in edges(text) if one[1] == "env"} == {("b", "env", "a.P", 4)}


def test_files_and_modules_that_are_copied_and_run() -> None:
    found = {(one.value, one.flavor, one.line) for one in extract(TEXT).mentions}
    assert found >= {
        ("requirements.txt", "path", 6),
        ("conf/*.yaml", "glob", 6),
        ("pkg.setup", "dotted", 7),
        ("tools/check.py", "path", 11),
        ("data/x.csv", "path", 17),
        ("pkg.app", "dotted", 18),
    }
    assert not any(value.startswith("/app") for value, _, _ in found)


def test_no_value_of_a_variable_is_kept() -> None:
    old = extract(b"FROM x\nENV TOKEN=hunter2\n")
    assert b"hunter2" not in msgspec.msgpack.encode(old)
    assert [one.key for one in diff(old, extract(b"FROM x\nENV TOKEN=hunter3\n"))] == ["[0].TOKEN"]


def test_layout_is_no_change_and_a_command_is_one() -> None:
    old = b"FROM x AS a\nRUN one && two\nFROM y AS b\nRUN three\n"
    same = b"# c\n\nFROM x AS a\nRUN one \\\n  && two\nFROM y AS b\nRUN three\n"
    assert diff(extract(old), extract(same)) == ()
    other = old.replace(b"two", b"2")
    assert [(one.key, one.kind) for one in diff(extract(old), extract(other))] == [
        ("a", "modified")
    ]


def test_what_is_no_instruction_costs_only_itself() -> None:
    facts = extract(b"FROM x\nPIP install y\nENV A=1\nFROM\n")
    assert facts.parsed == "partial"
    assert [one.name for one in facts.definitions] == ["[0]", "[0].A"]
    assert [one.line for one in facts.problems] == [2, 4]


@pytest.mark.parametrize(
    "path", ["Dockerfile", "x/Dockerfile.dev", "a.Dockerfile", "Containerfile"]
)
def test_what_is_claimed(path: str) -> None:
    assert claims(path)
    assert not claims(f"{path}/x")
    assert not claims("Dockerfile.dockerignore")


@pytest.mark.parametrize(
    "text",
    [
        "FROM ²\n",
        f"FROM {'9' * 9_000}\n",
        "FROM a\nENV " + "A" * 200_000,
        "FROM a\nRUN " + "${A" * 90_000,
        "FROM a\nRUN " + "--mount=" * 90_000,
        "FROM a\nCOPY " + "--a " * 200_000,
    ],
)
def test_a_hostile_text_is_data(text: str) -> None:
    with time_limit(10):
        assert extract(text.encode()).definitions
