"""Decorators that only tell a test runner something change nothing for callers."""

from __future__ import annotations

import pytest

from blastradius.changes.categorize import categorize
from blastradius.model.facts import Definition


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        (
            '@pytest.mark.parametrize("a", [1])',
            '@pytest.mark.parametrize("a", [1, (2)])',
            "compatible",
        ),
        ("", "@unittest.skip('slow')", "compatible"),
        ("", "@cached(3)", "breaking"),
        ("@cached(3)", "@cached(4)", "breaking"),
    ],
)
def test_marks_are_no_part_of_the_interface(before: str, after: str, severity: str) -> None:
    heads = [f"{one} " if one else "" for one in (before, after)]
    old, new = (Definition("t", "function", 1, 2, 0, f"{head}def(a)") for head in heads)
    verdict = categorize(old, new, [new])
    assert verdict is not None
    assert verdict[1] == severity
