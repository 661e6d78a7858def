"""What a template may cost: steps are counted, texts and numbers stay small.

Time is never looked at, so that the same template ends in the same way on every machine.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

MOST_STEPS = 400_000
LONGEST_TEXT = 1_000_000
MOST_ITEMS = 100_000
DEEPEST_CALLS = 40
_MOST_BITS = 4_096
_CHARACTERS_A_STEP = 16

_LONG_NUMBER = re.compile(r"\d{5}")
_HOLES = re.compile(r"[{%]")


class TooMuchError(Exception):
    """The template asks for more than any template of a project needs."""


class Budget:
    """Steps that are left of ``MOST_STEPS``."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps

    def charge(self, steps: int = 1) -> None:
        """Take steps.

        Raises:
            TooMuchError: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchError("a template takes too many steps")

    def measure(self, value: object) -> None:
        """Charge for all that is in ``value``, as often as it is met: as printing it would cost.

        Raises:
            TooMuchError: no steps are left.
        """
        if value is None or isinstance(value, int | float):
            self.charge()
            return
        pending = [value]
        while pending:
            one = pending.pop()
            if isinstance(one, str | bytes):
                self.charge(1 + len(one) // _CHARACTERS_A_STEP)
            elif isinstance(one, Mapping):
                self.charge(1 + len(one))
                pending += one.keys()
                pending += one.values()
            elif isinstance(one, list | tuple | set | frozenset):
                self.charge(1 + len(one))
                pending += one
            else:
                self.charge()

    def listed(self, value: Iterable[Any]) -> list[Any]:
        """Return the members of ``value``, each charged.

        Raises:
            TooMuchError: they are too many.
        """
        found: list[Any] = []
        for one in value:
            self.charge()
            found.append(one)
            _check_items(len(found))
        return found

    def text(self, value: object) -> str:
        """Return ``str(value)``, charged before it is made.

        Raises:
            TooMuchError: it is too long.
        """
        self.measure(value)
        made = value if isinstance(value, str) else str(value)
        _check_text(len(made))
        self.charge(1 + len(made) // _CHARACTERS_A_STEP)
        return made

    def joined(self, values: Iterable[Any], between: str = "") -> str:
        """Return the texts of ``values`` as one.

        Raises:
            TooMuchError: it is too long.
        """
        texts: list[str] = []
        size = 0
        for one in values:
            texts.append(self.text(one))
            size += len(texts[-1]) + len(between)
            _check_text(size)
        return between.join(texts)


def _check_text(size: int) -> None:
    if size > LONGEST_TEXT:
        raise TooMuchError("a text of a template grows too long")


def _check_items(count: int) -> None:
    if count > MOST_ITEMS:
        raise TooMuchError("a list of a template grows too long")


def _size(value: object) -> int:
    if isinstance(value, str | bytes | Mapping | list | tuple | set | frozenset):
        return len(value)
    return 24


_PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "/": operator.truediv,
    "//": operator.floordiv,
}


def operated(budget: Budget, sign: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - any value of a template
    """Return ``left <sign> right``, refused where the result would be too large.

    Raises:
        TooMuchError: it would be.
    """
    budget.measure(left)
    budget.measure(right)
    if sign == "+" and _size(left) + _size(right) > LONGEST_TEXT:
        raise TooMuchError("a text of a template grows too long")
    if sign in _PLAIN:
        return _PLAIN[sign](left, right)
    if sign == "%":
        return formatted_percent(left, right) if isinstance(left, str) else left % right
    if sign == "**":
        _check_power(left, right)
        return left**right
    for many, number in ((left, right), (right, left)):
        if isinstance(many, str | list | tuple) and isinstance(number, int):
            _check_text(len(many) * max(number, 0))
            _check_items(0 if isinstance(many, str) else len(many) * max(number, 0))
            budget.charge(1 + len(many) * max(number, 0) // _CHARACTERS_A_STEP)
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right.bit_length())
    return left * right


def _check_bits(count: int) -> None:
    if count > _MOST_BITS:
        raise TooMuchError("a number of a template grows too large")


def _check_power(left: object, right: object) -> None:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(max(left.bit_length(), 1) * max(right, 0))


def formatted_percent(pattern: str, values: Any) -> str:  # noqa: ANN401 - any value of a template
    """Return ``pattern % values``.

    Raises:
        TooMuchError: it would be too long.
    """
    _check_format(pattern, [values])
    if "*" in pattern:
        raise TooMuchError("a format with a computed width")
    return str(pattern % values)


def _check_format(pattern: str, values: Sequence[object]) -> None:
    if _LONG_NUMBER.search(pattern):
        raise TooMuchError("a format with a large width")
    longest = max((len(str(one)) for one in values), default=0)
    _check_text(len(pattern) + len(_HOLES.findall(pattern)) * (longest + 9_999))


class _Fields(dict[str, Any]):
    """Only plain names: ``{0.__class__}`` is no field."""


def _format(budget: Budget, text: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    if re.search(r"\{[^{}]*[.\[][^{}]*\}|\{[^{}]*\{", text):
        raise TooMuchError("a format that looks into its values")
    values = [budget.text(one) for one in (*args, *kwargs.values())]
    _check_format(text, values)
    plain = [one if isinstance(one, int | float | str) else str(one) for one in args]
    named = {
        key: one if isinstance(one, int | float | str) else str(one) for key, one in kwargs.items()
    }
    return text.format(*plain, **_Fields(named))


# Methods of plain values that templates may call; their results are no longer than what they get,
# but for those that `called` looks at.
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        [
            "capitalize",
            "casefold",
            "center",
            "count",
            "endswith",
            "find",
            "format",
            "index",
            "isalnum",
            "isalpha",
            "isdecimal",
            "isdigit",
            "isidentifier",
            "islower",
            "isnumeric",
            "isspace",
            "istitle",
            "isupper",
            "join",
            "ljust",
            "lower",
            "lstrip",
            "partition",
            "removeprefix",
            "removesuffix",
            "replace",
            "rfind",
            "rindex",
            "rjust",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
            "title",
            "upper",
            "zfill",
        ]
    ),
    list: frozenset(
        [
            "append",
            "clear",
            "copy",
            "count",
            "extend",
            "index",
            "insert",
            "pop",
            "remove",
            "reverse",
            "sort",
        ]
    ),
    tuple: frozenset({"count", "index"}),
    dict: frozenset(
        [
            "clear",
            "copy",
            "get",
            "items",
            "keys",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "values",
        ]
    ),
    set: frozenset(
        [
            "add",
            "clear",
            "copy",
            "difference",
            "discard",
            "intersection",
            "isdisjoint",
            "issubset",
            "issuperset",
            "remove",
            "symmetric_difference",
            "union",
            "update",
        ]
    ),
}
_PADDING = frozenset({"center", "ljust", "rjust", "zfill"})


class Method:
    """A method of a plain value, called within bounds."""

    __slots__ = ("_name", "_value")

    def __init__(self, value: Any, name: str) -> None:  # noqa: ANN401 - any plain value
        self._value = value
        self._name = name

    def called(self, budget: Budget, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
        """Return what the method gives; arguments have been measured.

        Raises:
            TooMuchError: the result would be too large.
        """
        value, name = self._value, self._name
        budget.measure(value)
        if isinstance(value, str):
            return self._of_text(budget, value, name, args, kwargs)
        _check_items(len(value) + sum(_size(one) for one in args) + len(kwargs))
        result = getattr(value, name)(*args, **kwargs)
        if name in {"keys", "values", "items"}:
            return budget.listed(result)
        return result

    @staticmethod
    def _of_text(
        budget: Budget, value: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - as above
        if name == "format":
            return _format(budget, value, args, kwargs)
        if name == "join":
            return budget.joined(args[0] if args else (), value)
        if name in _PADDING and args and isinstance(args[0], int):
            _check_text(args[0])
        if name == "replace" and len(args) > 1:
            _check_text(len(value) + value.count(str(args[0])) * len(str(args[1])))
            args = (str(args[0]), str(args[1]), *args[2:])
        return getattr(value, name)(*args, **kwargs)


def method(value: object, name: str) -> Method | None:
    """Return a method of a plain value that templates may call, else None."""
    for kind, names in _METHODS.items():
        if isinstance(value, kind):
            return Method(value, name) if name in names else None
    return None
