"""Commits of a range that take each other back, or say the same again."""

from __future__ import annotations

from blastradius.changes.echoes import echoes
from blastradius.model.analysis import Echoed
from blastradius.model.source import FileChange, FileStatus, TreeEntry

TEXTS: dict[str, bytes | None] = {
    "one": b"1\n2\n3\n",
    "two": b"1\nTWO\n3\n",
    "far": b"0\n0\n1\n2\n3\n",
    "far two": b"0\n0\n1\nTWO\n3\n",
    "other": b"1\nzwei\n3\n",
    "binary": None,
}


def edit(old: str, new: str, path: str = "a", old_path: str = "") -> FileChange:
    """Return a change of a path from one text to another, each by name; none where empty."""
    entries = [TreeEntry("100644", name) if name else None for name in (old, new)]
    status: FileStatus = "modified" if all(entries) else "added" if entries[1] else "deleted"
    return FileChange(path, status, old_path or path, entries[0], entries[1])


def found(*commits: FileChange) -> list[tuple[str, str, str]]:
    """Return the echoes among commits called 1, 2, 3, each of one change."""
    changes = {str(number): (change,) for number, change in enumerate(commits, 1)}
    told: tuple[Echoed, ...] = echoes(changes, lambda oid: TEXTS[oid])
    return [(one.later, one.kind, one.earlier) for one in told]


def test_a_commit_that_puts_the_old_lines_back_reverts() -> None:
    assert found(edit("one", "two"), edit("two", "one")) == [("2", "reverts", "1")]


def test_so_it_does_where_the_lines_have_moved_on() -> None:
    assert found(edit("one", "two"), edit("far two", "far")) == [("2", "reverts", "1")]


def test_the_same_change_again_repeats_and_a_revert_of_a_revert_names_the_revert() -> None:
    assert found(edit("one", "two"), edit("two", "one"), edit("one", "two")) == [
        ("2", "reverts", "1"),
        ("3", "reverts", "2"),
    ]
    assert found(edit("one", "two"), edit("far", "far two")) == [("2", "repeats", "1")]


def test_another_change_of_the_same_line_is_no_echo_nor_is_the_same_in_another_file() -> None:
    assert found(edit("one", "two"), edit("two", "other")) == []
    assert found(edit("one", "two"), edit("two", "one", path="b")) == []


def test_a_file_that_comes_and_goes_is_an_echo_and_a_binary_one_says_nothing() -> None:
    assert found(edit("", "one"), edit("one", "")) == [("2", "reverts", "1")]
    assert found(edit("", "binary"), edit("binary", "")) == []
