"""Uses in Terraform → edges. All files of one folder are one module: one namespace."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blastradius.languages.base import LinkOptions
from blastradius.languages.hcl.own import Use, own_of
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Linked, Unresolved

_KINDS = {"var": "variable", "local": "local", "module": "module", "data": "data"}
_MODULE = (".tf", ".tf.json")
_WORDS = {"resource": 3, "data": 3, "variable": 2, "local": 2, "output": 2, "module": 2}


@dataclass(frozen=True, slots=True)
class Tables:
    """Folder → address → symbol; folder → name of a module call → its folder.

    ``whole``: the folders all of whose files were understood, so that what is missing is not there.
    """

    names: Mapping[str, Mapping[str, str]]
    calls: Mapping[str, Mapping[str, str]]
    whole: frozenset[str]


def symbol(path: str, definitions: Sequence[Definition], index: int) -> str:
    """Return ``hcl:<path>#<address>``; ``hcl:<path>`` for the file."""
    return f"hcl:{path}#{definitions[index].name}" if index >= 0 else f"hcl:{path}"


def tables(files: Mapping[str, Facts], options: LinkOptions) -> Tables:
    """Return the namespaces of all modules of a tree."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    calls: dict[str, dict[str, str]] = defaultdict(dict)
    broken: set[str] = set()
    for path, facts in sorted(files.items()):
        folder = posixpath.dirname(path)
        if not path.endswith(_MODULE):
            continue
        if facts.parsed != "full":
            broken.add(folder)
        for index, one in enumerate(facts.definitions):
            names[folder].setdefault(one.name, symbol(path, facts.definitions, index))
        for name, source in own_of(facts).sources.items():
            if source.startswith(("./", "../")):
                calls[folder][name] = posixpath.normpath(posixpath.join(folder, source))
    # JSON and override files may define what is asked for.
    broken |= {posixpath.dirname(one) for one in options.paths if one.endswith(".tf.json")}
    return Tables(dict(names), dict(calls), frozenset(names) - broken)


def link(path: str, facts: Facts, known: Tables) -> Linked:
    """Return the edges of one file to its module, and what its module lacks."""
    own = own_of(facts)
    folder = posixpath.dirname(path)
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    if path.endswith((".tf", ".tfvars", ".tftest.hcl")):
        for use in own.uses:
            source = symbol(path, facts.definitions, use.scope)
            wanted, target = _target(use, folder, known)
            if target:
                edges.append(_edge(source, target, "reference", path, use))
            elif wanted:
                internal = wanted in known.whole
                unresolved.append(
                    Unresolved(
                        path,
                        use.line,
                        ".".join(use.name),
                        "unresolved" if internal else "external",
                        internal=internal,
                        source=source,
                    )
                )
    edges += _settings(path, folder, facts, known)
    edges += _inputs(path, folder, facts, known)
    return Linked(tuple(edges), tuple(unresolved), len(edges))


def _target(use: Use, folder: str, known: Tables) -> tuple[str, str]:
    """Return (the folder that should define it or empty, the symbol or empty)."""
    names = known.names.get(folder, {})
    kind, *rest = use.name
    if kind == "module" and rest:
        called = known.calls.get(folder, {}).get(rest[0])
        if called is not None and len(rest) > 1 and called in known.names:
            return called, known.names[called].get(_address("output", rest[1]), "")
        return folder, names.get(_address("module", rest[0]), "")
    if kind in {"var", "local"}:
        return folder, names.get(_address(_KINDS[kind], rest[0]), "")
    if kind == "data":
        return (folder, names.get(_address(*use.name[:3]), "")) if len(rest) > 1 else ("", "")
    found = names.get(_address("resource", kind, rest[0]), "")
    # Every resource type has a provider's prefix: other words may be bound in ways not known here.
    return (folder if "_" in kind else ""), found


def _address(*names: str) -> str:
    """Return the address that a definition of these names has, long ones made short."""
    address = ""
    for name in names:
        address = below(address, Node("scalar", 0, 0, "str", name))
    return address


def _settings(path: str, folder: str, facts: Facts, known: Tables) -> list[Edge]:
    """A .tfvars file's keys set the variables of its folder's module, or of the one above."""
    if not path.endswith(".tfvars"):
        return []
    found = []
    for index, one in enumerate(facts.definitions):
        if one.parent >= 0:
            continue
        for place, tier, sure in (
            (folder, "certain", 0.98),
            (posixpath.dirname(folder), "likely", 0.9),
        ):
            target = known.names.get(place, {}).get(f"variable.{one.name}")
            if target is not None:
                source = symbol(path, facts.definitions, index)
                found.append(
                    Edge(
                        source,
                        target,
                        "config",
                        "certain" if tier == "certain" else "likely",
                        sure,
                        path,
                        one.line,
                        one.name,
                    )
                )
                break
    return found


def _inputs(path: str, folder: str, facts: Facts, known: Tables) -> list[Edge]:
    """The arguments of a module call set the variables of the module that it calls."""
    found = []
    calls = known.calls.get(folder, {})
    for index, one in enumerate(facts.definitions):
        if one.parent < 0 or one.kind != "key":
            continue
        parent = facts.definitions[one.parent]
        called = calls.get(parent.name.removeprefix("module.")) if parent.parent < 0 else None
        if called is None or not parent.name.startswith("module."):
            continue
        target = known.names.get(called, {}).get(f"variable.{one.name.rpartition('.')[2]}")
        if target is not None:
            source = symbol(path, facts.definitions, index)
            found.append(Edge(source, target, "config", "certain", 0.98, path, one.line, one.name))
    return found


def _edge(source: str, target: str, kind: str, path: str, use: Use) -> Edge:
    return Edge(source, target, kind, "certain", 0.98, path, use.line, ".".join(use.name))
