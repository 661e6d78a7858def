"""What people touch besides when they revert, in small real histories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from blastradius.api.besides import besides
from blastradius.model.analysis import FixForward
from tests.gitworld import Content, GitWorld
from tests.trials import tried

Files = dict[str, Content]
APP = "def {name}(night):\n    return night.hrv\n"
DJANGO = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.AddField("n", "x", None)]
"""


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    path = tmp_path / "repo"
    path.mkdir()
    return GitWorld(path)


def history(world: GitWorld, *steps: tuple[str, Files]) -> list[str]:
    return [world.commit(subject, files) for subject, files in steps]


def found(world: GitWorld, base: str, *undo: str, kind: str = "") -> list[FixForward]:
    with tried(world.path, f"{base}..HEAD", undo) as trial:
        return [one for one in besides(trial) if not kind or one.kind == kind]


def places(several: Sequence[FixForward]) -> list[tuple[str, int]]:
    return [(one.path, one.line) for one in several]


TESTS = """\
from app import {imported}


def helper(night):
    return score(night)


def test_direct():
    assert score(1) == 1


def test_through_a_helper():
    assert helper(1)


def test_other():
    assert {other}
"""


class TestTests:
    def test_tests_that_reach_what_changes_back_are_named(self, world: GitWorld) -> None:
        tests = TESTS.format(imported="score", other="True")
        base, first = history(
            world,
            ("base", {"app.py": "def score(n):\n    return n\n", "tests/test_app.py": tests}),
            ("change", {"app.py": "def score(n):\n    return n + 1\n"}),
        )
        tests_found = found(world, base, first, kind="test")
        assert [(one.symbol.partition("#")[2], one.line) for one in tests_found] == [
            ("test_direct", 8),
            ("test_through_a_helper", 12),
        ]
        assert tests_found[0].why == "exercises score, which changes back"
        assert tests_found[0].commands == (
            (
                *("python", "-m", "pytest", "tests/test_app.py::test_direct"),
                "tests/test_app.py::test_through_a_helper",
            ),
        )
        assert tests_found[1].commands == ()

    def test_a_test_that_a_kept_commit_fitted_to_the_change_comes_first(
        self, world: GitWorld
    ) -> None:
        tests = TESTS.format(imported="score", other="score(2)")
        base, first, _ = history(
            world,
            ("base", {"app.py": "def score(n):\n    return n\n", "tests/test_app.py": tests}),
            ("change", {"app.py": "def score(n):\n    return n + 1\n"}),
            ("fit", {"tests/test_app.py": tests.replace("score(2)", "score(2) == 3")}),
        )
        tests_found = found(world, base, first, kind="test")
        assert tests_found[0].symbol.endswith("#test_other")
        assert tests_found[0].why.startswith("may fail: ")
        assert first[:9] in tests_found[0].why
        assert [one.why for one in tests_found[1:]] == ["exercises score, which changes back"] * 2

    def test_a_test_in_which_something_dangles_would_fail(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n", "tests/helpers.py": "Y = 1\n"}),
            ("add", {"app.py": "X = 1\n\n\ndef score(n):\n    return n\n"}),
            (
                "test",
                {
                    "tests/test_a.py": "import app\n\n\ndef test_a():\n    assert app.score(1)\n",
                    "tests/test_b.py": "from app import score\n\n\ndef test_b():\n    score(1)\n",
                },
            ),
        )
        with tried(world.path, f"{base}..HEAD", [first], mend=0) as trial:
            tests_found = [one for one in besides(trial) if one.kind == "test"]
        assert [(one.symbol, one.why) for one in tests_found[:2]] == [
            (
                "python:tests/test_a.py#test_a",
                "would fail: line 5 uses score, which is no longer there",
            ),
            ("python:tests/test_b.py", "would fail: line 1 uses score, which is no longer there"),
        ]

    def test_a_test_that_changes_back_itself_is_part_of_the_revert(self, world: GitWorld) -> None:
        tests = "from app import score\n\n\ndef test_it():\n    assert score(1) == {}\n"
        base, first = history(
            world,
            (
                "base",
                {"app.py": "def score(n):\n    return n\n", "test_app.py": tests.format(1)},
            ),
            (
                "both",
                {"app.py": "def score(n):\n    return n + 1\n", "test_app.py": tests.format(2)},
            ),
        )
        assert found(world, base, first) == []

    def test_many_tests_of_one_file_are_named_once(self, world: GitWorld) -> None:
        many = "".join(f"\n\ndef test_{n}():\n    assert app.score({n})\n" for n in range(20))
        base, first = history(
            world,
            (
                "base",
                {"app.py": "def score(n):\n    return n\n", "test_app.py": "import app\n" + many},
            ),
            ("change", {"app.py": "def score(n):\n    return n + 1\n"}),
        )
        (only,) = found(world, base, first)
        assert only.why.startswith("20 tests exercise score, which changes back: test_0")
        assert only.commands == (("python", "-m", "pytest", "test_app.py"),)

    def test_what_is_cut_is_said(self, world: GitWorld) -> None:
        tests = {
            f"tests/test_{n:02}.py": "from app import score\n\n\ndef test_it():\n    score(1)\n"
            for n in range(40)
        }
        base, first = history(
            world,
            ("base", {"app.py": "def score(n):\n    return n\n", **tests}),
            ("change", {"app.py": "def score(n):\n    return n + 1\n"}),
        )
        several = found(world, base, first)
        assert len(several) == 25
        assert several[-1].why == (
            "and 16 more of this kind, in tests/test_24.py, tests/test_25.py, tests/test_26.py "
            "and 13 more files"
        )


