"""Fields by their company: groups of names in two languages that agree, with no reference between them.

Equal names alone are no evidence (4 % of them mean the same). A group of names is, together with a place
or a word that both groups share. Four rules, with the precision that judging by hand gave them:

* A: both in one folder of at most eight files, two telling names in common, or a rare one;
* B: a common anchor (file stem, class, table, path), three names, weighted containment of .3;
* C: a common anchor, two names or a rare one, containment of .15, the names in at most twelve files;
* D: no anchor: four names, containment of .6, one of them rare.

A name's weight is its rarity over this tree and a background of public code. Each group is joined to the
few groups that fit it best, so that the edges grow with the groups, not with their pairs: see
docs/decisions/0008-field-pairs.md for why there are no hub nodes.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from blastradius.bridges.background import frequency, is_common, rarity
from blastradius.bridges.base import View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.named_groups import Group, groups_of
from blastradius.bridges.schema_columns import beside
from blastradius.model.symbols import Linked

NAME = "field_groups"
VERSION = "1"

_UNIT_FILES = 8
_SEED_GROUPS = 30
_MOST_PAIRS = 100_000
_MOST_PROVIDERS = 3
_MARGIN = 0.05
_RARE_FILES = 8
_FEW_FILES = 12
_SHORTEST_RARE = 6
# The numbers of the rules above; ``a`` is A with less behind it.
_PAIR = 2
_A_NAMES, _A_SHARE = 3, 0.3
_B_NAMES, _B_SHARE = 3, 0.3
_C_SHARE = 0.15
_D_NAMES, _D_SHARE = 4, 0.6
_ANCHORED, _PER_NAME, _BESIDE = 0.2, 0.02, 0.3
_CONFIDENCE = {
    "A": Sure("likely", 0.9),
    "a": Sure("heuristic", 0.8),
    "B": Sure("heuristic", 0.82),
    "C": Sure("heuristic", 0.8),
    "D": Sure("heuristic", 0.71),
}
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
# Already joined, more surely, by a bridge that has a reference to go by.
_JOINED = frozenset({"field", "schema", "value"})
_TESTS = frozenset({"__tests__", "cypress", "e2e", "fixtures", "test", "testing", "tests"})
# Who depends on whom where neither only uses: code makes, config lists, SQL and browsers follow.
_LAYERS = {"python": 0, "javascript": 2, "sql": 3}


class _Weights:
    """How telling each name is: over the files of this tree and the background."""

    def __init__(self, groups: Sequence[Group]) -> None:
        files: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            for name in group.names:
                files[name].add(group.path)
        self._files = {name: len(paths) for name, paths in files.items()}
        self._known: dict[str, float] = {}
        # By identity: the groups live as long as this does.
        self._totals: dict[int, float] = {}

    def of(self, name: str) -> float:
        """Return the name's weight, 0 to 1."""
        known = self._known.get(name)
        if known is None:
            common = is_common(name)
            known = self._known[name] = 0.05 if common else rarity(name, self.files(name))
        return known

    def total(self, group: Group) -> float:
        """Return the weight of all names of a group."""
        known = self._totals.get(id(group))
        if known is None:
            known = self._totals[id(group)] = sum(self.of(name) for name in group.names)
        return known

    def files(self, name: str) -> int:
        """Return how many files of the tree have the name."""
        return self._files[name]

    def is_rare(self, name: str) -> bool:
        """Tell whether hardly anything else is called so."""
        return (
            len(name) >= _SHORTEST_RARE
            and frequency(name) == 0
            and self.files(name) <= _RARE_FILES
            and len(_WORD.findall(name)) > 1
        )


def link(view: View) -> Linked:
    """Return edges of kind ``field`` between groups that belong together by the rules."""
    groups = list(groups_of(view))
    weigh = _Weights(groups)
    units = _units(view.files)
    joined = _joined(view)
    found = Found()
    best: dict[int, list[tuple[float, str, int]]] = defaultdict(list)
    for left, right in _pairs(groups, weigh):
        user, provider = _directed(groups, left, right)
        if user < 0 or (groups[user].path, groups[provider].path) in joined:
            continue
        if _is_own_schema(groups[user], groups[provider]) or _is_only_tested(
            groups, user, provider
        ):
            continue
        if _contradict(groups[user], groups[provider]):
            continue
        rule, score = _rule(groups[user], groups[provider], weigh, units)
        if rule:
            best[user].append((score, rule, provider))
    made = {
        (groups[user].path, groups[provider].path)
        for user, fitting in best.items()
        for _, _, provider in fitting
        if groups[provider].role == "produce"
    }
    for user, fitting in sorted(best.items()):
        # Code that makes the fields which a config lists reads them from elsewhere, not from there.
        others = [one for one in fitting if (groups[one[2]].path, groups[user].path) not in made]
        others.sort(key=lambda one: (-one[0], one[2]))
        near = [one for one in others if others[0][0] - one[0] <= _MARGIN][:_MOST_PROVIDERS]
        for _, rule, provider in near:
            sure = _CONFIDENCE[rule]
            if len(near) > 1:
                sure = Sure("heuristic", min(sure.confidence, 0.6))
            _edges(groups[user], groups[provider], sure, found)
    return found.linked()


def _is_own_schema(user: Group, provider: Group) -> bool:
    """A schema file beside a query says what the query puts out, not what it reads."""
    same = posixpath.dirname(user.path) == posixpath.dirname(provider.path)
    return user.language == "sql" and same and any(beside(provider.path, (user.path,)))


