"""What the functions of an Alembic revision would do, in order, without running them.

Helpers of the tree are followed, loops over known things unrolled. A test that is not known is taken
as its writer meant it: guards (``if has_table(…): return``) let pass, the branch that acts is taken. Where
both act it is said that nobody can tell.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from blastradius.migrations.calls import built, is_type, queries, takes_bind, writes_rows_only
from blastradius.migrations.computing import binary
from blastradius.migrations.evaluate import Evaluator, Names, bind, declare
from blastradius.migrations.sources import Sources
from blastradius.migrations.values import (
    HOLE,
    Batch,
    Function,
    Made,
    Module,
    Opaque,
    Ref,
    Value,
    items,
    known,
    text_of,
)

Kind = Literal["op", "sql", "type", "rows", "raise", "unknown"]
Signal = Literal["", "return", "raise", "break"]
DEEPEST_CALLS = 12
MOST_EVENTS = 5_000
_SCHEMA = frozenset({"op", "sql", "type", "unknown"})
_OP = "alembic.op."
_HARMLESS_OPS = frozenset(
    {"get_bind", "get_context", "inline_literal", "autocommit_block", "implementation_for"}
)
_EXECUTES = frozenset({".execute", ".scalar", ".scalars", ".exec_driver_sql", ".executemany"})
_ROWS = frozenset({".add", ".add_all", ".bulk_save_objects", ".bulk_insert_mappings", ".merge"})
# Foreign functions that take a connection and change no schema.
_READERS = frozenset(
    {
        "inspect",
        "Session",
        "sessionmaker",
        "MetaData",
        "Table",
        "from_engine",
        "isinstance",
        "print",
    }
    | {"automap_base", "scoped_session", "getattr", "hasattr", "Inspector", "reflect"}
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens: a call on ``op``, SQL, a type made or dropped, a raise, or who knows.

    ``table`` is that of the batch that the call is made on; ``alone``: it runs outside a transaction;
    ``guarded``: only where a test that is not known lets it.
    """

    kind: Kind
    line: int
    made: Made | None = None
    text: str = ""
    table: Batch | None = None
    alone: bool = False
    guarded: bool = False


