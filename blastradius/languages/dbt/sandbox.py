"""A Jinja environment for templates that nobody trusts: no way out, and an end to everything.

The syntax tree is rewritten before it is compiled (`rewrite`). Attributes are
those of an explicit list (`bounds.method`) and of our own values (`values.Value`); nothing else has any.

Built on Jinja's own sandbox (https://jinja.palletsprojects.com/sandbox/), which keeps attributes in
but bounds neither time nor memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FunctionType, MethodType
from typing import Any

from jinja2 import Undefined, nodes, pass_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Namespace

from blastradius.languages.dbt.bounds import (
    DEEPEST_CALLS,
    Budget,
    Method,
    TooMuchError,
    formatted_percent,
    method,
    operated,
)
from blastradius.languages.dbt.rewrite import Bounded
from blastradius.languages.dbt.values import (
    MOMENT_NAMES,
    MOMENTS,
    Missing,
    Value,
    moment_attribute,
)

_LOOP_NAMES = frozenset(
    [
        "index",
        "index0",
        "revindex",
        "revindex0",
        "first",
        "last",
        "length",
        "depth",
        "depth0",
        "previtem",
        "nextitem",
        "cycle",
        "changed",
    ]
)
_FILTERS = [
    "abs",
    "batch",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "int",
    "items",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
]
_CALLABLE = (Macro, Value, Missing, FunctionType, MethodType)
_WIDEST = 1_000


class _Located:
    """What is called on a line of the file itself."""

    __slots__ = ("callee", "line")

    def __init__(self, callee: Any, line: int) -> None:  # noqa: ANN401 - any value of a template
        self.callee = callee
        self.line = line


class TemplateContext(Context):
    """Finds the names that neither the template nor the globals have by asking ``environment.find``."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - as in Jinja
        """Return the value of a name; never lacking: an unknown one is a `values.Missing`."""
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        environment = self.environment
        assert isinstance(environment, BoundedEnvironment)  # noqa: S101 - says so to the type checker
        return environment.find(key, str(self.parent.get("__package__", "")))


