"""Canonical text of types and signatures: equal for equal interfaces, however they are laid out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from blastradius.languages.javascript.recorder import Recorder, digest
from blastradius.languages.secrets import is_secret

_LONGEST = 4_000
_TIGHT = re.compile(r" (?=[,:;)\]>?.(\[<])|(?<=[(\[<.!@]) ")
_CLOSERS = frozenset({")", "]", "}", ">"})
# A key and its text, with what may stand between: ``{ token: "x" }``, ``password = `x```.
_PIECES = frozenset({"string_fragment", "template_chars"})
_NAMES = frozenset({"property_identifier", "identifier", "shorthand_property_identifier_pattern"})
_BETWEEN = frozenset({":", "=", "`", "?"})
_UNIONS = frozenset({"union_type", "intersection_type"})
NOISE = frozenset({"comment", "html_comment", "hash_bang_line"})
FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function", "function"})


def leaves(node: Node) -> Iterator[Node]:
    """Yield the leaves below a node that mean something, in the order of the text.

    Comments, semicolons outside ``for``, and commas before a closing bracket mean nothing.
    """
    waiting = [node]
    while waiting:
        one = waiting.pop()
        children = [] if _is_string(one) else one.children
        if children:
            waiting.extend(reversed(telling(one, children)))
        elif one.type not in NOISE:
            yield one


def _is_string(node: Node) -> bool:
    return node.type == "string" and node.is_named  # the type ``string`` is a keyword


def word_of(rec: Recorder, leaf: Node) -> str:
    """Return the text of a leaf; of a string as if in double quotes."""
    text = rec.text(leaf)
    return f'"{text[1:-1]}"' if _is_string(leaf) else text


def telling(node: Node, children: list[Node]) -> list[Node]:
    """Return the children of a node without those that mean nothing."""
    kept: list[Node] = []
    for one in children:
        kind = one.type
        if kind in NOISE or (kind == ";" and node.type != "for_statement"):
            continue
        if not kept and kind in {"|", "&"} and node.type in _UNIONS:
            continue
        if kind in _CLOSERS and kept and kept[-1].type == ",":
            kept.pop()
        kept.append(one)
    return kept


def text_of(rec: Recorder, node: Node | None, key: str = "") -> str:
    """Return the text of a type or a pattern, laid out in one way; cut where it gets long.

    What may be a secret is a digest in it; ``key`` is the name of what has the type.
    """
    if node is None:
        return ""
    parts: list[str] = []
    size = 0
    for leaf in leaves(node):
        word = word_of(rec, leaf)
        if (_is_string(leaf) or leaf.type in _PIECES) and is_secret(key, word.strip('"')):
            word = f'"<hidden {digest([word])}>"'
        elif leaf.type in _NAMES or _is_string(leaf):
            key = word.strip('"')
        elif word not in _BETWEEN:
            key = ""  # another value's
        size += len(word)
        if size > _LONGEST:
            parts.append(f"…{digest([rec.text(node)])}")
            break
        parts.append(word)
    text = " ".join(parts).removeprefix(": ").removeprefix("| ")
    return _TIGHT.sub("", text)


def parameters(node: Node) -> list[Node]:
    """Return the parameters of a function: pattern nodes, or the single name of an arrow's."""
    single = node.child_by_field_name("parameter")
    if single is not None:
        return [single]
    several = node.child_by_field_name("parameters")
    if several is None:
        return []
    return [one for one in several.named_children if one.type not in {*NOISE, "decorator", "ERROR"}]


def pattern_of(parameter: Node) -> Node:
    """Return what a parameter binds: a name or a pattern."""
    if parameter.type in {"required_parameter", "optional_parameter"}:
        return parameter.child_by_field_name("pattern") or parameter
    if parameter.type == "assignment_pattern":
        return parameter.child_by_field_name("left") or parameter
    return parameter


def default_of(parameter: Node) -> Node | None:
    """Return the default value of a parameter."""
    if parameter.type == "assignment_pattern":
        return parameter.child_by_field_name("right")
    return parameter.child_by_field_name("value")


def parameter_name(rec: Recorder, parameter: Node, number: int) -> str:
    """Return the name of a parameter; its place where it is taken apart."""
    pattern = pattern_of(parameter)
    if pattern.type == "rest_pattern" and pattern.named_children:
        pattern = pattern.named_children[0]
    return rec.text(pattern) if pattern.type in {"identifier", "this"} else f"#{number}"


def parameter_shape(rec: Recorder, parameter: Node) -> str:
    """Return the interface of a parameter: whether calls must give it, and its type."""
    pattern, default = pattern_of(parameter), default_of(parameter)
    words = ["variadic" if pattern.type == "rest_pattern" else "positional"]
    if default is not None:
        words.append(f"default={digest(word_of(rec, leaf) for leaf in leaves(default))}")
    elif parameter.type != "optional_parameter" and pattern.type != "rest_pattern":
        words.append("required")
    if pattern.type == "object_pattern":
        words.append(text_of(rec, pattern))
    if note := text_of(rec, parameter.child_by_field_name("type")):
        words.append(f": {note}")
    return " ".join(words)


def function_shape(rec: Recorder, node: Node) -> str:
    """Return the canonical signature: async, generator, type parameters, parameters, result."""
    kinds = {child.type for child in node.children}
    words = [word for word in ("static", "async", "get", "set") if word in kinds]
    star = "*" if "*" in kinds or "generator" in node.type else ""
    generic = text_of(rec, node.child_by_field_name("type_parameters"))
    parts: list[str] = []
    for one in parameters(node):
        pattern = pattern_of(one)
        text = text_of(rec, pattern)
        text += "?" if one.type == "optional_parameter" else ""
        note = text_of(rec, one.child_by_field_name("type"))
        text += f": {note}" if note else ""
        parts.append(text + ("=…" if default_of(one) is not None else ""))
    result = text_of(rec, node.child_by_field_name("return_type"))
    head = " ".join([*words, f"function{star}"])
    return f"{head}{generic}({', '.join(parts)})" + (f": {result}" if result else "")


def class_shape(rec: Recorder, node: Node, word: str, decorators: list[Node]) -> str:
    """Return the canonical head of a class, an interface or an enum."""
    generic = text_of(rec, node.child_by_field_name("type_parameters"))
    heads = [
        text_of(rec, child)
        for child in node.children
        if child.type in {"class_heritage", "extends_type_clause", "extends_clause"}
    ]
    marks = "".join(f"{text_of(rec, one)} " for one in decorators)
    abstract = "abstract " if node.type == "abstract_class_declaration" else ""
    return " ".join([f"{marks}{abstract}{word}{generic}", *heads])
