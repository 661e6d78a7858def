"""Keys of config → parameters of the Python class or function that the config names beside them.

``operator: pkg.Load`` with ``table: x`` beside it, or ``class: pkg.Cls`` with ``kwargs: {size: 3}``:
the keys become keyword arguments. Keys below a word for arguments are passed as they stand: likely.
Keys beside the reference may also be the config's own: likely only when two of them are parameters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.symbols import Linked

NAME = "parameters"
VERSION = "2"

_ARGUMENTS = frozenset(
    """args arguments config init_args kwargs op_kwargs options parameters params properties
    settings with""".split()  # noqa: SIM905 - a word list reads best as words
)
# The config's own words, which a parameter may be called by accident.
_OWN = frozenset(["args", "class", "description", "kwargs", "name", "self", "type"])
_FULL = Sure("likely", 0.95)
_BESIDE = Sure("likely", 0.9)
_ALONE = Sure("heuristic", 0.7)
_MOST_BASES = 20


def link(view: View) -> Linked:
    """Return the edges of kind ``config`` from keys to the parameters that they fill."""
    files = keyed_files(view)
    known = _Parameters(view)
    found = Found()
    for edge in view.edges:
        if edge.kind != "dotted" or edge.path not in files:
            continue
        file = files[edge.path]
        index = file.by_name.get(edge.source.partition("#")[2])
        parameters = known.of(edge.target)
        if index is not None and parameters:
            _match(file, index, parameters, found)
    return found.linked()


class _Parameters:
    """The parameters of functions, and of classes through their ``__init__`` and their bases."""

    def __init__(self, view: View) -> None:
        self._files = view.files
        self._bases: dict[str, list[str]] = defaultdict(list)
        for edge in view.edges:
            if edge.kind == "inherit":
                self._bases[edge.source].append(edge.target)
        self._known: dict[str, dict[str, str]] = {}
        self._children: dict[str, dict[int, dict[str, int]]] = {}
        self._places: dict[str, dict[str, int]] = defaultdict(dict)

    def of(self, symbol: str) -> dict[str, str]:
        """Return name → symbol of what a call of ``symbol`` takes by keyword."""
        known = self._known.get(symbol)
        if known is not None:
            return known
        found: dict[str, str] = {}
        self._known[symbol] = found
        pending, seen = [symbol], {symbol}
        while pending and len(seen) <= _MOST_BASES:
            one = pending.pop(0)
            for name, parameter in self._own(one):
                found.setdefault(name, parameter)
            for base in self._bases.get(one, ()):
                if base not in seen:
                    seen.add(base)
                    pending.append(base)
        return found

    def _own(self, symbol: str) -> Iterator[tuple[str, str]]:
        path, _, address = symbol.removeprefix("python:").partition("#")
        file = self._files.get(path)
        if file is None or file.language.NAME != "python" or not address:
            return
        names = self._below(path, file)
        index = self._places[path].get(address)
        if index is None:
            return
        kind = file.facts.definitions[index].kind
        if kind == "class":
            init = names.get(index, {}).get("__init__")
            if init is not None:
                index = init
            else:
                for name, member in names.get(index, {}).items():
                    one = file.facts.definitions[member]
                    if one.kind == "attribute" and one.shape:
                        yield name, file.scope_symbol(path, member)
                return
        elif kind not in {"function", "method"}:
            return
        for name, member in names.get(index, {}).items():
            if file.facts.definitions[member].kind == "parameter":
                yield name.lstrip("*"), file.scope_symbol(path, member)

    def _below(self, path: str, file: FileView) -> Mapping[int, Mapping[str, int]]:
        known = self._children.get(path)
        if known is None:
            known = defaultdict(dict)
            places = self._places[path]
            for index, one in enumerate(file.facts.definitions):
                places.setdefault(one.name, index)
                last = one.name.rpartition("(")[2].rstrip(")") if "(" in one.name else ""
                known[one.parent].setdefault(last or one.name.rpartition(".")[2], index)
            self._children[path] = known
        return known


def _match(file: Keyed, index: int, parameters: Mapping[str, str], found: Found) -> None:
    """Join the keys beside the reference, and those below a word for arguments, to parameters."""
    record = file.file.facts.definitions[index].parent
    around = file.below(record)
    # Over the few parameters, not over the keys: there may be thousands of those.
    beside = {
        name: around[name]
        for name in parameters
        if name in around and around[name] != index and name not in _OWN
    }
    inside = [
        (name, group[name])
        for word in sorted(_ARGUMENTS & around.keys())
        if around[word] != index
        for group in [file.below(around[word])]
        for name in parameters
        if name in group
    ]
    for name, key in inside:
        _edge(file, key, name, parameters, _FULL, found)
    sure = _BESIDE if len(beside) > 1 else _ALONE
    for name, key in beside.items():
        _edge(file, key, name, parameters, sure, found)


def _edge(
    file: Keyed, key: int, name: str, parameters: Mapping[str, str], sure: Sure, found: Found
) -> None:
    site = Site(file.symbol(key), file.path, file.line(key), name)
    found.edge(site, parameters[name], "config", sure)
