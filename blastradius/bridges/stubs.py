"""A stub (.pyi) and its module, name by name; see `languages.python.stubs`.

A bridge, because either file decides whether the other has a partner.
"""

from __future__ import annotations

from blastradius.bridges.base import View
from blastradius.languages.python.stubs import stub_edges
from blastradius.model.symbols import Linked

NAME = "stubs"
VERSION = "1"


def link(view: View) -> Linked:
    """Return the edges of kind ``stub`` between each stub and its module, both ways."""
    files = {
        path: file.facts for path, file in view.files.items() if file.language.NAME == "python"
    }
    return Linked(tuple(stub_edges(files)))
