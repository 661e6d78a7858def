"""What goes, and what stays since a run may need it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from blastradius import checkpoints
from blastradius.checkpoints import records
from blastradius.checkpoints.pruning import Which
from blastradius.checkpoints.spans import parse_span
from blastradius.checkpoints.taking import Wanted
from blastradius.errors import (
    UsageError,
)
from tests.keeping import (
    TickingWorld,
)


def journal(world: TickingWorld, name: str, *lines: object) -> None:
    folder = world.home / "runs" / name
    folder.mkdir(parents=True)
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    (folder / "journal.jsonl").write_text(text)


def test_pruning_keeps_what_an_unfinished_run_may_need(world: TickingWorld) -> None:
    ids = [checkpoints.create(world, Wanted(files=(".env",), reason=str(n))).id for n in range(4)]
    kept = world.store.put(b"of a run that ended")
    journal(world, "r1", {"kind": "PLAN"}, {"kind": "CKPT", "data": {"kept": ids[0]}})
    journal(world, "r2", {"kind": "CKPT", "data": {"kept": [ids[1], kept]}}, {"kind": "END"})
    loose = world.store.put(b"nobody's")
    shown = checkpoints.prune(world, Which(keep_last=1), apply=False)
    assert set(shown.removed) == {ids[1], ids[2]}
    assert [(one.id, "not finished" in one.why) for one in shown.kept] == [(ids[0], True)]
    assert len(records.names(world)) == 4
    done = checkpoints.prune(world, Which(keep_last=1), apply=True)
    assert (done.removed, done.refs, done.objects) == (shown.removed, shown.refs, shown.objects)
    assert set(records.names(world)) == {ids[0], ids[3]}
    assert loose not in set(world.store.names())
    assert kept in set(world.store.names())
    checkpoints.verify(world, ids[0])
    checkpoints.verify(world, ids[3])


@pytest.mark.parametrize("line", ["{broken", "[]", "{}"])
def test_a_run_that_cannot_be_read_keeps_everything(world: TickingWorld, line: str) -> None:
    checkpoints.create(world, Wanted(files=(".env",)))
    loose = world.store.put(b"whose?")
    journal(world, "r1", line, {"kind": "END"})
    done = checkpoints.prune(world, Which(keep_last=0), apply=True)
    assert (done.removed, done.refs, done.objects) == ((), (), 0)
    assert "run r1 cannot be read" in done.warnings[0]
    assert loose in set(world.store.names())


def test_pruning_by_age(world: TickingWorld) -> None:
    one = checkpoints.create(world, Wanted(scopes=("code",)))
    assert checkpoints.prune(world, Which(parse_span("1d")), apply=True).removed == ()
    assert checkpoints.prune(world, Which(dt.timedelta()), apply=True).removed == (one.id,)


@pytest.mark.parametrize("text", ["", "7", "0d", "-1d", "1y", "1 d", "999999d"])
def test_no_length_of_time(text: str) -> None:
    with pytest.raises(UsageError, match="no length of time"):
        parse_span(text)


def test_runs_that_ended_long_ago_go_with_what_they_kept(world: TickingWorld) -> None:
    head = world.repo.head() or ""
    kept = {name: world.store.put(name.encode()) for name in ("old", "young", "waits")}
    now = dt.datetime.now(dt.UTC)
    for name, age, end in (("old", 90, "END"), ("young", 1, "END"), ("waits", 90, "INTENT")):
        at = (now - dt.timedelta(days=age)).isoformat()
        journal(world, name, {"kind": "CKPT", "data": kept[name]}, {"kind": end, "at": at})
        world.repo.git("update-ref", f"refs/blastradius/runs/{name}/code-work", head)
    assert checkpoints.prune(world, Which(keep_last=1), apply=False).runs == ()
    assert checkpoints.prune(world, Which(parse_span("30d")), apply=True).runs == ("old",)
    assert {one.name for one in (world.home / "runs").iterdir()} == {"young", "waits"}
    left = world.repo.git("for-each-ref", "--format=%(refname)", "refs/blastradius/runs").decode()
    assert "old" not in left
    assert "young" in left
    assert set(world.store.names()) == {kept["young"], kept["waits"]}
