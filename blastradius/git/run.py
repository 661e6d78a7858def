"""One hardened git process: nothing that the analysed repository says can make it run a program.

The door to git is its command line, called with argument lists and never through a shell. What the
user's environment says (``GIT_DIR`` of an outer hook, aliases, colours) is scrubbed, what the
repository's own configuration could switch on is switched off, and nothing is fetched.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from blastradius.errors import RepositoryError

OLDEST = (2, 38)
"""The first git whose ``merge-tree`` writes trees."""

_TIMEOUT = 900.0
_NULL = os.devnull

# Keys of a repository's own configuration that name a program or reach the network; the command
# line's word wins over the file's. Filters, textconvs and merge drivers have free names and cannot
# be listed here: what might consult them runs in a private git directory (see `scratch`).
_SAFE = (
    "core.fsmonitor=false",
    f"core.hooksPath={_NULL}",
    f"core.attributesFile={_NULL}",
    "core.untrackedCache=false",
    "core.pager=cat",
    "core.editor=false",
    "core.sshCommand=false",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "gpg.program=false",
    "log.showSignature=false",
    "diff.trustExitCode=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
)

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": _NULL,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # An allow list of no real protocol: it beats ``protocol.<name>.allow`` of the repository.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_SSH_COMMAND": "false",
    "GIT_ASKPASS": "false",
    # Objects as they were written: replacements and grafts are another history than the ids say.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": _NULL,
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
    "LANGUAGE": "",
}
_USERS_OWN = ("GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL")


class Finished(NamedTuple):
    """What a git process left: exit code, standard output, standard error as printable text."""

    code: int
    out: bytes
    err: str


def git(
    directory: Path,
    *args: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Run git in ``directory`` and return its standard output.

    Args:
        directory: where git starts to look for a repository.
        args: the subcommand and its arguments; ``-c key=value`` may stand before it.
        stdin: what the process reads.
        env: variables set on top of the scrubbed environment.

    Raises:
        RepositoryError: git is absent, too old, or fails.
    """
    return checked(("-C", str(directory)), args, stdin=stdin, env=env).out


def checked(
    place: Sequence[str],
    args: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
) -> Finished:
    """Run git at ``place`` (its global options) and raise unless the exit code is accepted.

    Raises:
        RepositoryError: git is absent, too old, or ends with another exit code.
    """
    finished = invoke(place, args, stdin=stdin, env=env)
    if finished.code not in accept:
        raise failure(args, finished.err, finished.code)
    return finished


def invoke(
    place: Sequence[str],
    args: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    users_config: bool = False,
) -> Finished:
    """Run git at ``place`` and return what it left, whatever its exit code.

    Args:
        place: global options that say which repository.
        args: the subcommand and its arguments.
        stdin: what the process reads.
        env: variables set on top of the scrubbed environment.
        users_config: let git read the user's and the machine's configuration, which is where
            ``safe.directory`` stands; only for finding the repository.

    Raises:
        RepositoryError: git is absent or too old, or does not end in fifteen minutes.
    """
    command = [*command_line(place), *args]
    try:
        done = subprocess.run(  # noqa: S603 - argument list, program found on absolute PATH entries
            command,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env=environment(env, users_config=users_config),
        )
    except subprocess.TimeoutExpired as error:
        raise RepositoryError(
            f"git {args[0]} did not end within {_TIMEOUT:.0f} s", "try a smaller range"
        ) from error
    return Finished(done.returncode, done.stdout, printable(done.stderr))


def command_line(place: Sequence[str]) -> list[str]:
    """Return the program and the global options that every git process of ours starts with."""
    settings = [word for setting in _SAFE for word in ("-c", setting)]
    return [program(), "--no-pager", "--literal-pathspecs", *settings, *place]


def environment(
    extra: Mapping[str, str] | None = None, *, users_config: bool = False
) -> dict[str, str]:
    """Return the environment of a git process: the caller's without ``GIT_*``, plus ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    kept.update(_ENVIRONMENT)
    if users_config:
        for key in _USERS_OWN:
            kept.pop(key)
    kept.update(extra or {})
    return kept


def program() -> str:
    """Return the path of git, checked once to be new enough.

    Raises:
        RepositoryError: no git, or one older than `OLDEST`.
    """
    # Relative entries would find a ``git`` that lies in the analysed repository.
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return _program(os.pathsep.join(entry for entry in entries if Path(entry).is_absolute()))


@functools.cache
def _program(search: str) -> str:
    found = shutil.which("git", path=search)
    least = ".".join(map(str, OLDEST))
    if found is None:
        raise RepositoryError("git was not found", f"install git {least} or newer")
    shown = subprocess.run(  # noqa: S603 - as above
        [found, "version"], capture_output=True, check=False, timeout=60, env=environment()
    ).stdout.decode("ascii", "replace")
    version = git_version(shown)
    if version < OLDEST:
        raise RepositoryError(
            f"{shown.strip() or found} is too old", f"install git {least} or newer"
        )
    return found


def git_version(shown: str) -> tuple[int, int]:
    """Return (major, minor) of what ``git version`` prints; (0, 0) when it is not understood."""
    match = re.search(r"(\d+)\.(\d+)", shown)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def printable(raw: bytes) -> str:
    """Return ``raw`` as text without control characters: it may quote a hostile repository."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )


_ASK_FSCK = "run it again; if it stays, `git fsck` shows what is damaged"
_CORRUPT = re.compile(
    r"corrupt|inflate|unable to (unpack|parse)|bad (object|tree)|hash mismatch|"
    r"packfile .*(does not match|truncated|cannot be)|premature end of pack|"
    r"unable to read|missing (blob|tree|object)|could not (read|parse|fetch)",
    re.IGNORECASE,
)


def is_corrupt(err: str) -> bool:
    """Tell whether git's error output speaks of an object that is damaged or gone."""
    return bool(_CORRUPT.search(err))


def failure(args: Sequence[str], err: str, code: int) -> RepositoryError:
    """Return the error that says in one line what git said, and how to mend it."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    said = (fatal or lines or [f"exit code {code}"])[0].removeprefix("fatal: ")
    verb = next((word for word in args if not word.startswith("-") and "=" not in word), "")
    if "dubious ownership" in err:
        advice = next((line for line in lines if line.startswith("git config")), "")
        return RepositoryError(said, f"if you trust it: {advice}" if advice else "")
    if "not a git repository" in err:
        return RepositoryError(said, "name a repository with --repo DIR")
    if is_corrupt(err):
        return RepositoryError(
            f"git {verb}: {said}",
            "`git fsck` shows what is damaged; fetch or copy it from another clone",
        )
    mend = _ASK_FSCK
    if said.startswith("bad config"):
        mend = "mend that file"
    elif "No space left" in err:
        mend = "free some space and run it again"
    return RepositoryError(f"git {verb} failed: {said}", mend)
