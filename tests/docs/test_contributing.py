"""CONTRIBUTING's example language and bridge, taken from the page and run in a linked tree."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from blastradius.bridges import registry as bridges
from blastradius.bridges.base import FileView
from blastradius.index.blob import facts_of
from blastradius.index.link import LinkedTree, Options, link
from blastradius.languages import registry as languages

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"
BLOCK = re.compile(r"<!-- (file|line): ([\w.]+) -->\n```(?:python|text)\n(.*?)```", re.DOTALL)
TREE = {
    "pkg/__init__.py": b"",
    "pkg/views.py": b"def nights():\n    return []\n",
    "pkg/client.py": b'def load(get):\n    return get("http://app/nights")\n',
    "web/site.routes": b"GET /nights pkg.views.nights\nGET /gone pkg.views.gone\nnonsense\n",
}


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], str]]:
    """The page's blocks, with its files importable and its lines in the tables."""
    blocks = {(kind, name): text for kind, name, text in BLOCK.findall(PAGE.read_text("utf-8"))}
    monkeypatch.syspath_prepend(tmp_path)
    for (kind, name), text in blocks.items():
        if kind == "file":
            (tmp_path / name).write_text(text, encoding="utf-8")
    table = ast.literal_eval("{" + blocks["line", "blastradius.languages"] + "}")
    monkeypatch.setattr(languages, "_BUILT_IN", {**languages._BUILT_IN, **table})
    names = ast.literal_eval("(" + blocks["line", "blastradius.bridges"] + ")")
    monkeypatch.setattr(bridges, "_BUILT_IN", (*bridges._BUILT_IN, *names))
    forget()
    yield blocks
    monkeypatch.undo()
    forget()
    for kind, name in blocks:
        if kind == "file":
            sys.modules.pop(name.removesuffix(".py"), None)


def forget() -> None:
    languages._table.cache_clear()
    languages.get.cache_clear()
    languages.claim.cache_clear()


def linked() -> LinkedTree:
    files = {}
    for path, source in TREE.items():
        language = languages.claim(path)
        assert language is not None
        files[path] = FileView(language, facts_of(language.NAME, source))
    return link(files, Options(paths=frozenset(TREE)))


def test_without_the_lines_nobody_reads_the_file() -> None:
    assert languages.claim("web/site.routes") is None


def test_the_language_and_the_bridge_answer(shown: dict[tuple[str, str], str]) -> None:
    assert len(shown) == 4
    tree = linked()
    found = {(one.source, one.kind, one.target, one.tier) for one in tree.edges}
    route = "routes:web/site.routes#GET /nights"
    assert (route, "dotted", "python:pkg/views.py#nights", "certain") in found
    assert ("python:pkg/client.py#load", "route", route, "likely") in found
    assert [(one.path, one.line, one.name) for one in tree.dangling] == [
        ("web/site.routes", 2, "pkg.views.gone")
    ]


def test_a_line_that_is_no_route_is_a_problem(shown: dict[tuple[str, str], str]) -> None:
    facts = facts_of("routes", TREE["web/site.routes"])
    assert (facts.parsed, [one.line for one in facts.problems]) == ("partial", [3])


def test_the_example_has_every_name_that_the_protocols_ask_for(
    shown: dict[tuple[str, str], str],
) -> None:
    from blastradius.bridges.base import Bridge
    from blastradius.languages.base import Language

    for protocol, name in ((Language, "routes.py"), (Bridge, "route_strings.py")):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        exec(compile(shown["file", name], name, "exec"), module.__dict__)  # noqa: S102 - our own page
        asked = {
            one for one in vars(protocol) | protocol.__annotations__ if not one.startswith("_")
        }
        assert asked <= set(vars(module))