class TestDocs:
    def test_a_page_that_stays_and_names_what_goes(self, world: GitWorld) -> None:
        page = "# Nights\n\nCall `rmssd_of` on a night.\nA night is fine; score it.\n"
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n"}),
            (
                "add",
                {
                    "app.py": "X = 1\n\n\ndef score(n):\n    return n\n\n\n"
                    + APP.format(name="rmssd_of")
                },
            ),
            ("document", {"docs/nights.md": page}),
        )
        (only,) = found(world, base, first, kind="docs")
        assert (only.path, only.line) == ("docs/nights.md", 3)
        assert only.why == "names rmssd_of, which goes"
        assert only.symbol == "python:app.py#rmssd_of"

    def test_older_lines_and_other_definitions_of_the_name_are_not_meant(
        self, world: GitWorld
    ) -> None:
        base, first, _ = history(
            world,
            (
                "base",
                {
                    "app.py": "X = 1\n",
                    "README.md": "pandas has `to_parquet`.\n",
                    "b.py": APP.format(name="read_all"),
                },
            ),
            (
                "add",
                {"app.py": APP.format(name="to_parquet") + "\n\n" + APP.format(name="read_all")},
            ),
            ("document", {"README.md": "pandas has `to_parquet`.\n\nUse `read_all` of b.\n"}),
        )
        assert found(world, base, first, kind="docs") == []

    def test_a_method_counts_behind_its_class_only(self, world: GitWorld) -> None:
        code = "class Oura:\n    def to_dict(self):\n        return {}\n"
        base, first, _ = history(
            world,
            ("base", {"app.py": "class Oura:\n    pass\n"}),
            ("add", {"app.py": code}),
            ("document", {"README.md": "A frame has `to_dict`.\n`Oura.to_dict` has none.\n"}),
        )
        assert places(found(world, base, first, kind="docs")) == [("README.md", 2)]

    def test_an_option_and_a_file_that_go(self, world: GitWorld) -> None:
        cli = 'parser.add_argument("--dry-run")\n'
        base, first, _ = history(
            world,
            ("base", {"cli.py": cli, "docs/x.md": "See src/none.py and --dry-run.\n"}),
            (
                "add",
                {"cli.py": cli + 'parser.add_argument("--only-new")\n', "src/night.py": "N = 1\n"},
            ),
            (
                "document",
                {
                    "docs/y.md": "Run with --only-new.\nRead [it](../src/night.py).\nAnd --dry-run.\n"
                },
            ),
        )
        docs = found(world, base, first, kind="docs")
        assert [(one.line, one.symbol) for one in docs] == [
            (1, "--only-new"),
            (2, "file:src/night.py"),
        ]

    def test_hostile_prose_costs_nothing(self, world: GitWorld) -> None:
        hostile = "\n".join(one * 300_000 for one in ("`", "a", "a.", "a/", "--a", "a_"))
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n"}),
            ("add", {"app.py": APP.format(name="rmssd_of"), "src/a.py": "A = 1\n"}),
            ("document", {"README.md": hostile, "CHANGES.md": hostile}),
        )
        assert found(world, base, first) == []


