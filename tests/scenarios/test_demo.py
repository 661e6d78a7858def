"""The cascade that everybody fears, whole: five commits hang together, four do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius
from blastradius import demo
from blastradius.errors import NoConsistentPlanError, UsageError
from blastradius.model.analysis import Analysis
from tests.gitworld import run_git

CASCADE = (
    "oura_connector.py",
    "config/sources_config.yaml",
    "run_merge.py",
    "silver/oura_sleep.sql",
    "gold/daily_summary.sql",
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> demo.DemoRepo:
    return demo.build(tmp_path_factory.mktemp("demo") / "warehouse")


@pytest.fixture(scope="module")
def undone(repo: demo.DemoRepo) -> Analysis:
    return blastradius.analyze(repo.path, repo.range, undo=[repo.undo])


def subjects(analysis: Analysis) -> dict[str, str]:
    return {commit.id: commit.subject for commit in analysis.range.commits}


def test_the_five_files_are_named_and_no_other(undone: Analysis) -> None:
    assert {file.path for file in undone.revert_set.files} == set(CASCADE)


def test_files_that_people_edited_too_are_edited_the_others_go_back_whole(
    undone: Analysis,
) -> None:
    assert {file.path: file.action for file in undone.revert_set.files} == {
        "oura_connector.py": "revert",
        "config/sources_config.yaml": "edit",
        "run_merge.py": "edit",
        "silver/oura_sleep.sql": "revert",
        "gold/daily_summary.sql": "revert",
    }


def test_the_four_other_commits_are_drawn_in_each_with_its_reason(undone: Analysis) -> None:
    name = subjects(undone)
    found = {
        name[commit.id]: (
            commit.reason,
            commit.because.get("path"),
            commit.because.get("needs_path"),
        )
        for commit in undone.revert_set.commits
    }
    connector, config, merge, silver, gold = CASCADE
    assert found == {
        "feat(oura): return hrv_score": ("target", None, None),
        "feat(config): list hrv_score for oura": ("reference", config, connector),
        "feat(merge): carry hrv_score into silver_input.oura": ("reference", merge, config),
        "feat(silver): select hrv_score": ("reference", silver, merge),
        "feat(gold): average hrv_score per day": ("reference", gold, silver),
    }


def test_the_reasons_are_fields_and_columns_not_words(undone: Analysis) -> None:
    kinds = {
        str(commit.because["path"]): commit.because["kind"]
        for commit in undone.revert_set.commits
        if commit.because
    }
    assert kinds == {
        "config/sources_config.yaml": "field",
        "run_merge.py": "field",
        "silver/oura_sleep.sql": "field",
        "gold/daily_summary.sql": "value",
    }


def test_the_order_is_leaf_first(undone: Analysis) -> None:
    name = subjects(undone)
    assert [[name[commit] for commit in wave] for wave in undone.revert_set.order] == [
        ["feat(gold): average hrv_score per day"],
        ["feat(silver): select hrv_score"],
        ["feat(merge): carry hrv_score into silver_input.oura"],
        ["feat(config): list hrv_score for oura"],
        ["feat(oura): return hrv_score"],
    ]


def test_the_second_connector_never_appears(undone: Analysis) -> None:
    touched = [file.path for file in undone.revert_set.files]
    touched += [one.path + one.symbol + one.needs for one in undone.breaks]
    touched += [one.symbol for one in undone.revert_set.review]
    assert not [text for text in touched if "garmin" in text]


def test_the_tree_is_proven_and_is_what_git_revert_makes(
    undone: Analysis, repo: demo.DemoRepo, tmp_path: Path
) -> None:
    proof = undone.revert_set.proof
    assert (proof.applies, proof.parses, proof.new_dangling) == (True, True, ())
    run_git(tmp_path, "clone", "-q", str(repo.path), "clone")
    clone = tmp_path / "clone"
    for wave in undone.revert_set.order:
        for commit in wave:
            run_git(clone, "revert", "--no-edit", commit)
    assert run_git(clone, "rev-parse", "HEAD^{tree}") == undone.revert_set.tree


def test_nothing_is_left_to_do_by_hand(undone: Analysis) -> None:
    assert undone.revert_set.fix_forward == ()
    assert undone.revert_set.review == ()


def test_undoing_the_last_commit_draws_in_nothing(repo: demo.DemoRepo) -> None:
    analysis = blastradius.analyze(repo.path, repo.range, undo=["HEAD"])
    (only,) = analysis.revert_set.commits
    assert (only.id, only.reason) == (analysis.range.commits[-1].id, "target")
    assert analysis.breaks == ()


def test_undoing_a_human_commit_draws_in_nothing(repo: demo.DemoRepo) -> None:
    analysis = blastradius.analyze(repo.path, repo.range, undo=["README.md"])
    assert [one.reason for one in analysis.revert_set.commits] == ["target"]


def test_the_middle_of_the_cascade_takes_only_what_stands_on_it(repo: demo.DemoRepo) -> None:
    analysis = blastradius.analyze(repo.path, repo.range, undo=["sql:silver.oura_sleep.hrv_score"])
    name = subjects(analysis)
    assert [name[commit.id] for commit in analysis.revert_set.commits] == [
        "feat(silver): select hrv_score",
        "feat(gold): average hrv_score per day",
    ]


def test_a_path_and_symbol_say_what_shall_go(repo: demo.DemoRepo, undone: Analysis) -> None:
    analysis = blastradius.analyze(
        repo.path, repo.range, undo=["oura_connector.py#OuraConnector.fetch"]
    )
    assert analysis.revert_set == undone.revert_set


def test_what_must_stay_but_cannot_ends_with_the_chain(repo: demo.DemoRepo) -> None:
    with pytest.raises(NoConsistentPlanError, match="cannot go without"):
        blastradius.analyze(
            repo.path, repo.range, undo=[repo.undo], keep=["gold/daily_summary.sql"]
        )


def test_a_change_of_the_field_reaches_the_view_and_shows_its_chain(
    repo: demo.DemoRepo, tmp_path: Path
) -> None:
    run_git(tmp_path, "clone", "-q", str(repo.path), "clone")
    connector = tmp_path / "clone" / "oura_connector.py"
    text = connector.read_text(encoding="utf-8")
    connector.write_text(text.replace('night["average_hrv"]', 'night["hrv"]["average"]'))
    analysis = blastradius.analyze(tmp_path / "clone", worktree=True)
    reached = {one.symbol: one for one in analysis.impact}
    chain = reached["sql:gold.daily_summary.hrv_score"].witness
    assert [(step.path, step.kind) for step in chain] == [
        ("gold/daily_summary.sql", "value"),
        ("silver/oura_sleep.sql", "field"),
        ("run_merge.py", "field"),
        ("config/sources_config.yaml", "field"),
    ]
    assert not [symbol for symbol in reached if "garmin" in symbol]


def test_the_demo_is_built_once_and_the_same_everywhere(
    repo: demo.DemoRepo, tmp_path: Path
) -> None:
    assert demo.build(repo.path) == repo
    assert demo.build(tmp_path / "again").undo == repo.undo


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        demo.build(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]
