"""One blob → its facts, with the texts of other languages inside it; whatever happens, facts."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Protocol, cast

import msgspec

from blastradius.errors import ConfigError
from blastradius.languages import registry
from blastradius.languages.base import Language
from blastradius.languages.secrets import HIDING, hidden
from blastradius.model.facts import Embedded, Facts, Problem

_LONGEST = 200


class DialectLanguage(Protocol):
    """A language whose ``extract`` can be told a dialect; its ``TAKES_DIALECT`` is True."""

    def extract(self, source: bytes, dialect: str = "") -> Facts:
        """Return what the bytes state, read in that dialect; empty: as it sees fit."""
        ...


def facts_of(language: str, source: bytes, dialect: str = "") -> Facts:
    """Return what the bytes state, read as the language of that NAME.

    ``dialect`` is the configured one, for languages that have several (``TAKES_DIALECT``).

    Passwords in URLs and tokens of known forms are hidden, wherever the language noted them.

    An extractor promises never to raise; if it does all the same, the blob has failed, not the run.
    """
    try:
        facts = _read(registry.get(language), source, dialect)
        if facts.embedded:
            texts = tuple(_without_secrets(one) for one in facts.embedded)
            inner = tuple(_inner(one, dialect) for one in texts)
            facts = msgspec.structs.replace(facts, embedded=texts, embedded_facts=inner)
        return hidden(facts)
    except ConfigError as error:
        return failed(str(error))
    except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001 - see above
        return failed(f"the {language} extractor stopped: {type(error).__name__}{_where(error)}")


def _where(error: BaseException) -> str:
    """Return where in the extractor; not the error's words, which may hold some of the file's."""
    trace = traceback.extract_tb(error.__traceback__)
    return f" in {Path(trace[-1].filename).name}:{trace[-1].lineno}" if trace else ""


def failed(what: str) -> Facts:
    """Return the facts of a blob that could not be read at all."""
    return Facts("failed", problems=(Problem(0, " ".join(what.split())[:_LONGEST]),))


def version_of(language: Language, dialect: str = "") -> str:
    """Return the version of everything that has a part in a blob's facts.

    That is the language's own, and those of the languages whose texts it may hold: the names in its
    ``EMBEDS``, or all there are when it does not say.
    """
    inner = getattr(language, "EMBEDS", None)
    names = registry.names() if inner is None else inner
    others = [f"{name}={registry.get(name).VERSION}" for name in sorted(names)]
    told = [f"dialect={dialect}"] if dialect else []
    return "\n".join([language.VERSION, f"hiding={HIDING}", *others, *told])


def _read(language: Language, source: bytes, dialect: str) -> Facts:
    if dialect and getattr(language, "TAKES_DIALECT", False):
        return cast("DialectLanguage", language).extract(source, dialect)
    return language.extract(source)


def _without_secrets(embedded: Embedded) -> Embedded:
    """Return a text inside a file as its language lets it be kept: without passwords."""
    try:
        told = getattr(registry.get(embedded.language), "without_secrets", None)
    except ConfigError:
        return embedded
    return (
        embedded
        if told is None
        else msgspec.structs.replace(embedded, text=cast("str", told(embedded.text)))
    )


def _inner(embedded: Embedded, dialect: str) -> Facts:
    """Extract a text inside a file, with the lines of that file.

    Empty lines in front bring every line number to its place, also those in the language's own
    record, which only that language can read. Texts inside the text are not followed.
    """
    try:
        language = registry.get(embedded.language)
    except ConfigError as error:
        return failed(str(error))
    text = "\n" * (max(embedded.line, 1) - 1) + embedded.text
    return _read(language, text.encode("utf-8", "replace"), dialect)
