"""Edges, reasons and breaks as sentences.

What comes from the repository (paths, names, ids) goes through ``mark`` before it enters a
sentence: the terminal escapes it, Markdown sets it as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from blastradius.model.analysis import (
    Analysis,
    Break,
    FixForward,
    Impact,
    RevertCommit,
    WitnessStep,
)
from blastradius.model.source import STAGED, WORKTREE, Commit

_LANGUAGES = {
    "containerfile": "container file",
    "dotenv": ".env",
    "file": "other",
    "hcl": "HCL",
    "ini": "INI",
    "javascript": "JavaScript",
    "json": "JSON",
    "python": "Python",
    "sql": "SQL",
    "toml": "TOML",
    "yaml": "YAML",
}
_VERBS = {
    "import": "imports",
    "call": "calls",
    "reference": "uses",
    "annotation": "is typed with",
    "decorator": "is decorated with",
    "store": "sets",
    "inherit": "inherits from",
    "row-set": "filters or joins on",
    "read": "reads",
    "ref": "refers to",
    "macro": "expands",
    "include": "includes",
    "path": "names the file",
    "dotted": "names",
    "config": "is configured by",
    "var": "uses the variable",
    "seed": "reads the seed",
    "source": "reads the source",
    "test": "tests",
    "semantic": "is built on",
    "metric": "counts with",
    "definition": "is defined in",
    "flow": "runs",
    "schema": "declares",
    "env": "reads the variable",
    "doc": "quotes",
    "alias": "repeats",
    "merge": "merges in",
    "fixture": "takes the fixture",
    "stub": "says the same as",
    "route": "asks",
}
_FIELD_VERBS = {"sql": "selects", "yaml": "lists", "json": "lists", "toml": "lists"}
_FIELD_MAKERS = {**_FIELD_VERBS, "python": "writes"}
_INDEX = re.compile(r"\[\d+\]$")
_KEYED = re.compile(r"\[([^\[\]]+)\]$")
_SHORTEST_ID = 7
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Place = tuple[str, int]
Mark = Callable[[str], str]


def count(number: int, one: str, many: str = "") -> str:
    """Return ``1 file``, ``2 files``, ``1,000 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def language_of(symbol: str) -> str:
    """Return the prefix of a symbol: ``python``, ``sql``, ``file``."""
    return symbol.partition(":")[0]


def language_label(name: str) -> str:
    """Return a language as people write it."""
    return _LANGUAGES.get(name, name)


def name_of(symbol: str) -> str:
    """Return what people call a symbol: its address within the file, or the path or relation."""
    rest = symbol.partition(":")[2]
    return rest.partition("#")[2] or rest or symbol


def field_of(symbol: str) -> str:
    """Return the name of the field that a symbol stands for, empty for a bare list index."""
    name = name_of(symbol)
    if _INDEX.search(name):
        return ""
    if keyed := _KEYED.search(name):
        return keyed[1].strip("'\"")
    return name.rpartition(".")[2]


def short_ids(ids: list[str]) -> dict[str, str]:
    """Return id → its shortest beginning, of seven characters or more, that no other id has."""
    length = _SHORTEST_ID
    while len({one[:length] for one in ids}) < len(set(ids)):
        length += 1
    return {one: one if one in {STAGED, WORKTREE} else one[:length] for one in ids}


