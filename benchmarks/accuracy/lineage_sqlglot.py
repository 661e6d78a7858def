"""Lineage cases of sqlglot's own ``tests/test_lineage.py``, read as a syntax tree.

A test walks down from an output column, node by node, and states names on its way. A case is made of
each walk that ends at columns of tables; the others end at something else (a CTE, an expression).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.accuracy.lineage_cases import Case, UnknownError

_FROM = re.compile(r"\b(?:FROM|JOIN|,)\s*([\w.]+)", re.IGNORECASE)
_MADE = re.compile(r"(?:\bWITH|,)\s*(\w+)\s+AS\s*\(", re.IGNORECASE)
_SOURCE = re.compile(r"([\w.]+) AS (\w+)\Z", re.IGNORECASE)

Path_ = tuple[int, ...]


@dataclass
class _Walk:
    """One call of ``lineage``: what is stated of the nodes below it, by the way down to them."""

    column: str
    sql: str
    dialect: str
    schema: dict[str, list[str]]
    names: dict[Path_, str] = field(default_factory=dict)
    sources: dict[Path_, str] = field(default_factory=dict)
    counts: dict[Path_, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Node:
    walk: _Walk
    way: Path_


def sqlglot_cases(checkout: Path) -> tuple[list[Case], int]:
    """Return the cases, and how many walks end at something else."""
    module = ast.parse((checkout / "tests/test_lineage.py").read_text())
    found: list[Case] = []
    left = 0
    tests = [
        node
        for one in module.body
        if isinstance(one, ast.ClassDef)
        for node in one.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    for test in tests:
        walks: list[_Walk] = []
        _run(test.body, {}, walks)
        for number, walk in enumerate(walks):
            pairs = _pairs(walk)
            if pairs is None:
                left += 1
                continue
            name = f"test_lineage.{test.name}[{number}]"
            case = Case("sqlglot", name, walk.sql, walk.dialect, walk.schema, pairs)
            found.append(case)
    return found, left


def _run(body: list[ast.stmt], values: dict[str, Any], walks: list[_Walk]) -> None:
    for node in body:
        try:
            _step(node, values, walks)
        except UnknownError:
            for one in ast.walk(node):
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                    values.pop(one.id, None)


def _step(node: ast.stmt, values: dict[str, Any], walks: list[_Walk]) -> None:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        made = _value(node.value, values)
        if isinstance(made, _Walk):
            walks.append(made)
            made = _Node(made, ())
        values[node.targets[0].id] = made
    elif isinstance(node, ast.With):
        _run(node.body, values, walks)
    elif isinstance(node, ast.For):
        names = [one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)]
        for one in _value(node.iter, values):
            held = one if len(names) > 1 else (one,)
            _run(node.body, {**values, **dict(zip(names, held, strict=True))}, walks)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if ast.unparse(call.func) == "self.assertEqual":
            _state(call.args[0], _value(call.args[1], values), values)


def _state(told: ast.expr, expected: Any, values: dict[str, Any]) -> None:  # noqa: ANN401 - any constant
    match told:
        case ast.Attribute(value=inner, attr="name"):
            node = _node(inner, values)
            node.walk.names[node.way] = str(expected)
        case ast.Attribute(value=inner, attr="downstream"):
            node = _node(inner, values)
            node.walk.counts[node.way] = len(expected)
        case ast.Call(
            func=ast.Name(id="len"), args=[ast.Attribute(value=inner, attr="downstream")]
        ):
            node = _node(inner, values)
            node.walk.counts[node.way] = int(expected)
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=inner, attr="source"), attr="sql")
        ):
            node = _node(inner, values)
            node.walk.sources[node.way] = str(expected)
        case ast.ListComp(
            elt=ast.Attribute(attr="name"),
            generators=[ast.comprehension(iter=ast.Attribute() as of)],
        ) if of.attr == "downstream":
            node = _node(of.value, values)
            node.walk.counts[node.way] = len(expected)
            for number, name in enumerate(expected):
                node.walk.names[(*node.way, number)] = str(name)


def _node(node: ast.expr, values: dict[str, Any]) -> _Node:
    found = _value(node, values)
    if not isinstance(found, _Node):
        raise UnknownError(ast.unparse(node))
    return found


def _value(node: ast.expr, values: dict[str, Any]) -> Any:  # noqa: ANN401 - one line a node
    match node:
        case ast.Name(id="lineage"):
            raise UnknownError(node.id)
        case ast.Constant():
            return node.value
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.List() | ast.Tuple():
            return [_value(one, values) for one in node.elts]
        case ast.Dict():
            keys = [_value(one, values) for one in node.keys if one is not None]
            return dict(zip(keys, (_value(one, values) for one in node.values), strict=True))
        case ast.Subscript(
            value=ast.Attribute(value=inner, attr="downstream"), slice=ast.Constant(value=int(at))
        ):
            above = _node(inner, values)
            return _Node(above.walk, (*above.way, at))
        case ast.Call(func=ast.Attribute(value=inner, attr="items")):
            return list(_value(inner, values).items())
        case ast.Call(func=ast.Name(id="lineage")):
            return _asked(node, values)
    raise UnknownError(ast.unparse(node)[:60])


def _asked(call: ast.Call, values: dict[str, Any]) -> _Walk:
    column, sql = (_value(one, values) for one in call.args[:2])
    given = {one.arg: _value(one.value, values) for one in call.keywords}
    if not isinstance(column, str) or not isinstance(sql, str) or set(given) - _KNOWN:
        raise UnknownError("lineage")
    views = "".join(
        f"CREATE VIEW {name} AS {text.strip().rstrip(';')};\n"
        for name, text in given.get("sources", {}).items()
    )
    schema = dict(_flat(given.get("schema", {}), ()))
    return _Walk(column.strip('"').lower(), views + sql, given.get("dialect", ""), schema)


_KNOWN = {"sources", "schema", "dialect", "trim_selects"}


def _flat(schema: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    for name, held in schema.items():
        if all(isinstance(one, str) for one in held.values()):
            yield ".".join([*above, name]), list(held)
        else:
            yield from _flat(held, (*above, name))


def _pairs(
    walk: _Walk,
) -> frozenset[tuple[tuple[str, str | None], tuple[str, str | None]]] | None:
    ways = {*walk.names, *walk.sources} - {()}
    ends = [way for way in ways if not any(one[: len(way)] == way and one != way for one in ways)]
    for way, count in walk.counts.items():
        below = {one[len(way)] for one in ways if len(one) > len(way) and one[: len(way)] == way}
        if len(below) != count:
            return None
    made = {one.lower() for one in _MADE.findall(walk.sql)}
    made |= {one.lower() for one in re.findall(r"CREATE VIEW ([\w.]+)", walk.sql)}
    tables = {one.lower() for one in _FROM.findall(walk.sql)} - made
    pairs = set()
    for way in ends:
        qualifier, _, column = walk.names.get(way, "").lower().rpartition(".")
        if source := _SOURCE.match(walk.sources.get(way, "")):
            table = source[1].lower()
        else:
            fitting = [one for one in tables if one.rpartition(".")[2] == qualifier]
            table = fitting[0] if len(fitting) == 1 else ""
        if not table or table not in tables or column in {"", "*"}:
            return None
        pairs.add(((column, table), (walk.column, "<query>")))
    return frozenset(pairs) if pairs else None
