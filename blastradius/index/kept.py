"""Edges of one file, kept between runs until an answer that they rest on changes."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from blastradius.languages.base import Language, LinkOptions
from blastradius.languages.watch import Question, Watch
from blastradius.model.facts import Facts
from blastradius.model.symbols import Linked

# A range has two ends, an undo adds a tree: a file's edges are kept as they are in the last few.
_MOST_VARIANTS = 4


class _Variant(Struct, frozen=True, array_like=True, gc=False):
    """Edges, and the questions with the answers under which they hold."""

    noted: tuple[tuple[Question, str], ...]
    linked: msgspec.Raw


_VARIANTS = msgspec.msgpack.Decoder(tuple[_Variant, ...])
_LINKED = msgspec.msgpack.Decoder(Linked)


class KeptLinks:
    """Links the files of one language in one tree, and only those whose edges are not known.

    A language takes part when its tables have a `Watch` as ``watch``; others are linked anew.

    Args:
        language: whose files these are.
        tables: what the language made of all its files.
        options: with the memo, and with the contents' ids; a file without an id is linked anew.
        version: everything else that the edges rest on, as text.
    """

    def __init__(
        self,
        language: Language,
        tables: Any,  # noqa: ANN401 - private to the language
        options: LinkOptions,
        version: str,
    ) -> None:
        self._language = language
        self._tables = tables
        self._options = options
        watch = getattr(tables, "watch", None)
        self._watch: Watch | None = watch if isinstance(watch, Watch) else None
        told = f"{language.VERSION}\0{options.dialect}\0{version}"
        self._kind = f"link:{language.NAME}:{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def link(self, path: str, facts: Facts) -> Linked:
        """Return what ``language.link`` returns for the file."""
        content = self._options.content(path) if self._watch is not None else ""
        if self._watch is None or not content or not _is_text(path):
            return self._language.link(path, facts, self._tables)
        key = f"{content} {path}"
        variants = self._known(key)
        for variant in variants:
            if self._watch.holds(variant.noted):
                return _LINKED.decode(variant.linked)
        outer = self._watch.begin()
        linked = self._language.link(path, facts, self._tables)
        noted = tuple(self._watch.noted())
        self._watch.end(outer)
        try:
            new = _Variant(noted, msgspec.Raw(msgspec.msgpack.encode(linked)))
            packed = msgspec.msgpack.encode((new, *variants[: _MOST_VARIANTS - 1]))
        except UnicodeEncodeError:  # it leads to a file whose name is no text
            return linked
        self._options.memo.put(self._kind, key, packed)
        return linked

    def _known(self, key: str) -> tuple[_Variant, ...]:
        packed = self._options.memo.get(self._kind, key)
        if packed is None:
            return ()
        try:
            return _VARIANTS.decode(packed)
        except msgspec.DecodeError:
            return ()


def _is_text(path: str) -> bool:
    """Tell whether a path is text; a name that is not UTF-8 holds halves of surrogate pairs."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
