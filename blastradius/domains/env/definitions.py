"""Where variables are set: env files, compose, Kubernetes, workflows, platform files.

Values are compared by digest and never leave this module.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, sites
from blastradius.domains.documents import documents, entries, get, is_yaml, text_at, walk
from blastradius.domains.lines import line_of
from blastradius.languages.yaml.address import digest, outline
from blastradius.languages.yaml.nodes import Node, settle
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "env"

_DOTENV = re.compile(
    r"(?:^|/)(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env(?:\.[\w-]+)?|\.dev\.vars(?:\.\w+)?|\.envrc)$"
)
_TEMPLATE = re.compile(r"example|sample|template|dist|defaults?|schema|ci|test", re.IGNORECASE)
_SET = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.]*)[ \t]*=(?P<value>[^\n]*)", re.MULTILINE
)
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
SECRET_NAME = re.compile(
    r"secret|token|passw|pwd|api_?key|private|credential|_key$|dsn$|database_url|conn(?:ection)?_?str"
    r"|webhook|salt|signing|encryption",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^$|^(?:x+|\*+|\.+|-+)$|chang|your|example|placeholder|todo|dummy|fake|secret$|^password$|^<.*>$"
    r"|^\$\{?|^\{\{|^(?:true|false|null|none|\d{1,5}|localhost.*)$",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 8  # shorter ones are switches and names
_VERIFY = "the set of names, and a keyed hash of each value, equal those of the checkpoint"
_FILE_UNDO = (
    "put the file back byte for byte from a checkpoint (an editor for env files requotes and drops "
    "comments), and restart what read it"
)
_PLATFORM_UNDO = "set it back where the platform keeps it, then deploy or restart what reads it"


class _Setting(NamedTuple):
    """One variable that a file sets: a digest of its value, its line, whether it looks exposed."""

    digest: str
    line: int
    exposed: bool = False


_Settings = dict[str, _Setting]


def effects(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each variable whose setting changed, one more for each exposed secret."""
    for change in deployed(view):
        tool = _tool(change.path)
        if not tool:
            continue
        old, new = (_read(tool, text) for text in (view.before(change), view.after(change)))
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name), new.get(name)
            # What a workflow sets goes back with the workflow's file: nothing is left outside.
            differs = before is None or after is None or before.digest != after.digest
            if differs and tool != "github-actions":
                yield _changed(view, change, tool, name, before, after)
            if after is not None and after.exposed and (before is None or not before.exposed):
                yield _exposed(view, change, tool, name, after)


def _changed(
    view: ChangeView,
    change: FileChange,
    tool: str,
    name: str,
    before: _Setting | None,
    after: _Setting | None,
) -> Effect:
    verb = "set" if before is None else "unset" if after is None else "set to another value"
    what = _FILE_UNDO if tool == "dotenv" else _PLATFORM_UNDO
    if before is None:
        what = f"remove it once no running version reads it: {what}"
    return Kind(DOMAIN, tool).effect(
        name,
        f"{verb} in {change.path}",
        "reversible",
        sites(
            view,
            change,
            [after.line if after else before.line if before else 0],
            at_base=after is None,
        ),
        Undo(what, _VERIFY),
        "likely" if _TEMPLATE.search(posixpath.basename(change.path)) else "certain",
    )


def _exposed(view: ChangeView, change: FileChange, tool: str, name: str, after: _Setting) -> Effect:
    return Kind(DOMAIN, tool).effect(
        name,
        f"a value that looks like a secret was committed in {change.path}",
        "irreversible",
        sites(view, change, [after.line]),
        Undo(
            "no revert takes it back from clones and logs: make a new secret, replace it everywhere, "
            "then have the old one revoked",
            "the old secret is refused by its service",
        ),
        "possible",
    )


def _tool(path: str) -> str:
    name = posixpath.basename(path)
    if _DOTENV.search(path):
        return "dotenv"
    if name in {"vercel.json", "now.json"}:
        return "vercel"
    if name in {"wrangler.toml", "wrangler.json", "wrangler.jsonc"}:
        return "wrangler"
    if not is_yaml(path):
        return ""
    if path.startswith(".github/"):
        return "github-actions"
    return "compose" if re.match(r"(?:docker-)?compose[\w.-]*\.ya?ml$", name) else "yaml"