class Tracer(Evaluator):
    """Traces functions of one file; `events` is what was found so far."""

    def __init__(self, sources: Sources, dialect: str, path: str) -> None:
        super().__init__(sources, dialect)
        self.path = path
        self.events: list[Event] = []
        self.autocommit = False
        self._calls = 0
        self._alone = 0
        self._guards = 0
        self._line = 0
        self._returned: Value = None

    def run(self, name: str) -> list[Event]:
        """Return what calling the function ``name`` of the file does."""
        self.events, self.steps, self._line, self._alone = [], 0, 0, 0
        module = self.module(self.path)
        function = self.name(name, {}, module) if module is not None else None
        if isinstance(function, Function):
            self.follow(function, Made(name, (), {}, function.node.lineno))
        if self.exhausted or len(self.events) >= MOST_EVENTS:
            self._note("unknown", 1, text="it is too much to follow")
        return self.events

    def follow(self, function: Function, made: Made) -> Value:
        """Note what a function's body does, and return what it returns."""
        if self._calls >= DEEPEST_CALLS or self.exhausted:
            self._note("unknown", made.line, text=f"{made.callee} calls too deep")
            return Opaque(made.callee)
        names: Names = dict(function.outer or {})
        _pass(self, function, made, names)
        line = self._line
        if function.module.path != self.path and not self._line:
            self._line = made.line
        self._calls += 1
        self._returned = None
        try:
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body, names, function.module)
            signal = self._block(function.node.body, names, function.module)
            returned, self._returned = self._returned, None
            return returned if signal == "return" else None
        finally:
            self._calls -= 1
            self._line = line

    def called(self, made: Made) -> Value:  # noqa: C901 - one case each
        """Note what a call that is not followed does, and return its value."""
        if isinstance(made.owner, Batch) and made.last == "f":
            return made.args[0] if made.args else made
        if isinstance(made.owner, Batch) and made.last == "execute":
            self._execute(made)
        elif isinstance(made.owner, Batch):
            self._note("op", made.line, Made(made.last, *_rest(made)), table=made.owner)
        elif made.callee.startswith(_OP):
            return self._operation(made)
        elif made.callee == ".autocommit_block":
            self.autocommit = True
        elif made.callee in _EXECUTES and made.args:
            self._execute(made)
        elif made.callee in {".create", ".drop"} and is_type(made.owner):
            self._note("type", made.line, made)
        elif made.callee in {".create_all", ".drop_all"} or (
            made.callee in {".create", ".drop"} and takes_bind(made)
        ):
            self._note("unknown", made.line, text=f"{made.callee[1:]} of what is defined elsewhere")
        elif made.callee in _ROWS or (made.callee in {".delete", ".update"} and queries(made)):
            self._note("rows", made.line)
        elif takes_bind(made) and not made.callee.startswith(".") and not _reads(made):
            self._note("unknown", made.line, text=f"{made.last or 'a call'} cannot be followed")
        return made

    def _operation(self, made: Made) -> Value:
        name = made.callee.removeprefix(_OP)
        if name == "f":
            return made.args[0] if made.args else made
        if name == "batch_alter_table":
            schema = made.get(1, "schema")
            return Batch(made.get(0, "table_name"), schema if isinstance(schema, str) else None)
        if name == "execute":
            self._execute(made)
        elif name not in _HARMLESS_OPS and "." not in name:
            self._note("op", made.line, Made(name, *_rest(made)))
        return made

    def _execute(self, made: Made) -> None:
        said = made.get(0, "sqltext", made.get(0, "statement"))
        for one in items(said) or () if isinstance(said, (list, tuple)) else (said,):
            text = text_of(one)
            if text is not None:
                self._note("sql", made.line, text=text)
                if text.strip(" ;\n").upper() in {"COMMIT", "END", "COMMIT TRANSACTION"}:
                    self._alone += 1
            elif isinstance(one, Made) and (statement := built(one)):
                if statement != "select":
                    self._note("rows", made.line)
            elif isinstance(one, Made) and one.last in {"CreateSequence", "DropSequence"}:
                self._note("unknown", made.line, text=one.last)
            else:
                self._note("sql", made.line, text=HOLE)

    def _note(
        self,
        kind: Kind,
        line: int,
        made: Made | None = None,
        *,
        text: str = "",
        table: Batch | None = None,
    ) -> None:
        if len(self.events) < MOST_EVENTS:
            alone, guarded = self._alone > 0, self._guards > 0
            event = Event(kind, self._line or line, made, text, table, alone, guarded)
            self.events.append(event)

    def _block(self, body: list[ast.stmt], names: Names, module: Module) -> Signal:
        for one in body:
            if self.exhausted:
                return "return"
            signal = self._statement(one, names, module)
            if signal:
                return signal
        return ""

    def _statement(self, node: ast.stmt, names: Names, module: Module) -> Signal:
        self.steps += 1
        if self.depth > DEEPEST_CALLS * 8:
            self._note("unknown", node.lineno, text="it is nested too deep")
            return ""
        self.depth += 1
        try:
            return self._simple(node, names, module) or self._compound(node, names, module)
        finally:
            self.depth -= 1

    def _simple(self, node: ast.stmt, names: Names, module: Module) -> Signal:  # noqa: C901, PLR0912 - one case each
        match node:
            case ast.Expr():
                self.value(node.value, names, module)
            case ast.Assign():
                value = self.value(node.value, names, module)
                for target in node.targets:
                    bind(target, value, names)
                    if isinstance(target, ast.Subscript):
                        self._put(target, value, names, module)
            case ast.AnnAssign() if node.value is not None:
                bind(node.target, self.value(node.value, names, module), names)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    old = self.name(node.target.id, names, module)
                    new = self.value(node.value, names, module)
                    names[node.target.id] = binary(node.op, old, new)
            case ast.Return():
                self._returned = self.value(node.value, names, module)
                return "return"
            case ast.Raise():
                self._note("raise", node.lineno)
                return "raise"
            case ast.Break() | ast.Continue():
                return "break"
            case ast.Import() | ast.ImportFrom():
                inner = Module(module.path)
                declare([node], inner)
                for name in [*inner.names, *inner.waiting]:
                    names[name] = self.name(name, {}, inner)
            case ast.FunctionDef():
                names[node.name] = Function(node, module, names)
            case ast.ClassDef():
                names[node.name] = Ref(f"{module.path}:{node.name}")
        return ""

    def _put(self, target: ast.Subscript, value: Value, names: Names, module: Module) -> None:
        owner = self.value(target.value, names, module)
        key = self.value(target.slice, names, module)
        if isinstance(owner, dict) and isinstance(key, (str, int)):
            owner[key] = value

    def _compound(self, node: ast.stmt, names: Names, module: Module) -> Signal:
        match node:
            case ast.If():
                return self._if(node, names, module)
            case ast.For():
                return self._for(node, names, module)
            case ast.While():
                self._unsure(node.body, names, module, node.lineno)
            case ast.With():
                return self._with(node, names, module)
            case ast.Try():
                signal = self._block(node.body, names, module)
                if not signal:
                    signal = self._block(node.orelse, names, module)
                return self._block(node.finalbody, names, module) or signal
            case ast.Match():
                for case in node.cases:
                    self._unsure(case.body, names, module, node.lineno)
        return ""

    def _with(self, node: ast.With, names: Names, module: Module) -> Signal:
        alone = 0
        for one in node.items:
            value = self.value(one.context_expr, names, module)
            alone += isinstance(value, Made) and value.callee == ".autocommit_block"
            if one.optional_vars is not None:
                bind(one.optional_vars, value, names)
        self._alone += alone
        signal = self._block(node.body, names, module)
        self._alone -= alone
        return signal

    def _for(self, node: ast.For, names: Names, module: Module) -> Signal:
        over = items(self.value(node.iter, names, module))
        if over is None:
            bind(node.target, Opaque(), names)
            self._unsure(node.body, names, module, node.lineno)
            return ""
        for one in over:
            bind(node.target, one, names)
            signal = self._block(node.body, names, module)
            if signal in {"return", "raise"}:
                return signal
        return self._block(node.orelse, names, module)

    def _unsure(self, body: list[ast.stmt], names: Names, module: Module, line: int) -> None:
        """Note a body that runs nobody knows how often: rows are rows, a schema is not known."""
        before = len(self.events)
        self._block(body, names, module)
        found = self.events[before:]
        del self.events[before:]
        if any(_changes_schema(one) for one in found):
            self._note("unknown", line, text="a loop over what only the database knows")
        elif found:
            self._note("rows", line)

    def _if(self, node: ast.If, names: Names, module: Module) -> Signal:
        test = self.value(node.test, names, module)
        if known(test):
            return self._block(node.body if test else node.orelse, names, module)
        if _leaves(node.body):
            return self._block(node.orelse, names, module)
        if node.orelse and _leaves(node.orelse):
            return self._block(node.body, names, module)
        before = len(self.events)
        self._guards += 1
        signal = self._block(node.body, names, module)
        then = self.events[before:]
        del self.events[before:]
        other = self._block(node.orelse, names, module)
        otherwise = self.events[before:]
        self._guards -= 1
        if not any(_changes_schema(one) for one in then):
            if then and not otherwise:
                self._note("rows", node.lineno)
            return other
        self.events[before:] = then
        if any(_changes_schema(one) for one in otherwise) or signal:
            self._note("unknown", node.lineno, text="what it does depends on what is not known")
        return signal


