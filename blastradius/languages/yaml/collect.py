"""Documents → facts: definitions, mentions, field groups, embedded SQL, aliases and includes.

One walk with a stack of its own, parents before children. What an alias or a merge key stands for
is walked again at its site, within a budget, so that ``prod.timeout`` is a name even when
``timeout`` is merged in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from blastradius.languages.yaml import groups
from blastradius.languages.yaml.address import below, digest, document_identity, identities
from blastradius.languages.yaml.nodes import MAX_DEPTH, Composed, Node, Reference, settle
from blastradius.languages.yaml.scalars import is_sql, mentions
from blastradius.model.facts import Definition, Embedded, Facts, FieldGroup, Mention, Problem

MAX_DEFINITIONS = 200_000
# Definitions that aliases may add: a text of a kilobyte can stand for a billion nodes.
MAX_EXPANDED = 20_000
# Characters of all addresses together: deep nesting makes them long.
_MAX_ADDRESSES = 20_000_000
_LONGEST_ADDRESS = 2_000
_TOO_MANY = f"aliases stand for more than {MAX_EXPANDED} values: not followed"
_MAX_PROBLEMS = 100


class Place(NamedTuple):
    """Where a value stands.

    ``definition`` is its index (-1: the file), ``via`` the nearest key. ``site`` is the line of the
    alias through which it is seen, 0 when it is seen in its own place. ``opened`` are the
    collections around it, innermost first, as linked pairs; ``depth`` their number.
    """

    name: str
    key: str
    definition: int
    via: str = ""
    site: int = 0
    opened: groups.Chain | None = None
    depth: int = 0


def collect(composed: Composed) -> Facts:
    """Return the facts of the documents of one file."""
    walk = _Walk(composed.problems)
    several = len(composed.documents) > 1
    for number, root in enumerate(composed.documents):
        walk.document(root, number, several=several)
    whole = composed.whole and walk.whole
    return Facts(
        "full" if whole else "partial" if walk.definitions else "failed",
        tuple(walk.definitions),
        tuple(walk.mentions),
        tuple(walk.groups),
        tuple(walk.embedded),
        (),
        tuple(sorted(set(walk.problems), key=lambda one: (one.line, one.what)))[:_MAX_PROBLEMS],
        msgspec.Raw(msgspec.msgpack.encode(walk.references)),
    )


class _Walk:
    """The walk's state: what was found, and what is still to be visited."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.definitions: list[Definition] = []
        self.mentions: list[Mention] = []
        self.groups: list[FieldGroup] = []
        self.embedded: list[Embedded] = []
        self.problems: list[Problem] = list(problems)
        self.references: list[Reference] = []
        self.whole = True
        self._pending: list[tuple[Node, Place]] = []
        # Where a node stands in its own place; aliases and their copies refer to it.
        self._home: dict[int, int] = {}
        self._expanded = 0
        self._characters = 0

    def document(self, root: Node, number: int, *, several: bool) -> None:
        """Walk one document. The first has plain addresses, the others begin with ``[docN]``."""
        name = f"[doc{number}]" if number else ""
        identity = document_identity(root)
        key = f"[{identity}]" if identity else name
        if root.kind == "scalar" and root.tag == "null" and not root.text:
            return
        place = Place(name, key, -1)
        if number or root.kind == "scalar":
            place = place._replace(name=name or "[doc0]")
            index = self._define(root, place, "document", root.line)
            if index is None:
                return
            place = place._replace(definition=index, name=name)
        elif several and identity:
            place = place._replace(key=key)
        self._pending = [(root, place)]
        while self._pending:
            self._visit(*self._pending.pop())

    def _visit(self, node: Node, place: Place) -> None:
        if node.kind == "alias":
            expanded = self._through_alias(node, place)
            if expanded is None:
                return
            node, place = expanded
        elif place.site == 0:
            self._home[id(node)] = place.definition
        if node.tag.startswith("!"):
            self._tagged(node, place)
        if node.kind == "scalar":
            self._scalar(node, place)
        elif node.kind == "sequence":
            self._sequence(node, place)
        else:
            self._mapping(node, place)

    def _through_alias(self, node: Node, place: Place) -> tuple[Node, Place] | None:
        """Return what an alias stands for, None when it cannot be shown at this place."""
        target = settle(node)
        self._refer("alias", target, place, node.line)
        if target.kind == "alias":
            return None  # no anchor; said while composing
        if self._expanded >= MAX_EXPANDED:
            self._problem(node.line, _TOO_MANY)
            return None
        if self._recursive(target, place):
            self._problem(node.line, f"alias *{node.text} stands inside its own anchor")
            return None
        return target, place._replace(site=place.site or node.line)

    def _refer(self, kind: str, target: Node, place: Place, line: int) -> None:
        home = self._home.get(id(target), -2)
        if home not in (-2, place.definition):
            self.references.append(Reference(kind, place.definition, place.site or line, "", home))

    def _recursive(self, target: Node, place: Place) -> bool:
        if place.depth > MAX_DEPTH:
            return True
        return any(one is target for one in groups.around(place.opened))

    def _tagged(self, node: Node, place: Place) -> None:
        if node.kind == "scalar" and "include" in node.tag.lower() and node.text:
            line = place.site or node.line
            self.references.append(Reference("include", place.definition, line, node.text))

    def _scalar(self, node: Node, place: Place) -> None:
        line = place.site or node.line
        if node.tag not in {"str", ""} and not node.tag.startswith("!"):
            return
        if place.via == "$ref":
            self.references.append(Reference("ref", place.definition, line, node.text))
        if is_sql(node.text):
            if place.site == 0:
                first = node.line + node.block
                self.embedded.append(
                    Embedded("sql", node.text, first, place.definition, via=place.via)
                )
            return
        for value, flavor, via in mentions(node.text, place.via):
            self.mentions.append(Mention(value, flavor, line, place.definition, via))

    def _sequence(self, node: Node, place: Place) -> None:
        opened = (node, place.opened)
        children: list[tuple[Node, Place]] = []
        members: list[tuple[int, int]] = []
        for number, (item, segment) in enumerate(
            zip(node.items, identities(node.items), strict=True)
        ):
            inner = Place(
                f"{place.name}[{number}]",
                f"{place.key}{segment}",
                place.definition,
                place.via,
                place.site,
                opened,
                place.depth + 1,
            )
            index = self._define(item, inner, "item", place.site or item.line)
            if index is None:
                break
            members.append((self.definitions[index].line, index))
            children.append((item, inner._replace(definition=index)))
        self._group(groups.of_sequence(node, members, place))
        self._pending += reversed(children)

    def _mapping(self, node: Node, place: Place) -> None:
        opened = (node, place.opened)
        children: list[tuple[Node, Place]] = []
        sites: list[tuple[Node, int, int]] = []
        for key, value, site in self._with_merged(node, place):
            name, via = below(place.name, key), settle(key).text
            inner = Place(
                name,
                below(place.key, key),
                place.definition,
                via,
                place.site or site,
                opened,
                place.depth + 1,
            )
            index = self._define(value, inner, "key", inner.site or key.line)
            if index is None:
                break
            sites.append((key, self.definitions[index].line, index))
            children.append((value, inner._replace(definition=index)))
        self._group(groups.of_mapping(node, sites, place))
        self._pending += reversed(children)

    def _with_merged(self, node: Node, place: Place) -> list[tuple[Node, Node, int]]:
        """Return a mapping's (key, value, line of the merge or 0), merged keys last."""
        found = [(key, value, 0) for key, value in node.pairs if key.tag != "merge"]
        known = {key.text for key, _, _ in found if key.kind == "scalar"}
        self._duplicates([key for key, _, _ in found if key.kind == "scalar"], place)
        for key, value in node.pairs:
            if key.tag != "merge":
                continue
            for source in value.items if value.kind == "sequence" else [value]:
                target = settle(source)
                self._expanded += 1
                self._refer("merge", target, place, source.line)
                if target.kind != "mapping" or self._recursive(target, place) or target is node:
                    self._problem(source.line, "<< merges what is no mapping, or holds itself")
                    continue
                found += self._merged(target, known, source.line)
        return found

    def _merged(self, target: Node, known: set[str], line: int) -> list[tuple[Node, Node, int]]:
        """Return the keys that merging ``target`` adds, those of its own merges too."""
        found: list[tuple[Node, Node, int]] = []
        pending, seen = [target], {id(target)}
        while pending and self._expanded + len(found) < MAX_EXPANDED:
            mapping = pending.pop()
            for key, value in mapping.pairs:
                if key.tag == "merge":
                    sources = value.items if value.kind == "sequence" else [value]
                    inner = [one for one in map(settle, sources) if id(one) not in seen]
                    seen.update(id(one) for one in inner)
                    pending += reversed([one for one in inner if one.kind == "mapping"])
                elif key.kind == "scalar" and key.text not in known:
                    known.add(key.text)
                    found.append((key, value, line))
        return found

    def _duplicates(self, keys: Sequence[Node], place: Place) -> None:
        if place.site:
            return
        first: dict[tuple[str, str], int] = {}
        for key in keys:
            line = first.get((key.tag, key.text))
            if line is None:
                first[key.tag, key.text] = key.line
            else:
                self.problems.append(
                    Problem(key.line, f"key {_quoted(key.text)} again, first on line {line}")
                )

    def _define(self, value: Node, place: Place, kind: str, line: int) -> int | None:
        """Add a definition and return its index; None when a bound is reached."""
        expanded = place.site > 0
        self._expanded += expanded
        self._characters += len(place.name) + len(place.key)
        if expanded and self._expanded > MAX_EXPANDED:
            self._problem(line, _TOO_MANY)
            return None
        if len(self.definitions) >= MAX_DEFINITIONS or self._characters > _MAX_ADDRESSES:
            self._problem(line, "too many keys: the rest was not read")
            return None
        if len(place.name) > _LONGEST_ADDRESS:
            self._problem(line, "address too long: what is below was not read")
            return None
        content = settle(value)
        self.definitions.append(
            Definition(
                place.name,
                kind,
                line,
                line if expanded else max(line, value.end),
                place.definition,
                _shape(content),
                digest(f"{content.tag} {content.text}") if content.kind == "scalar" else "",
                "" if place.key == place.name else place.key,
            )
        )
        index = len(self.definitions) - 1
        if expanded:
            self._refer_copy(content, index, line)
        return index

    def _refer_copy(self, content: Node, index: int, line: int) -> None:
        """A value seen through an alias depends on the value in its own place."""
        home = self._home.get(id(content), -1)
        if home >= 0:
            self.references.append(Reference("alias", index, line, "", home))

    def _group(self, group: FieldGroup | None) -> None:
        if group is not None and len(self.groups) < groups.MAX_GROUPS:
            self.groups.append(group)

    def _problem(self, line: int, what: str) -> None:
        self.problems.append(Problem(line, what))
        self.whole = False


def _shape(node: Node) -> str:
    if node.kind == "scalar":
        return f"scalar {node.tag}"
    return f"{node.kind} {node.tag}".rstrip()


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")  # noqa: PLR2004 - fits a line
