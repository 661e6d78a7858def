from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from blastradius import demo
from blastradius.cli import commands, main
from blastradius.cli.reference import filled, help_text
from blastradius.errors import RepositoryError, UsageError
from blastradius.model.analysis import Coverage
from blastradius.reports.json import encode
from blastradius.reports.registry import render
from tests.gitworld import GitWorld
from tests.samples import OURA

if TYPE_CHECKING:
    from tests.fakeapi import FakeApi

Captured = pytest.CaptureFixture[str]
PAGE = Path(__file__).parents[3] / "docs" / "reference.md"


def test_index_warms_the_cache_and_says_what_was_understood(api: FakeApi, capsys: Captured) -> None:
    assert main(["index", "A..B", "--repo", "r", "--jobs", "2"]) == 0
    assert capsys.readouterr().out.startswith(
        "12 files: 9 parsed, 1 in part, 2 skipped\nPython: 38"
    )
    assert (api.asked["repo"], api.asked["range"], api.asked["jobs"]) == ("r", "A..B", 2)
    assert api.asked["cache"] is True


def test_index_answers_in_json_too(api: FakeApi, capsys: Captured) -> None:
    assert main(["index", "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert out == encode(OURA.coverage)
    assert set(json.loads(out)) == set(Coverage.__struct_fields__)


def test_cache_shows_where_it_is_and_what_it_holds(api: FakeApi, capsys: Captured) -> None:
    assert main(["cache", "--repo", "r"]) == 0
    assert capsys.readouterr().out == "path     r/facts.db\nentries  1,200\n"
    assert main(["cache", "stats", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": "facts.db", "entries": 1200}


def test_cache_clear_says_what_it_freed(api: FakeApi, capsys: Captured) -> None:
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "freed bytes  4,096\n"


def checks(capsys: Captured, *words: str) -> tuple[int, dict[str, dict[str, object]]]:
    code = main(["doctor", "--format", "json", *words])
    return code, {one["name"]: one for one in json.loads(capsys.readouterr().out)}


def test_doctor_finds_what_this_test_itself_needs(
    api: FakeApi, capsys: Captured, tmp_path: Path
) -> None:
    code, found = checks(capsys, "--repo", str(tmp_path))
    assert code == 0
    assert found["msgspec"]["said"] == f"{metadata.version('msgspec')} (wanted: <1,>=0.19)"
    assert str(found["git"]["said"]).startswith("git version ")
    assert found["grammar yaml"]["right"] is True
    assert found["cache"] == {
        "name": "cache",
        "right": True,
        "said": str(tmp_path / "facts.db"),
    }


def test_doctor_names_a_missing_package_and_ends_with_one(
    api: FakeApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: ["no-such-thing>=1", 'x; extra == "dev"'])
    code, found = checks(capsys, "--repo", str(tmp_path))
    assert code == 1
    assert found["no-such-thing"]["said"] == "not installed (wanted: >=1)"
    assert "x" not in found
    assert main(["doctor", "--repo", str(tmp_path)]) == 1
    assert "MISSING  no-such-thing" in capsys.readouterr().out


def test_doctor_without_git_says_how_to_get_it(
    api: FakeApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def absent(*_: object) -> NoReturn:
        raise RepositoryError("git was not found", "install git 2.38 or newer")

    monkeypatch.setattr("blastradius.git.run.git", absent)
    code, found = checks(capsys, "--repo", str(tmp_path))
    assert code == 1
    assert found["git"]["said"] == "git was not found (install git 2.38 or newer)"


def test_doctor_outside_a_repository_has_nothing_to_judge_about_the_cache(
    api: FakeApi, capsys: Captured
) -> None:
    api.error = RepositoryError("/x is not a git repository")
    code, found = checks(capsys)
    assert code == 0
    assert found["cache"]["right"] is None


def test_doctor_notices_a_cache_that_cannot_be_written(
    api: FakeApi, capsys: Captured, tmp_path: Path
) -> None:
    code, found = checks(capsys, "--repo", str(tmp_path / "absent"))
    assert code == 1
    assert str(found["cache"]["said"]).endswith("is read-only")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    asked: list[Path] = []

    def build(directory: Path) -> demo.DemoRepo:
        asked.append(directory)
        return demo.DemoRepo(directory, "HEAD~9..HEAD", "1c0ffee" * 5 + "12345")

    monkeypatch.setattr(demo, "build", build)
    return asked


def test_demo_prints_the_command_and_then_what_it_prints(
    api: FakeApi, capsys: Captured, built: list[Path]
) -> None:
    assert main(["demo", "my demo"]) == 0
    out, err = capsys.readouterr()
    assert built == [Path("my demo")]
    assert out == render(OURA, "text")
    command = "blastradius analyze --repo 'my demo' HEAD~9..HEAD --undo 1c0ffee1c0ff"
    assert err.splitlines()[1].strip() == command
    assert (api.asked["repo"], api.asked["range"]) == ("my demo", "HEAD~9..HEAD")
    assert api.asked["undo"] == ["1c0ffee1c0ff"]


def test_demo_in_json_is_json_alone(api: FakeApi, capsys: Captured, built: list[Path]) -> None:
    assert main(["demo", "--repo", "there", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "blastradius/analysis/1"
    assert built == [Path("there")]


def test_demo_has_a_default_place(api: FakeApi, built: list[Path]) -> None:
    assert main(["demo", "--quiet"]) == 0
    assert built == [Path("blastradius-demo")]


def test_demo_refuses_a_folder_of_others(
    api: FakeApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(directory: Path) -> NoReturn:
        raise UsageError(f"{directory} is not empty and is not a demo", "name a new directory")

    monkeypatch.setattr(demo, "build", refuse)
    assert main(["demo", "src"]) == 2
    assert "src is not empty" in capsys.readouterr().err
    assert api.asked == {}


def test_the_reference_shows_the_help_of_every_command_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page, "python -m blastradius.cli.reference fills it in"
    for name in ("blastradius", *commands.COMMANDS):
        assert help_text(name) in page


def test_a_changed_help_would_be_noticed() -> None:
    page = "<!-- help: cache -->\n```text\nstale text\n```\n<!-- end -->\n"
    assert help_text("cache") in filled(page)
    assert "stale" not in filled(page)


def test_the_reference_names_every_exit_code_and_every_key() -> None:
    from blastradius.config import Config
    from blastradius.model.analysis import Analysis

    page = PAGE.read_text(encoding="utf-8")
    for name in (*Config.__struct_fields__, *Analysis.__struct_fields__[1:]):
        assert f"| `{name}` |" in page
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 130):
        assert f"\n| {code} | " in page


def test_doctor_names_a_run_that_waits_and_a_database_whose_variable_is_not_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = GitWorld(tmp_path)
    world.commit("one", {"blastradius.toml": 'databases = { main = "SHOP_URL" }\n'})
    folder = tmp_path / ".git" / "blastradius" / "runs" / "20260101T000000-abcdef"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text("damaged\n")
    monkeypatch.delenv("SHOP_URL", raising=False)
    assert main(["doctor", "--repo", str(tmp_path), "--format", "json"]) == 1
    said = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert said["run that waits"]["right"] is False
    assert "SHOP_URL is not set" in said["database main"]["said"]
    assert said["database sqlalchemy"]["right"] is None
