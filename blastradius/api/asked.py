"""The tree that a question is about: a commit's, the work tree's, or a plain folder's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from blastradius.api.coverage import coverage_of, problems_of
from blastradius.api.workspace import Services, Workspace, own_config, read_inside
from blastradius.bridges.base import FileView
from blastradius.config import Config, load_config
from blastradius.errors import RangeError, RepositoryError, UsageError
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.index.extract import extract
from blastradius.index.folder import Folder
from blastradius.index.link import Options, link
from blastradius.index.snapshot import Snapshot
from blastradius.index.store import FactStore
from blastradius.languages.base import Language
from blastradius.languages.registry import claim
from blastradius.model.analysis import Coverage, FileProblem
from blastradius.model.questions import FOLDER
from blastradius.model.source import WORKTREE

_REGULAR = frozenset({"100644", "100755"})
_END = "--end-of-options"


class Tree(Struct, frozen=True):
    """A tree that can be asked.

    Attributes:
        at: what the answer calls it: a commit's id, ``worktree`` or ``folder``.
        snapshot: its files and its graph.
        read: path → content of a file of the tree, None where there is none to read.
        left_out: (path, why) of what was not read.
        config: the settings that it was read with.
    """

    at: str
    snapshot: Snapshot
    read: Callable[[str], bytes | None]
    left_out: Callable[[], list[tuple[str, str]]]
    config: Config

    def problems(self) -> tuple[FileProblem, ...]:
        """Return what could not be understood, and what was not read."""
        return problems_of(self.snapshot, self.left_out())

    def coverage(self) -> Coverage:
        """Return what an answer from this tree rests on."""
        return coverage_of(self.snapshot)


@contextmanager
def tree_asked(
    place: str | Path,
    *,
    at: str | None = None,
    worktree: bool = False,
    whole: bool = True,
    config: Config | None = None,
    services: Services,
) -> Iterator[Tree]:
    """Give the tree at ``place``.

    Args:
        place: a repository, a folder of one, or a plain folder.
        at: a revision; None for HEAD.
        worktree: what is on disk now, untracked files that are not ignored included.
        whole: the whole repository around ``place``; else the folder alone, as a tree of its own.
        config: replaces the repository's or folder's own configuration.
        services: progress, warnings, processes, cache.

    Raises:
        RepositoryError: nothing is there, or it cannot be read.
        RangeError: there is no such revision, or no work tree.
        UsageError: ``at`` and ``worktree`` together, or either for a folder without git.
        ConfigError: the configuration has a mistake.
    """
    if at is not None and worktree:
        raise UsageError("--at and --worktree exclude each other", "give one of them")
    repository = _repository(place)
    inside = "" if whole or repository is None else _below(repository, Path(place))
    if repository is not None:
        settings = config or own_config(repository, services.warn)
        told = _as_configured(services, settings)
        with Workspace.open(repository, settings, told) as workspace:
            found = _asked_of_git(workspace, at, inside, worktree=worktree)
            if found is not None:
                yield found
                return
    if at is not None or worktree:
        option = "--worktree" if worktree else f"--at {at}"
        raise UsageError(f"{option}: git does not know {place}", f"leave {option} out")
    yield _plain(Path(place), config, services)


def _as_configured(services: Services, settings: Config) -> Services:
    """Return the services with what the call leaves open as the configuration has it."""
    return services._replace(
        jobs=services.jobs or settings.jobs, cache=services.cache and settings.cache
    )


def _repository(place: str | Path) -> Repository | None:
    """Return the repository around ``place``, None for a plain folder."""
    try:
        return Repository.open(place)
    except RepositoryError as error:
        if Path(place).is_dir() and error.what.endswith("is not a git repository"):
            return None
        raise


def _below(repository: Repository, folder: Path) -> str:
    """Return the path of ``folder`` within its work tree, empty for the root."""
    if repository.work_tree is None:
        return ""
    inside = folder.resolve().relative_to(repository.work_tree.resolve()).as_posix()
    return "" if inside == "." else inside


def _asked_of_git(
    workspace: Workspace, at: str | None, inside: str, *, worktree: bool
) -> Tree | None:
    """Return the tree, None when git knows nothing of the folder and no revision was asked for."""
    repository = workspace.repository
    if at is None and repository.head() is None and repository.work_tree is not None:
        worktree = True  # before the first commit there is nothing else to look at
    if worktree:
        label = WORKTREE
        treeish = resolve_range(repository, worktree=True, scratch=workspace.scratch).head
    else:
        label = treeish = _commit(repository, "HEAD" if at is None else at)
    if inside:
        found = workspace.scratch.view.invoke(
            "rev-parse", "--verify", "--quiet", _END, f"{treeish}:{inside}"
        )
        if found.code != 0:
            if at is not None:
                raise RangeError(f"there is no {inside} in {at}", "name another folder or revision")
            return None
        treeish = found.out.decode().strip()
    snapshot = workspace.snapshot(treeish, "reading")

    def read(path: str) -> bytes | None:
        entry = snapshot.tree.get(path)
        return workspace.read(entry.oid) if entry and entry.mode in _REGULAR else None

    return Tree(label, snapshot, read, lambda: workspace.left_out(snapshot.tree), workspace.config)


def _commit(repository: Repository, revision: str) -> str:
    """Return the id of the one commit that ``revision`` names.

    Raises:
        RangeError: it names none.
    """
    if "\0" in revision:
        raise RangeError("a revision holds no NUL", "name one commit with --at")
    if not revision.startswith("^"):
        finished = repository.invoke(
            "rev-parse", "--verify", "--quiet", _END, f"{revision}^{{commit}}"
        )
        if finished.code == 0:
            return finished.out.decode().strip()
    span = resolve_range(repository, revision)  # says what is wrong with it
    raise RangeError(f"{span.label!r} is a range, not a revision", "name one commit with --at")


def _plain(root: Path, config: Config | None, services: Services) -> Tree:
    """Return a folder that git knows nothing of; its facts are kept nowhere."""
    settings = config or load_config(lambda name: read_inside(root, name), services.warn)
    folder = Folder(root, settings.max_file_bytes)
    languages = {
        path: language
        for path, entry in folder.tree.items()
        if entry.mode in _REGULAR
        and not _excluded(path, settings)
        and (language := claim(path)) is not None
    }
    files = _facts(folder, languages, settings, _as_configured(services, settings))

    def source(path: str) -> bytes | None:
        entry = folder.tree.get(path)
        readable = entry is not None and entry.mode in _REGULAR and not _excluded(path, settings)
        return folder.read(entry.oid) if entry is not None and readable else None

    def left_out() -> list[tuple[str, str]]:
        skipped = [(path, folder.skipped.get(folder.tree[path].oid, "")) for path in languages]
        found = [*folder.passed_over.items(), *((path, why) for path, why in skipped if why)]
        return sorted(found)

    paths = frozenset(folder.tree)
    options = Options(settings.source_roots, settings.sql_dialect, paths, source)
    snapshot = Snapshot(folder.tree, files, lambda: link(files, options))
    return Tree(FOLDER, snapshot, source, left_out, settings)


def _facts(
    folder: Folder, languages: Mapping[str, Language], settings: Config, services: Services
) -> dict[str, FileView]:
    wanted = {(folder.tree[path].oid, one.NAME): one for path, one in languages.items()}
    tell = services.progress
    with FactStore(None) as store:
        facts = extract(
            wanted,
            folder.read_many,
            store,
            jobs=services.jobs,
            dialect=settings.sql_dialect,
            progress=None if tell is None else lambda done, of: tell("reading", done, of),
        )
    return {
        path: FileView(language, facts[key])
        for path, language in languages.items()
        if (key := (folder.tree[path].oid, language.NAME)) in facts
    }


def _excluded(path: str, settings: Config) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in settings.exclude)
