from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from blastradius.index import pool as pool_module
from blastradius.index.extract import extract
from blastradius.index.store import FactStore
from blastradius.languages.base import Language
from blastradius.model.facts import Facts


class Blobs:
    """Contents by id, and a record of what was asked for."""

    def __init__(self, contents: dict[str, str | None]) -> None:
        self.contents = contents
        self.asked: list[str] = []

    def read(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        for oid in oids:
            self.asked.append(oid)
            content = self.contents[oid]
            yield oid, None if content is None else content.encode()

    def wanted(self, language: Language) -> dict[tuple[str, str], Language]:
        return {(oid, language.NAME): language for oid in self.contents}


def many(count: int, **special: str) -> Blobs:
    contents: dict[str, str | None] = {f"{n:04}": f"first{n}\nsecond{n}" for n in range(count)}
    contents.update({oid.removeprefix("at"): text for oid, text in special.items()})
    return Blobs(contents)


def names(facts: Facts) -> list[str]:
    return [one.name for one in facts.definitions]


def good(found: dict[tuple[str, str], Facts]) -> int:
    return sum(
        names(one) == [f"first{int(oid)}", f"second{int(oid)}"] for (oid, _), one in found.items()
    )


def why(found: dict[tuple[str, str], Facts], oid: str) -> str:
    facts = found[oid, "toy"]
    assert facts.parsed == "failed"
    (problem,) = facts.problems
    return problem.what


@pytest.fixture
def store() -> Iterator[FactStore]:
    with FactStore.open(None) as opened:
        yield opened


def test_few_blobs_are_read_in_this_process(toy: Language, store: FactStore) -> None:
    blobs = many(3)
    found = extract(blobs.wanted(toy), blobs.read, store)
    assert list(found) == [("0000", "toy"), ("0001", "toy"), ("0002", "toy")]
    assert good(found) == 3


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_many_blobs_are_read_by_processes(toy: Language, store: FactStore, start: str) -> None:
    blobs = many(300)
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=2, start=start)
    assert list(found) == list(blobs.wanted(toy))
    assert good(found) == 300


def test_both_ways_give_the_same_bytes(toy: Language) -> None:
    blobs = many(60, at0007="!inner toy a b", at0009="!raise oh dear")
    with FactStore.open(None) as one, FactStore.open(None) as other:
        pooled = extract(blobs.wanted(toy), blobs.read, one, jobs=2)
        inline: dict[tuple[str, str], Facts] = {}
        for key, language in blobs.wanted(toy).items():
            inline.update(extract({key: language}, blobs.read, other))
    assert msgspec.msgpack.encode(list(pooled.values())) == msgspec.msgpack.encode(
        list(inline.values())
    )


def test_what_the_store_has_is_not_read_again(toy: Language, tmp_path: Path) -> None:
    blobs = many(50)
    with FactStore.open(tmp_path) as store:
        extract(blobs.wanted(toy), blobs.read, store, jobs=2)
    blobs.asked.clear()
    blobs.contents["new"] = "x"
    seen: list[tuple[int, int]] = []
    with FactStore.open(tmp_path) as store:
        found = extract(
            blobs.wanted(toy), blobs.read, store, progress=lambda *now: seen.append(now)
        )
    assert blobs.asked == ["new"]
    assert len(found) == 51
    assert seen == [(1, 1)]


def test_another_version_of_an_embedded_language_reads_anew(
    toy: Language, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = many(1)
    extract(blobs.wanted(toy), blobs.read, store)
    monkeypatch.setattr(toy, "EMBEDS", ())
    extract(blobs.wanted(toy), blobs.read, store)
    assert len(blobs.asked) == 2


def test_one_blob_may_be_read_as_two_languages(
    toy: Language, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs({"a": "x"})
    sql = type("Other", (), {"NAME": "misnamed", "VERSION": "1", "EMBEDS": ()})()
    found = extract({("a", "toy"): toy, ("a", "misnamed"): sql}, blobs.read, store)
    assert blobs.asked == ["a"]
    assert names(found["a", "toy"]) == ["x"]
    assert "language is 'toy', not 'misnamed'" in found["a", "misnamed"].problems[0].what


def test_blobs_without_bytes_are_left_out_and_counted(toy: Language, store: FactStore) -> None:
    blobs = Blobs({"a": "x", "b": None, "c": "y"})
    seen: list[tuple[int, int]] = []
    found = extract(blobs.wanted(toy), blobs.read, store, progress=lambda *now: seen.append(now))
    assert list(found) == [("a", "toy"), ("c", "toy")]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_embedded_texts_have_the_lines_of_their_file(toy: Language, store: FactStore) -> None:
    blobs = Blobs({"a": "x\n!inner toy one two\n!inner klingon q"})
    facts = extract(blobs.wanted(toy), blobs.read, store)["a", "toy"]
    toy_facts, unknown = facts.embedded_facts
    assert [(one.name, one.line) for one in toy_facts.definitions] == [("one", 2), ("two", 3)]
    assert msgspec.msgpack.decode(toy_facts.own) == [2, 3]
    assert unknown.parsed == "failed"
    assert "no language is called 'klingon'" in unknown.problems[0].what


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_costs_its_own_file_only(toy: Language, store: FactStore, jobs: int) -> None:
    blobs = many(200, at0000="!crash", at0050="!exit", at0051="!crash", at0199="!crash")
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=jobs)
    assert good(found) == 196
    assert why(found, "0000") == "reading this file as toy ended its process (SIGSEGV)"
    assert why(found, "0050") == "reading this file as toy ended its process (exit code 3)"
    assert why(found, "0199") == "reading this file as toy ended its process (SIGSEGV)"


@pytest.mark.parametrize("count", [3, 60])
def test_exceptions_memory_and_depth_are_problems(
    toy: Language, store: FactStore, count: int
) -> None:
    blobs = many(count, at0000="!raise oh\n!dear", at0001="!deep", at0002="!memory")
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=2)
    assert why(found, "0000").startswith("the toy extractor stopped: RuntimeError in ")
    assert "RecursionError" in why(found, "0001")
    assert good(found) == count - 3
    if count > 3:
        assert "MemoryError" in why(found, "0002")


