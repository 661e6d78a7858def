"""Stands for `blastradius.api` in the tests of the commands."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from blastradius.config import Config
from tests.asked import GRAPH, IMPACT, WHY
from tests.samples import OURA

if TYPE_CHECKING:
    from collections.abc import Callable

    from blastradius.model.analysis import Analysis, Coverage
    from blastradius.model.questions import DependencyGraph, ImpactAnswer, WhyAnswer


class FakeApi(ModuleType):
    """Stands for `blastradius.api`: answers what it is told to, and remembers how it was asked."""

    def __init__(self) -> None:
        super().__init__("blastradius.api")
        self.answer: Analysis = OURA
        self.error: BaseException | None = None
        self.config = Config()
        self.asked: dict[str, Any] = {}
        self.warning = ""

    def configuration(self, repo: str, warn: Callable[[str], None]) -> Config:
        if self.warning:
            warn(self.warning)
        return self.config

    def analyze(self, repo: str, range: str | None = None, **options: Any) -> Analysis:  # noqa: A002, ANN401 - as the real one; remembered as they come
        self.asked = {"repo": repo, "range": range, **options}
        options["progress"]("reading head", 1, 2)
        if self.error is not None:
            raise self.error
        return self.answer

    def warm(self, repo: str, range: str | None = None, **options: Any) -> Coverage:  # noqa: A002, ANN401 - as above
        self.asked = {"repo": repo, "range": range, **options}
        return self.answer.coverage

    def impact(self, repo: str, what: str, **options: Any) -> ImpactAnswer:  # noqa: ANN401 - as above
        self.asked = {"repo": repo, "what": what, **options}
        return IMPACT

    def why(self, repo: str, source: str, target: str, **options: Any) -> WhyAnswer:  # noqa: ANN401 - as above
        self.asked = {"repo": repo, "source": source, "target": target, **options}
        return WHY

    def dependency_graph(self, folder: str | Path, **options: Any) -> DependencyGraph:  # noqa: ANN401 - as above
        self.asked = {"folder": str(folder), **options}
        return GRAPH

    def cache_stats(self, repo: str) -> dict[str, int | str]:
        self.asked = {"repo": repo}
        if self.error is not None:
            raise self.error
        return {"path": str(Path(repo) / "facts.db"), "entries": 1200}

    def cache_clear(self, repo: str) -> int:
        self.asked = {"repo": repo}
        return 4096
