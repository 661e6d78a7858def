"""The macros of a project and its packages: found without running anything, by name and package."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec
from msgspec import Struct

from blastradius.languages.base import LinkOptions
from blastradius.languages.dbt.bounds import TooMuchError
from blastradius.languages.dbt.project import Project, resource_files
from blastradius.languages.secrets import hidden_in
from blastradius.languages.sql.template import blocks, segments, tag_count
from blastradius.languages.sql.veil import veiled

_MEMO = "dbt-macros-3"
_LARGEST = 1_000_000
_MOST_CODE = 60_000
# Of a template that is compiled; finding the macros of a file is less work.
MOST_TAGS = 4_000
_MOST_TAGS_OF_MACROS = 20_000
_HEAD = re.compile(r"(macro|test|data_test)\s+([A-Za-z_]\w*)\s*(\(.*\))\s*\Z", re.DOTALL)
_MATERIALIZATION = re.compile(
    r"materialization\s+([A-Za-z_]\w*)\s*,\s*(default|adapter\s*=\s*['\"](\w+)['\"])"
)
_WORD = re.compile(r"(?<![\w.'\"])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\b(\s*\()?")
_SET = re.compile(r"\bset\s+([A-Za-z_]\w*)|\bfor\s+([A-Za-z_]\w*)")
_DISPATCH = re.compile(
    r"dispatch\(\s*(?:macro_name\s*=\s*)?['\"](\w+)['\"]"
    r"(?:\s*,\s*(?:macro_namespace\s*=\s*)?['\"](\w+)['\"])?"
)
_KEYWORDS = frozenset(
    [
        "if",
        "elif",
        "else",
        "endif",
        "for",
        "endfor",
        "in",
        "set",
        "endset",
        "do",
        "call",
        "endcall",
        "filter",
        "endfilter",
        "not",
        "and",
        "or",
        "is",
        "none",
        "None",
        "true",
        "True",
        "false",
        "False",
        "raw",
        "endraw",
        "loop",
        "macro",
        "endmacro",
    ]
)
_TEXTS = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")


class Macro(Struct, frozen=True, array_like=True, gc=False):
    """One macro: ``text`` is its block; ``words`` are (dotted name, line, called) of its code.

    Names of its own variables and parameters are none of them.
    """

    package: str
    name: str
    path: str
    line: int
    text: str
    words: tuple[tuple[str, int, bool], ...]
    dispatches: tuple[tuple[str, str, int], ...]

    @property
    def uid(self) -> str:
        """Package and name."""
        return f"{self.package}.{self.name}"

    @property
    def digest(self) -> str:
        """Of its text."""
        return blake2b(self.text.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(slots=True)
class MacroIndex:
    """All macros that a project can call, as dbt looks them up.

    ``prefixes``: what a dispatched macro may begin with, best first. ``refused``: files that are too
    large to look for macros in.
    """

    root: str
    prefixes: tuple[str, ...]
    by_package: dict[str, dict[str, Macro]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def find(self, name: str, package: str) -> Macro | None:
        """Return the macro that ``name`` means in a file of ``package``: its own, then the root's."""
        for one in (package, self.root):
            found = self.by_package.get(one, {}).get(name)
            if found is not None:
                return found
        return None

    def dispatched(self, name: str, namespace: str) -> Macro | None:
        """Return what ``adapter.dispatch(name, namespace)`` gives."""
        packages = [self.root, namespace] if namespace else [self.root, *sorted(self.by_package)]
        for package in dict.fromkeys(packages):
            held = self.by_package.get(package, {})
            for prefix in self.prefixes:
                if (found := held.get(f"{prefix}__{name}")) is not None:
                    return found
        return None

    def named(self, dotted: str, package: str) -> Macro | None:
        """Return what a dotted name in code of ``package`` means, if that is a macro."""
        head, dot, rest = dotted.partition(".")
        if not dot:
            return self.find(head, package)
        return self.by_package.get(head, {}).get(rest) if "." not in rest else None

    def all(self) -> Iterable[Macro]:
        """Return all macros, by package and name."""
        for _, held in sorted(self.by_package.items()):
            yield from (one for _, one in sorted(held.items()))


_PARENTS = {"redshift": ("postgres",), "databricks": ("spark",)}


def index_macros(project: Project, options: LinkOptions) -> MacroIndex:
    """Return the macros of a project and of the packages in it."""
    kind = project.target[1]
    prefixes = (*((kind, *_PARENTS.get(kind, ())) if kind else ()), "default")
    index = MacroIndex(project.name, prefixes)
    for one in project.known():
        held = index.by_package.setdefault(one.name, {})
        files = resource_files(one, options.paths, "macro", (".sql",))
        files += [
            path
            for path in resource_files(one, options.paths, "test", (".sql",))
            if "/generic/" in path
        ]
        for path in files:
            source = options.source(path)
            if source is None:
                continue
            if is_too_large(source):
                index.refused.append(path)
                continue
            for macro in _remembered(options, one.name, path, source):
                held.setdefault(macro.name, macro)
    return index


