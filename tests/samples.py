"""Hand-made analyses for the tests of reports and commands: the oura cascade, and the odd cases.

``python -m tests.samples`` writes the golden reports in fixtures/reports anew.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from blastradius.model.analysis import (
    SCHEMA,
    Advice,
    Analysis,
    AnalysisRange,
    Break,
    Command,
    Coverage,
    Effect,
    Evidence,
    FileProblem,
    FixForward,
    Impact,
    Inverse,
    LanguageCoverage,
    Proof,
    RevertCommit,
    RevertFile,
    RevertSet,
    SymbolChange,
    WitnessStep,
)
from blastradius.model.source import Commit
from blastradius.reports.registry import render

BASE = "ba5e" * 10


def commit_id(number: int) -> str:
    return f"{number:02d}c0ffee" * 5


def commit(number: int, subject: str, author: str = "Ada <ada@example.com>") -> Commit:
    parent = commit_id(number - 1) if number > 1 else BASE
    return Commit(
        commit_id(number), (parent,), author, f"2026-01-05T08:{number:02d}:00+00:00", subject
    )


COMMITS = (
    commit(1, "feat(oura): return hrv_score"),
    commit(2, "docs: say how often the tables are built"),
    commit(3, "feat(config): list hrv_score for oura"),
    commit(4, "feat(merge): carry hrv_score into silver_input.oura"),
    commit(5, "chore(config): load garmin an hour later"),
    commit(6, "feat(silver): select hrv_score"),
    commit(7, "feat(gold): average hrv_score per day"),
)

CONNECTOR = "python:oura_connector.py#OuraConnector.fetch[hrv_score]"
CONFIG = "yaml:config/sources_config.yaml#sources[0].fields[5]"
MERGE = "python:run_merge.py#merge_oura[hrv_score]"
SILVER = "sql:silver.oura_sleep.hrv_score"
GOLD = "sql:gold.daily_summary.hrv_score"

_LISTS = WitnessStep(CONFIG, CONNECTOR, "field", "config/sources_config.yaml", 13)
_WRITES = WitnessStep(MERGE, CONFIG, "field", "run_merge.py", 25)
_SELECTS = WitnessStep(SILVER, MERGE, "field", "silver/oura_sleep.sql", 6)
_AVERAGES = WitnessStep(GOLD, SILVER, "value", "gold/daily_summary.sql", 6)


def _drawn(number: int, step: WitnessStep, needs: tuple[str, int, int]) -> RevertCommit:
    path, line, other = needs
    return RevertCommit(
        commit_id(number),
        "reference",
        {
            "path": step.path,
            "line": step.line,
            "symbol": step.source,
            "needs": step.target,
            "kind": step.kind,
            "commit": commit_id(other),
            "needs_path": path,
            "needs_line": line,
        },
    )


OURA = Analysis(
    schema=SCHEMA,
    range=AnalysisRange(BASE, commit_id(7), COMMITS),
    changes=(
        SymbolChange(
            CONFIG,
            "added",
            "compatible",
            "config/sources_config.yaml",
            13,
            (commit_id(3),),
            detail="new item",
        ),
        SymbolChange(
            "sql:gold.daily_summary",
            "signature",
            "unknown",
            "gold/daily_summary.sql",
            1,
            (commit_id(7),),
            detail="columns in another order",
        ),
        SymbolChange(
            CONNECTOR,
            "added",
            "compatible",
            "oura_connector.py",
            17,
            (commit_id(1),),
            detail="new field",
        ),
        SymbolChange(
            MERGE, "added", "compatible", "run_merge.py", 25, (commit_id(4),), detail="new field"
        ),
        SymbolChange(
            "sql:silver.oura_sleep.rem",
            "removed",
            "breaking",
            "silver/oura_sleep.sql",
            5,
            (commit_id(6),),
            detail="no longer there",
        ),
    ),
    impact=(
        Impact(CONFIG, "config/sources_config.yaml", 13, 1, 0.97, "certain", (_LISTS,)),
        Impact(MERGE, "run_merge.py", 25, 2, 0.94, "certain", (_WRITES, _LISTS)),
        Impact(SILVER, "silver/oura_sleep.sql", 6, 3, 0.91, "likely", (_SELECTS, _WRITES, _LISTS)),
        Impact(
            GOLD,
            "gold/daily_summary.sql",
            6,
            4,
            0.89,
            "heuristic",
            (_AVERAGES, _SELECTS, _WRITES, _LISTS),
        ),
    ),
    breaks=(
        Break(
            "config/sources_config.yaml",
            13,
            CONFIG,
            CONNECTOR,
            "uses what would no longer be there",
            0.97,
            "certain",
            commit_id(3),
        ),
        Break(
            "reports/weekly.py",
            40,
            "python:reports/weekly.py#weekly",
            SILVER,
            "uses what would no longer be there",
            0.97,
            "certain",
            None,
        ),
    ),
    revert_set=RevertSet(
        goal=(commit_id(1),),
        commits=(
            RevertCommit(commit_id(1), "target", {}),
            _drawn(3, _LISTS, ("oura_connector.py", 17, 1)),
            _drawn(4, _WRITES, ("config/sources_config.yaml", 13, 3)),
            _drawn(6, _SELECTS, ("run_merge.py", 25, 4)),
            _drawn(7, _AVERAGES, ("silver/oura_sleep.sql", 6, 6)),
        ),
        files=(
            RevertFile("config/sources_config.yaml", "edit"),
            RevertFile("gold/daily_summary.sql", "revert"),
            RevertFile("oura_connector.py", "revert"),
            RevertFile("run_merge.py", "revert"),
            RevertFile("silver/oura_sleep.sql", "revert"),
        ),
        order=tuple((commit_id(number),) for number in (7, 6, 4, 3, 1)),
        fix_forward=(
            FixForward(
                "reports/monthly.py",
                12,
                "python:reports/monthly.py#monthly",
                "uses what would no longer be there: sql:silver.oura_sleep.hrv_score",
            ),
        ),
        tree="7ee5" * 10,
        proof=Proof(applies=True, parses=True, checked=("three-way merges of the whole set",)),
        review=(
            Break(
                "dashboards/sleep.yaml",
                3,
                "yaml:dashboards/sleep.yaml#panels[0].field",
                GOLD,
                "uses what would no longer be there",
                0.6,
                "heuristic",
                None,
            ),
        ),
    ),
    effects=(
        Effect(
            "database",
            "alembic",
            "migrations/0003_add_hrv.py",
            "applied wherever the range was deployed",
            "compensatable",
            (Evidence("migrations/0003_add_hrv.py", 1), Evidence("alembic.ini", 4)),
            Inverse("downgrade by one revision", ("alembic", "downgrade", "0002 base")),
            "alembic current shows 0002",
            "certain",
        ),
    ),
    problems=(FileProblem("silver/broken.sql", 3, "no SQL: unexpected token ')'"),),
    coverage=Coverage(
        12,
        9,
        1,
        2,
        {"certain": 60, "likely": 7, "heuristic": 3},
        (
            LanguageCoverage("python", 4, 4, 0, 38, 1, 12, 2, 5),
            LanguageCoverage("sql", 5, 4, 1, 21, 0, 0, 0, 0),
            LanguageCoverage("yaml", 1, 1, 0, 0, 0, 0, 0, 0),
        ),
    ),
    advice=Advice(
        "revert-set",
        "5 of 7 commits go, 2 stay between them: a set of reverts, dependents first.",
        (
            Command(
                ("git", "revert", "--no-commit", commit_id(7)), "undo the set, newest use first"
            ),
        ),
        (Command((), "revoke the token at its issuer"),),
        {"commits": 7, "go": 5},
    ),
)

EMPTY = Analysis(
    schema=SCHEMA,
    range=AnalysisRange(BASE, BASE, ()),
    changes=(),
    impact=(),
    breaks=(),
    revert_set=RevertSet(goal=()),
    effects=(),
    problems=(),
    coverage=Coverage(0, 0, 0, 0, {}),
)

# Every reference resolved, every file read: the one case where "nothing" may be said plainly.
UNDERSTOOD = Coverage(
    3, 3, 0, 0, {"certain": 9}, (LanguageCoverage("python", 3, 3, 0, 9, 0, 4, 0, 0),)
)
# One commit, one change, nothing that depends on it.
SMALL = replace(
    EMPTY,
    range=AnalysisRange(BASE, commit_id(1), COMMITS[:1]),
    changes=OURA.changes[2:3],
    revert_set=RevertSet(
        goal=(commit_id(1),),
        commits=(RevertCommit(commit_id(1), "target", {}),),
        files=(RevertFile("oura_connector.py", "revert"),),
        order=((commit_id(1),),),
        proof=Proof(applies=True, parses=True, checked=("merges",)),
    ),
    coverage=UNDERSTOOD,
)


def wide(number: int) -> Analysis:
    """Return an analysis with this many impacts, one step away each."""
    impacts = tuple(
        Impact(
            f"python:src/user_{index}.py#use",
            f"src/user_{index}.py",
            3,
            1,
            0.98,
            "certain",
            (
                WitnessStep(
                    f"python:src/user_{index}.py#use", CONNECTOR, "call", f"src/user_{index}.py", 3
                ),
            ),
        )
        for index in range(number)
    )
    return replace(SMALL, impact=impacts)


# What a hostile repository might put into names and subjects: an escape sequence, a fake line, a
# bidirectional override, a byte that is not UTF-8, Markdown, HTML, and a path beyond any width.
ESCAPE = "\x1b[2J\x1b[1;1Hall is well"
HOSTILE_PATH = "caf\udce9/" + "very/" * 40 + "deep\x1b[31m|`name`<b>.py"
HOSTILE = replace(
    OURA,
    range=AnalysisRange(
        BASE,
        commit_id(1),
        (
            commit(
                1, f"{ESCAPE}\nCHANGED  nothing \u202egpj.exe\u202c @everyone <script> `x` | 漢字"
            ),
        ),
    ),
    changes=(
        replace(
            OURA.changes[0],
            symbol=f"python:{HOSTILE_PATH}#run",
            path=HOSTILE_PATH,
            detail=ESCAPE,
            commits=(commit_id(1),),
        ),
    ),
    revert_set=replace(
        OURA.revert_set,
        commits=(
            RevertCommit(commit_id(1), "\x9b31mreason", {"text": ESCAPE, "path": HOSTILE_PATH}),
        ),
        order=((commit_id(1),),),
        files=(RevertFile(HOSTILE_PATH, "delete"),),
        conflicts=(HOSTILE_PATH,),
        tree=None,
        proof=Proof(applies=False, checked=("merges",)),
    ),
    problems=(FileProblem(HOSTILE_PATH, 0, ESCAPE),),
)

# Golden reports: name of the file in fixtures/reports → the analysis that it shows.
GOLDEN = {
    "oura": OURA,
    "empty": EMPTY,
    "small": SMALL,
    "wide": wide(500),
    "hostile": HOSTILE,
}


def write_goldens() -> None:
    """Write the golden reports anew; `git diff` then shows what changed for readers."""
    folder = Path(__file__).parent.parent / "fixtures" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    for name, analysis in GOLDEN.items():
        text = render(analysis, "text")
        (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_goldens()