def _read(tool: str, text: str | None) -> _Settings:
    if not text:
        return {}
    if tool == "dotenv":
        return _dotenv(text)
    if tool == "wrangler" and not text.lstrip().startswith("{"):
        return _toml(text)
    found: _Settings = {}
    for root in documents(text):
        if tool in {"vercel", "wrangler"}:
            block = get(root, "env" if tool == "vercel" else "vars")
            found |= _mapping(block)
        elif tool == "yaml":
            found |= _kubernetes(root)
        else:
            found |= _everywhere(root, "environment" if tool == "compose" else "env")
    return found


def _dotenv(text: str) -> _Settings:
    found: _Settings = {}
    for match in _SET.finditer(text):
        value = match["value"].strip().strip("'\"")
        line = line_of(text, match.start())
        found[match["name"]] = _Setting(
            digest(match["value"].strip()), line, exposed=_is_secret(match["name"], value)
        )
    return found


def _is_secret(name: str, value: str) -> bool:
    return (
        SECRET_NAME.search(name) is not None
        and len(value) >= _SHORTEST_SECRET
        and _PLACEHOLDER.search(value) is None
    )


def _toml(text: str) -> _Settings:
    try:
        top = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    names: dict[str, object] = {}
    for place in (top, *_tables(top.get("env"))):
        block = place.get("vars")
        if isinstance(block, dict):
            names.update(block)
    return {
        name: _Setting(digest(repr(value)), _line_of(text, name)) for name, value in names.items()
    }


def _tables(value: object) -> list[dict[str, object]]:
    return (
        [one for one in value.values() if isinstance(one, dict)] if isinstance(value, dict) else []
    )


def _line_of(text: str, name: str) -> int:
    match = re.search(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*=", text, re.MULTILINE)
    return line_of(text, match.start()) if match is not None else 1


def _setting(name: str, node: Node, line: int) -> _Setting:
    value = node.text if node.kind == "scalar" else ""
    return _Setting(digest(outline(node)), line, exposed=_is_secret(name, value))


def _mapping(node: Node | None) -> _Settings:
    return {
        name: _setting(name, value, line)
        for name, value, line in entries(node)
        if _NAME.match(name)
    }


def _listed(node: Node) -> _Settings:
    """``- A=1`` of compose, ``- name: A`` of Kubernetes."""
    found: _Settings = {}
    for item in node.items:
        one = settle(item)
        if one.kind == "scalar":
            name, _, value = one.text.partition("=")
            if _NAME.match(name):
                found[name] = _Setting(digest(one.text), item.line, exposed=_is_secret(name, value))
        elif (name := text_at(one, "name")) and _NAME.match(name):
            value_node = get(one, "value")
            exposed = value_node is not None and _is_secret(name, value_node.text)
            found[name] = _Setting(digest(outline(one)), item.line, exposed=exposed)
    return found


def _everywhere(root: Node, key: str) -> _Settings:
    found: _Settings = {}
    for path, value, _ in walk(root):
        if path[-1] == key:
            found |= _listed(value) if value.kind == "sequence" else _mapping(value)
    return found


def _kubernetes(root: Node) -> _Settings:
    """Environment of containers, keys of ConfigMaps and Secrets; other YAML has none."""
    kind = text_at(root, "kind")
    if not kind or not text_at(root, "apiVersion"):
        return {}
    if kind in {"ConfigMap", "Secret"}:
        blocks = [get(root, name) for name in ("data", "stringData")]
        found = {
            name: one
            for block in blocks
            for name, one in _mapping(block).items()
            if kind == "Secret" or name.upper() == name  # others are the names of files
        }
        if kind == "Secret":  # its values are base64: whatever they are, they are committed
            return {name: one._replace(exposed=True) for name, one in found.items()}
        return found
    return _everywhere(root, "env")
