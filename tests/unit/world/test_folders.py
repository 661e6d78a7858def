"""Folders as values: what is kept comes back the same, and nothing leads out on the way."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blastradius.errors import CheckpointError, DriftError
from blastradius.world.archive import Row, is_git_name
from blastradius.world.files import Files
from blastradius.world.folders import (
    Bounds,
    keep,
    kept,
    manifest,
    place_in,
    prove,
    write_out,
)
from blastradius.world.keys import Key
from blastradius.world.store import Store
from blastradius.world.swap import aside_of, finish, swap


class Bench:
    """A store and a disk in a temporary folder; ``fail`` is asked before each operation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fail: Callable[[str], None] = lambda _what: None
        self.files = Files(self._tick)
        key = Key({"BLASTRADIUS_KEY_FILE": str(path / "key")}, self.files)
        self.store = Store(path / "store", key, self.files)

    def _tick(self, what: str) -> None:
        self.fail(what)

    def folder(self, name: str, files: dict[str, bytes]) -> Path:
        """Make a folder with files."""
        top = self.path / name
        top.mkdir()
        for inner, content in files.items():
            (top / inner).parent.mkdir(parents=True, exist_ok=True)
            (top / inner).write_bytes(content)
        return top

    def fail_at(self, number: int) -> None:
        """Let the disk be full at the n-th operation from now."""
        left = iter(range(number))

        def fail(_what: str) -> None:
            if next(left, None) is None:
                self.fail = lambda _what: None
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self.fail = fail


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def full(bench: Bench) -> Path:
    """A folder with one of everything that a build may leave."""
    top = bench.folder(
        "dist",
        {
            "index.html": b"<p>",
            "assets/a-1.js": b"1" * 3_000_000,
            "assets/empty": b"",
            "run": b"#!",
        },
    )
    (top / "run").chmod(0o755)
    (top / "hollow").mkdir(mode=0o750)
    (top / "link").symlink_to("assets/a-1.js")
    (top / "outside").symlink_to("/etc/passwd")
    (top / "a.b").write_bytes(b"sorts between a and a/b")
    (top / "a").mkdir()
    (top / "a" / "b").write_bytes(b"x")
    with open(os.path.join(os.fsencode(top), b"\xff\xfe name"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"not UTF-8")
    os.utime(top / "run", ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
    return top


def test_a_manifest_tells_kinds_modes_sizes_and_hashes(full: Path) -> None:
    found = manifest(full).entries
    assert found["run"].kind == "file"
    assert found["run"].mode == 0o755
    assert found["assets/a-1.js"].size == 3_000_000
    assert found["outside"].kind == "link"
    assert found["outside"].size == len("/etc/passwd")
    assert found["hollow"] == msgspec.structs.replace(found["hollow"], kind="folder", mode=0o750)
    assert "\udcff\udcfe name" in found
    assert list(found) == sorted(found, key=lambda one: one.encode("utf-8", "surrogateescape"))


def test_what_is_kept_comes_back_the_same(bench: Bench, full: Path) -> None:
    before = manifest(full)
    oid = keep(full, bench.store)
    assert kept(oid, bench.store) == before
    assert prove(oid, bench.store, bench.files, bench.path / "scratch") == before
    assert not list((bench.path / "scratch").iterdir())
    again = bench.path / "again"
    assert write_out(oid, bench.store, bench.files, again) == before
    assert manifest(again) == before
    assert (again / "run").stat().st_mtime_ns == 1_600_000_000_123_456_789
    assert (again / "outside").readlink() == Path("/etc/passwd")


def test_the_same_content_is_kept_once(bench: Bench, full: Path) -> None:
    assert keep(full, bench.store) == keep(full, bench.store)


def test_a_single_file_and_an_absent_folder_are_values_too(bench: Bench) -> None:
    file = bench.path / "one"
    file.write_bytes(b"text")
    oid = keep(file, bench.store)
    write_out(oid, bench.store, bench.files, bench.path / "two")
    assert (bench.path / "two").read_bytes() == b"text"
    assert prove(oid, bench.store, bench.files, bench.path / "scratch") == manifest(file)
    nothing = keep(bench.path / "absent", bench.store)
    assert kept(nothing, bench.store).entries == {}
    write_out(nothing, bench.store, bench.files, bench.path / "still-absent")
    assert not (bench.path / "still-absent").exists()


def test_a_folder_that_is_a_link_is_recorded_and_not_entered(bench: Bench, full: Path) -> None:
    (bench.path / "alias").symlink_to(full)
    assert set(manifest(bench.path / "alias").entries) == {""}
    assert manifest(bench.path / "alias").entries[""].kind == "link"


def test_a_folder_that_may_not_be_written_comes_back_so(bench: Bench) -> None:
    top = bench.folder("dist", {"inner/x": b"1"})
    (top / "inner").chmod(0o555)
    oid = keep(top, bench.store)
    try:
        write_out(oid, bench.store, bench.files, bench.path / "new")
        assert manifest(bench.path / "new") == manifest(top)
    finally:
        for one in (top, bench.path / "new"):
            (one / "inner").chmod(0o755)


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_has_no_bytes_is_refused_by_name(bench: Bench, kind: str) -> None:
    top = bench.folder("dist", {"x": b"1"})
    if kind == "pipe":
        os.mkfifo(top / "odd")
    else:
        here = Path.cwd()
        os.chdir(top)  # a socket's name must be short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind("odd")
        finally:
            os.chdir(here)
    with pytest.raises(CheckpointError, match=f"'dist/odd' is a {kind}"):
        keep(top, bench.store)


@pytest.mark.parametrize("bounds", [Bounds(entries=2), Bounds(size=5)])
def test_too_much_is_refused(bench: Bench, bounds: Bounds) -> None:
    top = bench.folder("dist", {"x": b"123", "y": b"456"})
    with pytest.raises(CheckpointError, match="more than"):
        manifest(top, bounds)


def test_folders_without_end_are_refused(bench: Bench) -> None:
    top = bench.folder("dist", {})
    handle = os.open(top, os.O_RDONLY)
    for _ in range(250):
        os.mkdir("d", dir_fd=handle)
        below = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    with pytest.raises(CheckpointError, match="nested more than"):
        manifest(top)


@pytest.mark.parametrize(
    "name", [".git", ".GIT", ".Git ", ".git.", "git~1", ".g\u200cit", ".git::$X"]
)
def test_a_git_directory_is_never_kept(bench: Bench, name: str) -> None:
    top = bench.folder("dist", {f"sub/{name}/config": b"[core]"})
    with pytest.raises(CheckpointError, match="git directory"):
        keep(top, bench.store)


@pytest.mark.parametrize("name", [b".gitignore", b".github", b"git", b"x.git"])
def test_what_only_looks_like_one_is_kept(name: bytes) -> None:
    assert not is_git_name(name)


def _archive(rows: list[Row], content: bytes = b"") -> bytes:
    head = msgspec.msgpack.encode(rows)
    return b"blastradius folder 1\n" + len(head).to_bytes(8, "big") + head + content


_TOP = Row(b"", "folder", 0o755, 0, "", 0)


@pytest.mark.parametrize(
    "name",
    [b"../out", b"a/../../out", b"/etc/x", b"..", b".", b"a//b", b"deep/x", b"x\0y", b".git", b""],
)
def test_a_name_that_leads_out_is_never_written(bench: Bench, name: bytes) -> None:
    oid = bench.store.put(_archive([_TOP, Row(name, "link", 0, 1, "", 0, b"x")]))
    with pytest.raises(CheckpointError):
        write_out(oid, bench.store, bench.files, bench.path / "new")
    assert not (bench.path / "new").exists()
    assert not (bench.path / "out").exists()


def test_nothing_is_written_through_a_link(bench: Bench) -> None:
    (bench.path / "victim").mkdir()
    link = Row(b"a", "link", 0, 1, "", 0, os.fsencode(bench.path / "victim"))
    inner = Row(b"a/x", "file", 0o644, 0, "", 0)
    oid = bench.store.put(_archive([_TOP, link, inner]))
    with pytest.raises(CheckpointError):
        write_out(oid, bench.store, bench.files, bench.path / "new")
    assert not list((bench.path / "victim").iterdir())


def test_one_name_twice_is_refused(bench: Bench) -> None:
    twice = [_TOP, Row(b"a", "folder", 0o755, 0, "", 0), Row(b"a", "folder", 0o755, 0, "", 0)]
    oid = bench.store.put(_archive(twice))
    with pytest.raises(CheckpointError):
        write_out(oid, bench.store, bench.files, bench.path / "new")


def test_names_that_are_one_where_case_does_not_count_are_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    oid = keep(bench.folder("dist", {"Read": b"1", "read": b"2"}), bench.store)
    make = os.open

    def insensitive(path: object, *args: int, **more: int) -> int:
        return make(b"read" if path == b"Read" else path, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", insensitive)
    with pytest.raises(CheckpointError, match="only by case"):
        write_out(oid, bench.store, bench.files, bench.path / "new")
    assert not (bench.path / "new").exists()


@pytest.mark.parametrize("content", [b"short", b"far too long for it", b"wrong hash"])
def test_bytes_that_are_not_those_listed_are_refused(bench: Bench, content: bytes) -> None:
    row = Row(b"a", "file", 0o644, 10, "0" * 64, 0)
    oid = bench.store.put(_archive([_TOP, row], content))
    with pytest.raises(CheckpointError):
        write_out(oid, bench.store, bench.files, bench.path / "new")
    assert not (bench.path / "new").exists()


def test_every_flipped_byte_of_a_kept_folder_is_found(bench: Bench) -> None:
    oid = keep(bench.folder("dist", {"x": b"1", "sub/y": b"2"}), bench.store)
    place = bench.path / "store" / oid[:2] / oid[2:]
    whole = place.read_bytes()
    for at in range(len(whole)):
        place.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        with pytest.raises(CheckpointError):
            prove(oid, bench.store, bench.files, bench.path / "scratch")
    place.write_bytes(whole)
    prove(oid, bench.store, bench.files, bench.path / "scratch")


def test_a_file_that_changes_while_it_is_kept_is_refused(bench: Bench) -> None:
    top = bench.folder("dist", {"x": b"one"})

    def write_meanwhile(what: str) -> None:
        if what.startswith("write"):
            (top / "x").write_bytes(b"two")

    bench.fail = write_meanwhile
    with pytest.raises(CheckpointError, match="changed while"):
        keep(top, bench.store)


def test_a_full_disk_leaves_nothing_half_written(bench: Bench, full: Path) -> None:
    before = manifest(full)
    oid = keep(full, bench.store)
    for number in range(200):
        bench.fail_at(number)
        try:
            write_out(oid, bench.store, bench.files, bench.path / "new")
        except CheckpointError:
            assert not (bench.path / "new").exists()
        else:
            break
    else:
        pytest.fail("it never came to its end")
    assert number > 2 * len(before.entries) - 5
    assert manifest(bench.path / "new") == before


_names = st.binary(min_size=1, max_size=12).filter(
    lambda one: not set(one) & {0, 47} and one not in {b".", b".."} and not is_git_name(one)
)
_files = st.dictionaries(_names, st.binary(max_size=50), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=_files, below=_files)
def test_any_names_at_all_come_back(
    tmp_path_factory: pytest.TempPathFactory, files: dict[bytes, bytes], below: dict[bytes, bytes]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    top = bench.path / "top"
    (top / "below").mkdir(parents=True)
    for folder, held in ((top, files), (top / "below", below)):
        for name, content in held.items():
            if name != b"below":
                with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123
                    file.write(content)
    oid = keep(top, bench.store)
    assert prove(oid, bench.store, bench.files, bench.path / "scratch") == manifest(top)


def test_a_path_through_a_link_is_no_place(bench: Bench) -> None:
    (bench.path / "real").mkdir()
    (bench.path / "web").symlink_to(bench.path / "real")
    assert place_in(bench.path, "real/dist") == bench.path / "real" / "dist"
    for path in ("web/dist", "../x", "/etc", "a//b", ""):
        with pytest.raises(CheckpointError):
            place_in(bench.path, path)


def _exchange_is_missing(one: Path, other: Path) -> None:
    del one, other
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


@pytest.fixture(params=["exchange", "renames"])
def swapping(request: pytest.FixtureRequest, bench: Bench) -> Bench:
    if request.param == "renames":
        bench.files.exchange = _exchange_is_missing  # type: ignore[method-assign]
    return bench


def test_a_swap_exchanges_both(swapping: Bench) -> None:
    new = swapping.folder("new", {"x": b"new"})
    target = swapping.folder("dist", {"x": b"old"})
    swap(swapping.files, new, target)
    assert (target / "x").read_bytes() == b"new"
    assert (new / "x").read_bytes() == b"old"
    swap(swapping.files, new, target)
    assert (target / "x").read_bytes() == b"old"
    assert not aside_of(new).exists()


def test_a_swap_into_nothing_moves(swapping: Bench) -> None:
    new = swapping.folder("new", {"x": b"new"})
    swap(swapping.files, new, swapping.path / "dist")
    assert (swapping.path / "dist" / "x").read_bytes() == b"new"
    assert not new.exists()


def test_a_swap_that_failed_anywhere_is_ended_or_not_begun(swapping: Bench) -> None:
    new = swapping.folder("new", {"x": b"new"})
    target = swapping.folder("dist", {"x": b"old"})
    for number in range(30):
        swapping.fail_at(number)
        try:
            swap(swapping.files, new, target)
        except OSError:
            finish(swapping.files, new, target)
        else:
            break
        state = (target / "x").read_bytes(), (new / "x").read_bytes()
        assert state in {(b"new", b"old"), (b"old", b"new")}
        assert not aside_of(new).exists()
        if state[0] == b"new":
            swapping.fail = lambda _what: None
            swap(swapping.files, new, target)
    else:
        pytest.fail("it never came to its end")


def test_what_somebody_put_there_meanwhile_stays(bench: Bench) -> None:
    new = bench.folder("new", {"x": b"new"})
    target = bench.folder("dist", {"x": b"theirs"})
    bench.folder("new.aside", {"x": b"old"})
    with pytest.raises(DriftError):
        finish(bench.files, new, target)
    assert (target / "x").read_bytes() == b"theirs"
    assert (aside_of(new) / "x").read_bytes() == b"old"


def test_what_was_put_aside_comes_back_when_the_new_one_is_gone(bench: Bench) -> None:
    bench.folder("new.aside", {"x": b"old"})
    finish(bench.files, bench.path / "new", bench.path / "dist")
    assert (bench.path / "dist" / "x").read_bytes() == b"old"
