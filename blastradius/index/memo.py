"""Results of linking, remembered between runs in the store of facts."""

from __future__ import annotations

from blastradius.index.store import FactStore

_AT_ONCE = 256


class StoredMemo:
    """A `languages.base.Memo` over a store; what is put is written in batches.

    Args:
        store: where the values are kept; it must outlive the memo's last `flush`.
    """

    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._waiting: dict[str, dict[str, bytes]] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        """Return what was put in this run or in one before, or None."""
        value = self._waiting.get(kind, {}).get(key)
        return self._store.get_blob(kind, key) if value is None else value

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Keep ``value``; it is on disk after 256 of its kind, or with the next `flush`."""
        waiting = self._waiting.setdefault(kind, {})
        waiting[key] = value
        if len(waiting) >= _AT_ONCE:
            self._store.put_blobs(kind, self._waiting.pop(kind))

    def flush(self) -> None:
        """Write what waits."""
        for kind in sorted(self._waiting):
            self._store.put_blobs(kind, self._waiting[kind])
        self._waiting.clear()
