"""The inverse of Alembic revisions as a new revision after the heads."""

from __future__ import annotations

import ast
import hashlib
import posixpath
import re
import textwrap
from collections.abc import Sequence

from blastradius.migrations.alembic import Revision, revisions
from blastradius.migrations.carrying import Carried, body
from blastradius.migrations.model import History, Rendered
from blastradius.migrations.naming import after, harmless, words_for
from blastradius.migrations.ordering import ordered
from blastradius.migrations.pywrite import PyWriter
from blastradius.migrations.reverse import Part, Reverse, Source, reverse
from blastradius.migrations.sources import Sources
from blastradius.migrations.sqlwrite import UnwritableError

_ID = 12


def inverse(
    history: History, chosen: frozenset[str], sources: Sources, dialect: str, label: str
) -> Rendered:
    """Return a revision after the heads of a history, which undoes the chosen ones."""
    own = {one.id for one in history.migrations}
    paths = {one.path for one in history.migrations}
    by_id = {
        one.id: one for one in revisions(sources, dialect) if one.id in own and one.path in paths
    }
    order, _ = ordered({one.id: one.parents for one in by_id.values()})
    chain = [Source(one, by_id[one].path, by_id[one].up, by_id[one].down) for one in order]
    found = reverse(chain, chosen)
    ids = [part.source.id for part in found.parts]
    own_id = _next_id(history, ids)
    name = words_for([_words(by_id[one]) for one in ids], label)
    text = _file(found, sources, dialect, history.heads, own_id, name)
    path = posixpath.join(history.folder, _file_name(history, by_id, own_id, name))
    return Rendered(
        path,
        text.encode("utf-8", "replace"),
        {},
        name,
        own_id,
        tuple(ids),
        (),
        tuple(found.loses),
        found.reads_as,
        not found.gaps,
        tuple(found.gaps),
        tuple(dict.fromkeys(found.cautions)),
    )


def _next_id(history: History, ids: Sequence[str]) -> str:
    """Return an id that the same migrations always give; a number where all ids are numbers."""
    known = [one.id for one in history.migrations]
    if len(history.heads) == 1 and all(re.fullmatch(r"\d{1,6}", one) for one in known):
        return after(max(known, key=int))
    said = "\0".join([*history.heads, *ids])
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:_ID]


def _words(one: Revision) -> str:
    stem = posixpath.basename(one.path).removesuffix(".py")
    found = stem.replace(one.id, "").strip("_- ")
    return re.sub(r"^[\d_-]+", "", found) or one.id


def _file_name(history: History, by_id: dict[str, Revision], own_id: str, name: str) -> str:
    """Return a file name as the newest revision has it: what stands for its id, its words, its time."""
    newest = by_id.get(history.heads[0]) if history.heads else None
    if newest is None:
        return f"{own_id}_{name}.py"
    stem = posixpath.basename(newest.path).removesuffix(".py")
    if newest.id in stem:
        before, _, rest = stem.partition(newest.id)
        mark = rest[:1] if rest[:1] in {"_", "-"} else "_"
        if rest or not before:
            return f"{before}{own_id}{mark}{name}.py" if rest else f"{own_id}.py"
        prefix = re.match(r"[\d_-]*", before)
        return f"{prefix.group() if prefix else ''}{name}_{own_id}.py"
    dated = re.match(r"[\d_-]+", stem)
    start = dated.group() if dated else ""
    if re.fullmatch(r"\d{1,6}[_-]", start):
        start = after(start[:-1]) + start[-1]
    return f"{start}{name}_{own_id}.py"


def _file(
    found: Reverse,
    sources: Sources,
    dialect: str,
    heads: tuple[str, ...],
    own_id: str,
    name: str,
) -> str:
    carried = Carried()
    carried.need("from alembic import op")
    ups = [_undone(part, found, carried, sources, dialect) for part in found.parts]
    downs = [_redone(part, found, carried, sources) for part in reversed(found.parts)]
    several = len(found.parts) > 1
    functions = ""
    if several:
        functions, ups, downs = _apart(found.parts, ups, downs)
    imports, rest = _split(carried.header())
    quoted = [f'"{one}"' if re.fullmatch(r"[\w.-]+", one) else repr(one) for one in heads]
    down = quoted[0] if len(heads) == 1 else f"({', '.join(quoted)})" if heads else "None"
    undone = harmless(", ".join(part.source.id for part in found.parts))
    title = name.replace("_", " ")
    return (
        f'"""{title}\n\nUndoes {undone}.\n\n'
        f'Revision ID: {own_id}\nRevises: {harmless(", ".join(heads))}\n"""\n\n'
        f"{imports}\n\n"
        f'revision = "{own_id}"\ndown_revision = {down}\nbranch_labels = None\ndepends_on = None\n'
        f"{rest}{functions}\n\n"
        f"def upgrade() -> None:\n{_indented(ups)}\n\n\n"
        f"def downgrade() -> None:\n{_indented(downs)}\n"
    )


def _split(header: str) -> tuple[str, str]:
    """Return the imports, and what else stands at the top."""
    imports, _, rest = header.partition("\n\n")
    return imports, f"\n{rest.strip(chr(10))}\n" if rest.strip() else ""


def _indented(bodies: list[str]) -> str:
    text = "\n".join(one for one in bodies if one.strip())
    return textwrap.indent(text, "    ") if text.strip() else "    pass"


def _apart(parts: list[Part], ups: list[str], downs: list[str]) -> tuple[str, list[str], list[str]]:
    """Give each revision functions of its own, so that none meets the names of another."""
    names = [re.sub(r"\W", "_", part.source.id) for part in parts]
    text = ""
    for name, one in zip(names, ups, strict=True):
        text += f"\n\ndef _undo_{name}() -> None:\n{_indented([one])}\n"
    for name, one in zip(reversed(names), downs, strict=True):
        text += f"\n\ndef _redo_{name}() -> None:\n{_indented([one])}\n"
    return text, [f"_undo_{one}()" for one in names], [f"_redo_{one}()" for one in reversed(names)]


def _undone(part: Part, found: Reverse, carried: Carried, sources: Sources, dialect: str) -> str:
    if part.own:
        return _taken(part, "downgrade", found, carried, sources)
    writer = PyWriter(carried, dialect)
    lines: list[str] = []
    for do in part.steps:
        try:
            written = writer.statements(do)
        except UnwritableError as error:
            found.gaps.append(f"{part.source.path}:{do.line}: {error}")
            continue
        if do.concurrent and dialect == "postgres":
            inner = textwrap.indent("\n".join(written), "    ")
            written = [f"with op.get_context().autocommit_block():\n{inner}"]
        lines += written
    return "\n".join(lines)


def _redone(part: Part, found: Reverse, carried: Carried, sources: Sources) -> str:
    return _taken(part, "upgrade", found, carried, sources)


def _taken(part: Part, name: str, found: Reverse, carried: Carried, sources: Sources) -> str:
    """Return the body of a function of a revision, with all that it needs carried over."""
    path = part.source.path
    tree, text = sources.tree(path), sources.text(path)
    function = next(
        (
            one
            for one in (tree.body if tree is not None else ())
            if isinstance(one, ast.FunctionDef) and one.name == name
        ),
        None,
    )
    if tree is None or text is None or function is None:
        return ""
    if not carried.carry(tree, text, [function]):
        said = f"{path}:{function.lineno}: it defines a name that another one defines otherwise"
        found.gaps.append(said)
    if {"upgrade", "downgrade"} & carried.definitions.keys():
        found.gaps.append(f"{path}:{function.lineno}: its two ways call one another")
    return textwrap.dedent(body(text, function))
