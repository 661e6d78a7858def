from __future__ import annotations

from blastradius.planning.schedule import same_file_pairs, schedule


def test_a_chain_goes_from_its_leaf_to_its_root() -> None:
    waves = schedule(["connector", "config", "gold"], [("config", "connector"), ("gold", "config")])
    assert waves == (("gold",), ("config",), ("connector",))


def test_commits_without_anything_between_them_share_a_wave_newest_first() -> None:
    assert schedule(["old", "mid", "new"], []) == (("new", "mid", "old"),)


def test_commits_that_need_each_other_go_together() -> None:
    waves = schedule(["a", "b", "c"], [("a", "b"), ("b", "a"), ("c", "a")])
    assert waves == (("c",), ("b", "a"))


def test_pairs_outside_the_set_and_loops_say_nothing() -> None:
    assert schedule(["a", "b"], [("a", "a"), ("a", "x"), ("y", "b")]) == (("b", "a"),)


def test_the_later_commit_on_a_file_goes_before_the_earlier() -> None:
    paths = {
        "1": frozenset({"x", "y"}),
        "2": frozenset({"z"}),
        "3": frozenset({"x"}),
        "4": frozenset({"x", "z"}),
    }
    assert same_file_pairs(["1", "2", "3", "4"], paths) == [("3", "1"), ("4", "3"), ("4", "2")]
