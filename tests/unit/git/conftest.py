"""A fresh repository for each test that asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gitworld import GitWorld


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    folder = tmp_path / "world"
    folder.mkdir()
    return GitWorld(folder)
