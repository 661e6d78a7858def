from __future__ import annotations

import subprocess
import sys

import pytest

from blastradius.errors import ConfigError
from blastradius.languages import registry


def test_the_built_in_languages_are_always_there() -> None:
    built_in = {"python", "sql", "yaml", "json", "toml", "ini", "dotenv", "containerfile", "hcl"}
    assert built_in <= set(registry.names())


def test_an_unknown_language_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no language is called 'cobol'") as caught:
        registry.get("cobol")
    assert caught.value.hint == f"there are {', '.join(sorted(registry.names()))}"


def test_looking_at_the_table_imports_no_language() -> None:
    program = """
import sys
from blastradius.languages import registry
registry.names()
sys.exit(any(name.startswith("blastradius.languages.") and name.count(".") == 2
             and not name.endswith((".base", ".registry")) for name in sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
