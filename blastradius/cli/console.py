"""Where a command's text goes: results to standard output or a file, the rest to standard error."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from blastradius.cli import mute_stdout
from blastradius.cli.progress import Bar
from blastradius.errors import StorageError
from blastradius.reports.base import Options
from blastradius.reports.display import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from types import TracebackType

_NARROWEST, _WIDEST = 40, 120
_PLAIN = 80


class Console:
    """One command's way to the outside; a context manager that leaves no half-drawn line.

    Args:
        form: the report's format; all but ``text`` are UTF-8 whatever the terminal's encoding.
        color: ``auto``, ``always`` or ``never``.
        output: the file for the result; None for standard output.
        quiet: neither progress nor warnings.
    """

    def __init__(self, form: str, color: str, output: str | None, *, quiet: bool) -> None:
        self._form = form
        self._color = color
        self._output = output
        self._quiet = quiet
        self._bar = None if quiet or not sys.stderr.isatty() else Bar(sys.stderr)

    @classmethod
    def of(cls, args: argparse.Namespace) -> Self:
        """Return the console that the shared options ask for."""
        return cls(args.format, args.color, args.output, quiet=args.quiet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def options(self, limit: int) -> Options:
        """Return how a report shall look here."""
        on_terminal = self._output is None and sys.stdout.isatty()
        columns = shutil.get_terminal_size((_PLAIN, 24)).columns if on_terminal else _PLAIN
        colour = self._color == "always" or (
            self._color == "auto"
            and on_terminal
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )
        return Options(min(max(columns, _NARROWEST), _WIDEST), colour, limit)

    def result(self, text: str | Iterable[str]) -> None:
        """Write the command's result, whole or piece by piece.

        Raises:
            StorageError: the file or standard output cannot take it.
        """
        self._clear()
        pieces = (text,) if isinstance(text, str) else text
        if self._output is not None:
            write_whole(Path(self._output), pieces)
            return
        try:
            self._to_stdout(pieces)
        except BrokenPipeError:
            # Who reads has seen enough; that changes nothing about what was found.
            mute_stdout()
        except OSError as error:
            raise StorageError(f"cannot write standard output: {error.strerror}") from error

    def warn(self, message: str) -> None:
        """Say something that is no error and no result."""
        self.note(f"blastradius: warning: {message}")

    def note(self, message: str) -> None:
        """Say something in passing."""
        if not self._quiet:
            self._clear()
            sys.stderr.write(f"{printable(message)}\n")
            sys.stderr.flush()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage is; shown on a terminal, for what takes longer than a second."""
        if self._bar is not None:
            self._bar.show(stage, done, total)

    def _to_stdout(self, pieces: Iterable[str]) -> None:
        if self._form == "text":
            sys.stdout.writelines(pieces)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(piece.encode() for piece in pieces)
        sys.stdout.flush()

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.clear()


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write a file so that it holds all of ``pieces`` or is as it was; devices are written to.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("w", encoding="utf-8") as device:
                device.writelines(pieces)
            return
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, delete=False
        ) as file:
            draft = Path(file.name)
            try:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
                draft.chmod(mode)
                draft.replace(target)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "the link leads to itself"
        raise StorageError(f"cannot write {path}: {why}", "name another file with -o") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
