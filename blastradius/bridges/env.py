"""An environment variable that is read → where the tree defines it.

Readers are mentions of the flavor ``env`` (``os.environ``, ``process.env``, ``$X`` in a shell or a
config) and the fields of pydantic settings. Definers are definitions of the kind ``env`` (``.env``,
Dockerfile) and the keys of config that set the environment: ``environment`` of a compose service,
``env`` of a workflow or container, the data of a ConfigMap, the variables of a function.
A name that is told in the reader's own file, or in the ``.env`` beside a compose file, is explicit.
Elsewhere the name alone joins them: likely where the name has two words and one place defines it.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from blastradius.bridges.base import FileView, View
from blastradius.bridges.compose import is_compose
from blastradius.bridges.found import EXPLICIT, GUESS, Found, Site, Sure
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.facts import Definition
from blastradius.model.symbols import Linked

NAME = "env"
VERSION = "1"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,99}\Z")
_ASSIGNED = re.compile(r"\[=([A-Za-z_][A-Za-z0-9_]{1,99})(?:=[^\n]*)?\]\Z")
_CONTAINERS = frozenset(
    [
        "env",
        "environment",
        "environment_variables",
        "envs",
        "env_variables",
        "variables",
        "env_vars",
    ]
)
_DATA = frozenset({"ConfigMap", "Secret"})
# Set by systems, not by a repository.
_OF_THE_SYSTEM = re.compile(
    r"(?:PATH|HOME|USER|USERNAME|PWD|SHELL|LANG|TERM|TMPDIR|TEMP|TMP|HOSTNAME|DISPLAY|EDITOR|CI|TZ"
    r"|VIRTUAL_ENV|PYTHONPATH|LC_\w+|XDG_\w+|GITHUB_\w+|RUNNER_\w+|NODE_ENV)\Z"
)
_SHARED = "env definers"
_MOST_DEFINERS = 8
_MOST_PLACES = 200
_LIKELY = Sure("likely", 0.92)
_SEVERAL = Sure("heuristic", 0.8)


class _Place(NamedTuple):
    """Where a variable is defined: the file, the symbol, the line; ``file`` for a whole ``.env``."""

    path: str
    symbol: str
    line: int


def link(view: View) -> Linked:
    """Return the edges of kind ``env`` from readers to definers."""
    files = keyed_files(view)
    definers: dict[str, list[_Place]] = defaultdict(list)
    for name, place in _definers(view):
        definers[name].append(place)
    found = Found()
    sites = [site for path, file in view.files.items() for site in _readers(path, file)]
    # ``X: ${X}`` hands a variable on: whoever reads X reads what stands before it.
    passed = {(site.symbol, site.written) for site in sites}
    for name, places in definers.items():
        own = [one for one in places if (one.symbol, name) not in passed]
        definers[name] = own or places
    for site in sites:
        _read(site, definers, files, found)
    return found.linked()


def defined(view: View) -> dict[str, list[str]]:
    """Return variable → the symbols of where the tree defines it, for readers of other bridges."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, place in _definers(view):
        found[name].append(place.symbol)
    return found


def _definers(view: View) -> list[tuple[str, _Place]]:
    """Return (variable, where it is defined) for all the tree, looked for once a run."""
    known: list[tuple[str, _Place]] | None = view.shared.get(_SHARED)
    if known is None:
        known = view.shared[_SHARED] = list(_all_definers(view.files, keyed_files(view)))
    return known


def _all_definers(
    files: Mapping[str, FileView], keyed: Mapping[str, Keyed]
) -> Iterator[tuple[str, _Place]]:
    for path, file in files.items():
        for index, one in enumerate(file.facts.definitions):
            if one.kind == "env":
                name = one.name.rpartition(".")[2]
                yield name, _Place(path, file.scope_symbol(path, index), one.line)
    for config in keyed.values():
        for name, index in _set_by(config):
            one = config.file.facts.definitions[index]
            if one.kind != "env" and _NAME.match(name):
                yield name, _Place(config.path, config.symbol(index), one.line)


def _set_by(file: Keyed) -> Iterator[tuple[str, int]]:
    """Yield (name, definition) of the variables that a config file sets."""
    definitions = file.file.facts.definitions
    for index in file.holders():
        if _is_container(file, definitions[index]):
            yield from file.below(index).items()
            for item in file.listed(index):
                named = file.at(item, "name")
                if named is not None and file.text(named):
                    yield file.text(named), item
                elif assigned := _ASSIGNED.search(definitions[item].key):
                    yield assigned[1], item
    for root in file.documents:
        if file.text(file.at(root, "kind")) in _DATA:
            for word in ("data", "stringData"):
                yield from file.below(file.at(root, word)).items()


