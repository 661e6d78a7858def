"""The names that dbt gives to templates, answered from the tree alone; each answer is recorded.

https://docs.getdbt.com/reference/dbt-jinja-functions
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jinja2.runtime import Macro as JinjaMacro

from blastradius.languages.dbt.bounds import MOST_ITEMS, TooMuchError
from blastradius.languages.dbt.builtins import DBT, UTILS, WAREHOUSE_ASKING
from blastradius.languages.dbt.macros import Macro
from blastradius.languages.dbt.values import (
    HOLE,
    NOW,
    Clock,
    Column,
    Missing,
    Names,
    Opaque,
    Relation,
    Result,
    Value,
    refused,
    timedelta,
)

if TYPE_CHECKING:
    from blastradius.languages.dbt.session import Session

_LONGEST_JSON = 100_000
_KNOWN_PACKAGES = frozenset({"dbt_utils", "dbt_date"})


class ReturnedError(Exception):
    """``return(value)`` of a macro, on its way to the caller."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - any value of a template
        super().__init__()
        self.value = value


class Called(Value):
    """A macro of the project or of a package, compiled when it is first called."""

    __slots__ = ("_session", "macro")

    def __init__(self, session: Session, macro: Macro) -> None:
        self._session = session
        self.macro = macro

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return what the macro returns or puts out."""
        session = self._session
        session.use("macro", self.macro.uid)
        name = self.macro.name.removeprefix("default__")
        if self.macro.package in _KNOWN_PACKAGES and name in WAREHOUSE_ASKING:
            return UTILS[name](session, *args, **kwargs)
        with session.inside(self.macro.uid):
            try:
                return session.compiled(self.macro)(*args, **kwargs)
            except ReturnedError as returned:
                return returned.value

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return the name of the macro; it has no other attribute."""
        return self.macro.name if name in {"name", "macro_name"} else Missing(obj="", name=name)

    def __str__(self) -> str:
        # A macro that is passed on as a value, or printed.
        self._session.use("macro", self.macro.uid)
        return ""


