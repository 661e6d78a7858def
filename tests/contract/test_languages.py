"""What every language must hold, whatever bytes it is given."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blastradius.index.link import Options
from blastradius.languages.base import Language
from blastradius.languages.registry import claim, get, names
from blastradius.model.facts import Facts

PATHS = {
    "python": "pkg/mod.py",
    "sql": "silver/table.sql",
    "yaml": "config/app.yaml",
    "javascript": "src/app.ts",
    "json": "config/app.json",
    "toml": "pyproject.toml",
    "ini": "setup.cfg",
    "dotenv": "deploy/.env",
    "containerfile": "Dockerfile",
    "hcl": "infra/main.tf",
}

SAMPLES = {
    "json": b"""{
  // who reads what
  "sources": [{"name": "oura", "fields": ["day", "score"]}],
  "schema": {"$ref": "#/sources/0"},
}
""",
    "toml": b"""[project]
name = "app"
scripts = { run = "pkg.mod:main" }

[[project.authors]]
name = "A"
""",
    "ini": b"""[metadata]
name = app
[options.entry_points]
console_scripts =
    run = pkg.mod:main
""",
    "dotenv": b"""# of the service
export HOST=localhost
URL="http://${HOST}/x"
""",
    "containerfile": b"""ARG VERSION=3.12
FROM python:${VERSION} AS build
COPY requirements.txt ./
RUN pip install -r requirements.txt
FROM build
ENV PORT=80
CMD ["python", "-m", "pkg.mod"]
""",
    "hcl": b"""variable "region" {}
locals { place = "x-${var.region}" }
resource "aws_s3_bucket" "logs" {
  bucket = local.place
}
""",
    "javascript": b"""import { other } from './other';

export class Base<T> {
  size = 1;

  run(days: number, deep = false) {
    return { day: days, deep: this.size };
  }
}

export const make = (path = 'config/app.yaml') => new Base<string>().run(other(path));
""",
    "python": b"""import os
from pkg import other

class Base:
    size = 1

    def run(self, days, *, deep=False):
        return {"day": days, "deep": deep}

def make(path="config/app.yaml"):
    return Base().run(3)
""",
    "sql": b"""CREATE TABLE silver.nights AS
SELECT day, MAX(score) AS best FROM raw.nights WHERE score > 0 GROUP BY day;
""",
    "yaml": b"""sources:
  - name: oura
    fields: [day, score]
    table: silver.nights
""",
}

ODD = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n" * 10,
    b"\t",
    b"(" * 5000,
    b"[" * 5000,
    b"{" * 5000,
    b"- " * 3000,
    b"a." * 5000,
    b"select " * 2000,
    b"x = " + b"-" * 20000 + b"1",
    b"'" * 999,
    b'"""',
    b"&a [*a, *a]\n",
    b"a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n",
]

each_language = pytest.mark.parametrize(
    "language", [get(name) for name in names()], ids=lambda language: str(language.NAME)
)


def test_the_samples_cover_every_language() -> None:
    assert set(names()) == set(SAMPLES)


@each_language
def test_a_language_claims_its_own_paths_only(language: Language) -> None:
    for name, path in PATHS.items():
        assert language.claims(path) == (name == language.NAME)
        found = claim(path)
        assert found is not None
        assert name == found.NAME
    assert claim("LICENSE") is None


@each_language
def test_the_sample_is_understood_whole(language: Language) -> None:
    facts = language.extract(SAMPLES[language.NAME])
    assert (facts.parsed, facts.problems) == ("full", ())
    assert facts.definitions


@each_language
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(bytes(odd[:12])))
def test_odd_bytes_are_data_not_exceptions(language: Language, odd: bytes) -> None:
    check(language, odd)


@each_language
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chunk=st.binary(max_size=200), where=st.integers(0, 300), cut=st.integers(0, 60))
def test_a_damaged_file_is_data_not_an_exception(
    language: Language, chunk: bytes, where: int, cut: int
) -> None:
    sample = SAMPLES[language.NAME]
    check(language, sample[:where] + chunk + sample[where + cut :])


def check(language: Language, source: bytes) -> None:
    facts = language.extract(source)
    assert facts == language.extract(source), "facts are a function of the bytes"
    assert facts.parsed != "failed" or facts.problems, "a failure says what it is"
    packed = msgspec.msgpack.encode(facts)
    back = msgspec.msgpack.decode(packed, type=Facts)
    assert back.definitions == facts.definitions
    lines = source.count(b"\n") + source.count(b"\r") + 2
    for index, one in enumerate(facts.definitions):
        assert -1 <= one.parent < index, "parents stand before their children"
        assert 0 <= one.line <= one.end <= lines
    for group in facts.groups:
        for site in group.sites:
            assert -1 <= site.definition < len(facts.definitions)
    path = PATHS[language.NAME]
    symbols = [
        language.symbol(path, facts.definitions, index)
        for index in range(-1, len(facts.definitions))
    ]
    assert all(symbol.startswith((f"{language.NAME}:", "file:")) for symbol in symbols)
    linked = language.link(path, facts, language.tables({path: facts}, options(path)))
    for edge in linked.edges:
        assert edge.path == path
        assert 0 < edge.confidence <= 1


def options(*paths: str) -> Options:
    return Options((), "", frozenset(paths))
