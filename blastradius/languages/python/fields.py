"""Where Python makes, lists and uses fields: dict keys, lists of names, subscripts, classes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from blastradius.languages.python import containers, strings
from blastradius.languages.python.containers import constant_key
from blastradius.languages.python.groups import MOST_FIELDS, field_of, takes_field
from blastradius.languages.python.nodes import LITERAL
from blastradius.languages.python.own import Op
from blastradius.languages.python.recorder import Recorder, digest
from blastradius.languages.python.signatures import dotted

Visit = Callable[[Recorder, ast.expr], int]
_LEAST = 2
_LONGEST_LIST = 5_000
_NO_FIELDS = frozenset({"__all__", "__slots__"})


def dict_literal(rec: Recorder, node: ast.Dict, visit: Visit) -> int:
    """Walk ``{"key": value}``: its keys are one group, each key a definition."""
    rec.out.append(f"dict{len(node.keys)}")
    keys = {field_of(key) for key in node.keys} - {""}
    grouped = len(keys) >= _LEAST and rec.groups.defined < MOST_FIELDS
    sites: list[tuple[str, int, int]] = []
    held: list[tuple[str, int]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            rec.out.append("**")
            held.append(("", rec.nodes.item(visit(rec, value), "", Op.PICK)))
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            rec.out.append(f"k{key.value}")
            if grouped and field_of(key):
                site, kept = _entry(rec, key, value, visit)
                sites.append(site)
            else:
                kept = _plain(rec, key, value, visit)
            if kept > LITERAL:
                held.append((constant_key(key), kept))
        else:
            visit(rec, key)
            kept = visit(rec, value)
            if kept > LITERAL:
                held.append((constant_key(key), kept))
    if sites:
        rec.groups.add("dict", "produce", rec.owner, sites, ())
    return rec.made(held[:MOST_FIELDS])


def _entry(
    rec: Recorder, key: ast.Constant, value: ast.expr, visit: Visit
) -> tuple[tuple[str, int, int], int]:
    """Walk one entry whose key is a field; what the value holds is nested below its name.

    Returns:
        The field's site, and the node of the value.
    """
    name = field_of(key)
    index = define_field(rec, name, key.lineno, value.end_lineno or key.lineno)
    start = len(rec.out)
    before = rec.owner
    if isinstance(value, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
        rec.owner = index
    kept = _plain(rec, key, value, visit)
    rec.owner = before
    rec.drafts[index].contents.append(digest(rec.out, start))
    return (name, key.lineno, index), kept


def _plain(rec: Recorder, key: ast.Constant, value: ast.expr, visit: Visit) -> int:
    before = rec.via
    if isinstance(value, (ast.Constant, ast.JoinedStr)):
        rec.via = str(key.value)
    kept = visit(rec, value)
    rec.via = before
    return kept


def define_field(rec: Recorder, name: str, line: int, end: int) -> int:
    """Define the field ``<owner>[name]`` and return its index."""
    index = rec.define("", "field", line, end)
    around = rec.drafts[rec.owner].name if rec.owner > 0 else ""
    rec.drafts[index].name = f"{around}[{name}]"
    rec.groups.defined += 1
    return index


def sequence(rec: Recorder, elements: Sequence[ast.expr], visit: Visit) -> int:
    """Walk a list, tuple or set; names in it are one group when there are at least two."""
    values = [visit(rec, one) for one in elements]
    names = [field_of(one) for one in elements]
    plain = all(names) and len(set(names)) >= _LEAST and len(names) <= _LONGEST_LIST
    if plain and rec.drafts[rec.owner].name not in _NO_FIELDS:
        _list_of_names(rec, names, elements)
    return containers.sequence(rec, elements, values)


def _list_of_names(rec: Recorder, names: Sequence[str], elements: Sequence[ast.expr]) -> None:
    if rec.groups.defined > MOST_FIELDS:
        return
    sites = []
    for name, one in zip(names, elements, strict=True):
        index = define_field(rec, name, one.lineno, one.lineno)
        rec.drafts[index].contents.append(digest([name]))
        sites.append((name, one.lineno, index))
    rec.groups.add("list", "declare", rec.owner, sites, ())


def columns(rec: Recorder, node: ast.Subscript) -> bool:
    """Record ``frame[["a", "b"]]``; tell whether it was that."""
    inner = node.slice
    if not isinstance(inner, ast.List) or not inner.elts:  # d["a", "b"] is one key
        return False
    sites = [(field_of(one), one.lineno, -1) for one in inner.elts]
    if not all(name for name, _, _ in sites):
        return False
    rec.out.append(f"columns{len(sites)}")
    rec.out.extend(name for name, _, _ in sites)
    rec.groups.add("list", "consume", rec.owner, sites, (dotted(node.value),))
    return True


def subscript(rec: Recorder, node: ast.Subscript, *, store: bool) -> None:
    """Record ``x["key"]``: read from x, or put into it."""
    key = node.slice
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return
    of = dotted(node.value)
    if strings.is_environ(of):
        strings.environment(rec, key.value, key.lineno, f"{of}[]=" if store else f"{of}[]")
    elif field_of(key) and of:
        _use(rec, of, key.value, key.lineno, store=store)


def _use(rec: Recorder, of: str, name: str, line: int, *, store: bool) -> None:
    if not store:
        rec.groups.use("subscript", "consume", of, rec.owner, (name, line, -1))
        return
    index = -1
    if rec.groups.defined < MOST_FIELDS:
        index = define_field(rec, name, line, line)
    rec.groups.use("subscript", "produce", of, rec.owner, (name, line, index))


def call(rec: Recorder, node: ast.Call, callee: str) -> None:
    """Record ``x.get("key")`` as a use of x, other ``f("key")`` as a use of what f gives."""
    first = node.args[0] if node.args else None
    name = field_of(first)
    if first is None or not name or " " in name or not takes_field(callee):
        return
    of, _, last = callee.rpartition(".")
    if of and last in _GETTERS:
        if not strings.is_environ(of):
            _use(rec, of, name, first.lineno, store=False)
    else:
        rec.groups.use("call", "consume", callee, rec.owner, (name, first.lineno, -1))


_GETTERS = frozenset({"get", "pop", "setdefault"})


def annotated_class(
    rec: Recorder, definition: int, members: Sequence[tuple[str, int, int]]
) -> None:
    """Record the annotated attributes of a class, when there are at least two."""
    if len(members) >= _LEAST:
        name = rec.drafts[definition].name
        rec.groups.add("class", "produce", definition, members, (name,))
