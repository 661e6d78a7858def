"""Files of environment variables: the variables (kind ``env``), and which of them use others.

No value is ever kept, only its digest: any of them may be a secret. Satisfies
`blastradius.languages.base.Language`.
"""

from __future__ import annotations

import re

import msgspec

from blastradius.languages.keyed import KeyedLinks
from blastradius.languages.texts import decoded
from blastradius.languages.yaml.address import digest
from blastradius.languages.yaml.nodes import Reference
from blastradius.model.facts import Definition, Facts, Mention, Problem

NAME = "dotenv"
VERSION = "2"
KEYED = True
EMBEDS = ()

MAX_BYTES = 2_000_000
MAX_VARIABLES = 20_000
_FILE = re.compile(r"(?:.*/)?(?:\.env(?:\.[\w.-]+)?|\.envrc|[^/]+\.env)\Z", re.IGNORECASE)
_CODE = (".py", ".js", ".ts", ".mjs", ".cjs", ".json", ".yaml", ".yml", ".toml", ".md")
_START = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=[ \t]*|(?=\n|\Z|\#))")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_PLAIN = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^|\s)#.*\Z", re.DOTALL)
USE = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)(?=[-}:?+=#%/^,@\[])|([A-Za-z_]\w*))")
"""A variable's use, in .env files and in Dockerfiles; its end is not looked for, which would be far."""

_LINKS = KeyedLinks(NAME)
symbol, tables, link = _LINKS.symbol, _LINKS.tables, _LINKS.link


def claims(path: str) -> bool:
    """Tell from the path whether the file holds environment variables."""
    return _FILE.match(path) is not None and not path.lower().endswith(_CODE)


def extract(source: bytes) -> Facts:
    """Return the variables of one file. Never raises."""
    text, problems = decoded(source, MAX_BYTES)
    definitions: list[Definition] = []
    uses: list[tuple[int, int, str]] = []
    at = line = counted = 0
    while at < len(text):
        line += text.count("\n", counted, at)
        counted = at
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        start = _START.match(text, at)
        if start is None or start.end() > end:
            rest = text[at:end].strip()
            if rest and not rest.startswith("#") and len(problems) < 20:  # noqa: PLR2004 - enough
                problems.append(Problem(line + 1, "no variable: the line was left out"))
            at = end + 1
            continue
        value, kept, at = _value(text, start.end())
        last = line + 1 + text.count("\n", counted, min(at, len(text)))
        if len(definitions) >= MAX_VARIABLES:
            problems.append(Problem(line + 1, "too many variables: the rest was not read"))
            break
        index = len(definitions)
        body = digest(value)
        definitions.append(Definition(start[1], "env", line + 1, last, -1, "", body))
        if kept:
            uses += ((index, line + 1, one[1] or one[2]) for one in USE.finditer(value))
        newline = text.find("\n", at)
        at = len(text) if newline < 0 else newline + 1
    return _facts(definitions, uses, problems)


def _value(text: str, at: int) -> tuple[str, bool, int]:
    """Return a value, whether variables in it count, and where it ends."""
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        return quoted[1] if quoted[1] is not None else quoted[2], quoted[1] is None, quoted.end()
    plain = _PLAIN.match(text, at)
    value = plain.group() if plain is not None else ""
    return _COMMENT.sub("", value).rstrip(), True, at + len(value)


def _facts(
    definitions: list[Definition], uses: list[tuple[int, int, str]], problems: list[Problem]
) -> Facts:
    home = {one.name: index for index, one in enumerate(definitions)}
    references = [
        Reference("env", scope, line, name, home[name])
        for scope, line, name in uses
        if name in home and home[name] != scope
    ]
    return Facts(
        "full" if not problems else "partial" if definitions else "failed",
        tuple(definitions),
        tuple(Mention(name, "env", line, scope, "$") for scope, line, name in uses),
        problems=tuple(problems),
        own=msgspec.Raw(msgspec.msgpack.encode(references)),
    )
