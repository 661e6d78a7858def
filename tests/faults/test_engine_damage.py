"""Bytes that changed: each changed byte of a checkpoint, a journal or a plan is seen before it is used."""

from __future__ import annotations

import signal
from pathlib import Path

import msgspec
import pytest

from blastradius.engine import journal as log
from blastradius.engine import runs
from blastradius.errors import CheckpointError, JournalError, UsageError
from blastradius.model.plan import sealed
from tests.crash.harness import CountingWorld
from tests.crash.scenarios import failing, many_files, one_file
from tests.faults.engineworld import DisturbedWorld, Small
from tests.processes import code_of, in_child

_A_CHECKPOINT = 4096


def _flipped(raw: bytes, place: int, bit: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ (1 << bit)]) + raw[place + 1 :]


def test_each_changed_byte_of_a_checkpoint_is_seen(tmp_path: Path) -> None:
    world = Small.of(tmp_path / "world", one_file).world
    content = bytes(place * 7 % 251 for place in range(_A_CHECKPOINT))
    oid = world.store.put(content)
    file = world.home / "store" / oid[:2] / oid[2:]
    raw = file.read_bytes()
    assert world.store.get(oid) == content
    for place in range(len(raw)):
        file.write_bytes(_flipped(raw, place, place % 8))
        with pytest.raises(CheckpointError, match="damaged"):
            world.store.check(oid)
    for size in (*range(0, len(raw), 97), len(raw) - 1):
        file.write_bytes(raw[:size])
        with pytest.raises(CheckpointError, match="damaged"):
            world.store.check(oid)
    file.write_bytes(raw + b"\0")
    with pytest.raises(CheckpointError, match="damaged"):
        world.store.check(oid)


def test_each_changed_byte_of_a_journal_is_refused_and_nothing_is_touched(tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", one_file)
    small.begin()
    seen = small.seen()
    path = small.world.folder / log.NAME
    raw = path.read_bytes()
    for place in range(len(raw)):
        for bit in range(8):
            with pytest.raises(JournalError, match="is damaged at record"):
                log.parse(_flipped(raw, place, bit), "the journal")
    for place in range(0, len(raw), 101):
        path.write_bytes(_flipped(raw, place, 3))
        for going_on in (small.resume, small.abort):
            with pytest.raises(JournalError, match="is damaged at record"):
                going_on()
        assert small.seen() == seen
        assert path.read_bytes() == _flipped(raw, place, 3), "a damaged journal is left as evidence"
        assert runs.listing(small.world.repo).runs[0].problem


def test_a_record_that_is_gone_moved_or_from_another_run_is_refused(tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", one_file)
    small.begin()
    lines = (small.world.folder / log.NAME).read_bytes().splitlines(keepends=True)
    for place in range(len(lines) - 1):
        with pytest.raises(JournalError):
            log.parse(b"".join(lines[:place] + lines[place + 1 :]), "")
        swapped = [*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]]
        with pytest.raises(JournalError):
            log.parse(b"".join(swapped), "")


def test_a_torn_end_of_any_length_is_cut_off_and_the_run_goes_on(tmp_path: Path) -> None:
    whole = Small.of(tmp_path / "undisturbed", one_file)
    whole.begin()
    raw = (whole.world.folder / log.NAME).read_bytes()
    last = raw.rindex(b"\n", 0, -1) + 1
    for size in range(last, len(raw), 7):
        (whole.world.folder / log.NAME).write_bytes(raw[:size])
        run = whole.resume()
        assert run.state == "done"
        assert whole.seen() != whole.original
        assert [one.kind for one in whole.records()][-2:] == ["VERIFY", "END"]


@pytest.mark.parametrize("how", ["a word", "cut off", "not there", "another plan"])
def test_a_plan_that_was_edited_is_refused(how: str, tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", many_files)
    points = Small.of(tmp_path / "undisturbed", many_files).points()
    dies = CountingWorld(small.root, left=3 * points // 4)
    assert code_of(in_child(lambda: small.begin(dies))) == -signal.SIGKILL
    path = small.world.folder / runs.PLAN_FILE
    raw = path.read_bytes()
    match how:
        case "a word":
            path.write_bytes(raw.replace(b"old a", b"bad a"))
        case "cut off":
            path.write_bytes(raw[:-10])
        case "not there":
            path.unlink()
        case _:
            other = sealed(msgspec.structs.replace(small.plan, base="c" * 40))
            path.write_bytes(msgspec.json.encode(other))
    seen = small.seen()
    for going_on in (small.resume, small.abort):
        with pytest.raises(JournalError, match="the plan of run"):
            going_on()
    assert small.seen() == seen
    path.write_bytes(raw)
    assert small.resume().state == "done"


def test_a_plan_whose_id_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", one_file)
    edited = msgspec.structs.replace(small.plan, base="c" * 40)
    with pytest.raises(UsageError, match="edited or damaged"):
        runs.begin(edited, small.world, loader=small.load)
    assert not small.world.home.exists()


def test_a_damaged_checkpoint_stops_the_way_back_until_it_is_brought_back(tmp_path: Path) -> None:
    broken: dict[Path, bytes] = {}

    def damage(what: str) -> None:
        del what
        store = small.world.home / "store"
        for file in store.glob("??/*"):
            broken[file] = file.read_bytes()
            file.write_bytes(_flipped(broken[file], 30, 0))

    fails = failing("act, before it did anything")
    undisturbed = Small.of(tmp_path / "undisturbed", many_files, fails)
    undisturbed.begin(ticking := undisturbed.world)
    small = Small.of(tmp_path / "world", many_files, fails)
    world = DisturbedWorld(small.root, ticking.ticks.index("rename b.txt") + 1, damage)
    run = small.begin(world)
    assert run.state == "stuck"
    assert "is damaged" in run.why
    assert not run.rolled_back
    for file, raw in broken.items():
        file.write_bytes(raw)
    assert small.resume().state == "restored"
    assert small.seen() == small.original
