from __future__ import annotations

from msgspec.structs import replace

from blastradius.model.analysis import LanguageCoverage, Proof, RevertCommit
from blastradius.reports import summary
from tests.samples import EMPTY, OURA, SMALL, UNDERSTOOD, commit_id, wide


def test_the_range_is_named_by_its_ends_or_by_what_is_pending() -> None:
    assert summary.span(OURA) == "ba5eba5..07c0ffe, 7 commits"
    staged = replace(OURA, range=replace(OURA.range, head="staged"))
    assert summary.span(staged) == "what is staged, over ba5eba5"


def test_an_empty_range_and_a_range_without_changes_are_told_apart() -> None:
    assert summary.changed(EMPTY) == "nothing: the range holds no commits"
    assert summary.changed(replace(SMALL, changes=())).startswith("no symbol: only white space")
    assert summary.changed(OURA) == "5 symbols in 5 files: 1 breaking, 1 unknown, 3 compatible"


def test_the_reach_is_counted_by_language_distance_and_tier() -> None:
    assert summary.reached(OURA) == [
        "4 more symbols in 4 files: 2 SQL, 1 Python, 1 YAML",
        "at 1 step: 1, 2 steps: 1, 3 or more: 2; 2 certain, 1 likely, 1 heuristic",
    ]
    assert summary.reached(wide(1_500))[0] == "1,500 more symbols in 1,500 files: 1,500 Python"


def test_a_zero_is_plain_only_when_everything_was_understood() -> None:
    assert summary.reached(SMALL) == [
        "nothing: every file was read, every reference resolved, none leads here"
    ]


def test_a_zero_is_no_proof_where_references_are_open() -> None:
    sql = LanguageCoverage("sql", 2, 2, 0, 5, 1, 0, 2, 0)
    python = LanguageCoverage("python", 2, 2, 0, 5, 0, 7, 0, 4)
    open_ends = replace(SMALL, coverage=replace(UNDERSTOOD, languages=(python, sql)))
    assert summary.reached(open_ends) == [
        "nothing was found, which is no proof: references not resolved: 7 (Python 4, SQL 3)"
    ]


def test_a_zero_is_no_proof_where_files_were_not_read() -> None:
    partly = replace(SMALL, coverage=replace(UNDERSTOOD, partial=1, skipped=2))
    assert summary.reached(partly) == [
        "nothing was found, which is no proof: 1 file read in part; 2 files not read"
    ]


def test_no_changed_symbol_reaches_nothing() -> None:
    assert summary.reached(EMPTY) == ["nothing, since no symbol changed"]


def test_what_goes_is_counted_against_the_range() -> None:
    assert summary.together(OURA) == "5 of 7 commits: 1 asked, 4 drawn in; 2 stay"
    assert summary.together(SMALL) == "the whole range, 1 commit"
    assert summary.together(EMPTY) == "nothing: no commit was asked to go"
    alone = replace(
        OURA,
        revert_set=replace(
            OURA.revert_set, commits=(RevertCommit(commit_id(7), "target", {}),), order=()
        ),
    )
    assert summary.together(alone) == "1 commit as asked, none besides; 6 stay"


def test_the_proof_says_what_was_checked_and_shouts_what_failed() -> None:
    chosen = OURA.revert_set
    assert summary.proof(chosen) == (
        "the reverts apply, no file stops parsing, nothing new dangles"
    )
    failed = replace(chosen, proof=Proof(applies=False, checked=("merges",)))
    assert summary.proof(failed) == "THE REVERTS DO NOT APPLY"
    dangling = replace(
        chosen,
        proof=Proof(
            applies=True,
            parses=False,
            new_dangling=OURA.breaks[:1],
            irreducible=True,
            least=True,
            checked=("merges",),
        ),
    )
    assert summary.proof(dangling) == (
        "the reverts apply, A CHANGED FILE NO LONGER PARSES, 1 NEW DANGLING REFERENCE, "
        "no smaller set will do"
    )
    assert summary.proof(replace(chosen, proof=Proof())) == "not checked"


def test_breaks_that_the_set_takes_along_or_that_are_listed_elsewhere_do_not_remain() -> None:
    assert [one.path for one in summary.remaining(OURA)] == ["reports/weekly.py"]
    listed = replace(OURA, revert_set=replace(OURA.revert_set, review=OURA.breaks[1:]))
    assert summary.remaining(listed) == []


def test_the_coverage_says_unresolved_even_when_it_is_zero() -> None:
    assert summary.rests_on(OURA.coverage) == [
        "12 files: 9 parsed, 1 in part, 2 skipped",
        (
            "Python: 38 of 46 references resolved (82 %); 2 unresolved, 1 ambiguous, 5 dynamic, "
            "12 external"
        ),
        "SQL: 21 of 21 references resolved (100 %); 0 unresolved",
        "YAML: 1 file, no references within the tree",
    ]


def test_almost_all_is_not_rounded_up_to_all() -> None:
    nearly = LanguageCoverage("sql", 1, 1, 0, 9_999, 0, 0, 1, 0)
    coverage = replace(UNDERSTOOD, languages=(nearly,))
    assert "(99 %); 1 unresolved" in summary.rests_on(coverage)[1]
