"""Exports of trees and copies of packages: byte for byte, and never through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blastradius.adapters.artifacts.copies import copy_among, copy_file, export, share_tree
from blastradius.errors import CheckpointError, RepositoryError
from blastradius.git.repository import Repository
from tests.gitworld import GitWorld


def _exported(world: GitWorld, tree: str) -> tuple[Path, tuple[str, ...]]:
    into = world.path.parent / "out"
    return into, export(Repository.open(world.path), tree, into)


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    (tmp_path / "repo").mkdir()
    return GitWorld(tmp_path / "repo")


def test_files_come_as_git_holds_them(world: GitWorld) -> None:
    files: dict[str, str | bytes] = {
        "a/b/c.txt": "text\n",
        "crlf.txt": b"one\r\ntwo\r\n",
        "raw": bytes(range(256)),
        ".gitattributes": "*.txt text eol=crlf\n*.x filter=evil\n",
        "y.x": "never filtered\n",
    }
    world.write(dict(files))
    (world.path / "run.sh").write_text("#!/bin/sh\n")
    (world.path / "run.sh").chmod(0o755)
    (world.path / "link").symlink_to("a/b/c.txt")
    os.mkdir(os.path.join(os.fsencode(world.path), b"\xff"))  # noqa: PTH102, PTH118
    with open(os.path.join(os.fsencode(world.path), b"\xff", b"\xfe"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"x")
    world.git("config", "filter.evil.smudge", "touch /tmp/never")
    commit = world.commit("all")
    into, warnings = _exported(world, commit)
    held = world.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")[:-1]
    assert len(held) == len(files) + 3
    for name in held:
        if name == "link":
            assert (into / name).readlink() == Path("a/b/c.txt")
        else:
            oid = world.id_of(f"{commit}:{name}")
            assert world.git("hash-object", "--no-filters", str(into / name)) == oid
    assert (into / "run.sh").stat().st_mode & 0o111
    assert not (into / "raw").stat().st_mode & 0o111
    assert warnings == ()


def test_what_is_elsewhere_is_told(world: GitWorld) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 5\n"
    world.write({"big.bin": pointer})
    world.git("add", "--all")
    world.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    world.git("commit", "-q", "-m", "x")
    into, warnings = _exported(world, "HEAD")
    assert (into / "sub").is_dir()
    assert [one.split()[0] for one in warnings] == ["sub", "big.bin"]


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "git~1", ".g\u200cit"])
def test_a_tree_that_leads_out_is_refused(world: GitWorld, name: str) -> None:
    world.commit("x", {"x": "evil"})
    blob = world.id_of("HEAD:x")
    inner = b"100644 x\0" + bytes.fromhex(blob)
    (world.path / "raw").write_bytes(inner)
    sub = world.git("hash-object", "-t", "tree", "-w", "--literally", "raw")
    (world.path / "raw").write_bytes(b"40000 " + name.encode() + b"\0" + bytes.fromhex(sub))
    tree = world.git("hash-object", "-t", "tree", "-w", "--literally", "raw")
    with pytest.raises((CheckpointError, RepositoryError)):
        _exported(world, tree)
    assert not (world.path.parent / "x").exists()
    assert not (world.path.parent / "out" / "x").exists()


def test_nothing_is_written_through_a_link_of_the_tree(world: GitWorld) -> None:
    victim = world.path.parent / "victim"
    victim.mkdir()
    world.write({"x": "evil", "to": str(victim)})
    world.commit("x")
    blob, link = (bytes.fromhex(world.id_of(f"HEAD:{one}")) for one in ("x", "to"))
    (world.path / "raw").write_bytes(b"100644 x\0" + blob)
    sub = bytes.fromhex(world.git("hash-object", "-t", "tree", "-w", "--literally", "raw"))
    (world.path / "raw").write_bytes(b"120000 a\0" + link + b"40000 a\0" + sub)
    tree = world.git("hash-object", "-t", "tree", "-w", "--literally", "raw")
    with pytest.raises((CheckpointError, RepositoryError, OSError)):
        _exported(world, tree)
    assert not list(victim.iterdir())


def test_packages_are_shared_and_their_links_stay_inside(tmp_path: Path) -> None:
    source = tmp_path / "work" / "node_modules"
    (source / "dep").mkdir(parents=True)
    (source / "dep" / "index.js").write_text("1")
    (source / ".cache").mkdir()
    (source / ".cache" / "x").write_text("cache")
    (source / ".prisma").mkdir()
    (source / ".prisma" / "client.js").write_text("generated")
    (source / "@scope").mkdir()
    (source / "@scope" / "ui").symlink_to("../../packages/ui")
    into = tmp_path / "build" / "node_modules"
    share_tree(source, into)
    assert (into / "dep" / "index.js").stat().st_ino == (source / "dep" / "index.js").stat().st_ino
    assert not (into / ".cache").exists()
    # A tool may write there in place: it must not be the live file.
    generated = into / ".prisma" / "client.js"
    assert generated.read_text() == "generated"
    assert generated.stat().st_ino != (source / ".prisma" / "client.js").stat().st_ino
    assert (into / "@scope" / "ui").readlink() == Path("../../packages/ui")


def test_single_files_are_copied_with_mode_and_time(tmp_path: Path) -> None:
    source = tmp_path / "from"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "deep" / "er" / "x").write_text("1")
    (source / "deep" / "er" / "x").chmod(0o640)
    os.utime(source / "deep" / "er" / "x", (5, 5))
    (source / "link").symlink_to("/etc/passwd")
    into = tmp_path / "into"
    into.mkdir()
    copy_among(source, into, ["link", "deep/er/x"])
    found = (into / "deep" / "er" / "x").stat()
    assert (found.st_mode & 0o777, found.st_mtime) == (0o640, 5)
    assert (into / "link").readlink() == Path("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        copy_file(source / "link", into / "never")
