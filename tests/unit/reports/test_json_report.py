from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from blastradius.model.analysis import Analysis
from blastradius.reports import schema
from blastradius.reports.json import encode
from blastradius.reports.registry import render
from tests.asked import ANSWERS, GRAPHS
from tests.samples import GOLDEN, HOSTILE, HOSTILE_PATH, OURA

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "schema" / "analysis.json"


@pytest.mark.parametrize("name", GOLDEN)
def test_every_sample_satisfies_the_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
    validator.validate(json.loads(render(GOLDEN[name], "json")))


@pytest.mark.parametrize("name", schema.SCHEMAS)
def test_the_schema_is_one(name: str) -> None:
    file = SCHEMA_FILE.with_name(f"{name}.json")
    jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text()))


@pytest.mark.parametrize("name", schema.SCHEMAS)
def test_the_schema_file_is_current(name: str) -> None:
    written = SCHEMA_FILE.with_name(f"{name}.json").read_text(encoding="utf-8")
    assert written == schema.text(name), "python -m blastradius.reports.schema writes it anew"


@pytest.mark.parametrize("answer", [*ANSWERS.values(), *GRAPHS.values()])
def test_every_answer_satisfies_its_schema(answer: Any) -> None:  # noqa: ANN401 - of any kind
    name = answer.schema.split("/")[1]
    rules = json.loads(SCHEMA_FILE.with_name(f"{name}.json").read_text())
    validator = jsonschema.Draft202012Validator(rules)
    found = json.loads(render(answer, "json"))
    validator.validate(found)
    for key in list(found):
        less = {one: value for one, value in found.items() if one != key}
        assert not validator.is_valid(less), key


def all_keys(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [
            found
            for key, one in value.items()
            for found in (f"{path}.{key}", *all_keys(one, f"{path}.{key}"))
        ]
    if isinstance(value, list):
        return [
            found for place, one in enumerate(value) for found in all_keys(one, f"{path}[{place}]")
        ]
    return []


def without(value: Any, path: str) -> None:  # noqa: ANN401 - parsed JSON
    """Take the key at ``path`` away; list places are part of it."""
    *outer, last = path.replace("[", ".[").split(".")[1:]
    for step in outer:
        value = value[int(step[1:-1])] if step.startswith("[") else value[step]
    del value[last]


def test_a_dropped_key_does_not_satisfy_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
    free = ("because.", "edges_by_tier.", "numbers.")  # their keys depend on the case
    keys = [
        key
        for key in all_keys(json.loads(render(OURA, "json")))
        if not any(one in key for one in free)
    ]
    assert len(keys) > 100
    for key in keys:
        cut = json.loads(render(OURA, "json"))
        without(cut, key)
        assert not validator.is_valid(cut), key


def test_the_contract_has_its_top_level_keys() -> None:
    assert list(json.loads(render(OURA, "json"))) == [
        "schema",
        "range",
        "changes",
        "impact",
        "breaks",
        "revert_set",
        "effects",
        "problems",
        "coverage",
        "advice",
    ]


def test_what_is_written_reads_back_as_the_same_analysis() -> None:
    assert msgspec.json.decode(render(OURA, "json"), type=Analysis) == OURA


def test_bytes_that_are_not_utf8_are_escaped_in_every_string() -> None:
    text = render(HOSTILE, "json")
    text.encode()
    read = json.loads(text)
    expected = HOSTILE_PATH.replace("\udce9", "\\xe9")
    assert read["changes"][0]["path"] == expected
    assert read["revert_set"]["conflicts"] == [expected]
    assert read["range"]["commits"][0]["subject"] == HOSTILE.range.commits[0].subject


def test_characters_that_steer_a_terminal_are_escaped_and_read_back() -> None:
    value = {"a": "\x1b[2J \x9b31m \u202e \u2028 \x7f \ufeff 漢"}
    text = encode(value)
    assert json.loads(text) == value
    assert text.replace("\n", "").isprintable()
    assert "漢" in text


def test_lone_surrogates_of_any_kind_do_not_stop_the_report() -> None:
    assert json.loads(encode({"k\udcff": ["\ud800"]})) == {"k\\xff": ["\\ud800"]}


def test_the_text_is_indented_by_two_and_ends_in_a_newline() -> None:
    assert encode({"a": []}) == '{\n  "a": []\n}\n'
