"""HCL text → facts: blocks and attributes with their addresses, what they use, files they name.

One walk over tree-sitter's tree with a stack of its own. Blocks have Terraform's addresses:
``aws_s3_bucket.logs`` is ``resource.aws_s3_bucket.logs`` here, so that every address says its kind.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from blastradius.languages.hcl.own import Own, Use
from blastradius.languages.secrets import (
    NAMING,
    VALUING,
    holds_secrets,
    is_secret,
    item_keys,
    masked,
    tells,
)
from blastradius.languages.texts import clean
from blastradius.languages.trees import parsed
from blastradius.languages.yaml.address import below, digest
from blastradius.languages.yaml.nodes import Node as Key
from blastradius.languages.yaml.scalars import mentions
from blastradius.model.facts import Definition, Facts, Mention, Parsed, Problem

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_BYTES = 3_000_000
MAX_DEFINITIONS = 50_000
MAX_DEPTH = 60
_MAX_STEPS = 2_000_000
_MAX_PROBLEMS = 20
# Functions whose first argument is a file of the module.
_FILES = frozenset(
    [
        "abspath",
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "filemd5",
        "filesha1",
        "filesha256",
        "filesha512",
        "fileset",
        "templatefile",
    ]
)
_ENV_KEYS = frozenset(
    ["environment", "environment_variables", "env", "env_vars", "env_variables", "variables"]
)
# What holds the secret of a resource such as ``kubernetes_secret`` or ``azurerm_key_vault_secret``.
_KEEPS_SECRET = re.compile(
    r"(?:(?:string_|binary_|secret_)?data(?:_json)?|secret_(?:string|binary)|value)(?:_wo)?\Z"
)
_ROOTS = frozenset(["path", "each", "count", "self", "terraform", "null", "true", "false"])


class Place(NamedTuple):
    """Where a node stands: its address, definition, key, depth, the names bound around it.

    ``named`` is what a ``name`` beside it says, or the option before it; ``secret``: all is, here.
    """

    name: str
    definition: int
    via: str = ""
    depth: int = 0
    bound: frozenset[str] = frozenset()
    env: bool = False
    named: str = ""
    secret: bool = False


@cache
def _parser() -> Parser:
    import tree_sitter_hcl  # noqa: PLC0415 - loaded when the first such file is read
    from tree_sitter import Language, Parser  # noqa: PLC0415 - as above

    return Parser(Language(tree_sitter_hcl.language()))


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions and uses of one file. Never raises."""
    if len(source) > MAX_BYTES:
        return Facts("failed", problems=(Problem(0, f"larger than {MAX_BYTES} bytes: not read"),))
    tree = parsed(_parser(), source)
    if tree is None:
        return Facts("failed", problems=(Problem(0, "its errors take too long to get over"),))
    walk = _Walk(source)
    walk.run(tree.root_node)
    problems = tuple(sorted(set(walk.problems), key=lambda one: (one.line, one.what)))
    state: Parsed = "full" if not problems else "partial" if walk.definitions else "failed"
    own = Own(tuple(walk.uses), walk.sources, tuple(walk.settings))
    return Facts(
        state,
        tuple(walk.definitions),
        tuple(walk.mentions),
        problems=problems,
        own=msgspec.Raw(msgspec.msgpack.encode(own)),
    )


