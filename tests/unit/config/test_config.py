from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot.dialects.dialect import Dialects

from blastradius.config import DIALECTS, Config, load_config
from blastradius.errors import ConfigError


def load(own: str | bytes | None = None, shared: str | bytes | None = None) -> Config:
    def encoded(text: str | bytes | None) -> bytes | None:
        return text.encode() if isinstance(text, str) else text

    files = {"blastradius.toml": encoded(own), "pyproject.toml": encoded(shared)}
    return load_config(files.get)


def mistake(own: str | bytes | None = None, shared: str | bytes | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(own, shared)
    return caught.value


def test_without_files_the_defaults_hold() -> None:
    assert load() == Config()
    assert Config().max_file_bytes == 1_000_000
    assert Config().fail_on == "never"


def test_every_key_can_be_set_in_either_file() -> None:
    settings = """
    source_roots = ["plugins", "./src/", "."]
    sql_dialect = "bigquery"
    exclude = ["vendor/*"]
    max_file_bytes = 5
    min_confidence = 0.5
    depth = 3
    fail_on = "breaks"
    jobs = 2
    cache = false
    """
    expected = Config(
        source_roots=("plugins", "src", ""),
        sql_dialect="bigquery",
        exclude=("vendor/*",),
        max_file_bytes=5,
        min_confidence=0.5,
        depth=3,
        fail_on="breaks",
        jobs=2,
        cache=False,
    )
    assert load(own=settings) == expected
    assert load(shared="[project]\nname = 'x'\n[tool.blastradius]" + settings) == expected


def test_a_pyproject_of_others_configures_nothing() -> None:
    assert load(shared="[tool.ruff]\njobs = 'many'") == Config()
    assert load(shared="[project]\nname = 'uses-blastradius'") == Config()


def test_a_broken_pyproject_that_does_not_name_us_is_none_of_our_business() -> None:
    assert load(shared="[tool.ruff\n") == Config()


def test_the_own_file_wins_whole_and_says_so() -> None:
    files = {"blastradius.toml": b"depth = 1", "pyproject.toml": b"[tool.blastradius]\njobs = 4"}
    warnings: list[str] = []
    assert load_config(files.get, warnings.append) == Config(depth=1)
    assert warnings == [
        "blastradius.toml and pyproject.toml both configure blastradius: blastradius.toml holds"
    ]


@pytest.mark.parametrize("shared", [b"[tool.ruff]", b"blastradius = [", b"\xff blastradius"])
def test_the_own_file_alone_warns_of_nothing(shared: bytes) -> None:
    warnings: list[str] = []
    files = {"blastradius.toml": b"", "pyproject.toml": shared}
    assert load_config(files.get, warnings.append) == Config()
    assert warnings == []


def test_a_typo_is_named_with_its_line_and_the_nearest_key() -> None:
    error = mistake(own="depth = 2\nsql-dialct = 'duckdb'\n")
    assert error.what == "blastradius.toml:2: unknown key 'sql-dialct'"
    assert error.hint == "did you mean sql_dialect?"


def test_a_key_near_none_lists_all() -> None:
    assert mistake(own="colour = true").hint.startswith("known keys: source_roots, sql_dialect")


def test_the_line_is_that_of_our_table() -> None:
    error = mistake(shared="[tool.other]\njobs = 3\n[tool.blastradius]\n\njobs = 'all'\n")
    assert error.what == "pyproject.toml:5: jobs must be a whole number above 0, not 'all'"


def test_a_key_written_as_a_table_has_a_line_too() -> None:
    assert mistake(shared="[tool.blastradius.sql]\nx = 1").what.startswith("pyproject.toml:1: ")
    assert mistake(own="\n[jobs]\nx = 1").what.startswith("blastradius.toml:2: jobs must be")


@pytest.mark.parametrize(
    ("setting", "must"),
    [
        ("sql_dialect = 'bigqury'", "sql_dialect must be a SQL dialect"),
        ("sql_dialect = 3", "sql_dialect must be a SQL dialect"),
        ("exclude = 'vendor'", "exclude must be a list of strings"),
        ("exclude = [1]", "exclude must be a list of strings"),
        ("source_roots = ['/src']", "source_roots must be relative to the repository's root"),
        ("source_roots = ['a/../../b']", "source_roots must be relative"),
        ("max_file_bytes = 0", "max_file_bytes must be a whole number above 0"),
        ("max_file_bytes = 1e6", "max_file_bytes must be a whole number above 0"),
        ("depth = true", "depth must be a whole number above 0"),
        ("jobs = 9223372036854775808", "jobs must be a whole number above 0"),
        ("min_confidence = 1.5", "min_confidence must be a number from 0 to 1"),
        ("min_confidence = nan", "min_confidence must be a number from 0 to 1"),
        ("min_confidence = true", "min_confidence must be a number from 0 to 1"),
        ("fail_on = 'all'", "fail_on must be one of never, breaks, breaking, any"),
        ("fail_on = ['any']", "fail_on must be one of never, breaks, breaking, any"),
        ("cache = 1", "cache must be true or false"),
    ],
)
def test_a_value_that_cannot_be_meant_is_an_error_of_one_line(setting: str, must: str) -> None:
    error = mistake(own=setting)
    assert f"blastradius.toml:1: {must}" in error.what
    assert "\n" not in str(error)


def test_a_dialect_near_a_known_one_is_offered() -> None:
    assert mistake(own="sql_dialect = 'Snowflak'").hint == "did you mean snowflake?"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"depth = ", "no valid TOML"),
        (b"\xff\xfe", "not UTF-8 (byte 0)"),
        (b"exclude = " + b"[" * 100_000, "nested too deeply"),
        (b"jobs = " + b"9" * 10_000, "no valid TOML"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_toml_is_an_error_of_one_line(source: bytes, said: str) -> None:
    error = mistake(own=source)
    assert error.what.startswith("blastradius.toml: ")
    assert said in error.what
    assert "\n" not in str(error)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert load(own=b"\xef\xbb\xbfdepth = 2") == Config(depth=2)


def test_our_table_must_be_a_table() -> None:
    assert "must be a table" in mistake(shared="tool.blastradius = 3").what
    assert load(shared="tool = 'blastradius'") == Config()


def test_a_mapping_names_its_place() -> None:
    with pytest.raises(ConfigError, match=r"^call: unknown key 'dept'"):
        Config.from_mapping({"dept": 1}, "call")
    assert Config.from_mapping({"exclude": ("a",)}) == Config(exclude=("a",))


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text() | st.none(), max_size=3))
def test_keys_that_are_not_ours_are_always_an_error_of_one_line(values: dict[str, object]) -> None:
    foreign = {key: value for key, value in values.items() if key not in Config.__struct_fields__}
    if foreign:
        with pytest.raises(ConfigError) as caught:
            Config.from_mapping(foreign)
        assert len(caught.value.what.splitlines()) == 1
    else:
        assert Config.from_mapping(foreign) == Config()


def test_every_dialect_that_may_be_named_is_one_of_sqlglot() -> None:
    assert {one.value for one in Dialects} >= DIALECTS
    assert {"bigquery", "duckdb", "postgres", "snowflake", "spark", "tsql"} < DIALECTS
