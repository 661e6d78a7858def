"""Strings that may be secrets lose their text before the walk sees them; a digest stays.

What makes a string a secret is what it is the value of: a name, a keyword, a key, a parameter, the
variable of the environment whose default it is. So a changed password shows as a changed body or
shape, while no fact holds it.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from blastradius.languages.python.recorder import digest
from blastradius.languages.python.signatures import parameters
from blastradius.languages.python.strings import looks_like_sql
from blastradius.languages.secrets import (
    NAMING,
    VALUING,
    holds_secrets,
    is_secret,
    item_keys,
    masked,
    tells,
)

Part = tuple[ast.AST, str]
"""What waits to be seen, with the name of what it is the value of; empty where that says nothing."""

# Whatever `is_secret` takes for the name of one, in lower case: most statements have none of it.
_SAID = re.compile(
    r"(?=[aceprmst\"'])(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credential|requirepass|auth"
    r"|(?:api|private|access|signing|encryption|master|account|ssh)[_-]?key"
    r"|connection[_-]?string|[\"']-{0,2}pass\\?[\"'])"
)
_WORD = re.compile(r"-{0,2}[A-Za-z_][\w-]*", re.ASCII)
# Callees that take a name and then its value.
_PAIRING = frozenset(
    """get getenv pop setdefault setenv putenv setattr getattr set setitem env config str put
    object option add_header set_header""".split()  # noqa: SIM905 - a word list reads best as words
)
# Callees whose first argument is what they give, in another form.
_WRAPPERS = frozenset(
    """SecretStr SecretBytes Secret str bytes bytearray quote quote_plus b64encode b64decode
    fromhex dedent Field field Option Argument Header Query Form Body Cookie""".split()  # noqa: SIM905 - as above
)
_KEEPING = frozenset({"encode", "decode", "strip", "format"})
# ``set_password("…")``, ``with_token("…")``, ``Password("…")``; what ``get_token("…")`` takes is none.
_TAKES = re.compile(r"(?:set|with|use|check|verify|hash|change|update|make|add)_|[A-Z]")
_LOGIN_CALLEES = frozenset({"HTTPBasicAuth", "HTTPDigestAuth", "BasicAuth", "DigestAuth", "login"})
_LOGIN_KEYS = frozenset({"auth", "http_auth", "basic_auth", "proxy_auth"})
_VALUED = VALUING | {"default", "default_value", "initial", "fallback"}
_PAIR = 2
_HELD = "credential"
"""Stands for the name of whatever is in a map of secrets."""
_TEXTS = (ast.Constant, ast.JoinedStr)
_NESTED = (*_TEXTS, ast.List, ast.Tuple, ast.Set)
_BODIES = (ast.stmt, ast.excepthandler, ast.match_case)


def veil(tree: ast.Module, text: str) -> None:
    """Put a digest in the place of each string of the tree that may be a secret, in place.

    Args:
        tree: the syntax tree, whose lines are those of ``text``.
        text: where the tree comes from; statements whose lines name no secret are passed over.
    """
    lines = _said(text)
    if not lines:
        return
    waiting: list[Part] = [(tree, "")]
    while waiting:
        node, key = waiting.pop()
        if isinstance(node, ast.stmt) and not key and not _is_among(node, lines):
            continue
        waiting += _PARTS.get(type(node), _children)(node, key)


def _said(text: str) -> list[int]:
    """Return the lines that hold a word which secrets are named by."""
    found: list[int] = []
    line, seen = 1, 0
    low = text.lower()
    for word in _SAID.finditer(low):
        line += low.count("\n", seen, word.start())
        seen = word.start()
        found.append(line)
    return found


def _is_among(node: ast.stmt, lines: list[int]) -> bool:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    place = bisect_left(lines, first)
    return place < len(lines) and lines[place] <= (node.end_lineno or node.lineno)


@lru_cache(maxsize=4096)
def _named(key: str) -> bool:
    """Tell whether the key alone says that its value is a secret."""
    return is_secret(key, "x")


def _text(node: ast.AST | None) -> str:
    value = node.value if isinstance(node, ast.Constant) else ""
    return value if isinstance(value, str) else ""


def _word(node: ast.AST | None) -> str:
    """Return the constant word that may be a name of something; empty for other expressions."""
    text = _text(node)
    return text if _WORD.fullmatch(text) else ""


def _name(node: ast.AST) -> str:
    """Return the name that the expression's value goes by: ``x``, ``a.x``, ``a["x"]``, ``a.get("x")``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _text(node.slice)
    if isinstance(node, ast.Call) and node.args and _name(node.func) in {"get", "pop", "getenv"}:
        return _word(node.args[0])
    return ""


