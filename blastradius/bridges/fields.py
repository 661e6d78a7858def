"""A field across languages: a dict key, a config list's item, a column, by group and by reference.

Equal words are no evidence: by hand 4 % of equal names mean the same thing. Evidence is a *reference*
from one file to the other (a path, a dotted name, a table that is written and read) together with
*groups* of names that agree. The reference gives the direction; the group says which of several
candidates is meant; each shared name becomes one edge. Names that stand in groups everywhere (``id``,
``name``, ``date``) weigh little.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from blastradius.bridges.background import is_common
from blastradius.bridges.base import FileView, View
from blastradius.model.facts import FieldGroup, FieldSite
from blastradius.model.symbols import Edge, Linked, Tier

NAME = "fields"
VERSION = "2"

_COMMON_WEIGHT = 0.25
_MIN_SHARED = 2
_MIN_CONTAINMENT = 0.3
_CERTAIN_SHARED = 3
_CERTAIN_CONTAINMENT = 0.8
_LIKELY_CONTAINMENT = 0.5
# A second candidate this close to the best means that we cannot tell which is meant.
_MARGIN = 0.05
_AFFINITY = 0.3
_WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of one side of a link: name → (symbol, path, line)."""

    sites: Mapping[str, tuple[str, str, int]]
    words: frozenset[str]


def link(view: View) -> Linked:
    """Return an edge of kind ``field`` for each name that two groups share along a reference."""
    weigh = _Weights(view)
    # A key that fills a parameter of what it configures has its answer.
    told = {
        edge.source
        for edge in view.edges
        if edge.kind == "config" and edge.target.startswith("python:")
    }
    edges: dict[tuple[str, str, str, int], Edge] = {}
    for users, providers, tier in _meetings(view):
        for edge in _match(users, providers, tier, weigh):
            if edge.source in told:
                continue
            edges.setdefault((edge.source, edge.target, edge.path, edge.line), edge)
    return Linked(tuple(edges.values()), (), len(edges))


class _Weights:
    """How much it says that two groups share a name: its rarity over the groups of this tree."""

    def __init__(self, view: View) -> None:
        seen = Counter(
            name
            for file in view.files.values()
            for group in file.facts.groups
            for name in {site.name for site in group.sites}
        )
        self._seen = seen
        self._log_total = log(2 + max(seen.values(), default=1))

    def of(self, name: str) -> float:
        """Return 0–1; a name in most groups, or a common word, weighs little."""
        if is_common(name):
            return _COMMON_WEIGHT
        return max(_COMMON_WEIGHT, 1 - log(1 + self._seen[name]) / (2 * self._log_total))


def _meetings(view: View) -> Iterator[tuple[_Names, list[_Names], Tier]]:
    """Yield (one using group, the providing groups that a reference leads it to, its tier)."""
    for edge in view.edges:
        if edge.kind == "path":
            yield from _through_path(view, edge)
        elif edge.kind == "dotted":
            yield from _through_dotted(view, edge)
    yield from _through_tables(view)


def _through_path(view: View, edge: Edge) -> Iterator[tuple[_Names, list[_Names], Tier]]:
    """A file that opens another by its path: what it uses ↔ what the other lists."""
    other = edge.target.removeprefix("file:")
    user, provider = view.files.get(edge.path), view.files.get(other)
    if user is None or provider is None or user.language.NAME == provider.language.NAME:
        return
    providers = [
        _names(other, provider, group) for group in provider.facts.groups if group.role != "consume"
    ]
    if providers:
        for group in user.facts.groups:
            if group.role == "consume":
                yield _names(edge.path, user, group), providers, edge.tier


def _through_dotted(view: View, edge: Edge) -> Iterator[tuple[_Names, list[_Names], Tier]]:
    """Config that names a class or function: the fields listed beside it ↔ those made within."""
    other = edge.target.partition(":")[2].partition("#")[0]
    user, provider = view.files.get(edge.path), view.files.get(other)
    if user is None or provider is None or user.language.NAME == provider.language.NAME:
        return
    inside = edge.target.partition("#")[2]
    providers = [
        _names(other, provider, group)
        for group in provider.facts.groups
        if group.role != "consume" and _within(provider, group.scope, inside)
    ]
    if providers:
        for group in _beside(edge, user):
            yield _names(edge.path, user, group), providers, edge.tier


def _within(file: FileView, scope: int, name: str) -> bool:
    address = file.facts.definitions[scope].name if scope >= 0 else ""
    return not name or address == name or address.startswith((f"{name}.", f"{name}["))


def _beside(edge: Edge, file: FileView) -> Iterator[FieldGroup]:
    """Yield the groups below the mapping that holds the reference (its siblings)."""
    address = edge.source.partition("#")[2]
    parent = address.rpartition(".")[0]
    for group in file.facts.groups:
        name = file.facts.definitions[group.scope].name if group.scope >= 0 else ""
        if group.role != "consume" and (not parent or name.startswith(f"{parent}.")):
            yield group


def _through_tables(view: View) -> Iterator[tuple[_Names, list[_Names], Tier]]:
    """SQL that reads columns of a relation which Python writes, and Python that reads SQL's."""
    writers, readers = _hosts(view)
    columns, outputs = _columns(view, frozenset(writers), frozenset(readers))
    for relation, written in writers.items():
        providers = [names for edge in written for names in _in_scope(view, edge, "produce")]
        if providers:
            for sites in columns.get(relation, {}).values():
                words = _words((relation,))
                yield _Names(sites, words), providers, written[0].tier
    for relation, reading in readers.items():
        if relation in outputs:
            offered = _Names(outputs[relation], _words((relation,)))
            for edge in reading:
                for names in _in_scope(view, edge, "consume"):
                    yield names, [offered], edge.tier