@pytest.mark.parametrize("count", [3, 60])
def test_a_file_that_takes_too_long_is_given_up(
    toy: Language, store: FactStore, count: int
) -> None:
    blobs = many(count, at0000="!spin", at0002="!sleep 60")
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=2, timeout=0.5)
    assert why(found, "0000") == "reading this file as toy took longer than 0.5 s"
    assert why(found, "0002") == "reading this file as toy took longer than 0.5 s"
    assert good(found) == count - 2


def test_accidents_are_remembered_for_a_day_and_no_longer(
    toy: Language, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs({"a": "!sleep 60"})
    extract(blobs.wanted(toy), blobs.read, store, timeout=0.1)
    found = extract(blobs.wanted(toy), blobs.read, store, timeout=0.1)
    assert blobs.asked == ["a"]
    assert "took longer" in why(found, "a")
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    extract(blobs.wanted(toy), blobs.read, store, timeout=0.1)
    assert blobs.asked == ["a", "a"]


def test_a_repository_full_of_slow_files_does_not_hold_us_for_ever(
    toy: Language, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_PATIENCE", 2)
    blobs = many(60, **{f"at{n:04}": "!sleep 60" for n in range(0, 60, 6)})
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=2, timeout=1.0)
    assert good(found) == 50
    waits = sorted(why(found, f"{n:04}").rpartition("than ")[2] for n in range(0, 60, 6))
    # Two workers: both may be waiting for the full time when patience ends.
    assert waits[:7] == ["0.1 s"] * 7
    assert waits[-2:] == ["1 s"] * 2


def test_where_no_process_can_be_started_this_one_reads(
    toy: Language, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_start: str) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(pool_module, "_Worker", refuse)
    blobs = many(100)
    assert good(extract(blobs.wanted(toy), blobs.read, store, jobs=2)) == 100


def _die(*_: object) -> None:
    os._exit(1)


def test_where_processes_die_at_birth_this_one_reads(
    toy: Language, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_work", _die)
    blobs = many(100)
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=2, start="fork")
    assert good(found) == 100


def test_a_large_blob_goes_through_the_pipe(toy: Language, store: FactStore) -> None:
    blobs = many(50, at0003="\n" * 3_000_000 + "last")
    found = extract(blobs.wanted(toy), blobs.read, store, jobs=2)
    (last,) = found["0003", "toy"].definitions
    assert last.line == 3_000_001


def test_no_time_limit_outside_the_main_thread_is_no_failure(toy: Language) -> None:
    blobs, found = many(3), {}

    def work() -> None:
        with FactStore.open(None) as store:
            found.update(extract(blobs.wanted(toy), blobs.read, store))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert good(found) == 3


def test_a_reader_that_fails_leaves_no_process_behind(toy: Language, tmp_path: Path) -> None:
    blobs = many(200)

    def read(oids: Sequence[str]) -> Iterable[tuple[str, bytes | None]]:
        for number, pair in enumerate(blobs.read(oids)):
            if number == 150:
                raise KeyboardInterrupt
            yield pair

    with FactStore.open(tmp_path) as store, pytest.raises(KeyboardInterrupt):
        extract(blobs.wanted(toy), read, store, jobs=2)
    assert multiprocessing.active_children() == []


INTERRUPTED = """
import sys, time
from pathlib import Path
from blastradius.index.extract import extract
from blastradius.index.store import FactStore
from blastradius.languages import registry

toy = registry.get("toy")
oids = [f"{n:04}" for n in range(2000)]
read = lambda oids: ((oid, b"!sleep 0.02\\nname") for oid in oids)
def tell(done, of):
    if done == 60:
        print("begun", flush=True)
with FactStore.open(Path(sys.argv[1])) as store:
    extract({(oid, "toy"): toy for oid in oids}, read, store, jobs=2, progress=tell)
"""


def test_workers_end_by_themselves_when_their_parent_is_killed(
    toy: Language, toy_package: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(toy_package)}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.kill()
        # The workers hold the other end of this pipe: it ends when they do.
        assert process.communicate(timeout=60)[0] == b""
    with FactStore.open(tmp_path) as store:
        assert store.stats()["entries"] == 0
        assert store.notes == []


def test_an_interrupt_ends_all_processes_and_keeps_the_store(
    toy: Language, toy_package: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(toy_package)}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        os.killpg(process.pid, 2)
        # Ends only when the last process that holds the pipe is gone.
        _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert errors.count(b"Traceback") == 1
    assert b"KeyboardInterrupt" in errors
    with FactStore.open(tmp_path) as store:
        assert int(store.stats()["entries"]) >= 60
        assert store.notes == []