def _children(node: ast.AST, key: str) -> Iterator[Part]:
    """Yield what is below; the name of the function around goes with its statements."""
    for child in ast.iter_child_nodes(node):
        yield child, key if isinstance(child, _BODIES) else ""


def _same(node: ast.AST, key: str) -> Iterator[Part]:
    for child in ast.iter_child_nodes(node):
        yield child, key


def _constant(node: ast.Constant, key: str) -> tuple[()]:
    value: Any = node.value
    if isinstance(value, str):
        if value.startswith("<hidden ") or looks_like_sql(value):
            return ()
        if _named(key) and is_secret(key, value):
            node.value = _hidden(value)
        else:
            # What is filled in at run time is none; `masked` knows two braces for that.
            node.value = masked(value.replace("{", "{{")).replace("{{", "{")
    elif isinstance(value, bytes) and value and _named(key):
        node.value = _hidden(value.decode("latin-1")).encode()
    return ()


def _hidden(text: str) -> str:
    return f"<hidden {digest([text])}>"


def _expression(node: ast.Expr, key: str) -> Iterator[Part]:
    if isinstance(node.value, (ast.Yield, ast.Await)):
        yield from _same(node.value, key)
    elif not isinstance(node.value, ast.Constant):  # a docstring
        yield node.value, ""


def _assign(node: ast.Assign, _key: str) -> Iterator[Part]:
    value = node.value
    for target in node.targets:
        yield target, ""
        if (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (ast.Tuple, ast.List))
            and len(target.elts) == len(value.elts)
        ):
            for one, part in zip(target.elts, value.elts, strict=True):
                yield part, _name(one)
        else:
            yield value, _name(target)


def _annotated(node: ast.AnnAssign, _key: str) -> Iterator[Part]:
    key = _name(node.target)
    yield from _note(node.annotation, key)
    if node.value is not None:
        yield node.value, key


def _augmented(node: ast.AugAssign, _key: str) -> Iterator[Part]:
    yield node.value, _name(node.target)


def _note(node: ast.expr | None, key: str) -> Iterator[Part]:
    """Yield what an annotation says beside types: ``Literal["x"]``, ``Annotated[str, Field("x")]``."""
    waiting: list[ast.AST] = [] if node is None else [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Call):
            yield one, key
        elif isinstance(one, ast.Subscript) and _name(one.value) == "Literal":
            yield one.slice, key
        else:
            waiting += ast.iter_child_nodes(one)


def _arguments(node: ast.arguments, _key: str) -> Iterator[Part]:
    for one in parameters(node):
        yield from _note(one.node.annotation, one.node.arg)
        if one.default is not None:
            yield one.default, one.node.arg


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, _key: str) -> Iterator[Part]:
    key = node.name if _named(node.name) else ""
    for decorator in node.decorator_list:
        yield decorator, ""
    yield node.args, ""
    yield from _note(node.returns, key)
    for statement in node.body:
        yield statement, key


def _class(node: ast.ClassDef, _key: str) -> Iterator[Part]:
    for one in (*node.decorator_list, *node.bases, *node.body):
        yield one, ""
    for keyword in node.keywords:
        yield keyword.value, keyword.arg or ""


def _lambda(node: ast.Lambda, key: str) -> Iterator[Part]:
    yield node.args, ""
    yield node.body, key


def _match(node: ast.Match, key: str) -> Iterator[Part]:
    yield node.subject, ""
    of = _name(node.subject)
    for case in node.cases:
        yield case, key
        if _named(of):
            for one in ast.walk(case.pattern):
                if isinstance(one, ast.MatchValue):
                    yield one.value, of


