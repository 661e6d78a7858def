"""Templates that code renders: the file by its name, and the names that it uses.

``render_template("user/show.html", user=u)`` names a file below some ``templates`` folder, and its
``{{ user.name }}`` needs the keyword ``user``. Templates are text to no language here, so they are
read with one tolerant pattern: names inside ``{{ }}`` and ``{% %}`` that the template does not set
itself. ``{% extends %}``, ``{% include %}``, ``{% import %}`` lead from template to template.
Sources: https://jinja.palletsprojects.com/en/stable/templates/, Django's template language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import EXPLICIT, GUESS, INFERRED, Found, Site, Sure
from blastradius.languages.python import marks
from blastradius.model.facts import FieldGroup, Mention
from blastradius.model.symbols import Linked

NAME = "templates"
VERSION = "2"

_SUFFIXES = (".html", ".htm", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".txt", ".xml", ".md")
_LOADERS = marks.RENDERERS | {"get_template", "select_template", "template_name", "TemplateView"}
_LARGEST = 400_000
# A name that more files have says nothing.
_MOST_NAMESAKES = 200
_MOST_MAPPINGS = 50
_MOST_TAGS = 5_000
_TAG = re.compile(r"\{\{-?([^{}\n]{1,500}?)-?\}\}|\{%-?([^{}%\n]{1,500}?)-?%\}")
_WORD = re.compile(r"(?<![\w.'\"|])([A-Za-z_]\w{0,79})(?!\w*\s*[(=](?!=))(?!\w)")
# Not names of the context: strings, filters, and what stands behind a dot.
_STRING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\|\s*\w+|\.\s*\w+")
_NAMES_FILE = re.compile(r"\s*(?:extends|include|import|from)\s+['\"]([^'\"\n]{1,200})['\"]")
_BINDS = re.compile(
    r"\s*(?:for\s+([\w\s,()]{1,200}?)\s+in\b|set\s+([\w\s,]{1,200}?)\s*(?:=|$)"
    r"|macro\s+\w+\s*\(([^)]{0,400})\)|with\s+(\w+)\s*=|(?:from\s+\S+\s+)?import\s+([\w\s,]{1,200}))"
)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset(
    """and as block call context csrf_token cycle defined do elif else empty endblock endcall
    endfilter endfor endif endmacro endset endwith extends false filter for from if ifchanged import
    in include is length load loop macro none not now or raw recursive self set static super
    true trans undefined url url_for verbatim with without forloop csrf_input
    get_flashed_messages False True None""".split()  # noqa: SIM905 - a word list reads best as words
)


class _Template(NamedTuple):
    """What a template names: (name, line) that it needs, (file, line) that it builds on."""

    names: tuple[tuple[str, int], ...]
    files: tuple[tuple[str, int], ...]


def link(view: View) -> Linked:
    """Return edges of kind ``path`` to templates, ``include`` between them, ``field`` to keywords."""
    found = Found()
    by_name = _by_name(view.paths)
    rendered: dict[str, list[tuple[str, FileView, Mention]]] = defaultdict(list)
    for path, file in view.files.items():
        for mention in file.facts.mentions:
            if mention.flavor == "path" and mention.via.rpartition(".")[2] in _LOADERS:
                _render(path, file, mention, by_name, rendered, found)
    known: dict[str, _Template] = {}
    pending = sorted(rendered)
    while pending:
        template = pending.pop()
        if template in known:
            continue
        known[template] = read(view.options.source(template) or b"")
        for name, line in known[template].files:
            for target, sure in _templates(name, template, by_name):
                site = Site(f"file:{template}", template, line, name)
                found.edge(site, f"file:{target}", "include", sure)
                pending.append(target)
    contexts = _Contexts()
    for template, sites in sorted(rendered.items()):
        _fields(template, known[template], sites, contexts, found)
    return found.linked()


def _by_name(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return last name → the files of that name that may be templates."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        if path.endswith(_SUFFIXES):
            found[path.rpartition("/")[2]].append(path)
    return found


def _templates(name: str, user: str, by_name: Mapping[str, list[str]]) -> list[tuple[str, Sure]]:
    """Return the files that a template's name means, as seen from the file ``user``."""
    wanted = name.lstrip("./")
    namesakes = by_name.get(wanted.rpartition("/")[2], ())
    if len(namesakes) > _MOST_NAMESAKES:
        return []
    fitting = [one for one in namesakes if one == wanted or one.endswith(f"/{wanted}")]
    # The loader's folder is what stands before the name: mostly one called templates.
    roots = {one: one[: len(one) - len(wanted)] for one in fitting}
    exact = [one for one in fitting if roots[one].rstrip("/").endswith("templates")]
    if len(exact) == 1:
        return [(exact[0], EXPLICIT)]
    if len(fitting) == 1:
        return [(fitting[0], INFERRED)]
    near = max((_shared(user, one) for one in exact or fitting), default=0)
    best = [one for one in exact or fitting if _shared(user, one) == near]
    return [(one, INFERRED if len(best) == 1 else GUESS) for one in best[:4]]


