from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import pytest

from blastradius.errors import RangeError, RepositoryError
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.model.source import Commit, CommitRange
from tests.gitworld import GitWorld, run_git


def resolve(world: GitWorld | Path, text: str | None = None) -> CommitRange:
    return resolve_range(Repository.open(world if isinstance(world, Path) else world.path), text)


def ids(found: CommitRange) -> list[str]:
    return [commit.id for commit in found.commits]


@pytest.fixture
def line(world: GitWorld) -> list[str]:
    """Five commits in a row."""
    return [world.commit(f"commit {number}", {"a": f"{number}\n"}) for number in range(5)]


@pytest.fixture
def forked(world: GitWorld) -> dict[str, str]:
    """base, then two commits on main and two on side; HEAD on side."""
    made = {"base": world.commit("base", {"a": "1\n"})}
    world.git("checkout", "-q", "-b", "side")
    made["s1"] = world.commit("s1", {"s": "1\n"})
    made["s2"] = world.commit("s2", {"s": "2\n"})
    world.git("checkout", "-q", "main")
    made["m1"] = world.commit("m1", {"m": "1\n"})
    made["m2"] = world.commit("m2", {"m": "2\n"})
    world.git("checkout", "-q", "side")
    return made


def test_a_range_is_oldest_first_with_what_git_says_of_each(
    world: GitWorld, line: list[str]
) -> None:
    found = resolve(world, "HEAD~2..HEAD")
    assert (found.base, found.head, found.label) == (line[2], line[4], "HEAD~2..HEAD")
    assert found.commits[1] == Commit(
        line[4],
        (line[3],),
        "Ada <ada@example.com>",
        world.git("show", "-s", "--format=%cI", "HEAD"),
        "commit 4",
    )
    assert ids(found) == line[3:]


@pytest.mark.parametrize("text", ["HEAD~1..", "..HEAD", "HEAD...HEAD", "HEAD..HEAD"])
def test_a_missing_side_is_head(world: GitWorld, line: list[str], text: str) -> None:
    found = resolve(world, text)
    assert found.head == line[4]
    assert ids(found) == (line[4:] if text == "HEAD~1.." else [])


@pytest.mark.parametrize(
    "text", ["HEAD~2", "v1", "refs/tags/v1", "light", "HEAD~2^!", ":/commit 2"]
)
def test_one_revision_is_that_commit(world: GitWorld, line: list[str], text: str) -> None:
    world.git("tag", "-a", "-m", "annotated", "v1", line[2])
    world.git("tag", "light", line[2])
    if " " in text:
        with pytest.raises(RangeError, match="is not a range"):
            resolve(world, text)
        return
    found = resolve(world, text)
    assert (found.base, found.head, ids(found)) == (line[1], line[2], [line[2]])


def test_the_root_commit_stands_on_the_empty_tree(world: GitWorld, line: list[str]) -> None:
    found = resolve(world, line[0])
    empty = Repository.open(world.path).empty_tree
    assert (found.base, ids(found)) == (empty, line[:1])
    assert ids(resolve(world, f"{empty}..HEAD")) == line


def test_what_only_the_left_side_has_is_not_taken_for_undone(
    world: GitWorld, forked: dict[str, str]
) -> None:
    for text in ("main..side", "main...side", "main.."):
        found = resolve(world, text)
        assert found.base == forked["base"]
        assert ids(found) == [forked["s1"], forked["s2"]]


def test_a_merge_and_what_it_brought(world: GitWorld, forked: dict[str, str]) -> None:
    merge = world.merge("main")
    assert ids(resolve(world, "HEAD")) == [merge]
    assert resolve(world, "HEAD").base == forked["s2"]
    assert ids(resolve(world, "HEAD^-")) == [forked["m1"], forked["m2"], merge]
    assert ids(resolve(world, "HEAD^2")) == [forked["m2"]]
    everything = resolve(world, f"{forked['base']}..HEAD").commits
    place = {commit.id: at for at, commit in enumerate(everything)}
    assert len(place) == 5
    for commit in everything:
        assert all(place.get(parent, -1) < place[commit.id] for parent in commit.parents)


def test_histories_without_a_common_commit(world: GitWorld, line: list[str]) -> None:
    world.git("checkout", "-q", "--orphan", "other")
    alone = world.commit("alone", {"b": "1\n"})
    found = resolve(world, "main..other")
    assert (found.base, ids(found)) == (Repository.open(world.path).empty_tree, [alone])


def test_a_reversed_range_is_told_the_right_way_round(world: GitWorld, line: list[str]) -> None:
    with pytest.raises(RangeError) as caught:
        resolve(world, "HEAD..HEAD~3")
    assert caught.value.what == "'HEAD..HEAD~3' is reversed: HEAD~3 is an ancestor of HEAD"
    assert caught.value.hint == "write HEAD~3..HEAD"


