from __future__ import annotations

import pytest

from blastradius.index.blob import facts_of, failed, version_of
from blastradius.languages import registry
from blastradius.languages.base import Language
from blastradius.languages.secrets import HIDING


def test_the_version_names_the_languages_that_may_be_inside(
    toy: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert version_of(toy) == f"1\nhiding={HIDING}\ntoy=1"
    monkeypatch.setattr(toy, "EMBEDS", ())
    assert version_of(toy) == f"1\nhiding={HIDING}"


def test_a_language_that_does_not_say_may_hold_any(
    toy: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(toy, "EMBEDS")
    monkeypatch.setattr(registry, "names", lambda: ("toy", "python"))
    assert version_of(toy) == f"1\nhiding={HIDING}\npython={registry.get('python').VERSION}\ntoy=1"


def test_facts_without_embedded_texts_are_what_the_language_says(toy: Language) -> None:
    assert facts_of("toy", b"a\nb") == toy.extract(b"a\nb")


def test_an_unknown_language_is_a_problem_of_the_blob(toy: Language) -> None:
    facts = facts_of("klingon", b"")
    assert facts.parsed == "failed"
    assert "no language is called 'klingon'" in facts.problems[0].what


def test_an_embedded_text_that_breaks_its_extractor_fails_the_blob(toy: Language) -> None:
    facts = facts_of("toy", b"x\n!inner toy !raise")
    assert facts.parsed == "failed"
    assert facts.problems[0].what.startswith("the toy extractor stopped: RuntimeError in toy_")


def test_embedded_texts_inside_embedded_texts_are_not_followed(toy: Language) -> None:
    (inner,) = facts_of("toy", b"!inner toy a").embedded_facts
    assert inner.embedded_facts == ()


def test_a_long_reason_is_one_short_line() -> None:
    (problem,) = failed("a\nb " + "c" * 1_000).problems
    assert problem.what.startswith("a b ccc")
    assert len(problem.what) == 200


def test_a_lone_surrogate_in_a_string_costs_nothing_but_itself() -> None:
    source = (
        b'HOSTS = ["http://\\ud800.com"]\nMAP = {"\\udfff": 1}\n\n\ndef f(a="\\ud800"):\n    pass\n'
    )
    facts = facts_of("python", source)
    assert facts.parsed == "full"
    assert {"HOSTS", "MAP", "f"} <= {one.name for one in facts.definitions}
    assert [one.value for one in facts.mentions] == [r"http://\ud800.com"]
