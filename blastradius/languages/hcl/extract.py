"""HCL text → facts: blocks and attributes with their addresses, what they use, files they name.

One walk over tree-sitter's tree with a stack of its own. Blocks have Terraform's addresses:
``aws_s3_bucket.logs`` is ``resource.aws_s3_bucket.logs`` here, so that every address says its kind.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from blastradius.languages.hcl.own import Own, Use
from blastradius.languages.secrets import is_secret
from blastradius.languages.texts import clean
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
_SECONDS = 5.0
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
_ROOTS = frozenset(["path", "each", "count", "self", "terraform", "null", "true", "false"])


class Place(NamedTuple):
    """Where a node stands: its address, definition, key, depth, the names bound around it."""

    name: str
    definition: int
    via: str = ""
    depth: int = 0
    bound: frozenset[str] = frozenset()
    env: bool = False


@cache
def _parser() -> Parser:
    import tree_sitter_hcl  # noqa: PLC0415 - loaded when the first such file is read
    from tree_sitter import Language, Parser  # noqa: PLC0415 - as above

    return Parser(Language(tree_sitter_hcl.language()))


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions and uses of one file. Never raises."""
    if len(source) > MAX_BYTES:
        return Facts("failed", problems=(Problem(0, f"larger than {MAX_BYTES} bytes: not read"),))
    if not _is_quick(source):
        return Facts("failed", problems=(Problem(0, "its errors take too long to get over"),))
    tree = _parser().parse(source)
    walk = _Walk()
    walk.run(tree.root_node)
    problems = tuple(sorted(set(walk.problems), key=lambda one: (one.line, one.what)))
    parsed: Parsed = "full" if not problems else "partial" if walk.definitions else "failed"
    own = Own(tuple(walk.uses), walk.sources, tuple(walk.settings))
    return Facts(
        parsed,
        tuple(walk.definitions),
        tuple(walk.mentions),
        problems=problems,
        own=msgspec.Raw(msgspec.msgpack.encode(own)),
    )


def _is_quick(source: bytes) -> bool:
    """Tell whether the parser gets through, which can take hours where a text is broken.

    It stops when asked to only if it reads by a function, and then its nodes have no text.
    """
    end = time.monotonic() + _SECONDS
    parser = _parser()
    try:
        parser.parse(
            lambda at, _: source[at : at + 65_536],
            progress_callback=lambda *_: time.monotonic() > end,
        )
    except ValueError:
        parser.reset()
        return False
    return True


class _Walk:
    """What was found, and what is still to be visited."""

    def __init__(self) -> None:
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
        labels = [_text(one).strip('"') for one in node.named_children if _is_label(one)]
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
        inner = Place(name, index, kind, place.depth + 1, bound, env)
        self._below(bodies, inner)
        if kind == "env" and bool(place.name) and bodies:
            self._named_variable(bodies[0], inner)

    def _named_variable(self, body: Node, place: Place) -> None:
        """``env { name = "X"  value = … }`` of Kubernetes and Cloud Run defines X."""
        for one in body.named_children:
            if one.type == "attribute" and _text(one.named_children[0]) == "name":
                name = _text(one.named_children[-1]).strip('"')
                if name.isidentifier():
                    content = digest(" ".join(_text(body).split()))
                    self._define(body, f"{place.name}.{name}", "env", place, content)

    def _attribute(self, node: Node, place: Place) -> None:
        children = node.named_children
        key = _text(children[0]) if children else ""
        self._member(node, key, children[1:], place)
        if len(children) < 2:  # noqa: PLR2004 - a key and its value
            return
        if key == "source" and place.name.startswith("module.") and place.depth == 1:
            self.sources[place.name.removeprefix("module.")] = _text(children[1]).strip('"')
        if not place.name and self.definitions:
            self.settings.append(len(self.definitions) - 1)

    def _element(self, node: Node, place: Place) -> None:
        children = [one for one in node.named_children if one.type == "expression"]
        if len(children) != 2 or not _is_plain_key(children[0]):  # noqa: PLR2004 - as above
            self._below(children, place)
            return
        self._member(node, _text(children[0]).strip('"'), children[1:], place)

    def _member(self, node: Node, key: str, values: list[Node], place: Place) -> None:
        name = below(place.name, Key("scalar", 0, 0, "str", key))
        text = " ".join(_text(one) for one in values)
        kind = "env" if place.env and key.isidentifier() and not text.startswith("{") else "key"
        index = self._define(node, name, kind, place, digest(" ".join(text.split())))
        if index is None:
            return
        env = key in _ENV_KEYS and place.depth > 0
        inner = Place(name, index, key, place.depth + 1, place.bound, env)
        self._below(values, inner)

    def _expression(self, node: Node, place: Place) -> None:
        parts = node.named_children
        if parts and parts[0].type == "variable_expr":
            self._traversal(parts, place)
            return
        if parts and (text := _literal(parts[0])) is not None:
            self._string(text, parts[0], place)
            return
        self._below(parts, place)

    def _traversal(self, parts: list[Node], place: Place) -> None:
        name = [_text(parts[0])]
        rest: list[Node] = []
        for one in parts[1:]:
            if one.type == "get_attr" and not rest:
                name.append(_text(one).lstrip("."))
            elif one.type == "index":
                rest += one.named_children
        if name[0] not in place.bound and name[0] not in _ROOTS and len(name) > 1:
            self.uses.append(Use(tuple(name[:4]), _line(parts[0]), place.definition))
        self._below(rest, place)

    def _string(self, text: str, node: Node, place: Place) -> None:
        around = place.name.split(".")[-2:]  # ``variable.db_password.default``
        if place.definition >= 0 and not any(is_secret(key, text) for key in around):
            self.mentions += (
                Mention(clean(value), flavor, _line(node), place.definition, via)
                for value, flavor, via in mentions(text, place.via)
            )

    def _for(self, node: Node, place: Place) -> None:
        bound = set(place.bound)
        for one in node.named_children:
            if one.type == "for_intro":
                bound |= {_text(name) for name in one.named_children if name.type == "identifier"}
        self._below(node.named_children, place._replace(bound=frozenset(bound)))

    def _call(self, node: Node, place: Place) -> None:
        children = node.named_children
        arguments = [one for one in children if one.type == "function_arguments"]
        self._below(arguments, place)
        function = _text(children[0]) if children else ""
        if function not in _FILES or not arguments or not arguments[0].named_children:
            return
        path = _module_path(_text(arguments[0].named_children[0]))
        if path:
            line = _line(node)
            self.mentions.append(Mention(path, "path", line, place.definition, function))

    def _problem(self, line: int, what: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(line, what))


def _module_path(written: str) -> str:
    """Return the path that ``"${path.module}/x.sql"`` names, empty when the text is computed."""
    path = written.strip('"').removeprefix("${path.module}/").removeprefix("${path.root}/")
    return "" if "$" in path or written[:1] != '"' or path.startswith("/") else f"./{path}"


def _literal(node: Node) -> str | None:
    """Return the text of a string without interpolations, None for anything else."""
    if node.type != "literal_value" or not node.named_children:
        return None
    inner = node.named_children[0]
    return _text(inner)[1:-1] if inner.type == "string_lit" else None


def _is_plain_key(node: Node) -> bool:
    inner = node.named_children
    return len(inner) == 1 and (inner[0].type == "variable_expr" or _literal(inner[0]) is not None)


def _is_label(node: Node) -> bool:
    return node.type in {"identifier", "string_lit"}


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _end(node: Node) -> int:
    row, column = node.end_point
    return max(node.start_point[0] + 1, row + (column > 0))