def test_beyond_the_first_commit(world: GitWorld, line: list[str]) -> None:
    with pytest.raises(RangeError) as caught:
        resolve(world, "HEAD~5..HEAD")
    assert caught.value.what == ("'HEAD~5' goes beyond the first commit: HEAD has only 5 commits")
    assert caught.value.hint.startswith("try HEAD~4..HEAD, or ")
    offered = caught.value.hint.rpartition(": ")[2]
    assert ids(resolve(world, offered)) == line


def test_beyond_a_history_of_one_commit(world: GitWorld) -> None:
    world.commit("only", {"a": "1\n"})
    with pytest.raises(RangeError, match=r"HEAD has only 1 commit \(try HEAD,"):
        resolve(world, "HEAD~5..HEAD")


@pytest.mark.parametrize("text", ["featuer", "origin/featuer", "feature/pay", "feature/payment"])
def test_an_unknown_name_is_answered_with_near_ones(
    world: GitWorld, line: list[str], text: str
) -> None:
    world.git("branch", "feature/payments")
    world.git("update-ref", "refs/remotes/origin/feature", "HEAD")
    with pytest.raises(RangeError) as caught:
        resolve(world, f"{text}..HEAD")
    assert caught.value.what == f"'{text}' is no revision of this repository"
    assert "did you mean" in caught.value.hint
    assert "feature" in caught.value.hint


def test_an_unknown_name_that_resembles_nothing(world: GitWorld, line: list[str]) -> None:
    for text in ("zzzzzzzz", "9" * 40):
        with pytest.raises(RangeError, match=rf"'{text}' is no revision .*`git branch -a`"):
            resolve(world, text)


@pytest.mark.parametrize("text", ["", "  ", "A B", "^HEAD~1 HEAD"])
def test_what_is_no_range(world: GitWorld, line: list[str], text: str) -> None:
    with pytest.raises(RangeError, match="is not a range"):
        resolve(world, text)


def test_a_tree_is_not_a_commit(world: GitWorld, line: list[str]) -> None:
    with pytest.raises(RangeError, match=r"'HEAD\^\{tree\}' is not a commit"):
        resolve(world, "HEAD^{tree}")


def test_an_ambiguous_abbreviation(world: GitWorld) -> None:
    world.commit("one")
    raw = world.git("cat-file", "commit", "HEAD")
    seen: dict[str, str] = {}
    for number in itertools.count():
        text = f"{raw} {number}\n"
        short = hashlib.sha1(b"commit %d\0%s" % (len(text), text.encode())).hexdigest()[:4]  # noqa: S324
        if short in seen:
            break
        seen[short] = text
    for number, content in enumerate((seen[short], text)):
        world.write({f"raw{number}": content})
        world.git("hash-object", "-t", "commit", "-w", f"raw{number}")
    with pytest.raises(RangeError, match=f"several objects begin with '{short}'"):
        resolve(world, short)


@pytest.mark.parametrize("text", ["--all", "-x", "--output=owned", "--exec=touch owned", "-"])
def test_a_dash_is_no_option(world: GitWorld, line: list[str], text: str) -> None:
    for asked in (text, f"{text}..HEAD", f"HEAD..{text}"):
        with pytest.raises(RangeError):
            resolve(world, asked)
    assert not list(world.path.glob("**/owned"))


def test_before_the_first_commit(world: GitWorld) -> None:
    for text in (None, "HEAD", "HEAD~5..HEAD", "@"):
        with pytest.raises(RangeError, match="there is no commit yet"):
            resolve(world, text)


def test_a_detached_head(world: GitWorld, line: list[str]) -> None:
    world.git("checkout", "-q", "--detach", line[2])
    assert ids(resolve(world, "HEAD~1..HEAD")) == [line[2]]
    world.commit("detached", {"b": "1\n"})
    found = resolve(world)
    assert (found.label, found.base, len(found.commits)) == ("main..HEAD", line[2], 1)