class _Walk:
    """What was found, and what is still to be visited."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self.definitions: list[Definition] = []
        self.mentions: list[Mention] = []
        self.problems: list[Problem] = []
        self.uses: list[Use] = []
        self.sources: dict[str, str] = {}
        self.settings: list[int] = []
        self._pending: list[tuple[Node, Place]] = []

    def run(self, root: Node) -> None:
        """Walk the tree."""
        self._pending = [(root, Place("", -1))]
        for _ in range(_MAX_STEPS):
            if not self._pending:
                return
            self._visit(*self._pending.pop())
        self._problem(0, "too large: the rest was not read")

    def _visit(self, node: Node, place: Place) -> None:
        if node.type == "ERROR" or node.is_missing:
            self._problem(_line(node), "what stands here is not HCL")
        if node.type == "block":
            self._block(node, place)
        elif node.type == "attribute":
            self._attribute(node, place)
        elif node.type == "object_elem":
            self._element(node, place)
        elif node.type == "expression":
            self._expression(node, place)
        elif node.type == "object":
            named = self._name_in(node, "object_elem")
            self._below(node.named_children, place._replace(named=named))
        elif node.type == "tuple":
            self._tuple(node, place)
        elif node.type in {"for_tuple_expr", "for_object_expr"}:
            self._for(node, place)
        elif node.type == "function_call":
            self._call(node, place)
        else:
            self._below(node.named_children, place)

    def _below(self, nodes: list[Node], place: Place) -> None:
        self._pending += ((one, place) for one in reversed(nodes))

    def _define(self, node: Node, name: str, kind: str, place: Place, body: str) -> int | None:
        if len(self.definitions) >= MAX_DEFINITIONS or place.depth > MAX_DEPTH:
            self._problem(_line(node), "too many or too deep: what is below was not read")
            return None
        shape = "block" if kind == "block" else ""
        self.definitions.append(
            Definition(name, kind, _line(node), _end(node), place.definition, shape, body)
        )
        return len(self.definitions) - 1

    def _block(self, node: Node, place: Place) -> None:
        labels = [self._text(one).strip('"') for one in node.named_children if _is_label(one)]
        bodies = [one for one in node.named_children if one.type == "body"]
        kind = labels[0] if labels else ""
        if not place.name and kind == "locals":
            # Members of ``locals`` are ``local.x``, whatever the block that they stand in.
            self._below(bodies, place._replace(name="local", depth=place.depth + 1))
            return
        name = place.name
        for label in labels:
            name = below(name, Key("scalar", 0, 0, "str", label))
        index = self._define(node, name, "block", place, "")
        if index is None:
            return
        bound = place.bound
        if kind == "dynamic" and len(labels) > 1:
            bound |= {labels[1]}
        env = kind in _ENV_KEYS and kind != "env" and bool(place.name)
        secret = place.secret or holds_secrets(kind)
        inner = Place(name, index, kind, place.depth + 1, bound, env, secret=secret)
        for body in bodies:
            self._below([body], inner._replace(named=self._name_in(body, "attribute")))
        if kind == "env" and bool(place.name) and bodies:
            self._named_variable(bodies[0], inner)

    def _named_variable(self, body: Node, place: Place) -> None:
        """``env { name = "X"  value = … }`` of Kubernetes and Cloud Run defines X."""
        for one in body.named_children:
            if one.type == "attribute" and self._text(one.named_children[0]) == "name":
                name = self._text(one.named_children[-1]).strip('"')
                if name.isidentifier():
                    content = digest(" ".join(self._text(body).split()))
                    self._define(body, f"{place.name}.{name}", "env", place, content)

    def _attribute(self, node: Node, place: Place) -> None:
        children = node.named_children
        key = self._text(children[0]) if children else ""
        self._member(node, key, children[1:], place)
        if len(children) < 2:  # noqa: PLR2004 - a key and its value
            return
        if key == "source" and place.name.startswith("module.") and place.depth == 1:
            self.sources[place.name.removeprefix("module.")] = self._text(children[1]).strip('"')
        if not place.name and self.definitions:
            self.settings.append(len(self.definitions) - 1)

    def _element(self, node: Node, place: Place) -> None:
        children = [one for one in node.named_children if one.type == "expression"]
        if len(children) != 2 or not _is_plain_key(children[0]):  # noqa: PLR2004 - as above
            self._below(children, place)
            return
        self._member(node, self._text(children[0]).strip('"'), children[1:], place)

    def _member(self, node: Node, key: str, values: list[Node], place: Place) -> None:
        name = below(place.name, Key("scalar", 0, 0, "str", key))
        text = " ".join(self._text(one) for one in values)
        kind = "env" if place.env and key.isidentifier() and not text.startswith("{") else "key"
        index = self._define(node, name, kind, place, digest(" ".join(text.split())))
        if index is None:
            return
        env = key in _ENV_KEYS and place.depth > 0
        inner = Place(name, index, key, place.depth + 1, place.bound, env, place.named)
        if key.lower() not in VALUING:
            inner = inner._replace(named="")
        keeps = _KEEPS_SECRET.match(key) is not None and "secret" in place.name.lower()
        secret = keeps or holds_secrets(key) or (place.secret and not tells(key))
        self._below(values, inner._replace(secret=secret))

    def _expression(self, node: Node, place: Place) -> None:
        parts = node.named_children
        if parts and parts[0].type == "variable_expr":
            self._traversal(parts, place)
            return
        if parts and (text := self._literal(parts[0])) is not None:
            self._string(text, parts[0], place)
            return
        self._below(parts, place)

    def _traversal(self, parts: list[Node], place: Place) -> None:
        name = [self._text(parts[0])]
        rest: list[Node] = []
        for one in parts[1:]:
            if one.type == "get_attr" and not rest:
                name.append(self._text(one).lstrip("."))
            elif one.type == "index":
                rest += one.named_children
        if name[0] not in place.bound and name[0] not in _ROOTS and len(name) > 1:
            self.uses.append(Use(tuple(name[:4]), _line(parts[0]), place.definition))
        self._below(rest, place)

    def _string(self, text: str, node: Node, place: Place) -> None:
        around = (*place.name.split(".")[-2:], place.named)  # ``variable.db_password.default``
        secret = place.secret or any(is_secret(key, text) for key in around)
        if place.definition >= 0 and not secret:
            self.mentions += (
                Mention(clean(value), flavor, _line(node), place.definition, via)
                for value, flavor, via in mentions(masked(text), place.via)
            )

    def _name_in(self, body: Node, kind: str) -> str:
        """Return X of ``{ name = "X", value = … }``, empty where it is not of that form."""
        for one in body.named_children:
            children = one.named_children if one.type == kind else []
            if len(children) > 1 and self._text(children[0]).strip('"').lower() in NAMING:
                return self._text(children[-1]).strip('"')
        return ""

    def _tuple(self, node: Node, place: Place) -> None:
        items = node.named_children
        texts = (self._text(one).strip('"') for one in items)
        keyed = zip(items, item_keys(texts, place.via), strict=True)
        found = [(one, place._replace(named=key)) for one, key in keyed]
        self._pending += reversed(found)

    def _for(self, node: Node, place: Place) -> None:
        bound = set(place.bound)
        for one in node.named_children:
            if one.type == "for_intro":
                bound |= {
                    self._text(name) for name in one.named_children if name.type == "identifier"
                }
        self._below(node.named_children, place._replace(bound=frozenset(bound)))

    def _call(self, node: Node, place: Place) -> None:
        children = node.named_children
        arguments = [one for one in children if one.type == "function_arguments"]
        self._below(arguments, place)
        function = self._text(children[0]) if children else ""
        if function not in _FILES or not arguments or not arguments[0].named_children:
            return
        path = _module_path(self._text(arguments[0].named_children[0]))
        if path:
            line = _line(node)
            self.mentions.append(Mention(path, "path", line, place.definition, function))

    def _problem(self, line: int, what: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(line, what))

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _literal(self, node: Node) -> str | None:
        """Return the text of a string without interpolations, None for anything else."""
        return self._text(node.named_children[0])[1:-1] if _is_literal(node) else None


def _module_path(written: str) -> str:
    """Return the path that ``"${path.module}/x.sql"`` names, empty when the text is computed."""
    path = written.strip('"').removeprefix("${path.module}/").removeprefix("${path.root}/")
    return "" if "$" in path or written[:1] != '"' or path.startswith("/") else f"./{path}"


def _is_literal(node: Node) -> bool:
    inner = node.named_children
    return node.type == "literal_value" and bool(inner) and inner[0].type == "string_lit"


def _is_plain_key(node: Node) -> bool:
    inner = node.named_children
    return len(inner) == 1 and (inner[0].type == "variable_expr" or _is_literal(inner[0]))


def _is_label(node: Node) -> bool:
    return node.type in {"identifier", "string_lit"}


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _end(node: Node) -> int:
    row, column = node.end_point
    return max(node.start_point[0] + 1, row + (column > 0))
