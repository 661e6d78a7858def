"""The journal's bytes: any cut of them is a journal, and no other change of them is."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import journal as log
from blastradius.engine.journal import NAME, Journal, parse, read
from blastradius.errors import JournalError
from blastradius.model.run import Record
from blastradius.world.files import Files

_KINDS = ("PLAN", "CKPT", "INTENT", "DONE", "ABORT", "CINTENT", "COMP", "VERIFY", "END", "NOTE")
_texts = st.text(max_size=20)
_entries = st.lists(
    st.tuples(st.sampled_from(_KINDS), _texts, st.dictionaries(_texts, _texts, max_size=3)),
    min_size=1,
    max_size=6,
)


class Memory(Files):
    """Files without a disk: what was appended."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)


@pytest.fixture
def files() -> Files:
    return Files(lambda _: None)


def written(folder: Path, entries: list[tuple[str, str, dict[str, str]]]) -> bytes:
    """Write entries by a journal of a new run and return its bytes."""
    journal = Journal.create(folder, Files(lambda _: None), steps=1)
    for kind, step, data in entries:
        journal.write(kind, step, data)  # type: ignore[arg-type]
    raw = (folder / NAME).read_bytes()
    (folder / NAME).unlink()
    return raw


@given(entries=_entries, cut=st.floats(0, 1))
def test_any_prefix_of_the_bytes_is_a_prefix_of_the_records(
    entries: list[tuple[str, str, dict[str, str]]],
    cut: float,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    raw = written(tmp_path_factory.mktemp("run"), entries)
    records, whole = parse(raw, "it")
    assert whole == len(raw)
    assert [(one.kind, one.step, one.data) for one in records] == entries
    size = int(cut * len(raw))
    some, whole = parse(raw[:size], "it")
    assert some == records[: len(some)]
    assert whole == raw.rfind(b"\n", 0, size) + 1
    assert len(some) == raw.count(b"\n", 0, size)


@given(entries=_entries, place=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255))
def test_any_changed_byte_is_seen(
    entries: list[tuple[str, str, dict[str, str]]],
    place: float,
    value: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    raw = bytearray(written(tmp_path_factory.mktemp("run"), entries))
    raw[int(place * len(raw))] ^= value
    with pytest.raises(JournalError, match="is damaged at record"):
        parse(bytes(raw), "it")


def test_a_record_is_one_line_of_json_bound_to_the_one_before(tmp_path: Path) -> None:
    raw = written(tmp_path, [("PLAN", "", {"plan": "x"}), ("INTENT", "a-1", {})])
    first, second = (json.loads(line) for line in raw.splitlines())
    assert (first["seq"], second["seq"]) == (1, 2)
    assert second["prev"] == first["h"]
    assert second["run"] == tmp_path.name
    assert set(first) == set(Record.__struct_fields__)


def test_a_record_of_another_run_or_place_does_not_fit(tmp_path: Path) -> None:
    one = written(tmp_path / "one", [("PLAN", "", {}), ("NOTE", "", {})]).splitlines(keepends=True)
    other = written(tmp_path / "other", [("PLAN", "", {}), ("NOTE", "", {})]).splitlines(
        keepends=True
    )
    with pytest.raises(JournalError):
        parse(one[0] + other[1], "it")
    with pytest.raises(JournalError):
        parse(one[1], "it")


def test_sectors_that_were_never_written_are_a_torn_end(tmp_path: Path) -> None:
    raw = written(
        tmp_path, [("PLAN", "", {"text": "x" * 2000}), ("NOTE", "", {"text": "y" * 2000})]
    )
    records, _ = parse(raw, "it")
    last = raw.index(b"\n") + 1
    sector = (last // 512 + 2) * 512
    torn = raw[:sector] + bytes(512) + raw[sector + 512 :]
    assert parse(torn, "it") == (records[:1], last)
    # A hole that is no whole sector is no torn write: somebody made it.
    with pytest.raises(JournalError):
        parse(raw[:sector] + bytes(511) + raw[sector + 511 :], "it")
    # Nor is one in a record that others follow.
    with pytest.raises(JournalError):
        parse(raw[:512] + bytes(512) + raw[1024:], "it")


def test_what_holds_a_whole_record_and_more_is_no_torn_end(tmp_path: Path) -> None:
    raw = written(tmp_path, [("PLAN", "", {}), ("NOTE", "", {"braces": "}}}"})])
    assert len(parse(raw[:-1], "it")[0]) == 1
    with pytest.raises(JournalError):
        parse(raw[:-1] + b"x", "it")


@pytest.mark.parametrize("line", [b"{}\n", b"[" * 100_000 + b"\n", b"\xff\n", b"null\n", b"\n"])
def test_what_is_no_record_is_damage(line: bytes) -> None:
    with pytest.raises(JournalError, match="damaged at record 1"):
        parse(line, "it")


def test_reopening_cuts_a_torn_end_off_and_writing_goes_on(tmp_path: Path, files: Files) -> None:
    raw = written(tmp_path, [("PLAN", "", {}), ("NOTE", "", {})])
    (tmp_path / NAME).write_bytes(raw[:-5])
    journal = Journal.reopen(tmp_path, files)
    assert len(journal.records) == 1
    journal.write("END", data={"how": "done"})
    assert [one.kind for one in read(tmp_path)] == ["PLAN", "END"]
    assert stat.S_IMODE((tmp_path / "reserve").stat().st_mode) == 0o600


def test_a_full_disk_takes_the_space_that_was_set_aside(tmp_path: Path) -> None:
    full = True

    class Full(Files):
        def append(self, path: Path, content: bytes) -> None:
            if full and (tmp_path / "reserve").exists():
                with path.open("ab") as file:
                    file.write(content[:10])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            super().append(path, content)

    journal = Journal.create(tmp_path, Full(lambda _: None), steps=3)
    assert (tmp_path / "reserve").stat().st_size > 3 * 4096
    journal.write("PLAN")
    journal.write("NOTE")
    assert not (tmp_path / "reserve").exists()
    assert [one.kind for one in read(tmp_path)] == ["PLAN", "NOTE"]


def test_a_journal_that_cannot_be_written_says_how_to_go_on_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    failing = False

    def tick(what: str) -> None:
        if failing and what.startswith("fsync journal"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    journal = Journal.create(tmp_path, Files(tick), steps=1)
    journal.write("PLAN")
    failing = True
    with pytest.raises(JournalError, match="cannot write the journal") as told:
        journal.write("NOTE")
    assert f"blastradius resume {tmp_path.name}" in told.value.hint
    assert len(journal.records) == 1
    assert len(read(tmp_path)) <= 2


def test_a_journal_that_is_absent_or_no_file_says_so(tmp_path: Path, files: Files) -> None:
    with pytest.raises(JournalError, match="cannot read the journal"):
        read(tmp_path)
    (tmp_path / NAME).mkdir()
    with pytest.raises(JournalError, match="cannot read the journal"):
        Journal.reopen(tmp_path, files)


def test_a_file_too_large_is_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_LIMIT", 10)
    (tmp_path / NAME).write_bytes(bytes(11))
    with pytest.raises(JournalError, match="too large"):
        read(tmp_path)
