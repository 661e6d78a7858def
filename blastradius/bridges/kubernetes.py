"""Kubernetes objects that name each other: ConfigMaps, Secrets, Services, claims, accounts, labels.

A reference names an object by kind and name within a namespace. One such object in the tree, or one
in the folder of the reference (an overlay of its own), is meant: certain. Where several folders have
one each, the nearest is likely; where nothing tells them apart they are guesses.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from blastradius.bridges.base import View
from blastradius.bridges.found import EXPLICIT, GUESS, INFERRED, Found, Site, Sure
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.symbols import Linked

NAME = "kubernetes"
VERSION = "1"

# Key that holds a reference → (kind, the key below it with the name, the key that picks a datum).
_REFERENCES: dict[str, tuple[str, str, str]] = {
    "configMapRef": ("ConfigMap", "name", ""),
    "configMapKeyRef": ("ConfigMap", "name", "key"),
    "configMap": ("ConfigMap", "name", ""),
    "secretRef": ("Secret", "name", ""),
    "secretKeyRef": ("Secret", "name", "key"),
    "secret": ("Secret", "secretName", ""),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName", ""),
    "service": ("Service", "name", ""),
    "serviceAccountName": ("ServiceAccount", "", ""),
    "priorityClassName": ("PriorityClass", "", ""),
    "storageClassName": ("StorageClass", "", ""),
    "ingressClassName": ("IngressClass", "", ""),
    "secretName": ("Secret", "", ""),
}
_BY_KIND = frozenset({"scaleTargetRef", "roleRef", "targetRef", "subjects"})
_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}
_SELECTING = frozenset({"Service", "NetworkPolicy", "PodDisruptionBudget", "ServiceMonitor"})
_MOST_CANDIDATES = 6
_MOST_WORKLOADS = 2_000
_MOST_NAMESAKES = 100


class _Object(NamedTuple):
    """One object: where it is, what it is, its definition (-1: the file's first document).

    ``inside`` are the definitions in it.
    """

    file: Keyed
    root: int
    kind: str
    name: str
    space: str
    inside: Sequence[int]


def link(view: View) -> Linked:
    """Return the edges of kind ``config`` between Kubernetes objects."""
    objects = list(_objects(keyed_files(view)))
    named: dict[tuple[str, str], list[_Object]] = defaultdict(list)
    for one in objects:
        if one.name:
            named[one.kind, one.name].append(one)
    found = Found()
    for one in objects:
        for index in one.inside:
            _reference(one, index, named, found)
        _volumes(one, one.inside, found)
    _selectors(objects, found)
    return found.linked()


def _objects(files: Mapping[str, Keyed]) -> Iterator[_Object]:
    for file in files.values():
        inside = _inside(file)
        for root in file.documents:
            kind = file.text(file.at(root, "kind"))
            if kind and file.at(root, "apiVersion") is not None:
                name = file.text(file.at(root, "metadata", "name"))
                space = file.text(file.at(root, "metadata", "namespace"))
                yield _Object(file, root, kind, name, space, inside[root])
            for word, made in _GENERATORS.items():
                for item in file.listed(file.at(root, word)):
                    name = file.text(file.at(item, "name"))
                    if name:
                        yield _Object(file, item, made, name, "", ())


def _inside(file: Keyed) -> dict[int, list[int]]:
    """Return document → the definitions in it, parents before children."""
    documents = set(file.documents)
    root: dict[int, int] = {}
    inside: dict[int, list[int]] = {one: [] for one in documents}
    for index, definition in enumerate(file.file.facts.definitions):
        if index in documents:
            root[index] = index
        else:
            root[index] = root.get(definition.parent, -1)
            inside[root[index]].append(index)
    return inside


def _last_key(file: Keyed, index: int) -> str:
    return file.address(index).rpartition(".")[2]


def _reference(
    one: _Object, index: int, named: Mapping[tuple[str, str], Sequence[_Object]], found: Found
) -> None:
    file = one.file
    word = _last_key(file, index).partition("[")[0]
    if word in _BY_KIND:
        for place in (index, *file.listed(index)):
            kind, name = file.text(file.at(place, "kind")), file.at(place, "name")
            if kind and name is not None:
                _named(one, (kind, name, None), named, found)
        return
    rule = _REFERENCES.get(_last_key(file, index))
    if rule is None or one.kind == "Kustomization":
        return
    kind, below, datum = rule
    held = file.at(index, below) if below else index
    if held is not None and file.text(held):
        _named(one, (kind, held, file.at(index, datum) if datum else None), named, found)


def _named(
    one: _Object,
    wanted: tuple[str, int, int | None],
    named: Mapping[tuple[str, str], Sequence[_Object]],
    found: Found,
) -> None:
    kind, place, datum = wanted
    file = one.file
    name = file.text(place)
    candidates = [
        other
        for other in named.get((kind, name), ())[:_MOST_NAMESAKES]
        if not (one.space and other.space and one.space != other.space)
    ]
    for other, sure in _nearest(one, candidates):
        site = Site(file.symbol(place), file.path, file.line(place), name)
        found.edge(site, _symbol(other), "config", sure)
        key = file.text(datum)
        held = [other.file.at(other.root, part, key) for part in ("data", "stringData")]
        target = next((index for index in held if index is not None), None)
        if key and datum is not None and target is not None:
            site = Site(file.symbol(datum), file.path, file.line(datum), key)
            found.edge(site, other.file.symbol(target), "config", sure)


def _symbol(one: _Object) -> str:
    """Return the symbol that stands for an object: its name, which is what references need."""
    if one.root >= 0 and one.file.file.facts.definitions[one.root].kind != "document":
        return one.file.symbol(one.root)
    index = one.file.at(one.root, "metadata", "name")
    return one.file.symbol(one.root if index is None else index)


def _nearest(one: _Object, candidates: Sequence[_Object]) -> list[tuple[_Object, Sure]]:
    """Return the objects that are meant, with how sure that is."""
    if len(candidates) == 1:
        return [(candidates[0], EXPLICIT)]
    here = posixpath.dirname(one.file.path)
    beside = [other for other in candidates if posixpath.dirname(other.file.path) == here]
    if len(beside) == 1:
        return [(beside[0], EXPLICIT)]
    near = max((_shared(here, other.file.path) for other in candidates), default=0)
    best = [other for other in candidates if _shared(here, other.file.path) == near]
    if len(best) == 1:
        return [(best[0], INFERRED)]
    return [(other, GUESS) for other in best[:_MOST_CANDIDATES]]


def _shared(folder: str, path: str) -> int:
    """Return how many leading folders two places share."""
    count = 0
    for left, right in zip(folder.split("/"), posixpath.dirname(path).split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count


def _volumes(one: _Object, inside: Sequence[int], found: Found) -> None:
    """``volumeMounts[].name`` names a volume of the same pod."""
    file = one.file
    lists: dict[str, dict[str, int]] = {}
    for index in inside:
        address = file.address(index)
        if address.endswith(("volumes", "volumeClaimTemplates")):
            names = lists.setdefault(address.rpartition(".")[0], {})
            for item in file.listed(index):
                name = file.at(item, "name")
                name = file.at(item, "metadata", "name") if name is None else name
                if name is not None and file.text(name):
                    names.setdefault(file.text(name), name)
    for index in inside:
        address = file.address(index)
        if not address.endswith("volumeMounts"):
            continue
        pod = address.rpartition("ontainers[")[0].rpartition(".")[0]
        known = {**lists.get(pod.partition(".template")[0], {}), **lists.get(pod, {})}
        for item in file.listed(index):
            name = file.at(item, "name")
            target = known.get(file.text(name)) if name is not None else None
            if name is not None and target is not None:
                site = Site(file.symbol(name), file.path, file.line(name), file.text(name))
                found.edge(site, file.symbol(target), "config", EXPLICIT)


def _labels(file: Keyed, index: int | None) -> dict[str, tuple[str, int]]:
    if index is None:
        return {}
    return {key: (file.text(one), one) for key, one in file.below(index).items() if file.text(one)}


def _selectors(objects: Sequence[_Object], found: Found) -> None:
    """A selector ↔ the labels of pod templates; all its pairs must be there."""
    pods = []
    for one in objects[:_MOST_WORKLOADS]:
        places = (("spec", "template", "metadata", "labels"), ("metadata", "labels"))
        where = places[0] if one.kind != "Pod" else places[1]
        labels = _labels(one.file, one.file.at(one.root, *where))
        if labels:
            pods.append((one, labels))
    by_pair: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (_, labels) in enumerate(pods):
        for key, (value, _) in labels.items():
            by_pair[key, value].append(number)
    for one in objects[:_MOST_WORKLOADS]:
        selector = _selector(one)
        wanted = _labels(one.file, selector)
        if not wanted or len(wanted) != len(one.file.below(selector)):
            continue
        sets = [set(by_pair.get((key, value), ())) for key, (value, _) in wanted.items()]
        matching = [pods[number] for number in sorted(set.intersection(*sets))]
        own = [pair for pair in matching if pair[0] is one]
        near = _nearest(one, [pod for pod, _ in own or matching])
        labels_of = {id(pod): labels for pod, labels in matching}
        for pod, sure in near:
            for key, (value, index) in wanted.items():
                site = Site(one.file.symbol(index), one.file.path, one.file.line(index), value)
                target = pod.file.symbol(labels_of[id(pod)][key][1])
                found.edge(site, target, "config", sure)


def _selector(one: _Object) -> int | None:
    file = one.file
    if one.kind in _SELECTING:
        for place in (("selector", "matchLabels"), ("podSelector", "matchLabels"), ("selector",)):
            index = file.at(one.root, "spec", *place)
            if index is not None:
                return index
        return None
    if file.at(one.root, "spec", "template") is not None:
        return file.at(one.root, "spec", "selector", "matchLabels")
    return None