class TestChangelog:
    def test_an_entry_with_the_number_of_an_undone_pull_request(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n", "CHANGELOG.md": "# Changelog\n\n* Older. (#12)\n"}),
            ("Say it loud (#123)", {"app.py": "X = 2\n"}),
            (
                "Release",
                {
                    "CHANGELOG.md": "# Changelog\n\n* Said. (#123)\n* Not this. (#1234)\n* Older. (#12)\n"
                },
            ),
        )
        (only,) = found(world, base, first)
        assert (only.kind, only.path, only.line) == ("changelog", "CHANGELOG.md", 3)
        assert "#123" in only.why
        assert first[:9] in only.why

    def test_the_text_of_a_fragment_that_was_gathered_since(self, world: GitWorld) -> None:
        said = "Nights without a heart rate are left out."
        base, first, _ = history(
            world,
            (
                "base",
                {"app.py": "X = 1\n", "CHANGES.rst": "Changes\n=======\n\n1.0\n---\n- First.\n"},
            ),
            ("fix", {"app.py": "X = 2\n", "news/77.bugfix.md": said + "\n"}),
            (
                "release",
                {
                    "news/77.bugfix.md": None,
                    "CHANGES.rst": f"Changes\n=======\n\n1.1\n---\n- {said} (#77)\n\n1.0\n---\n- First.\n",
                },
            ),
        )
        (only,) = found(world, base, first, kind="changelog")
        assert (only.path, only.line) == ("CHANGES.rst", 6)

    def test_the_issue_of_a_fragment_whose_entry_the_release_worded_anew(
        self, world: GitWorld
    ) -> None:
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n", "CHANGES.rst": "Changes\n=======\n"}),
            ("fix (#12)", {"app.py": "X = 2\n", "news/77.bugfix.md": "Nights are left out.\n"}),
            (
                "release",
                {
                    "news/77.bugfix.md": None,
                    "CHANGES.rst": "Changes\n=======\n\n- `#77 <https://h.org/77>`_: Less nights.\n",
                },
            ),
        )
        assert places(found(world, base, first, kind="changelog")) == [("CHANGES.rst", 4)]

    def test_the_subject_of_an_undone_commit(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n", "NEWS.md": "# News\n"}),
            ("feat(nights): Leave out nights without a heart rate", {"app.py": "X = 2\n"}),
            ("release", {"NEWS.md": "# News\n\n- leave out nights without a *heart rate*.\n"}),
        )
        assert places(found(world, base, first)) == [("NEWS.md", 3)]

    def test_an_entry_that_only_quotes_the_subject_is_another_one(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n", "NEWS.md": "# News\n"}),
            ("Leave out nights without a rate (#9)", {"app.py": "X = 2\n"}),
            ("release", {"NEWS.md": "# News\n\n- Revert 'Leave out nights without a rate' (#8)\n"}),
        )
        assert found(world, base, first) == []

    def test_a_fragment_called_as_the_pull_request(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"app.py": "X = 1\n", "newsfragments/9.feature.rst": "Old.\n"}),
            ("Do it (#55)", {"app.py": "X = 2\n"}),
            ("say it", {"newsfragments/55.feature.rst": "Did it.\n"}),
        )
        assert places(found(world, base, first)) == [("newsfragments/55.feature.rst", 1)]

    def test_an_entry_that_goes_with_the_commit_is_nothing_to_mend(self, world: GitWorld) -> None:
        base, first = history(
            world,
            ("base", {"app.py": "X = 1\n", "CHANGELOG.md": "# Changelog\n"}),
            (
                "Do it at long last (#5)",
                {"app.py": "X = 2\n", "CHANGELOG.md": "# Changelog\n\n* It. (#5)\n"},
            ),
        )
        assert found(world, base, first) == []


def package(**dependencies: str) -> str:
    items = ", ".join(f'"{name}": "{version}"' for name, version in sorted(dependencies.items()))
    return f'{{\n  "name": "x",\n  "dependencies": {{{items}}}\n}}\n'


