"""What a step of this adapter says: which database, whose migrations, and what is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from blastradius.adapters.database.places import Place
from blastradius.errors import DriftError
from blastradius.languages.secrets import struck
from blastradius.model.plan import Step
from blastradius.world import World

Way = Literal["sql", "alembic", "django"]
Action = Literal["down", "inverse", "bare"]


class Part(Struct, frozen=True):
    """What is undone of one history of migrations.

    Attributes:
        way: ``sql``: statements of ours, or of the tool's files; else the tool's code on a scratch
            copy, whose statements are then run here.
        action: ``down``: the tool's own way back. ``inverse``: a new migration is applied. ``bare``:
            what such a migration would do, without it: for a way back that is not true.
        folder: of the migrations.
        tree: the commit whose files the tool's code is taken from.
        undone: ids of the migrations that are undone, oldest first; Django's are ``app.name``.
        new: the id of the new migration.
        statements: run for ``sql``; for the others: run after the tool's own, for the version table.
        again: for ``sql``: what did it at first, to show that it can be done again from there.
        files: path → text of files that stand beside those of ``tree``.
        table: Alembic's version table, where the project gave it a name.
        settings: Django's settings module.
        root: the folder that imports start from.
    """

    way: Way
    action: Action
    folder: str = ""
    tree: str = ""
    undone: tuple[str, ...] = ()
    new: str = ""
    statements: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    files: dict[str, str] = {}
    table: str = ""
    settings: str = ""
    root: str = ""


class Args(Struct, frozen=True):
    """A step's arguments: a database is one step, whatever tools keep their tables in it.

    Attributes:
        name: the database, as the user named it.
        where: the variable that holds its URL, or a ``sqlite:///`` URL.
        url: digest of the URL that was planned for.
        parts: what is undone, in the order in which it is run.
    """

    name: str
    where: str
    url: str
    parts: tuple[Part, ...]

    @property
    def place(self) -> Place:
        """Where the database is."""
        return Place(self.name, self.where)

    @property
    def undone(self) -> tuple[str, ...]:
        """The ids of all that is undone."""
        return tuple(one for part in self.parts for one in part.undone)


_SEALED = "store:"


def sealed(part: Part, world: World) -> Part:
    """Return the part with each text that holds a secret put into the encrypted store, its id instead.

    Raises:
        CheckpointError: the store cannot be written.
    """

    def of(text: str) -> str:
        if struck(text) == text:
            return text
        return f"{_SEALED}{world.store.put(text.encode('utf-8', 'surrogateescape'))}"

    return _mapped(part, of)


def revealed(args: Args, world: World) -> Args:
    """Return the arguments with the texts that `sealed` put away.

    Raises:
        CheckpointError: one is missing or damaged.
    """

    def of(text: str) -> str:
        if not text.startswith(_SEALED):
            return text
        return world.store.get(text.removeprefix(_SEALED)).decode("utf-8", "surrogateescape")

    return replace(args, parts=tuple(_mapped(part, of) for part in args.parts))


def _mapped(part: Part, of: Callable[[str], str]) -> Part:
    return replace(
        part,
        statements=tuple(map(of, part.statements)),
        again=tuple(map(of, part.again)),
        files={path: of(text) for path, text in part.files.items()},
    )


def args_of(step: Step) -> Args:
    """Return the arguments of a step.

    Raises:
        DriftError: the plan was made by another version.
    """
    try:
        return msgspec.convert(step.args, Args)
    except msgspec.ValidationError as error:
        raise DriftError(
            f"step {step.id} cannot be read: {error}", "make the plan again with this version"
        ) from None


def place_of(step: Step, world: World) -> Place:
    """Return where a step's database is.

    Raises:
        DriftError: its variable names another database than the one that was planned for.
        StoppedError: the variable is not set.
    """
    args = args_of(step)
    if args.place.digest(world) != args.url:
        raise DriftError(
            f"database {args.name}: {args.where} names another database than the one planned for",
            "set it as it was, or make the plan again",
        )
    return args.place
