"""Groups of names with what says what they are of: the words of their place, the tables they name."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from blastradius.bridges.base import FileView, View
from blastradius.languages.sql import Tables, resolve
from blastradius.model.facts import FieldGroup

_LARGEST = 400
_MOST_GROUPS = 60_000
_ANCHOR_FILES = 12
_SHORTEST_ANCHOR = 4
_BETWEEN = re.compile(r"[.=/\[\]\s]+")
_TABLE_KEY = re.compile(r"\w*table\w*=")
_NO_ANCHOR = frozenset(
    """args base class code common config configs content core data default defaults description docs
    email error field fields file files function handler index init input items kwargs label list main
    meta metadata method model models module name names number object option options output params path
    process properties query request response result results return rows schema script self settings
    setup source sources spec state status string table tables target task tasks test tests text title type
    update user users value values version view views""".split()  # noqa: SIM905 - a word list reads best as words
)
_LOCKS = ("-lock.json", "-lock.yaml", ".lock")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


class Group(NamedTuple):
    """One group: lower-cased name → (symbol, line, as written), and the words of its place.

    ``told``: SQL's own linking says where its columns come from, or a schema file's go to.
    ``tables`` are the tables that the group says it is of, their last names.
    """

    path: str
    language: str
    role: str
    names: Mapping[str, tuple[str, int, str]]
    anchors: frozenset[str]
    told: bool
    tables: frozenset[str]


def groups_of(view: View) -> Iterator[Group]:
    """Yield the groups of the tree, those of uses with the fields that the same scope makes."""
    several = list(islice(_eligible(view.files), _MOST_GROUPS))
    anchors = [frozenset(_anchors(path, file, group)) for path, file, group in several]
    spread = _spread(several, anchors)
    bound = {
        edge.source
        for edge in view.edges
        if edge.kind in {"schema", "field"} and edge.target.startswith("sql:")
    }
    tables = view.tables.get("sql")
    named: dict[str, frozenset[str]] = {}
    for (path, file, group), words in zip(several, anchors, strict=True):
        names = {
            one.name.lower(): (_symbol(path, file, group, one.definition), one.line, one.name)
            for one in reversed(group.sites)
        }
        if path not in named:
            own = (one.value for one in file.facts.mentions if one.flavor == "table")
            named[path] = frozenset(own)
        if file.language.NAME == "sql":
            told = group.role != "consume" or _is_ours(group, tables)
        else:
            told = any(symbol in bound for symbol, _, _ in names.values())
        yield Group(
            path,
            file.language.NAME,
            group.role,
            names,
            frozenset(one for one in words if spread[one] <= _ANCHOR_FILES),
            told,
            frozenset(_tables_of(file, group, named[path])),
        )


_Placed = tuple[str, FileView, FieldGroup]


def _eligible(files: Mapping[str, FileView]) -> Iterator[_Placed]:
    for path, file in sorted(files.items()):
        if not path.endswith(_LOCKS):
            for group in file.facts.groups:
                if 1 < len(group.sites) <= _LARGEST and group.kind != "call":
                    yield path, file, group


def _spread(several: Sequence[_Placed], anchors: Sequence[frozenset[str]]) -> Counter[str]:
    """Return anchor → the number of files that have it."""
    by_file: dict[str, set[str]] = defaultdict(set)
    for (path, _, _), words in zip(several, anchors, strict=True):
        by_file[path] |= words
    return Counter(word for words in by_file.values() for word in words)


def _tables_of(file: FileView, group: FieldGroup, named: Collection[str]) -> Iterator[str]:
    """Yield the last names of the tables that a group says it is of."""
    if file.language.NAME == "sql":
        texts = [one for one in group.anchors[:1] if not one.startswith("<")]
    else:
        texts = [one for one in group.anchors if one in named]
        texts += [one.partition("=")[2] for one in group.anchors if _TABLE_KEY.match(one)]
    yield from (text.rpartition(".")[2].lower() for text in texts)


def _is_ours(group: FieldGroup, tables: Tables | None) -> bool:
    """Tell whether the relation that a query reads is made by SQL of the tree."""
    return tables is not None and bool(group.anchors and resolve(tables, group.anchors[0]))


def _symbol(path: str, file: FileView, group: FieldGroup, definition: int) -> str:
    return file.scope_symbol(path, definition if definition >= 0 else group.scope)


def _anchors(path: str, file: FileView, group: FieldGroup) -> Iterator[str]:
    """Yield the telling words of a group's place, each normalised to ``two_words``."""
    folder, name = posixpath.split(path)
    texts = [name.partition(".")[0], posixpath.basename(folder), *group.anchors]
    if group.scope >= 0:
        texts.append(file.facts.definitions[group.scope].name)
    own = {one.name.lower() for one in group.sites}
    for text in texts:
        yield from (one for one in _telling(text) if one not in own)


@lru_cache(maxsize=65_536)
def _telling(text: str) -> tuple[str, ...]:
    """Return the parts of a text that may anchor a group: ``OuraSleep.run`` has ``oura_sleep``."""
    parts = [
        "_".join(word.lower() for word in _WORD.findall(part)) for part in _BETWEEN.split(text)
    ]
    return tuple(one for one in parts if len(one) >= _SHORTEST_ANCHOR and one not in _NO_ANCHOR)
