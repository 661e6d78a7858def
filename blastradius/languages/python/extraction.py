"""Bytes of one Python file → facts. The file is parsed, never run."""

from __future__ import annotations

import ast
import gc
import warnings

from blastradius.languages.python.assemble import assemble
from blastradius.languages.python.notebook import is_notebook, place, read_notebook
from blastradius.languages.python.own import ModuleFlag
from blastradius.languages.python.recorder import Draft, Recorder, digest
from blastradius.languages.python.source import decode_source
from blastradius.languages.python.statements import walk
from blastradius.languages.python.veiled import veil
from blastradius.model.facts import Facts, Problem


def extract(source: bytes) -> Facts:
    """Return what the bytes state. Never raises: what is not understood is a `Problem`.

    A file that Python's own parser refuses (a syntax error, newer syntax, too deep nesting) goes
    through the tolerant parser, which keeps what stands around the breakage.
    """
    if is_notebook(source):
        return extract_notebook(source)
    text, problems = decode_source(source)
    collecting = gc.isenabled()
    gc.disable()  # a syntax tree is all live objects: collecting while it grows doubles the time
    try:
        try:
            return extract_text(text, problems)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            # tree_sitter is only for broken files
            from blastradius.languages.python.broken import extract_broken  # noqa: PLC0415 - as said

            return extract_broken(text, problems, error)
    finally:
        if collecting:
            gc.enable()


def parse(text: str) -> ast.Module:
    """Return the syntax tree.

    Raises:
        SyntaxError: the text is no Python of this interpreter's version.
        ValueError, RecursionError, MemoryError: nested too deeply, or numbers too long.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in somebody else's code
        return ast.parse(text)


def extract_text(text: str, problems: list[Problem]) -> Facts:
    """Return the facts of a text that parses.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `parse`.
    """
    rec = record(text)
    rec.problems += problems
    return assemble(rec, "partial" if problems else "full")


def extract_notebook(source: bytes) -> Facts:
    """Return the facts of a notebook's code cells, with lines of the notebook's own file."""
    text, problems = decode_source(source)
    lines, unread = read_notebook(text)
    problems += unread
    try:
        tree = parse("\n".join(one.text for one in lines))
        place(tree, lines)
        rec = record(text, tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        what = f"its code cells cannot be read together: {type(error).__name__}"
        return Facts("failed", problems=(*problems, Problem(0, what)))
    # Cells run in any order, and IPython brings names of its own.
    rec.flags |= ModuleFlag.DYNAMIC
    rec.problems += problems
    return assemble(rec, "partial" if problems else "full")


def record(text: str, tree: ast.Module | None = None) -> Recorder:
    """Walk the text and return what was gathered; ``tree`` is its syntax tree, if made already.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `parse`.
    """
    tree = tree or parse(text)
    veil(tree, text)
    rec = Recorder()
    rec.drafts.append(Draft("", "module", 1, max(1, text.count("\n") + 1), -1))
    rec.facade = is_facade(tree.body)
    rec.explicit = explicit_reexports(tree.body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # string annotations are parsed on the way
        walk(rec, tree.body)
    rec.drafts[0].contents = [digest(rec.out)]
    if rec.public is not None and not rec.public_known:
        rec.flags |= ModuleFlag.DYNAMIC
    return rec


_FACADE = (ast.Import, ast.ImportFrom, ast.Pass)


def is_facade(body: list[ast.stmt]) -> bool:
    """Tell whether a module only gathers names: imports, constants, nothing that acts."""
    waiting = list(body)
    imports = False
    while waiting:
        one = waiting.pop()
        if isinstance(one, _FACADE):
            imports = imports or isinstance(one, ast.ImportFrom)
        elif isinstance(one, ast.Expr):
            if not isinstance(one.value, ast.Constant):
                return False
        elif isinstance(one, ast.If):
            waiting += [*one.body, *one.orelse]
        elif isinstance(one, ast.Try):
            waiting += [*one.body, *one.orelse, *one.finalbody]
            waiting += [inner for handler in one.handlers for inner in handler.body]
        elif not isinstance(one, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)):
            return False
    return imports


def explicit_reexports(body: list[ast.stmt]) -> frozenset[str]:
    """Return the names that top-level imports spell ``x as x``."""
    return frozenset(
        name.name
        for one in body
        if isinstance(one, (ast.Import, ast.ImportFrom))
        for name in one.names
        if name.asname == name.name
    )
