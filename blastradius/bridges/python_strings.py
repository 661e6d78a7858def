"""Strings in Python that name Python: patched names, imports by name, entry points in code.

``mock.patch("pkg.mod.name")`` fails when the name is gone: certain, and a missing name dangles. Other
dotted strings whose root is a module of this tree and that resolve to the last part are likely.
"""

from __future__ import annotations

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import EXPLICIT, Found, Site, Sure
from blastradius.languages.python import DottedTarget, resolve_dotted
from blastradius.languages.python.tables import Tables
from blastradius.model.facts import Mention
from blastradius.model.symbols import Linked

NAME = "python_strings"
VERSION = "1"

_PATCHERS = ("patch.dict", "patch.multiple")
_LOADERS = frozenset({"import_module", "import_string", "locate", "resolve_name", "load_object"})
_STRING = Sure("likely", 0.92)
_MODULE = Sure("heuristic", 0.8)
_LEAST_PARTS = 2


def link(view: View) -> Linked:
    """Return the edges of kind ``dotted`` from strings in Python to definitions of Python."""
    tables = view.tables.get("python")
    found = Found()
    if tables is None:
        return found.linked()
    for path, file in view.files.items():
        if file.language.NAME != "python":
            continue
        for mention in file.facts.mentions:
            if mention.flavor == "dotted":
                _mention(path, file, mention, tables, found)
    return found.linked()


def _mention(path: str, file: FileView, mention: Mention, tables: Tables, found: Found) -> None:
    target = resolve_dotted(tables, mention.value)
    if target is None or mention.value.count(".") + 1 < _LEAST_PARTS:
        return
    site = Site(file.scope_symbol(path, mention.scope), path, mention.line, mention.value)
    if _is_patch(mention.via):
        if target.symbol:
            found.edge(site, target.symbol, "dotted", _weaker(target, EXPLICIT))
        else:
            found.miss(site, internal=True)
    elif target.symbol:
        explicit = mention.via.rpartition(".")[2] in _LOADERS
        whole = "#" in target.symbol or mention.value.count(".") >= _LEAST_PARTS
        sure = EXPLICIT if explicit else _STRING if whole else _MODULE
        found.edge(site, target.symbol, "dotted", _weaker(target, sure))


def _is_patch(via: str) -> bool:
    head, _, last = via.rpartition(".")
    return last == "patch" or (bool(head) and last == "setattr") or via.endswith(_PATCHERS)


def _weaker(target: DottedTarget, sure: Sure) -> Sure:
    own = Sure(target.tier, target.confidence)
    return min(own, sure, key=lambda one: one.confidence)
