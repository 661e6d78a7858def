"""What the user configured: ``[tool.blastradius]`` of pyproject.toml, or ``blastradius.toml``.

Both stand at the root of the repository. Where both configure, ``blastradius.toml`` wins whole and
a warning names the other. A key that is not known is an error: a typo that is silently ignored is a
setting that silently does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, Self, TypeGuard, get_args

import msgspec
from msgspec import Struct

from blastradius.errors import ConfigError

OWN_FILE = "blastradius.toml"
SHARED_FILE = "pyproject.toml"
_TABLE = ("tool", "blastradius")
_MAX_BYTES = 1_000_000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}\Z")

FailOn = Literal["never", "breaks", "breaking", "any"]
FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)

# fmt: off
DIALECTS = frozenset((
    "athena", "bigquery", "clickhouse", "databricks", "dax", "doris", "dremio", "drill", "druid",
    "duckdb", "dune", "exasol", "fabric", "hive", "materialize", "mysql", "oracle", "postgres",
    "presto", "prql", "redshift", "risingwave", "snowflake", "solr", "spark", "spark2",
    "sqlite", "starrocks", "tableau", "teradata", "trino", "tsql",
))
# fmt: on
"""SQL dialects that may be named: a copy of sqlglot's list, so that reading the configuration does
not import sqlglot."""


class Keeping(Struct, frozen=True, forbid_unknown_fields=True):
    """What checkpoints hold besides the code: the table ``checkpoint``.

    Attributes:
        files: files that git ignores and the program needs, such as ``.env``, below the work tree.
        folders: folders that are built or filled, such as ``dist``, below the work tree.
        protected: names of branches that no restore moves back, on top of the usual ones.
        expires: how long a checkpoint may be restored, such as ``30d``; empty: for ever.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    expires: str = ""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one repository.

    Attributes:
        source_roots: folders that Python imports start from, beside those that are found.
        sql_dialect: dialect of SQL files that do not say their own; empty: guess by content.
        exclude: globs of paths that are not read; ``*`` matches across folders.
        max_file_bytes: larger files are not read.
        min_confidence: impacts below it are left out (0 to 1).
        depth: longest chain of an impact, in edges; None for no bound.
        fail_on: what makes ``analyze`` end with exit code 1.
        jobs: processes for a cold index; None for one a core.
        cache: keep facts in the repository's git directory.
        databases: name → the variable that holds the URL of a database that migrations are run on, or
            a ``sqlite:///`` URL below the repository.
        checkpoint: see `Keeping`.
    """

    source_roots: tuple[str, ...] = ()
    sql_dialect: str = ""
    exclude: tuple[str, ...] = ()
    max_file_bytes: int = 1_000_000
    min_confidence: float = 0.0
    depth: int | None = None
    fail_on: FailOn = "never"
    jobs: int | None = None
    cache: bool = True
    databases: dict[str, str] = {}
    checkpoint: Keeping = Keeping()

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], place: str = "configuration") -> Self:
        """Return the settings that ``values`` hold, the rest at their defaults.

        Args:
            values: key → value as TOML has them.
            place: what errors call the source of the values.

        Raises:
            ConfigError: an unknown key, a wrong type, or a value that cannot be meant.
        """
        return cls._checked(values, lambda _key: place)

    @classmethod
    def _checked(cls, values: Mapping[str, Any], where: Callable[[str], str]) -> Self:
        for key in values:
            if key not in cls.__struct_fields__:
                raise ConfigError(f"{where(key)}: unknown key {key!r}", _near(key, cls))
        for key, value in values.items():
            if must := _must(cls, key, value):
                what, hint = must
                said = f"{where(key)}: {key} must be {what}, not {_shown(value)}"
                raise ConfigError(said, hint)
        return msgspec.convert(_tidied(values), cls)


def load_config(
    read: Callable[[str], bytes | None], warn: Callable[[str], None] | None = None
) -> Config:
    """Return the configuration at the root of a repository, defaults where there is none.

    Args:
        read: path relative to the root → bytes, None where there is no such file.
        warn: told in one line what is set but does not hold.

    Raises:
        ConfigError: a file is no TOML, or a setting has a mistake.
    """
    own, shared = read(OWN_FILE), read(SHARED_FILE)
    if own is not None:
        if shared is not None and _table_of(shared, None) is not None and warn is not None:
            warn(f"{OWN_FILE} and {SHARED_FILE} both configure blastradius: {OWN_FILE} holds")
        return _settings(_parsed(own, OWN_FILE), own, OWN_FILE)
    if shared is None or b"blastradius" not in shared:
        return Config()
    table = _table_of(shared, SHARED_FILE)
    return Config() if table is None else _settings(table, shared, SHARED_FILE)


def _table_of(source: bytes, file: str | None) -> Mapping[str, Any] | None:
    """Return our table of a pyproject.toml; with ``file`` None a broken one counts as none."""
    try:
        values: Any = _parsed(source, file or SHARED_FILE)
    except ConfigError:
        if file is None:
            return None
        raise
    for name in _TABLE:
        values = values.get(name) if isinstance(values, Mapping) else None
    if values is not None and not isinstance(values, Mapping):
        raise ConfigError(f"{SHARED_FILE}: tool.blastradius must be a table", "[tool.blastradius]")
    return values


def _parsed(source: bytes, file: str) -> Mapping[str, Any]:
    import tomllib  # noqa: PLC0415 - only a repository that is configured pays for it

    if len(source) > _MAX_BYTES:
        raise ConfigError(f"{file}: larger than {_MAX_BYTES:,} bytes", "is it the right file?")
    try:
        return tomllib.loads(source.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 (byte {error.start})", "save it as UTF-8") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: nested too deeply", "settings need no nesting") from error
    except ValueError as error:
        raise ConfigError(f"{file}: no valid TOML: {error}", "see https://toml.io") from error


def _settings(values: Mapping[str, Any], source: bytes, file: str) -> Config:
    def where(key: str) -> str:
        line = _line_of(key, source, file)
        return f"{file}:{line}" if line else file

    return Config._checked(values, where)  # noqa: SLF001 - the same module


def _line_of(key: str, source: bytes, file: str) -> int:
    """Return the 1-based line that sets ``key``, 0 when it is not found.

    In pyproject.toml other tools may have a key of the same name: the search starts at our table.
    """
    ours = file == OWN_FILE
    setting = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]|\s*\[+{re.escape(key)}\]""")
    for number, line in enumerate(source.decode("utf-8", "replace").splitlines(), start=1):
        if ours and setting.match(line):
            return number
        if header := re.match(r"\s*\[([\w.\s\"'-]+)\]", line):
            name, table = re.sub(r"[\s\"']", "", header[1]), ".".join(_TABLE)
            if file == SHARED_FILE and name == f"{table}.{key}":
                return number
            ours = file == OWN_FILE or name == table
    return 0


