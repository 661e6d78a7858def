"""Dockerfiles: stages, their variables, and the files and modules that they copy and run.

An instruction is a line with its continuations; nothing nests. The values of ENV and ARG are kept
as digests only. Satisfies `blastradius.languages.base.Language`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from blastradius.languages.dotenv import USE
from blastradius.languages.keyed import KeyedLinks
from blastradius.languages.texts import decoded
from blastradius.languages.yaml.address import digest
from blastradius.languages.yaml.commands import commands
from blastradius.languages.yaml.nodes import Reference
from blastradius.languages.yaml.scalars import flavors
from blastradius.model.facts import Definition, Facts, Mention, Problem

NAME = "containerfile"
VERSION = "2"
KEYED = True
EMBEDS = ()

MAX_BYTES = 1_000_000
MAX_INSTRUCTIONS = 5_000
_FILE = re.compile(
    r"(?:.*/)?(?:(?:Docker|Container)file(?:\.[\w.-]+)?|[^/]+\.(?:Docker|Container)file)\Z",
    re.IGNORECASE,
)
_NO_FILE = (".dockerignore", ".md", ".py", ".sh", ".yml", ".yaml")
_WORD = re.compile(r"\s*([A-Za-z]+)(?:\s+|\Z)(.*)\Z", re.DOTALL)
_KNOWN = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)
_FROM = re.compile(r"((?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"""(?<![\w.-])([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\]|\\.)*)""", re.DOTALL
)
_FLAG = re.compile(r"--([\w-]+)(?:=(\S+))?\s*")
_MOUNT_FROM = re.compile(r"(?<!\S)--mount=\S*?\bfrom=([^\s,]+)")
_NUMBER = re.compile(r"[0-9]{1,6}\Z")
_DEEPEST = 100
_HEREDOC = re.compile(r"<<-?\s*[\"']?([A-Za-z_]\w*)[\"']?")

_LINKS = KeyedLinks(NAME)
symbol, tables, link = _LINKS.symbol, _LINKS.tables, _LINKS.link


class Instruction(NamedTuple):
    """One instruction: its word, its text with continuations joined, its lines."""

    word: str
    text: str
    line: int
    end: int


def claims(path: str) -> bool:
    """Tell from the path whether the file builds an image."""
    return _FILE.match(path) is not None and not path.lower().endswith(_NO_FILE)


def extract(source: bytes) -> Facts:
    """Return the stages, variables and mentions of one file. Never raises."""
    text, problems = decoded(source, MAX_BYTES)
    reader = _Reader(problems)
    for number, one in enumerate(_instructions(text)):
        if number >= MAX_INSTRUCTIONS:
            problems.append(Problem(one.line, "too many instructions: the rest was not read"))
            break
        reader.take(one)
    return reader.facts()


def _instructions(text: str) -> Iterator[Instruction]:
    lines = text.split("\n")
    mark = "`" if re.match(r"#\s*escape\s*=\s*`", text) else "\\"
    at = 0
    while at < len(lines):
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        first = at
        parts: list[str] = []
        while at < len(lines):
            line = lines[at]
            at += 1
            if parts and (not line.strip() or line.lstrip().startswith("#")):
                continue
            goes_on = line.rstrip().endswith(mark)
            parts.append(line.rstrip()[:-1] if goes_on else line)
            if not goes_on:
                break
        joined = "\n".join(parts)
        if joined.lstrip()[:4].upper().startswith(("RUN", "COPY", "ADD")):
            for name in _HEREDOC.findall(joined):
                while at < len(lines):
                    at += 1
                    if lines[at - 1].strip() == name:
                        break
                    joined += "\n" + lines[at - 1]
        match = _WORD.match(joined)
        word, rest = (match[1].upper(), match[2]) if match is not None else ("", joined)
        yield Instruction(word, rest.strip(), first + 1, at)


class _Reader:
    """Takes an instruction at a time; ``_stage`` is the index of the open stage, -1 before FROM."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._definitions: list[Definition] = []
        self._mentions: list[Mention] = []
        self._references: list[Reference] = []
        self._stage = -1
        self._stages: list[int] = []
        self._named: dict[str, int] = {}
        self._variables: dict[tuple[int, str], int] = {}
        self._bases: dict[int, int] = {}
        self._bodies: dict[int, list[str]] = {}

    def take(self, one: Instruction) -> None:
        """Read one instruction."""
        if one.word not in _KNOWN:
            if len(self._problems) < 20:  # noqa: PLR2004 - enough to see
                self._problems.append(Problem(one.line, "no instruction: the line was left out"))
            return
        if one.word == "FROM":
            self._from(one)
            return
        if self._stage >= 0:
            stage = self._definitions[self._stage]
            self._definitions[self._stage] = msgspec.structs.replace(stage, end=one.end)
        if one.word == "ONBUILD" and (inner := _WORD.match(one.text)) is not None:
            one = Instruction(inner[1].upper(), inner[2].strip(), one.line, one.end)
        if one.word in {"ENV", "ARG"}:
            self._variable(one)
            return
        self._bodies.setdefault(self._stage, []).append(f"{one.word} {' '.join(one.text.split())}")
        self._uses(one.text, one.line, self._stage)
        if one.word in {"COPY", "ADD"}:
            self._copy(one)
        elif one.word in {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"}:
            self._run(one)

    def _from(self, one: Instruction) -> None:
        match = _FROM.match(one.text)
        if match is None:
            self._problems.append(Problem(one.line, "FROM without an image"))
            return
        _, image, name = match.groups()
        address = name.lower() if name else f"[{len(self._stages)}]"
        index = len(self._definitions)
        self._definitions.append(Definition(address, "stage", one.line, one.end, -1, image))
        self._uses(image, one.line, index, stage=-1)
        base = self._stage_reference(image, one.line, index)
        if base >= 0:
            self._bases[index] = base
        self._stage = index
        self._stages.append(index)
        if name:
            self._named[name.lower()] = index

    def _stage_reference(self, name: str, line: int, scope: int) -> int:
        target = self._named.get(name.lower(), -1)
        if target < 0 and _NUMBER.match(name) and int(name) < len(self._stages):
            target = self._stages[int(name)]
        if target >= 0 and target != scope:
            self._references.append(Reference("reference", scope, line, name, target))
        return target

    def _variable(self, one: Instruction) -> None:
        found = [(match[1], match[2]) for match in _ASSIGNED.finditer(one.text)]
        if not found:
            name, _, value = one.text.partition(" ")
            found = [(name, value.strip())]  # ``ENV NAME value`` and ``ARG NAME``
        for name, value in found:
            stage = self._stage
            address = f"{self._definitions[stage].name}.{name}" if stage >= 0 else name
            index = len(self._definitions)
            body = digest(value.strip("\"'"))
            self._definitions.append(
                Definition(address, "env", one.line, one.end, stage, one.word, body)
            )
            self._uses(value, one.line, index)
            if not value:
                self._reference(name, one.line, index, -1)  # ARG NAME: the one before FROM
            self._variables[stage, name] = index

    def _uses(self, text: str, line: int, scope: int, stage: int | None = None) -> None:
        for match in USE.finditer(text):
            name = match[1] or match[2]
            self._mentions.append(Mention(name, "env", line, scope, "$"))
            self._reference(name, line, scope, self._stage if stage is None else stage)

    def _reference(self, name: str, line: int, scope: int, stage: int) -> None:
        for _ in range(_DEEPEST):
            if stage < 0 or (stage, name) in self._variables:
                break
            stage = self._bases.get(stage, -2)  # a stage has the variables of the one it is from
        target = self._variables.get((stage, name), -1)
        if target >= 0 and target != scope:
            self._references.append(Reference("env", scope, line, name, target))

    def _copy(self, one: Instruction) -> None:
        at, outside = 0, False
        while flag := _FLAG.match(one.text, at):
            at = flag.end()
            if flag[1] == "from" and flag[2]:
                outside = True
                self._stage_reference(flag[2], one.line, self._stage)
        if outside:
            return
        for source in _listed(one.text[at:])[:-1]:
            for value, flavor in flavors(source, one.word):
                if flavor in {"path", "glob", "url"}:
                    self._mention(value, flavor, one.line, one.word)
                elif flavor == "name":  # a file or a folder of the context, without an ending
                    self._mention(value, "path", one.line, one.word)

    def _run(self, one: Instruction) -> None:
        for name in _MOUNT_FROM.findall(one.text):
            self._stage_reference(name, one.line, self._stage)
        text = one.text
        if text.startswith("["):
            text = " ".join(_listed(text))
        for value, flavor, via in commands(text):
            self._mention(value, flavor, one.line, via)

    def _mention(self, value: str, flavor: str, line: int, via: str) -> None:
        self._mentions.append(Mention(value, flavor, line, self._stage, via))

    def facts(self) -> Facts:
        """Return what was read."""
        for index, lines in self._bodies.items():
            if index >= 0:
                stage = self._definitions[index]
                self._definitions[index] = msgspec.structs.replace(
                    stage, body=digest("\n".join(lines))
                )
        definitions, problems = tuple(self._definitions), tuple(self._problems)
        return Facts(
            "full" if not problems else "partial" if definitions else "failed",
            definitions,
            tuple(self._mentions),
            problems=problems,
            own=msgspec.Raw(msgspec.msgpack.encode(self._references)),
        )


def _listed(text: str) -> list[str]:
    """Return the words of a list: JSON's, or those between spaces."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return found
    return text.split()
