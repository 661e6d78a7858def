"""Lineage cases read out of the public test suites of the field, without running any of their code.

A test function is evaluated over its syntax tree: assignments, loops and branches over constants,
f-strings, the parameters of ``pytest.mark.parametrize``, and the calls that state an expectation.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA_FIXTURE = "_data_warehouse_schemas"
_COLUMNS, _TABLES = "assert_column_lineage_equal", "assert_table_lineage_equal"
_LATERAL = "LATERAL_COLUMN_ALIAS_REFERENCE"
_APART_OF = 3


class UnknownError(Exception):
    """The syntax says something that this evaluator does not know."""


@dataclass(frozen=True)
class Case:
    """One expectation.

    ``columns``: pairs ((column, table or None), (column, table)), None in a case about tables;
    ``reads`` and ``writes``: tables, None in a case about columns. ``lateral``: a projection may
    name one that stands before it, in whatever dialect.
    """

    suite: str
    name: str
    sql: str
    dialect: str
    schema: dict[str, list[str]]
    columns: frozenset[tuple[tuple[str, str | None], tuple[str, str | None]]] | None
    reads: frozenset[str] | None = None
    writes: frozenset[str] | None = None
    lateral: bool = False

    @property
    def apart(self) -> bool:
        """Whether the case is among the third that is only ever counted, never looked at."""
        return int(hashlib.sha256(self.sql.encode()).hexdigest(), 16) % _APART_OF == 0


@dataclass(frozen=True)
class _Named:
    """A call of a constructor that only carries its arguments."""

    kind: str
    arguments: tuple[Any, ...]


def sqllineage_cases(checkout: Path) -> tuple[list[Case], list[str]]:
    """Return the cases below a checkout of reata/sqllineage, and the tests that were not read."""
    found: list[Case] = []
    unread: list[str] = []
    fixture = _constants(ast.parse((checkout / "tests/conftest.py").read_text()))
    schema = fixture.get(_SCHEMA_FIXTURE, {})
    for path in sorted((checkout / "tests/sql").rglob("test_*.py")):
        module = ast.parse(path.read_text())
        around = _constants(module)
        for node in module.body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            name = f"{path.stem}.{node.name}"
            try:
                for number, parameters in enumerate(_parameters(node, around)):
                    values = {**around, "provider": schema, **parameters}
                    stated = list(_stated(node.body, values))
                    lateral = any(_LATERAL in ast.unparse(one) for one in node.decorator_list)
                    found += [_case(f"{name}[{number}]", *one, lateral=lateral) for one in stated]
            except UnknownError as error:
                unread.append(f"{name}: {error}")
    return found, unread


def _case(name: str, kind: str, given: dict[str, Any], *, lateral: bool) -> Case:
    dialect = given.get("dialect", "ansi")
    schema = given.get("metadata_provider") or {}
    if kind == _TABLES:
        reads = frozenset(_table(one) for one in given.get("source_tables") or ())
        writes = frozenset(_table(one) for one in given.get("target_tables") or ())
        return Case("sqllineage", name, given["sql"], dialect, schema, None, reads, writes)
    pairs = frozenset(
        (_column(source), _column(target)) for source, target in given.get("column_lineages") or ()
    )
    return Case("sqllineage", name, given["sql"], dialect, schema, pairs, lateral=lateral)


def _table(value: Any) -> str:  # noqa: ANN401 - a text, or a constructor
    text = str(value.arguments[0]) if isinstance(value, _Named) else str(value)
    return text.lower()


def _column(value: _Named) -> tuple[str, str | None]:
    column, table = value.arguments
    return str(column).lower(), None if table is None else str(table).lower()


def _constants(module: ast.Module) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = _value(node.value, values)
            except UnknownError:
                continue
    return values


def _parameters(node: ast.FunctionDef, around: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the arguments of each run of a test."""
    runs: list[dict[str, Any]] = [{}]
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith(
            "parametrize"
        ):
            continue
        names = [one.strip() for one in str(_value(decorator.args[0], around)).split(",")]
        rows = _value(decorator.args[1], around)
        runs = [
            {**run, **dict(zip(names, row if len(names) > 1 else (row,), strict=True))}
            for run in runs
            for row in rows
        ]
    return runs


def _stated(body: list[ast.stmt], values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = _value(node.value, values)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            for one in _value(node.iter, values):
                yield from _stated(node.body, {**values, node.target.id: one})
        elif isinstance(node, ast.With):
            yield from _stated(node.body, values)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            name = ast.unparse(call.func)
            if name not in {_COLUMNS, _TABLES}:
                raise UnknownError(name)
            second = "column_lineages" if name == _COLUMNS else "source_tables"
            third = "dialect" if name == _COLUMNS else "target_tables"
            order = ["sql", second, third, "metadata_provider" if name == _COLUMNS else "dialect"]
            given = {key: _value(one, values) for key, one in zip(order, call.args, strict=False)}
            given |= {str(one.arg): _value(one.value, values) for one in call.keywords}
            yield name, given
        elif not isinstance(node, ast.Expr | ast.Pass):
            raise UnknownError(type(node).__name__)


def _value(node: ast.expr, values: dict[str, Any]) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912 - one line a node
    match node:
        case ast.Constant():
            return node.value
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.List() | ast.Tuple() | ast.Set():
            return tuple(_value(one, values) for one in node.elts)
        case ast.Dict():
            keys = [_value(one, values) for one in node.keys if one is not None]
            return {key: [*_value(one, values)] for key, one in zip(keys, node.values, strict=True)}
        case ast.JoinedStr():
            return "".join(str(_value(one, values)) for one in node.values)
        case ast.FormattedValue():
            return _value(node.value, values)
        case ast.IfExp():
            return _value(node.body if _value(node.test, values) else node.orelse, values)
        case ast.Compare(ops=[ast.Eq()]):
            return _value(node.left, values) == _value(node.comparators[0], values)
        case ast.Compare(ops=[ast.In()]):
            return _value(node.left, values) in _value(node.comparators[0], values)
        case ast.BinOp(op=ast.Add()):
            return _value(node.left, values) + _value(node.right, values)
        case ast.Call(func=ast.Name(id=("ColumnQualifierTuple" | "Path" | "Table") as kind)):
            return _Named(kind, tuple(_value(one, values) for one in node.args))
        case ast.Call(func=ast.Name(id="generate_metadata_providers")):
            return (_value(node.args[0], values),)
        case ast.Call(func=ast.Name(id="set"), args=[]):
            return ()
        case ast.Call(func=ast.Name(id="DummyMetaDataProvider")):
            return _value(node.args[0], values)
        case ast.Call(func=ast.Attribute(value=formatted, attr="format")):
            text = _value(formatted, values)
            return text.format(*(_value(one, values) for one in node.args))
    raise UnknownError(ast.unparse(node)[:60])
