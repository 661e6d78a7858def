"""Metaclasses that give their classes no attributes but those that their bodies name."""

from __future__ import annotations

import ast

from blastradius.languages.python.signatures import dotted

MAKING = ("__new__", "__init__", "__prepare__")
"""Methods by which a metaclass has a say in how its classes are made."""
_NAMESPACE = 3
_FILLING = frozenset({"update", "setdefault", "__setitem__", "__setattr__", "exec"})
_BASES = ("type", "Type", "Meta", "Metaclass", "MetaClass")


def leaves_names(node: ast.ClassDef) -> bool:
    """Tell whether the class, as a metaclass, adds no name to the namespaces of its classes.

    It hands the namespace on as it got it, and puts nothing into anything by a key. Attributes that
    it sets by name are told elsewhere: as all that is stored.
    """
    if not any(dotted(base).endswith(_BASES) for base in node.bases):
        return False
    several = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name in MAKING]
    return all(one.name != "__prepare__" and _leaves(one) for one in several)


def _leaves(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args]
    if len(arguments) <= _NAMESPACE:
        return False
    namespace = arguments[_NAMESPACE].arg
    return not any(_may_add(node, namespace) for node in ast.walk(function))


def _may_add(node: ast.AST, namespace: str) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Name):
        return node.id == namespace and isinstance(node.ctx, ast.Store)
    if not isinstance(node, ast.Call):
        return False
    callee = dotted(node.func).rpartition(".")[2]
    if callee == "setattr":
        return len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
    if callee == "__new__" or (callee == "type" and len(node.args) > 1):
        last = node.args[-1] if node.args else None
        return not (isinstance(last, ast.Name) and last.id == namespace)
    return callee in _FILLING
