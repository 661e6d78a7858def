"""Schemas of messages: Avro, Protocol Buffers, JSON Schema, AsyncAPI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites
from blastradius.domains.documents import get, text_at, walk, whole
from blastradius.domains.lines import line_of
from blastradius.languages.yaml.address import outline
from blastradius.languages.yaml.nodes import Node, settle
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "schemas"

_PROTO = re.compile(
    r"//[^\n]*|\b(?:message|enum|oneof|extend|service)\s+(?P<block>[\w.]+)\s*\{|(?P<brace>[{}])"
    r"|\b(?P<type>map\s*<[^>\n]{1,200}>|[A-Za-z_][\w.]{0,200})\s+(?P<name>\w+)\s*=\s*(?P<number>\d+)\s*[;\[]"
    r"|\b(?P<value>[A-Z]\w*)\s*=\s*(?P<code>-?\d+)\s*[;\[]"
)
_VERIFY = "the registry's latest version is the old schema, and consumers have read all there was"
_MAX_DEPTH = 50
_LONGEST_NAME = 1_000
_SHOWN = 5


class _Field(NamedTuple):
    """A field as it is on the wire: what it is (name and type), and its line."""

    shape: str
    line: int


_Fields = dict[str, _Field]


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each schema whose fields the range changed."""
    for change in deployed(view):
        tool = _tool(view, change)
        if tool:
            read = _proto if tool == "protobuf" else _avro if tool == "avro" else _json
            old, new = view.before(change), view.after(change)
            effect = _effect(view, change, tool, read(old or ""), read(new or ""))
            if effect is not None:
                yield effect


def _tool(view: ChangeView, change: FileChange) -> str:
    path = change.path.lower()
    if path.endswith(".proto"):
        return "protobuf"
    if path.endswith((".avsc", ".avro.json")):
        return "avro"
    if path.endswith((".schema.json", ".schema.yaml", ".schema.yml")):
        return "json-schema"
    if re.search(r"(?:^|/)asyncapi[\w.-]*\.(?:json|ya?ml)$", path):
        return "asyncapi"
    if path.endswith(".json") and "/schemas/" in f"/{path}":
        head = (view.after(change) or view.before(change) or "")[:2_000]
        return "json-schema" if '"$schema"' in head else ""
    return ""


def _effect(
    view: ChangeView, change: FileChange, tool: str, old: _Fields, new: _Fields
) -> Effect | None:
    added = [key for key in new if key not in old]
    removed = [key for key in old if key not in new]
    changed = [key for key in new if key in old and old[key].shape != new[key].shape]
    if not (added or removed or changed):
        return None
    parts = (("gained", added), ("lost", removed), ("changed", changed))
    said = "; ".join(
        f"{verb} {', '.join(literal(key) for key in keys[:_SHOWN])}{' …' if len(keys) > _SHOWN else ''}"
        for verb, keys in parts
        if keys
    )
    lines = [new[key].line for key in (*changed, *added)]
    return Kind(DOMAIN, tool).effect(
        change.path,
        f"the messages {said}",
        "irreversible" if removed or changed else "compensatable",
        sites(view, change, lines),
        Undo(
            "stop the producers, let consumers drain what was written with the new schema, register "
            "the old schema as a new version (the registry checks its compatibility), start the old "
            "producers; what was consumed stays consumed",
            _VERIFY,
        ),
        "likely",
    )


def _proto(text: str) -> _Fields:
    """Return the fields by message and number: the number is what stands on the wire."""
    found: _Fields = {}
    blocks: list[str] = []
    for match in _PROTO.finditer(text):
        if match["block"]:
            blocks.append(match["block"])
        elif match["brace"] == "{":
            blocks.append("")
        elif match["brace"] == "}":
            del blocks[-1:]
        elif match["number"] or match["code"]:
            place = ".".join(one for one in blocks[:_MAX_DEPTH] if one)
            line = line_of(text, match.start())
            number = match["number"] or match["code"]
            kind = re.sub(r"\s+", "", match["type"]) if match["type"] else "enum"
            found[f"{place} {number}"] = _Field(f"{kind} {match['name'] or match['value']}", line)
    return found


def _avro(text: str) -> _Fields:
    found: _Fields = {}
    pending: list[tuple[str, Node | None]] = [("", whole(text))]
    while pending:
        place, node = pending.pop()
        if node is None:
            continue
        if node.kind == "sequence":
            pending += ((place, settle(item)) for item in node.items)
            continue
        name = text_at(node, "name") or place
        fields = get(node, "fields")
        for item in fields.items if fields is not None else ():
            field, kind = settle(item), get(settle(item), "type")
            key = f"{name}.{text_at(field, 'name')}"
            default = "default " if get(field, "default") is not None else ""
            found[key] = _Field(f"{default}{outline(kind) if kind else ''}", field.line)
            if kind is not None and kind.kind != "scalar" and len(key) < _LONGEST_NAME:
                pending.append((key, kind))
    return found


def _json(text: str) -> _Fields:
    """Return every property by its path, with its type, enum and format, and whether it is required."""
    found: _Fields = {}
    root = whole(text)
    for path, value, line in walk(root) if root is not None else ():
        if path[-2:-1] == ("properties",):
            parts = [
                outline(one) if (one := get(value, key)) else ""
                for key in ("type", "enum", "format", "$ref")
            ]
            found[".".join(one for one in path if one != "properties")] = _Field(
                " ".join(parts), line
            )
        elif path[-1] == "required" and value.kind == "sequence":
            found[".".join((*(one for one in path[:-1] if one != "properties"), "required"))] = (
                _Field(" ".join(sorted(item.text for item in value.items)), line)
            )
    return found
