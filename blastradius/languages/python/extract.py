"""Bytes of one Python file → facts. The file is parsed, never run."""

from __future__ import annotations

import ast
import gc
import sys
import warnings
from importlib.metadata import version

from blastradius.languages.python.assemble import assemble
from blastradius.languages.python.own import ModuleFlag
from blastradius.languages.python.recorder import Draft, Recorder, digest
from blastradius.languages.python.source import decode_source
from blastradius.languages.python.statements import walk
from blastradius.model.facts import Facts, Problem

NAME = "python"
VERSION = (
    f"1;ast={sys.version_info[0]}.{sys.version_info[1]}"
    f";tree-sitter-python={version('tree-sitter-python')}"
)


def extract(source: bytes) -> Facts:
    """Return what the bytes state. Never raises: what is not understood is a `Problem`.

    A file that Python's own parser refuses (a syntax error, newer syntax, too deep nesting) goes
    through the tolerant parser, which keeps what stands around the breakage.
    """
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


def record(text: str) -> Recorder:
    """Walk the text and return what was gathered.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `parse`.
    """
    tree = parse(text)
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
