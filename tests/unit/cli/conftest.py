from __future__ import annotations

import sys

import pytest

import blastradius
from tests.fakeapi import FakeApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setitem(sys.modules, "blastradius.api", fake)
    monkeypatch.setattr(blastradius, "api", fake, raising=False)
    return fake
