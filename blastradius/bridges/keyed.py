"""Config files as trees of keys, made from their facts: what the bridges over config walk.

Works for every language that says ``KEYED``: its definitions are keys and items whose addresses
grow from their parents'.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from blastradius.bridges.base import FileView, View
from blastradius.model.facts import Mention

_SCALARS = frozenset({"name", "path", "dotted", "table", "glob", "url", "text"})
_SHARED = "keyed"


@dataclass(slots=True)
class Keyed:
    """One config file.

    Attributes:
        path: of the file. file: its facts.
        keys: definition (-1: the first document) → key → definition of the value.
        items: definition → definitions of the list's items, in order.
        texts: definition → its scalar's text, where the text is a word, a path or a name.
        documents: the definitions at the top, -1 first.
    """

    path: str
    file: FileView
    keys: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    items: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[int, Mention] = field(default_factory=dict)
    documents: list[int] = field(default_factory=lambda: [-1])
    by_name: dict[str, int] = field(default_factory=dict)

    def symbol(self, index: int) -> str:
        """Return the symbol of a definition, of the file for -1."""
        return self.file.scope_symbol(self.path, index)

    def line(self, index: int) -> int:
        """Return the line of a definition, 1 for the file."""
        return self.file.facts.definitions[index].line if index >= 0 else 1

    def at(self, index: int, *names: str) -> int | None:
        """Return the definition that the keys lead to from ``index``, None where one is missing."""
        for name in names:
            below = self.keys.get(index)
            found = below.get(name) if below else None
            if found is None:
                return None
            index = found
        return index

    def below(self, index: int | None) -> Mapping[str, int]:
        """Return the keys below a definition; none for None."""
        return self.keys.get(index, {}) if index is not None else {}

    def listed(self, index: int | None) -> Sequence[int]:
        """Return the items of a list; none for None."""
        return self.items.get(index, ()) if index is not None else ()

    def holders(self) -> list[int]:
        """Return the definitions that have keys or items below them, in their order."""
        return sorted(index for index in {*self.keys, *self.items} if index >= 0)

    def text(self, index: int | None) -> str:
        """Return a scalar's text, empty where there is none."""
        mention = self.texts.get(index) if index is not None else None
        return mention.value if mention is not None else ""

    def words(self, index: int | None) -> Iterator[tuple[str, int]]:
        """Yield (text, definition) of a scalar, of each item of a list, or of each key below."""
        if index is None:
            return
        if self.text(index):
            yield self.text(index), index
        for item in self.listed(index):
            if self.text(item):
                yield self.text(item), item

    def address(self, index: int) -> str:
        """Return the address of a definition."""
        return self.file.facts.definitions[index].name if index >= 0 else ""


def is_keyed(file: FileView) -> bool:
    """Tell whether the file is config: keys and values."""
    return bool(getattr(file.language, "KEYED", False))


def keyed_files(view: View) -> Mapping[str, Keyed]:
    """Return path → tree of every config file, made once a run."""
    known: dict[str, Keyed] | None = view.shared.get(_SHARED)
    if known is None:
        known = {
            path: tree(path, file) for path, file in sorted(view.files.items()) if is_keyed(file)
        }
        view.shared[_SHARED] = known
    return known


def tree(path: str, file: FileView) -> Keyed:
    """Return the tree of one file from its definitions and mentions."""
    found = Keyed(path, file)
    definitions = file.facts.definitions
    for index, one in enumerate(definitions):
        found.by_name.setdefault(one.name, index)
        if one.kind == "document":
            found.documents.append(index)
            continue
        above = definitions[one.parent].name if one.parent >= 0 else ""
        kind, segment = _segment(one.name, above)
        if kind == "item":
            found.items[one.parent].append(index)
        else:
            found.keys[one.parent].setdefault(segment, index)
    for mention in file.facts.mentions:
        if mention.scope >= 0 and mention.flavor in _SCALARS and mention.via not in _INNER:
            known = found.texts.get(mention.scope)
            if known is None:
                found.texts[mention.scope] = mention
    return found


_INNER = frozenset({"command", "python -m", "${{", "ref", "source"})


def _segment(name: str, above: str) -> tuple[str, str]:
    """Return how an address goes on from its parent's: an item's number, or a key."""
    rest = name.removeprefix(above)
    if rest.startswith("["):
        inside = rest[1:-1]
        if inside.isdigit():
            return "item", inside
        try:
            text = json.loads(inside)
        except ValueError:
            return "key", inside
        return "key", text if isinstance(text, str) else inside
    return "key", rest.removeprefix(".")


def key_path(found: Keyed, parts: Sequence[str]) -> int | None:
    """Return the definition that a path of keys leads to in the first document that has it."""
    for document in found.documents:
        index = found.at(document, *parts)
        if index is not None:
            return index
    return None
