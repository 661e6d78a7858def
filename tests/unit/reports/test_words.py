from __future__ import annotations

import pytest
from msgspec.structs import replace

from blastradius.model.analysis import Analysis, RevertCommit, WitnessStep
from blastradius.reports.words import Wording, count, field_of, name_of, short_ids, wording_of
from tests.samples import COMMITS, CONFIG, CONNECTOR, GOLD, MERGE, OURA, SILVER, commit_id


def wording(analysis: Analysis = OURA) -> Wording:
    return wording_of(analysis, lambda text: text)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        (CONNECTOR, "OuraConnector.fetch[hrv_score]"),
        (CONFIG, "sources[0].fields[5]"),
        (SILVER, "silver.oura_sleep.hrv_score"),
        ("file:docs/a b.md", "docs/a b.md"),
        ("python:src/a.py", "src/a.py"),
        ("odd", "odd"),
    ],
)
def test_a_symbol_has_a_name_for_people(symbol: str, name: str) -> None:
    assert name_of(symbol) == name


@pytest.mark.parametrize(
    ("symbol", "field"),
    [
        (CONNECTOR, "hrv_score"),
        (SILVER, "hrv_score"),
        (CONFIG, ""),
        ("python:a.py#Row.hrv", "hrv"),
        ("yaml:a.yaml#x['b.c']", "b.c"),
    ],
)
def test_a_field_has_its_own_name(symbol: str, field: str) -> None:
    assert field_of(symbol) == field


def test_numbers_agree_with_their_nouns() -> None:
    assert [count(1, "file"), count(2_000, "file")] == ["1 file", "2,000 files"]


def test_short_ids_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    alike = ["abcdefg1" + "0" * 32, "abcdefg2" + "0" * 32]
    assert set(short_ids(alike).values()) == {"abcdefg1", "abcdefg2"}
    assert short_ids(["f" * 40]) == {"f" * 40: "fffffff"}
    assert short_ids(["staged", "f" * 40])["staged"] == "staged"


@pytest.mark.parametrize(
    ("source", "target", "kind", "said"),
    [
        (SILVER, MERGE, "field", "x:4 selects hrv_score, which run_merge.py:25 writes"),
        (CONFIG, CONNECTOR, "field", "x:4 lists hrv_score, which oura_connector.py:17 writes"),
        (MERGE, CONFIG, "field", "x:4 uses hrv_score, which config/sources_config.yaml:13 lists"),
        (
            GOLD,
            SILVER,
            "value",
            (
                "x:4 computes hrv_score from silver.oura_sleep.hrv_score, "
                "which silver/oura_sleep.sql:6 selects"
            ),
        ),
        ("python:x#a", "python:y#b", "call", "x:4 calls b"),
        ("python:x#a", "python:y", "import", "x:4 imports y"),
        ("sql:t", "python:x#load", "write", "x:4 writes t"),
        ("yaml:x#a", "yaml:x#a.b", "contains", "x:4 is part of a"),
        ("python:x#a", "file:data/t.csv", "path", "x:4 depends on data/t.csv"),
        ("python:x#a", "python:y#b", "telepathy", "x:4 depends on b"),
    ],
)
def test_an_edge_is_a_sentence(source: str, target: str, kind: str, said: str) -> None:
    expected = said.replace("depends on data", "names the file data")
    assert wording().step(WitnessStep(source, target, kind, "x", 4)) == expected


def test_a_definition_in_the_same_file_is_named_by_its_line() -> None:
    step = WitnessStep("python:run_merge.py#f", MERGE, "reference", "run_merge.py", 40)
    assert wording().step(step).endswith(", which line 25 defines")


def test_a_chain_says_where_it_starts() -> None:
    assert wording().chain(OURA.impact[0].witness) == (
        "config/sources_config.yaml:13 lists hrv_score, which oura_connector.py:17 writes"
    )
    assert wording().chain(OURA.impact[3].witness).endswith("; starts at oura_connector.py:17")


BECAUSE: dict[str, str | int] = {
    "path": "run_merge.py",
    "line": 9,
    "symbol": "python:run_merge.py#merge",
    "needs": "python:lib.py#load",
    "kind": "call",
    "commit": commit_id(1),
    "needs_path": "lib.py",
    "needs_line": 3,
}


@pytest.mark.parametrize(
    ("reason", "because", "said"),
    [
        ("target", {}, "asked to go"),
        (
            "text",
            {"path": "a.py", "commit": commit_id(1), "text": "changed the same lines later"},
            "changed the same lines as 01c0ffe in a.py",
        ),
        (
            "reference",
            BECAUSE,
            "run_merge.py:9 calls load, which lib.py:3 defines; that goes with 01c0ffe",
        ),
        ("signature", BECAUSE, "run_merge.py:9 calls load in the form that goes with 01c0ffe"),
        (
            "restored-use",
            BECAUSE,
            (
                "undoing 01c0ffe brings back run_merge.py:9, which calls load; "
                "this commit took that away"
            ),
        ),
        (
            "migration",
            {"path": "m/2.py", "commit": commit_id(1)},
            "m/2.py is a migration on top of the one of 01c0ffe",
        ),
        ("by hand", {"text": "they said so", "path": "a.py"}, "by hand: they said so (a.py)"),
        ("reference", {}, "reference"),
    ],
)
def test_a_reason_is_a_sentence(reason: str, because: dict[str, str | int], said: str) -> None:
    assert wording().reason(RevertCommit(commit_id(2), reason, because)) == said


def test_whatever_comes_from_the_repository_is_marked() -> None:
    marked = wording_of(OURA, lambda text: f"«{text}»")
    assert marked.step(OURA.impact[0].witness[0]) == (
        "«config/sources_config.yaml:13» lists «hrv_score», which «oura_connector.py:17» writes"
    )
    assert marked.subject(commit_id(1)) == "«feat(oura): return hrv_score»"
    assert marked.subject("f" * 40) == ""


def test_a_commit_outside_the_range_is_shortened_too() -> None:
    pending = replace(OURA, range=replace(OURA.range, commits=COMMITS[:1]))
    assert wording(pending).commit("f" * 40) == "fffffff"
    assert wording(pending).commit("worktree") == "worktree"
