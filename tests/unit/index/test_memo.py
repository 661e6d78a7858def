from __future__ import annotations

from pathlib import Path

from blastradius.index.memo import StoredMemo
from blastradius.index.store import FactStore


def test_a_value_is_there_at_once_and_after_a_flush_in_the_next_run(tmp_path: Path) -> None:
    with FactStore.open(tmp_path) as store:
        memo = StoredMemo(store)
        memo.put("render", "a", b"one")
        assert memo.get("render", "a") == b"one"
        assert memo.get("other kind", "a") is None
        memo.flush()
    with FactStore.open(tmp_path) as store:
        assert StoredMemo(store).get("render", "a") == b"one"


def test_what_was_not_flushed_is_forgotten(tmp_path: Path) -> None:
    with FactStore.open(tmp_path) as store:
        StoredMemo(store).put("render", "a", b"one")
    with FactStore.open(tmp_path) as store:
        assert StoredMemo(store).get("render", "a") is None


def test_many_values_are_written_on_the_way(tmp_path: Path) -> None:
    with FactStore.open(tmp_path) as store:
        memo = StoredMemo(store)
        for number in range(600):
            memo.put("render", str(number), b"%d" % number)
        memo.flush()
    with FactStore.open(tmp_path) as store:
        memo = StoredMemo(store)
        assert [memo.get("render", str(number)) for number in (0, 255, 256, 599)] == [
            b"0",
            b"255",
            b"256",
            b"599",
        ]