class TestLocks:
    def test_a_lock_that_a_mixed_commit_renewed_is_made_anew(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"web/package.json": package(a="1"), "web/package-lock.json": "{1}\n"}),
            ("add b", {"web/package.json": package(a="1", b="1")}),
            ("lock", {"web/package-lock.json": "{2}\n", "web/x.js": "const x = 1\n"}),
        )
        (only,) = found(world, base, first)
        assert (only.kind, only.path) == ("lock", "web/package-lock.json")
        assert "web/package.json" in only.why
        assert only.commands == (("npm", "--prefix", "web", "install", "--package-lock-only"),)

    def test_manifest_and_lock_that_go_back_together_fit(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"package.json": package(a="1"), "package-lock.json": "{1}\n"}),
            ("add b", {"package.json": package(a="1", b="1"), "package-lock.json": "{2}\n"}),
            ("other", {"x.txt": "x\n"}),
        )
        assert found(world, base, first) == []

    def test_what_the_lock_does_not_hold_does_not_matter(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"package.json": package(a="1"), "package-lock.json": "{1}\n"}),
            ("rename", {"package.json": package(a="1").replace('"x"', '"y"')}),
            ("lock", {"package-lock.json": "{2}\n", "x.txt": "x\n"}),
        )
        assert found(world, base, first) == []

    def test_a_lock_that_goes_back_while_the_manifest_stays(self, world: GitWorld) -> None:
        project = '[project]\nname = "x"\ndependencies = [{}]\n'
        base, _, second = history(
            world,
            ("base", {"pyproject.toml": project.format(""), "uv.lock": "1\n"}),
            ("add", {"pyproject.toml": project.format('"httpx"')}),
            ("lock", {"uv.lock": "2\n"}),
        )
        (only,) = found(world, base, second)
        assert (only.kind, only.path, only.commands) == ("lock", "uv.lock", (("uv", "lock"),))

    def test_a_part_of_a_lock_that_is_still_asked_for(self, world: GitWorld) -> None:
        lock = "".join(f"package {n}\nversion 1\nhash\n\n" for n in range(9))
        more = f"package 0.5\nversion 1\n\n{lock}"
        base, _, locked, _ = history(
            world,
            ("base", {"package.json": package(a="1"), "pnpm-lock.yaml": lock}),
            ("add", {"package.json": package(a="1", b="1")}),
            ("lock", {"pnpm-lock.yaml": more}),
            (
                "upgrade",
                {"pnpm-lock.yaml": more.replace("package 7\nversion 1", "package 7\nversion 2")},
            ),
        )
        (only,) = found(world, base, locked)
        assert only.why == "the lock goes back, and package.json stays: make the lock anew"

    def test_an_upgrade_of_the_lock_alone_goes_back_to_what_fitted(self, world: GitWorld) -> None:
        base, _, upgrade = history(
            world,
            ("base", {"go.mod": "module x\n", "go.sum": "\n"}),
            ("add", {"go.mod": "module x\nrequire a v1\n", "go.sum": "a v1\n"}),
            ("upgrade", {"go.sum": "a v1 b v2\n"}),
        )
        assert found(world, base, upgrade) == []

    def test_an_upgrade_of_one_package_in_a_lock_of_many(self, world: GitWorld) -> None:
        lock = "".join(f"package {n}\nversion 1\nhash\n\n" for n in range(9))
        upgraded = lock.replace("package 1\nversion 1", "package 1\nversion 2")
        other = upgraded.replace("package 7\nversion 1", "package 7\nversion 2")
        more = f"{other}package 9\nversion 1\nhash\n"
        base, upgrade, _, added, _ = history(
            world,
            ("base", {"package.json": package(a="1"), "pnpm-lock.yaml": lock}),
            ("upgrade 1", {"pnpm-lock.yaml": upgraded}),
            ("upgrade 7", {"pnpm-lock.yaml": other}),
            ("add 9", {"package.json": package(a="1", b="1"), "pnpm-lock.yaml": more}),
            (
                "upgrade 3",
                {"pnpm-lock.yaml": more.replace("package 3\nversion 1", "package 3\nversion 2")},
            ),
        )
        assert found(world, base, upgrade) == []
        (only,) = found(world, base, added)
        assert only.why.startswith("package.json and the lock go back in part")
        assert only.commands == (("pnpm", "install", "--lockfile-only"),)

    def test_parts_of_one_commit_fit_each_other(self, world: GitWorld) -> None:
        base, _, third = history(
            world,
            ("base", {"package.json": package(a="1"), "package-lock.json": "{1}\n"}),
            ("both", {"package.json": package(a="1", b="1"), "package-lock.json": "{2}\n"}),
            ("later", {"package.json": package(a="1", b="1", c="1"), "package-lock.json": "{3}\n"}),
        )
        with tried(world.path, f"{base}..HEAD", [third], level="file") as trial:
            assert len(trial.history.atoms) == 4
            assert besides(trial) == ()

    def test_a_member_of_a_workspace_is_locked_at_its_top(self, world: GitWorld) -> None:
        member = '[package]\nname = "m"\n[dependencies]\n{}\n'
        base, first, _ = history(
            world,
            (
                "base",
                {
                    "Cargo.toml": '[workspace]\nmembers = ["m"]\n',
                    "Cargo.lock": "1\n",
                    "m/Cargo.toml": member.format(""),
                },
            ),
            ("add", {"m/Cargo.toml": member.format('serde = "1"')}),
            ("lock and more", {"Cargo.lock": "2\n", "x.txt": "x\n"}),
        )
        (only,) = found(world, base, first)
        assert (only.path, only.commands) == ("Cargo.lock", (("cargo", "update", "--workspace"),))

    def test_compiled_requirements(self, world: GitWorld) -> None:
        head = "# This file is autogenerated by pip-compile\n"
        base, first, _ = history(
            world,
            ("base", {"requirements.in": "a\n", "requirements.txt": head + "a==1\n"}),
            ("add", {"requirements.in": "a\nb\n"}),
            ("compile and more", {"requirements.txt": head + "a==1\nb==1\n", "x.txt": "x\n"}),
        )
        (only,) = found(world, base, first)
        assert only.commands == (("pip-compile", "requirements.in", "-o", "requirements.txt"),)


