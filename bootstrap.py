#!/usr/bin/env python3
"""Set up blastradius in a virtual environment of its own and run a job in it.

    python3 bootstrap.py demo     build the demo repository and analyse it
    python3 bootstrap.py test     everything that must hold: lint, types, layers, tests

Needs git and Python 3.11 or newer, nothing else. The environment is ``.venv`` beside this file, or
the folder named by BLASTRADIUS_VENV.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST = (3, 11)
STAMP = "blastradius-installed"


def main(arguments: list[str]) -> int:
    """Run the job that is named; return its exit code."""
    jobs = {"demo": demo, "test": test}
    if len(arguments) != 1 or arguments[0] not in jobs:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    if sys.version_info < OLDEST:
        print(f"blastradius needs Python {OLDEST[0]}.{OLDEST[1]} or newer", file=sys.stderr)
        return 2
    if shutil.which("git") is None:
        print("blastradius needs git: install it first", file=sys.stderr)
        return 2
    return jobs[arguments[0]]()


def demo() -> int:
    """Install the package and show the demo."""
    python = environment(".")
    return run(python, "-m", "blastradius", "demo", str(HERE / ".demo"))


def test() -> int:
    """Install the package with its development tools and run every check."""
    python = environment(".[dev]")
    checks = (
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
        ("-m", "pytest"),
    )
    for check in checks:
        print("$ python", *check, flush=True)
        if code := run(python, *check):
            return code
    return 0


def environment(what: str) -> Path:
    """Return the interpreter of the environment, made and filled when it is not there yet."""
    folder = Path(os.environ.get("BLASTRADIUS_VENV", HERE / ".venv"))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / STAMP
    project = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    wanted = f"{what}\n{project}"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"setting up {folder}", file=sys.stderr, flush=True)
    installer = make(folder, python)
    code = run(*installer, "install", "--quiet", "--editable", f"{HERE}{what.removeprefix('.')}")
    if code:
        print("the packages could not be installed (is the network there?)", file=sys.stderr)
        raise SystemExit(code)
    stamp.write_text(wanted, encoding="utf-8")
    return python


def make(folder: Path, python: Path) -> tuple[str | Path, ...]:
    """Make the environment; return the command that installs into it.

    Debian's bare Python has no ensurepip. Then any pip or uv of the machine fills the environment.
    """
    try:
        import ensurepip  # noqa: F401, PLC0415 - asked whether it is there
    except ImportError:
        if shutil.which("uv"):
            venv.create(folder, clear=True)
            os.environ["VIRTUAL_ENV"] = str(folder)
            return "uv", "pip"
        if run(sys.executable, "-m", "pip", "--version", quiet=True) == 0:
            venv.create(folder, clear=True)
            return sys.executable, "-m", "pip", "--python", python
        print(
            "this Python has no pip: install python3-venv (Debian), python3-pip or uv first",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    venv.create(folder, clear=True, with_pip=True)
    return python, "-m", "pip", "--disable-pip-version-check"


def run(*command: str | Path, quiet: bool = False) -> int:
    """Run a command in the project's folder and return its exit code."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(  # noqa: S603 - fixed programs, argument list
        [str(word) for word in command], cwd=HERE, check=False, stdout=output, stderr=output
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
