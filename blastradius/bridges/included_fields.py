"""A field that config takes from another config: ``{file: schema/global.yaml, field: app_version}``.

A value beside a reference to a config file, under a key that says what it picks, names a key or a
named member of that file: certain when it is there, and it dangles when it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blastradius.bridges.base import View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.symbols import Linked

NAME = "included_fields"
VERSION = "1"

_PICKS = frozenset({"anchor", "column", "columns", "field", "fields", "key", "keys", "section"})
_KINDS = frozenset({"path", "include", "ref"})
_PICKED = Sure("certain", 0.97)
_NAMES = ("name", "id", "key")


def link(view: View) -> Linked:
    """Return edges of kind ``field`` from values to the fields of the config named beside them."""
    files = keyed_files(view)
    known: dict[str, Mapping[str, int]] = {}
    found = Found()
    for edge in view.edges:
        target = edge.target.removeprefix("file:").partition("#")[0].rpartition("yaml:")[2]
        if edge.kind not in _KINDS or target not in files or edge.path not in files:
            continue
        file, other = files[edge.path], files[target]
        index = file.by_name.get(edge.source.partition("#")[2])
        if index is None or file is other:
            continue
        members = known.get(target)
        if members is None:
            members = known[target] = _members(other)
        for word, place in _picks(file, index):
            site = Site(file.symbol(place), file.path, file.line(place), word)
            if word in members:
                found.edge(site, other.symbol(members[word]), "field", _PICKED)
            else:
                found.miss(site)
    return found.linked()


def _picks(file: Keyed, index: int) -> Iterator[tuple[str, int]]:
    """Yield the values beside a reference that say what is taken of it."""
    record = file.file.facts.definitions[index].parent
    for name, key in file.below(record).items():
        if name in _PICKS and key != index:
            yield from file.words(key)


def _members(file: Keyed) -> Mapping[str, int]:
    """Return name → definition: keys and named members, those nearest to the top first."""
    found: dict[str, int] = {}
    definitions = file.file.facts.definitions
    order = sorted(range(len(definitions)), key=lambda one: definitions[one].name.count("."))
    for index in order:
        if definitions[index].kind == "item":
            named = next((file.at(index, one) for one in _NAMES if file.at(index, one)), None)
            if named is not None and file.text(named):
                found.setdefault(file.text(named), index)
    for name, index in file.below(-1).items():
        found.setdefault(name, index)
    return found