def _shared(left: str, right: str) -> int:
    count = 0
    for one, other in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count


def _render(
    path: str,
    file: FileView,
    mention: Mention,
    by_name: Mapping[str, list[str]],
    rendered: dict[str, list[tuple[str, FileView, Mention]]],
    found: Found,
) -> None:
    site = Site(file.scope_symbol(path, mention.scope), path, mention.line, mention.value)
    targets = _templates(mention.value, path, by_name)
    for target, sure in targets:
        found.edge(site, f"file:{target}", "path", sure)
        if sure.tier != "heuristic":
            rendered[target].append((path, file, mention))


def read(source: bytes) -> _Template:
    """Return the names that a template's text uses without setting them, and the files it names."""
    text = source[:_LARGEST].decode("utf-8", "replace")
    names: dict[str, int] = {}
    bound: set[str] = set()
    files: dict[str, int] = {}
    line, last = 1, 0
    for number, match in enumerate(_TAG.finditer(text)):
        if number >= _MOST_TAGS:
            break
        line += text.count("\n", last, match.start())
        last = match.start()
        inside = match[1] if match[1] is not None else match[2]
        if match[2] is not None:
            if named := _NAMES_FILE.match(inside):
                files.setdefault(named[1], line)
            bound.update(_bound(inside))
        for word in _WORD.findall(_STRING.sub(" ", inside)):
            if word not in _KEYWORDS:
                names.setdefault(word, line)
    used = tuple((name, at) for name, at in names.items() if name not in bound)
    return _Template(used, tuple(files.items()))


def _bound(inside: str) -> Iterator[str]:
    match = _BINDS.match(inside)
    if match:
        for part in match.groups():
            if part:
                yield from _IDENTIFIER.findall(part)


def _fields(
    template: str,
    known: _Template,
    sites: Iterable[tuple[str, FileView, Mention]],
    contexts: _Contexts,
    found: Found,
) -> None:
    """Each name of the template ↔ the keyword, or the key of the context, that gives it."""
    lines = dict(known.names)
    renders = list(sites)
    for path, file, mention in renders:
        for group in contexts.of(path, file, mention):
            for one in group.sites:
                if one.name in lines and one.definition >= 0:
                    site = Site(f"file:{template}", template, lines[one.name], one.name)
                    target = file.scope_symbol(path, one.definition)
                    # Rendered in several places: one that stops giving the name breaks that one.
                    found.edge(site, target, "field", EXPLICIT if len(renders) == 1 else INFERRED)


class _Contexts:
    """What calls that render give to their templates, looked up by where they stand."""

    def __init__(self) -> None:
        self._read: set[str] = set()
        self._keywords: dict[tuple[str, int, int], list[FieldGroup]] = defaultdict(list)
        self._mappings: dict[tuple[str, int], list[FieldGroup]] = defaultdict(list)

    def of(self, path: str, file: FileView, mention: Mention) -> list[FieldGroup]:
        """Return the keywords of the rendering call, else the mappings made in the same function."""
        if path not in self._read:
            self._read.add(path)
            for group in file.facts.groups:
                self._add(path, group)
        lines = range(mention.line - _NEAR, mention.line + _NEAR + 1)
        near = (self._keywords.get((path, mention.scope, line), ()) for line in lines)
        keywords = {id(group): group for groups in near for group in groups}
        if keywords:
            return list(keywords.values())
        return self._mappings.get((path, mention.scope), [])[:_MOST_MAPPINGS]

    def _add(self, path: str, group: FieldGroup) -> None:
        if group.kind == "render":
            for line in {one.line for one in group.sites}:
                self._keywords[path, group.scope, line].append(group)
        elif group.kind == "dict" and group.role == "produce":
            self._mappings[path, group.scope].append(group)


_NEAR = 12
