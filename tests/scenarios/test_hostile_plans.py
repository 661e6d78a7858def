"""Plans, journals and stores that somebody else made or changed: refused in plain words, nothing touched.

A plan's id is a digest, no signature: whoever writes a plan can seal it. So each thing that a plan says
is judged again before it is followed.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from blastradius.cli import main
from blastradius.model.plan import Plan, sealed
from tests.gitworld import GitWorld

LIB = "def rate(order):\n    return 7\n"
APP = "from lib import rate\n\n\ndef total(order):\n    return rate(order)\n"

Made = dict[str, Any]


class Shop:
    """A repository, an honest plan for it, and what is made of that."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.path = folder / "shop"
        self.path.mkdir()
        self.git = GitWorld(self.path)
        self.git.git("config", "user.name", "Ada")
        self.git.git("config", "user.email", "ada@example.com")
        self.git.commit("base", {"README.md": "shop\n"})
        self.git.commit("rate", {"lib.py": LIB})
        self.git.commit("total", {"app.py": APP})
        self.file = folder / "plan.json"
        words = ["plan", "HEAD~2..HEAD", "-o", str(self.file), "--no-cache"]
        assert main([*words, "--repo", str(self.path)]) == 0
        self.honest: Made = json.loads(self.file.read_bytes())

    def seen(self) -> tuple[str, ...]:
        names = sorted(one.name for one in self.path.iterdir())
        head = (self.path / ".git" / "HEAD").read_text()
        return (self.git.head(), head, self.git.git("status", "--porcelain"), *names)

    def run(self, *words: str) -> tuple[int, str]:
        """Return exit code and what was said."""
        self._capsys.readouterr()
        code = main([*words, "--repo", str(self.path)])
        return code, "".join(self._capsys.readouterr())

    def apply(self, plan: Made, *words: str) -> tuple[int, str]:
        self.file.write_bytes(msgspec.json.encode(sealed(msgspec.convert(plan, Plan))))
        return self.run("revert", str(self.file), "--apply", "--trust-plan", *words)

    def newest(self) -> str:
        return str(json.loads(self.run("runs", "--format", "json")[1])["runs"][0]["id"])


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shop:
    """An honest plan, to be spoilt."""
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    return Shop(tmp_path, capsys)


def code_args(**more: object) -> Callable[[Made], None]:
    def change(plan: Made) -> None:
        plan["steps"][0]["args"].update(more)

    return change


def message(text: str) -> Callable[[Made], None]:
    def change(plan: Made) -> None:
        plan["steps"][0]["args"]["commits"][0]["message"] = text

    return change


def on_ref(ref: str) -> Callable[[Made], None]:
    def change(plan: Made) -> None:
        step = plan["steps"][0]
        leaves: dict[str, str] = step["before"]["leaves"]
        leaves[f"ref {ref}"] = leaves.pop("ref refs/heads/main")
        step["args"]["ref"] = ref

    return change


def artifact(path: str, **more: object) -> Callable[[Made], None]:
    def change(plan: Made) -> None:
        args = {"path": path, "tree": "a" * 40, "way": "restore", "source": "ab" * 32, **more}
        plan["steps"][0].update(
            adapter="artifacts", target=path, args=args, before={"leaves": {}}, wanted=None
        )

    return change


def step(**more: object) -> Callable[[Made], None]:
    def change(plan: Made) -> None:
        plan["steps"][0].update(more)

    return change


