"""Every folder of the package is installed, not only those that an editable install finds anyway."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_list_of_packages_names_every_folder_with_code() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = settings["tool"]["setuptools"]["packages"]
    folders = {one.parent for one in (ROOT / "blastradius").rglob("*.py")}
    found = {".".join(one.relative_to(ROOT).parts) for one in folders}
    assert sorted(listed) == sorted(found | {"blastradius.grammars"})
