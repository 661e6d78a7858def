"""Rendered texts, read by the SQL language, with the lines of the files that they came from."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from blastradius.languages import sql
from blastradius.languages.base import LinkOptions
from blastradius.languages.dbt.record import Rendered
from blastradius.languages.dbt.values import HOLE
from blastradius.languages.sql.summary import (
    Item,
    OutputItem,
    Statement,
    Summary,
    TemplateRef,
)
from blastradius.model.facts import Facts

_MEMO = "dbt-sql-2"


class Read(Struct, frozen=True, array_like=True):
    """What the SQL language made of a text: its record, and how many statements it lost."""

    summary: Summary
    parsed: str


def read_sql(texts: Sequence[tuple[Rendered, str]], options: LinkOptions) -> list[Read]:
    """Return the record of each rendered text, remembered by the text; equal texts are read once.

    Args:
        texts: rendered, each with a text, and its dialect (empty: guessed).
        options: of linking.
    """
    keys = [_key(rendered, dialect) for rendered, dialect in texts]
    found: dict[str, Read] = {}
    missing: dict[str, tuple[Rendered, str]] = {}
    for key, text in zip(keys, texts, strict=True):
        if key not in found and key not in missing:
            kept = options.memo.get(_MEMO, key)
            if kept is None:
                missing[key] = text
            else:
                found[key] = msgspec.msgpack.decode(kept, type=Read)
    for key, made in zip(missing, _read_now(list(missing.values()), options), strict=True):
        found[key] = made or Read(Summary(), "failed")
        if made is not None:
            options.memo.put(_MEMO, key, msgspec.msgpack.encode(made))
    return [found[key] for key in keys]


def _key(rendered: Rendered, dialect: str) -> str:
    identity = msgspec.msgpack.encode((sql.VERSION, dialect, rendered.text, rendered.lines))
    return blake2b(identity, digest_size=20).hexdigest()


def _read_now(texts: Sequence[tuple[Rendered, str]], options: LinkOptions) -> list[Read | None]:
    sources = {
        (rendered.text.encode("utf-8", "replace"), dialect): None for rendered, dialect in texts
    }
    read = dict(zip(sources, options.read_many(sql.NAME, list(sources)), strict=True))
    found: list[Read | None] = []
    for rendered, dialect in texts:
        facts = read[rendered.text.encode("utf-8", "replace"), dialect]
        found.append(None if facts is None else _as_read(facts, rendered))
    return found


def _as_read(facts: Facts, rendered: Rendered) -> Read:
    summary = (
        msgspec.msgpack.decode(facts.own, type=Summary)
        if bytes(facts.own) != b"\xc0"
        else Summary()
    )
    return Read(_moved(summary, rendered), facts.parsed)


def _moved(summary: Summary, rendered: Rendered) -> Summary:
    """Return the record with every line brought back to the file."""
    lines = rendered.lines

    def line(at: int) -> int:
        return lines[min(max(at, 1), len(lines)) - 1] if lines and at else at

    def item(one: Item) -> Item:
        if isinstance(one, OutputItem):
            return replace(one, line=line(one.line), end=max(line(one.end), line(one.line)))
        return replace(one, line=line(one.line))

    def statement(one: Statement) -> Statement:
        return replace(
            one,
            line=line(one.line),
            end=max(line(one.end), line(one.line)),
            reads=tuple((relation, line(at)) for relation, at in one.reads),
            branches=tuple(tuple(item(each) for each in branch) for branch in one.branches),
        )

    refs = [
        TemplateRef(use.name, "ref" if use.kind == "ref" else "source", use.line)
        for use in rendered.uses
        if use.kind in {"ref", "source"} and not use.via
    ]
    return Summary(
        summary.dialect,
        summary.relations,
        tuple(replace(one, line=line(one.line)) for one in summary.references),
        tuple(statement(one) for one in summary.statements),
        (),
        tuple(replace(one, line=line(one.line)) for one in summary.uses),
        tuple(refs),
        # Where columns are holes, a name that nobody has may be one of them.
        tuple((name, line(at)) for name, at in summary.missing if HOLE not in rendered.text),
        (),
    )
