"""What an undoing breaks through the bridges' edges: items of lists are what they say, not their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blastradius.changes.breaks import Dangling, left_without, restored_without
from blastradius.changes.origins import surviving_lines
from tests.linkedtree import Texts, snapshot_of

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  volumes:
{volumes}  containers:
    - name: m
      volumeMounts:
        - name: certs
"""


def pod(*volumes: str) -> Texts:
    return {"k.yaml": POD.format(volumes="".join(f"    - name: {one}\n" for one in volumes))}


def lines(old: Texts, new: Texts) -> Callable[[str], Mapping[int, int]]:
    return lambda path: surviving_lines(old[path].encode(), new[path].encode())


def left(head: Texts, reverted: Texts) -> list[Dangling]:
    changed = {path for path in head if head[path] != reverted[path]}
    return left_without(snapshot_of(head), snapshot_of(reverted), changed, lines(head, reverted))


def test_an_item_that_only_moves_breaks_nothing() -> None:
    assert left(pod("first", "certs"), pod("certs")) == []


def test_an_item_that_goes_breaks_its_users_although_another_takes_its_number() -> None:
    found = left(pod("certs", "other"), pod("other"))
    assert {(one.line, one.tier) for one in found} == {(12, "certain")}


def test_old_text_that_comes_back_finds_an_item_that_moved() -> None:
    base, head = pod("certs"), pod("first", "certs")
    without = {"k.yaml": head["k.yaml"].replace("        - name: certs\n", "        - name: x\n")}
    back = {"k.yaml": head["k.yaml"]}
    found = restored_without(
        snapshot_of(base),
        snapshot_of(without),
        snapshot_of(back),
        {"k.yaml"},
        (lines(base, back), lines(without, back)),
    )
    assert found == []


def test_a_job_that_is_needed_cannot_go_alone() -> None:
    path = ".github/workflows/ci.yml"
    job = "  build:\n    steps: []\n"
    rest = "  ship:\n    needs: [build]\n    steps: []\n"
    found = left({path: f"jobs:\n{job}{rest}"}, {path: f"jobs:\n{rest}"})
    assert {(one.path, one.needs, one.tier) for one in found} >= {
        (path, f"yaml:{path}#jobs.build", "certain")
    }


def test_a_glob_does_not_hold_its_files() -> None:
    head = {"run.py": 'A = glob("sql/*.sql")\n', "sql/a.sql": "SELECT 1 AS x\n", "sql/b.sql": ""}
    reverted = {path: text for path, text in head.items() if path != "sql/b.sql"}
    found = left_without(snapshot_of(head), snapshot_of(reverted), {"sql/b.sql"}, lambda _path: {})
    assert {one.tier for one in found} <= {"heuristic"}
