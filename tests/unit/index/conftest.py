"""A language that misbehaves on demand, installed as a package would be: by an entry point."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.languages import registry
from blastradius.languages.base import Language

_TOY = '''
import ctypes, hashlib, os, time
import msgspec
from blastradius.model.facts import Definition, Embedded, Facts

NAME, VERSION, EMBEDS = "toy", "1", ("toy",)


def claims(path):
    return path.endswith(".toy")


def extract(source):
    """One definition a line; a line that starts with ! is an order."""
    definitions, embedded, problems = [], [], []
    for line, text in enumerate(source.decode().splitlines(), 1):
        order, _, rest = text.partition(" ")
        if order == "!crash":
            ctypes.string_at(0)
        elif order == "!exit":
            os._exit(3)
        elif order == "!sleep":
            time.sleep(float(rest))
        elif order == "!spin":
            while True:
                pass
        elif order == "!raise":
            raise RuntimeError(rest)
        elif order == "!memory":
            bytearray(64 << 30)
        elif order == "!deep":
            deep = lambda: deep()
            deep()
        elif order == "!inner":
            embedded.append(Embedded(rest.split()[0], "\\n".join(rest.split()[1:]), line, -1))
        elif text:
            definitions.append(Definition(text, "line", line, line, -1))
    own = msgspec.Raw(msgspec.msgpack.encode([one.line for one in definitions]))
    return Facts("full", tuple(definitions), embedded=tuple(embedded), own=own)


def symbol(path, definitions, index):
    return f"toy:{path}" if index < 0 else f"toy:{path}#{definitions[index].name}"


def tables(files, options):
    return None


def link(path, facts, tables):
    raise AssertionError
'''


@pytest.fixture(scope="session")
def toy_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    (site / "toy_language.py").write_text(_TOY)
    info = site / "toy_language-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-language\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[blastradius.languages]\ntoy = toy_language\npython = toy_language\n"
        "broken = no_such_module\nmisnamed = toy_language\n"
    )
    return site


@pytest.fixture
def toy(toy_package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Language]:
    monkeypatch.syspath_prepend(str(toy_package))
    importlib.invalidate_caches()
    registry.get.cache_clear()
    registry._table.cache_clear()
    yield registry.get("toy")
    sys.modules.pop("toy_language", None)
    registry.get.cache_clear()
    registry._table.cache_clear()
