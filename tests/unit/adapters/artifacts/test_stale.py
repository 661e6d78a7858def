"""Which changes a build reads, and what a folder's content says of when it was built."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from blastradius.adapters.artifacts.model import Builder, Output
from blastradius.adapters.artifacts.stale import changed_paths, inputs_of, what_it_holds
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.git.repository import Repository
from blastradius.world.folders import manifest
from tests.gitworld import GitWorld


def _builder(tool: str = "vite", root: str = "web", *more: str) -> Builder:
    return Builder(
        tool, root, (), (Output(f"{root}/dist".lstrip("/"), empties=True),), (root, *more), ()
    )


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("web/src/a.js", True),
        ("web/public/logo.png", True),
        ("web/content/page.md", True),
        ("web/README.md", False),
        ("web/src/a.test.ts", False),
        ("web/dist/a.js", False),
        ("web/.github/x.yml", False),
        ("api/x.py", False),
        ("package-lock.json", True),
        ("tsconfig.base.json", True),
        ("scripts/x.js", False),
        ("web/inner/src/b.js", False),
        ("ui/src/b.js", True),
    ],
)
def test_what_a_bundler_reads(path: str, *, is_read: bool) -> None:
    found = inputs_of(_builder("vite", "web", "ui"), [path], {"web", "web/inner", "ui", "api"})
    assert found == ([path] if is_read else [])


def test_what_belongs_to_no_builder_is_read_by_the_one_above() -> None:
    assert inputs_of(_builder(root=""), ["lib/x.js"], {""}) == ["lib/x.js"]
    assert inputs_of(_builder("make", ""), ["web/x.js"], {"", "web"}) == ["web/x.js"]


def test_a_wheel_holds_its_readme_and_tests() -> None:
    paths = ["pkg/README.md", "pkg/tests/test_x.py"]
    assert inputs_of(_builder("python", "pkg"), paths, {"pkg"}) == paths


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ("x='the newer text';", "undone"),
        ("x='the older text';", "older"),
        ("x='the newer text'+'the older text';", "undone"),
        ("neither", "unknown"),
        ("x='text of both trees';", "unknown"),
    ],
)
def test_texts_that_one_tree_has_alone_tell(tmp_path: Path, content: str, verdict: str) -> None:
    (tmp_path / "repo").mkdir()
    world = GitWorld(tmp_path / "repo")
    older = world.commit("older", {"a.js": "f('the older text', 'text of both trees')\n"})
    newer = world.commit("newer", {"a.js": "\nf('text of both trees')\ng('the newer text')\n"})
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a.js").write_text(f"\n{content}")
    repo = Repository.open(world.path)
    with closing(TreeFiles(repo, newer)) as now, closing(TreeFiles(repo, older)) as back:
        changed = changed_paths(now, back)
        found = what_it_holds(tmp_path / "dist", manifest(tmp_path / "dist"), changed, now, back)
    assert changed == ["a.js"]
    assert found.verdict == verdict
    if verdict == "undone":
        assert [(one.path, one.line) for one in found.evidence] == [("a.js", 2), ("a.js", 3)]


def test_a_file_that_goes_is_a_change(tmp_path: Path) -> None:
    world = GitWorld(tmp_path)
    one = world.commit("one", {"a": "1", "b": "1", "c": "1"})
    two = world.commit("two", {"a": None, "d": "1", "b": "2"})
    repo = Repository.open(tmp_path)
    with closing(TreeFiles(repo, two)) as now, closing(TreeFiles(repo, one)) as back:
        assert changed_paths(now, back) == ["a", "b", "d"]
