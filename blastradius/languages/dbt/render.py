"""One file's template → SQL and what it used, in each of the ways that dbt may run it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from blastradius.languages.dbt.bounds import LONGEST_TEXT, TooMuchError
from blastradius.languages.dbt.macros import MOST_TAGS
from blastradius.languages.dbt.nodes import Node
from blastradius.languages.dbt.record import Rendered, Use
from blastradius.languages.dbt.rewrite import MARK, MARK_END
from blastradius.languages.dbt.session import Session
from blastradius.languages.sql.template import segments, tag_count
from blastradius.languages.sql.veil import veiled

_LARGEST = 500_000
_HOOKS = ("pre_hook", "pre-hook", "post_hook", "post-hook", "sql_header")
_MOST_HOOKS = 50
_CHARACTERS_A_STEP = 4
_PLAIN_CALLS = ("ref(", "source(", "config(")
_MARK = re.compile(f"{MARK}(\\d+)(!?){MARK_END}")
_OPENING = r"\{{%-?\s*snapshot\s+{}\s*-?%\}}"
_CLOSING = re.compile(r"\{%-?\s*endsnapshot\s*-?%\}")
# A tag in what was rendered is data; it must not become one when the text is read again.
_TAGS = re.compile(r"\{([%#])")


def render(session: Session, node: Node, text: str, folder_config: Mapping[str, Any]) -> Rendered:
    """Return what the template of ``node`` gives; never raises.

    The text is that of a run with a warehouse, twice where it asks whether it is incremental. What
    dbt would note while it only parses is noted as well.
    """
    if len(text) > _LARGEST:
        return Rendered(problem=f"a template of more than {_LARGEST} characters")
    if tag_count(text) > MOST_TAGS:
        return Rendered(problem=f"a template of more than {MOST_TAGS} tags")
    if node.kind == "snapshot" and node.title:
        text = _snapshot_body(text, node.title)
    first, uses, config, asked = _run(session, node, text, folder_config, incremental=False)
    questions = dict(session.asked)
    steps = session.steps
    outputs = [first]
    if session.asked_incremental and not first.problem:
        again, more, _, _ = _run(session, node, text, folder_config, incremental=True)
        if not again.problem and again.text != first.text:
            outputs.append(again)
        uses |= more
        questions |= session.asked
        steps += session.steps
    if asked:
        _, more, _, _ = _run(session, node, text, folder_config, incremental=False, execute=False)
        uses |= more
        questions |= session.asked
        steps += session.steps
    session.asked = questions
    whole = _combined(outputs, node)
    # Who reads the SQL that comes out works for each character of it.
    steps += len(whole.text) // _CHARACTERS_A_STEP
    plain = is_plain(text)
    return Rendered(whole.text, whole.lines, tuple(uses), config, first.problem, steps, plain)


def is_plain(text: str) -> bool:
    """Tell whether a template has nothing but refs, sources and config: it is read as it stands."""
    parts, _ = segments(text)
    return all(
        part.kind in {"text", "comment"}
        or (
            part.kind == "expression"
            and (part.body == "this" or part.body.startswith(_PLAIN_CALLS))
            and part.body.count("(") == 1
            and part.body.endswith(")")
        )
        for part in parts
    )


def _run(
    session: Session,
    node: Node,
    text: str,
    folder_config: Mapping[str, Any],
    *,
    incremental: bool,
    execute: bool = True,
) -> tuple[Rendered, dict[Use, None], dict[str, str], bool]:
    session.begin(node, folder_config, execute=execute, incremental=incremental)
    try:
        made = _unmarked(_output(session, node, text, marked=True))
        for hook in _hooks(session):
            session.environment.line = session.config_line
            _output(session, node, hook, marked=False)
    except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001 - a hostile template may raise any
        what = " ".join(f"{type(error).__name__}: {error}".split())
        made = Rendered(problem=what[:200])
    config = {
        str(key): value for key, value in session.config.items() if isinstance(value, str | bool)
    }
    plain = {key: str(value) for key, value in sorted(config.items())}
    return made, dict(session.uses), plain, session.asked_execute


def _output(session: Session, node: Node, text: str, *, marked: bool) -> str:
    """Return what a template puts out.

    Raises:
        TooMuchError: it costs too much; whatever else a template may raise.
    """
    template = session.template(text, node.package, marked=marked)
    pieces: list[str] = []
    size = 0
    for piece in template.root_render_func(template.new_context()):
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST_TEXT:
            raise TooMuchError("the rendered text grows too long")
    return "".join(pieces)


def _hooks(session: Session) -> list[str]:
    """Return the statements that run before and after: they are templates themselves."""
    found: list[str] = []
    for config in (session.config, session.folder_config):
        for key in _HOOKS:
            held = config.get(key)
            for one in held if isinstance(held, list | tuple) else [held]:
                sql = one.get("sql") if isinstance(one, dict) else one
                if isinstance(sql, str) and "{" in sql:
                    found.append(sql)
    return found[:_MOST_HOOKS]


def _snapshot_body(text: str, name: str) -> str:
    """Return a snapshot's body on its own lines."""
    opening = re.search(_OPENING.format(re.escape(name)), text)
    closing = _CLOSING.search(text, opening.end()) if opening is not None else None
    if opening is None or closing is None:
        return text
    return "\n" * text.count("\n", 0, opening.end()) + text[opening.end() : closing.start()]


def _unmarked(text: str) -> Rendered:
    """Return the text without marks, and the line of the file for each line of it."""
    out: list[str] = []
    lines: list[int] = []
    at, frozen, fresh, first = 1, False, True, 1
    position = 0
    while position <= len(text):
        match = _MARK.search(text, position)
        piece = text[position : match.start() if match else len(text)]
        for number, part in enumerate(piece.split("\n")):
            if number:
                lines.append(first)
                out.append("\n")
                at += not frozen
                fresh, first = True, at
            if fresh and part.strip():
                fresh, first = False, at
            out.append(part)
        if match is None:
            break
        at, frozen = int(match.group(1)), bool(match.group(2))
        if fresh:
            first = at
        position = match.end()
    lines.append(first)
    return Rendered(veiled(_TAGS.sub(r"{ \1", "".join(out))), tuple(lines))


def _combined(outputs: list[Rendered], node: Node) -> Rendered:
    """Return the ways of running as branches of one ``if``, which the SQL language reads as such."""
    one = outputs[0]
    if one.problem or not one.text.strip():
        return Rendered()
    text, lines = one.text, list(one.lines)
    if len(outputs) > 1:
        text = f"{{% if 1 %}}\n{text}\n{{% else %}}\n{outputs[1].text}\n{{% endif %}}"
        lines = [1, *lines, lines[-1], *outputs[1].lines, lines[-1]]
    if node.title:
        text = f"{{% snapshot {node.title} %}}\n{text}\n{{% endsnapshot %}}"
        lines = [lines[0], *lines, lines[-1]]
    return Rendered(text, tuple(lines))
