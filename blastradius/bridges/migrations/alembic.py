"""Alembic: ``down_revision`` and ``depends_on`` name revisions by their ``revision``.

https://alembic.sqlalchemy.org/en/latest/branches.html: a revision follows one, several (a merge) or
none; ``depends_on`` names revisions or labels of branches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import EXPLICIT, INFERRED, Found, Site
from blastradius.bridges.migrations.statements import (
    KIND,
    Said,
    assigned,
    meant,
    python_tree,
    statement,
    strings,
)

_SAID = ("down_revision", "depends_on")


class _Revision(Struct, frozen=True):
    """A file that is one revision: its id, and what it names by which of `_SAID`."""

    path: str
    id: str
    named: tuple[tuple[str, Said], ...]
    labels: tuple[str, ...]


def link(view: View, found: Found) -> None:
    """Add an edge for every revision that another one names."""
    revisions = list(_revisions(view))
    by_id: dict[str, list[_Revision]] = defaultdict(list)
    by_label: dict[str, list[_Revision]] = defaultdict(list)
    for one in revisions:
        by_id[one.id].append(one)
        for label in one.labels:
            by_label[label].append(one)
    for one in revisions:
        file = view.files[one.path]
        for name, said in one.named:
            site = Site(statement(file, one.path, name), one.path, said.line, said.text)
            target = meant(one.path, by_id.get(said.text, ()))
            if target is not None:
                found.edge(
                    site, view.files[target.path].scope_symbol(target.path, -1), KIND, EXPLICIT
                )
                continue
            labelled = meant(one.path, by_label.get(said.text.partition("@")[0], ()))
            if labelled is not None and name == "depends_on":
                whole = view.files[labelled.path].scope_symbol(labelled.path, -1)
                found.edge(site, whole, KIND, INFERRED)
            else:
                several = len(by_id.get(said.text, ())) > 1
                found.miss(site, outcome="ambiguous" if several else "unresolved")


def _revisions(view: View) -> Iterator[_Revision]:
    for path, file in sorted(view.files.items()):
        if file.language.NAME != "python" or not _may_be(file):
            continue
        tree = python_tree(view, path)
        if tree is None:
            continue
        values = dict(assigned(tree.body))
        own = strings(values.get("revision"))
        if len(own) != 1:
            continue
        named = tuple((name, said) for name in _SAID for said in strings(values.get(name)))
        labels = tuple(said.text for said in strings(values.get("branch_labels")))
        yield _Revision(path, own[0].text, named, labels)


def _may_be(file: FileView) -> bool:
    names = {one.name for one in file.facts.definitions if one.parent < 0}
    return {"revision", "down_revision"} <= names