def _pass(tracer: Tracer, function: Function, made: Made, names: Names) -> None:
    """Bind a call's arguments to a function's parameters; defaults are those of the definition."""
    given = function.node.args
    positional = [*given.posonlyargs, *given.args]
    for one, default in zip(reversed(positional), reversed(given.defaults), strict=False):
        names[one.arg] = tracer.value(default, {}, function.module)
    for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        names[one.arg] = tracer.value(value, {}, function.module)
    for one in positional:
        names.setdefault(one.arg, Opaque(one.arg))
    for one, value in zip(positional, made.args, strict=False):
        names[one.arg] = value
    if given.vararg is not None:
        names[given.vararg.arg] = made.args[len(positional) :]
    taken = {one.arg for one in (*positional, *given.kwonlyargs)}
    names.update({name: value for name, value in made.keywords.items() if name in taken})
    if given.kwarg is not None:
        rest = {name: value for name, value in made.keywords.items() if name not in taken}
        names[given.kwarg.arg] = rest


def _reads(made: Made) -> bool:
    """Tell a call that opens a session or looks at the database: by its name, or by whose result it is."""
    owner = made.owner
    return made.last in _READERS or (isinstance(owner, Made) and owner.last in _READERS)


def _rest(made: Made) -> tuple[tuple[Value, ...], dict[str, Value], int]:
    return made.args, made.keywords, made.line


def _changes_schema(event: Event) -> bool:
    if event.kind == "sql":
        return not writes_rows_only(event.text)
    return event.kind in _SCHEMA and (event.made is None or event.made.callee != "bulk_insert")


def _leaves(body: list[ast.stmt]) -> bool:
    """Tell a body that only leaves: what a guard does when there is nothing to do."""
    quiet = all(isinstance(one, (ast.Expr, ast.Pass)) for one in body[:-1])
    return quiet and isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