class Wording:
    """Says what was found.

    Args:
        commits: those that may be named.
        places: symbol → where it stands, as far as that is known.
        mark: applied to each piece of text that comes from the repository.
    """

    def __init__(self, commits: Sequence[Commit], places: Mapping[str, Place], mark: Mark) -> None:
        self._ids = short_ids([commit.id for commit in commits])
        self._subjects = {commit.id: commit.subject for commit in commits}
        self._places = places
        self._mark = mark

    def mark(self, text: str) -> str:
        """Return a piece of the repository's text as the report shows such pieces."""
        return self._mark(text)

    def commit(self, commit: str) -> str:
        """Return a commit's short id; what is no hash stands as it is."""
        short = self._ids.get(commit)
        if short is None:
            short = commit[:_SHORTEST_ID] if _HASH.fullmatch(commit) else commit
        return self._mark(short)

    def subject(self, commit: str) -> str:
        """Return a commit's subject, empty for one outside the range."""
        subject = self._subjects.get(commit, "")
        return self._mark(subject) if subject else ""

    def place(self, path: str, line: int) -> str:
        """Return ``path:line``, the path alone when the line is 0."""
        return self._mark(f"{path}:{line}" if line else path)

    def name(self, symbol: str) -> str:
        """Return what people call a symbol."""
        return self._mark(name_of(symbol))

    def symbol(self, symbol: str) -> str:
        """Return a symbol in full."""
        return self._mark(symbol)

    def word(self, word: str) -> str:
        """Return a word of the repository."""
        return self._mark(word)

    def step(self, step: WitnessStep) -> str:
        """Return one edge: ``a.sql:4 selects hrv_score, which run_merge.py:17 writes``."""
        site = self.place(step.path, step.line)
        if step.kind == "write":
            return f"{site} writes {self.name(step.source)}"
        if step.kind == "contains":
            return f"{site} is part of {self.name(step.source)}"
        target = self._places.get(step.target)
        return f"{site} {self._use(step, target)}{self._whose(step, target)}"

    def chain(self, witness: tuple[WitnessStep, ...]) -> str:
        """Return a witness: its first edge, and where the chain starts when that is further off."""
        said = self.step(witness[0])
        start = self._places.get(witness[-1].target)
        if len(witness) == 1 or start is None or start == (witness[0].path, witness[0].line):
            return said
        return f"{said}; starts at {self.place(*start)}"

    def reason(self, commit: RevertCommit) -> str:
        """Return why a commit goes too."""
        because = commit.because
        other = self.commit(str(because["commit"])) if "commit" in because else "another commit"
        path, line = str(because.get("path", "")), int(because.get("line", 0))
        where = self.place(path, line) if path else "a file"
        if commit.reason == "target":
            return "asked to go"
        if commit.reason == "text":
            return f"changed the same lines as {other} in {where}"
        if commit.reason == "migration":
            return f"{where} is a migration on top of the one of {other}"
        if commit.reason == "merge":
            return f"came in by the merge {other}, which changed {where} itself"
        if commit.reason not in {"reference", "signature", "restored-use"} or not path:
            said = str(because.get("text", ""))
            where = f" ({where})" if path else ""
            return f"{self._mark(commit.reason)}{': ' + self._mark(said) if said else ''}{where}"
        return self._reference(commit, other)

    def missing(self, one: Break) -> str:
        """Return a break: the site, why, and what it needs."""
        site = self.place(one.path, one.line)
        return f"{site} {self._mark(one.why)}: {self.name(one.needs)}"

    def mend(self, one: FixForward) -> str:
        """Return a place to mend by hand."""
        return f"{self.place(one.path, one.line)} {self._mark(one.why)}"

    def _reference(self, commit: RevertCommit, other: str) -> str:
        because = commit.because
        step = WitnessStep(
            str(because.get("symbol", "")),
            str(because.get("needs", "")),
            str(because.get("kind", "reference")),
            str(because["path"]),
            int(because.get("line", 0)),
        )
        target = self._places.get(step.target)
        if "needs_path" in because:
            target = str(because["needs_path"]), int(because.get("needs_line", 0))
        site, use = self.place(step.path, step.line), self._use(step, target)
        if commit.reason == "restored-use":
            return f"undoing {other} brings back {site}, which {use}; this commit took that away"
        if commit.reason == "signature":
            return f"{site} {use} in the form that goes with {other}"
        return f"{site} {use}{self._whose(step, target)}; that goes with {other}"

    def _use(self, step: WitnessStep, target: Place | None) -> str:
        """Return the verb and its object."""
        if step.kind == "field":
            verb = _FIELD_VERBS.get(language_of(step.source), "uses")
            return f"{verb} {self._mark(_field(step))}"
        if step.kind == "value":
            made = field_of(step.source)
            verb = f"computes {self._mark(made)} from" if made else "takes its value from"
            return f"{verb} {self.name(step.target)}"
        if step.kind == "path" and target is not None:
            return f"{_VERBS['path']} {self._mark(target[0])}"
        return f"{_VERBS.get(step.kind, 'depends on')} {self.name(step.target)}"

    def _whose(self, step: WitnessStep, target: Place | None) -> str:
        """Return whose the object is; empty where the sentence has said it already."""
        if target is None or name_of(step.target) == target[0] or step.kind == "path":
            return ""
        path, line = target
        where = f"line {line}" if path == step.path and line else self.place(path, line)
        return f", which {where} {_makes(step, path)}"


def _makes(step: WitnessStep, path: str) -> str:
    language = language_of(step.target)
    if step.kind in {"field", "value"}:
        return _FIELD_MAKERS.get(language, "defines")
    # A relation whose place is no SQL file is there because code fills it.
    return "writes" if language == "sql" and not path.endswith(".sql") else "defines"


def _field(step: WitnessStep) -> str:
    return field_of(step.source) or field_of(step.target) or name_of(step.target)


def wording_of(analysis: Analysis, mark: Mark) -> Wording:
    """Return what says an analysis."""
    places = places_of(analysis.impact)
    places |= {one.symbol: (one.path, one.line) for one in analysis.changes}
    return Wording(analysis.range.commits, places, mark)


def places_of(impact: Iterable[Impact]) -> dict[str, Place]:
    """Return symbol → where it stands, as far as the impacts say."""
    found: dict[str, Place] = {}
    own: dict[str, Place] = {}
    for one in impact:
        own[one.symbol] = one.path, one.line
        for step in one.witness:
            if step.kind not in {"write", "contains"}:
                found.setdefault(step.source, (step.path, step.line))
    return found | own
