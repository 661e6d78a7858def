"""What may be a secret in a dbt project is in nothing that is remembered between runs."""

from __future__ import annotations

from blastradius.index.link import Options, link
from tests.linkedtree import files_of

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PASSWORD = "hunter2-and-more"  # noqa: S105 - the input of this test
TREE = {
    "dbt_project.yml": f"name: shop\nprofile: shop\nvars:\n  api_key: {PASSWORD}\n",
    "macros/call.sql": "{% macro call() %}select '" + TOKEN + "' as t{% endmacro %}",
    "models/a.sql": "select '" + TOKEN + "' as t, '{{ var('api_key') }}' as k",
    "models/b.sql": "{{ call() }}",
    "models/a.yml": f"models:\n  - name: a\n    meta:\n      password: {PASSWORD}\n"
    f"    description: see https://me:{PASSWORD}@host/x\n",
}


class Memory:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.kept[kind, key] = value


def test_no_secret_is_remembered() -> None:
    memory = Memory()
    source = {path: text.encode() for path, text in TREE.items()}.get
    options = Options(paths=frozenset(TREE), source=source, content=lambda path: path, memo=memory)
    first = link(files_of(TREE), options)
    assert {kind.partition("-")[0] for kind, _ in memory.kept} >= {"dbt"}
    for packed in memory.kept.values():
        assert TOKEN.encode() not in packed
        assert PASSWORD.encode() not in packed
    assert link(files_of(TREE), options) == first
