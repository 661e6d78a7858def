"""Strings in code that may name something elsewhere, and strings that hold SQL.

What a string is, is told by its form and by the callee that it is an argument of. A form that fits
two readings (``silver.oura`` is a dotted name and a table) is mentioned under both.
"""

from __future__ import annotations

import re

from blastradius.languages.python.recorder import Recorder
from blastradius.languages.secrets import is_secret
from blastradius.model.facts import Embedded, Mention

HOLE = "__hole__"
_LONGEST = 300
_LONGEST_SQL = 200_000

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TABLE = re.compile(r"[A-Za-z_{][\w${}-]*(?:\.[A-Za-z_{][\w${}-]*){0,3}", re.ASCII)
_LOWER_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?")
_PATH = re.compile(r"(?:\.{1,2}/|~/|/)?[\w.@{}*?\[\]+=~-]+(?:/[\w.@{}*?\[\]+=~-]+)*/?")
_SUFFIXES = frozenset(
    """py pyi ipynb sql yaml yml json jsonl ndjson toml ini cfg conf env csv tsv parquet avro
    orc xml html htm j2 jinja jinja2 tmpl tpl md rst txt sh bash tf tfvars js jsx ts tsx mjs
    css scss vue svelte proto graphql lock log gz zip tar pkl pickle db sqlite sqlite3 xlsx
    xls geojson gpkg shp png jpg jpeg svg gif pdf pem crt key dockerfile service r scala
    java go rs""".split()  # noqa: SIM905 - a word list reads best as words
)
# What stands before the slash of a media type: no folder.
_MEDIA = frozenset(
    ["application", "text", "image", "audio", "video", "font", "multipart", "message", "model"]
)

