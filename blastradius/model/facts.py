"""What one blob states by itself: a pure function of its bytes, cached by content.

Nothing here knows the path of the file or the tree around it. Names are addresses within the file:
``Connector.run`` (Python), ``sources[0].fields[2]`` (YAML), ``silver.oura_sleep.hrv_score`` (SQL).
A language turns them into symbols once the path is known.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

Parsed = Literal["full", "partial", "failed"]
GroupRole = Literal["produce", "declare", "consume"]


class Problem(Struct, frozen=True, array_like=True, gc=False):
    """What could not be understood, and where (``line`` is 1-based, 0 for the whole file)."""

    line: int
    what: str


class Definition(Struct, frozen=True, array_like=True, gc=False):
    """A thing that others can name.

    Attributes:
        name: address within the file; ``""`` is the file (module) itself.
        kind: module, class, function, method, attribute, parameter, variable, field, relation,
            column, key, item, document.
        line: first line, 1-based. end: last line, inclusive.
        parent: index of the enclosing definition in ``Facts.definitions``, -1 for the file.
        shape: the interface in canonical text: signature, type, base classes, column type. Equal
            shapes mean that users need not change.
        body: digest (16 hex) of the definition's own normalised content, nested definitions left
            out; equal when only white space, comments or docstrings differ.
        key: what identifies it across versions where the address shifts (a list item's value);
            empty when that is ``name``.
    """

    name: str
    kind: str
    line: int
    end: int
    parent: int
    shape: str = ""
    body: str = ""
    key: str = ""


class Mention(Struct, frozen=True, array_like=True, gc=False):
    """A string in code or a scalar in config that may name something elsewhere.

    ``flavor``: path, glob, dotted, table, column, env, url, name, text, or key (the path of keys
    ``a.b`` into a config). ``scope`` is the index of the enclosing definition, -1 for the file.
    ``via`` says how it is used: the dotted callee it is an argument of (``open``, ``pd.read_csv``,
    ``df.to_sql``), or the key it is the value of.
    """

    value: str
    flavor: str
    line: int
    scope: int
    via: str = ""


class FieldSite(Struct, frozen=True, array_like=True, gc=False):
    """One member of a field group: its name, line, and its definition (-1 if it is only a use)."""

    name: str
    line: int
    definition: int = -1


class FieldGroup(Struct, frozen=True, array_like=True, gc=False):
    """Names that stand together: keys of one dict, items of one list, columns of one query.

    ``kind``: dict, class, list, subscript, call, items, columns. ``anchors`` are words and names
    that say what the group is about (variable and class names, sibling scalars, table names);
    ``scope`` as in `Mention`.
    """

    kind: str
    role: GroupRole
    scope: int
    sites: tuple[FieldSite, ...]
    anchors: tuple[str, ...] = ()


class Embedded(Struct, frozen=True, array_like=True, gc=False):
    """A text of another language inside this file, to be extracted by that language.

    ``line`` is the file's line on which the text's first line stands. ``holes`` is True when parts
    were computed at run time and replaced by a placeholder identifier.
    """

    language: str
    text: str
    line: int
    scope: int
    holes: bool = False
    via: str = ""


class Facts(Struct, frozen=True, array_like=True, gc=False):
    """Everything one blob states.

    ``own`` is the language's own record, msgpack-encoded, decoded by that language's linker only.
    ``embedded_facts`` runs parallel to ``embedded`` and is filled by the extraction stage.
    """

    parsed: Parsed
    definitions: tuple[Definition, ...] = ()
    mentions: tuple[Mention, ...] = ()
    groups: tuple[FieldGroup, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    embedded_facts: tuple[Facts, ...] = ()
    problems: tuple[Problem, ...] = ()
    own: msgspec.Raw = msgspec.Raw(b"\xc0")
