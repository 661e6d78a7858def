"""All effects of a range outside git: every detector asked, equal answers merged, sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

import msgspec
from msgspec import Struct

from blastradius.domains.base import ChangeView, Detector
from blastradius.model.analysis import Effect, Evidence, FileProblem

DOMAINS = (
    "artifacts",
    "caches",
    "database",
    "deploy",
    "env",
    "flags",
    "iac",
    "jobs",
    "packages",
    "pipelines",
    "schemas",
    "third_party",
)
_CERTAINTIES = ("certain", "likely", "possible")
_SEVERITIES = ("irreversible", "compensatable", "reversible")
_MAX_EVIDENCE = 20


class Survey(Struct, frozen=True):
    """What all detectors found, and which of them failed."""

    effects: tuple[Effect, ...]
    problems: tuple[FileProblem, ...]


def detectors() -> Iterator[tuple[str, Callable[[], Detector]]]:
    """Yield the name and the import of every detector: the built-in ones, then other packages'."""
    for name in DOMAINS:
        module = f"blastradius.domains.{name}"
        yield name, partial(_built_in, module)
    for entry in sorted(entry_points(group="blastradius.domains"), key=lambda one: one.name):
        yield entry.name, entry.load


def _built_in(module: str) -> Detector:
    return cast("Detector", import_module(module))


def inventory(view: ChangeView) -> tuple[Effect, ...]:
    """Return the effects of a range, most severe of equal ones, in a total order."""
    return survey(view).effects


def survey(view: ChangeView) -> Survey:
    """Return the effects, and a problem for each detector that failed.

    A detector that raises loses what it has not yet yielded; the others are not touched.
    """
    merged: dict[tuple[str, str, str, str], Effect] = {}
    problems: list[FileProblem] = []
    for name, load in detectors():
        try:
            for effect in load().detect(view):
                _merge(merged, effect)
        except Exception as error:  # noqa: BLE001 - one detector must not end the answer
            # The message is left out: it may quote the file, and the file may hold secrets.
            what = f"effects of {name} are not whole: its detector failed ({type(error).__name__})"
            problems.append(FileProblem("", 0, what))
    order = sorted(merged.values(), key=lambda one: (one.domain, one.tool, one.target, one.action))
    return Survey(tuple(order), tuple(problems))


def _merge(merged: dict[tuple[str, str, str, str], Effect], effect: Effect) -> None:
    key = (effect.domain, effect.tool, effect.target, effect.action)
    known = merged.get(key)
    evidence = set(effect.evidence) | (set(known.evidence) if known is not None else set())
    if known is not None:
        # Of two verdicts the surer one, and the graver one, stand.
        effect = msgspec.structs.replace(
            known if _gravity(known) <= _gravity(effect) else effect,
            certainty=min(known.certainty, effect.certainty, key=_CERTAINTIES.index),
        )
    merged[key] = msgspec.structs.replace(effect, evidence=_ordered(evidence))


def _gravity(effect: Effect) -> int:
    return _SEVERITIES.index(effect.reversibility)


def _ordered(evidence: set[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=lambda one: (one.path, one.line))[:_MAX_EVIDENCE])
