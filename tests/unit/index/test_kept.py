"""A language of one word a file: its link is an edge for each word of another file that it names."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from blastradius.index.kept import KeptLinks
from blastradius.index.link import Options
from blastradius.languages.watch import Question, Watch
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Linked

Words = Mapping[str, str]


class Tables:
    def __init__(self, words: Words) -> None:
        self.words = words
        self.watch = Watch(self.answer)
        self.linked: list[str] = []

    def answer(self, question: Question) -> str:
        return self.words.get(question[1], "")

    def word(self, path: str) -> str:
        self.watch.note("word", path)
        return self.words.get(path, "")


class Naming:
    NAME = "naming"

    def __init__(self, version: str = "1") -> None:
        self.VERSION = version

    def claims(self, path: str) -> bool:
        return True

    def extract(self, source: bytes) -> Facts:
        return Facts("full")

    def symbol(self, path: str, definitions: object, index: int) -> str:
        return f"naming:{path}"

    def tables(self, files: Mapping[str, Facts], options: object) -> Tables:
        raise AssertionError("not asked here")

    def link(self, path: str, facts: Facts, tables: Tables) -> Linked:
        tables.linked.append(path)
        other = facts.definitions[0].name
        edge = Edge(path, tables.word(other), "names", "certain", 1.0, path, 1)
        return Linked((edge,), (), 1)


def naming(other: str) -> Facts:
    return Facts("full", (Definition(other, "word", 1, 1, -1),))


class Runs:
    """Links the tree again and again with one memo."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.kept[kind, key] = value

    def link(self, words: Words, version: str = "1") -> tuple[list[str], list[str]]:
        """Return the targets of the edges, and which files were linked anew; `a` names `b`."""
        tables = Tables(words)
        options = Options(content=lambda path: words[path], memo=self)
        linker = KeptLinks(Naming(version), tables, options, "")
        others = {"a": "b", "b": "c", "c": "d"}
        parts = [linker.link(path, naming(others[path])) for path in sorted(words)]
        return [edge.target for part in parts for edge in part.edges], tables.linked


def test_only_what_rests_on_a_change_is_linked_anew() -> None:
    runs = Runs()
    words = {"a": "1", "b": "2", "c": "3"}
    assert runs.link(words) == (["2", "3", ""], ["a", "b", "c"])
    assert runs.link(words) == (["2", "3", ""], [])
    assert runs.link({**words, "c": "4"}) == (["2", "4", ""], ["b", "c"])
    assert runs.link({**words, "c": "4"}) == (["2", "4", ""], [])


def test_a_file_that_came_or_went_is_a_change_for_those_that_asked_for_it() -> None:
    runs = Runs()
    runs.link({"a": "1", "b": "2"})
    assert runs.link({"a": "1", "b": "2", "c": "3"}) == (["2", "3", ""], ["b", "c"])
    assert runs.link({"a": "1", "b": "2"})[0] == ["2", ""]


def test_two_trees_by_turns_are_both_kept() -> None:
    runs = Runs()
    base, head = {"a": "1", "b": "2"}, {"a": "1", "b": "3"}
    runs.link(base)
    runs.link(head)
    assert (runs.link(base)[1], runs.link(head)[1]) == ([], [])


def test_another_version_of_the_language_keeps_nothing() -> None:
    runs = Runs()
    runs.link({"a": "1"})
    assert runs.link({"a": "1"}, version="2")[1] == ["a"]


def test_a_damaged_memory_is_made_anew() -> None:
    runs = Runs()
    runs.link({"a": "1", "b": "2"})
    runs.kept = dict.fromkeys(runs.kept, msgspec.msgpack.encode("nonsense"))
    assert runs.link({"a": "1", "b": "2"}) == (["2", ""], ["a", "b"])
