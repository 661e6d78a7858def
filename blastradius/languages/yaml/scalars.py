"""What a scalar may name elsewhere: a path, a glob, a dotted name, a table, a variable, a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blastradius.languages.yaml.commands import COMMAND_KEYS, commands, expressions

_LONGEST = 300
IDENTIFIER = re.compile(r"[A-Za-z_][\w-]{0,79}\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://\S+\Z")
_PATH = re.compile(r"(?:\.{0,2}/)?[\w@+~=.-]+(?:[/\\][\w@+~=.-]+)*/?\Z")
_GLOB = re.compile(r"[\w@+~=./*?\[\]{},!-]+\Z")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}\Z")
_MIME = re.compile(r"(?:application|text|image|audio|video|font|multipart|message|model)/")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::[A-Za-z_][\w.]*)?\Z")
_ENTRY_POINT = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_][\w.]*\Z")
_TABLE = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*){1,3}\Z")
_ENV = re.compile(
    r"\$\{(?:env:)?([A-Za-z_]\w*)(?::?[-=?+][^}]{0,200})?\}|(?<![\w$])\$([A-Za-z_]\w*)"
    r"|env_var\(\s*\\?['\"](\w+)"
    r"|\$\{\{\s*(?:env|secrets|vars)\.(\w+)"
)
# A compose file's ``data:/var/lib/data``: the volume is what stands before the colon.
_VOLUME = re.compile(r"([A-Za-z][\w-]{0,79}):/[^\n]*\Z")
_DBT = re.compile(
    r"\b(ref|source)\(\s*\\?['\"]([\w.-]+)\\?['\"]\s*(?:,\s*\\?['\"]([\w.-]+)\\?['\"]\s*)?\)"
)
_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:SELECT\s|WITH\s+\w+\s+AS\b|INSERT\s+(?:INTO|OVERWRITE)\s"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+|EXTERNAL\s+|MATERIALIZED\s+)?"
    r"(?:TABLE|VIEW|FUNCTION|SCHEMA)\s|DELETE\s+FROM\s|UPDATE\s+[\w.`\"]+\s+SET\s|MERGE\s+INTO\s"
    r"|ALTER\s+TABLE\s|DROP\s+(?:TABLE|VIEW)\s|TRUNCATE\s+TABLE\s)",
    re.IGNORECASE,
)
# A query needs more than its first word, which prose may start with.
_QUERY = re.compile(r"\s*(?:--[^\n]*\n\s*)*(?:SELECT|WITH)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"\bFROM\b|\bSELECT\s+[\d'(*]", re.IGNORECASE)
_LONGEST_SQL = 400_000

# Ends of dotted words that are files rather than attributes: config.yaml, run.py.
_FILE_ENDS = frozenset(
    [
        "avro",
        "bash",
        "bat",
        "cfg",
        "conf",
        "cpp",
        "css",
        "csv",
        "db",
        "env",
        "go",
        "gz",
        "html",
        "ini",
        "ipynb",
        "j2",
        "jar",
        "java",
        "jinja",
        "jpg",
        "js",
        "json",
        "jsonl",
        "jsx",
        "key",
        "lock",
        "log",
        "lua",
        "md",
        "ndjson",
        "parquet",
        "pdf",
        "pem",
        "php",
        "png",
        "proto",
        "ps1",
        "py",
        "pyi",
        "r",
        "rb",
        "rs",
        "rst",
        "scala",
        "sh",
        "sql",
        "sqlite",
        "svg",
        "tf",
        "tfvars",
        "toml",
        "ts",
        "tsv",
        "tsx",
        "txt",
        "vue",
        "whl",
        "xls",
        "xlsx",
        "xml",
        "yaml",
        "yml",
        "zip",
        "zsh",
    ]
)
# Keys whose value names a relation, and keys whose value names code.
_TABLE_KEYS = frozenset(
    [
        "table",
        "tables",
        "relation",
        "dataset",
        "model",
        "models",
        "view",
        "source_table",
        "target_table",
        "destination_table",
        "from_table",
        "to_table",
        "table_name",
        "tablename",
        "table_id",
        "destination_dataset_table",
    ]
)
_CODE_KEYS = frozenset(
    [
        "class",
        "cls",
        "connector",
        "operator",
        "module",
        "handler",
        "function",
        "callable",
        "entrypoint",
        "entry_point",
        "target",
        "_target_",
        "factory",
        "plugin",
        "task",
        "backend",
        "provider",
        "loader",
        "import",
        "type",
    ]
)


def mentions(text: str, via: str) -> Iterator[tuple[str, str, str]]:
    """Yield (value, flavor, via) for everything that a scalar under the key ``via`` may name."""
    if len(text) <= _LONGEST:
        whole = flavors(text, via)
        yield from ((value, flavor, via) for value, flavor in whole)
    yield from _inside(text, via)


def _inside(text: str, via: str) -> Iterator[tuple[str, str, str]]:
    if "${{" in text:
        yield from expressions(text)
    if via == "volumes" and (volume := _VOLUME.match(text)):
        yield volume[1], "name", via
    if via.lower() in COMMAND_KEYS and any(mark in text for mark in " \t\n"):
        yield from commands(text)
    if "$" in text or "env_var" in text:
        seen = dict.fromkeys(
            next(filter(None, match.groups()), "") for match in _ENV.finditer(text)
        )
        yield from ((name, "env", via) for name in seen if name)
    if "ref(" in text or "source(" in text:
        for match in _DBT.finditer(text):
            call, first, second = match.groups()
            if call == "source" and second is None:
                continue
            # ref('package', 'model') names the model; source('a', 'b') the table a.b
            name = f"{first}.{second}" if call == "source" else second or first
            yield name, "table", call


def flavors(text: str, via: str) -> list[tuple[str, str]]:
    """Return (value, flavor) of a scalar as a whole; nothing for prose.

    A dotted word may be code or a relation: both are said unless the key or the word tells.
    """
    if not text or text.isspace() or len(text) > _LONGEST:
        return []
    if _URL.match(text):
        return [(text, "url")]
    if _is_path(text):
        return [(text, "path")]
    if any(mark in text for mark in "*?") and "/" in text and _GLOB.match(text):
        return [(text, "glob")]
    if _ENTRY_POINT.match(text) and (":" in text):
        return [(text.replace(":", "."), "dotted")]
    quoted = text.strip("`")
    if _TABLE.match(quoted):
        return _dotted(quoted, via)
    if IDENTIFIER.match(text):
        return [(text, "table" if via.lower() in _TABLE_KEYS else "name")]
    return []


def _is_path(text: str) -> bool:
    if not _PATH.match(text) or text.strip("./\\") == "":
        return False
    if "/" in text:
        return not _MIME.match(text) and "@" not in text.rpartition("/")[2]
    ending = _EXTENSION.search(text)
    return ending is not None and ending.group()[1:].lower() in _FILE_ENDS


def _dotted(text: str, via: str) -> list[tuple[str, str]]:
    key = via.lower()
    if key in _TABLE_KEYS or not _DOTTED.match(text):
        return [(text, "table")]
    last = text.rpartition(".")[2]
    if key in _CODE_KEYS or (last[:1].isupper() and not last.isupper()):
        return [(text, "dotted")]
    return [(text, "dotted"), (text, "table")]


def is_sql(text: str) -> bool:
    """Tell whether a scalar holds SQL: it starts as a statement does, and goes on as one."""
    if len(text) > _LONGEST_SQL or not _SQL.match(text):
        return False
    return not _QUERY.match(text) or _GOES_ON.search(text) is not None
