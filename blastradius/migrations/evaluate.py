"""Expressions of a migration, evaluated as far as that needs no running of anything.

Bounded in steps and depth: what is over becomes `Opaque`, and the migration is read as unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from blastradius.bridges.migrations.statements import assigned
from blastradius.migrations.computing import binary, builtin, compare, item, unary
from blastradius.migrations.sources import Sources
from blastradius.migrations.values import (
    HOLE,
    MOST_ITEMS,
    Function,
    Made,
    Member,
    Members,
    Method,
    Module,
    Opaque,
    Ref,
    Value,
    formatted,
    is_plain,
    items,
    joined,
    known,
    of_method,
    spoken,
)

Names = dict[str, Value]

MOST_STEPS = 60_000
DEEPEST = 120
_BUILTINS = frozenset(
    {"str", "len", "list", "tuple", "sorted", "range", "enumerate", "zip", "dict"}
)
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "RichEnum", "RichIntEnum", "RichStrEnum"})


class Evaluator:
    """Evaluates expressions of one tree's files; `called` says what a call that is not followed does."""

    def __init__(self, sources: Sources, dialect: str) -> None:
        self.sources = sources
        self.dialect = dialect
        self.steps = 0
        self.depth = 0
        self._modules: dict[str, Module] = {}

    @property
    def exhausted(self) -> bool:
        """Whether the bound of steps was met: what was found since is not all."""
        return self.steps > MOST_STEPS

    def module(self, path: str) -> Module | None:
        """Return the names at the top of a file, None when it cannot be parsed."""
        if path not in self._modules:
            tree = self.sources.tree(path)
            if tree is None:
                return None
            made = self._modules[path] = Module(path)
            declare(tree.body, made)
        return self._modules[path]

    def called(self, made: Made) -> Value:
        """Return the value of a call that is not followed, after noting what it does."""
        return made

    def follow(self, function: Function, made: Made) -> Value:  # noqa: ARG002 - for who does follow
        """Return what a function of the tree returns, after noting what its body does."""
        return Opaque(made.callee)

    def value(self, node: ast.expr | None, names: Names, module: Module) -> Value:
        """Return the value of an expression."""
        self.steps += 1
        if node is None:
            return None
        if self.depth > DEEPEST or self.exhausted:
            return Opaque("too deep")
        self.depth += 1
        try:
            return self._value(node, names, module)
        finally:
            self.depth -= 1

    def _value(self, node: ast.expr, names: Names, module: Module) -> Value:  # noqa: C901, PLR0911 - one case each
        match node:
            case ast.Constant():
                return node.value if is_plain(node.value) else Opaque()
            case ast.Name():
                return self.name(node.id, names, module)
            case ast.Attribute():
                return self._attribute(self.value(node.value, names, module), node.attr)
            case ast.Call():
                return self._call(node, names, module)
            case ast.JoinedStr():
                return joined(self._piece(one, names, module) for one in node.values)
            case ast.List() | ast.Tuple() | ast.Set():
                found = self._several(node.elts, names, module)
                return tuple(found) if isinstance(node, ast.Tuple) else found
            case ast.Dict():
                return self._dict(node, names, module)
            case ast.Starred():
                return self.value(node.value, names, module)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                return self._comprehension(node, names, module)
            case ast.Lambda():
                return Function(node, module, dict(names))
        return self._computed(node, names, module)

    def _computed(self, node: ast.expr, names: Names, module: Module) -> Value:  # noqa: PLR0911 - one case each
        match node:
            case ast.BinOp():
                left = self.value(node.left, names, module)
                return binary(node.op, left, self.value(node.right, names, module))
            case ast.BoolOp():
                return self._bool(node, names, module)
            case ast.UnaryOp():
                return unary(node.op, self.value(node.operand, names, module))
            case ast.Compare() if len(node.ops) == 1:
                left = self.value(node.left, names, module)
                right = self.value(node.comparators[0], names, module)
                return compare(node.ops[0], left, right)
            case ast.IfExp():
                test = self.value(node.test, names, module)
                if known(test):
                    return self.value(node.body if test else node.orelse, names, module)
                self.value(node.body, names, module)
                return Opaque()
            case ast.Subscript():
                owner = self.value(node.value, names, module)
                return item(owner, self.value(node.slice, names, module))
            case ast.Await() | ast.YieldFrom() | ast.Yield():
                return self.value(node.value, names, module)
            case ast.NamedExpr():
                names[node.target.id] = self.value(node.value, names, module)
                return names[node.target.id]
        return Opaque(type(node).__name__)

    def name(self, name: str, names: Names, module: Module) -> Value:
        """Return what a name stands for."""
        if name in names:
            return names[name]
        if name in module.waiting:
            node = module.waiting.pop(name)
            module.names[name] = Opaque(name)  # what names itself is not known
            module.names[name] = self._declared(node, name, module)
        if name in module.names:
            return module.names[name]
        return Ref(name) if name in _BUILTINS else Opaque(name)

    def _declared(self, node: ast.AST, name: str, module: Module) -> Value:
        if isinstance(node, ast.FunctionDef):
            return Function(node, module)
        if isinstance(node, ast.ClassDef):
            return self._class(node, module)
        if isinstance(node, ast.ImportFrom):
            base = _absolute(node, module.path)
            original = next(one.name for one in node.names if name in {one.asname, one.name})
            return self.imported(base, original, module.path)
        if isinstance(node, ast.expr):
            return self.value(node, {}, module)
        return Opaque(name)

    def _class(self, node: ast.ClassDef, module: Module) -> Value:
        bases = [self.value(one, {}, module) for one in node.bases]
        if any(isinstance(one, Ref) and one.last in _ENUMS for one in bases):
            members = tuple(
                (target.id, self.value(one.value, {}, module))
                for one in node.body
                if isinstance(one, ast.Assign)
                for target in one.targets
                if isinstance(target, ast.Name) and not target.id.startswith("_")
            )
            return Members(node.name, members)
        return Ref(f"{module.path}:{node.name}")

    def _attribute(self, owner: Value, name: str) -> Value:
        if isinstance(owner, Ref):
            dotted = f"{owner.dotted}.{name}"
            return self._imported(owner.dotted, name) if ":" not in dotted else Ref(dotted)
        if isinstance(owner, Members):
            found = dict(owner.values)
            if name == "__members__":
                return {key: Member(owner.name, key, one) for key, one in owner.values}
            return Member(owner.name, name, found[name]) if name in found else Opaque(name)
        if isinstance(owner, Member) and name in {"value", "name"}:
            return owner.value if name == "value" else owner.name
        if name == "name" and isinstance(owner, Method) and owner.name == "dialect":
            return {"postgres": "postgresql"}.get(self.dialect, self.dialect)
        if name == "as_sql":
            return False
        return Method(owner, name)

    def _imported(self, module: str, name: str) -> Value:
        """``module.name``: a function or a constant of the tree, where the module is one of it."""
        own = "." in module and not _foreign(module)
        path = self.sources.module(module, "") if own else None
        found = self.module(path) if path is not None else None
        if found is not None and (name in found.waiting or name in found.names):
            value = self.name(name, {}, found)
            if isinstance(value, (Function, Members)) or is_plain(value):
                return value
        return Ref(f"{module}.{name}")

    def imported(self, module: str, name: str, near: str) -> Value:
        """Return what ``from module import name`` in the file ``near`` brings."""
        path = self.sources.module(module, near) if not _foreign(module) else None
        found = self.module(path) if path is not None and path != near else None
        if found is None or (name not in found.waiting and name not in found.names):
            return Ref(f"{module}.{name}")
        value = self.name(name, {}, found)
        followed = isinstance(value, (Function, Members, Made)) or is_plain(value)
        return value if followed else Ref(f"{module}.{name}")

    def _call(self, node: ast.Call, names: Names, module: Module) -> Value:  # noqa: C901 - one case each
        callee = self.value(node.func, names, module)
        args = tuple(self._several(node.args, names, module))
        keywords: dict[str, Value] = {}
        for one in node.keywords:
            given = self.value(one.value, names, module)
            if one.arg is not None:
                keywords[one.arg] = given
            elif isinstance(given, dict):
                keywords.update({key: item for key, item in given.items() if isinstance(key, str)})
        match callee:
            case Function():
                label = callee.node.name if isinstance(callee.node, ast.FunctionDef) else ""
                return self.follow(callee, Made(label, args, keywords, node.lineno))
            case Method(owner=str() as owner, name="format"):
                return formatted(owner, args, keywords)
            case Method(owner=str() | dict() as owner, name=name):
                return of_method(owner, name, args)
            case Method(owner=list() as owner, name="append" | "extend" as name) if args:
                if len(owner) < MOST_ITEMS:
                    owner += [args[0]] if name == "append" else list(items(args[0]) or ())
                return None
            case Method(owner=owner, name=name):
                return self.called(Made(f".{name}", args, keywords, node.lineno, owner))
            case Ref(dotted=dotted) if dotted in _BUILTINS:
                return builtin(dotted, args)
            case Ref(dotted=dotted):
                return self.called(Made(dotted, args, keywords, node.lineno))
        said = callee.why if isinstance(callee, Opaque) else ""
        return self.called(Made(said, args, keywords, node.lineno, callee))

    def _several(self, nodes: list[ast.expr], names: Names, module: Module) -> list[Value]:
        found: list[Value] = []
        for one in nodes[:MOST_ITEMS]:
            given = self.value(one, names, module)
            if isinstance(one, ast.Starred):
                several = items(given)
                found += several if several is not None else (Opaque("*"),)
            else:
                found.append(given)
        return found

    def _piece(self, node: ast.expr, names: Names, module: Module) -> str:
        if isinstance(node, ast.FormattedValue):
            value = spoken(self.value(node.value, names, module))
            return repr(value) if node.conversion == ord("r") and HOLE not in value else value
        return spoken(self.value(node, names, module))

    def _dict(self, node: ast.Dict, names: Names, module: Module) -> Value:
        found: dict[Value, Value] = {}
        for key, value in zip(node.keys[:MOST_ITEMS], node.values, strict=False):
            given = self.value(value, names, module)
            name = self.value(key, names, module) if key is not None else None
            if key is None and isinstance(given, dict):
                found.update(given)
            elif (is_plain(name) and not isinstance(name, (list, dict))) or isinstance(
                name, Member
            ):
                found[name] = given
            else:
                return Opaque("dict")
        return found

    def _bool(self, node: ast.BoolOp, names: Names, module: Module) -> Value:
        last: Value = None
        unsure = False
        stops = isinstance(node.op, ast.Or)
        for one in node.values:
            last = self.value(one, names, module)
            if not known(last):
                unsure = True
            elif bool(last) is stops:
                return last  # decides, whatever the unknown ones are
        return Opaque() if unsure else last

    def _comprehension(
        self,
        node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp,
        names: Names,
        module: Module,
    ) -> Value:
        over = items(self.value(node.generators[0].iter, names, module))
        if over is None or len(node.generators) > 1:
            return Opaque()
        found: list[Value] = []
        pairs: dict[Value, Value] = {}
        generator = node.generators[0]
        for one in over:
            inner = dict(names)
            bind(generator.target, one, inner)
            tests = [self.value(test, inner, module) for test in generator.ifs]
            if not all(known(test) for test in tests):
                return Opaque()
            if not all(tests):
                continue
            if isinstance(node, ast.DictComp):
                key = self.value(node.key, inner, module)
                if not isinstance(key, (str, int, Member)):
                    return Opaque()
                pairs[key] = self.value(node.value, inner, module)
            else:
                found.append(self.value(node.elt, inner, module))
        return pairs if isinstance(node, ast.DictComp) else found


