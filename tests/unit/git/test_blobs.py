from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from blastradius.errors import RepositoryError
from blastradius.git.blobs import BlobReader, Missing, Oversize, is_binary, is_lfs_pointer
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.trees import list_tree
from tests.gitworld import GitWorld, run_git

ABSENT = "3" * 40


def oids(world: GitWorld) -> dict[str, str]:
    tree = list_tree(Repository.open(world.path), "HEAD")
    return {path: entry.oid for path, entry in tree.items()}


def test_contents_come_back_byte_for_byte(world: GitWorld) -> None:
    files = {
        "empty": b"",
        "crlf": b"a\r\nb\r\n",
        "binary": bytes(range(256)),
        "open": b"no newline",
    }
    world.commit("all", dict(files))
    with BlobReader(Repository.open(world.path)) as reader:
        assert {path: reader.read(oid) for path, oid in oids(world).items()} == files


def test_many_in_the_order_asked_with_gaps_and_repeats(world: GitWorld) -> None:
    chance = random.Random(4)
    files = {f"f{number}": chance.randbytes(chance.randrange(4000)) for number in range(700)}
    world.commit("all", dict(files))
    named = oids(world)
    asked = [named[name] for name in files] * 3 + [ABSENT]
    chance.shuffle(asked)
    content = {named[name]: data for name, data in files.items()}
    with BlobReader(Repository.open(world.path)) as reader:
        assert list(reader.read_many(asked)) == [
            (oid, content.get(oid, Missing())) for oid in asked
        ]


def test_more_than_a_pipe_holds_does_not_stall(world: GitWorld) -> None:
    world.commit("all", {f"f{number}": os.urandom(300_000) for number in range(80)})
    named = oids(world)
    with BlobReader(Repository.open(world.path)) as reader:
        found = dict(reader.read_many(named.values()))
    assert all(isinstance(blob, bytes) and len(blob) == 300_000 for blob in found.values())


def test_reading_in_the_middle_of_reading(world: GitWorld) -> None:
    world.commit("all", {"a": "1\n", "b": "2\n"})
    named = oids(world)
    with BlobReader(Repository.open(world.path)) as reader:
        many = reader.read_many([named["a"], named["b"]])
        assert next(many) == (named["a"], b"1\n")
        assert reader.read(named["b"]) == b"2\n"
        assert next(many) == (named["b"], b"2\n")


def test_a_blob_over_the_limit_is_not_loaded(world: GitWorld) -> None:
    world.commit("all", {"at": b"x" * 100, "over": b"x" * 101})
    named = oids(world)
    with BlobReader(Repository.open(world.path), max_bytes=100) as reader:
        assert reader.read(named["at"]) == b"x" * 100
        assert reader.read(named["over"]) == Oversize(101)
        assert reader.read_object(named["over"]) == ("blob", b"x" * 101)


def test_only_whole_ids_are_asked(world: GitWorld) -> None:
    with BlobReader(Repository.open(world.path)) as reader:
        for text in ("HEAD", f"{ABSENT}\ninfo HEAD", ABSENT[:12]):
            with pytest.raises(ValueError, match="not an object id"):
                reader.read(text)


def test_an_object_that_must_be_there(world: GitWorld) -> None:
    with (
        BlobReader(Repository.open(world.path)) as reader,
        pytest.raises(RepositoryError, match=f"object {ABSENT} is missing"),
    ):
        reader.read_object(ABSENT)


@pytest.mark.parametrize("where", [0, 1, -1, "middle"])
def test_a_flipped_byte_is_told_with_the_object_and_what_to_do(
    world: GitWorld, where: int | str
) -> None:
    world.commit("all", {"a": random.Random(1).randbytes(200_000), "b": "fine\n"})
    named = oids(world)
    file = world.loose_object(named["a"])
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2 if isinstance(where, str) else where] ^= 0xFF
    file.chmod(0o644)
    file.write_bytes(raw)
    with BlobReader(Repository.open(world.path)) as reader:
        with pytest.raises(RepositoryError) as caught:
            list(reader.read_many([named["b"], named["a"]]))
        assert f"object {named['a']} is corrupt" in caught.value.what
        assert "git fsck" in caught.value.hint
        assert reader.read(named["b"]) == b"fine\n"


def test_a_damaged_pack_is_told(world: GitWorld) -> None:
    world.commit("all", {"a": random.Random(1).randbytes(200_000)})
    named = oids(world)
    world.git("repack", "-adq")
    (pack,) = (world.path / ".git/objects/pack").glob("*.pack")
    raw = bytearray(pack.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 64] = bytes(64)
    pack.chmod(0o644)
    pack.write_bytes(raw)
    with (
        BlobReader(Repository.open(world.path)) as reader,
        pytest.raises(RepositoryError, match="corrupt"),
    ):
        reader.read(named["a"])


def test_a_killed_process_is_replaced(world: GitWorld) -> None:
    world.commit("all", {"a": "1\n"})
    named = oids(world)
    with BlobReader(Repository.open(world.path)) as reader:
        assert reader.read(named["a"]) == b"1\n"
        assert reader._process is not None
        os.kill(reader._process.pid, signal.SIGKILL)
        reader._process.wait()
        assert reader.read(named["a"]) == b"1\n"


def test_a_process_that_keeps_dying_is_an_error(
    world: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.commit("all", {"a": "1\n"})
    oid = oids(world)["a"]
    repo = Repository.open(world.path)
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\n[ "$1" = version ] && echo git version 2.40.0 || exit 9\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")
    with (
        BlobReader(repo) as reader,
        pytest.raises(RepositoryError, match="cat-file ended unexpectedly"),
    ):
        reader.read(oid)


def test_no_process_is_left_behind(world: GitWorld) -> None:
    world.commit("all", {"a": "1\n"})
    with BlobReader(Repository.open(world.path)) as reader:
        reader.read(oids(world)["a"])
        process = reader._process
    assert process is not None
    assert process.returncode is not None


def test_what_a_partial_clone_left_behind_is_missing_and_not_fetched(
    world: GitWorld, tmp_path: Path
) -> None:
    world.commit("all", {"a": "1\n"})
    world.git("config", "uploadpack.allowFilter", "true")
    url = world.path.as_uri()
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", url, "partial")
    repo = Repository.open(tmp_path / "partial")
    with Scratch(repo) as scratch, BlobReader(scratch.view) as reader:
        assert reader.read(oids(world)["a"]) == Missing()
    with (
        BlobReader(repo) as reader,
        pytest.raises(RepositoryError, match="not in this partial clone"),
    ):
        reader.read(oids(world)["a"])


def test_sha256_objects(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, object_format="sha256")
    world.commit("all", {"a": "1\n"})
    with BlobReader(Repository.open(tmp_path)) as reader:
        assert reader.read(oids(world)["a"]) == b"1\n"
        assert reader.read("3" * 64) == Missing()


POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (POINTER, True),
        (POINTER.replace(b"oid", b"ext-0-x sha256:00\noid"), True),
        (POINTER[:-1], False),
        (POINTER + b"more\n", False),
        (b"version https://git-lfs.github.com/spec/v1\n", False),
        (b"", False),
    ],
)
def test_lfs_pointers(content: bytes, *, answer: bool) -> None:
    assert is_lfs_pointer(content) is answer


def test_binary_is_a_nul_near_the_start() -> None:
    assert is_binary(b"PK\0")
    assert not is_binary(b"text")
    assert not is_binary(b"x" * 8000 + b"\0")
