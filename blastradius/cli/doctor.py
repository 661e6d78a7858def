"""``blastradius doctor``: what is installed, reachable, and missing."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING

from blastradius.cli.doctor_undo import Check, checks
from blastradius.cli.parser import share
from blastradius.errors import CLEAN, FINDINGS, BlastRadiusError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from blastradius.cli.console import Console

_DISTRIBUTION = "blastradius-engine"
_OLDEST_PYTHON = (3, 11)
_GRAMMARS = ("tree_sitter_python", "tree_sitter_yaml")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``doctor``."""
    parser.usage = "blastradius doctor [options]"
    parser.description = "Look whether everything that is needed is there; exit 1 if not."
    share(parser, ("text", "json"))


def run(args: argparse.Namespace, console: Console) -> int:
    """Check everything and return 1 when something is missing."""
    from blastradius.reports import json  # noqa: PLC0415 - as in analyze
    from blastradius.reports.display import printable  # noqa: PLC0415 - as above

    found = list(_checks(args.repo))
    if args.format == "json":
        console.result(json.encode([one._asdict() for one in found]))
    else:
        marks = {True: "ok", False: "MISSING", None: "-"}
        console.result(
            "".join(
                printable(f"{marks[one.right]:<7}  {one.name:<20}  {one.said}") + "\n"
                for one in found
            )
        )
    return FINDINGS if any(one.right is False for one in found) else CLEAN


def _checks(repo: str) -> Iterator[Check]:
    yield Check("python", sys.version_info >= _OLDEST_PYTHON, platform.python_version())
    yield _git()
    yield from _packages()
    for module in _GRAMMARS:
        yield _grammar(module)
    yield _dialects()
    yield _cache(repo)
    yield from checks(repo)


def _git() -> Check:
    from blastradius.git.run import git  # noqa: PLC0415 - as in analyze

    try:
        return Check("git", right=True, said=git(Path.cwd(), "version").decode().strip())
    except BlastRadiusError as error:
        return Check("git", right=False, said=str(error))


def _packages() -> Iterator[Check]:
    try:
        wanted = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield Check(_DISTRIBUTION, right=False, said="not installed: pip install it")
        return
    for requirement in wanted:
        if "extra ==" in requirement:
            continue
        found = re.match(r"([\w.-]+)\s*(.*)", requirement)
        if found is None:
            continue
        try:
            version = metadata.version(found[1])
            yield Check(found[1], right=True, said=f"{version} (wanted: {found[2] or 'any'})")
        except metadata.PackageNotFoundError:
            yield Check(found[1], right=False, said=f"not installed (wanted: {found[2] or 'any'})")


def _grammar(module: str) -> Check:
    name = f"grammar {module.rpartition('_')[2]}"
    try:
        from tree_sitter import Language  # noqa: PLC0415 - as in analyze

        loaded = Language(import_module(module).language())
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        return Check(name, right=False, said=f"does not load: {error}")
    return Check(name, right=True, said=f"loads, ABI {loaded.abi_version}")


def _dialects() -> Check:
    from blastradius.config import DIALECTS  # noqa: PLC0415 - as in analyze

    try:
        known = {name.lower() for name in import_module("sqlglot").Dialects.__members__}
    except ImportError as error:
        return Check("sql dialects", right=False, said=f"sqlglot does not load: {error}")
    missing = sorted(DIALECTS - known)
    if missing:
        return Check("sql dialects", right=False, said=f"sqlglot lacks {', '.join(missing)}")
    return Check("sql dialects", right=True, said=f"{len(DIALECTS)}, guessed when not configured")


def _cache(repo: str) -> Check:
    try:
        from blastradius import api  # noqa: PLC0415 - what it needs may be what is missing

        place = str(api.cache_stats(repo).get("path", ""))
    except BlastRadiusError as error:
        return Check("cache", right=None, said=error.what)
    except ImportError as error:
        return Check("cache", right=None, said=f"not looked for: {error}")
    if not place:
        return Check("cache", right=False, said="cannot be kept: facts are read anew each time")
    if not os.access(Path(place).parent, os.W_OK):
        return Check("cache", right=False, said=f"{place} is read-only")
    return Check("cache", right=True, said=place)
