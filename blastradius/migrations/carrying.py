"""Python taken over from one file into another, with the imports and definitions that it needs."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

from blastradius.migrations.sources import parsed

_COMPOUND = (ast.If, ast.Try, ast.With, ast.For)
_BUILTIN = frozenset(dir(builtins))


@dataclass(slots=True)
class Carried:
    """The top of a new file: imports and definitions, each once; ``lost``: names nobody defines."""

    imports: dict[str, str] = field(default_factory=dict)
    future: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def need(self, line: str) -> None:
        """Add an import by its line."""
        tree = parsed(line)
        for one in tree.body if tree is not None else ():
            if isinstance(one, (ast.Import, ast.ImportFrom)):
                self._import(one)

    def _import(self, node: ast.Import | ast.ImportFrom, only: str = "") -> bool:
        """Add what an import binds; False where a name is bound to something else already."""
        for alias in node.names:
            bound = alias.asname or alias.name
            if only and only not in {bound, bound.partition(".")[0]}:
                continue
            as_name = f" as {alias.asname}" if alias.asname else ""
            if isinstance(node, ast.Import):
                line = f"import {alias.name}{as_name}"
            else:
                line = f"from {'.' * node.level}{node.module or ''} import {alias.name}{as_name}"
            if self.imports.setdefault(bound, line) != line:
                return False
        return True

    def carry(self, tree: ast.Module, text: str, nodes: Iterable[ast.AST]) -> bool:
        """Add what nodes of a file need of its top; False where a name would mean two things.

        Args:
            tree: the file.
            text: its text.
            nodes: what is taken over of it.
        """
        tops = _tops(tree)
        waiting = sorted({name for node in nodes for name in _names(node)})
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for one in tops.get(name, ()):
                if isinstance(one, (ast.Import, ast.ImportFrom)):
                    if isinstance(one, ast.ImportFrom) and one.module == "__future__":
                        continue
                    if name in self.definitions or not self._import(one, name):
                        return False
                    continue
                said = segment(text, one)
                if name in self.imports or self.definitions.setdefault(name, said) != said:
                    return False
                waiting += sorted(_names(one) - seen)
            if name not in tops and name not in _BUILTIN:
                self.lost.append(name)
        return True

    def header(self) -> str:
        """Return the imports and definitions as the top of a file."""
        lines = sorted(set(self.imports.values()), key=_rank)
        text = "\n".join(lines)
        blocks = list(dict.fromkeys(self.definitions.values()))
        plain = [one for one in blocks if not one.startswith(("def ", "class ", "@"))]
        others = [one for one in blocks if one not in plain]
        return "\n\n".join(part for part in (text, "\n".join(plain)) if part) + "".join(
            f"\n\n\n{one}" for one in others
        )


def segment(text: str, node: ast.stmt) -> str:
    """Return the source lines of a statement at the top of a file, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(one.lineno for one in decorators)])
    lines = text.split("\n")[start - 1 : node.end_lineno]
    return "\n".join(lines).strip("\n")


def body(text: str, function: ast.FunctionDef) -> str:
    """Return the source lines of a function's body, its docstring left out, as they are indented."""
    statements = function.body
    first = statements[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and len(statements) > 1
    ):
        statements = statements[1:]
    lines = text.split("\n")
    # Comments above the first statement belong to it.
    above = function.body[0].end_lineno if statements[0] is not first else _header_end(function)
    found = lines[above or function.lineno : statements[-1].end_lineno]
    return "\n".join(found).strip("\n")


def _header_end(function: ast.FunctionDef) -> int:
    """Return the line where a function's head ends, the body beginning below it."""
    ends = [function.lineno]
    ends += [
        one.end_lineno or one.lineno
        for one in ast.walk(function.args)
        if isinstance(one, (ast.expr, ast.arg))
    ]
    if function.returns is not None:
        ends.append(function.returns.end_lineno or function.lineno)
    return min(max(ends), function.body[0].lineno - 1)


def _tops(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for one in tree.body:
        for name in _bound(one):
            found.setdefault(name, []).append(one)
    return found


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [one.asname or one.name.partition(".")[0] for one in node.names]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [part.id for one in targets for part in ast.walk(one) if isinstance(part, ast.Name)]
    if isinstance(node, _COMPOUND):
        inner = (one for one in ast.walk(node) if isinstance(one, ast.stmt))
        return [name for one in inner if not isinstance(one, _COMPOUND) for name in _bound(one)]
    return []


def _names(node: ast.AST) -> set[str]:
    """Return the names that a piece of code takes from around it, as far as that can be told."""
    loaded: set[str] = set()
    own: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            (loaded if isinstance(one.ctx, ast.Load) else own).add(one.id)
        elif isinstance(one, ast.arg):
            own.add(one.arg)
        elif isinstance(one, (ast.FunctionDef, ast.ClassDef)):
            own.update({one.name} if one is not node else ())
        elif isinstance(one, ast.ExceptHandler):
            own.add(one.name or "")
    return loaded - own


def _rank(line: str) -> tuple[int, str]:
    return (0 if line.startswith("import ") else 1, line)
