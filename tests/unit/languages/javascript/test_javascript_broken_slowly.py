from __future__ import annotations

import pytest

from blastradius.languages import javascript
from blastradius.languages.javascript import parse


def test_a_text_whose_errors_take_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_SECONDS", 0.0)
    facts = javascript.extract(b"f(" + b"await a\n" * 20_000)
    assert [one.what for one in facts.problems] == [
        "its errors take too long to get over: not read"
    ]
    # The parser that was stopped reads the next text as ever.
    monkeypatch.setattr(parse, "_SECONDS", 60.0)
    assert "a" in [one.name for one in javascript.extract(b"export const a = 1;\n").definitions]
