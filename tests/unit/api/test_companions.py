"""Commits that only renew a lock or a generated file go with the change that they follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.api.companions import Companions
from blastradius.planning.demands import Demand
from tests.gitworld import Content, GitWorld
from tests.trials import tried

Files = dict[str, Content]
PROJECT = '[project]\nname = "x"\nversion = "{version}"\ndependencies = [{names}]\n'


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    path = tmp_path / "repo"
    path.mkdir()
    return GitWorld(path)


def project(*names: str, version: str = "1") -> str:
    return PROJECT.format(version=version, names=", ".join(f'"{name}"' for name in names))


def history(world: GitWorld, *steps: Files) -> list[str]:
    base: Files = {"pyproject.toml": project(), "uv.lock": "1\n", "x.txt": "x\n"}
    return [
        world.commit(f"step {number}", files)
        for number, files in enumerate(({**base, **steps[0]}, *steps[1:]))
    ]


def demands(world: GitWorld, base: str, *undo: str) -> list[Demand]:
    with tried(world.path, f"{base}..HEAD", undo) as trial:
        return Companions(trial.history, trial.workspace.read).demands(frozenset(undo))


def needs(world: GitWorld, base: str, *undo: str) -> list[tuple[str, ...]]:
    return [one.needs for one in demands(world, base, *undo)]


def test_the_lock_s_own_commit_goes_with_the_manifest_s(world: GitWorld) -> None:
    base, added, locked = history(world, {}, {"pyproject.toml": project("a")}, {"uv.lock": "2\n"})
    (only,) = demands(world, base, added)
    assert (only.commit, only.needs, only.reason) == (added, (locked,), "lock")
    assert only.given == {added}
    assert only.mendable
    assert only.because == {
        "path": "uv.lock",
        "line": 1,
        "needs_path": "pyproject.toml",
        "needs_line": 1,
        "kind": "lock",
        "commit": added,
        "text": "does nothing but renew uv.lock after pyproject.toml changed",
    }


def test_the_manifest_stays_when_its_lock_s_commit_goes(world: GitWorld) -> None:
    base, _, locked = history(world, {}, {"pyproject.toml": project("a")}, {"uv.lock": "2\n"})
    assert needs(world, base, locked) == []


def test_a_mixed_commit_is_never_drawn_in(world: GitWorld) -> None:
    base, added, _ = history(
        world, {}, {"pyproject.toml": project("a")}, {"uv.lock": "2\n", "x.txt": "y\n"}
    )
    assert needs(world, base, added) == []


def test_a_lock_that_came_with_its_manifest_is_not_followed_by_upgrades(world: GitWorld) -> None:
    base, added, _ = history(
        world, {}, {"pyproject.toml": project("a"), "uv.lock": "2\n"}, {"uv.lock": "3\n"}
    )
    assert needs(world, base, added) == []


def test_what_the_lock_does_not_hold_has_no_follower(world: GitWorld) -> None:
    base, renamed, _ = history(
        world, {}, {"pyproject.toml": project(version="2")}, {"uv.lock": "2\n"}
    )
    assert needs(world, base, renamed) == []


def test_one_lock_for_two_changes_goes_with_both_only(world: GitWorld) -> None:
    base, one, two, locked = history(
        world,
        {},
        {"pyproject.toml": project("a")},
        {"pyproject.toml": project("a", "b")},
        {"uv.lock": "2\n"},
    )
    assert needs(world, base, one) == []
    assert needs(world, base, two) == []
    (both,) = demands(world, base, one, two)
    assert both.given == {one, two}
    assert (both.needs, both.commit) == ((locked,), two)


def test_the_next_change_of_the_lock_is_the_one_that_follows(world: GitWorld) -> None:
    base, one, first, two, second = history(
        world,
        {},
        {"pyproject.toml": project("a")},
        {"uv.lock": "2\n"},
        {"pyproject.toml": project("a", "b")},
        {"uv.lock": "3\n"},
    )
    assert needs(world, base, one) == [(first,)]
    assert needs(world, base, two) == [(second,)]


def test_what_is_undone_already_is_not_demanded(world: GitWorld) -> None:
    base, added, locked = history(world, {}, {"pyproject.toml": project("a")}, {"uv.lock": "2\n"})
    assert needs(world, base, added, locked) == []


def test_a_generated_file_follows_its_source(world: GitWorld) -> None:
    base, changed, made = history(
        world,
        {"api/n.proto": "message N {}\n", "api/n_pb2.py": "A = 1\n"},
        {"api/n.proto": "message N { int32 x = 1; }\n"},
        {"api/n_pb2.py": "A = 2\n"},
    )
    (only,) = demands(world, base, changed)
    assert (only.needs, only.reason) == ((made,), "generated")
    assert only.because["needs_path"] == "api/n.proto"


def test_files_marked_as_generated_make_a_commit_that_only_follows(world: GitWorld) -> None:
    base, added, locked = history(
        world,
        {".gitattributes": "docs/api/* linguist-generated\n", "docs/api/x.html": "1\n"},
        {"pyproject.toml": project("a")},
        {"uv.lock": "2\n", "docs/api/x.html": "2\n"},
    )
    assert needs(world, base, added) == [(locked,)]


def test_parts_of_a_mixed_commit_follow_nothing(world: GitWorld) -> None:
    base, added, _ = history(
        world, {}, {"pyproject.toml": project("a")}, {"uv.lock": "2\n", "x.txt": "y\n"}
    )
    with tried(world.path, f"{base}..HEAD", [added], level="file") as trial:
        assert len(trial.history.atoms) == 3
        companions = Companions(trial.history, trial.workspace.read)
        assert companions.demands(frozenset(trial.history.atoms) - {"none"}) == []
        assert companions.demands(frozenset({added})) == []
