"""The table of languages: modules that satisfy `blastradius.languages.base.Language`, imported when
first needed. Installed packages add theirs by an entry point of the group ``blastradius.languages``
whose name is the language's NAME and whose value is the module.
"""  # noqa: D205 - the table is one thing

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from blastradius.errors import ConfigError
from blastradius.languages.base import Language

_GROUP = "blastradius.languages"
_BUILT_IN = {
    "javascript": "blastradius.languages.javascript",
    "python": "blastradius.languages.python",
    "sql": "blastradius.languages.sql",
    "yaml": "blastradius.languages.yaml",
    "json": "blastradius.languages.json",
    "toml": "blastradius.languages.toml",
    "ini": "blastradius.languages.ini",
    "dotenv": "blastradius.languages.dotenv",
    "containerfile": "blastradius.languages.containerfile",
    "hcl": "blastradius.languages.hcl",
}


def names() -> tuple[str, ...]:
    """Return the NAME of every language: the built-in ones, then those of installed packages."""
    return tuple(_table())


@cache
def get(name: str) -> Language:
    """Return the language of that NAME.

    Raises:
        ConfigError: no such language, or its package cannot be imported.
    """
    module = _table().get(name)
    if module is None:
        raise ConfigError(
            f"no language is called {name!r}", f"there are {', '.join(sorted(names()))}"
        )
    try:
        found = cast("Language", import_module(module))
    except ImportError as error:
        raise ConfigError(
            f"the language {name!r} cannot be loaded from {module}: {error}",
            "reinstall or remove the package that brings it",
        ) from error
    if name != found.NAME:
        raise ConfigError(
            f"the module {module} says that its language is {found.NAME!r}, not {name!r}",
            "the entry point's name must be the language's NAME",
        )
    return found


@lru_cache(maxsize=262_144)
def claim(path: str) -> Language | None:
    """Return the first language of the table that reads the file, None when no language does."""
    for name in names():
        language = get(name)
        if language.claims(path):
            return language
    return None


@cache
def _table() -> dict[str, str]:
    """NAME → module; a package cannot take a built-in language's place."""
    table = dict(_BUILT_IN)
    for entry in sorted(entry_points(group=_GROUP), key=lambda one: (one.name, one.value)):
        table.setdefault(entry.name, entry.module)
    return table
