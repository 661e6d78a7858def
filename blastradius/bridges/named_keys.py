"""A config value that names a key, a list member or a file of config: a DAG, a task, a service.

The key says what kind of thing its value names: ``dag_name: daily`` names the member ``daily`` of
``dags`` (a mapping or list of that name, or the file ``dags.yaml``); ``dependencies: [load]`` names
``load`` beside it, or the file ``load.yml`` in its folder. The noun must agree, and there must be
exactly one such member in the file, in the folder, or in the tree: likely.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from blastradius.bridges.base import View
from blastradius.bridges.compose import is_compose
from blastradius.bridges.found import INFERRED, Found, Site, Sure
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.symbols import Linked

NAME = "named_keys"
VERSION = "1"

# Words beside the noun in a key: ``dag_name``, ``external_task_id``, ``default_source``.
_AROUND = frozenset(
    ["default", "external", "id", "ids", "key", "main", "name", "names", "parent", "ref", "target"]
)
# Keys whose value names another of the same kind, without saying which.
_SIBLINGS = frozenset(
    [
        "after",
        "dependencies",
        "depends_on",
        "dependson",
        "extends",
        "inherit",
        "inherits",
        "needs",
        "requires",
        "upstream",
    ]
)
# Nouns that many lists share without meaning each other.
_WEAK = frozenset(
    """arg class column condition const field file key kind label mode model option param path
    permission property role state status tag test type unit value version""".split()  # noqa: SIM905 - a word list reads best as words
)
_SHORTEST = 2
_MOST_NAMESAKES = 50
_WORD = re.compile(r"[A-Za-z][a-z]*|[A-Z]+(?![a-z])")
_NOT_HERE = (".github/workflows/", ".lock", "-lock.")

Member = tuple[Keyed, int]
_Lists = dict[tuple[str, int], dict[str, tuple[int, int]]]


def link(view: View) -> Linked:
    """Return the edges of kind ``config`` from values to the members that they name."""
    files = keyed_files(view)
    members = _members(files)
    found = Found()
    lists: _Lists = {}
    for file in files.values():
        if any(part in file.path for part in _NOT_HERE) or is_compose(file):
            continue  # other bridges know these formats, and a lock file names packages
        for index, mention in sorted(file.texts.items()):
            if mention.flavor not in {"name", "table"} or len(mention.value) < _SHORTEST:
                continue
            target = _target(file, index, mention.via, members, files, lists)
            if target is not None:
                (other, place), sure = target
                site = Site(file.symbol(index), file.path, mention.line, mention.value)
                found.edge(site, other.symbol(place), "config", sure)
    return found.linked()


def _members(files: Mapping[str, Keyed]) -> dict[tuple[str, str], list[Member]]:
    """Return (noun, name) → the members of that name in all collections of that noun."""
    found: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for file in files.values():
        if any(part in file.path for part in _NOT_HERE):
            continue
        stem = posixpath.basename(file.path).partition(".")[0]
        for name, index in file.below(-1).items():
            if _is_collection(file, index):
                found[_noun(stem), name].append((file, index))
        definitions = file.file.facts.definitions
        for index in file.holders():
            noun = _plural(definitions[index].name.rpartition(".")[2])
            for name, key in _members_of(file, index) if noun else ():
                found[noun, name].append((file, key))
    return found


def _members_of(file: Keyed, index: int) -> Iterator[tuple[str, int]]:
    """Yield the members of one collection: its keys, or its items by their name or id."""
    yield from file.below(index).items()
    top = file.file.facts.definitions[index].parent < 0
    for item in file.listed(index):
        if top and file.text(item):
            yield file.text(item), item  # ``stages: [build, test]``
        named = [file.at(item, word) for word in ("name", "id")]
        key = next((one for one in named if one is not None and file.text(one)), None)
        if key is not None:
            yield file.text(key), key


def _is_collection(file: Keyed, index: int) -> bool:
    return bool(file.below(index))


def _plural(word: str) -> str:
    """Return the noun of a plural key such as ``tasks``; empty for a key that is no plural."""
    return _noun(word) if word.endswith("s") and not word.endswith("ss") else ""


@lru_cache(maxsize=65_536)
def _noun(text: str) -> str:
    """Return the last telling word of a name, lower-cased, in the singular."""
    words = [word.lower() for word in _WORD.findall(text)]
    telling = [word for word in words if word not in _AROUND] or words
    return telling[-1].removesuffix("s") if telling else ""


def _target(
    file: Keyed,
    index: int,
    via: str,
    members: Mapping[tuple[str, str], list[Member]],
    files: Mapping[str, Keyed],
    lists: _Lists,
) -> tuple[Member, Sure] | None:
    value = file.text(index)
    if via.lower() in _SIBLINGS:
        return _sibling(file, index, value, files, lists)
    noun = _noun(via)
    if not noun or noun in _WEAK or _is_name_of_member(file, index):
        return None
    candidates = [
        one
        for one in members.get((noun, value), ())[:_MOST_NAMESAKES]
        if not _around(one, file, index)
    ]
    for near in (
        [one for one in candidates if one[0].path == file.path],
        [one for one in candidates if _folder(one[0].path) == _folder(file.path)],
        candidates if _is_telling(value) else [],
    ):
        if near:
            return (near[0], INFERRED) if len(near) == 1 else None
    return None


def _is_telling(value: str) -> bool:
    """Tell whether a name is of two words at least: ``products`` is many things in a large tree."""
    return "_" in value.strip("_") or "-" in value.strip("-")


def _is_name_of_member(file: Keyed, index: int) -> bool:
    """A plain ``name`` or ``id`` says what its own record is called."""
    return file.address(index).rpartition(".")[2] in {"name", "id"}


def _around(member: Member, file: Keyed, index: int) -> bool:
    """Tell whether the member holds the value, or is it."""
    other, place = member
    if other.path != file.path:
        return False
    return place == index or file.address(index).startswith(f"{file.address(place)}.")


def _folder(path: str) -> str:
    return posixpath.dirname(path)


def _sibling(
    file: Keyed, index: int, value: str, files: Mapping[str, Keyed], lists: _Lists
) -> tuple[Member, Sure] | None:
    """Return the member beside the one that says ``dependencies: [value]``, or a file beside."""
    for record in _records(file, index):
        above = file.file.facts.definitions[record].parent
        place = file.below(above).get(value)
        if place is not None and place != record and _is_collection(file, place):
            return (file, place), INFERRED
        named = _named_items(file, above, lists).get(value)
        if named is not None and named[0] != record:
            return (file, named[1]), INFERRED
    folder = _folder(file.path)
    for ending in (".yml", ".yaml", ".toml", ".json"):
        path = posixpath.join(folder, f"{value}{ending}")
        if path in files and path != file.path:
            return (files[path], -1), INFERRED
    return None


def _named_items(file: Keyed, above: int, lists: _Lists) -> Mapping[str, tuple[int, int]]:
    """Return name → (item, definition of its name) of a list, made once."""
    known = lists.get((file.path, above))
    if known is None:
        known = lists[file.path, above] = {}
        for item in file.listed(above):
            named = [file.at(item, word) for word in ("name", "id", "task_id")]
            key = next((one for one in named if one is not None), None)
            if key is not None and file.text(key):
                known.setdefault(file.text(key), (item, key))
    return known


def _records(file: Keyed, index: int) -> Iterator[int]:
    """Yield the definitions around a value, innermost first, up to the fourth."""
    definitions = file.file.facts.definitions
    for _ in range(4):
        index = definitions[index].parent
        if index < 0:
            return
        yield index
