"""Whatever is wrong with the input: one line says what, one how to mend it, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.gitworld import GitWorld

COMMAND = [sys.executable, "-m", "blastradius"]


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    """Three commits: f is made, gets a parameter, and its caller follows."""
    folder = tmp_path / "repo"
    folder.mkdir()
    made = GitWorld(folder)
    made.commit("one", {"a.py": "def f(x):\n    return x\n", "b.py": "from a import f\n\nf(1)\n"})
    made.commit("two", {"a.py": "def f(x, y):\n    return x\n"})
    made.commit("three", {"b.py": "from a import f\n\nf(1, 2)\n"})
    return made


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """Run a command that must end with exit code 2 and two lines, and return them."""
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith("blastradius: error: ")
    assert second.startswith("  hint: ")
    return err


def test_a_folder_without_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not a git repository" in refused(capsys, "analyze", "--repo", tmp_path)
    assert "does not exist" in refused(capsys, "analyze", "--repo", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ("nope..HEAD", "'nope' is no revision"),
        ("HEAD..HEAD~2", "reversed"),
        ("HEAD~9..HEAD", "beyond the first commit"),
        ("HEAD:a.py", "not a commit"),
        ("^HEAD", "'^HEAD' is not a commit"),
        ("HEAD..^HEAD", "'^HEAD' is not a commit"),
        ("HEAD\x1b[31m", r"HEAD\x1b[31m"),
        ("", "is not a range"),
    ],
)
def test_a_range_that_names_no_commits(
    world: GitWorld, capsys: pytest.CaptureFixture[str], span: str, said: str
) -> None:
    assert said in refused(capsys, "analyze", "--repo", world.path, "--", span)


@pytest.mark.parametrize("word", ["zzz", "a.py#nope", "#f", "^HEAD", "../etc/passwd"])
@pytest.mark.parametrize("option", ["--undo", "--keep"])
def test_what_shall_go_or_stay_must_name_something(
    world: GitWorld, capsys: pytest.CaptureFixture[str], option: str, word: str
) -> None:
    said = refused(capsys, "analyze", "--repo", world.path, "HEAD~2..HEAD", f"{option}={word}")
    assert f"{option} {word}: no commit" in said


def test_an_object_that_is_not_here_is_said_and_is_no_removed_module(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    oid = world.id_of("HEAD:b.py")
    world.loose_object(oid).unlink()
    assert main(["analyze", "--repo", str(world.path), "HEAD~1..HEAD", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert f"object {oid} is not in this repository" in err
    assert "git fsck" in err
    (change,) = [one for one in json.loads(out)["changes"] if one["path"] == "b.py"]
    assert (change["symbol"], change["kind"], change["severity"]) == (
        "file:b.py",
        "modified",
        "unknown",
    )


@pytest.mark.parametrize("damage", [b"", b"garbage", "truncated"])
def test_a_damaged_object_is_no_removed_module(
    world: GitWorld, capsys: pytest.CaptureFixture[str], damage: bytes | str
) -> None:
    oid = world.id_of("HEAD:b.py")
    file = world.loose_object(oid)
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(damage if isinstance(damage, bytes) else whole[:10])
    said = refused(capsys, "analyze", "--repo", world.path, "HEAD~1..HEAD")
    assert oid in said
    assert "git fsck" in said


def test_a_damaged_pack(world: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.git("gc", "-q")
    pack = next((world.path / ".git/objects/pack").glob("*.pack"))
    whole = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(whole[: len(whole) // 2])
    assert "git fsck" in refused(capsys, "analyze", "--repo", world.path, "HEAD~1..HEAD")


def test_a_broken_git_configuration(world: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    (world.path / ".git/config").write_text("[core\n")
    said = refused(capsys, "analyze", "--repo", world.path)
    assert "bad config line 1" in said
    assert "mend that file" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('exlude = ["x"]', "did you mean exclude?"),
        ('exclude = "x"', "pyproject.toml:2: exclude must be a list"),
        ("min_confidence = nan", "a number from 0 to 1"),
        ("depth = [", "no valid TOML"),
        ("exclude = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_a_mistake_in_the_configuration(
    world: GitWorld, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (world.path / "pyproject.toml").write_text(f"[tool.blastradius]\n{text}\n")
    assert said in refused(capsys, "analyze", "--repo", world.path)


def test_a_configuration_that_is_no_file_configures_nothing(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    place = world.path / "pyproject.toml"
    place.mkdir()
    assert main(["analyze", "--repo", str(world.path), "HEAD"]) == 0
    place.rmdir()
    place.symlink_to(place)
    assert main(["analyze", "--repo", str(world.path), "HEAD"]) == 0
    assert capsys.readouterr().err == ""


def test_a_damaged_cache_is_built_anew(world: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["analyze", "--repo", str(world.path), "HEAD~1..HEAD", "--format", "json"]
    assert main(words) == 0
    answer = capsys.readouterr().out
    (world.path / ".git/blastradius/facts.db").write_bytes(b"\0" * 5000)
    assert main(words) == 0
    again = capsys.readouterr()
    assert again.out == answer
    assert "was damaged" in again.err
    assert len(again.err.splitlines()) == 1


def test_bombs_and_broken_files_are_data(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = 5000
    bombs = {
        "brackets.py": "x = " + "(" * deep + ")" * deep,
        "signs.py": "x = " + "-" * deep + "1",
        "broken.py": "def f(:\n",
        "brackets.sql": "select " + "(" * deep + "1" + ")" * deep,
        "broken.sql": "select from where group ,,",
        "brackets.yaml": "a: " + "[" * deep + "]" * deep,
        "unclosed.yaml": "a: [b\n c: }",
        "command.yaml": f'a: !!python/object/apply:os.mkdir ["{world.path}/made"]',
    }
    world.commit("bombs", bombs)
    assert main(["analyze", "--repo", str(world.path), "HEAD", "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert "NOT UNDERSTOOD" in out
    assert err == ""
    assert not (world.path / "made").exists()


def test_a_result_that_cannot_be_written(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("/dev/full", world.path / "no/such/folder", world.path):
        refused(capsys, "analyze", "--repo", world.path, "HEAD", "-o", place)


def test_who_reads_may_go(world: GitWorld) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "analyze", "--repo", world.path, "HEAD"],
        stdout=write, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_process_is_left_when_a_cold_index_is_stopped(
    world: GitWorld, by: signal.Signals, tmp_path: Path
) -> None:
    body = "".join(f"def f{number}(x):\n    return f{number}(x)\n" for number in range(150))
    world.commit("many", {f"m{number}.py": f"{body}# {number}\n" for number in range(150)})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    started = subprocess.Popen(
        [*COMMAND, "index", "--jobs", "2", "--repo", world.path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )  # fmt: skip
    _until(lambda: len(_session(started.pid)) > 2)  # it, git, and a worker
    started.send_signal(by)
    _out, err = started.communicate(timeout=20)
    _until(lambda: not _session(started.pid))
    assert started.returncode == (-by if by == signal.SIGKILL else 130)
    assert by == signal.SIGKILL or not list(scratch.iterdir())
    assert err == b""
    assert main(["index", "--jobs", "1", "--quiet", "--repo", str(world.path)]) == 0


def _session(leader: int) -> list[str]:
    """Return the processes of a session that still live."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session = place.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(place.parent.name)
    return found


def _until(true: object, seconds: float = 20.0) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems hold UTF-8 names only")
def test_names_that_are_not_utf8_are_names(
    world: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (
        (b"\xff.py", b"import a\na.f(1, 2)\n"),
        (b"models/\xff.sql", b"select 1 as a from {{ ref('x') }}"),
        (b"models/\xff.yml", b"models: [{name: x}]\nsources: [{name: s, tables: [{name: t}]}]\n"),
        (b"models/x.sql", b"select 1 as a"),
        (b"d\xff/y.yaml", b"a: ../b.py\n"),
        (b"dbt_project.yml", b"name: p\nmodel-paths: [models]\n"),
    ):
        path = world.path / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    for words in (["graph"], ["impact", "a.py#f"], ["analyze", "--worktree"]):
        for _ in range(2):  # cold, and from the cache
            assert main([*words, "--repo", str(world.path), "--format", "json"]) in {0, 1}
            out, err = capsys.readouterr()
            assert json.loads(out)
            assert "error" not in err
