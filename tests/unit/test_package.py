from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import blastradius
from blastradius.config import Config
from blastradius.errors import BlastRadiusError
from blastradius.model.analysis import Analysis
from blastradius.reports.registry import render


def test_the_names_are_those_of_their_modules() -> None:
    assert blastradius.Config is Config
    assert blastradius.BlastRadiusError is BlastRadiusError
    assert blastradius.Analysis is Analysis
    assert blastradius.render is render
    assert blastradius.__version__ == metadata.version("blastradius-engine")


def test_every_public_name_can_be_had() -> None:
    assert set(blastradius.__all__) <= set(dir(blastradius))
    for name in blastradius.__all__:
        assert getattr(blastradius, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        blastradius.analyse  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_loads_none_of_our_modules_and_no_dependency() -> None:
    code = (
        "import sys; before = set(sys.modules); import blastradius; "
        "new = set(sys.modules) - before; "
        "print(sorted(n for n in new if n.partition('.')[0] in "
        "{'blastradius', 'msgspec', 'numpy', 'sqlglot', 'networkx', 'yaml', 'importlib.metadata'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"['blastradius']"