def bind(target: ast.expr, value: Value, names: Names) -> None:
    """Bind what an assignment or a loop binds; parts of what is not known are not known."""
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        parts = items(value)
        if parts is None or len(parts) != len(target.elts):
            parts = tuple(Opaque() for _ in target.elts)
        for one, part in zip(target.elts, parts, strict=True):
            bind(one, part, names)


def declare(body: Iterable[ast.stmt], module: Module) -> None:
    """Note what the top of a module binds; also what its ``if`` and ``try`` bind."""
    for one in body:
        match one:
            case ast.Import():
                for alias in one.names:
                    first = alias.name.partition(".")[0]
                    module.names[alias.asname or first] = Ref(alias.name if alias.asname else first)
            case ast.ImportFrom():
                for alias in one.names:
                    module.waiting[alias.asname or alias.name] = ast.ImportFrom(
                        one.module, [alias], one.level
                    )
            case ast.FunctionDef() | ast.ClassDef():
                module.waiting[one.name] = one
            case ast.If() | ast.Try() | ast.With():
                declare(one.body, module)
    for name, value in assigned(body):
        module.waiting[name] = value


def _absolute(node: ast.ImportFrom, path: str) -> str:
    """Return the dotted name of a module as imported, a relative one from its file's folder."""
    if not node.level:
        return node.module or ""
    parts = path.split("/")[: -node.level]
    return ".".join([*parts, *(node.module or "").split(".")]).strip(".")


def _foreign(module: str) -> bool:
    """Tell modules that no repository has of its own, whatever a folder in it is called."""
    return module.partition(".")[0] in {"alembic", "sqlalchemy", "typing", "enum", "datetime"}
