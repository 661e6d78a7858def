"""Vite, for real: what it built from undone sources is what it builds from the older ones again."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest

from blastradius.adapters import artifacts
from blastradius.adapters.artifacts import building
from blastradius.adapters.base import Wishes
from blastradius.errors import CommandError
from tests.workbench import TickingWorld, Workbench, installed

_PACKAGE = """{
  "name": "shop", "private": true, "type": "module",
  "scripts": {"build": "vite build"},
  "devDependencies": {"vite": "7.3.8"}
}
"""
_PAGE = '<div id="app"></div><script type="module" src="/src/main.js"></script>\n'
_CANARY = "kanarienvogel-4b1e9d77"


def _bench(path: Path, **files: str) -> Workbench:
    modules = installed("vite@7.3.8")
    bench = Workbench(
        path,
        {
            "package.json": _PACKAGE,
            "index.html": _PAGE,
            "src/main.js": 'document.title = "the older title"; console.log(import.meta.env)\n',
            "src/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
            "public/robots.txt": "User-agent: *\n",
            ".gitignore": "node_modules\ndist\n*.local\n",
            **files,
        },
        {
            "src/main.js": (
                'import "./plan.js"; document.title = "the newer title";'
                " console.log(import.meta.env.VITE_NAME)\n"
            ),
            "src/plan.js": 'globalThis.plan = "a plan that only the newer one has"\n',
        },
    )
    shutil.copytree(modules, bench.path / "node_modules", symlinks=True)
    return bench


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second build to compare with: the first test has one."""
    monkeypatch.setattr(building, "CHEAP_SECONDS", 0.0)


def _built(bench: Workbench, commit: str) -> dict[str, bytes]:
    """Return what Vite itself writes in the work tree, from nothing, at a commit."""
    bench.git.git("checkout", "-q", commit)
    shutil.rmtree(bench.path / "dist", ignore_errors=True)
    _build(bench)
    return bench.contents("dist")


def _laid(bench: Workbench) -> dict[str, bytes]:
    """Return what stands for a build where it does not matter what it is."""
    (bench.path / "dist").mkdir()
    (bench.path / "dist" / "index.html").write_text("the newer title")
    return bench.contents("dist")


def _build(bench: Workbench) -> None:
    bench.run("node", "node_modules/vite/bin/vite.js", "build")


def test_the_older_build_comes_back_byte_for_byte(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    older = _built(bench, bench.base)
    newer = _built(bench, bench.head)
    assert older.keys() != newer.keys()
    step = bench.step("dist")
    assert (step.tool, step.action, step.exec) == ("vite", "rebuild", ("npm",))
    assert "holds text of what is undone" in step.summary
    assert step.evidence[0].path.startswith("dist/assets/index-")
    prepared = bench.carry_out(step)
    assert bench.contents("dist") == older
    assert prepared.orphans == ()
    assert not any("differ" in one for one in prepared.warnings)
    assert any("dist loses" in one for one in prepared.warnings)
    artifacts.compensate(step, prepared, bench.world())
    assert bench.contents("dist") == newer
    # What is installed was read, and left as it was.
    assert not (bench.path / "node_modules" / ".vite-temp").exists()
    assert bench.git.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("once")
def test_what_env_files_and_the_shell_say_is_built_in_and_never_told(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    (bench.path / ".env.local").write_text(f"VITE_NAME=a public name\nTOKEN={_CANARY}\n")
    _built(bench, bench.head)
    step = bench.step("dist")
    world = bench.world()
    world.environment["VITE_STAGE"] = "from the shell"
    prepared = artifacts.prepare(step, world)
    artifacts.act(step, prepared, world)
    built = b"".join(bench.contents("dist").values())
    assert b"a public name" in built
    assert b"from the shell" in built
    assert "the build read .env.local of the work tree" in prepared.warnings
    assert "the build read the variables VITE_STAGE" in prepared.warnings
    said = msgspec.json.encode((step, prepared))
    for secret in (b"a public name", b"from the shell", _CANARY.encode()):
        assert secret not in said


@pytest.mark.usefixtures("once")
def test_old_bundles_in_a_folder_that_is_not_emptied_are_orphans(tmp_path: Path) -> None:
    config = "export default {build: {emptyOutDir: false}}\n"
    bench = _bench(tmp_path, **{"vite.config.js": config})
    older = _built(bench, bench.base)
    bench.git.git("checkout", "-q", bench.head)
    (bench.path / "dist" / "by-hand.txt").write_text("older than the range\n")
    os.utime(bench.path / "dist" / "by-hand.txt", (1, 1))
    _build(bench)
    both = bench.contents("dist")
    new_bundles = sorted(both.keys() - older.keys() - {"by-hand.txt"})
    assert new_bundles
    step = bench.step("dist")
    prepared = bench.carry_out(step)
    assert prepared.orphans == tuple(f"dist/{one}" for one in new_bundles)
    assert bench.contents("dist") == {**both, **older}
    artifacts.compensate(step, prepared, bench.world())
    prepared = bench.carry_out(bench.step("dist", Wishes(remove_orphans=True)))
    assert prepared.orphans == ()
    assert bench.contents("dist") == {**older, "by-hand.txt": b"older than the range\n"}


@pytest.mark.usefixtures("once")
def test_a_folder_that_outlived_a_reset_is_found_and_put_right(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    older = _built(bench, bench.base)
    _built(bench, bench.head)
    bench.git.git("checkout", "-q", "-B", "main", bench.base)
    found = bench.propose(reset=True)
    (step,) = found.steps
    bench.carry_out(step)
    assert bench.contents("dist") == older
    again = bench.propose(reset=True)
    assert again.steps == ()
    assert [one.target for one in again.left] == ["dist"]
    assert "none of the range's" in again.left[0].why


@pytest.mark.usefixtures("once")
def test_a_build_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    bench = _bench(tmp_path, **{"src/main.js": 'import "./missing.js"\n'})
    newer = _laid(bench)
    with pytest.raises(CommandError, match=r"missing\.js"):
        artifacts.prepare(bench.step("dist"), bench.world())
    assert bench.contents("dist") == newer


def test_without_consent_nothing_of_the_projects_runs(tmp_path: Path) -> None:
    bench = _bench(tmp_path)
    newer = _laid(bench)
    step = bench.step("dist")
    with pytest.raises(CommandError, match="--allow-exec npm"):
        artifacts.prepare(step, TickingWorld(bench.path, allowed=""))
    assert bench.contents("dist") == newer


def test_a_secret_that_a_failing_build_prints_is_struck_out_and_its_copy_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    script = "echo Error: got $(cat .env.local) >&2; exit 1; vite build"
    bench = Workbench(
        tmp_path,
        {
            "package.json": json.dumps({"scripts": {"build": script}}),
            "a.js": "1",
            ".gitignore": "dist\n*.local\n",
        },
        {"a.js": "2"},
    )
    _laid(bench)
    (bench.path / ".env.local").write_text(f"TOKEN={_CANARY}\n")
    step = bench.step("dist")
    assert step.args["env_files"] == [".env.local"]
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with pytest.raises(CommandError, match=r"Error: got TOKEN=\*\*\*") as raised:
        artifacts.prepare(step, bench.world())
    assert _CANARY not in f"{raised.value!r} {raised.value} {raised.value.__cause__!r}"
    held = [
        one for one in bench.path.parent.rglob("*") if one.is_file() and one.name != ".env.local"
    ]
    assert not [one for one in held if _CANARY.encode() in one.read_bytes()]
    assert not list(temporary.iterdir())
