"""GitHub workflows: jobs that need jobs, outputs of steps and jobs, inputs, local actions.

``needs: [build]`` names a job of the same file; ``${{ steps.x.outputs.y }}`` a step of the same job;
``uses: ./.github/actions/x`` a local action whose inputs the keys of ``with`` fill. All of it is
explicit: what resolves is certain. https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from blastradius.bridges.base import View
from blastradius.bridges.found import EXPLICIT, Found, Site
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.facts import Mention
from blastradius.model.symbols import Linked

NAME = "workflows"
VERSION = "1"

_TRIGGERS = ("workflow_call", "workflow_dispatch")
_OUTPUT_PARTS = 4


def link(view: View) -> Linked:
    """Return the edges of kind ``config`` within and between workflows and actions."""
    files = keyed_files(view)
    found = Found()
    for file in files.values():
        if is_workflow(file):
            _workflow(file, files, found)
        elif _is_action(file):
            _action(file, files, found)
    return found.linked()


def is_workflow(file: Keyed) -> bool:
    """Tell whether the file is a GitHub workflow, by its place and its keys."""
    return ".github/workflows" in posixpath.dirname(file.path) and file.at(-1, "jobs") is not None


def _is_action(file: Keyed) -> bool:
    name = posixpath.basename(file.path)
    return name in {"action.yml", "action.yaml"} and file.at(-1, "runs") is not None


def _workflow(file: Keyed, files: Mapping[str, Keyed], found: Found) -> None:
    jobs = file.below(file.at(-1, "jobs"))
    for job in jobs.values():
        for word, index in file.words(file.at(job, "needs")):
            site = _site(file, index, word)
            if word in jobs:
                found.edge(site, file.symbol(jobs[word]), "config", EXPLICIT)
            else:
                found.miss(site, internal=True)
        _uses(file, job, files, found)
        for step in file.listed(file.at(job, "steps")):
            _uses(file, step, files, found)
    owner = _owners(file, jobs)
    ids = {job: _ids(file, file.at(job, "steps")) for job in jobs.values()}
    for mention in _expressions(file):
        steps = ids.get(owner.get(mention.scope, -2))
        _expression(file, mention, (jobs, steps), files, found)


def _action(file: Keyed, files: Mapping[str, Keyed], found: Found) -> None:
    steps = file.at(-1, "runs", "steps")
    for step in file.listed(steps):
        _uses(file, step, files, found)
    ids = _ids(file, steps)
    for mention in _expressions(file):
        _expression(file, mention, ({}, ids), files, found)


def _ids(file: Keyed, steps: int | None) -> dict[str, int]:
    """Return the steps of a job by their id."""
    return {file.text(file.at(item, "id")): item for item in file.listed(steps)}


def _expressions(file: Keyed) -> Iterator[Mention]:
    return (one for one in file.file.facts.mentions if one.flavor == "key" and one.via == "${{")


def _owners(file: Keyed, jobs: Mapping[str, int]) -> dict[int, int]:
    """Return definition → the job around it."""
    owner = {job: job for job in jobs.values()}
    # Parents stand before their children.
    for index, one in enumerate(file.file.facts.definitions):
        if one.parent in owner:
            owner.setdefault(index, owner[one.parent])
    return owner


def _expression(
    file: Keyed,
    mention: Mention,
    place: tuple[Mapping[str, int], Mapping[str, int] | None],
    files: Mapping[str, Keyed],
    found: Found,
) -> None:
    jobs, steps = place
    parts = mention.value.split(".")
    site = Site(file.symbol(mention.scope), file.path, mention.line, mention.value)
    target: str | None = None
    known = False
    if parts[0] == "steps" and steps is not None:
        known = True
        target = file.symbol(steps[parts[1]]) if parts[1] in steps else None
    elif parts[0] in {"needs", "jobs"} and jobs:
        known = True
        target = _job_output(file, jobs, parts, files)
    elif parts[0] == "inputs":
        target = _input(file, parts[1])
    if target is not None:
        found.edge(site, target, "config", EXPLICIT)
    elif known:
        found.miss(site, internal=True)


def _job_output(
    file: Keyed, jobs: Mapping[str, int], parts: list[str], files: Mapping[str, Keyed]
) -> str | None:
    """Return what ``needs.<job>.outputs.<name>`` leads to: the output where it is declared."""
    job = jobs.get(parts[1])
    if job is None:
        return None
    if len(parts) >= _OUTPUT_PARTS and parts[2] == "outputs":
        own = file.at(job, "outputs", parts[3])
        if own is not None:
            return file.symbol(own)
        called = _called(file, job, files)
        output = called.at(-1, "on", "workflow_call", "outputs", parts[3]) if called else None
        if called is not None and output is not None:
            return called.symbol(output)
    return file.symbol(job)


def _input(file: Keyed, name: str) -> str | None:
    places = [("inputs",), *(("on", trigger, "inputs") for trigger in _TRIGGERS)]
    for place in places:
        index = file.at(-1, *place, name)
        if index is not None:
            return file.symbol(index)
    return None


def _called(file: Keyed, index: int, files: Mapping[str, Keyed]) -> Keyed | None:
    """Return the local workflow or action that ``uses`` names."""
    value = file.text(file.at(index, "uses"))
    if not value.startswith("./"):
        return None
    wanted = posixpath.normpath(value)
    places = (wanted, f"{wanted}/action.yml", f"{wanted}/action.yaml")
    return next((files[one] for one in places if one in files), None)


def _uses(file: Keyed, index: int, files: Mapping[str, Keyed], found: Found) -> None:
    uses = file.at(index, "uses")
    value = file.text(uses)
    if uses is None or not value.startswith("./"):
        return
    called = _called(file, index, files)
    site = _site(file, uses, value)
    if called is None:
        found.miss(site, internal=True)
        return
    found.edge(site, called.symbol(-1), "include", EXPLICIT)
    for word, places in (
        ("with", (("inputs",), ("on", "workflow_call", "inputs"))),
        ("secrets", (("on", "workflow_call", "secrets"),)),
    ):
        for name, key in file.below(file.at(index, word)).items():
            targets = [called.at(-1, *place, name) for place in places]
            target = next((one for one in targets if one is not None), None)
            if target is not None:
                found.edge(_site(file, key, name), called.symbol(target), "config", EXPLICIT)
            else:
                found.miss(_site(file, key, name), internal=True)


def _site(file: Keyed, index: int, written: str) -> Site:
    return Site(file.symbol(index), file.path, file.line(index), written)
