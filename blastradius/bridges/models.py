"""Keys of a config ↔ the fields of the class that it is parsed into (pydantic, attrs, dataclass).

A function (or its module) names the config file, uses the class, and most keys of one mapping of the
file are fields of the class: then each key depends on its field, and the mappings below are matched
with the classes that annotate the fields. Two keys at least; without the common reference nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.symbols import Linked

NAME = "models"
VERSION = "1"

_LEAST = 2
_CONTAINMENT = 0.6
_MOSTLY = 0.8
_MANY = 3
_DEEPEST = 5
_MOST_RECORDS = 500
_MOST_FILES = 200
_MOST_TOPS = 40
_MOST_CLASSES = 100
_LIKELY = Sure("likely", 0.92)
_GUESS = Sure("heuristic", 0.7)

Fields = Mapping[str, str]


def link(view: View) -> Linked:
    """Return edges of kind ``config`` from keys to the fields of the models that read them."""
    files = keyed_files(view)
    models = _Models(view)
    found = Found()
    named: dict[str, set[str]] = defaultdict(set)
    for edge in view.edges:
        target = edge.target.removeprefix("file:")
        if edge.kind == "path" and target in files and edge.path.endswith(".py"):
            named[edge.path].add(target)
    for path, configs in sorted(named.items()):
        classes = models.used_in(path)
        if not classes:
            continue
        for config in sorted(configs)[:_MOST_FILES]:
            _parsed(files[config], classes, models, found)
    return found.linked()


class _Models:
    """The classes with annotated fields, and which files use them."""

    def __init__(self, view: View) -> None:
        self._fields: dict[str, dict[str, str]] = {}
        self._annotated: dict[str, list[str]] = defaultdict(list)
        self._users: dict[str, dict[str, None]] = defaultdict(dict)
        for path, file in view.files.items():
            if file.language.NAME == "python":
                self._add(path, file)
        bases: dict[str, list[str]] = defaultdict(list)
        for edge in view.edges:
            if edge.target in self._fields:
                if edge.kind in {"annotation", "reference"}:
                    self._annotated[edge.source].append(edge.target)
                self._users[edge.path].setdefault(edge.target)
                if edge.kind == "inherit" and edge.source in self._fields:
                    bases[edge.source].append(edge.target)
        for symbol, above in bases.items():
            for base in above:
                for name, field in self._fields[base].items():
                    self._fields[symbol].setdefault(name, field)

    def _add(self, path: str, file: FileView) -> None:
        for group in file.facts.groups:
            if group.kind == "class" and group.scope >= 0:
                symbol = file.scope_symbol(path, group.scope)
                self._fields[symbol] = {
                    one.name: file.scope_symbol(path, one.definition)
                    for one in group.sites
                    if one.definition >= 0
                }
                self._users[path].setdefault(symbol)

    def used_in(self, path: str) -> Sequence[str]:
        """Return the classes that a file defines or uses."""
        return list(self._users.get(path, ()))[:_MOST_CLASSES]

    def fields(self, symbol: str) -> Fields:
        """Return name → symbol of the fields of a class."""
        return self._fields[symbol]

    def of_field(self, field: str) -> Sequence[str]:
        """Return the classes that annotate a field."""
        return self._annotated.get(field, ())


def _parsed(file: Keyed, classes: Sequence[str], models: _Models, found: Found) -> None:
    """Match the mappings at the top of a config with the class that fits best."""
    for records in islice(_tops(file), _MOST_TOPS):
        scored = sorted(
            ((_score(file, records, models.fields(one)), one) for one in classes),
            key=lambda pair: (pair[0], pair[1]),
            reverse=True,
        )
        (shared, share), best = scored[0]
        if shared < _LEAST or share < _CONTAINMENT:
            continue
        rival = len(scored) > 1 and scored[1][0] == scored[0][0]
        sure = _LIKELY if share >= _MOSTLY and shared >= _MANY and not rival else _GUESS
        for record in records[:_MOST_RECORDS]:
            _record(file, record, best, models, sure, found, 0)
        return


def _tops(file: Keyed) -> Iterator[list[int]]:
    """Yield the records that a model may be of: the document, its parts, the members of its lists."""
    yield list(file.documents)
    top = [key for document in file.documents for key in file.below(document).values()]
    mappings = [key for key in top if file.below(key)]
    if len(mappings) > 1:
        yield mappings
    yield from ([key] for key in mappings)
    for key in (*file.documents, *top):
        items = [item for item in file.listed(key) if file.below(item)]
        if items:
            yield items
        members = [one for one in file.below(key).values() if file.below(one)]
        if len(members) > 1 and key >= 0:
            yield members


def _score(file: Keyed, records: Sequence[int], fields: Fields) -> tuple[int, float]:
    """Return (shared names, share of the keys that are fields) over the first records."""
    keys = {name for record in records[:20] for name in file.below(record)}
    shared = sum(name in fields for name in keys)
    return shared, shared / len(keys) if keys else 0.0


def _record(
    file: Keyed,
    record: int,
    model: str,
    models: _Models,
    sure: Sure,
    found: Found,
    depth: int,
) -> None:
    fields = models.fields(model)
    for name, key in file.below(record).items():
        field = fields.get(name)
        if field is None:
            continue
        site = Site(file.symbol(key), file.path, file.line(key), name)
        found.edge(site, field, "config", sure)
        inner = models.of_field(field)
        if len(inner) == 1 and depth < _DEEPEST:
            for place in _inner(file, key, models.fields(inner[0])):
                _record(file, place, inner[0], models, sure, found, depth + 1)


def _inner(file: Keyed, key: int, fields: Fields) -> Iterator[int]:
    """Yield the mappings that a field's value holds: itself, its list's members, its values."""
    below = file.below(key)
    if any(name in fields for name in below):
        yield key
        return
    yield from file.listed(key)[:_MOST_RECORDS]
    yield from list(below.values())[:_MOST_RECORDS]
