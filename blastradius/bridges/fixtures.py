"""A test's parameter → the pytest fixture that fills it; see `languages.python.fixtures`.

A bridge, although both ends are Python: a conftest.py far up decides, so this looks at the whole tree.
"""

from __future__ import annotations

from blastradius.bridges.base import View
from blastradius.languages.python.fixtures import Fixtures
from blastradius.model.symbols import Linked

NAME = "fixtures"
VERSION = "1"


def link(view: View) -> Linked:
    """Return an edge of kind ``fixture`` for each fixture that a test or a fixture asks for."""
    tables = view.tables.get("python")
    if tables is None:
        return Linked()
    files = {
        path: file.facts for path, file in view.files.items() if file.language.NAME == "python"
    }
    fixtures = Fixtures(tables, files)
    edges = tuple(edge for path in sorted(files) for edge in fixtures.edges(path))
    return Linked(edges, (), len(edges))
