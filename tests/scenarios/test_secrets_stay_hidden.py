"""Secrets of every kind in files of every format: none is in an answer, on stderr or in the cache."""

from __future__ import annotations

import sqlite3
import zlib
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.canaries import CANARY, SHAPES, Canaries, files
from tests.gitworld import GitWorld

_COMMANDS = (
    *(("analyze", "HEAD~1..HEAD", "--format", kind) for kind in ("text", "json", "markdown")),
    *(
        ("graph", "--format", kind, "--level", level)
        for kind in ("json", "dot", "graphml", "mermaid")
        for level in ("symbol", "file")
    ),
    *(("impact", "config/app.yaml", "--format", kind) for kind in ("text", "json", "markdown")),
    ("impact", "web/typed.ts", "--format", "json"),
    ("impact", "infra/main.tf", "--format", "json"),
    ("impact", "docker-compose.yml", "--format", "json"),
    ("impact", "shop/code.py", "--format", "json"),
    ("impact", "shop/broken.py", "--format", "json"),
    ("why", "web/code.js", "web/db.js"),
    ("lineage", "sql/a.sql"),
    ("lineage", "sql/a.sql", "--format", "json"),
    ("index",),
    ("cache",),
)


@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_no_secret_gets_out(
    shape: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    before, after = Canaries(0, shape), Canaries(5000, shape)
    world = GitWorld(tmp_path)
    world.commit("one", files(before))
    world.commit("two", files(after))
    monkeypatch.chdir(tmp_path)
    where = before.where | after.where
    got_out: dict[str, set[str]] = defaultdict(set)
    answered = 0
    for command in _COMMANDS:
        code = main(list(command))
        out, err = capsysbinary.readouterr()
        assert code in {0, 1}, (command, err)
        answered += len(out)
        for number in CANARY.findall((out + err).decode()):
            got_out[where[number]].add(" ".join(command))
    for text in _cached(tmp_path / ".git"):
        for number in CANARY.findall(text):
            got_out[where[number]].add("the cache")
    assert answered > 100_000
    assert got_out == {}


def _cached(git_dir: Path) -> list[str]:
    """Return everything that was left in the git directory beside git's own."""
    database = git_dir / "blastradius/facts.db"
    found = []
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                found += [_readable(value) for value in row]
    assert len(found) > len(files(Canaries()))
    others = [one for one in (git_dir / "blastradius").rglob("*") if one.is_file()]
    return found + [_readable(one.read_bytes()) for one in others if one != database]


def _readable(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    with suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode("utf-8", "replace")