def _near(key: str, config: type[Config]) -> str:
    close = get_close_matches(key.replace("-", "_"), config.__struct_fields__, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known keys: {', '.join(config.__struct_fields__)}"


def _must(config: type[Config], key: str, value: object) -> tuple[str, str] | None:
    """Return what the value must be and a hint, None when it is right."""
    if key in {"source_roots", "exclude"}:
        return _must_be_paths(key, value)
    if key in {"databases", "checkpoint"}:
        return _must_be_names(value) if key == "databases" else _must_be_keeping(value)
    if key == "sql_dialect":
        if isinstance(value, str) and (not value or value in DIALECTS):
            return None
        close = get_close_matches(str(value).lower(), sorted(DIALECTS), n=1)
        hint = f"did you mean {close[0]}?" if close else ", ".join(sorted(DIALECTS))
        return "a SQL dialect", hint
    if key == "fail_on":
        return None if value in FAIL_ON else ("one of " + ", ".join(FAIL_ON), 'fail_on = "…"')
    if key == "cache":
        return None if isinstance(value, bool) else ("true or false", "without quotes")
    if key == "min_confidence":
        right = _is_number(value) and 0 <= value <= 1
        return None if right else ("a number from 0 to 1", "such as 0.5")
    right = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
    return None if right else ("a whole number above 0", _absent(config, key))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _must_be_paths(key: str, value: object) -> tuple[str, str] | None:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        return "a list of strings", f'{key} = ["…"]'
    for one in value:
        if one.startswith("/") or "\\" in one or ".." in one.split("/"):
            return "relative to the repository's root, with forward slashes", f"mend {one!r}"
    return None


def _must_be_names(value: object) -> tuple[str, str] | None:
    right = isinstance(value, dict) and all(
        isinstance(one, str) and (_VARIABLE.match(one) or one.startswith("sqlite:///"))
        for one in value.values()
    )
    hint = 'databases = { main = "DATABASE_URL" }: the URL itself, with its password, stays outside'
    return None if right else ("a table of names and variables", hint)


def _must_be_keeping(value: object) -> tuple[str, str] | None:
    known = Keeping.__struct_fields__
    if not isinstance(value, dict) or not value.keys() <= set(known):
        return f"a table of {', '.join(known)}", 'checkpoint = { files = [".env"] }'
    for name in ("files", "folders"):
        if wrong := _must_be_paths(f"checkpoint.{name}", value.get(name, ())):
            return f"a table whose {name} are {wrong[0]}", wrong[1]
    names = value.get("protected", ())
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) for one in names):
        return "a table whose protected is a list of strings", 'protected = ["release/*"]'
    if not re.fullmatch(r"([1-9][0-9]{0,4}[mhdw])?", str(value.get("expires", ""))):
        return "a table whose expires is a length of time", 'expires = "30d"'
    return None


def _absent(config: type[Config], key: str) -> str:
    default = msgspec.structs.asdict(config())[key]
    return "leave the key out for no bound" if default is None else f"the default is {default}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - an error is one line


def _tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with source roots spelled alike: ``./src/`` is ``src``, ``.`` empty."""
    tidy = dict(values)
    if "source_roots" in tidy:
        tidy["source_roots"] = [
            "/".join(part for part in root.split("/") if part not in {"", "."})
            for root in tidy["source_roots"]
        ]
    return tidy
