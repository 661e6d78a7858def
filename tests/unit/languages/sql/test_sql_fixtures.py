"""What single texts say: pairs of input and expected lines in `fixtures/sql`.

In the expected lines `t.a` is untouched, `t.a*` transformed, `t.a+` aggregated; `t.a|u.a` is one of
both, `else` what the outer query offers, `?` a name that may be no column at all.
"""

from __future__ import annotations

import pytest

from tests.unit.languages.sql.sql_reading import FIXTURES, Case, cases, told

ALL = [
    pytest.param(case, id=f"{path.stem}: {case.title[:60]}")
    for path in sorted(FIXTURES.glob("*.sql"))
    for case in cases(path.stem)
]


@pytest.mark.parametrize("case", ALL)
def test_a_text_says_what_the_fixture_expects(case: Case) -> None:
    assert told(case.query, case.dialect) == case.expected


def test_every_block_of_a_fixture_is_a_case() -> None:
    assert len(ALL) > 90
    assert all(
        "---" not in case.query for path in FIXTURES.glob("*.sql") for case in cases(path.stem)
    )
