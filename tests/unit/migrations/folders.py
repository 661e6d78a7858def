"""Small trees for the readers of migrations, and random chains of them as their tools write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blastradius.migrations import History, Lint, read
from blastradius.model.source import TreeEntry

ENTRY = TreeEntry("100644", "0" * 40)


def tree(files: Mapping[str, str]) -> tuple[dict[str, TreeEntry], Callable[[str], bytes | None]]:
    """Return the listing and the reader of a tree with these texts."""
    content = {path: text.encode() for path, text in files.items()}
    return dict.fromkeys(sorted(content), ENTRY), content.get


def histories(files: Mapping[str, str], dialect: str = "postgres") -> tuple[History, ...]:
    """Return the histories of a tree with these texts."""
    return read(*tree(files), dialect=dialect)


def revision(
    name: str,
    down: str | None,
    upgrade: str,
    downgrade: str | None = "pass",
    top: str = "",
) -> str:
    """Return an Alembic revision with these bodies, each a text of lines without indentation."""
    ways = [("upgrade", upgrade)] + ([("downgrade", downgrade)] if downgrade is not None else [])
    functions = "".join(
        f"\n\ndef {way}():\n" + "\n".join(f"    {line}" for line in body.splitlines()) + "\n"
        for way, body in ways
    )
    return (
        "import sqlalchemy as sa\nfrom alembic import op\nfrom sqlalchemy.dialects import postgresql\n"
        f'{top}\nrevision = "{name}"\ndown_revision = {down!r}\n{functions}'
    )


def lint_of(upgrade: str, downgrade: str | None, *, before: str = "pass", top: str = "") -> Lint:
    """Return what is found of a revision that follows another one."""
    files = {
        "versions/a_first.py": revision("a", None, before, "pass"),
        "versions/b_second.py": revision("b", "a", upgrade, downgrade, top),
    }
    found = histories(files)[0].find("b")
    assert found is not None
    return found.lint
