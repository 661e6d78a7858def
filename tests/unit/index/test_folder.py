from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from blastradius.errors import RepositoryError
from blastradius.index import folder
from blastradius.index.folder import Folder

LIMIT = 1_000


def write(root: Path, *names: str, content: bytes = b"x = 1\n") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def content_of(found: Folder, path: str) -> bytes | None:
    return found.read(found.tree[path].oid)


def test_every_file_is_listed_in_the_order_of_bytes(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/z.py", "a.py", "é.py")
    (tmp_path / "run.sh").write_text("true")
    (tmp_path / "run.sh").chmod(0o755)
    found = Folder(tmp_path, LIMIT)
    assert list(found.tree) == ["a.py", "a/z.py", "b.py", "run.sh", "é.py"]
    assert [one.mode for one in found.tree.values()] == ["100644"] * 3 + ["100755", "100644"]


def test_what_people_did_not_write_is_passed_over_and_said(tmp_path: Path) -> None:
    write(tmp_path, "a.py", ".git/config", "node_modules/m/i.js", ".venv/lib/a.py", ".cache/b.py")
    write(
        tmp_path, "env/lib/site.py", "env/pyvenv.cfg", ".github/workflows/ci.yml", "__pycache__/a"
    )
    found = Folder(tmp_path, LIMIT)
    assert list(found.tree) == [".github/workflows/ci.yml", "a.py"]
    assert found.passed_over == {
        "node_modules": "folder left out: holds what tools installed or made",
        "__pycache__": "folder left out: holds what tools installed or made",
        ".venv": "folder left out: hidden",
        ".cache": "folder left out: hidden",
        "env": "folder left out: a virtual environment",
    }


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "secret.py")
    root = tmp_path / "root"
    write(root, "a.py")
    (root / "link.py").symlink_to(outside / "secret.py")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    found = Folder(root, LIMIT)
    assert {path: one.mode for path, one in found.tree.items()} == {
        "a.py": "100644",
        "folder": "120000",
        "link.py": "120000",
        "loop": "120000",
    }
    assert content_of(found, "link.py") is None


def test_a_file_that_becomes_a_link_or_lies_behind_one_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "outside", "a.py")
    root = tmp_path / "root"
    write(root, "a.py", "sub/a.py")
    found = Folder(root, LIMIT)
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(tmp_path / "outside" / "a.py")
    (root / "sub" / "a.py").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to(tmp_path / "outside")
    assert content_of(found, "a.py") is None
    assert content_of(found, "sub/a.py") is None
    assert len(found.skipped) == 2


def test_devices_pipes_and_sockets_are_no_files(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may not be long
        try:
            server.bind("sock.py")
        finally:
            os.chdir(here)
        assert list(Folder(tmp_path, LIMIT).tree) == ["a.py"]


def test_a_file_that_becomes_a_pipe_does_not_hang(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    found = Folder(tmp_path, LIMIT)
    (tmp_path / "a.py").unlink()
    os.mkfifo(tmp_path / "a.py")
    assert content_of(found, "a.py") is None
    assert found.skipped[found.tree["a.py"].oid] == "left out: no regular file"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x" * (LIMIT + 1), "over max_file_bytes"),
        (b"a\0b", "binary"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 3\n" % (b"0" * 64),
            "kept in Git LFS",
        ),
    ],
)
def test_what_is_no_text_of_ours_is_left_out(tmp_path: Path, content: bytes, why: str) -> None:
    write(tmp_path, "a.py", content=content)
    found = Folder(tmp_path, LIMIT)
    assert content_of(found, "a.py") is None
    assert found.skipped[found.tree["a.py"].oid] == f"left out: {why}"


def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_bytes(b"x = 1\n")
    found = Folder(tmp_path, LIMIT)
    assert list(found.tree) == ["caf\udce9.py"]
    assert content_of(found, "caf\udce9.py") == b"x = 1\n"


def test_a_folder_as_deep_as_the_system_allows_is_walked(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(600):  # below the limit of open files, above that of a path's length
        os.mkdir("deeper", dir_fd=here)
        below = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    found = Folder(tmp_path, LIMIT)
    assert len(found.tree) == 1
    assert content_of(found, next(iter(found.tree))) == b""


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_FILES", 2)
    write(tmp_path, "a.py", "b.py", "c.py")
    with pytest.raises(RepositoryError, match="more than 2 files"):
        Folder(tmp_path, LIMIT)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="cannot read the folder"):
        Folder(tmp_path / "nowhere", LIMIT)
