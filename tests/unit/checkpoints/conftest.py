"""A repository with work, an ignored file with a secret, and an output folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gitworld import GitWorld
from tests.keeping import (
    CANARY,
    TickingWorld,
    opened,
)


@pytest.fixture
def git(tmp_path: Path) -> GitWorld:
    (tmp_path / "repo").mkdir()
    world = GitWorld(tmp_path / "repo")
    world.commit("one", {".gitignore": "*.env\n.env\ndist/\n", "a": "1\n"})
    world.git("checkout", "-q", "-b", "work")
    world.write({"a": "dirty\n", "n": "new\n", "dist/x.js": "1", "dist/in/y.js": "2"})
    (world.path / ".env").write_bytes(f"SECRET={CANARY}\r\n".encode())
    (world.path / ".env").chmod(0o600)
    return world


@pytest.fixture
def world(git: GitWorld, tmp_path: Path) -> TickingWorld:
    return opened(git.path, tmp_path / "key")
