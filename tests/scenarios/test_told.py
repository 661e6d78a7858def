"""The scenarios of ``fixtures/scenarios``: a reader sees what is right, real git judges the tree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import blastradius
from blastradius.errors import NoConsistentPlanError
from blastradius.model.analysis import RevertSet
from tests.gitworld import GitWorld, undo_in_clone

PAGES = sorted((Path(__file__).parents[2] / "fixtures" / "scenarios").glob("[a-z]*.md"))
_FILE = re.compile(r"^`(?P<path>[^`]+)`\n```\w*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_GOES = re.compile(r"^`([^`]+)` goes$", re.MULTILINE)
_MOVES = re.compile(r"^`([^`]+)` moves to `([^`]+)`$", re.MULTILINE)
_WAVE = re.compile(r"^(\d+)\. (.*) \(([\w-]+)\)$", re.MULTILINE)
_LINE = re.compile(r"^- ([a-z ]+): (.*)$", re.MULTILINE)


class Step(NamedTuple):
    """One heading of a page and what stands below it."""

    kind: str
    name: str
    body: str


def steps(page: Path) -> list[Step]:
    found = []
    for part in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        kind, _, name = head.partition(": ")
        found.append(Step(kind, name, body))
    return found


class Told:
    """Builds the history of a page, and checks each question against it as it is then."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.world = GitWorld(folder)
        self.ids: dict[str, str] = {}
        self.base = ""

    def take(self, step: Step) -> None:
        if step.kind == "undo":
            self.ask(step)
        elif step.kind in {"base", "commit"}:
            commit = self.world.commit(step.name or "base", self._files(step))
            self.base = self.base or commit
            self.ids[step.name or "base"] = commit
        elif step.kind == "revert":
            self.world.git("revert", "--no-edit", self.ids[step.name])
            self.ids[f"revert: {step.name}"] = self.world.git("rev-parse", "HEAD")
        elif step.kind == "branch":
            self.world.git("checkout", "-q", "-b", step.name)
        elif step.kind == "main":
            self.world.git("checkout", "-q", "main")
        else:
            assert step.kind == "merge", step
            self.world.git("merge", "-q", "--no-ff", "--no-commit", step.name, check=False)
            self.ids[f"merge {step.name}"] = self.world.commit(
                f"merge {step.name}", self._files(step)
            )

    def _files(self, step: Step) -> dict[str, str | bytes | None]:
        found: dict[str, str | bytes | None] = dict.fromkeys(_GOES.findall(step.body))
        for old, new in _MOVES.findall(step.body):
            found[new] = (self.world.path / old).read_bytes()
            found[old] = None
        return found | {one["path"]: one["text"] for one in _FILE.finditer(step.body)}

    def ask(self, step: Step) -> None:
        lines = [(key, value) for key, value in _LINE.findall(step.body)]
        asked = dict(lines)
        level: Any = asked.get("level", "commit")
        undo = [self.ids.get(word, word) for word in step.name.split(" | ")]
        keep = [self.ids[asked["keep"]]] if "keep" in asked else []
        mend = int(asked["mend"]) if "mend" in asked else None

        def answer() -> RevertSet:
            return blastradius.analyze(
                self.world.path,
                f"{self.base}..HEAD",
                undo=undo,
                keep=keep,
                level=level,
                mend=mend,
                jobs=1,
                cache=False,
            ).revert_set

        if "refused" in asked:
            with pytest.raises(NoConsistentPlanError, match=asked["refused"]):
                answer()
            return
        found = answer()
        assert self._waves(found) == sorted(
            (int(wave), what, reason) for wave, what, reason in _WAVE.findall(step.body)
        )
        told = sorted((key, value) for key, value in lines if key not in {"level", "keep", "mend"})
        assert self._asides(found, {key for key, _ in told}) == told
        proof = found.proof
        by_hand = "by hand" in asked
        assert (proof.applies, proof.parses, proof.intact) == (True, True, True)
        assert (proof.irreducible, proof.least) == (True, True)
        assert bool(proof.new_dangling) == by_hand
        assert all(step.breaks == () or by_hand for step in found.steps)
        if level == "commit":
            undo_in_clone(self.world, found)

    def _waves(self, found: RevertSet) -> list[tuple[int, str, str]]:
        named = {one: name for name, one in self.ids.items()}
        reasons = {one.id: one.reason for one in found.commits}
        reasons |= {
            f"{one.commit}:{one.path}" + (f"#{one.symbol}" if one.symbol else ""): one.reason
            for one in found.atoms
        }
        return sorted(
            (number, named[atom[:40]] + atom[40:], reasons[atom])
            for number, wave in enumerate(found.order, start=1)
            for atom in wave
        )

    def _asides(self, found: RevertSet, wanted: set[str]) -> list[tuple[str, str]]:
        named = {one: name for name, one in self.ids.items()}
        said = [
            ("together", str(number))
            for number, step in enumerate(found.steps, start=1)
            if step.together
        ]
        said += [
            ("echo", f"{named[one.later]} takes back {named[one.earlier]}") for one in found.echoes
        ]
        said += [
            ("or", " or ".join(sorted(named[each] for each in one.answers)))
            for one in found.alternatives
        ]
        said += [
            ("by hand", f"{one.path}:{one.line}") for one in found.fix_forward if one.kind == "site"
        ][:1]
        return sorted(said)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_answer_is_as_told(tmp_path: Path, page: Path) -> None:
    told = Told(tmp_path / "repo")
    for step in steps(page):
        told.take(step)
