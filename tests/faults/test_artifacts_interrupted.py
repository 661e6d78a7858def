"""An output folder is the old one or the new one, whatever ends the process or fills the disk."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from blastradius.adapters import artifacts
from blastradius.adapters.base import Prepared
from blastradius.errors import DriftError, StoppedError
from blastradius.model.plan import Step
from blastradius.world.files import Files
from tests.workbench import TickingWorld, Workbench, made

_OLD = {"page.txt": b"two\nsecond\n", "sorted.txt": b"second\ntwo\n"}
_NEW = {"page.txt": b"one\nfirst\n", "sorted.txt": b"first\none\n"}
_MOST = 400
Action = Callable[[Step, Prepared, TickingWorld], None]


def _no_exchange(self: Files, one: Path, other: Path) -> None:
    del self, one, other
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


@pytest.fixture(params=["exchange", "renames"])
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workbench:
    """A repository with a stale ``dist``, on a file system that exchanges names and on one that cannot."""
    if request.param == "renames":
        monkeypatch.setattr(Files, "exchange", _no_exchange)
    return made(tmp_path)


def _at(number: int, what: Callable[[], None]) -> Callable[[str], None]:
    left = iter(range(number))

    def tick(_what: str) -> None:
        if next(left, None) is None:
            what()

    return tick


def _killed(bench: Workbench, number: int, action: Callable[[TickingWorld], None]) -> bool:
    """Do something in a child that is killed before its n-th operation; tell whether it was."""
    child = os.fork()
    if child == 0:
        try:
            action(bench.world(_at(number, lambda: os.kill(os.getpid(), signal.SIGKILL))))
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _fill() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ready(bench: Workbench) -> tuple[Step, Prepared]:
    step = bench.step("dist")
    return step, artifacts.prepare(step, bench.world())


def _snapshot(bench: Workbench) -> Path:
    copy = bench.path.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(bench.path, copy, symlinks=True)
    return copy


def _bring_back(bench: Workbench, copy: Path) -> None:
    shutil.rmtree(bench.path)
    shutil.copytree(copy, bench.path, symlinks=True)


@pytest.mark.parametrize("then", ["act", "compensate"])
def test_a_kill_during_the_act_ends_in_either_state(bench: Workbench, then: str) -> None:
    step, prepared = _ready(bench)
    copy = _snapshot(bench)
    for number in range(_MOST):
        _bring_back(bench, copy)
        if not _killed(bench, number, lambda world: artifacts.act(step, prepared, world)):
            break
        seen = artifacts.probe(step, bench.world())
        assert seen in (step.before, prepared.wanted, *prepared.waypoints)
        getattr(artifacts, then)(step, prepared, bench.world())
        assert bench.contents("dist") == (_NEW if then == "act" else _OLD)
    else:
        pytest.fail("the act never came to its end")
    assert number >= 3
    assert bench.contents("dist") == _NEW


def test_a_kill_while_taking_back_is_gone_on_from(bench: Workbench) -> None:
    step, prepared = _ready(bench)
    artifacts.act(step, prepared, bench.world())
    copy = _snapshot(bench)
    for number in range(_MOST):
        _bring_back(bench, copy)
        if not _killed(bench, number, lambda world: artifacts.compensate(step, prepared, world)):
            break
        artifacts.compensate(step, prepared, bench.world())
        assert artifacts.probe(step, bench.world()) == step.before
        assert bench.contents("dist") == _OLD
    else:
        pytest.fail("it never came to its end")
    assert number >= 3


def test_both_are_killed_in_turn(bench: Workbench) -> None:
    step, prepared = _ready(bench)
    copy = _snapshot(bench)
    for first in range(0, _MOST, 2):
        for second in range(first % 4 // 2, _MOST, 2):
            _bring_back(bench, copy)
            if not _killed(bench, first, lambda world: artifacts.act(step, prepared, world)):
                return
            if not _killed(
                bench, second, lambda world: artifacts.compensate(step, prepared, world)
            ):
                break
            artifacts.compensate(step, prepared, bench.world())
            assert bench.contents("dist") == _OLD


@pytest.mark.parametrize("action", ["act", "compensate"])
def test_a_full_disk_is_said_and_gone_on_from(bench: Workbench, action: str) -> None:
    step, prepared = _ready(bench)
    if action == "compensate":
        artifacts.act(step, prepared, bench.world())
    copy = _snapshot(bench)
    wanted, other = (_NEW, _OLD) if action == "act" else (_OLD, _NEW)
    for number in range(_MOST):
        _bring_back(bench, copy)
        try:
            getattr(artifacts, action)(step, prepared, bench.world(_at(number, _fill)))
        except StoppedError:
            assert bench.contents("dist") in (wanted, other, {})
        else:
            break
        getattr(artifacts, action)(step, prepared, bench.world())
        assert bench.contents("dist") == wanted
    else:
        pytest.fail("it never came to its end")


def test_without_what_was_staged_it_comes_from_the_store(bench: Workbench) -> None:
    step, prepared = _ready(bench)
    shutil.rmtree(bench.world().folder / "staged")
    artifacts.act(step, prepared, bench.world())
    assert bench.contents("dist") == _NEW
    shutil.rmtree(bench.world().folder / "staged")
    artifacts.compensate(step, prepared, bench.world())
    assert bench.contents("dist") == _OLD


def test_a_full_disk_while_preparing_changes_nothing(tmp_path: Path) -> None:
    bench = made(tmp_path)
    step = bench.step("dist")
    world = bench.world()
    artifacts.prepare(step, world)
    refused = 0
    for number in range(0, len(world.told), 4):
        shutil.rmtree(world.home, ignore_errors=True)
        with suppress(StoppedError):
            artifacts.prepare(step, bench.world(_at(number, _fill)))
            refused -= 1  # all that failed was tidying up
        refused += 1
        assert bench.contents("dist") == _OLD
    assert refused >= len(world.told) // 6
    prepared = artifacts.prepare(step, bench.world())
    artifacts.act(step, prepared, bench.world())
    assert bench.contents("dist") == _NEW


def test_a_kill_while_preparing_is_begun_again(tmp_path: Path) -> None:
    bench = made(tmp_path)
    step = bench.step("dist")
    world = bench.world()
    wanted = artifacts.prepare(step, world)

    def prepare(child: TickingWorld) -> None:
        artifacts.prepare(step, child)

    for number in range(0, len(world.told) - 9, 9):
        shutil.rmtree(world.home, ignore_errors=True)
        assert _killed(bench, number, prepare)
        assert bench.contents("dist") == _OLD
        assert artifacts.prepare(step, bench.world()).wanted == wanted.wanted


@pytest.mark.parametrize("when", ["before prepare", "before act", "before compensate"])
@pytest.mark.parametrize("what", ["file changed", "file added", "folder gone", "became a link"])
def test_what_somebody_else_did_stays(tmp_path: Path, when: str, what: str) -> None:
    bench = made(tmp_path)
    step = bench.step("dist")
    prepared = artifacts.prepare(step, bench.world()) if when != "before prepare" else None
    if prepared is not None and when == "before compensate":
        artifacts.act(step, prepared, bench.world())
    dist = bench.path / "dist"
    if what == "file changed":
        (dist / "page.txt").write_bytes(b"theirs")
    elif what == "file added":
        (dist / "more.txt").write_bytes(b"theirs")
    else:
        shutil.rmtree(dist)
        if what == "became a link":
            (bench.path.parent / "elsewhere").mkdir()
            dist.symlink_to(bench.path.parent / "elsewhere")
    theirs = bench.contents("dist"), dist.is_symlink(), dist.exists()

    def go_on() -> None:
        if prepared is None:
            artifacts.prepare(step, bench.world())
        elif when == "before act":
            artifacts.act(step, prepared, bench.world())
        else:
            artifacts.compensate(step, prepared, bench.world())

    with pytest.raises(DriftError):
        go_on()
    assert (bench.contents("dist"), dist.is_symlink(), dist.exists()) == theirs


def test_a_parent_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    bench = Workbench(
        tmp_path,
        {
            "web/Makefile": "build:\n\tmkdir -p dist\n\tcp src.txt dist/\n",
            "web/src.txt": "1",
            ".gitignore": "dist/\n",
        },
        {"web/src.txt": "2"},
    )
    bench.run("make", "-C", "web", "build")
    step = bench.step("web/dist")
    prepared = artifacts.prepare(step, bench.world())
    (bench.path / "web").rename(bench.path.parent / "moved")
    (bench.path / "web").symlink_to(bench.path.parent / "moved")
    for action in (artifacts.act, artifacts.compensate):
        with pytest.raises(StoppedError):
            action(step, prepared, bench.world())
    assert (bench.path.parent / "moved/dist/src.txt").read_text() == "2"


def test_a_checkpoint_with_a_flipped_byte_stops_what_needs_it(tmp_path: Path) -> None:
    bench = made(tmp_path)
    step, prepared = _ready(bench)
    artifacts.act(step, prepared, bench.world())
    world = bench.world()
    shutil.rmtree(world.folder / "staged")
    oid = prepared.kept["present"]
    place = world.home / "store" / oid[:2] / oid[2:]
    whole = place.read_bytes()
    place.write_bytes(whole[:200] + bytes((whole[200] ^ 1,)) + whole[201:])
    with pytest.raises(StoppedError, match="damaged"):
        artifacts.compensate(step, prepared, world)
    assert bench.contents("dist") == _NEW
    place.write_bytes(whole)
    artifacts.compensate(step, prepared, world)
    assert bench.contents("dist") == _OLD


def test_a_folder_that_may_not_be_written_is_said_and_nothing_moves(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    bench = Workbench(
        tmp_path,
        {
            "web/Makefile": "build:\n\tmkdir -p dist\n\tcp src.txt dist/\n",
            "web/src.txt": "1",
            ".gitignore": "dist/\n",
        },
        {"web/src.txt": "2"},
    )
    bench.run("make", "-C", "web", "build")
    step = bench.step("web/dist")
    prepared = artifacts.prepare(step, bench.world())
    (bench.path / "web").chmod(0o555)
    try:
        with pytest.raises(StoppedError, match="Permission denied"):
            artifacts.act(step, prepared, bench.world())
        assert bench.contents("web/dist") == {"src.txt": b"2"}
        artifacts.compensate(step, prepared, bench.world())
    finally:
        (bench.path / "web").chmod(0o755)
    artifacts.act(step, prepared, bench.world())
    assert bench.contents("web/dist") == {"src.txt": b"1"}


def test_a_git_directory_on_another_disk_is_no_hindrance(tmp_path: Path) -> None:
    shared = Path("/dev/shm")  # noqa: S108 - a disk of its own on every Linux
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk")
    with tempfile.TemporaryDirectory(dir=shared) as elsewhere:
        bench = made(tmp_path)
        shutil.move(bench.path / ".git", f"{elsewhere}/git")
        (bench.path / ".git").write_text(f"gitdir: {elsewhere}/git\n")
        step, prepared = _ready(bench)
        beside = bench.path / f".blastradius-{bench.world().run}-dist"
        assert beside.is_dir()
        artifacts.act(step, prepared, bench.world())
        assert bench.contents("dist") == _NEW
        artifacts.compensate(step, prepared, bench.world())
        assert bench.contents("dist") == _OLD
        artifacts.act(step, prepared, bench.world())
        artifacts.settle(step, prepared, bench.world())
        assert bench.contents("dist") == _NEW
        assert not beside.exists()
        assert bench.git.git("status", "--porcelain") == ""
