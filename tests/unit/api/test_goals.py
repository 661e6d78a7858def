"""What a user can write after --undo and --keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from blastradius.api.answering import understand
from blastradius.api.goals import commits_meant
from blastradius.api.workspace import Services, Workspace
from blastradius.errors import UsageError
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from tests.gitworld import GitWorld

CLASS = "class Oura:\n    def fetch(self):\n        return {night}\n\n    def close(self):\n        pass\n"


class Asked(NamedTuple):
    """A range of three commits and a merge, understood, and how to ask for commits of it."""

    world: GitWorld
    workspace: Workspace
    repository: Repository
    base: str

    def meant(self, *words: str) -> list[str]:
        span = resolve_range(self.repository, f"{self.base}..HEAD")
        history, split, _ = understand(self.workspace, span, "commit")
        found = commits_meant(words, "--undo", self.repository, history, split)
        subject = {commit.id: commit.subject for commit in span.commits}
        return [subject[commit] for commit in found]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    world = GitWorld(tmp_path_factory.mktemp("goals"))
    world.commit("older", {"src/oura.py": CLASS.format(night=1), "old.txt": "x\n" * 9})
    base = world.commit("base", {"left.txt": "left\n"})
    world.commit("fetch", {"src/oura.py": CLASS.format(night=2)})
    world.commit("config", {"conf/x.yaml": "fields:\n  - hrv_score\n"})
    world.git("tag", "-a", "-m", "tag", "v1")
    world.commit("move", {"old.txt": None, "new.txt": "x\n" * 9})
    world.git("checkout", "-q", "-b", "side", "HEAD~1")
    world.commit("side", {"side.txt": "side\n"})
    world.git("checkout", "-q", "main")
    world.merge("side")
    repository = Repository.open(world.path)
    with Workspace.open(repository, None, Services(jobs=1, cache=False)) as workspace:
        yield Asked(world, workspace, repository, base)


@pytest.mark.parametrize(
    ("word", "subjects"),
    [
        ("v1", ["config"]),
        ("HEAD~2^{commit}", ["config"]),
        ("src/oura.py", ["fetch"]),
        ("src", ["fetch"]),
        ("src/", ["fetch"]),
        ("conf", ["config"]),
        ("old.txt", ["move"]),
        ("new.txt", ["move"]),
        ("src/oura.py#Oura.fetch", ["fetch"]),
        ("src/oura.py#Oura", ["fetch"]),
        ("python:src/oura.py#Oura.fetch", ["fetch"]),
        ("yaml:conf/x.yaml#fields[0]", ["config"]),
        ("conf/x.yaml#fields", ["config"]),
        ("side", ["side"]),
        ("HEAD", ["side", "merge"]),
    ],
)
def test_a_word_means_commits(asked: Asked, word: str, subjects: list[str]) -> None:
    assert asked.meant(word) == subjects


def test_ids_whole_and_abbreviated_mean_their_commit(asked: Asked) -> None:
    identity = asked.world.id_of("v1^{commit}")
    assert asked.meant(identity) == asked.meant(identity[:9]) == ["config"]


def test_a_merge_means_what_it_brought_however_it_is_written(asked: Asked) -> None:
    merge = asked.world.head()
    assert asked.meant(merge) == asked.meant(merge[:12]) == ["side", "merge"]


def test_several_words_are_one_set_oldest_first(asked: Asked) -> None:
    assert asked.meant("conf", "src", "v1") == ["fetch", "config"]
    assert asked.meant() == []


def test_a_commit_outside_the_range_says_so(asked: Asked) -> None:
    with pytest.raises(UsageError, match="is not in the range") as caught:
        asked.meant(asked.base)
    assert asked.base[:12] in str(caught.value)


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("src/oura.pyy", "src/oura.py"),
        ("conf/y.yaml", "conf/x.yaml"),
        ("src/oura.py#Oura.fetsh", "src/oura.py#Oura.fetch"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_name(asked: Asked, word: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked.meant(word)
    assert "--undo" in str(caught.value)
    assert caught.value.hint == f"did you mean {near}?"


@pytest.mark.parametrize("word", ["left.txt", "src/oura.py#Oura.close", "--all", "", "a\x00b"])
def test_what_the_range_did_not_touch_is_refused(asked: Asked, word: str) -> None:
    with pytest.raises(UsageError, match="--undo"):
        asked.meant(word)


def test_a_file_in_the_range_is_nearer_than_a_branch_of_its_name(asked: Asked) -> None:
    asked.world.git("branch", "conf", asked.base)
    assert asked.meant("conf") == ["config"]
