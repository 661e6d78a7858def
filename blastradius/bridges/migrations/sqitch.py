"""sqitch: ``sqitch.plan`` lists changes, each with the changes that it requires in brackets.

https://sqitch.org/docs/manual/sqitch-plan/: ``name [dep :dep project:dep !conflict @tag] time who``.
The plan names the scripts (deploy, revert, verify); a script of a change follows that of its requirement.
"""

from __future__ import annotations

import posixpath
import re

from blastradius.bridges.base import View
from blastradius.bridges.found import EXPLICIT, Found, Site
from blastradius.bridges.migrations.statements import KIND

_PLAN = "sqitch.plan"
_CHANGE = re.compile(r"(?P<name>[^\s@#%\[\]:!]+)[ \t]*(?:\[(?P<requires>[^\]]*)\])?")
_MOST_BYTES = 2_000_000


def link(view: View, found: Found) -> None:
    """Add the edges between the deploy scripts of the changes of every plan."""
    for path in sorted(view.paths):
        if posixpath.basename(path) == _PLAN:
            _plan(view, path, found)


def _plan(view: View, path: str, found: Found) -> None:
    source = view.options.source(path)
    if source is None or len(source) > _MOST_BYTES:
        return
    folder = posixpath.dirname(path)
    for number, line in enumerate(source.decode("utf-8", "replace").splitlines(), 1):
        change = (
            _CHANGE.match(line.strip().removeprefix("+"))
            if line.strip()[:1] not in {"#", "%", "@"}
            else None
        )
        if change is None:
            continue
        script = posixpath.join(folder, "deploy", f"{change['name']}.sql")
        if script not in view.paths:
            continue
        planned = Site(f"file:{path}", path, number, change["name"])
        found.edge(planned, f"file:{script}", KIND, EXPLICIT)
        for word in (change["requires"] or "").split():
            required = word.removeprefix(":").partition("@")[0]
            target = posixpath.join(folder, "deploy", f"{required}.sql")
            if word[0] != "!" and required and target in view.paths:
                site = Site(f"file:{script}", path, number, required)
                found.edge(site, f"file:{target}", KIND, EXPLICIT)
