from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from blastradius.index.store import FactStore, extractor_digest, pack, unpack
from blastradius.model.facts import Definition, Facts, Problem


def facts(name: str) -> Facts:
    own = msgspec.Raw(msgspec.msgpack.encode({"of": name}))
    return Facts("full", (Definition(name, "function", 1, 2, -1),), own=own)


def same(left: Facts, right: Facts) -> bool:
    return msgspec.msgpack.encode(left) == msgspec.msgpack.encode(right)


def file_of(folder: Path) -> Path:
    return folder / "blastradius" / "facts.db"


def fill(folder: Path, count: int = 200) -> None:
    with FactStore.open(folder) as store:
        store.put_many("toy", "1", {f"{n:040x}": facts(f"f{n}" * 50) for n in range(count)})
        assert store.notes == []


def names(folder: Path, count: int = 200) -> tuple[int, list[str]]:
    with FactStore.open(folder) as store:
        found = store.get_many("toy", "1", [f"{n:040x}" for n in range(count)])
        for oid, one in found.items():
            assert one.definitions[0].name == f"f{int(oid, 16)}" * 50
        return len(found), store.notes


def test_facts_come_back_as_they_went(tmp_path: Path) -> None:
    with FactStore.open(tmp_path) as store:
        store.put_many("toy", "1", {"a" * 40: facts("one"), "b" * 64: facts("two")})
    with FactStore.open(tmp_path) as store:
        found = store.get_many("toy", "1", ["b" * 64, "a" * 40, "c" * 40, "a" * 40])
        assert set(found) == {"a" * 40, "b" * 64}
        assert same(found["a" * 40], facts("one"))


def test_another_language_or_version_does_not_see_them(tmp_path: Path) -> None:
    with FactStore.open(tmp_path) as store:
        store.put_many("toy", "1", {"a": facts("one")})
        assert store.get_many("toy", "2", ["a"]) == {}
        assert store.get_many("yot", "1", ["a"]) == {}
    assert extractor_digest("a", "bc") != extractor_digest("ab", "c")


def test_more_keys_than_one_statement_may_have(tmp_path: Path) -> None:
    fill(tmp_path, 2_100)
    assert names(tmp_path, 2_100) == (2_100, [])


def test_other_stages_keep_bytes_by_kind_and_key(tmp_path: Path) -> None:
    with FactStore.open(tmp_path) as store:
        store.put_blob("linked", "k", b"old")
        store.put_blob("linked", "k", b"new")
        assert store.get_blob("linked", "k") == b"new"
        assert store.get_blob("other", "k") is None


def test_without_a_folder_everything_is_in_memory() -> None:
    with FactStore.open(None) as store:
        store.put_many("toy", "1", {"a": facts("one")})
        assert same(store.get_many("toy", "1", ["a"])["a"], facts("one"))
        assert store.stats()["entries"] == 1
        assert store.stats()["path"] == ""
        assert store.notes == []


def test_clear_empties_and_stats_count(tmp_path: Path) -> None:
    fill(tmp_path)
    with FactStore.open(tmp_path) as store:
        before = store.stats()
        assert before["entries"] == 200
        assert before["path"] == str(file_of(tmp_path))
        assert store.clear() == before["bytes"]
        after = store.stats()
        assert (after["entries"], after["bytes"]) == (0, 0)
        assert int(after["file_bytes"]) <= 5 * 4096 < int(before["file_bytes"])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[: len(content) // 2], id="truncated"),
        pytest.param(lambda content: content[:50], id="header only"),
        pytest.param(lambda content: b"garbage" * 1_000, id="garbage"),
        pytest.param(
            lambda content: content.replace(
                b"CREATE TABLE entries", b"CREATE T\xecBLE \xec\xecxxxxx"
            ),
            id="schema that is not UTF-8",
        ),
        pytest.param(lambda content: content[:4096] + bytes(len(content) - 4096), id="zeroed"),
    ],
)
def test_a_damaged_file_is_built_anew(tmp_path: Path, damage: object) -> None:
    fill(tmp_path)
    path = file_of(tmp_path)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    found, notes = names(tmp_path)
    assert found < 200
    if path.read_bytes()[:6] == b"SQLite" and found == 0 and not notes:
        # Nothing is there to tell an emptied file from a new one.
        assert damage(b"x" * 8192) == b""  # type: ignore[operator]
    fill(tmp_path)
    assert names(tmp_path) == (200, [])


def test_flipped_bits_never_come_out_as_facts(tmp_path: Path) -> None:
    fill(tmp_path)
    path = file_of(tmp_path)
    whole = path.read_bytes()
    rng = random.Random(3)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 30)):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        names(tmp_path)  # looks at every value that comes out
        with FactStore.open(tmp_path) as store:
            store.put_many("toy", "1", {"new": facts("new")})
            assert same(store.get_many("toy", "1", ["new"])["new"], facts("new"))


def test_a_flipped_bit_in_one_value_costs_that_value_only(tmp_path: Path) -> None:
    fill(tmp_path)
    with sqlite3.connect(file_of(tmp_path)) as db:
        (value,) = db.execute("SELECT value FROM entries WHERE key = ?", ("0" * 40,)).fetchone()
        wrong = value[:-1] + bytes([value[-1] ^ 1])
        db.execute("UPDATE entries SET value = ? WHERE key = ?", (wrong, "0" * 40))
    db.close()
    found, notes = names(tmp_path)
    assert (found, notes) == (199, ["damaged entries of the cache, made anew: 1"])


