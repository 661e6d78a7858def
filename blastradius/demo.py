"""The demo: a small warehouse in which five commits hang together and four do not.

A connector gains a field, a config lists it, a merge carries it, a table selects it, a view
aggregates it. People commit other things in between, twice in the same files; a second connector
beside it has a field of the same name all along. Authors and dates are fixed, so that the commit ids
are the same on every machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from blastradius.errors import UsageError
from blastradius.git.run import git

MARKER = "blastradius-demo"
_AGENT = ("Agent", "agent@example.com")
_HUMANS = (("Ada", "ada@example.com"), ("Grace", "grace@example.com"))
_START = 1_767_600_000  # 2026-01-05T08:00:00Z


class DemoRepo(NamedTuple):
    """The demo repository: where it is, the range of the session, and the first commit's full id."""

    path: Path
    range: str
    undo: str


class _Edit(NamedTuple):
    """Replace ``old`` by ``new`` in ``path``; both must be whole lines."""

    path: str
    old: str
    new: str


class _Step(NamedTuple):
    """One commit: its author, its subject, its edit."""

    author: tuple[str, str]
    subject: str
    edit: _Edit


_FILES = {
    "README.md": """\
# Sleep warehouse

Connectors read the vendors' APIs, `run_merge.py` loads what they return, SQL builds the tables.
""",
    "oura_connector.py": '''\
"""Sleep as the Oura ring measures it."""


class OuraConnector:
    """Reads one day of sleep from the Oura API."""

    endpoint = "https://api.example.com/oura/v2/sleep"

    def fetch(self, client, day):
        """Return one row for each night."""
        rows = []
        for night in client.get(self.endpoint, params={"day": day}):
            rows.append(
                {
                    "user_id": night["user"],
                    "day": night["day"],
                    "sleep_score": night["score"],
                    "deep_minutes": night["deep"] // 60,
                    "rem_minutes": night["rem"] // 60,
                }
            )
        return rows
''',
    "garmin_connector.py": '''\
"""Sleep as a Garmin watch measures it."""


class GarminConnector:
    """Reads one day of sleep from the Garmin API."""

    endpoint = "https://api.example.com/garmin/sleep"

    def fetch(self, client, day):
        """Return one row for each night."""
        return [
            {
                "user_id": night["userId"],
                "day": night["calendarDate"],
                "stress_level": night["stress"],
                "body_battery": night["battery"],
                "hrv_score": night["hrv"],
            }
            for night in client.get(self.endpoint, params={"date": day})
        ]
''',
    "config/sources_config.yaml": """\
# What is loaded, from where, and which fields.
sources:
  - name: oura
    connector: oura_connector.OuraConnector
    table: silver_input.oura
    schedule: "0 4 * * *"
    fields:
      - user_id
      - day
      - sleep_score
      - deep_minutes
      - rem_minutes

  - name: garmin
    connector: garmin_connector.GarminConnector
    table: silver_input.garmin
    schedule: "0 4 * * *"
    fields:
      - user_id
      - day
      - stress_level
      - body_battery
      - hrv_score
""",
    "run_merge.py": '''\
"""Loads what the connectors return into the tables that SQL reads."""

import yaml

CONFIG = "config/sources_config.yaml"


def load_sources():
    """Return the configured sources by name."""
    with open(CONFIG) as file:
        return {source["name"]: source for source in yaml.safe_load(file)["sources"]}


def merge_oura(store, rows):
    """Write Oura nights."""
    merged = [
        {
            "user_id": row["user_id"],
            "day": row["day"],
            "sleep_score": row["sleep_score"],
            "deep_minutes": row["deep_minutes"],
            "rem_minutes": row["rem_minutes"],
        }
        for row in rows
    ]
    store.insert("silver_input.oura", merged)


def merge_garmin(store, rows):
    """Write Garmin nights."""
    merged = [
        {
            "user_id": row["user_id"],
            "day": row["day"],
            "stress_level": row["stress_level"],
            "body_battery": row["body_battery"],
            "hrv_score": row["hrv_score"],
        }
        for row in rows
    ]
    store.insert("silver_input.garmin", merged)
''',
    "silver/oura_sleep.sql": """\
CREATE OR REPLACE TABLE silver.oura_sleep AS
SELECT
    user_id,
    day,
    sleep_score,
    deep_minutes + rem_minutes AS restful_minutes
FROM silver_input.oura
WHERE sleep_score IS NOT NULL;
""",
    "silver/garmin_sleep.sql": """\
CREATE OR REPLACE TABLE silver.garmin_sleep AS
SELECT
    user_id,
    day,
    stress_level,
    body_battery,
    hrv_score
FROM silver_input.garmin;
""",
    "gold/daily_summary.sql": """\
CREATE OR REPLACE VIEW gold.daily_summary AS
SELECT
    oura.user_id,
    oura.day,
    AVG(oura.sleep_score) AS sleep_score,
    SUM(oura.restful_minutes) AS restful_minutes,
    MAX(garmin.stress_level) AS stress_level
FROM silver.oura_sleep AS oura
LEFT JOIN silver.garmin_sleep AS garmin
    ON garmin.user_id = oura.user_id AND garmin.day = oura.day
GROUP BY oura.user_id, oura.day;
""",
}