def _is_container(file: Keyed, one: Definition) -> bool:
    last = one.name.rpartition(".")[2].partition("[")[0]
    if last not in _CONTAINERS:
        return False
    # ``variables`` alone says little: CI's at the top or in a job, a function's in its environment.
    if last != "variables":
        return True
    return one.parent < 0 or ".gitlab-ci" in file.path or "environment" in one.name


def _readers(path: str, file: FileView) -> Iterator[Site]:
    for mention in file.facts.mentions:
        if (
            mention.flavor == "env"
            and not mention.via.endswith("[]=")  # written, not read
            and not _OF_THE_SYSTEM.match(mention.value)
        ):
            symbol = file.scope_symbol(path, mention.scope)
            yield Site(symbol, path, mention.line, mention.value)
    if file.language.NAME == "python":
        yield from _settings(path, file)


def _settings(path: str, file: FileView) -> Iterator[Site]:
    """Yield the fields of pydantic settings: each reads the variable of its name."""
    definitions = file.facts.definitions
    classes = {
        index
        for index, one in enumerate(definitions)
        if one.kind == "class" and "BaseSettings" in one.shape
    }
    if not classes:
        return
    prefixes = {
        _around(definitions, mention.scope, classes): mention.value
        for mention in file.facts.mentions
        if mention.via == "env_prefix"
    }
    for index, one in enumerate(definitions):
        if one.kind == "attribute" and one.parent in classes and one.shape:
            field = one.name.rpartition(".")[2]
            if field not in {"model_config", "Config"}:
                name = f"{prefixes.get(one.parent, '')}{field}".upper()
                yield Site(file.scope_symbol(path, index), path, one.line, name)


def _around(definitions: Sequence[Definition], scope: int, classes: set[int]) -> int:
    while scope >= 0 and scope not in classes:
        scope = definitions[scope].parent
    return scope


def _read(
    site: Site, definers: Mapping[str, list[_Place]], keyed: Mapping[str, Keyed], found: Found
) -> None:
    several = definers.get(site.written, ())[:_MOST_PLACES]
    places = [one for one in several if one.symbol != site.symbol]
    if not places:
        return found.miss(site, outcome="external")
    explicit = _explicit(site, places, keyed.get(site.path))
    if explicit:
        found.edge(site, explicit.symbol, "env", EXPLICIT)
        return None
    near = [one for one in _nearest(site.path, places) if not _is_local(one, site)]
    for place in near[:_MOST_DEFINERS]:
        found.edge(site, place.symbol, "env", _sure(site, place, len(near)))
    return None


def _explicit(site: Site, places: Sequence[_Place], file: Keyed | None) -> _Place | None:
    """Return the one definer that the format itself names."""
    if file is not None and is_compose(file):
        beside = _dotenv(site, places)
        return beside[0] if len(beside) == 1 else None
    own = [one for one in places if one.path == site.path and _encloses(one, site)]
    # The innermost wins: a step's ``env`` over its job's over the workflow's.
    return max(own, key=lambda one: (len(one.symbol), one.symbol), default=None)


def _encloses(place: _Place, site: Site) -> bool:
    """Tell whether a definer's record holds the reader: ``jobs.a.env.X`` and ``jobs.a.steps[0]``."""
    record = _record(place.symbol)
    reader = site.symbol.partition("#")[2]
    return not record or reader.startswith((f"{record}.", f"{record}["))


def _record(symbol: str) -> str:
    return symbol.partition("#")[2].rpartition(".")[0].rpartition(".")[0]


def _is_local(place: _Place, site: Site) -> bool:
    """A step or job of the reader's own file that does not hold the reader sets nothing for it."""
    return place.path == site.path and not _encloses(place, site)


def _sure(site: Site, place: _Place, among: int) -> Sure:
    """One definer of a telling name, in the reader's part of the tree or at its top, is likely."""
    if "_" not in site.written.strip("_"):
        return GUESS
    deploys = not place.path.startswith(".github/")
    near = deploys and ("/" not in place.path or _shared(site.path, place.path) > 0)
    return _LIKELY if among == 1 and near else _SEVERAL


def _dotenv(site: Site, places: Sequence[_Place]) -> list[_Place]:
    """Compose fills ``${X}`` from the file ``.env`` beside it."""
    wanted = posixpath.join(posixpath.dirname(site.path), ".env")
    return [one for one in places if one.path == wanted]


def _nearest(path: str, places: Sequence[_Place]) -> list[_Place]:
    """Return the definers in the reader's part of the tree; all of them when none is."""
    near = max(_shared(path, one.path) for one in places)
    return [one for one in places if _shared(path, one.path) == near]


def _shared(left: str, right: str) -> int:
    """Return how many leading folders two files share; two at most, a part and its part."""
    count = 0
    for one, other in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if one != other or count == _DEEPEST:
            break
        count += 1
    return count


_DEEPEST = 2
