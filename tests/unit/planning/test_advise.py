"""Facts → the way to undo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from blastradius.changes.leaks import Leak
from blastradius.git.standing import Joined, Standing
from blastradius.model.analysis import Strategy
from blastradius.planning.advise import Case, advise, choose
from blastradius.planning.commands import Revert, Way, at_top

SIDE = Standing(
    head="h",
    branch="refs/heads/side",
    tip="refs/heads/side",
    spare="backup/side",
    main="refs/remotes/origin/main",
    trunk="refs/heads/main",
    merged=False,
    ahead=True,
    published=0,
    on_top=0,
)
MAIN = replace(SIDE, branch="refs/heads/main", tip="refs/heads/main", merged=True, ahead=False)
SOME = (Revert("c"), Revert("b"))
LEAK = Leak(
    "conf/app.ini",
    3,
    "c" * 40,
    "GitHub token",
    "d" * 16,
    "GitHub: Settings",
    alone=False,
    gone=False,
)


@dataclass
class Row:
    says: str
    strategy: Strategy
    here: Standing = SIDE
    way: dict[str, Any] = field(default_factory=dict)
    case: dict[str, Any] = field(default_factory=dict)


def case_of(row: Row) -> Case:
    way = Way(**{"base": "b" * 40, "head": "h" * 40, "reverts": SOME, **row.way})
    counts = {"commits": 10, "asked": 2, "goes": 2, **row.case}
    return Case(way=way, standing=row.here, **counts)


WHOLE = {"whole": True}
ALL = {"asked": 10, "goes": 10}
TABLE = [
    Row("nothing asked", "none", case={"asked": 0, "goes": 0}),
    Row("all taken back already", "none", way=WHOLE, case={**ALL, "empty": True}),
    Row("an unmerged branch nobody has", "drop-branch", way=WHOLE, case=ALL),
    Row("a part of it", "revert-set"),
    Row("it is published", "whole-range", replace(SIDE, published=1), WHOLE, ALL),
    Row("whether it is, is unknown", "whole-range", replace(SIDE, published=None), WHOLE, ALL),
    Row("it is merged", "whole-range", replace(SIDE, merged=True), WHOLE, ALL),
    Row("merged or not is unknown", "whole-range", replace(SIDE, merged=None), WHOLE, ALL),
    Row("the range is not all it has", "whole-range", replace(SIDE, ahead=False), WHOLE, ALL),
    Row("no main branch", "whole-range", replace(SIDE, main="", trunk=""), WHOLE, ALL),
    Row("another branch stands on it", "whole-range", replace(SIDE, others=("x",)), WHOLE, ALL),
    Row("the clone is shallow", "whole-range", replace(SIDE, shallow=True), WHOLE, ALL),
    Row("the repository is bare", "whole-range", replace(SIDE, bare=True), WHOLE, ALL),
    Row(
        "it is the main branch", "whole-range", replace(MAIN, merged=False, ahead=True), WHOLE, ALL
    ),
    Row("no branch ends there", "whole-range", replace(SIDE, tip=""), WHOLE, ALL),
    Row("what a merge brought in", "revert-merge", MAIN, case={"merge": "m" * 40}),
    Row("parts of what it brought in", "revert-set", MAIN, {"level": "file"}, {"merge": "m" * 40}),
    Row("one commit", "revert-commit", MAIN, {"reverts": SOME[:1]}, {"asked": 1, "goes": 1}),
    Row("one merge", "revert-merge", MAIN, {"reverts": (Revert("m", mainline=True),)}, {"goes": 3}),
    Row("one that does not fit", "revert-set", MAIN, {"reverts": SOME[:1], "fits": False}),
    Row("between others", "revert-set", MAIN, case={"asked": 1, "goes": 3}),
    Row("8 of 10, 7 drawn in", "whole-range", MAIN, case={"asked": 1, "goes": 8}),
    Row("8 of 10, as asked", "revert-set", MAIN, case={"asked": 8, "goes": 8}),
    Row("8 of 10, one kept", "revert-set", MAIN, case={"asked": 1, "goes": 8, "kept": True}),
    Row("6 of 10 in 3 waves", "whole-range", MAIN, case={"asked": 1, "goes": 6, "waves": 3}),
    Row("6 of 10 in 2 waves", "revert-set", MAIN, case={"asked": 1, "goes": 6, "waves": 2}),
    Row("5 of 10 in 4 waves", "revert-set", MAIN, case={"asked": 1, "goes": 5, "waves": 4}),
    Row("all that is staged", "whole-range", MAIN, {**WHOLE, "pending": "staged"}),
    Row("a part of it", "revert-set", MAIN, {"pending": "staged"}),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.says)
def test_facts_to_strategy(row: Row) -> None:
    assert choose(case_of(row)) == row.strategy


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.says)
def test_every_advice_says_why_and_what_each_command_does(row: Row) -> None:
    advice = advise(case_of(row))
    assert advice.strategy == row.strategy
    assert advice.why.endswith(".")
    assert all(one.what for one in advice.commands)
    assert all(one.argv[0] == "git" for one in advice.commands if one.argv)
    assert bool(advice.commands) == (row.strategy != "none")
    assert advice.first == ()


def test_a_branch_is_dropped_only_after_a_backup() -> None:
    advice = advise(case_of(TABLE[2]))
    assert [one.argv for one in advice.commands] == [
        ("git", "branch", "backup/side", "h" * 40),
        ("git", "switch", "main"),
        ("git", "branch", "-D", "--", "side"),
    ]


def test_without_a_local_main_branch_the_remote_one_is_looked_at() -> None:
    advice = advise(case_of(Row("", "drop-branch", replace(SIDE, trunk=""), WHOLE, ALL)))
    assert advice.commands[1].argv == ("git", "switch", "--detach", "refs/remotes/origin/main")


def test_merges_and_commits_are_reverted_apart_and_in_order() -> None:
    reverts = (Revert("d"), Revert("m", mainline=True), Revert("b"), Revert("a"))
    advice = advise(
        case_of(Row("", "revert-set", MAIN, {"reverts": reverts}, {"asked": 4, "goes": 4}))
    )
    assert [one.argv for one in advice.commands] == [
        ("git", "revert", "--no-commit", "d"),
        ("git", "revert", "--no-commit", "-m", "1", "m"),
        ("git", "revert", "--no-commit", "b", "a"),
        ("git", "commit", "-m", "Undo 4 commits"),
    ]


def test_places_to_mend_come_before_the_commit() -> None:
    advice = advise(case_of(Row("", "revert-set", MAIN, {"mends": 2})))
    assert [one.argv[:2] for one in advice.commands] == [("git", "revert"), (), ("git", "commit")]
    assert "mend 2 places" in advice.commands[1].what


def test_conflicts_have_no_commands_that_would_fail() -> None:
    way = {"reverts": (), "fits": False, "conflicts": ("a.py", "b.py")}
    advice = advise(case_of(Row("", "revert-set", MAIN, way)))
    assert [one.argv for one in advice.commands] == [()]
    assert "conflict in 2 files" in advice.commands[0].what


def test_on_top_of_the_range_single_reverts_are_used_in_place_of_its_first_tree() -> None:
    here = replace(MAIN, tip="", on_top=3)
    advice = advise(case_of(Row("", "whole-range", here, {**WHOLE, "every": SOME}, ALL)))
    assert advice.commands[0].argv == ("git", "revert", "--no-commit", "c", "b")
    assert "on top of the range (3 commits) was not looked at" in advice.why


def test_more_than_a_person_reads_goes_in_several_commands() -> None:
    reverts = tuple(Revert(str(number)) for number in range(250))
    advice = advise(case_of(Row("", "revert-set", MAIN, {"reverts": reverts})))
    given = [word for one in advice.commands[:-1] for word in one.argv[3:]]
    assert given == [one.id for one in reverts]
    assert max(len(one.argv) for one in advice.commands) < 110


def test_the_numbers_leave_out_what_is_not_known() -> None:
    here = replace(MAIN, published=None, on_top=None)
    numbers = advise(case_of(Row("", "revert-set", here))).numbers
    assert "published" not in numbers
    assert (numbers["commits"], numbers["goes"], numbers["share"]) == (10, 2, 20)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a/b.py", ":/a/b.py"),
        ("a*.py", ":(top,literal)a*.py"),
        ("!x", ":(top,literal)!x"),
        ("(x", ":(top,literal)(x"),
        (":x", ":(top,literal):x"),
        ("-x", ":/-x"),
    ],
)
def test_paths_are_no_patterns(path: str, shown: str) -> None:
    assert at_top([path]) == [shown]


def leaking(here: Standing, *leaks: Leak, **way: bool) -> list[tuple[tuple[str, ...], str]]:
    case = case_of(Row("", "none", here, way, ALL))
    return [(one.argv, one.what) for one in advise(replace(case, leaks=leaks)).first]


def test_a_published_secret_is_revoked_then_rewritten_and_the_limits_are_said() -> None:
    steps = leaking(replace(MAIN, published=2), LEAK)
    assert steps[0][0] == ()
    assert "conf/app.ini:3" in steps[0][1]
    assert steps[1][0] == ("git", "filter-repo", "--replace-text", "../replacements.txt")
    assert "another id" in steps[2][1]
    assert "only revoking it helps" in steps[3][1]


def test_files_that_are_nothing_but_secret_go_as_files() -> None:
    alone = [replace(LEAK, path=path, alone=True) for path in ("-x/.env", "k\udcff.pem")]
    steps = leaking(MAIN, *alone)
    assert steps[2][0] == (
        *("git", "filter-repo", "--path", "-x/.env", "--path", "k\udcff.pem"),
        "--invert-paths",
    )


def test_a_dropped_branch_needs_no_rewrite_but_its_backup_holds_the_secret() -> None:
    steps = leaking(SIDE, LEAK, whole=True)
    assert [argv for argv, _ in steps] == [(), ()]
    assert "backup" in steps[1][1]


def test_of_many_secrets_the_first_are_told() -> None:
    many = [replace(LEAK, line=number) for number in range(1, 51)]
    steps = leaking(MAIN, *many)
    assert sum("revoke the" in what for _, what in steps) == 20
    assert any("and 30 more secrets" in what for _, what in steps)


def test_a_merge_after_the_range_is_a_value() -> None:
    here = replace(MAIN, joined=Joined("m", frozenset("ab")))
    assert advise(case_of(Row("", "revert-merge", here, case={"merge": "m"}))).commands[0].argv == (
        *("git", "revert", "--no-edit", "-m", "1", "m"),
    )
