"""Code that reads a key of a config: ``cfg["a"]["b"]``, ``config.get("section", "key")`` → ``a.b``.

The config is one that the same file of code names by its path. One such file has the key path:
likely, certain when the path is named in the function that reads. A key path that none of the
files named there has is no edge: the value may be any mapping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import GUESS, Found, Site, Sure
from blastradius.bridges.keyed import Keyed, key_path, keyed_files
from blastradius.model.facts import Mention
from blastradius.model.symbols import Linked

NAME = "readers"
VERSION = "1"

_HERE = Sure("certain", 0.97)
_IN_FILE = Sure("likely", 0.92)
_MOST_FILES = 40
_SECTION_AND_KEY = 2
# Suffixes of configs that sections are read from with ``get(section, key)``.
_SECTIONED = (".ini", ".cfg", ".conf", ".toml")


def link(view: View) -> Linked:
    """Return the edges of kind ``config`` from code to keys of the configs that it loads."""
    configs = keyed_files(view)
    loaded: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for edge in view.edges:
        target = edge.target.removeprefix("file:")
        if edge.kind == "path" and target in configs and edge.path not in configs:
            loaded[edge.path][target].add(edge.source)
    found = Found()
    for path, named in sorted(loaded.items()):
        file = view.files.get(path)
        if file is None or len(named) > _MOST_FILES:
            continue
        for mention in file.facts.mentions:
            if mention.flavor == "key":
                _read(
                    path,
                    file,
                    mention,
                    [(configs[one], named[one]) for one in sorted(named)],
                    found,
                )
    return found.linked()


def _read(
    path: str,
    file: FileView,
    mention: Mention,
    named: Sequence[tuple[Keyed, set[str]]],
    found: Found,
) -> None:
    source = file.scope_symbol(path, mention.scope)
    parts = mention.value.split(".")
    held = [
        (config, index, sources)
        for config, sources in named
        for index in [_place(config, parts)]
        if index is not None
    ]
    if not held:
        return
    site = Site(source, path, mention.line, mention.value)
    here = [one for one in held if source in one[2]]
    if len(here) == 1:
        config, index, _ = here[0]
        found.edge(site, config.symbol(index), "config", _HERE)
        return
    for config, index, _ in held:
        found.edge(site, config.symbol(index), "config", _IN_FILE if len(held) == 1 else GUESS)


def _place(config: Keyed, parts: Sequence[str]) -> int | None:
    index = key_path(config, parts)
    if index is None and config.path.endswith(_SECTIONED) and len(parts) == _SECTION_AND_KEY:
        index = _by_address(config.by_name, ".".join(parts))
    return index


def _by_address(names: Mapping[str, int], address: str) -> int | None:
    return names.get(address)
