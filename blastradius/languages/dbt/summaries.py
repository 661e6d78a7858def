"""A rendered text, read by the SQL language, with the lines of the file that it came from."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from blastradius.languages.base import Memo
from blastradius.languages.dbt.record import Rendered
from blastradius.languages.dbt.values import HOLE
from blastradius.languages.sql.summary import (
    Item,
    OutputItem,
    Statement,
    Summary,
    TemplateRef,
)

_MEMO = "dbt-sql-1"


class Read(Struct, frozen=True, array_like=True):
    """What the SQL language made of a text: its record, and how many statements it lost."""

    summary: Summary
    parsed: str


def read_sql(rendered: Rendered, dialect: str, version: str, memo: Memo) -> Read:
    """Return the record of a rendered text, remembered by the text.

    Args:
        rendered: with a text.
        dialect: empty: guessed.
        version: of the SQL language.
        memo: of the run.
    """
    identity = msgspec.msgpack.encode((version, dialect, rendered.text, rendered.lines))
    key = blake2b(identity, digest_size=20).hexdigest()
    kept = memo.get(_MEMO, key)
    if kept is not None:
        return msgspec.msgpack.decode(kept, type=Read)
    from blastradius.languages.sql.extraction import (  # noqa: PLC0415 - the parser costs 180 ms to import
        extract,
    )

    facts = extract(rendered.text.encode("utf-8", "replace"), dialect)
    summary = (
        msgspec.msgpack.decode(facts.own, type=Summary)
        if bytes(facts.own) != b"\xc0"
        else Summary()
    )
    made = Read(_moved(summary, rendered), facts.parsed)
    memo.put(_MEMO, key, msgspec.msgpack.encode(made))
    return made


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
