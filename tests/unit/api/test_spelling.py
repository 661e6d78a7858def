from __future__ import annotations

import pytest

from blastradius.api.spelling import called, dotted, last_word
from blastradius.model.questions import Node


@pytest.mark.parametrize(
    ("symbol", "word"),
    [
        ("python:src/a.py#Connector.run", "run"),
        ("python:src/a.py#run(day)", "day"),
        ("python:src/a.py#fetch[hrv_score]", "hrv_score"),
        ("python:src/a.py", "a"),
        ("python:src/pkg/__init__.py", "pkg"),
        ("sql:silver.oura_sleep.hrv_score", "hrv_score"),
        ("sql:macro:latest", "latest"),
        ("yaml:c.yaml#sources[0].fields[2]", "fields"),
        ("yaml:c.yaml#x['a b']", "a b"),
        ("file:docs/a.md", "a.md"),
        ("docs/a.md", "a.md"),
        ("name", "name"),
        ("...", "..."),
    ],
)
def test_the_last_word(symbol: str, word: str) -> None:
    assert last_word(symbol) == word


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("python:src/pkg/a.py#C.run", "src.pkg.a.C.run"),
        ("python:pkg/__init__.py#f", "pkg.f"),
        ("python:pkg/a.pyi", "pkg.a"),
        ("sql:silver.x.y", "silver.x.y"),
        ("yaml:c.yaml#a.b", "a.b"),
    ],
)
def test_the_dotted_name(symbol: str, name: str) -> None:
    assert dotted(symbol) == name


@pytest.mark.parametrize(
    ("kind", "path", "word"),
    [
        ("module", "src/a.py", "a"),
        ("module", "src/pkg/__init__.py", "pkg"),
        ("module", "__init__.py", "__init__"),
        ("file", ".pre-commit-config.yaml", ".pre-commit-config.yaml"),
        ("file", "models/orders.sql.j2", "orders"),
        ("function", "src/a.py", "run"),
    ],
)
def test_the_word_that_a_text_would_use(kind: str, path: str, word: str) -> None:
    assert called(Node("python:src/a.py#run", kind, path, 1)) == word
