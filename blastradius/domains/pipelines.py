"""Relations that a pipeline builds: dbt models, seeds, snapshots, SQL that replaces its table."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, sites
from blastradius.domains.documents import get, text_at, whole
from blastradius.model.analysis import Effect, Reversibility
from blastradius.model.source import FileChange

DOMAIN = "pipelines"

_DBT = Kind(DOMAIN, "dbt")
_SQL = Kind(DOMAIN, "sql")
_MATERIALIZED = re.compile(r"\bmaterialized\s*=\s*['\"](\w+)['\"]")
_NOISE = re.compile(r"--[^\n]*|\s+")
_CREATES = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\w*\s+|MATERIALIZED\s+)?(?P<what>TABLE|VIEW)\s+"
    r"(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>[\w.`\"-]+)[^;(]{0,400}?\bAS\b",
    re.IGNORECASE,
)
_Sort = Literal["model", "seed", "snapshot"]
_ENDS: dict[_Sort, tuple[str, ...]] = {
    "model": (".sql", ".py"),
    "seed": (".csv",),
    "snapshot": (".sql", ".yml", ".yaml"),
}
_FOLDERS: dict[_Sort, tuple[str, str]] = {
    "model": ("model-paths", "models"),
    "seed": ("seed-paths", "seeds"),
    "snapshot": ("snapshot-paths", "snapshots"),
}


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each relation whose definition the range changed."""
    roots = _projects(view)
    for change in deployed(view):
        found = _dbt(view, change, roots)
        yield from found if found is not None else _replaced(view, change)


def is_rebuilt(view: ChangeView, path: str, text: str) -> bool:
    """Tell whether a SQL file is a pipeline's: dbt's, or one statement that builds its table."""
    if any(_inside(path, root) for root in _roots(view)):
        return True
    return "{{" in text or _builds(text) is not None


def _builds(text: str) -> re.Match[str] | None:
    """Return the match of the one ``CREATE … AS`` that a file consists of."""
    found = list(_CREATES.finditer(text))[:2]
    return found[0] if len(found) == 1 else None


def _roots(view: ChangeView) -> list[str]:
    gone = frozenset(change.old_path for change in view.changes)
    return sorted(_holding_projects(view.paths) | _holding_projects(gone))


@lru_cache(maxsize=8)
def _holding_projects(paths: frozenset[str]) -> frozenset[str]:
    return frozenset(
        posixpath.dirname(path) for path in paths if posixpath.basename(path) == "dbt_project.yml"
    )


def _inside(path: str, root: str) -> bool:
    return not root or path.startswith(f"{root}/")


def _projects(view: ChangeView) -> list[tuple[str, dict[_Sort, tuple[str, ...]]]]:
    """Return each dbt project's root and the folders of its models, seeds and snapshots."""
    found = []
    for root in _roots(view):
        project = whole(view.at_head(posixpath.join(root, "dbt_project.yml")))
        folders: dict[_Sort, tuple[str, ...]] = {}
        for sort, (key, default) in _FOLDERS.items():
            listed = get(project, key)
            names = [one.text for one in listed.items] if listed is not None else [default]
            folders[sort] = tuple(posixpath.join(root, name) for name in names if name)
        found.append((root, folders))
    # The innermost project of a path comes first.
    return sorted(found, key=lambda one: (-len(one[0]), one[0]))


def _dbt(
    view: ChangeView, change: FileChange, roots: list[tuple[str, dict[_Sort, tuple[str, ...]]]]
) -> list[Effect] | None:
    """Return the effects of a file of a dbt project, None when it is in none."""
    for root, folders in roots:
        if not _inside(change.path, root):
            continue
        for sort, places in folders.items():
            if change.path.endswith(_ENDS[sort]) and any(
                _inside(change.path, place) for place in places
            ):
                effect = _relation(view, change, sort, root)
                return [effect] if effect is not None else []
        return []
    return None