def is_too_large(source: bytes) -> bool:
    """Tell whether finding the macros of a file would take seconds."""
    tags = source.count(b"{{") + source.count(b"{%")
    return len(source) > _LARGEST or tags > _MOST_TAGS_OF_MACROS


def _remembered(options: LinkOptions, package: str, path: str, source: bytes) -> tuple[Macro, ...]:
    """Return the macros of a file, remembered by its text."""
    told = f"{package}\0{path}\0".encode("utf-8", "surrogateescape")
    key = blake2b(told + source, digest_size=20).hexdigest()
    kept = options.memo.get(_MEMO, key)
    if kept is not None:
        return msgspec.msgpack.decode(kept, type=tuple[Macro, ...])
    packed = hidden_in(msgspec.msgpack.encode(tuple(macros_of(source, package, path))))
    options.memo.put(_MEMO, key, packed)
    return msgspec.msgpack.decode(packed, type=tuple[Macro, ...])


def macros_of(source: bytes, package: str, path: str) -> list[Macro]:
    """Return the macros, generic tests and materializations that a file defines."""
    text = text_of(source)
    parts, _ = segments(text)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: list[Macro] = []
    last = -1
    for block in sorted(blocks(parts), key=lambda one: one.opening):
        named = _name(parts[block.opening].body)
        if named is None or block.opening < last:
            continue
        last = block.closing
        name, head = named
        start = parts[block.opening].start
        line = bisect_right(starts, start)
        inside = text[parts[block.opening].end : parts[block.closing].start]
        code = [
            (part.body, bisect_right(starts, part.inside))
            for part in parts[block.opening + 1 : block.closing]
            if part.kind in {"expression", "tag"}
        ]
        found.append(
            Macro(
                package,
                name,
                path,
                line,
                _shaped(
                    text[start : parts[block.opening].end],
                    inside,
                    text[parts[block.closing].start : parts[block.closing].end],
                    f"{name}{head}",
                ),
                _words(code, head),
                tuple(
                    (match.group(1), match.group(2) or "", at)
                    for body, at in code
                    for match in _DISPATCH.finditer(body)
                ),
            )
        )
    return found


def text_of(source: bytes) -> str:
    """Return the text of a file, without passwords and what marks lines in our own renderings."""
    text = source.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    text = veiled(text)
    return text.replace("\x01", " ").replace("\x02", " ").replace("\0", " ")


def code_size(text: str) -> int:
    """Return the number of characters inside braces.

    Raises:
        TooMuchError: compiling them would take seconds.
    """
    if tag_count(text) > MOST_TAGS:
        raise TooMuchError(f"a template of more than {MOST_TAGS} tags")
    parts, unclosed = segments(text)
    sizes = [part.end - part.start for part in parts if part.kind in {"expression", "tag"}]
    # What never closes may be code to the end.
    open_ended = len(text) - unclosed[0] if unclosed else 0
    if sum(sizes) + open_ended > _MOST_CODE:
        raise TooMuchError("a template of more code than is compiled")
    return sum(sizes)


def _name(body: str) -> tuple[str, str] | None:
    """Return a macro's name and parameters from its opening tag, None when it opens none."""
    if match := _HEAD.match(body):
        name = match.group(2)
        return (name if match.group(1) == "macro" else f"test_{name}"), match.group(3)
    if match := _MATERIALIZATION.match(body):
        return f"materialization_{match.group(1)}_{match.group(3) or 'default'}", "()"
    return None


def _shaped(opening: str, inside: str, closing: str, head: str) -> str:
    """Return the block as a plain macro, with the white-space control of its own tags."""
    left = "-" if opening.startswith("{%-") else ""
    right = "-" if opening.endswith("-%}") else ""
    before = "-" if closing.startswith("{%-") else ""
    return f"{{%{left} macro {head} {right}%}}{inside}{{%{before} endmacro %}}"


def _words(code: list[tuple[str, int]], head: str) -> tuple[tuple[str, int, bool], ...]:
    own = set(re.findall(r"[A-Za-z_]\w*", _TEXTS.sub("''", head)))
    own |= {one for body, _ in code for pair in _SET.findall(body) for one in pair}
    found: dict[tuple[str, bool], int] = {}
    for body, line in code:
        plain = _TEXTS.sub("''", body)
        for match in _WORD.finditer(plain):
            if match.group(1).partition(".")[0] not in own | _KEYWORDS:
                at = line + plain.count("\n", 0, match.start())
                found.setdefault((match.group(1), bool(match.group(2))), at)
    return tuple((name, at, called) for (name, called), at in found.items())
