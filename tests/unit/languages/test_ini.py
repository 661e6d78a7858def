"""INI against configparser, and the forms that it does not know."""

from __future__ import annotations

from configparser import RawConfigParser

from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.changes.diff import diff
from blastradius.languages.ini import claims, extract
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node

words = st.text("abcXYZ019_-.é", min_size=1, max_size=8)
values = st.lists(st.text("abc 12:/#;%$[]{}é", max_size=12).map(str.strip), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(words, st.dictionaries(words, values, max_size=4), max_size=4))
def test_every_option_that_configparser_reads_is_stated(
    tree: dict[str, dict[str, list[str]]],
) -> None:
    lines = []
    for section, options in tree.items():
        lines += [f"[{section}]", "; c"]
        lines += [f"{name} = " + "\n    ".join(value) for name, value in options.items()]
    text = "\n".join(lines)
    parser = RawConfigParser(delimiters=("=", ":"), strict=False, default_section="\0")
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read_string(text)
    facts = extract(text.encode())
    assert facts.problems == ()
    found = {one.name: one for one in facts.definitions}
    for section in parser.sections():
        place = address("", section)
        assert found[place].shape == "mapping"
        for option, value in parser.items(section):
            one = found[address(place, option)]
            members = [name for name in found if name.startswith(f"{one.name}[")]
            expected = [line for line in value.split("\n")[1:] if line]
            if one.shape == "sequence":
                assert len(members) == len(expected)
            else:
                assert members == []


def address(name: str, key: str) -> str:
    return below(name, Node("scalar", 0, 0, "str", key))


def test_lists_and_entry_points_over_several_lines() -> None:
    facts = extract(
        b"[options]\ninstall_requires =\n  requests>=2\n\n  # c\n  yaml\n"
        b"[options.entry_points]\nconsole_scripts =\n  run = pkg.mod:main\n"
    )
    places = {one.name: (one.line, one.end, one.key) for one in facts.definitions}
    assert places["options.install_requires"] == (2, 6, "")
    assert places["options.install_requires[1]"] == (6, 6, "options.install_requires[=yaml]")
    assert places['["options.entry_points"].console_scripts.run'] == (9, 9, "")
    assert ("pkg.mod.main", "dotted") in {(one.value, one.flavor) for one in facts.mentions}


def test_properties_have_no_sections_and_go_on_behind_a_backslash() -> None:
    facts = extract(b"! c\na.b = conf/x.sql\npath: sql/\\\n   y.sql\n")
    assert [(one.name, one.line, one.end) for one in facts.definitions] == [
        ('["a.b"]', 2, 2),
        ("path", 3, 4),
    ]
    assert [one.value for one in facts.mentions] == ["conf/x.sql", "sql/y.sql"]


def test_alembic_runs_the_env_of_its_script_location() -> None:
    facts = extract(b"[alembic]\nscript_location = db/migrations\n")
    assert ("db/migrations/env.py", "path") in {(one.value, one.flavor) for one in facts.mentions}


def test_one_changed_option_is_one_change() -> None:
    old = b"[tox]\nenvlist = py311\n[testenv]\ncommands =\n  pytest\n  mypy\n"
    new = old.replace(b"  mypy\n", b"  ruff\n")
    assert [(one.key, one.kind) for one in diff(extract(old), extract(new))] == [
        ("testenv.commands[=ruff]", "added"),
        ("testenv.commands[=mypy]", "removed"),
    ]


def test_what_is_claimed() -> None:
    assert all(map(claims, ["setup.cfg", "tox.ini", "x/log4j.properties", ".flake8"]))
    assert not any(map(claims, ["ini", "nginx.conf", "a.ini.py"]))
