"""What a step of this adapter carries, and what is known of a builder."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from blastradius.model.analysis import Evidence

DOMAIN = "artifacts"
STAGED = "staged"
"""Below the run's folder: what a step of this adapter builds and will put in place."""


class Command(Struct, frozen=True):
    """A program to run in a folder of the exported tree: ``root`` is that folder, empty for the top."""

    root: str
    program: str
    arguments: tuple[str, ...]


class Output(Struct, frozen=True):
    """A folder that a builder writes.

    Attributes:
        path: relative to the repository's root.
        empties: the builder removes what else lies there, as Vite does by default; the folder is
            wholly its own. Else it writes among what is there, and leaves older files.
        optional: a clean build may leave nothing there: then nothing is what belongs there.
    """

    path: str
    empties: bool
    optional: bool = False


class Builder(Struct, frozen=True):
    """What builds what, as the text of the tree says.

    Attributes:
        tool: vite, next, python, make.
        root: the folder that it is configured in, empty for the repository's own.
        commands: what a clean build runs, in order, the builds that it needs first; empty where none
            of ours could.
        outputs: see `Output`.
        inputs: folders below which a change counts, `root` among them.
        evidence: where it stands.
        preview: the words that run, as the project wrote them.
        why_not: why it is not built here, empty where it is.
        by_hand: what a person would do then.
    """

    tool: str
    root: str
    commands: tuple[Command, ...]
    outputs: tuple[Output, ...]
    inputs: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    preview: str = ""
    why_not: str = ""
    by_hand: str = ""


class Modules(Struct, frozen=True):
    """Where a build's installed packages come from.

    Attributes:
        folders: ``node_modules`` of the work tree that are taken over; their lock file is that of the
            tree.
        install: else the command that installs what the lock file says, running no script.
    """

    folders: tuple[str, ...] = ()
    install: Command | None = None


class Args(Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of a step.

    Attributes:
        path: the output folder, relative to the repository's root.
        tree: the tree that it shall be built from.
        way: bring back what a checkpoint of that tree keeps, or build.
        source: the store's object, for ``restore``.
        root: the builder's folder.
        commands: see `Builder`.
        modules: see `Modules`.
        env_files: untracked files of the work tree that the build reads, such as ``.env.local``.
        epoch: SOURCE_DATE_EPOCH, seconds.
        since: when the range began, seconds: what is older is nobody's orphan.
        outputs: all outputs of the builder, by which two builds are compared.
        empties: see `Output`.
        optional: see `Output`.
        tracked: paths in the folder that git holds in ``tree``: they stay.
        remove_orphans: what a clean build does not write goes, even where the builder leaves it.
    """

    path: str
    tree: str
    way: Literal["restore", "rebuild"]
    source: str = ""
    root: str = ""
    commands: tuple[Command, ...] = ()
    modules: Modules = Modules()
    env_files: tuple[str, ...] = ()
    epoch: int = 0
    since: int = 0
    outputs: tuple[str, ...] = ()
    empties: bool = True
    optional: bool = False
    tracked: tuple[str, ...] = ()
    remove_orphans: bool = False
