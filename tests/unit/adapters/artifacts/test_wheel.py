"""A Python wheel, for real: built again from the older tree, beside those of earlier releases."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from blastradius.adapters import artifacts
from blastradius.adapters.base import Wishes
from tests.workbench import Workbench, python_that_builds

_PROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "shop"
version = "{version}"

[tool.setuptools]
packages = ["shop"]
"""
_OLDER, _NEWER, _EARLIER = (f"shop-{one}-py3-none-any.whl" for one in ("1.0", "1.1", "0.9"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A project whose version 1.1 shall be undone; its wheel was built, and 0.9's lies there."""
    monkeypatch.setenv("PATH", f"{python_that_builds()}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    found = Workbench(
        tmp_path,
        {
            "pyproject.toml": _PROJECT.format(version="1.0"),
            "shop/__init__.py": 'GREETING = "a greeting of the older one"\n',
            ".gitignore": "dist/\nbuild/\n*.egg-info/\n",
        },
        {
            "pyproject.toml": _PROJECT.format(version="1.1"),
            "shop/__init__.py": 'GREETING = "a greeting of the newer one"\n',
        },
    )
    found.run("python", "-m", "build", "--no-isolation", "--wheel")
    (found.path / "dist" / _EARLIER).write_bytes(b"released long ago")
    os.utime(found.path / "dist" / _EARLIER, (1_600_000_000, 1_600_000_000))
    return found


def test_the_older_wheel_is_built_and_the_newer_one_told(bench: Workbench) -> None:
    steps = {one.target: one for one in bench.propose().steps}
    assert set(steps) == {"dist", "build"}
    step = steps["dist"]
    assert step.exec == ("python",)
    prepared = bench.carry_out(step)
    assert not any("differ" in one for one in prepared.warnings)
    after = bench.contents("dist")
    assert set(after) == {_OLDER, _NEWER, _EARLIER}
    assert prepared.orphans == (f"dist/{_NEWER}",)
    with zipfile.ZipFile(BytesIO(after[_OLDER])) as wheel:
        assert b"the older one" in wheel.read("shop/__init__.py")
    artifacts.compensate(step, prepared, bench.world())
    assert set(bench.contents("dist")) == {_NEWER, _EARLIER}


def test_with_consent_the_newer_wheel_goes_and_earlier_releases_stay(bench: Workbench) -> None:
    bench.carry_out(bench.step("dist", Wishes(remove_orphans=True)))
    assert set(bench.contents("dist")) == {_OLDER, _EARLIER}


def test_what_the_newer_build_left_between_does_not_get_into_the_next_wheel(
    bench: Workbench,
) -> None:
    (bench.path / "build" / "lib" / "shop" / "gone.py").parent.mkdir(parents=True, exist_ok=True)
    (bench.path / "build" / "lib" / "shop" / "gone.py").write_text("stale = True\n")
    step = bench.step("build")
    prepared = bench.carry_out(step)
    assert "gone.py" not in "".join(bench.contents("build"))
    artifacts.compensate(step, prepared, bench.world())
    assert "lib/shop/gone.py" in bench.contents("build")


def test_a_version_that_git_tells_cannot_be_built_from_an_export(tmp_path: Path) -> None:
    project = '[build-system]\nrequires = ["setuptools-scm"]\n[project]\nname = "x"\n'
    bench = Workbench(
        tmp_path, {"pyproject.toml": project, "x.py": "1", ".gitignore": "dist"}, {"x.py": "2"}
    )
    (bench.path / "dist").mkdir()
    (bench.path / "dist" / "x-1.whl").write_bytes(b"")
    found = bench.propose()
    assert found.steps == ()
    assert [one.target for one in found.left] == ["dist"]
    assert "git's tags" in found.left[0].why
