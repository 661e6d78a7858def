"""What templates get to hold: relations, columns, results, and what nobody knows.

A `Value` shows nothing of its own but through `attribute` and `member`. What is unknown is printed as
the template expression that it came from, so that who reads the text next sees a hole and its words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from jinja2 import Undefined

from blastradius.languages.dbt.bounds import TooMuchError

# Stands for a value that only the warehouse knows; `languages.sql` takes no name with it for real.
HOLE = "__hole__"
_LONGEST_WORDS = 2_000
_MOST_WORDS = 50
MOMENTS = (dt.date, dt.timedelta, dt.time)
MOMENT_NAMES = frozenset(
    [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "microsecond",
        "days",
        "seconds",
        "date",
        "time",
        "isoformat",
        "strftime",
        "weekday",
        "isoweekday",
        "replace",
        "total_seconds",
    ]
)
# No template sees the time of the machine.
NOW = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LONG_NUMBER = re.compile(r"\d{3}")


class Value:
    """A value of ours in a template."""

    __slots__ = ()

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what ``value.name`` is."""
        return Missing(obj="", name=name)

    def member(self, key: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return what ``value[key]`` is."""
        return self.attribute(key) if isinstance(key, str) else Missing(obj="", name="[…]")


class Missing(Undefined):
    """A name that means nothing here: empty, false, printed as itself, and it may be called."""

    __slots__ = ()

    def attribute(self, name: str) -> Undefined:
        """Return an attribute of it, unknown as well."""
        return Missing(name=f"{self._undefined_name}.{name}")

    @property
    def path(self) -> str:
        """The dotted name."""
        return str(self._undefined_name)

    def __call__(self, *args: object, **kwargs: object) -> Opaque:  # type: ignore[override]
        """Return the unknown result of a call."""
        return Opaque(called_text(self.path, args, kwargs))

    def __str__(self) -> str:
        has_owner = not isinstance(self._undefined_obj, type(_NO_OWNER))
        return "" if has_owner else f"{{{{ {self._undefined_name} }}}}"

    __hash__ = Undefined.__hash__


_NO_OWNER = Undefined()._undefined_obj  # noqa: SLF001 - Jinja's mark for "a name, not an attribute"


class Opaque(Value):
    """A value that is not known, from the expression ``words``."""

    __slots__ = ("words",)

    def __init__(self, words: str) -> None:
        self.words = words[:_LONGEST_WORDS]

    def attribute(self, name: str) -> Opaque:
        """Return an attribute of it, unknown as well."""
        return Opaque(f"{self.words}.{name}")

    def member(self, key: Any) -> Opaque:  # noqa: ANN401 - any value of a template
        """Return a member of it, unknown as well."""
        return Opaque(f"{self.words}[{_word(key)}]")

    def __call__(self, *args: object, **kwargs: object) -> Opaque:
        """Return the unknown result of a call."""
        return Opaque(called_text(self.words, args, kwargs))

    def __str__(self) -> str:
        return f"{{{{ {self.words} }}}}"

    def __iter__(self) -> Iterator[Opaque]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def _never(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _never

    def __add__(self, other: object) -> object:
        return f"{self}{other}" if isinstance(other, str) else self

    def __radd__(self, other: object) -> object:
        return f"{other}{self}" if isinstance(other, str) else self

    def _same(self, _other: object) -> Opaque:
        return self

    __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __mod__ = _same


def called_text(name: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    """Return a call in words, its relations and names as they would be written."""
    words = [_word(one) for one in args[:_MOST_WORDS]]
    words += [f"{key}={_word(one)}" for key, one in list(kwargs.items())[:_MOST_WORDS]]
    return f"{name}({', '.join(words)})"[:_LONGEST_WORDS]


def _word(value: object, depth: int = 0) -> str:
    if isinstance(value, Opaque):
        return value.words
    if isinstance(value, Relation):
        return value.words
    if isinstance(value, str):
        text = value[:_LONGEST_WORDS]
        return text[3:-3] if text.startswith("{{ ") and text.endswith(" }}") else repr(text)
    if isinstance(value, list | tuple) and depth < 2:  # noqa: PLR2004 - lists in lists, no deeper
        return f"[{', '.join(_word(one, depth + 1) for one in value[:_MOST_WORDS])}]"
    return str(value) if isinstance(value, int | float) else "none"


class Relation(Value):
    """What ``ref``, ``source`` or ``this`` give.

    Args:
        words: the expression that the SQL language knows it by.
        name: its last name. key: how the columns of it are asked for; empty: they cannot be.
    """

    __slots__ = ("key", "name", "words")

    def __init__(self, words: str, name: str, key: str = "") -> None:
        self.words = words
        self.name = name
        self.key = key

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what is known of it: its name and kind; schema and database are not."""
        if name in {"identifier", "name", "table"}:
            return self.name
        if name in {"include", "quote", "incorporate", "render", "without_identifier"}:
            return self._itself
        if name.startswith("is_"):
            return name == "is_table"
        if name == "type":
            return "table"
        return Opaque(f"{self.words}.{name}")

    def _itself(self, *_args: object, **_kwargs: object) -> Relation:
        return self

    def __str__(self) -> str:
        return self.words if self.words == HOLE else f"{{{{ {self.words} }}}}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __lt__(self, other: object) -> bool:
        return isinstance(other, Relation) and self.words < other.words


class Column(Value):
    """A column as the adapter tells of it; its type is not known."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return its name; as text, the type could be any."""
        if name in {"name", "column", "quoted"}:
            return self.name
        if name in {"data_type", "dtype"}:
            return "string"
        if name.startswith(("is_", "can_")):
            return _answering(name == "is_string")
        return Missing(obj=self, name=name)

    def __str__(self) -> str:
        return self.name


def _answering(answer: object) -> Callable[..., object]:
    def answered(*_args: object, **_kwargs: object) -> object:
        return answer

    return answered


class Result(Value):
    """What a query at compile time gives: one row of which nothing is known."""

    __slots__ = ()

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return rows or columns, or a column of that name."""
        if name in {"rows", "columns", "table"}:
            return self
        if name in {"values", "keys"}:
            return _answering([HOLE])
        if name in {"column_names", "data"}:
            return [HOLE] if name == "column_names" else [[HOLE]]
        if name in {"print_table", "print_csv"}:
            return _answering("")
        return _answering([]) if name == "items" else HOLE

    def member(self, key: Any) -> Any:  # noqa: ANN401, ARG002 - any value of a template
        """Return a row or a cell: itself, which prints as the hole that a cell is."""
        return self

    def __iter__(self) -> Iterator[Result]:
        return iter((self,))

    def __len__(self) -> int:
        return 1

    def __str__(self) -> str:
        return HOLE

    # As a number it is one: what it counts is taken to be there, and once.

    def __int__(self) -> int:
        return 1

    def __lt__(self, other: object) -> bool:
        return isinstance(other, int | float) and other > 1

    def __le__(self, other: object) -> bool:
        return isinstance(other, int | float) and other >= 1

    def __gt__(self, other: object) -> bool:
        return isinstance(other, int | float) and other < 1

    def __ge__(self, other: object) -> bool:
        return isinstance(other, int | float) and other <= 1

    def __sub__(self, other: object) -> object:
        return 1 - other if isinstance(other, int | float) else HOLE

    def __rsub__(self, other: object) -> object:
        return other - 1 if isinstance(other, int | float) else HOLE

    def __add__(self, other: object) -> object:
        return 1 + other if isinstance(other, int | float) else f"{HOLE}{other}"

    def __radd__(self, other: object) -> object:
        return other + 1 if isinstance(other, int | float) else f"{other}{HOLE}"


class Names(Value):
    """A plain set of names, such as a module that templates see. What lacks is unknown."""

    __slots__ = ("_held", "_path")

    def __init__(self, path: str, held: Mapping[str, Any]) -> None:
        self._path = path
        self._held = held

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what is called so."""
        return self._held[name] if name in self._held else Missing(name=f"{self._path}.{name}")

    def __str__(self) -> str:
        return f"{{{{ {self._path} }}}}"


def refused(what: str) -> Callable[..., NoReturn]:
    """Return a function that ends the rendering."""

    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise TooMuchError(what)

    return refuse


def _strptime(text: object, pattern: object) -> dt.datetime:
    return dt.datetime.strptime(str(text)[:100], str(pattern)[:100]).replace(tzinfo=dt.UTC)


class Clock(Value):
    """``modules.datetime.datetime`` and ``date``: made by a call, their now is always the same."""

    __slots__ = ("_kind",)

    def __init__(self, kind: type[dt.date | dt.datetime]) -> None:
        self._kind = kind

    def __call__(self, *args: Any, **kwargs: Any) -> dt.date:  # noqa: ANN401 - any value of a template
        """Return a moment."""
        return self._kind(*args, **kwargs)

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return how it is made otherwise."""
        now: dt.date = NOW if self._kind is dt.datetime else NOW.date()
        known: dict[str, Callable[..., Any]] = {
            "now": _answering(now),
            "utcnow": _answering(now),
            "today": _answering(now),
            "strptime": _strptime,
            "combine": _answering(NOW),
            "fromisoformat": lambda text: self._kind.fromisoformat(str(text)[:100]),
        }
        return known.get(name) or Opaque(f"modules.datetime.{name}")


def timedelta(*args: float, **kwargs: float) -> dt.timedelta:
    """Return ``modules.datetime.timedelta(…)``."""
    return dt.timedelta(*args, **kwargs)


def moment_attribute(moment: Any, name: str) -> Any:  # noqa: ANN401 - a date, time or timedelta
    """Return an attribute of a moment; ``strftime`` without the widths that C libraries allow."""
    found = getattr(moment, name, None)
    if not callable(found):
        return found

    def called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
        if name == "strftime" and _LONG_NUMBER.search(str(args)):
            raise TooMuchError("a format with a large width")
        return found(*args, **kwargs)

    return called
