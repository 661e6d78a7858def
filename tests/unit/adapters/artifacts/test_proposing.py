"""Which outputs are put right, which are left, and what is said of them; nothing is run."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import msgspec
import pytest

from blastradius.adapters import artifacts
from blastradius.adapters.artifacts.model import Args
from blastradius.adapters.base import Wishes
from blastradius.checkpoints.taking import Wanted, create
from blastradius.errors import CommandError
from blastradius.model.plan import Fingerprint, Plan, sealed
from tests.workbench import MAKEFILE, TickingWorld, Workbench, made

_VITE = json.dumps({"scripts": {"build": "vite build"}})


def _lay(bench: Workbench, **files: str) -> None:
    for name, content in files.items():
        place = bench.path / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)


def _left(bench: Workbench) -> dict[str, str]:
    found = bench.propose()
    assert found.steps == ()
    return {one.target: one.why for one in found.left}


def test_a_stale_folder_has_a_step_that_says_why(tmp_path: Path) -> None:
    bench = made(tmp_path)
    found = bench.propose()
    (step,) = found.steps
    assert (step.adapter, step.domain, step.tool, step.target) == (
        "artifacts",
        "artifacts",
        "make",
        "dist",
    )
    assert (step.action, step.phase, step.reversibility, step.wanted) == (
        "rebuild",
        "rebuild",
        "reversible",
        None,
    )
    assert step.exec == ("make",)
    assert step.preview == "make build"
    assert "src.txt" in step.summary
    assert {one.path for one in step.evidence} == {"Makefile", "src.txt"}
    assert found.assumptions
    plan = sealed(
        Plan("s", "", bench.base, bench.head, bench.head, (), "commit", found.steps, found.left)
    )
    again = bench.propose()
    assert (
        sealed(
            Plan("s", "", bench.base, bench.head, bench.head, (), "commit", again.steps, again.left)
        )
        == plan
    )


def test_nothing_changes_by_looking(tmp_path: Path) -> None:
    bench = made(tmp_path)
    before = {one: one.lstat().st_mtime_ns for one in bench.path.rglob("*")}
    world = bench.world()
    step = artifacts.propose(bench.request(), world).steps[0]
    artifacts.probe(step, world)
    assert {one: one.lstat().st_mtime_ns for one in bench.path.rglob("*")} == before
    assert world.told == []


def test_without_a_live_output_there_is_nothing_to_do(tmp_path: Path) -> None:
    bench = made(tmp_path)
    shutil.rmtree(bench.path / "dist")
    assert bench.propose().steps == ()


def test_a_build_whose_inputs_stay_is_not_stale(tmp_path: Path) -> None:
    bench = Workbench(
        tmp_path,
        {"web/package.json": _VITE, "web/a.js": "1", "api/x.py": "1", ".gitignore": "dist"},
        {
            "api/x.py": "2",
            "web/README.md": "words",
            "web/a.test.js": "a test",
            ".github/x.yml": "1",
        },
    )
    _lay(bench, web__dist__x="1")
    assert bench.propose().steps == ()
    assert bench.propose().left == ()


def test_other_domains_alone_leave_it(tmp_path: Path) -> None:
    bench = made(tmp_path)
    assert bench.propose(Wishes(domains=("database",))).steps == ()
    assert bench.propose(Wishes(domains=("artifacts",))).steps


def test_what_git_holds_is_gits(tmp_path: Path) -> None:
    bench = Workbench(
        tmp_path,
        {"Makefile": MAKEFILE, "src.txt": "1", "dist/page.txt": "1"},
        {"src.txt": "2", "dist/page.txt": "2"},
    )
    assert _left(bench) == {
        "dist": "git holds its files: the revert of the commits brings them back"
    }


def test_a_placeholder_of_gits_stays(tmp_path: Path) -> None:
    bench = Workbench(
        tmp_path,
        {
            "Makefile": MAKEFILE,
            "src.txt": "1",
            "dist/.gitkeep": "",
            ".gitignore": "dist/*\n!dist/.gitkeep\n",
        },
        {"src.txt": "2"},
    )
    bench.run("make", "build")
    prepared = bench.carry_out(bench.step("dist"))
    assert bench.contents("dist") == {".gitkeep": b"", "page.txt": b"1", "sorted.txt": b"1\n"}
    assert prepared.orphans == ()
    assert bench.git.git("status", "--porcelain") == ""


def test_a_builder_that_goes_leaves_what_it_wrote(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, {"x.js": "1", ".gitignore": "dist"}, {"package.json": _VITE})
    _lay(bench, dist__x="1")
    assert "nothing in the reverted tree writes it" in _left(bench)["dist"]


def test_links_and_odd_files_are_told(tmp_path: Path) -> None:
    bench = made(tmp_path)
    shutil.rmtree(bench.path / "dist")
    (tmp_path / "elsewhere").mkdir()
    (bench.path / "dist").symlink_to(tmp_path / "elsewhere")
    assert "it is a link" in _left(bench)["dist"]
    (bench.path / "dist").unlink()
    (bench.path / "dist").mkdir()
    os.mkfifo(bench.path / "dist" / "pipe")
    assert "is a pipe" in _left(bench)["dist"]


def test_a_repository_inside_of_an_output_is_told(tmp_path: Path) -> None:
    bench = made(tmp_path)
    (bench.path / "dist" / ".git").write_text("gitdir: elsewhere\n")
    step = bench.propose().steps
    assert step == ()
    assert "repository of its own" in _left(bench)["dist"]


def test_images_caches_and_coverage_are_left_with_a_reason(tmp_path: Path) -> None:
    bench = Workbench(
        tmp_path,
        {
            "Dockerfile": "FROM scratch\n",
            "Cargo.toml": "",
            "pyproject.toml": "[tool.coverage.run]\n",
            "src/x.rs": "1",
            ".gitignore": "target\nhtmlcov\n.coverage\nout\n",
        },
        {"src/x.rs": "2"},
    )
    _lay(bench, target__debug__x="1", htmlcov__index="1", src__out__x="1")
    left = _left(bench)
    assert set(left) == {"Dockerfile", "target", "htmlcov", "src/out"}
    assert "registry" in left["Dockerfile"]
    assert "own record" in left["target"]
    assert "no builder" in left["src/out"]


def test_a_program_that_is_missing_is_told(tmp_path: Path) -> None:
    bench = made(tmp_path)
    (tmp_path / "bin").mkdir()
    world = bench.world()
    world.environment["PATH"] = str(tmp_path / "bin")
    (left,) = artifacts.propose(bench.request(), world).left
    assert "make was not found" in left.why


def test_packages_that_nobody_knows_are_told(tmp_path: Path) -> None:
    package = json.dumps({"scripts": {"build": "vite build"}, "dependencies": {"vite": "7"}})
    bench = Workbench(
        tmp_path, {"package.json": package, "src.js": "1", ".gitignore": "dist"}, {"src.js": "2"}
    )
    _lay(bench, dist__x="1")
    assert "no lock file" in _left(bench)["dist"]


def _locked(version: str) -> str:
    return json.dumps({"packages": {"": {}, "node_modules/a": {"version": version}}})


def test_installed_packages_are_taken_where_the_lock_file_agrees(tmp_path: Path) -> None:
    package = json.dumps({"scripts": {"build": "vite build"}, "dependencies": {"a": "*"}})
    one, two = _locked("1"), _locked("2")
    bench = Workbench(
        tmp_path,
        {
            "package.json": package,
            "package-lock.json": one,
            "src.js": "1",
            ".gitignore": "dist\nnode_modules",
        },
        {"package-lock.json": two},
    )
    _lay(bench, dist__x="1", node_modules__a__index="1")
    (bench.path / "node_modules" / ".package-lock.json").write_text(one)
    (step,) = bench.propose().steps
    assert step.args["modules"] == {"folders": ["node_modules"], "install": None}
    (bench.path / "node_modules" / ".package-lock.json").write_text(two)
    found = bench.propose()
    (step,) = found.steps
    assert step.args["modules"]["install"]["arguments"][:2] == ["ci", "--ignore-scripts"]
    assert step.preview.startswith("npm ci --ignore-scripts")
    (left,) = found.left
    assert (left.target, left.by_hand) == ("node_modules", "after the revert: npm ci")


@pytest.mark.parametrize(("made_by", "steps"), [("dev/cache", 0), ("BUILD_ID", 1)])
def test_what_a_development_server_wrote_is_left_to_it(
    tmp_path: Path, made_by: str, steps: int
) -> None:
    package = json.dumps({"scripts": {"build": "next build", "dev": "next dev"}})
    bench = Workbench(
        tmp_path, {"package.json": package, "a.js": "1", ".gitignore": ".next"}, {"a.js": "2"}
    )
    _lay(bench, **{f".next__{made_by.replace('/', '__')}": "1"})
    found = bench.propose()
    assert (len(found.steps), len(found.left)) == (steps, 1 - steps)


def test_secrets_in_a_script_are_not_shown(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    package = json.dumps({"scripts": {"build": f"TOKEN={token} vite build"}})
    bench = Workbench(
        tmp_path, {"package.json": package, "a.js": "1", ".gitignore": "dist"}, {"a.js": "2"}
    )
    _lay(bench, dist__x="1")
    (step,) = bench.propose().steps
    assert token not in step.preview
    assert token not in repr(step)


def test_a_folder_older_than_a_range_that_was_reset_is_left(tmp_path: Path) -> None:
    bench = made(tmp_path)
    bench.git.git("checkout", "-q", "-B", "main", bench.base)
    assert [one.target for one in bench.propose(reset=True).steps] == ["dist"]
    for one in (bench.path / "dist").iterdir():
        os.utime(one, (1_000_000_000, 1_000_000_000))
    found = bench.propose(reset=True)
    assert found.steps == ()
    assert "before the range began" in found.left[0].why


def test_a_range_that_stays_makes_nothing_stale(tmp_path: Path) -> None:
    bench = made(tmp_path)
    request = bench.request()
    tree = bench.git.id_of(f"{bench.head}^{{tree}}")
    stays = type(request)(request.analysis, request.at, tree, request.wishes)
    found = artifacts.propose(stays, bench.world())
    assert (found.steps, found.left) == ((), ())


def test_a_bare_repository_has_no_outputs(tmp_path: Path) -> None:
    bench = made(tmp_path)
    bench.git.git("clone", "-q", "--bare", str(bench.path), str(tmp_path / "bare"))
    world = TickingWorld(tmp_path / "bare")
    assert artifacts.propose(bench.request(), world).steps == ()


def test_a_checkpoint_of_the_same_tree_is_brought_back_without_a_build(tmp_path: Path) -> None:
    bench = made(tmp_path)
    bench.git.git("checkout", "-q", bench.base)
    bench.run("make", "build")
    older = bench.contents("dist")
    create(bench.world(), Wanted(folders=("dist",), reason="before", expires=dt.timedelta(days=1)))
    bench.git.git("checkout", "-q", bench.head)
    assert _left(bench) == {"dist": "it is what a checkpoint of the reverted tree holds"}
    bench.run("make", "build")
    (step,) = bench.propose().steps
    assert (step.action, step.exec, step.preview) == ("restore", (), "")
    assert step.wanted is not None
    world = bench.world(allowed="")
    prepared = artifacts.prepare(step, world)
    artifacts.act(step, prepared, world)
    assert bench.contents("dist") == older
    assert artifacts.verify(step, prepared, world) == prepared.wanted == step.wanted


def test_a_checkpoint_of_other_sources_is_not(tmp_path: Path) -> None:
    bench = made(tmp_path)
    bench.git.git("checkout", "-q", bench.base)
    (bench.path / "src.txt").write_text("not committed\n")
    create(bench.world(), Wanted(folders=("dist",)))
    bench.git.git("checkout", "-q", "-f", bench.head)
    (step,) = bench.propose().steps
    assert step.action == "rebuild"


@pytest.mark.parametrize("spoiled", ["content", "mode", "gone", "more"])
def test_what_verifies_sees_every_difference(tmp_path: Path, spoiled: str) -> None:
    bench = made(tmp_path)
    step = bench.step("dist")
    world = bench.world()
    prepared = artifacts.prepare(step, world)
    artifacts.act(step, prepared, world)
    page = bench.path / "dist" / "page.txt"
    if spoiled == "content":
        page.write_text("another")
    elif spoiled == "mode":
        page.chmod(0o600)
    elif spoiled == "gone":
        page.unlink()
    else:
        (bench.path / "dist" / "more").mkdir()
    seen = artifacts.verify(step, prepared, world)
    name = "dist/more" if spoiled == "more" else "dist/page.txt"
    assert seen.differing(prepared.wanted) == (name,)


def test_large_folders_have_a_leaf_for_each_name_in_them(tmp_path: Path) -> None:
    bench = made(tmp_path)
    for number in range(500):
        _lay(bench, **{f"dist__deep__{number}": "1"})
    step = bench.step("dist")
    assert set(step.before.leaves) == {"dist", "dist/deep", "dist/page.txt", "dist/sorted.txt"}
    (bench.path / "dist" / "deep" / "7").write_text("2")
    seen = artifacts.probe(step, bench.world())
    assert seen.differing(step.before) == ("dist/deep",)


def test_names_that_are_not_utf8_have_leaves(tmp_path: Path) -> None:
    bench = made(tmp_path)
    with open(os.path.join(os.fsencode(bench.path), b"dist", b"\xff"), "wb"):  # noqa: PTH118, PTH123
        pass
    step = bench.step("dist")
    assert "dist/\\xff (ff)" in step.before.leaves
    assert isinstance(step.before, Fingerprint)
    prepared = bench.carry_out(step)
    assert prepared.orphans == ("dist/\\xff",)


def test_a_build_that_is_never_the_same_is_told(tmp_path: Path) -> None:
    random = "build:\n\tmkdir -p dist\n\thead -c 16 /dev/urandom > dist/id\n\tcp src.txt dist/\n"
    bench = Workbench(
        tmp_path, {"Makefile": random, "src.txt": "1", ".gitignore": "dist"}, {"src.txt": "2"}
    )
    bench.run("make", "build")
    prepared = bench.carry_out(bench.step("dist"))
    assert any("two builds of the same tree differ (dist/id)" in one for one in prepared.warnings)


def test_a_build_that_writes_nothing_is_refused(tmp_path: Path) -> None:
    empty = MAKEFILE.replace("\tcp", "\ttest ! -e never || cp").replace(
        "mkdir -p dist", "mkdir -p made"
    )
    bench = Workbench(
        tmp_path,
        {
            "Makefile": empty.replace("sort src.txt >", "true || mkdir dist; true >"),
            "src.txt": "1",
            ".gitignore": "dist",
        },
        {"src.txt": "2"},
    )
    _lay(bench, dist__x="1")
    step = bench.step("dist")
    with pytest.raises(CommandError):
        artifacts.prepare(step, bench.world())
    assert bench.contents("dist") == {"x": b"1"}


def test_a_build_that_does_not_end_is_ended(tmp_path: Path) -> None:
    slow = MAKEFILE + "\tsleep 60\n"
    bench = Workbench(
        tmp_path, {"Makefile": slow, "src.txt": "1", ".gitignore": "dist"}, {"src.txt": "2"}
    )
    _lay(bench, dist__page="1")
    step = msgspec.structs.replace(bench.step("dist"), timeout=1)
    with pytest.raises(CommandError, match="did not end within 1 s"):
        artifacts.prepare(step, bench.world())


def test_arguments_survive_json(tmp_path: Path) -> None:
    step = made(tmp_path).step("dist")
    again = msgspec.json.decode(msgspec.json.encode(step.args))
    assert msgspec.convert(again, Args) == msgspec.convert(step.args, Args)


def test_a_commit_stands_for_its_tree(tmp_path: Path) -> None:
    bench = made(tmp_path)
    request = bench.request()
    same = type(request)(request.analysis, request.at, request.at, request.wishes)
    assert artifacts.propose(same, bench.world()).steps == ()
    reset = type(request)(request.analysis, bench.base, bench.base, request.wishes)
    (step,) = artifacts.propose(reset, bench.world()).steps
    assert step.args["tree"] == bench.tree


def test_files_that_name_the_folder_they_were_built_in_are_told(tmp_path: Path) -> None:
    text = "build:\n\tmkdir -p dist\n\tpwd > dist/where.txt\n\tcp src.txt dist/\n"
    bench = Workbench(
        tmp_path, {"Makefile": text, "src.txt": "1", ".gitignore": "dist"}, {"src.txt": "2"}
    )
    bench.run("make", "build")
    prepared = bench.carry_out(bench.step("dist"))
    assert any(one.startswith("dist/where.txt name the temporary") for one in prepared.warnings)


def test_two_outputs_of_one_builder_are_built_once(tmp_path: Path) -> None:
    text = (
        "build:\n\techo built >> $(LOG)\n\tmkdir -p dist out\n"
        "\tcp src.txt dist/\n\tcp src.txt out/\n"
    )
    log = tmp_path / "log"
    bench = Workbench(
        tmp_path,
        {
            "Makefile": f"LOG={log}\n{text}",
            "src.txt": "1",
            ".gitignore": "dist\nout",
        },
        {"src.txt": "2"},
    )
    bench.run("make", "build")
    log.unlink()
    steps = bench.propose().steps
    assert [one.target for one in steps] == ["dist", "out"]
    world = bench.world()
    every = [(one, artifacts.prepare(one, world)) for one in steps]
    for step, prepared in every:
        artifacts.act(step, prepared, world)
    for step, prepared in every:
        assert artifacts.verify(step, prepared, world) == prepared.wanted
        artifacts.settle(step, prepared, world)
    assert bench.contents("dist") == bench.contents("out") == {"src.txt": b"1"}
    # Once, and once more to tell whether it is always the same.
    assert log.read_text() == "built\n" * 2