class TestDefault:
    def test_ahead_of_the_upstream(self, world: GitWorld, tmp_path: Path, line: list[str]) -> None:
        run_git(tmp_path, "clone", "-q", str(world.path), "clone")
        clone = GitWorld(tmp_path / "clone")
        fresh = clone.commit("fresh", {"b": "1\n"})
        found = resolve(clone)
        assert (found.label, found.base, ids(found)) == ("origin/main..HEAD", line[4], [fresh])

    def test_a_branch_that_is_pushed_is_seen_against_the_main_branch(
        self, world: GitWorld, tmp_path: Path, forked: dict[str, str]
    ) -> None:
        world.git("checkout", "-q", "main")
        run_git(tmp_path, "clone", "-q", str(world.path), "clone")
        run_git(tmp_path / "clone", "checkout", "-q", "side")
        found = resolve(tmp_path / "clone")
        assert found.label == "origin/main..HEAD"
        assert ids(found) == [forked["s1"], forked["s2"]]

    def test_without_a_remote_against_main(self, world: GitWorld, forked: dict[str, str]) -> None:
        found = resolve(world)
        assert (found.label, found.base) == ("main..HEAD", forked["base"])
        assert ids(found) == [forked["s1"], forked["s2"]]

    def test_on_main_the_last_commit_and_the_label_says_so(
        self, world: GitWorld, line: list[str]
    ) -> None:
        found = resolve(world)
        assert ids(found) == line[4:]
        assert found.label == "HEAD (the last commit: nothing is ahead of main)"

    def test_no_branch_to_compare_with(self, world: GitWorld, line: list[str]) -> None:
        world.git("branch", "-q", "-m", "trunk")
        assert resolve(world).label == (
            "HEAD (the last commit: there is no upstream and no main branch)"
        )


class TestShallow:
    @pytest.fixture
    def shallow(self, world: GitWorld, tmp_path: Path, line: list[str]) -> Path:
        run_git(tmp_path, "clone", "-q", "--depth=3", world.path.as_uri(), "shallow")
        return tmp_path / "shallow"

    def test_what_is_there_is_answered(self, shallow: Path, line: list[str]) -> None:
        found = resolve(shallow, "HEAD~2..HEAD")
        assert (found.base, ids(found)) == (line[2], line[3:])

    @pytest.mark.parametrize(
        "text", ["HEAD~2", "HEAD~2^!", f"{'4b825dc642cb6eb9a060e54bf8d69288fbee4904'}..HEAD"]
    )
    def test_a_commit_without_its_parents_is_not_taken_for_a_root(
        self, shallow: Path, line: list[str], text: str
    ) -> None:
        with pytest.raises(RangeError) as caught:
            resolve(shallow, text)
        assert line[2][:12] in caught.value.what
        assert "git fetch --unshallow" in caught.value.hint

    def test_beyond_the_end_of_the_clone(self, shallow: Path) -> None:
        with pytest.raises(RangeError) as caught:
            resolve(shallow, "HEAD~4..HEAD")
        assert "shallow clone, which holds only 3 commits" in caught.value.what
        assert "git fetch --unshallow" in caught.value.hint

    def test_a_commit_that_stayed_behind(self, shallow: Path, line: list[str]) -> None:
        with pytest.raises(RangeError, match="git fetch --unshallow"):
            resolve(shallow, f"{line[0]}..HEAD")


def test_subjects_in_other_encodings_and_with_odd_bytes(world: GitWorld) -> None:
    world.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-m", "x")
    raw = world.git("cat-file", "commit", "HEAD").replace("\n\nx", "\n\ncaf\udce9\x1b[2J")
    (world.path / ".git" / "raw").write_bytes(raw.encode("utf-8", "surrogateescape"))
    oid = world.git("hash-object", "-t", "commit", "-w", ".git/raw")
    (commit,) = resolve(world, oid).commits
    assert commit.subject == "café\x1b[2J"


def test_a_corrupt_head_is_no_unborn_head(world: GitWorld, line: list[str]) -> None:
    file = world.loose_object(line[4])
    file.chmod(0o644)
    file.write_bytes(b"garbage")
    for text in (None, "HEAD", "HEAD~1..HEAD"):
        with pytest.raises(RepositoryError, match="git fsck"):
            resolve(world, text)


def test_replacements_do_not_change_history(world: GitWorld, line: list[str]) -> None:
    world.git("replace", "--graft", line[4], line[0])
    assert ids(resolve(world, "HEAD~2..HEAD")) == line[3:]


def test_an_alternate_range_of_sha256(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, object_format="sha256")
    made = [world.commit(str(number), {"a": f"{number}\n"}) for number in range(3)]
    assert ids(resolve(world, "HEAD~1..HEAD")) == made[2:]
    assert resolve(world, made[0]).base == Repository.open(tmp_path).empty_tree


def test_a_range_and_staged_exclude_each_other(world: GitWorld, line: list[str]) -> None:
    repo = Repository.open(world.path)
    with pytest.raises(RangeError, match="exclude each other"):
        resolve_range(repo, "HEAD", staged=True)
    with pytest.raises(RangeError, match="exclude each other"):
        resolve_range(repo, staged=True, worktree=True)
