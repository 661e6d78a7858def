"""Languages of installed packages, by their entry points."""

from __future__ import annotations

import pytest

from blastradius.errors import ConfigError
from blastradius.languages import registry
from blastradius.languages.base import Language


def test_an_installed_package_brings_its_language(toy: Language) -> None:
    assert registry.names()[-3:] == ("broken", "misnamed", "toy")
    assert registry.get("toy") is toy


def test_no_package_takes_the_place_of_a_built_in_language(toy: Language) -> None:
    assert registry._table()["python"] == "blastradius.languages.python"


def test_a_package_that_cannot_be_imported_is_one_clear_error(toy: Language) -> None:
    with pytest.raises(ConfigError, match="'broken' cannot be loaded from no_such_module") as got:
        registry.get("broken")
    assert got.value.hint == "reinstall or remove the package that brings it"


def test_a_module_of_another_name_is_one_clear_error(toy: Language) -> None:
    with pytest.raises(ConfigError, match="says that its language is 'toy', not 'misnamed'"):
        registry.get("misnamed")
