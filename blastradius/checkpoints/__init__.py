"""Checkpoints: taken, listed, checked, brought back, thrown away.

The functions here expect that the caller holds the repository's lock (`blastradius.world.lock`)
where they change something.
"""

from blastradius.checkpoints.checking import verify
from blastradius.checkpoints.pruning import prune
from blastradius.checkpoints.records import find, listed
from blastradius.checkpoints.restoring import restore
from blastradius.checkpoints.taking import Schema, Wanted, create

__all__ = ["Schema", "Wanted", "create", "find", "listed", "prune", "restore", "verify"]