_SCORE = '                    "sleep_score": night["score"],\n'
_ROW = '            "rem_minutes": row["rem_minutes"],\n'
_LOADED = '    store.insert("silver_input.garmin", merged)\n'
_LISTED = "      - rem_minutes\n"
_SELECTED = "    sleep_score,\n    deep_minutes"
_SUMMED = "    SUM(oura.restful_minutes)"

_STEPS = (
    _Step(
        _AGENT,
        "feat(oura): return hrv_score",
        _Edit(
            "oura_connector.py",
            _SCORE,
            _SCORE + '                    "hrv_score": night["average_hrv"],\n',
        ),
    ),
    _Step(
        _HUMANS[0],
        "docs: say how often the tables are built",
        _Edit("README.md", "SQL builds the tables.\n", "SQL builds the tables, nightly.\n"),
    ),
    _Step(
        _AGENT,
        "feat(config): list hrv_score for oura",
        _Edit("config/sources_config.yaml", _LISTED, _LISTED + "      - hrv_score\n"),
    ),
    _Step(
        _HUMANS[1],
        "fix(garmin): ask the new endpoint",
        _Edit("garmin_connector.py", "com/garmin/sleep", "com/garmin/v2/sleep"),
    ),
    _Step(
        _AGENT,
        "feat(merge): carry hrv_score into silver_input.oura",
        _Edit("run_merge.py", _ROW, _ROW + '            "hrv_score": row["hrv_score"],\n'),
    ),
    _Step(
        _HUMANS[0],
        "chore(config): load garmin an hour later",
        _Edit(
            "config/sources_config.yaml",
            'table: silver_input.garmin\n    schedule: "0 4 * * *"',
            'table: silver_input.garmin\n    schedule: "0 5 * * *"',
        ),
    ),
    _Step(
        _AGENT,
        "feat(silver): select hrv_score",
        _Edit(
            "silver/oura_sleep.sql", _SELECTED, "    sleep_score,\n    hrv_score,\n    deep_minutes"
        ),
    ),
    _Step(
        _HUMANS[1],
        "feat(merge): say how many garmin nights were written",
        _Edit("run_merge.py", _LOADED, _LOADED + "    return len(merged)\n"),
    ),
    _Step(
        _AGENT,
        "feat(gold): average hrv_score per day",
        _Edit(
            "gold/daily_summary.sql",
            _SUMMED,
            "    AVG(oura.hrv_score) AS hrv_score,\n" + _SUMMED,
        ),
    ),
)


def build(directory: Path) -> DemoRepo:
    """Build the demo repository in ``directory`` and return where to look.

    An earlier demo at the same place is used again as it is.

    Raises:
        UsageError: the directory holds something that is not the demo.
    """
    if (directory / ".git" / MARKER).is_file():
        return _describe(directory)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(
            f"{directory} is not empty and is not a demo",
            "name a new directory: blastradius demo DIR",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _init(directory)
        for path, text in _FILES.items():
            _write(directory, path, text)
        _commit(directory, _HUMANS[0], "Sleep warehouse with two sources", 0)
        for number, step in enumerate(_STEPS, start=1):
            _apply(directory, step.edit)
            _commit(directory, step.author, step.subject, number)
        (directory / ".git" / MARKER).write_text("built by blastradius demo\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot build the demo in {directory}: {error.strerror}", "name another folder"
        ) from error
    return _describe(directory)


def _init(directory: Path) -> None:
    git(directory, "-c", "init.defaultBranch=main", "init", "-q", "--template=", ".")


def _describe(directory: Path) -> DemoRepo:
    commits = git(directory, "rev-list", "--reverse", "HEAD").decode().split()
    return DemoRepo(directory, f"HEAD~{len(_STEPS)}..HEAD", commits[1])


def _write(directory: Path, path: str, text: str) -> None:
    target = directory / path
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")


def _apply(directory: Path, edit: _Edit) -> None:
    text = (directory / edit.path).read_text(encoding="utf-8")
    if text.count(edit.old) != 1:
        raise UsageError(f"the demo's {edit.path} was changed while it was built")
    _write(directory, edit.path, text.replace(edit.old, edit.new))


def _commit(directory: Path, author: tuple[str, str], subject: str, number: int) -> None:
    name, email = author
    stamp = f"{_START + 420 * number} +0000"
    git(directory, "add", "--all")
    git(
        directory,
        "commit",
        "-q",
        "--no-gpg-sign",
        "-m",
        subject,
        env={
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_COMMITTER_DATE": stamp,
        },
    )