def _either(node: ast.IfExp, key: str) -> Iterator[Part]:
    yield node.test, ""
    yield node.body, key
    yield node.orelse, key


def _walrus(node: ast.NamedExpr, key: str) -> Iterator[Part]:
    yield node.value, node.target.id if _named(node.target.id) else key


def _binary(node: ast.BinOp, key: str) -> Iterator[Part]:
    of = key if isinstance(node.op, (ast.Add, ast.Mod)) else ""
    yield node.left, of
    yield node.right, of


def _compare(node: ast.Compare, _key: str) -> Iterator[Part]:
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        equal = isinstance(operator, (ast.Eq, ast.NotEq))
        yield left, _name(right) if equal else ""
        yield right, _name(left) if equal else ""
        left = right


def _sequence(node: ast.List | ast.Tuple | ast.Set, key: str) -> Iterator[Part]:
    texts = [_text(one) for one in node.elts]
    own = key if _named(key) else ""
    several = list(item_keys(texts, key.lower()))
    if len(texts) == _PAIR and not several[1]:
        if key in _LOGIN_KEYS:
            several[1] = "password"
        elif isinstance(node, ast.Tuple) and _named(_word(node.elts[0])) and _is_value(texts[1]):
            several[1] = texts[0]
    for one, text, of in zip(node.elts, texts, several, strict=True):
        yield one, "" if text.startswith("-") else of or (own if isinstance(one, _NESTED) else "")


def _is_value(text: str) -> bool:
    """Tell a value from the name of another field: ``("token", "x1")``, ``("token", "email")``."""
    return not text.isidentifier() or any(char.isdigit() for char in text)


def _dict(node: ast.Dict, key: str) -> Iterator[Part]:
    keys = [_text(one) or _name(one) if one is not None else "" for one in node.keys]
    beside = next(
        (_text(one) for name, one in zip(keys, node.values, strict=True) if name.lower() in NAMING),
        "",
    )
    inside = holds_secrets(key)
    for name, of, value in zip(node.keys, keys, node.values, strict=True):
        if name is not None and not isinstance(name, ast.Constant):
            yield name, ""
        if of.lower() in VALUING:
            yield value, beside or key
        elif inside and not _named(of) and not tells(of):
            yield value, _HELD
        else:
            yield value, of


def _call(node: ast.Call, key: str) -> Iterator[Part]:
    function = node.func
    if isinstance(function, ast.Attribute):
        kept = isinstance(function.value, _TEXTS) or function.attr in _KEEPING
        yield function.value, key if kept else ""
    else:
        yield function, ""
    callee = _name(function)
    words = [_word(one) for one in node.args]
    named = next((one for one in words if _named(one)), "")
    for number, one in enumerate(node.args):
        before = words[number - 1] if number else ""
        of = ""
        if callee in _PAIRING and _named(before):
            of = "" if tells(words[number]) or _named(words[number]) else before
        elif callee in _WRAPPERS and not number:
            of = key
        elif callee in _LOGIN_CALLEES and number == 1:
            of = "password"
        elif _TAKES.match(callee) and _named(callee):
            of = callee
        yield one, of
    beside = next((_text(one.value) for one in node.keywords if one.arg in NAMING), "")
    for keyword in node.keywords:
        valued = keyword.arg in _VALUED
        yield keyword.value, (beside or named or key if valued else keyword.arg or "")


Parts = Callable[[Any, str], "Iterator[Part] | tuple[()]"]
_PARTS: dict[type, Parts] = {
    ast.Constant: _constant,
    ast.JoinedStr: _same,
    ast.FormattedValue: _children,
    ast.Expr: _expression,
    ast.Return: _same,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.arguments: _arguments,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Lambda: _lambda,
    ast.Match: _match,
    ast.IfExp: _either,
    ast.NamedExpr: _walrus,
    ast.BinOp: _binary,
    ast.BoolOp: _same,
    ast.Await: _same,
    ast.Starred: _same,
    ast.Compare: _compare,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.Call: _call,
}
