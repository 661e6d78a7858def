"""What a language is: two pure functions, one that needs only bytes and one that needs the tree.

A language is a module (or package) with these names at its top level, listed in
`blastradius.languages.registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Linked


class Language(Protocol):
    """The module-level interface of a language."""

    NAME: str
    """Prefix of its symbols, such as ``python``."""

    VERSION: str
    """Changes whenever ``extract`` would answer differently; names its parser's version too."""

    def claims(self, path: str) -> bool:
        """Tell from the path alone whether this language reads the file."""
        ...

    def extract(self, source: bytes) -> Facts:
        """Return what the bytes state. Never raises: what is not understood is a `Problem`."""
        ...

    def symbol(self, path: str, definitions: Sequence[Definition], index: int) -> str:
        """Return the symbol id of ``definitions[index]`` in the file at ``path``.

        ``index`` -1 is the file itself.
        """
        ...

    def tables(self, files: Mapping[str, Facts], options: LinkOptions) -> Any:  # noqa: ANN401 - private to the language
        """Return the lookups over all files of this language that ``link`` needs."""
        ...

    def link(self, path: str, facts: Facts, tables: Any) -> Linked:  # noqa: ANN401 - as above
        """Return the edges and the unresolved references of one file."""
        ...


class LinkOptions(Protocol):
    """What linking is told by the configuration, and by the tree's list of paths."""

    @property
    def source_roots(self) -> tuple[str, ...]:
        """Folders that Python imports start from, beside those that are found."""
        ...

    @property
    def dialect(self) -> str:
        """SQL dialect by configuration; empty: guess."""
        ...

    @property
    def paths(self) -> frozenset[str]:
        """Every path of the tree, also of files that no language reads."""
        ...

    @property
    def source(self) -> Source:
        """Gives the bytes of a file of the tree; None where it is absent, binary or too large.

        For the few files whose meaning is the whole tree's (``tsconfig.json``, ``dbt_project.yml``).
        """
        ...

    @property
    def content(self) -> Callable[[str], str]:
        """Gives the id of a file's content, equal for equal bytes; empty when there is none."""
        ...

    @property
    def memo(self) -> Memo:
        """Remembers results between runs, by a digest of all that they were made from."""
        ...

    @property
    def read_many(self) -> ReadMany:
        """Reads texts that linking makes itself, several at a time where that is faster."""
        ...


Source = Callable[[str], bytes | None]

ReadMany = Callable[[str, Sequence[tuple[bytes, str]]], list[Facts | None]]
"""(language NAME, (text, dialect or empty) pairs) → facts of each, in the order of the texts.

None where reading took too long or ended its process: another run may fare better.
"""


class Memo(Protocol):
    """A cache of bytes; what was put may be forgotten at any time.

    ``kind`` names what made the value, with its version; ``key`` is a digest of all its inputs.
    """

    def get(self, kind: str, key: str) -> bytes | None:
        """Return what was put, or None."""
        ...

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Keep ``value``."""
        ...
