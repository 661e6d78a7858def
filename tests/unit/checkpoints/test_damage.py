"""A checkpoint that is damaged, edited, expired or not whole is refused before anything is touched."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from blastradius import checkpoints
from blastradius.checkpoints import records
from blastradius.checkpoints.pruning import Which
from blastradius.checkpoints.taking import Wanted
from blastradius.errors import (
    CheckpointError,
)
from blastradius.model.checkpoint import Checkpoint
from tests.gitworld import GitWorld
from tests.keeping import (
    ALL,
    APPLY,
    TickingWorld,
    spoilt,
    state_of,
)

EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_every_byte_of_a_checkpoint_counts(git: GitWorld, world: TickingWorld) -> None:
    one = checkpoints.create(world, Wanted(files=(".env",), folders=("dist",)))
    assert one.code is not None
    owned = sorted((git.path / ".git/blastradius").rglob("*.json"))
    owned += [one for one in (git.path / ".git/blastradius/store").rglob("*") if one.is_file()]
    # All below the private commit, the objects of git's own commits left out: those are git's.
    listed = git.git("ls-tree", "-r", "-t", "--format=%(objectname)", f"{one.code.commit}^{{tree}}")
    # What is empty git knows without reading it.
    objects = {one.code.commit, *listed.split()} - {world.repo.empty_tree, EMPTY_BLOB}
    owned += [path for oid in sorted(objects) if (path := git.loose_object(oid)).exists()]
    for path in owned:
        raw = path.read_bytes()
        path.chmod(0o600)
        # All of what is ours; of git's objects every third byte: each is a process.
        step = 3 if "objects" in path.parts else 1
        for place in range(0, len(raw), max(step, len(raw) // 40)):
            path.write_bytes(raw[:place] + bytes((raw[place] ^ 0xFF,)) + raw[place + 1 :])
            with pytest.raises(CheckpointError):
                read_whole(world, one)
        path.write_bytes(raw)
    checkpoints.verify(world, one.id)


def read_whole(world: TickingWorld, one: Checkpoint) -> None:
    """Read all of a checkpoint, as verifying does, without writing it out."""
    from blastradius.checkpoints.checking import snapshot_of

    known = records.find(world, one.id)
    for file in known.files:
        world.store.check(file.object)
    for folder in known.folders:
        world.store.check(folder.object)
    snapshot_of(world, known)


@pytest.mark.parametrize("lost", ["record", "ref", "object", "blob"])
def test_what_is_missing_fails_at_once_and_touches_nothing(
    git: GitWorld, world: TickingWorld, lost: str
) -> None:
    one = checkpoints.create(world, ALL)
    assert one.code is not None
    spoilt(git)
    before = state_of(git)
    if lost == "record":
        records.path_of(world, one.id).unlink()
    elif lost == "ref":
        git.git("update-ref", "-d", records.ref_of(one.id))
    elif lost == "object":
        world.store.remove(one.files[0].object)
    else:
        git.loose_object(git.id_of(f"{one.code.commit}:work/n")).unlink()
    for work in (checkpoints.verify, lambda world, oid: checkpoints.restore(world, oid, APPLY)):
        with pytest.raises(CheckpointError) as caught:
            work(world, one.id)
        assert caught.value.exit_code == 5
        assert "\n" not in caught.value.what
    assert state_of(git) == before


def test_an_expired_one_is_refused_and_pruned(
    git: GitWorld, world: TickingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = checkpoints.create(world, Wanted(scopes=("code",), expires=dt.timedelta(days=7)))
    checkpoints.verify(world, one.id)
    monkeypatch.setattr(records, "is_expired", lambda _one: True)
    for work in (checkpoints.verify, lambda world, oid: checkpoints.restore(world, oid, APPLY)):
        with pytest.raises(CheckpointError, match="expired"):
            work(world, one.id)
    assert checkpoints.listed(world).checkpoints[0].state == "expired"
    assert checkpoints.prune(world, Which(), apply=True).removed == (one.id,)


def test_an_edited_record_is_refused_also_with_a_plain_hash_made_anew(world: TickingWorld) -> None:
    one = checkpoints.create(world, Wanted(scopes=("files",), files=(".env",)))
    path = records.path_of(world, one.id)
    value = json.loads(path.read_bytes())
    value["expires"], value["files"][0]["mode"] = None, 0o777
    path.write_text(json.dumps(value, sort_keys=True, indent=1) + "\n")
    with pytest.raises(CheckpointError, match="its record was changed"):
        checkpoints.verify(world, one.id)
    assert checkpoints.listed(world).checkpoints[0].state == "damaged"