class TestGenerated:
    def test_a_generated_file_whose_source_changes_back(self, world: GitWorld) -> None:
        base, first, _ = history(
            world,
            ("base", {"api/night.proto": "message N {}\n", "api/night_pb2.py": "A = 1\n"}),
            ("field", {"api/night.proto": "message N { int32 x = 1; }\n"}),
            ("generate and more", {"api/night_pb2.py": "A = 2\n", "x.txt": "x\n"}),
        )
        (only,) = found(world, base, first)
        assert (only.kind, only.path) == ("generated", "api/night_pb2.py")
        assert "api/night.proto" in only.why

    def test_a_header_that_names_the_source(self, world: GitWorld) -> None:
        made = "# Code generated by tools/make.py from schema/night.json. DO NOT EDIT.\nA = {}\n"
        base, first, _ = history(
            world,
            ("base", {"schema/night.json": "{}\n", "night_gen.py": made.format(1)}),
            ("field", {"schema/night.json": '{"x": 1}\n'}),
            ("generate and more", {"night_gen.py": made.format(2), "x.txt": "x\n"}),
        )
        assert [one.kind for one in found(world, base, first)] == ["generated"]


class TestMigrations:
    def test_a_migration_that_goes_may_have_been_applied(self, world: GitWorld) -> None:
        base, first = history(
            world,
            ("base", {"shop/migrations/__init__.py": "", "shop/__init__.py": ""}),
            ("migrate", {"shop/migrations/0001_initial.py": DJANGO}),
        )
        (only,) = found(world, base, first)
        assert (only.kind, only.path) == ("migration", "shop/migrations/0001_initial.py")
        assert only.why.startswith("if any database has applied it, write a new migration")

    def test_sql_that_no_tool_runs_is_no_migration(self, world: GitWorld) -> None:
        base, first = history(
            world,
            ("base", {"x.txt": "x\n"}),
            ("sql", {"sql/nights.sql": "create table nights (id int);\n"}),
        )
        assert found(world, base, first) == []


def test_the_answer_is_the_same_each_time(world: GitWorld) -> None:
    base, first, _ = history(
        world,
        (
            "base",
            {
                "app.py": "X = 1\n",
                "package.json": package(a="1"),
                "yarn.lock": "# yarn lockfile v1\n",
            },
        ),
        (
            "Add what is needed (#4)",
            {"app.py": APP.format(name="rmssd_of"), "package.json": package(a="1", b="2")},
        ),
        (
            "all else",
            {
                "CHANGES": "Add what is needed (#4)\n",
                "doc.rst": "``rmssd_of``\n",
                "yarn.lock": "# yarn lockfile v1\nb\n",
            },
        ),
    )
    once, again = found(world, base, first), found(world, base, first)
    assert once == again
    assert [one.kind for one in once] == ["lock", "changelog", "docs"]
    assert once[0].commands == (("yarn", "install"),)
