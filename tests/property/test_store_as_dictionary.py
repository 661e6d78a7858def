"""The cache is a dictionary that may forget, and never lies."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from blastradius.index.store import FactStore

KINDS = st.sampled_from(["linked", "other"])
KEYS = st.sampled_from(["a", "b", "ü", ""])


class ForgetfulDictionary(RuleBasedStateMachine):
    """Two stores on one file, as two processes would have; damage between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "blastradius" / "facts.db"
        self.stores = [FactStore.open(self.folder.name) for _ in range(2)]
        self.model: dict[tuple[str, str], bytes] = {}
        self.damaged = False

    @rule(who=st.integers(0, 1), kind=KINDS, key=KEYS, value=st.binary(max_size=9_000))
    def put(self, who: int, kind: str, key: str, value: bytes) -> None:
        self.stores[who].put_blob(kind, key, value)
        self.model[kind, key] = value

    @rule(who=st.integers(0, 1), kind=KINDS, key=KEYS)
    def get(self, who: int, kind: str, key: str) -> None:
        value = self.stores[who].get_blob(kind, key)
        if self.damaged:
            assert value in {None, self.model.get((kind, key))}
        else:
            assert value == self.model.get((kind, key))

    @rule(who=st.integers(0, 1))
    def reopen(self, who: int) -> None:
        self.stores[who].close()
        self.stores[who] = FactStore.open(self.folder.name)

    @rule(who=st.integers(0, 1))
    def clear(self, who: int) -> None:
        self.stores[who].clear()
        if not self.damaged:
            self.model.clear()

    @rule(seed=st.integers(0, 2**32))
    def damage(self, seed: int) -> None:
        """Flip bytes while nobody has the file open; forget what may be forgotten."""
        for store in self.stores:
            store.close()
        content = bytearray(self.path.read_bytes())
        rng = random.Random(seed)
        for _ in range(rng.randrange(1, 20)):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        self.path.write_bytes(content)
        self.damaged = True
        self.stores = [FactStore.open(self.folder.name) for _ in range(2)]

    @invariant()
    def counts(self) -> None:
        if not self.damaged:
            assert self.stores[0].stats()["entries"] == len(self.model)
            assert self.stores[0].notes == []

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.folder.cleanup()


ForgetfulDictionary.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None
)
TestForgetfulDictionary = ForgetfulDictionary.TestCase