# What ties a URL's path to the code that answers it; decorators say theirs in the shape.
_ROUTE_CALLEES = frozenset(
    """path re_path url add_url_rule Route add_route add_api_route add_resource
    add_org_resource APIRouter Blueprint include_router register_blueprint""".split()  # noqa: SIM905 - a word list reads best as words
)
_ROUTE = re.compile(r"\^?/?[^\s/]+(?:/[^\s/]+)*/?\$?")
_TABLE_CALLEES = frozenset(
    """to_sql read_sql_table insert_into insertInto saveAsTable save_as_table write_table
    read_table table Table get_table create_table drop_table create_or_replace_table to_gbq
    load_table load_table_from_dataframe load_table_from_json load_table_from_uri list_rows
    insert_rows insert_rows_json write_pandas writeTo select_from insert_many bulk_insert
    add_column drop_column alter_column create_index source ref __tablename__ db_table""".split()  # noqa: SIM905 - a word list reads best as words
)
# Callees whose name alone says little: a table only where the string has a dot.
_LOOSE_TABLE_CALLEES = frozenset(
    """insert write save append upsert merge_into copy_into put store sink load read fetch
    select query truncate delete exists scan from_""".split()  # noqa: SIM905 - a word list reads best as words
)
_ENV_CALLEES = frozenset(
    ("getenv", "environ.get", "environ.pop", "environ.setdefault", "environ[]", "environ[]=")
)
_NAME_CALLEES = frozenset(
    [
        "getattr",
        "setattr",
        "hasattr",
        "delattr",
        "object",
        "attrgetter",
        "methodcaller",
        "create_autospec",
    ]
)
_DOTTED_CALLEES = frozenset(
    [
        "patch",
        "import_module",
        "import_string",
        "__import__",
        "setattr",
        "delattr",
        "dict",
        "multiple",
        "resolve",
        "locate",
    ]
)
_SQL_START = re.compile(
    r"""select\b.*?\bfrom\b
      | with\s+(?:recursive\s+)?[\w`"]+\s*(?:\([^)]*\)\s*)?as\s*(?:(?:not\s+)?materialized\s*)?\(
      | insert\s+(?:or\s+\w+\s+)?(?:overwrite|into)\b
      | replace\s+into\b
      | create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|external|materialized|unique)\s+)*
        (?:table|view|index|schema|function|procedure)\b
      | merge\s+(?:into\s+)?\S.*?\busing\b
      | update\s+\S+(?:\s+(?:as\s+)?\w+)?\s+set\s+[\w."`]+\s*=
      | delete\s+from\b
      | (?:alter|drop|truncate)\s+(?:table|view)\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_SQL_VERBS = frozenset(
    [
        "select",
        "with",
        "insert",
        "replace",
        "create",
        "merge",
        "update",
        "delete",
        "alter",
        "drop",
        "truncate",
    ]
)
_SQL_LEAD = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|\()*")
_WORD = re.compile(r"[A-Za-z]+")
_PERCENT = re.compile(r"%\(\w+\)s|%s")
_BRACES = re.compile(r"\{\w*\}")


def string(rec: Recorder, value: str, line: int) -> None:
    """Record what a plain string says."""
    if len(value) < _SHORTEST:
        return
    if looks_like_sql(value):
        embed(rec, value, line)
    elif len(value) <= _LONGEST:
        _mention(rec, value, line)


_SHORTEST = 2


def formatted(rec: Recorder, parts: list[str | None], line: int) -> None:
    """Record what an f-string or a concatenation says; None is a part computed at run time."""
    text = "".join(HOLE if part is None else part for part in parts)
    if looks_like_sql(text):
        embed(rec, text, line)
        return
    if any(part and len(part) > 1 for part in parts):
        value = "".join("{}" if part is None else part for part in parts)
        if len(value) <= _LONGEST:
            for flavor in _flavors(value, rec.via):
                if flavor in {"path", "glob", "table"}:
                    add(rec, value, flavor, line)


def looks_like_sql(text: str) -> bool:
    """Tell whether the text is a statement of SQL, not a sentence that starts with its verb."""
    lead = _SQL_LEAD.match(text)
    start = lead.end() if lead else 0
    word = _WORD.match(text, start)
    if word is None or word.group().lower() not in _SQL_VERBS:
        return False
    if not (word.group().isupper() or word.group().islower()):
        return False
    return _SQL_START.match(text[start : start + _LONGEST_SQL]) is not None


def embed(rec: Recorder, text: str, line: int) -> None:
    """Record a text of SQL; parameters of the driver's or of ``str.format`` become holes."""
    if len(text) > _LONGEST_SQL:
        return
    filled = _PERCENT.sub(HOLE, text)
    if rec.via.endswith(".format"):
        filled = _BRACES.sub(HOLE, filled)
    rec.embedded.append(Embedded("sql", filled, line, rec.owner, holes=HOLE in filled, via=rec.via))


def add(rec: Recorder, value: str, flavor: str, line: int) -> None:
    """Record one mention as it stands in the current owner."""
    rec.mentions.append(Mention(value, flavor, line, rec.owner, rec.via))


def environment(rec: Recorder, value: str, line: int, via: str) -> None:
    """Record the name of an environment variable that is read."""
    rec.mentions.append(Mention(value, "env", line, rec.owner, via))


def is_environ(text: str) -> bool:
    """Tell whether the dotted text denotes ``os.environ``."""
    return text in {"environ", "os.environ"}


def _mention(rec: Recorder, value: str, line: int) -> None:
    for flavor in _flavors(value, rec.via):
        if flavor == "url" or not is_secret("", value):  # what its name says is hidden by now
            add(rec, value, flavor, line)


def _flavors(value: str, via: str) -> list[str]:
    """Return what a short string may be; several where its form fits several."""
    callee = via.rpartition(".")[2]
    if via and _is_env(via, callee):
        return ["env"] if _NAME.fullmatch(value) else []
    if _URL.fullmatch(value):
        return ["url"]
    if _NAME.fullmatch(value):
        return _of_word(callee)
    if " " in value or "\n" in value:
        return []
    found = _path_flavor(value, callee)
    if not found and callee in _ROUTE_CALLEES and _ROUTE.fullmatch(value):
        return ["url"]
    return [found] if found else _of_dotted(value, callee)


def _of_word(callee: str) -> list[str]:
    if callee in _TABLE_CALLEES:
        return ["table"]
    return ["name"] if callee in _NAME_CALLEES else []


def _of_dotted(value: str, callee: str) -> list[str]:
    if callee in _TABLE_CALLEES | _LOOSE_TABLE_CALLEES and _TABLE.fullmatch(value):
        return ["table"]
    if not _DOTTED.fullmatch(value):
        return []
    if callee in _DOTTED_CALLEES or not _LOWER_TABLE.fullmatch(value):
        return ["dotted"]
    return ["dotted", "table"]


def _is_env(via: str, callee: str) -> bool:
    return callee == "getenv" or via in _ENV_CALLEES or via.removeprefix("os.") in _ENV_CALLEES


def _path_flavor(value: str, callee: str) -> str:
    if not _PATH.fullmatch(value):
        return ""
    last = value.rpartition("/")[2]
    stem, dot, suffix = last.rpartition(".")
    known = bool(dot) and suffix.lower() in _SUFFIXES
    if "/" in value:
        if not known and (value.startswith("/") or value.partition("/")[0] in _MEDIA):
            return ""
        # Without a suffix only a folder that looks like one: words, no run-time part.
        if not known and ("{" in value or not any(char.isalpha() for char in value)):
            return ""
    elif not known or not stem or callee in _DOTTED_CALLEES | _TABLE_CALLEES:
        return ""
    return "glob" if "*" in value or "?" in value else "path"
