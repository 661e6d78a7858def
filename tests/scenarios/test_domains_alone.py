"""One domain asked for alone: its steps find what they need."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.gitworld import GitWorld
from tests.workbench import MAKEFILE


def test_artifacts_alone_are_built_from_a_tree_that_no_branch_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    repo = tmp_path / "shop"
    repo.mkdir()
    world = GitWorld(repo)
    base = "".join(f"{number}\n" for number in range(30))
    world.commit("base", {"Makefile": MAKEFILE, "src.txt": base, ".gitignore": "dist/\n"})
    world.commit("first", {"src.txt": base.replace("3\n", "three\n", 1)})
    world.commit("second", {"src.txt": base.replace("3\n", "three\n", 1) + "end\n"})
    subprocess.run(["make", "build"], cwd=repo, check=True, capture_output=True)
    words = ["revert", "HEAD~2..HEAD", "--undo", "HEAD~1", "--domain", "artifacts", "--apply"]
    assert main([*words, "--allow-exec", "make", "--repo", str(repo)]) == 0
    assert (repo / "dist" / "page.txt").read_text() == base + "end\n"
    assert world.git("log", "-1", "--format=%s") == "second"
