"""Literals that are passwords lose their text before anything reads them; a digest stays.

So that a changed password shows as a changed statement, while no fact, report or cache holds it.
"""

from __future__ import annotations

import re

from blastradius.languages.secrets import is_secret
from blastradius.languages.sql.names import words
from blastradius.languages.yaml.address import digest

# A text without any of these has nothing to hide: most have none.
_LOUD = words(
    "passw passphrase passcode pwd secret credential identified token api_key apikey access_key "
    "accesskey account_key accountkey private_key signing_key encryption_key master_key "
    "connection_string connectionstring sig="
)
_WORD = (
    r"\w{0,60}?(?:pass(?:word|wd|phrase|code)?|pwd|secret|tokens?|credentials?|api_?key"
    r"|access_?key|secret_?key|private_?key|signing_?key|encryption_?key|master_?key"
    r"|account_?key|connection_?string)(?!\w)"
)
_VALUE = r"N?(?P<{0}q>['\"])(?P<{0}>(?:(?!(?P={0}q))[^\\\n]|(?P={0}q){{2}}|\\.)*)(?P={0}q)"
# What comes first is taken first: a word inside a comment or a literal is no key.
_PARTS = re.compile(
    # `'password': '…'` in a template
    rf"['\"]{_WORD}['\"]\s*(?:=>|=|:(?!:))\s*{_VALUE.format('quoted')}"
    # `password = '…'`, `PASSWORD '…'`, `SECRET => '…'`, `CREDENTIALS ('…'`, `IDENTIFIED BY '…'`
    rf"|(?<!\w)(?:{_WORD}\s*(?:=>|:=|=|:(?!:))?\s*\(?"
    rf"|IDENTIFIED\s+(?:WITH\s+\w+\s+)?(?:BY|AS)(?:\s+PASSWORD)?)\s*{_VALUE.format('named')}"
    r"|--[^\n]*|/\*.*?(?:\*/|\Z)|\{#.*?(?:#\}|\Z)"
    r"|(?P<literal>'(?:[^'\\\n]|''|\\.)*'?|\"(?:[^\"\\\n]|\\.)*\"?)",
    re.IGNORECASE | re.DOTALL,
)
# Inside a literal: `host=x password=…`, `Pwd=…;`, `?sig=…`.
_INSIDE = re.compile(
    rf"(?P<key>(?<!\w){_WORD}\s*=\s*|[?&]sig=)(?P<text>[^\s;&'\",]+)", re.IGNORECASE
)
# In double quotes most dialects have names: `ON a.token = "Token"`.
_NAME = re.compile(r"[A-Za-z_ ]*")
_LONGEST = 4_000


def veiled(text: str) -> str:
    """Return the text with a digest for each literal, or part of one, that may be a password.

    Lines stay where they are. What names a variable or stands for a value (``%s``, ``{{ x }}``) is
    none.
    """
    low = text.lower()
    if not any(word in low for word in _LOUD):
        return text
    return _PARTS.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    literal = found["literal"]
    if literal is not None:
        return literal if len(literal) > _LONGEST else _INSIDE.sub(_part, literal)
    group = "quoted" if found["quoted"] is not None else "named"
    held = found[group]
    if not held or not _is_hidden(held) or (found[f"{group}q"] == '"' and _NAME.fullmatch(held)):
        return found[0]
    at = found.start(group) - found.start()
    return f"{found[0][:at]}<hidden {digest(held)}>{found[0][at + len(held) :]}"


def _part(found: re.Match[str]) -> str:
    held = found["text"]
    return f"{found['key']}<hidden {digest(held)}>" if _is_hidden(held) else found[0]


def _is_hidden(text: str) -> bool:
    stands_in = text.startswith(("<hidden", "%", ":", "?", "&", "$", "{")) or "{{" in text
    return not stands_in and is_secret("password", text)