class BoundedEnvironment(SandboxedEnvironment):
    """The environment; ``budget`` and ``line`` belong to the rendering that runs.

    Args:
        find: (name, package) → what a name means that is neither a variable nor a global.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, find: Callable[[str, str], Any]) -> None:
        super().__init__(
            extensions=["jinja2.ext.do"],
            optimized=False,  # constants are folded at run time too, where they are counted
            undefined=Missing,
            finalize=_finalized,
            auto_reload=False,
            cache_size=0,
        )
        self.context_class = TemplateContext
        self.find = find
        self.budget = Budget()
        self.line = 0
        self.marked = False
        self._depth = 0
        self.globals = {"range": self._range, "dict": _dict, "namespace": Namespace}
        self.filters = self._bounded_filters()

    def begin(self) -> None:
        """Start a rendering of its own."""
        self.budget = Budget()
        self.line = 0
        self._depth = 0

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        Bounded(marked=self.marked).visit(tree)
        tree.set_environment(self)
        return tree

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401, ARG002 - as in Jinja
        """Return ``left <operator> right`` within bounds."""
        return operated(self.budget, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as in Jinja
        """Return an attribute that templates may see, else a member of that name."""
        self.budget.charge()
        if attribute.startswith("_") and not isinstance(obj, dict | Value):
            return self._lacking(obj, attribute)
        if isinstance(obj, Value | Missing):
            return obj.attribute(attribute)
        if (found := method(obj, attribute)) is not None:
            return found
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self._lacking(obj, attribute)
        if isinstance(obj, Namespace):
            return getattr(obj, attribute, None)
        if isinstance(obj, LoopContext) and attribute in _LOOP_NAMES:
            return getattr(obj, attribute)
        if isinstance(obj, MOMENTS) and attribute in MOMENT_NAMES:
            return moment_attribute(obj, attribute)
        return self._lacking(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as in Jinja
        """Return a member, else an attribute that templates may see."""
        self.budget.measure(argument)
        if isinstance(obj, Value):
            return obj.member(argument)
        if isinstance(obj, str | list | tuple | dict):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return self._lacking(obj, "[…]")

    def call(self, _context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in Jinja
        """Call what templates may call, no deeper than ``DEEPEST_CALLS``."""
        if isinstance(obj, _Located):
            self.line, obj = obj.line, obj.callee
        self.budget.charge()
        # Jinja hands these to functions that look at the context; ours never do.
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        for one in (*args, *kwargs.values()):
            self.budget.measure(one)
        if isinstance(obj, Method):
            return obj.called(self.budget, args, kwargs)
        if not isinstance(obj, _CALLABLE) and obj is not Namespace:
            raise TooMuchError(f"a template calls a {type(obj).__name__}")
        if self._depth >= DEEPEST_CALLS:
            raise TooMuchError("macros call each other without end")
        self._depth += 1
        try:
            return obj(*args, **kwargs)  # type: ignore[operator]  # a Value without one raises
        finally:
            self._depth -= 1

    def _lacking(self, obj: Any, name: str) -> Undefined:  # noqa: ANN401 - any value of a template
        return Missing(obj=obj, name=name)

    def _range(self, *bounds: Any) -> list[int]:  # noqa: ANN401 - any value of a template
        return self.budget.listed(range(*(int(one) for one in bounds)))

    def _bounded_filters(self) -> dict[str, Callable[..., Any]]:
        known = self.filters
        found = {name: self._bounded(known[name]) for name in _FILTERS}
        found |= {
            "__listed__": self._listed,
            "__joined__": self._all,
            "__measured__": self._measured,
            "__charged__": self._charged,
            "__at__": _Located,
            "escape": lambda value: value,
            "e": lambda value: value,
            "as_bool": lambda value: value,
            "as_native": lambda value: value,
            "as_number": lambda value: value,
            "as_text": lambda value: value,
            "attr": lambda value, name: self.getattr(value, str(name)),
            "center": self._bounded(lambda value, width=80: str(value).center(_width(width))),
            "format": self._bounded(
                lambda value, *args, **kwargs: formatted_percent(str(value), kwargs or args)
            ),
            "indent": self._indented,
            "join": self._joined,
            "replace": self._replaced,
            "safe": lambda value: value,
            "sum": self._summed,
        }
        return found

    def _bounded(self, one: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(one)
        def bounded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
            for value in (*args, *kwargs.values()):
                # Some filters get the context first.
                if not isinstance(value, Context | EvalContext | SandboxedEnvironment):
                    self.budget.measure(value)
            # How many, how wide, how precise: what a filter makes grows with these.
            for value in (*args[1:], *kwargs.values()):
                if isinstance(value, int) and abs(value) > _WIDEST:
                    raise TooMuchError("a filter with a large number")
            return one(*args, **kwargs)

        return bounded

    def _listed(self, value: Any) -> list[Any]:  # noqa: ANN401 - any value of a template
        return self.budget.listed(value)

    def _all(self, values: Any) -> str:  # noqa: ANN401 - any value of a template
        return self.budget.joined(values)

    def _charged(self, steps: int) -> None:
        self.budget.charge(steps)

    def _measured(self, value: Any) -> Any:  # noqa: ANN401 - any value of a template
        self.budget.measure(value)
        return value

    def _indented(self, value: Any, width: Any = 4, first: Any = False, blank: Any = False) -> str:  # noqa: ANN401, ARG002, FBT002 - a filter's parameters
        text = self.budget.text(value)
        space = width if isinstance(width, str) else " " * _width(width)
        made = operated(self.budget, "*", space, text.count("\n") + 1)
        self.budget.measure(made)
        return (space if first else "") + f"\n{space}".join(text.split("\n"))

    def _joined(self, value: Any, d: Any = "", attribute: Any = None) -> str:  # noqa: ANN401 - a filter's parameters
        values = self.budget.listed(value)
        if attribute is not None:
            values = [self.getitem(one, attribute) for one in values]
        return self.budget.joined(values, self.budget.text(d))

    def _replaced(self, value: Any, old: Any, new: Any, count: int = -1) -> Any:  # noqa: ANN401 - a filter's parameters
        found = method(self.budget.text(value), "replace")
        return found and found.called(self.budget, (str(old), str(new), count), {})

    def _summed(self, value: Any, attribute: Any = None, start: Any = 0) -> Any:  # noqa: ANN401 - a filter's parameters
        values = self.budget.listed(value)
        if attribute is not None:
            values = [self.getitem(one, attribute) for one in values]
        for one in values:
            start = operated(self.budget, "+", start, one)
        return start


@pass_context
def _finalized(context: Context, value: Any) -> str:  # noqa: ANN401 - any value of a template
    environment = context.environment
    assert isinstance(environment, BoundedEnvironment)  # noqa: S101 - says so to the type checker
    return environment.budget.text("" if value is None else value)


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:  # noqa: ANN401 - any value of a template
    return dict(*args, **kwargs)


def _width(value: Any) -> int:  # noqa: ANN401 - any value of a template
    return min(int(value), _WIDEST)