def _hosts(view: View) -> tuple[dict[str, list[Edge]], dict[str, list[Edge]]]:
    """Return relation → the edges by which host code writes it, and by which it reads it."""
    writers: dict[str, list[Edge]] = defaultdict(list)
    readers: dict[str, list[Edge]] = defaultdict(list)
    for edge in view.edges:
        if edge.kind == "write" and not edge.target.startswith("sql:"):
            writers[edge.source].append(edge)
        elif edge.kind == "read" and not edge.source.startswith("sql:"):
            readers[edge.target].append(edge)
    return writers, readers


def _in_scope(view: View, edge: Edge, role: str) -> list[_Names]:
    """Return the groups of ``role`` in the Python definition where the table's name stands."""
    file = view.files.get(edge.path)
    if file is None:
        return []
    symbol = edge.target if edge.kind == "write" else edge.source
    inside = symbol.partition("#")[2]
    return [
        _names(edge.path, file, group)
        for group in file.facts.groups
        if group.role == role and _within(file, group.scope, inside)
    ]


_Sites = dict[str, tuple[str, str, int]]


def _columns(
    view: View, written: frozenset[str], read: frozenset[str]
) -> tuple[dict[str, dict[str, _Sites]], dict[str, _Sites]]:
    """Return the uses of written relations' columns per file, and the columns of read relations."""
    uses: dict[str, dict[str, _Sites]] = defaultdict(lambda: defaultdict(dict))
    outputs: dict[str, _Sites] = defaultdict(dict)
    for edge in view.edges:
        if edge.kind not in {"value", "row-set"}:
            continue
        relation, _, column = edge.target.rpartition(".")
        if relation in written:
            sites = uses[relation][edge.path]
            if column not in sites or edge.kind == "value":
                sites[column] = (edge.source, edge.path, edge.line)
        relation, _, column = edge.source.rpartition(".")
        if relation in read and edge.kind == "value":
            outputs[relation].setdefault(column, (edge.source, edge.path, edge.line))
    return uses, outputs


def _names(path: str, file: FileView, group: FieldGroup) -> _Names:
    scope = file.facts.definitions[group.scope].name if group.scope >= 0 else path
    made = _made_beside(file, group) if group.role == "consume" else {}
    return _Names(
        {
            site.name: (
                file.scope_symbol(path, _index(site, group, made)),
                path,
                site.line,
            )
            for site in reversed(group.sites)
        },
        _words((*group.anchors, scope)),
    )


def _index(site: FieldSite, group: FieldGroup, made: Mapping[str, int]) -> int:
    """Return the definition that stands for the site: its own, the same field made here, the scope."""
    if site.definition >= 0:
        return site.definition
    return made.get(site.name, group.scope)


def _made_beside(file: FileView, group: FieldGroup) -> dict[str, int]:
    """Return the fields that the same scope makes: ``{"x": row["x"]}`` hands x on."""
    return {
        site.name: site.definition
        for other in file.facts.groups
        if other.role == "produce" and other.scope == group.scope
        for site in other.sites
        if site.definition >= 0
    }


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORD.findall(text.lower()))


def _match(
    users: _Names, providers: Sequence[_Names], tier: Tier, weigh: _Weights
) -> Iterator[Edge]:
    """Yield the edges to the one group of ``providers`` that the names and the words single out."""
    everywhere = frozenset.intersection(*(one.words for one in providers))
    total = sum(weigh.of(name) for name in users.sites) or 1.0
    scored = sorted(
        (
            (_score(users, one, everywhere, total, weigh), number)
            for number, one in enumerate(providers)
        ),
        key=lambda pair: (-pair[0][0], pair[1]),
    )
    (best, containment), number = scored[0]
    provider = providers[number]
    shared = [name for name in users.sites if name in provider.sites]
    if len(shared) < _MIN_SHARED or containment < _MIN_CONTAINMENT:
        return
    rivals = [score for (score, _), other in scored[1:] if best - score < _MARGIN]
    verdict, confidence = _verdict(tier, len(shared), containment, ambiguous=bool(rivals))
    for name in shared:
        source, path, line = users.sites[name]
        target = provider.sites[name][0]
        yield Edge(source, target, "field", verdict, confidence, path, line, name)


def _score(
    users: _Names,
    provider: _Names,
    everywhere: frozenset[str],
    total: float,
    weigh: _Weights,
) -> tuple[float, float]:
    """Return (score, weighted containment) of one candidate."""
    shared = sum(weigh.of(name) for name in users.sites if name in provider.sites)
    containment = shared / total
    telling = provider.words - everywhere - frozenset(users.sites)
    affinity = _AFFINITY if telling & users.words else 0.0
    return containment + affinity, containment


def _verdict(tier: Tier, shared: int, containment: float, *, ambiguous: bool) -> tuple[Tier, float]:
    if ambiguous:
        return "heuristic", 0.5
    if tier == "certain" and shared >= _CERTAIN_SHARED and containment >= _CERTAIN_CONTAINMENT:
        return "certain", 0.97
    if tier != "heuristic" and containment >= _LIKELY_CONTAINMENT:
        return "likely", 0.9
    return "heuristic", 0.6