def _relation(view: ChangeView, change: FileChange, sort: _Sort, root: str) -> Effect | None:
    same_name = posixpath.basename(change.path) == posixpath.basename(change.old_path)
    if change.status == "renamed" and same_name and not view.added_lines(change.path):
        return None  # only its folder changed; dbt names a relation by its file
    if _says_the_same(view, change):
        return None
    name = posixpath.splitext(posixpath.basename(change.path))[0]
    text = view.after(change) or view.before(change) or ""
    said = _MATERIALIZED.search(text)
    how = said[1] if said is not None else "snapshot" if sort == "snapshot" else ""
    if how == "ephemeral":
        return None
    action, evidence = _ACTIONS[change.status], sites(view, change)
    if change.status == "added":
        undo = Undo(
            f"drop the relation of {name} once nothing reads it: dbt does not drop it by itself",
            f"the warehouse has no relation {name}",
        )
        return _DBT.effect(name, action, "reversible", evidence, undo, "likely")
    return _DBT.effect(name, action, _by(how), evidence, _rebuild(name, sort, how, root), "likely")


def _says_the_same(view: ChangeView, change: FileChange) -> bool:
    """Tell whether only comments and white space of a SQL file changed."""
    old, new = view.before(change), view.after(change)
    if change.status != "modified" or old is None or new is None:
        return False
    return change.path.endswith(".sql") and _meaning(old) == _meaning(new)


def _meaning(text: str) -> str:
    """Return SQL without white space and without the comments of SQL and of Jinja."""
    parts: list[str] = []
    kept = 0
    while (start := text.find("{#", kept)) >= 0 and (end := text.find("#}", start)) >= 0:
        parts.append(text[kept:start])
        kept = end + 2
    return _NOISE.sub("", "".join((*parts, text[kept:])))


_ACTIONS = {
    "added": "a new relation, built by the next run",
    "copied": "a new relation, built by the next run",
    "modified": "built differently by the next run",
    "deleted": "no longer built: what was built stays, and ages",
    "renamed": "built under a new name: the old relation stays, and ages",
    "type": "built differently by the next run",
}


def _by(how: str) -> Reversibility:
    return "compensatable" if how in {"incremental", "snapshot"} else "reversible"


def _rebuild(name: str, sort: _Sort, how: str, root: str) -> Undo:
    where = ("--project-dir", root) if root else ()
    verify = (
        f"columns, row count and a sample of {name} and of what reads it are as before the range"
    )
    if sort == "snapshot" or how == "snapshot":
        return Undo(
            "a snapshot is history: do not rebuild, restore its table by time travel or a backup",
            verify,
        )
    if sort == "seed":
        argv = ("dbt", "build", *where, "--full-refresh", "--select", f"{name}+")
        return Undo("after the revert, load the seed again and rebuild what reads it", verify, argv)
    if how == "incremental":
        argv = ("dbt", "run", *where, "--full-refresh", "--select", f"{name}+")
        return Undo(
            "after the revert, rebuild it whole and what reads it; rows whose source is gone come "
            "back by time travel only",
            verify,
            argv,
        )
    argv = ("dbt", "run", *where, "--select", f"{name}+")
    return Undo("after the revert, rebuild it and what reads it, in dbt's order", verify, argv)


def _replaced(view: ChangeView, change: FileChange) -> Iterator[Effect]:
    """SQL files that build one relation each: ``CREATE OR REPLACE TABLE x AS SELECT …``."""
    if not change.path.endswith(".sql") or _says_the_same(view, change):
        return
    text = view.after(change) or view.before(change)
    builds = _builds(text) if text else None
    if builds is not None:
        name = builds["name"].replace("`", "").replace('"', "")
    elif posixpath.basename(change.path) == "query.sql" and _has_metadata(view, change.path):
        name = ".".join(posixpath.dirname(change.path).split("/")[-2:])
    else:
        return
    yield _SQL.effect(
        name,
        _ACTIONS[change.status],
        "reversible",
        sites(view, change),
        Undo(
            f"after the revert, run the file of {name} again, then those of what reads it, in order",
            f"columns and row count of {name} and of what reads it are as before the range",
        ),
        "likely",
    )


def _has_metadata(view: ChangeView, path: str) -> bool:
    beside = posixpath.join(posixpath.dirname(path), "metadata.yaml")
    return bool(text_at(whole(view.at_head(beside)), "friendly_name")) or beside in view.paths