class Stub(Value):
    """A macro of dbt's own or of a package that is not there, known by what it gives."""

    __slots__ = ("_path", "_session", "_write")

    def __init__(self, session: Session, path: str, write: Callable[..., Any]) -> None:
        self._session = session
        self._path = path
        self._write = write

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return the SQL that stands for it."""
        self._session.use("unknown", self._path)
        return self._write(self._session, *args, **kwargs)

    def __str__(self) -> str:
        return ""


class Package(Value):
    """``dbt_utils`` in ``dbt_utils.star(…)``: a package's macros by name."""

    __slots__ = ("_name", "_session")

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return the macro, a stand-in that is known, or what is missing."""
        index = self._session.index
        found = index.by_package.get(self._name, {}).get(name)
        self._session.ask("macro", f"{self._name}|{name}")
        if found is not None:
            return Called(self._session, found)
        known = (DBT if self._name == "dbt" else UTILS if self._name == "dbt_utils" else {}).get(
            name
        )
        if known is not None:
            return Stub(self._session, f"{self._name}.{name}", known)
        return Missing(name=f"{self._name}.{name}")

    def __str__(self) -> str:
        return f"{{{{ {self._name} }}}}"


class Config(Value):
    """``config(…)`` and ``config.get(…)``."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
        """Note what the file says of itself; prints nothing."""
        self._session.config_line = max(self._session.environment.line, 1)
        for one in (*args, kwargs):
            if isinstance(one, dict):
                self._session.config.update(one)
        return ""

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return ``get``, ``require`` or what tells whether documentation is kept."""
        if name in {"get", "require", "meta_get", "meta_require"}:
            return self._get
        if name in {"persist_relation_docs", "persist_column_docs"}:
            return lambda: False
        return (lambda *_args, **_kwargs: "") if name == "set" else Missing(obj="", name=name)

    def _get(self, name: Any, default: Any = None, **_more: Any) -> Any:  # noqa: ANN401 - any value of a template
        session = self._session
        key = str(name)
        if key in session.config:
            return session.config[key]
        session.ask("config", key)
        return session.folder_config.get(key, default)


class Variables(Value):
    """``var(name, default)`` and ``var.has_var(name)``."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, name: Any, default: Any = None) -> Any:  # noqa: ANN401 - any value of a template
        """Return the variable's value as the project sets it, else the default."""
        session = self._session
        session.use("var", str(name))
        found, value = session.variable(str(name))
        return json.loads(json.dumps(value)) if found else default

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return ``has_var``."""
        if name == "has_var":
            return lambda one: self._session.variable(str(one))[0]
        return Missing(obj="", name=name)


class Adapter(Value):
    """``adapter``: answers about columns, and finds dispatched macros."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return one of its methods; those that only the warehouse could answer give nothing."""
        session = self._session
        known: dict[str, Callable[..., Any]] = {
            "dispatch": session.dispatch,
            "get_columns_in_relation": session.columns,
            "get_column_schema_from_query": lambda *_a, **_k: [Column(HOLE)],
            "get_relation": _first_relation,
            "load_relation": lambda relation, *_a, **_k: relation,
            "check_schema_exists": lambda *_a, **_k: True,
            "quote": lambda text: f'"{text}"',
            "quote_as_configured": lambda text, *_a: f'"{text}"',
            "get_missing_columns": lambda *_a, **_k: [],
            "type": lambda: session.project.target[1] or "default",
        }
        return known.get(name) or (lambda *_a, **_k: "")

    def member(self, key: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return a method by its name."""
        return self.attribute(str(key))


def _first_relation(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
    name = str(kwargs.get("identifier") or (args[-1] if args else HOLE))
    return Relation(HOLE, name)


class Target(Value):
    """``target``: name and type as the profile says; the rest is not in the tree."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what is known of the connection."""
        self._session.ask("target", name)
        known = self._session.project.target
        if name in {"name", "target_name"}:
            return known[0]
        if name == "type" and known[1]:
            return known[1]
        return Opaque(f"target.{name}")

    def member(self, key: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return the same by key."""
        return self.attribute(str(key))


class Graph(Value):
    """``graph``: what it holds is the whole project, and nothing of that is shown."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return an empty part of it, noted."""
        self._session.use("graph", name)
        return {}

    def member(self, key: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return the same by key."""
        return self.attribute(str(key))


class ByName(Value):
    """``context``: the names themselves, by key."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what a template would get by that name."""
        if name == "get":
            return lambda key, default=None: self.attribute(str(key)) or default
        return self._session.named(name)

    def member(self, key: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return the same by key."""
        return self._session.named(str(key))


def names(session: Session) -> dict[str, Any]:
    """Return the names that every template sees."""
    incremental = session.incremental
    nothing: Callable[..., str] = lambda *_a, **_k: ""  # noqa: E731 - a name in a table of names
    return {
        "ref": session.ref,
        "source": session.source,
        "builtins": Names(
            "builtins", {"ref": session.ref, "source": session.source, "config": Config(session)}
        ),
        "config": Config(session),
        "var": Variables(session),
        "env_var": session.env_var,
        "doc": session.doc,
        "adapter": Adapter(session),
        "api": Names("api", {"Relation": Names("api.Relation", {"create": _first_relation})}),
        "target": Target(session),
        "graph": Graph(session),
        "context": ByName(session),
        "is_incremental": incremental,
        "should_full_refresh": lambda: False,
        "run_query": session.queried(lambda _sql=None: Result()),
        "dbt_run_query": session.queried(lambda _sql=None: Result()),
        "statement": _statement,
        "load_result": lambda *_a: Result(),
        "store_result": nothing,
        "log": nothing,
        "print": nothing,
        "return": _return,
        "exceptions": Names(
            "exceptions",
            {
                "warn": nothing,
                "raise_compiler_error": refused("the template raises an error"),
                "raise_not_implemented": refused("the template raises an error"),
            },
        ),
        "tojson": _to_json,
        "fromjson": _from_json,
        "toyaml": _to_json,
        "fromyaml": _from_json,
        "set": lambda values=(), default=None: _made_set(values, default),
        "set_strict": lambda values=(): _made_set(values, None),
        "zip": _zipped,
        "zip_strict": _zipped,
        "local_md5": lambda text="": HOLE if not isinstance(text, str) else "0" * 32,
        "flags": Names(
            "flags", {"WHICH": "compile", "FULL_REFRESH": False, "STORE_FAILURES": False}
        ),
        "invocation_id": "00000000-0000-0000-0000-000000000000",
        "run_started_at": NOW,
        "dbt_version": "1.11.0",
        "project_name": session.project.name,
        "invocation_args_dict": {},
        "dbt_metadata_envs": {},
        "selected_resources": [],
        "modules": _modules(),
    }


def _modules() -> Names:
    datetime = {
        "datetime": Clock(_datetime()),
        "date": Clock(_date()),
        "timedelta": timedelta,
        "time": lambda *_a, **_k: HOLE,
    }
    return Names(
        "modules",
        {
            "datetime": Names("modules.datetime", datetime),
            "itertools": Names("modules.itertools", {"chain": _chained, "product": _product}),
        },
    )


def _datetime() -> Any:  # noqa: ANN401 - a class
    return type(NOW)


def _date() -> Any:  # noqa: ANN401 - a class
    return type(NOW.date())


def _return(value: Any = None) -> Any:  # noqa: ANN401 - any value of a template
    raise ReturnedError(value)


def _statement(*_args: Any, caller: JinjaMacro | None = None, **_kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    if caller is not None:
        caller()
    return ""


def _to_json(value: Any = None, *_args: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    return json.dumps(value, default=str, sort_keys=True)


def _from_json(text: Any = "", default: Any = None) -> Any:  # noqa: ANN401 - any value of a template
    try:
        return json.loads(str(text)[:_LONGEST_JSON])
    except ValueError:
        return default


def _made_set(values: Any, default: Any) -> Any:  # noqa: ANN401 - any value of a template
    try:
        return set(values)
    except TypeError:
        return default


def _zipped(*lists: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - any value of a template
    return list(zip(*lists, strict=False))


def _chained(*lists: Any) -> list[Any]:  # noqa: ANN401 - any value of a template
    return [one for held in lists for one in held]


def _product(left: Any, right: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - any value of a template
    firsts, seconds = list(left), list(right)
    if len(firsts) * len(seconds) > MOST_ITEMS:
        raise TooMuchError("a list of a template grows too long")
    return [(one, two) for one in firsts for two in seconds]
