"""What the user has not committed: kept before anything is touched.

The undo refuses to overwrite any of it; this is for the case that something else goes wrong. Git's
objects can be read by whoever reads the repository, so files that may hold secrets go to the encrypted
store.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import msgspec

from blastradius.adapters.code.state import content_on_disk
from blastradius.git.capture import capture
from blastradius.git.openat import WorkFolder
from blastradius.git.paths import decode_path, encode_path
from blastradius.git.run import checked
from blastradius.git.snapshots import keep
from blastradius.model.plan import Step
from blastradius.model.source import display_path
from blastradius.world import World

_LARGE = 64 * 2**20
_SECRET = re.compile(
    r"(?:^|/)(?:\.env(?:\.[^/]*)?|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|tfvars|tfstate)|id_[a-z0-9]+"
    r"|\.(?:netrc|npmrc|pypirc|pgpass|htpasswd)|[^/]*(?:secret|credential|password)[^/]*)$",
    re.IGNORECASE,
)


def keep_work(step: Step, world: World) -> tuple[dict[str, str], tuple[str, ...]]:
    """Keep HEAD, index, and work tree; return what holds them, and what was left out.

    Untracked files above 64 MiB are left out and named: the undo does not touch them.

    Raises:
        CheckpointError: a file cannot be read, or the repository cannot be written.
    """
    untracked = dict(_untracked(world))
    large = [path for path, size in untracked.items() if size > _LARGE]
    secret = [path for path in untracked if path not in large and _SECRET.search(path)]
    commit = capture(world.repo, world.tick, apart=(*large, *secret)).snapshot.commit
    keep(world.repo, f"refs/blastradius/runs/{world.run}/{step.id}-work", commit, world.tick)
    kept = {"work": commit}
    if secret:
        kept["secrets"] = _encrypted(secret, world)
    return kept, tuple(
        f"{display_path(path)} is not in the checkpoint: it is not committed, and large"
        for path in large
    )


def _encrypted(paths: list[str], world: World) -> str:
    """Keep files in the encrypted store and return the id."""
    assert world.repo.work_tree is not None  # noqa: S101 - that is where they are
    folder = WorkFolder(world.repo.work_tree, world.tick)
    found = {encode_path(path): content_on_disk(folder, path) for path in paths}
    return world.store.put(msgspec.msgpack.encode(found))


def _untracked(world: World) -> Iterator[tuple[str, int]]:
    """Yield path and size of each file that is neither tracked nor ignored."""
    folder = world.repo.work_tree
    if folder is None:
        return
    place = ("-C", str(folder), f"--git-dir={world.repo.git_dir}", f"--work-tree={folder}")
    args = ("ls-files", "--others", "--exclude-standard", "-z")
    for raw in checked(place, args).out.split(b"\0")[:-1]:
        path = decode_path(raw)
        try:
            size = os.lstat(os.path.join(os.fsencode(folder), raw)).st_size  # noqa: PTH118 - bytes
        except OSError:
            continue
        if not raw.endswith(b"/"):
            yield path, size