def _is_only_tested(groups: Sequence[Group], user: int, provider: int) -> bool:
    """What a test makes up is nobody's source but the tests'."""
    return _is_test(groups[provider].path) and not _is_test(groups[user].path)


def _is_test(path: str) -> bool:
    return not _TESTS.isdisjoint(path.split("/")[:-1]) or path.rpartition("/")[2].startswith(
        "test_"
    )


def _contradict(user: Group, provider: Group) -> bool:
    """Two groups that name tables, and none in common, are of two tables."""
    return bool(user.tables and provider.tables) and user.tables.isdisjoint(provider.tables)


def _edges(user: Group, provider: Group, sure: Sure, found: Found) -> None:
    for name, (symbol, line, written) in user.names.items():
        if name in provider.names:
            found.edge(
                Site(symbol, user.path, line, written), provider.names[name][0], "field", sure
            )


def _units(files: Iterable[str]) -> frozenset[str]:
    """Return the folders of at most eight files; the top is everybody's place, and no unit."""
    count = Counter(posixpath.dirname(path) for path in files)
    return frozenset(
        folder for folder, number in count.items() if folder and 1 < number <= _UNIT_FILES
    )


def _joined(view: View) -> set[tuple[str, str]]:
    """Return the pairs of files that a reference already joins by their fields."""
    place: dict[str, str] = {}
    for path, file in view.files.items():
        if file.language.NAME == "sql":
            for index, one in enumerate(file.facts.definitions):
                if one.kind == "relation":
                    place.setdefault(file.scope_symbol(path, index), path)
    found: set[tuple[str, str]] = set()
    for edge in view.edges:
        if edge.kind in _JOINED:
            target = edge.target
            rest = target.partition(":")[2].partition("#")[0]
            other = place.get(target.rpartition(".")[0], "") if target.startswith("sql:") else rest
            found.add((edge.path, other))
            found.add((other, edge.path))
    return found


def _pairs(groups: Sequence[Group], weigh: _Weights) -> Iterator[tuple[int, int]]:
    """Yield the pairs of groups of two languages that share a telling name, each once."""
    holders: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        for name in group.names:
            if not is_common(name):
                holders[name].append(number)
    seen: set[tuple[int, int]] = set()
    for name in sorted(holders, key=lambda one: (len(holders[one]), one)):
        several = holders[name]
        if not 1 < len(several) <= _SEED_GROUPS or not weigh.of(name):
            continue
        for place, left in enumerate(several):
            for right in several[place + 1 :]:
                if groups[left].language == groups[right].language or (left, right) in seen:
                    continue
                seen.add((left, right))
                if len(seen) > _MOST_PAIRS:
                    return
                yield left, right


def _directed(groups: Sequence[Group], left: int, right: int) -> tuple[int, int]:
    """Return (the group that depends, the group it depends on); (-1, -1) for two that only use."""
    one, other = groups[left], groups[right]
    if (one.language == "sql" and other.told) or (other.language == "sql" and one.told):
        return -1, -1
    uses = (one.role == "consume", other.role == "consume")
    if all(uses):
        return -1, -1
    if any(uses):
        told = (one if uses[0] else other).told and "sql" in {one.language, other.language}
        if told:
            return -1, -1
        return (left, right) if uses[0] else (right, left)
    layers = _LAYERS.get(one.language, 1), _LAYERS.get(other.language, 1)
    if layers[0] == layers[1]:
        return (left, right) if one.path > other.path else (right, left)
    user, provider = (left, right) if layers[0] > layers[1] else (right, left)
    # What a query puts out depends on what it reads, and that is asked for by itself.
    return (-1, -1) if groups[user].language == "sql" else (user, provider)


def _rule(
    user: Group, provider: Group, weigh: _Weights, units: frozenset[str]
) -> tuple[str, float]:
    """Return the rule by which two groups belong together, empty for none, and their score."""
    shared = [name for name in user.names if name in provider.names]
    telling = [name for name in shared if not is_common(name)]
    rare = [name for name in telling if weigh.is_rare(name)]
    common = sum(weigh.of(name) for name in shared)
    smaller = min(weigh.total(user), weigh.total(provider))
    containment = common / smaller if smaller else 0.0
    anchored = bool(user.anchors & provider.anchors)
    score = containment + _ANCHORED * anchored + _PER_NAME * min(len(shared), 10)
    folder = posixpath.dirname(user.path)
    beside_it = folder in units and folder == posixpath.dirname(provider.path)
    few = [name for name in telling if weigh.files(name) <= _FEW_FILES]
    # Tables of one warehouse share columns by habit: there a group without an anchor is a habit too.
    habit = "sql" in {user.language, provider.language}
    rules = (
        ("A", beside_it and len(telling) >= _A_NAMES and bool(rare) and containment >= _A_SHARE),
        ("a", beside_it and (len(telling) >= _PAIR or bool(rare))),
        ("B", anchored and len(telling) >= _B_NAMES and containment >= _B_SHARE),
        ("C", anchored and containment >= _C_SHARE and (bool(rare) or len(few) >= _PAIR)),
        ("D", not habit and len(telling) >= _D_NAMES and containment >= _D_SHARE and bool(rare)),
    )
    rule = next((name for name, holds in rules if holds), "")
    return rule, score + _BESIDE * (rule in {"A", "a"})