NO_STEP_OF_OURS = "the plan's code step is none that blastradius makes"
IN_GIT = "would write into a git directory"
SPOILT: Mapping[str, tuple[Callable[[Made], None], str]] = {
    "a tag": (on_ref("refs/tags/v1"), NO_STEP_OF_OURS),
    "a remote branch": (on_ref("refs/remotes/origin/main"), NO_STEP_OF_OURS),
    "an option for a ref": (on_ref("--help"), NO_STEP_OF_OURS),
    "a NUL in a ref": (on_ref("refs/heads/a\0b"), NO_STEP_OF_OURS),
    "HEAD where a branch is out": (on_ref("HEAD"), "HEAD is at refs/heads/main"),
    "a NUL in a message": (message("a\0b"), NO_STEP_OF_OURS),
    "no commits": (code_args(commits=[]), NO_STEP_OF_OURS),
    "a start that is no tip": (code_args(start="b" * 40), NO_STEP_OF_OURS),
    "a wrong type": (code_args(checkout="yes"), "the plan's code step is malformed"),
    "no such adapter": (step(adapter="os"), "a step for 'os', which no adapter is called"),
    "args of another": (step(adapter="artifacts"), "step code of the plan is malformed"),
    "git's folder": (artifact(".git/hooks"), IN_GIT),
    "git's folder, loud": (artifact(".GIT/hooks"), IN_GIT),
    "git's folder, below": (artifact("sub/.git/hooks"), IN_GIT),
    "out of the tree": (artifact("../out"), "is no path below"),
    "nothing built for it": (artifact("dist", way="rebuild", outputs=["other"]), "builds nothing"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_plan_that_was_spoilt_and_sealed_again_is_refused(shop: Shop, name: str) -> None:
    spoil, said = SPOILT[name]
    before = shop.seen()
    plan = shop.honest
    spoil(plan)
    code, text = shop.apply(plan)
    assert code == 5
    assert said in " ".join(text.split())
    assert "error inside blastradius" not in text
    assert shop.seen() == before


def test_a_program_that_nobody_allowed_does_not_run(shop: Shop, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    command = {"root": "", "program": "touch", "arguments": [str(mark)]}
    tree = shop.git.git("rev-parse", "HEAD^{tree}").strip()
    artifact("dist", way="rebuild", tree=tree, commands=[command], outputs=["dist"])(shop.honest)
    code, text = shop.apply(shop.honest, "--allow-exec", "npm")
    assert code == 5
    assert "touch runs the repository's own code and is not allowed to" in " ".join(text.split())
    assert not mark.exists()


def test_a_plan_of_another_repository_says_so(shop: Shop) -> None:
    code_args(start="b" * 40, tip="b" * 40)(shop.honest)
    code, text = shop.apply(shop.honest)
    assert code == 5
    assert "cannot be read in this repository" in text
    assert "make the plan again here" in " ".join(text.split())


def test_a_plan_of_too_many_steps_is_refused_at_once(shop: Shop) -> None:
    one = shop.honest["steps"][0]
    shop.honest["steps"] = [{**one, "id": f"s{n}", "target": f"t{n}"} for n in range(1001)]
    code, text = shop.apply(shop.honest)
    assert code == 2
    assert "1001 steps" in text
    assert not (shop.path / ".git" / "blastradius" / "runs").exists()


def test_a_plan_that_nests_without_end_is_no_plan(shop: Shop) -> None:
    whole = msgspec.json.encode(shop.honest)
    shop.file.write_bytes(whole.replace(b'"args":{', b'"args":{"a":' + b"[" * 200_000, 1))
    code, text = shop.run("revert", str(shop.file), "--apply", "--trust-plan")
    assert code == 2
    assert "is no plan" in text


@pytest.mark.parametrize("name", ["plan.json", "journal.jsonl"])
def test_a_pipe_in_a_runs_folder_is_not_waited_for(shop: Shop, name: str) -> None:
    assert shop.apply(shop.honest)[0] == 0
    run = shop.newest()
    place = shop.path / ".git" / "blastradius" / "runs" / run / name
    place.unlink()
    os.mkfifo(place)
    for word in ("show", "verify", "resume", "abort"):
        assert shop.run(word, run)[0] == 7
    assert shop.run("runs")[0] == 0


@pytest.mark.parametrize("what", ["pipe", "link", "other key"])
def test_what_cannot_be_brought_back_is_not_begun(shop: Shop, what: str, tmp_path: Path) -> None:
    original = shop.seen()
    assert shop.apply(shop.honest)[0] == 0
    run, done = shop.newest(), shop.seen()
    key = tmp_path / "key"
    objects = list((shop.path / ".git" / "blastradius" / "store").glob("??/*"))
    kept = [one.read_bytes() for one in objects]
    true_key = key.read_bytes()
    if what == "other key":
        key.unlink()
    else:
        for one in objects:
            one.unlink()
            os.mkfifo(one) if what == "pipe" else one.symlink_to("/etc/passwd")
    code, text = shop.run("abort", run)
    assert code == 6
    assert "could not be brought back" in text
    assert (str(key) in "".join(text.split())) == (what == "other key")
    assert shop.seen() == done
    key.write_bytes(true_key)
    for one, content in zip(objects, kept, strict=True):
        one.unlink()
        one.write_bytes(content)
    assert shop.run("resume", run)[0] == 5
    assert shop.seen() == original


def test_a_key_that_is_a_pipe_is_not_waited_for(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "key").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "key", 0o600)
    before = shop.seen()
    code, text = shop.apply(shop.honest)
    assert code == 5
    assert "damaged" in text
    assert shop.seen() == before


def test_a_report_that_is_lost_does_not_hide_that_the_run_is_done(shop: Shop) -> None:
    before = shop.git.head()
    code, text = shop.apply(shop.honest, "-o", str(shop.path / "absent" / "report"))
    run = shop.newest()
    assert code == 2
    assert f"run {run} ended (done), but its report is lost" in text
    assert f"blastradius show {run}" in text
    assert shop.git.head() != before


def test_a_plan_that_was_made_elsewhere_needs_trust(shop: Shop) -> None:
    before = shop.seen()
    other = {**shop.honest, "warnings": ["it says of itself what it likes"]}
    shop.file.write_bytes(msgspec.json.encode(sealed(msgspec.convert(other, Plan))))
    code, text = shop.run("revert", str(shop.file), "--apply")
    assert code == 2
    assert "was not made here" in text
    assert shop.seen() == before
    assert shop.run("revert", str(shop.file))[0] == 0, "to be read it needs none"
    assert shop.run("revert", str(shop.file), "--apply", "--trust-plan")[0] == 0


@pytest.mark.parametrize("name", [".git/x", ".GIT/hooks/x", "sub/.git/config"])
def test_a_branch_that_nobody_has_checked_out_gets_no_such_path_either(
    shop: Shop, name: str
) -> None:
    blob = shop.git.git("hash-object", "-w", "README.md")
    *folders, file = name.split("/")
    entry = f"100644 blob {blob}\t{file}"
    for folder in (*reversed(folders), ""):
        made = subprocess.run(
            ["git", "mktree"], cwd=shop.path, input=f"{entry}\n".encode(), capture_output=True,
            check=True,
        )  # fmt: skip
        tree = made.stdout.decode().strip()
        entry = f"040000 tree {tree}\t{folder}"
    args = shop.honest["steps"][0]["args"]
    args |= {"ref": "refs/heads/new", "tip": "", "checkout": False}
    args["commits"] = [{"tree": tree, "message": "x\n"}]
    shop.honest["steps"][0]["before"] = {"leaves": {}}
    code, text = shop.apply(shop.honest)
    assert code == 5, text
    assert "inside of a git directory" in text
    assert shop.git.git("for-each-ref", "refs/heads/new") == ""
