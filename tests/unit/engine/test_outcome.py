"""What is said of a run: every key is there, and nothing is claimed that its journal does not prove."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from blastradius.engine import runs
from blastradius.engine.outcome import combined, outcome, planned
from blastradius.engine.progress import replay
from blastradius.errors import JournalError, UsageError
from blastradius.model.plan import Left, Plan, Step, sealed
from blastradius.model.run import Record, Run
from tests.crash.harness import CountingWorld
from tests.crash.scenarios import failing, many_files, one_file, table, take_settings
from tests.faults.engineworld import Small

_KEYS = {
    "rolled_back",
    "restored_to",
    "changes_reverted",
    "verification",
    "warnings",
    "next_actions",
    "confidence",
    "evidence",
    "assumptions",
}
_SECOND = "20260101T000009-00000c"


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small.of(tmp_path / "world", many_files, table)


def _edited(small: Small, **changes: object) -> Small:
    plan = sealed(msgspec.structs.replace(small.plan, **changes))
    return Small(small.root, plan, small.adapters, small.original)


def _with_step(plan: Plan, **changes: object) -> Plan:
    first, *others = plan.steps
    return sealed(
        msgspec.structs.replace(plan, steps=(msgspec.structs.replace(first, **changes), *others))
    )


def assert_contract(run: Run) -> None:
    """Check what holds of every outcome, whatever it is."""
    told = json.loads(msgspec.json.encode(run))
    assert told.keys() >= _KEYS
    assert told["restored_to"].keys() == {"checkpoint", "type", "time"}
    assert told["verification"].keys() >= {"before", "after", "expected", "match"}
    for change in told["changes_reverted"]:
        assert change.keys() == {"what", "operation", "summary"}
    assert run.rolled_back is (run.state == "done" and run.verification.match)
    assert not (run.confidence != "none" and not run.verification.match)
    if run.rolled_back:
        assert run.verification.after == run.verification.expected != run.verification.before
        assert run.changes_reverted
    else:
        assert not run.changes_reverted
    assert len(run.steps) == len(run.plan.steps)


def test_a_dry_run_claims_nothing(small: Small) -> None:
    run = planned(small.plan)
    assert_contract(run)
    assert (run.state, run.id, run.restored_to.type) == ("planned", "", "none")
    assert {one.state for one in run.steps} == {"planned"}


def test_a_run_that_ended_well_proves_each_claim_by_a_record(small: Small) -> None:
    run = small.begin()
    assert_contract(run)
    assert (run.state, run.rolled_back, run.confidence) == ("done", True, "certain")
    assert (run.restored_to.checkpoint, run.restored_to.type) == (small.plan.base, "reverted")
    assert [one.what for one in run.changes_reverted] == [one.target for one in small.plan.steps]
    records = {one.seq: one.h for one in small.records()}
    assert run.evidence
    assert all(records[one.seq] == one.h for one in run.evidence)
    assert runs.look(small.world.home, run.id)[0] == small.plan


@pytest.mark.parametrize(
    ("place", "state", "type_"),
    [("prepare", "refused", "original"), ("verify", "restored", "original")],
)
def test_a_run_that_failed_says_that_the_original_is_back(
    place: str, state: str, type_: str, tmp_path: Path
) -> None:
    run = Small.of(tmp_path / "world", many_files, failing(place)).begin()
    assert_contract(run)
    assert (run.state, run.restored_to.type, run.why != "") == (state, type_, True)


def test_what_was_taken_back_is_not_told_as_lost(small: Small) -> None:
    begun = small.begin()
    losing = [_losing(one) for one in small.records()]
    assert "lost: a column" in outcome(small.plan, begun.id, losing).warnings
    assert small.abort().state == "restored"
    back = [_losing(one) for one in small.records()]
    assert "lost: a column" not in outcome(small.plan, begun.id, back).warnings


def _losing(record: Record) -> Record:
    """Return a record of a preparation as one that says that something is lost."""
    if record.kind != "CKPT":
        return record
    prepared = {**record.data["prepared"], "loses": ["a column"]}
    return msgspec.structs.replace(record, data={**record.data, "prepared": prepared})


def test_a_run_is_rolled_back_only_when_the_last_look_was_well(small: Small) -> None:
    run = small.begin()
    records = small.records()
    verify = next(one for one in records if one.kind == "VERIFY")
    for data in (
        {**verify.data, "differing": ["a.txt"]},
        {**verify.data, "states": dict.fromkeys(verify.data["states"], "0" * 64)},
    ):
        lying = msgspec.structs.replace(verify, data=data)
        told = outcome(small.plan, run.id, [lying if one is verify else one for one in records])
        assert_contract(told)
        assert not told.rolled_back
    told = outcome(small.plan, run.id, [one for one in records if one is not verify])
    assert not told.rolled_back
    assert told.confidence == "none"


@pytest.mark.parametrize("end", range(1, 12))
def test_a_run_that_stopped_anywhere_says_how_to_go_on(end: int, small: Small) -> None:
    small.begin()
    records = small.records()[:end]
    run = outcome(small.plan, "20260101T000000-00000a", records)
    assert_contract(run)
    if records[-1].kind != "END":
        assert run.state == "unfinished"
        assert any("blastradius resume" in one for one in run.next_actions)
        assert any("blastradius abort" in one for one in run.next_actions)


def test_what_was_taken_for_granted_makes_it_likely_and_what_is_left_is_told(small: Small) -> None:
    left = Left("caches", "redis", "app:*", "keys", "no adapter", "unknown", by_hand="flush app:*")  # type: ignore[arg-type]
    assumed = _edited(small, assumptions=("no other writer",), left=(left,), warnings=("look",))
    run = assumed.begin()
    assert_contract(run)
    assert run.confidence == "likely"
    assert run.assumptions == ("no other writer",)
    assert "flush app:*" in run.next_actions
    assert "look" in run.warnings


def test_verify_looks_again_and_takes_a_claim_back(tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", one_file)
    small.begin()
    again = runs.verify(small.world, loader=small.load)
    assert_contract(again)
    assert again.rolled_back
    records = small.records()
    take_settings(small.root)
    changed = runs.verify(small.world, loader=small.load)
    assert_contract(changed)
    assert not changed.rolled_back
    assert changed.confidence == "none"
    assert changed.verification.differing
    assert small.records() == records, "looking writes nothing"


def test_a_run_that_was_built_on_is_not_aborted(tmp_path: Path) -> None:
    from blastradius.errors import DriftError

    small = Small.of(tmp_path / "world", one_file, many_files)
    small.begin()
    take_settings(small.root)
    seen, records = small.seen(), small.records()
    with pytest.raises(DriftError, match="no longer as run"):
        small.abort()
    assert (small.seen(), small.records()) == (seen, records)
    (small.tree / "settings.txt").write_text("old settings\n")
    run = small.abort()
    assert_contract(run)
    assert (run.state, run.restored_to.type) == ("restored", "original")
    assert small.seen() == small.original
    assert small.abort().state == "restored"


def test_a_plan_needs_consent_for_programs_and_for_what_cannot_be_taken_back(small: Small) -> None:
    plan = _with_step(small.plan, exec=("npm",), reversibility="irreversible")
    step = plan.steps[0]
    with pytest.raises(UsageError, match="npm") as told:
        runs.check_consent(plan, frozenset(), ())
    assert told.value.hint == "--allow-exec npm"
    with pytest.raises(UsageError, match="cannot be taken back") as told:
        runs.check_consent(plan, frozenset({"npm"}), ())
    word = f"{step.id}:{step.confirm}"
    assert told.value.hint == f"--confirm {word}"
    with pytest.raises(UsageError, match="fits no irreversible step"):
        runs.check_consent(plan, frozenset({"npm"}), (word[:-1] + "x",))
    runs.check_consent(plan, frozenset({"npm"}), (word,))
    assert runs.new_id() != runs.new_id()


def test_the_word_of_consent_is_of_this_step_as_it_is(small: Small) -> None:
    step = small.plan.steps[0]
    changes: dict[str, object] = {"args": {"to": {}}, "preview": "DROP TABLE users", "target": "x"}
    words = {step.confirm} | {
        msgspec.structs.replace(step, **{key: value}).confirm for key, value in changes.items()
    }
    assert len(words) == len(changes) + 1


def test_runs_are_listed_newest_first_with_what_is_wrong_with_them(small: Small) -> None:
    small.begin()
    small.abort()
    small.begin(CountingWorld(small.root, _SECOND))
    (small.world.home / "runs" / "20260101T000005-00000d").mkdir()
    (small.world.home / "runs" / "not a run").mkdir()
    lines = runs.listing(small.world.repo).runs
    assert [(one.id, one.state) for one in lines] == [
        (_SECOND, "done"),
        ("20260101T000005-00000d", "refused"),
        (small.world.run, "restored"),
    ]


@pytest.mark.parametrize("id_", ["", "../..", "20260101T000000-00000z", "x" * 5000])
def test_what_is_no_id_of_a_run_is_refused(id_: str, small: Small) -> None:
    with pytest.raises(UsageError, match="is no id of a run"):
        runs.look(small.world.home, id_)


def test_records_that_no_run_of_ours_writes_are_refused(small: Small) -> None:
    small.begin()
    plan, *others = small.records()
    with pytest.raises(JournalError, match="begins with its plan"):
        replay(others)
    changes: tuple[Callable[[Record], Record], ...] = (
        lambda one: msgspec.structs.replace(
            one, kind="CKPT", step="x", data={"prepared": {"no": 1}}
        ),
        lambda one: msgspec.structs.replace(one, kind="END", data={"how": "somehow"}),
        lambda one: msgspec.structs.replace(one, kind="END", data={}),
    )
    for change in changes:
        with pytest.raises(JournalError, match="another version"):
            replay([plan, change(others[0])])


def test_states_of_several_targets_have_one_digest() -> None:
    assert combined({"a": "1", "b": "2"}) == combined({"b": "2", "a": "1"})
    assert combined({"a": "1"}) != combined({"a": "2"})


def _ids(steps: tuple[Step, ...]) -> list[str]:
    return [one.id for one in steps]


def test_steps_are_told_in_the_order_of_the_plan(small: Small) -> None:
    assert [one.id for one in small.begin().steps] == _ids(small.plan.steps)