def test_a_file_of_another_layout_is_built_anew(tmp_path: Path) -> None:
    file_of(tmp_path).parent.mkdir()
    with sqlite3.connect(file_of(tmp_path)) as db:
        db.execute("CREATE TABLE entries (something TEXT)")
    db.close()
    fill_notes = names(tmp_path)[1]
    assert fill_notes == [f"the cache {file_of(tmp_path)} is of another version: it is built anew"]
    fill(tmp_path)
    assert names(tmp_path) == (200, [])


def test_a_table_that_lacks_our_columns_is_built_anew(tmp_path: Path) -> None:
    fill(tmp_path)
    with sqlite3.connect(file_of(tmp_path)) as db:
        db.execute("ALTER TABLE entries DROP COLUMN checksum")
    db.close()
    assert names(tmp_path)[1] == [f"the cache {file_of(tmp_path)} was damaged: it is built anew"]
    fill(tmp_path)
    assert names(tmp_path) == (200, [])


def test_a_file_rebuilt_by_another_process_is_found_again(tmp_path: Path) -> None:
    fill(tmp_path)
    with FactStore.open(tmp_path) as ours:
        path = file_of(tmp_path)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        fill(tmp_path, 10)
        ours.put_many("toy", "1", {"late": facts("late")})
        assert ours.notes == []
    with FactStore.open(tmp_path) as store:
        assert "late" in store.get_many("toy", "1", ["late"])


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).symlink_to(precious)
    fill(tmp_path)
    assert precious.read_text() == "mine"
    assert not file_of(tmp_path).is_symlink()


def works_in_memory(store: FactStore) -> None:
    store.put_many("toy", "1", {"a": facts("one")})
    assert same(store.get_many("toy", "1", ["a"])["a"], facts("one"))


def test_a_folder_that_cannot_be_made_leaves_the_memory(tmp_path: Path) -> None:
    (tmp_path / "blastradius").write_text("a file is in the way")
    with FactStore.open(tmp_path) as store:
        works_in_memory(store)
        assert len(store.notes) == 1
        assert "cannot be used (File exists)" in store.notes[0]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_leaves_what_is_there_readable(small_disk: Path) -> None:
    rng = random.Random(1)
    with FactStore.open(small_disk) as store:
        store.put_blob("small", "first", b"first")
        for number in range(20):
            store.put_blob("big", str(number), rng.randbytes(50_000))
        assert len(store.notes) == 1
        assert "cannot be written" in store.notes[0]
        assert store.get_blob("small", "first") == b"first"
        assert len(store.get_blob("big", "19") or b"") == 50_000


def test_a_disk_full_from_the_start(small_disk: Path) -> None:
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with FactStore.open(small_disk) as store:
        works_in_memory(store)
        assert len(store.notes) == 1


def test_a_read_only_disk(small_disk: Path) -> None:
    fill(small_disk, 3)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with FactStore.open(small_disk) as store:
        works_in_memory(store)
        assert len(store.notes) == 1
        assert "(" in store.notes[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with FactStore.open(tmp_path) as store:
        works_in_memory(store)
        assert len(store.notes) == 1


def test_a_file_busy_for_too_long_costs_the_new_entries_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 3)
    monkeypatch.setattr("blastradius.index.database._BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(file_of(tmp_path), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with FactStore.open(tmp_path) as store:
        works_in_memory(store)
        assert len(store.get_many("toy", "1", ["0" * 40])) == 1
        assert len(store.notes) == 1
        assert "busy" in store.notes[0]
    holder.close()
    assert names(tmp_path, 3) == (3, [])


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    day = 86_400.0

    def at(days: int) -> FactStore:
        return FactStore(file_of(tmp_path), max_bytes=400_000, clock=lambda: days * day)

    rng = random.Random(2)
    with at(1) as store:
        for key in ("a", "b", "c"):
            store.put_blob("x", key, rng.randbytes(100_000))
    with at(2) as store:
        assert store.get_blob("x", "a") is not None
    with at(3) as store:
        store.put_blob("x", "d", rng.randbytes(100_000))
    with at(4) as store:
        kept = {key for key in "abcd" if store.get_blob("x", key) is not None}
        assert kept == {"a", "c", "d"}
        assert int(store.stats()["file_bytes"]) <= 400_000


def _writer(folder: str, number: int) -> None:
    for turn in range(15):
        with FactStore.open(Path(folder)) as store:
            key = f"{number}-{turn}"
            store.put_many("toy", "1", {key: facts(key), "shared": facts("shared")})
            found = store.get_many("toy", "1", [key, "shared"])
            if store.notes or len(found) != 2:
                os._exit(7)


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_writer, args=(str(tmp_path), n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 4
    with FactStore.open(tmp_path) as store:
        assert store.stats()["entries"] == 4 * 15 + 1


def test_packed_facts_that_are_damaged_unpack_to_none() -> None:
    packed = pack(Facts("failed", problems=(Problem(1, "x"),)))
    assert unpack(packed) is not None
    assert unpack(packed[:-2]) is None
    assert unpack(b"") is None
    assert unpack(pack(facts("a"))[:-4] + b"zzzz") is None
