"""Small real histories: what else must go, with ``git revert`` in a clone as the judge of the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius
from blastradius.errors import NoConsistentPlanError
from blastradius.model.analysis import Analysis, RevertSet
from tests.gitworld import Content, GitWorld, undo_in_clone

Files = dict[str, Content]
LONG = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    path = tmp_path / "repo"
    path.mkdir()
    return GitWorld(path)


def history(world: GitWorld, *steps: Files) -> list[str]:
    """Commit each step, the first as the base of the range, and return the ids of all."""
    return [world.commit(f"step {number}", files) for number, files in enumerate(steps)]


def undo(world: GitWorld, *goal: str, base: str, keep: tuple[str, ...] = ()) -> Analysis:
    analysis = blastradius.analyze(
        world.path, f"{base}..HEAD", undo=goal, keep=keep, jobs=1, cache=False
    )
    check_with_git(world, analysis.revert_set)
    return analysis


def check_with_git(world: GitWorld, found: RevertSet) -> None:
    """Revert the set in a clone; the order has what git can revert and nothing else."""
    undo_in_clone(world, found)
    how = {one.id: one.how for one in found.commits}
    listed = {commit for wave in found.order for commit in wave}
    assert listed == {one.id for one in found.commits if one.how in {"revert", "mainline"}} | {
        one for one in listed if how[one] == "nothing"
    }


def reasons(analysis: Analysis) -> dict[str, str]:
    subject = {commit.id: commit.subject for commit in analysis.range.commits}
    return {subject[one.id]: one.reason for one in analysis.revert_set.commits}


def is_proven(analysis: Analysis) -> bool:
    proof = analysis.revert_set.proof
    return (proof.applies, proof.parses, proof.new_dangling) == (True, True, ())


def test_a_commit_that_nothing_stands_on_goes_alone(world: GitWorld) -> None:
    base, first, _ = history(
        world, {"a.py": "def a():\n    return 1\n"}, {"b.py": "B = 1\n"}, {"c.py": "C = 1\n"}
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target"}
    assert [(file.path, file.action) for file in analysis.revert_set.files] == [("b.py", "delete")]
    assert is_proven(analysis)


def test_the_same_line_changed_later_draws_the_later_commit_in(world: GitWorld) -> None:
    base, first, _, _ = history(
        world,
        {"notes.txt": LONG},
        {"notes.txt": LONG.replace("line 3\n", "line three\n")},
        {"notes.txt": LONG.replace("line 3\n", "line drei\n")},
        {"notes.txt": LONG.replace("line 3\n", "line drei\n").replace("line 18", "line dixhuit")},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "text"}
    drawn = analysis.revert_set.commits[1]
    assert (drawn.because["path"], drawn.because["commit"]) == ("notes.txt", first)
    assert [(file.path, file.action) for file in analysis.revert_set.files] == [
        ("notes.txt", "edit")
    ]


def test_a_later_change_far_off_in_the_file_stays(world: GitWorld) -> None:
    changed = LONG.replace("line 3\n", "line three\n")
    base, first, _ = history(
        world,
        {"notes.txt": LONG},
        {"notes.txt": changed},
        {"notes.txt": changed.replace("line 18", "line dixhuit")},
    )
    assert reasons(undo(world, first, base=base)) == {"step 1": "target"}


@pytest.mark.parametrize(
    "later",
    ["", "def fresh():\n    total = 0\n    for one in range(9):\n        total += one\n"],
    ids=["removed", "renamed"],
)
def test_old_text_that_comes_back_needs_what_it_used(world: GitWorld, later: str) -> None:
    helper = "def tidy():\n    total = 0\n    for one in range(9):\n        total += one\n"
    base, first, _ = history(
        world,
        {
            "util.py": f"KEPT = 1\n\n\n{helper}",
            "app.py": "from util import tidy\n\n\ndef run():\n    return tidy()\n",
        },
        {"app.py": "def run():\n    return 0\n"},
        {"util.py": f"KEPT = 1\n\n\n{later}"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "restored-use"}
    assert is_proven(analysis)


def test_a_file_that_old_text_opens_must_come_back_with_it(world: GitWorld) -> None:
    base, first, _ = history(
        world,
        {
            "config/rates.yaml": "fast: 1\nslow: 2\n",
            "app.py": 'def run():\n    return open("config/rates.yaml").read()\n',
        },
        {"app.py": "def run():\n    return 0\n"},
        {"config/rates.yaml": None},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "restored-use"}
    assert is_proven(analysis)


def test_a_file_that_moved_away_is_missed_by_old_text_under_its_old_name(world: GitWorld) -> None:
    rates = "".join(f"rate_{number}: {number}\n" for number in range(9))
    base, first, _, _ = history(
        world,
        {
            "config/rates.yaml": rates,
            "app.py": 'def run():\n    return open("config/rates.yaml").read()\n',
        },
        {"app.py": "def run():\n    return 0\n"},
        {"config/rates.yaml": None, "settings/rates.yaml": rates},
        {"other/more.yaml": "more: 1\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "restored-use"}


def test_an_argument_comes_back_only_with_its_parameter(world: GitWorld) -> None:
    base, first, _, _ = history(
        world,
        {
            "util.py": "def tidy(rows, strict=False):\n    return rows if strict else []\n",
            "app.py": "from util import tidy\n\nX = tidy([], strict=True)\n",
        },
        {"app.py": "from util import tidy\n\nX = tidy([])\n"},
        {"util.py": "def tidy(rows):\n    return rows\n"},
        {"extra.py": "def restrict():\n    return 1\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "restored-use"}
    assert analysis.revert_set.commits[1].because["needs"] == "python:util.py#tidy(strict)"


def test_a_module_that_old_text_imports_must_come_back_with_it(world: GitWorld) -> None:
    base, first, _ = history(
        world,
        {"util.py": "def tidy():\n    return 1\n", "app.py": "import util\n\nX = util.tidy()\n"},
        {"app.py": "X = 0\n"},
        {"util.py": None},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "restored-use"}
    assert is_proven(analysis)


def test_a_parameter_cannot_go_without_its_later_caller(world: GitWorld) -> None:
    base, first, _, _ = history(
        world,
        {
            "util.py": "def tidy(rows):\n    return rows\n",
            "app.py": "from util import tidy\n\n\ndef run():\n    return tidy([])\n",
            "other.py": "from util import tidy\n\nX = tidy([])\n",
        },
        {"util.py": "def tidy(rows, strict=False):\n    return rows if strict else []\n"},
        {"app.py": ("from util import tidy\n\n\ndef run():\n    return tidy([], strict=True)\n")},
        {"other.py": "from util import tidy\n\nX = tidy([1])\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "signature"}
    because = analysis.revert_set.commits[1].because
    assert (because["path"], because["line"], because["needs_path"]) == ("app.py", 5, "util.py")


def test_a_helper_cannot_go_without_the_commits_that_import_it(world: GitWorld) -> None:
    base, first, *_ = history(
        world,
        {"app.py": "def run():\n    return 0\n", "other.py": "X = 1\n"},
        {"util.py": "def tidy():\n    return 1\n"},
        {"app.py": "from util import tidy\n\n\ndef run():\n    return tidy()\n"},
        {"other.py": "from app import run\n\nX = run()\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "reference"}
    assert [len(wave) for wave in analysis.revert_set.order] == [1, 1]
    assert {(one.path, one.line) for one in analysis.breaks} == {("app.py", 1), ("app.py", 5)}
    assert is_proven(analysis)


def test_a_class_cannot_go_without_the_config_that_names_it(world: GitWorld) -> None:
    base, first, _ = history(
        world,
        {"config/jobs.yaml": "jobs:\n  - name: old\n    class: jobs.Old\n", "jobs.py": "OLD = 1\n"},
        {"jobs.py": "OLD = 1\n\n\nclass Fresh:\n    def run(self):\n        return 1\n"},
        {
            "config/jobs.yaml": (
                "jobs:\n  - name: old\n    class: jobs.Old\n"
                "  - name: fresh\n    class: jobs.Fresh\n"
            )
        },
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "reference"}
    assert analysis.revert_set.commits[1].because["kind"] == "dotted"


VIEW = "CREATE VIEW silver.nights AS\nSELECT\n  id,\n  score\nFROM raw.nights\n"
USER = "CREATE VIEW gold.days AS\nSELECT\n  id,\n  score\nFROM silver.nights\n"


def test_the_last_use_of_a_column_comes_back_only_with_the_column(world: GitWorld) -> None:
    base, first, _ = history(
        world,
        {"silver/nights.sql": VIEW, "gold/days.sql": USER},
        {"gold/days.sql": USER.replace("  id,\n  score\n", "  id\n")},
        {"silver/nights.sql": VIEW.replace("  id,\n  score\n", "  id\n")},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "restored-use"}
    assert analysis.revert_set.tree == world.id_of(f"{base}^{{tree}}")


def test_a_renamed_function_cannot_have_its_old_name_while_the_new_one_is_used(
    world: GitWorld,
) -> None:
    body = "    total = 0\n    for one in range(9):\n        total += one\n    return total\n"
    base, first, *_ = history(
        world,
        {"util.py": f"def tidy():\n{body}", "app.py": "X = 1\n", "other.py": "Y = 1\n"},
        {"util.py": f"def clean():\n{body}"},
        {"app.py": "from util import clean\n\nX = clean()\n"},
        {"other.py": "Y = 2\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "reference"}
    assert ("util.py", "edit") not in {(one.path, one.action) for one in analysis.revert_set.files}


def test_a_moved_module_cannot_move_back_while_its_new_name_is_imported(world: GitWorld) -> None:
    body = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(5))
    base, first, _ = history(
        world,
        {"old.py": body, "app.py": "X = 1\n"},
        {"old.py": None, "new.py": body},
        {"app.py": "from new import f1\n\nX = f1()\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "step 2": "reference"}
    assert analysis.revert_set.tree == world.id_of(f"{base}^{{tree}}")
    assert {(file.path, file.action) for file in analysis.revert_set.files} == {
        ("old.py", "restore"),
        ("new.py", "delete"),
        ("app.py", "revert"),
    }


def test_what_came_by_a_side_branch_is_drawn_in_without_its_merge(world: GitWorld) -> None:
    base, first = history(
        world, {"app.py": "X = 1\n", "other.py": "Y = 1\n"}, {"util.py": "def tidy():\n    pass\n"}
    )
    world.git("checkout", "-q", "-b", "side")
    world.commit("use", {"app.py": "from util import tidy\n\nX = tidy()\n"})
    world.git("checkout", "-q", "main")
    world.commit("aside", {"other.py": "Y = 2\n"})
    world.merge("side")
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target", "use": "reference"}


def test_a_merge_as_the_goal_stands_for_what_it_brought_in(world: GitWorld) -> None:
    base = world.commit("base", {"app.py": "X = 1\n"})
    world.git("checkout", "-q", "-b", "side")
    world.commit("one", {"one.py": "A = 1\n"})
    world.commit("two", {"two.py": "A = 1\n"})
    world.git("checkout", "-q", "main")
    world.commit("aside", {"other.py": "Y = 2\n"})
    merge = world.merge("side")
    analysis = blastradius.analyze(world.path, f"{base}..HEAD", undo=[merge], jobs=1, cache=False)
    assert {"one", "two"} <= set(reasons(analysis))
    assert "aside" not in reasons(analysis)
    world.git("revert", "--no-edit", "-m", "1", merge)
    assert analysis.revert_set.tree == world.id_of("HEAD^{tree}")


def test_undoing_a_revert_brings_its_text_back(world: GitWorld) -> None:
    base, _ = history(world, {"a.txt": LONG}, {"a.txt": LONG.replace("line 3\n", "line three\n")})
    world.git("revert", "--no-edit", "HEAD")
    analysis = undo(world, world.head(), base=base)
    assert list(reasons(analysis).values()) == ["target"]
    assert analysis.revert_set.tree == world.id_of("HEAD~1^{tree}")


def test_a_commit_that_was_reverted_already_goes_with_its_revert(world: GitWorld) -> None:
    base, first = history(
        world, {"a.txt": LONG}, {"a.txt": LONG.replace("line 3\n", "line three\n")}
    )
    world.git("revert", "--no-edit", "HEAD")
    world.commit("more", {"b.txt": "b\n"})
    found = blastradius.analyze(
        world.path, f"{base}..HEAD", undo=[first], jobs=1, cache=False
    ).revert_set
    # git finds that the change is not there any more, and has nothing to commit.
    assert found.tree == world.id_of("HEAD^{tree}")
    assert found.files == ()


def test_what_must_stay_but_cannot_says_who_needs_it(world: GitWorld) -> None:
    base, first, second = history(
        world,
        {"app.py": "X = 0\n"},
        {"util.py": "def tidy():\n    return 1\n"},
        {"app.py": "from util import tidy\n\nX = tidy()\n"},
    )
    with pytest.raises(NoConsistentPlanError, match=rf"{first[:12]} cannot go without") as caught:
        undo(world, first, base=base, keep=(second,))
    assert second[:12] in str(caught.value)
    assert "app.py:" in str(caught.value)


def test_a_use_older_than_the_range_is_to_be_mended_by_hand(world: GitWorld) -> None:
    base, first, _ = history(
        world,
        # The use stood before the helper did: the base was broken already.
        {"util.py": "KEPT = 1\n", "app.py": "from util import tidy\n\nX = tidy()\n"},
        {"util.py": "KEPT = 1\n\n\ndef tidy():\n    return 1\n"},
        {"other.py": "Y = 1\n"},
    )
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"step 1": "target"}
    assert {(one.path, one.line) for one in analysis.revert_set.fix_forward} == {
        ("app.py", 1),
        ("app.py", 3),
    }
    assert {one.commit for one in analysis.breaks} == {None}
    assert analysis.revert_set.proof.new_dangling == analysis.breaks


def test_the_whole_range_undone_is_the_tree_of_its_base(world: GitWorld) -> None:
    base, *_ = history(
        world,
        {"app.py": "X = 0\n", "gone.py": "G = 1\n"},
        {"util.py": "def tidy():\n    return 1\n", "gone.py": None},
        {"app.py": "from util import tidy\n\nX = tidy()\n"},
    )
    analysis = undo(world, base=base)
    assert analysis.revert_set.tree == world.id_of(f"{base}^{{tree}}")
    assert {one.path: one.action for one in analysis.revert_set.files} == {
        "app.py": "revert",
        "gone.py": "restore",
        "util.py": "delete",
    }


def test_binary_files_and_modes_go_back_as_git_does_it(world: GitWorld) -> None:
    base, _ = history(world, {"run.sh": "echo\n", "logo.bin": b"\0\1\2"}, {"a.txt": "a\n"})
    (world.path / "run.sh").chmod(0o755)
    first = world.commit("binary and mode", {"logo.bin": b"\0\3\3"})
    world.commit("later", {"a.txt": "b\n"})
    analysis = undo(world, first, base=base)
    assert reasons(analysis) == {"binary and mode": "target"}
    assert {file.path for file in analysis.revert_set.files} == {"run.sh", "logo.bin"}
