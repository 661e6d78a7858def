"""Code and the config that it reads, is configured by, or is parsed into; patched names; globs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.bridges import globs
from tests.linkedtree import Texts, edges_of, pairs, snapshot_of

JOBS = """\
class Base:
    def __init__(self, retries=1):
        pass


class Load(Base):
    def __init__(self, table, *, mode="full", **rest):
        pass


def clean(path, keep):
    pass
"""


def config(texts: Texts) -> set[tuple[str, str, str]]:
    return pairs(edges_of(texts, "config"))


def test_keys_beside_a_class_fill_the_parameters_of_its_constructor() -> None:
    text = "operator: jobs.Load\ntable: x\nmode: full\nowner: me\nretries: 3\n"
    here, init = "yaml:c.yaml#", "python:jobs.py#Load.__init__"
    assert config({"jobs.py": JOBS, "c.yaml": text}) == {
        (f"{here}table", f"{init}(table)", "likely"),
        (f"{here}mode", f"{init}(mode)", "likely"),
        (f"{here}retries", "python:jobs.py#Base.__init__(retries)", "likely"),
    }


def test_keys_below_a_word_for_arguments_fill_parameters_of_a_function() -> None:
    text = "task:\n  callable: jobs.clean\n  op_kwargs:\n    path: /tmp\n"
    assert config({"jobs.py": JOBS, "c.yaml": text}) == {
        ("yaml:c.yaml#task.op_kwargs.path", "python:jobs.py#clean(path)", "likely")
    }


def test_one_key_that_is_called_as_a_parameter_is_a_guess() -> None:
    text = "operator: jobs.Load\ntable: x\nowner: me\n"
    assert {tier for _, _, tier in config({"jobs.py": JOBS, "c.yaml": text})} == {"heuristic"}


def test_a_reader_in_code_names_a_key_of_the_config_that_it_opens() -> None:
    code = (
        'def run():\n    cfg = load(open("conf/a.yaml"))\n'
        '    return cfg["db"]["host"], cfg.get("db").get("port"), cfg["db"]["nothing"]\n'
    )
    texts = {"run.py": code, "conf/a.yaml": "db:\n  host: a\n  port: 1\n"}
    assert config(texts) == {
        ("python:run.py#run", "yaml:conf/a.yaml#db.host", "certain"),
        ("python:run.py#run", "yaml:conf/a.yaml#db.port", "certain"),
    }


def test_a_config_opened_elsewhere_in_the_file_is_likely_meant() -> None:
    code = 'CFG = load(open("conf/a.yaml"))\n\n\ndef run():\n    return CFG["db"]["host"]\n'
    texts = {"run.py": code, "conf/a.yaml": "db:\n  host: a\n"}
    assert config(texts) == {("python:run.py#run", "yaml:conf/a.yaml#db.host", "likely")}


def test_a_key_path_is_nothing_without_a_config() -> None:
    code = 'def run(cfg):\n    return cfg["db"]["host"]\n'
    assert config({"run.py": code, "conf/a.yaml": "db:\n  host: a\n"}) == set()


MODEL = """\
@dataclass
class Source:
    name: str
    schedule: str
    retries: int


@dataclass
class Settings:
    sources: list[Source]
    region: str
    bucket: str


def load():
    return Settings(**read("conf/s.yaml"))
"""


def test_keys_of_a_config_are_the_fields_of_the_model_that_parses_it() -> None:
    text = "region: eu\nbucket: b\nsources:\n  - name: a\n    schedule: daily\n    retries: 1\n"
    here, model = "yaml:conf/s.yaml#", "python:app.py#"
    assert config({"app.py": MODEL, "conf/s.yaml": text}) == {
        (f"{here}region", f"{model}Settings.region", "likely"),
        (f"{here}bucket", f"{model}Settings.bucket", "likely"),
        (f"{here}sources", f"{model}Settings.sources", "likely"),
        (f"{here}sources[0].name", f"{model}Source.name", "likely"),
        (f"{here}sources[0].schedule", f"{model}Source.schedule", "likely"),
        (f"{here}sources[0].retries", f"{model}Source.retries", "likely"),
    }


def test_a_model_of_other_fields_or_of_another_file_is_not_meant() -> None:
    other = "alpha: 1\nbeta: 2\ngamma: 3\nregion: x\n"
    assert config({"app.py": MODEL, "conf/s.yaml": other}) == set()
    same = "region: eu\nbucket: b\nsources: []\n"
    assert config({"app.py": MODEL, "conf/t.yaml": same}) == set()


def test_a_field_of_another_config_is_named_beside_its_path() -> None:
    texts = {
        "t/schema.yaml": "fields:\n  - name: a\n    from:\n      file: s/global.yaml\n"
        "      field: app_version\n",
        "s/global.yaml": "fields:\n  - name: app_version\n    type: STRING\n",
    }
    assert (
        "yaml:t/schema.yaml#fields[0].from.field",
        "yaml:s/global.yaml#fields[0]",
        "certain",
    ) in pairs(edges_of(texts, "field"))


def test_a_patched_name_must_be_there() -> None:
    test = (
        'import jobs\nfrom unittest import mock\n\n\n@mock.patch("jobs.clean")\n'
        'def test_a(m):\n    mock.patch("jobs.gone")\n'
        '    with mock.patch.object(jobs, "Load"):\n        pass\n'
    )
    linked = snapshot_of({"jobs.py": JOBS, "test_jobs.py": test}).linked
    dotted = {(one.target, one.tier) for one in linked.edges if one.kind == "dotted"}
    assert dotted == {("python:jobs.py#clean", "certain")}
    assert ("jobs.gone", True) in {(one.name, one.internal) for one in linked.dangling}
    uses = {one.target for one in linked.edges if one.kind == "reference" and one.line == 8}
    assert "python:jobs.py#Load" in uses


def test_commands_in_config_name_modules_and_scripts() -> None:
    texts = {
        "pkg/__init__.py": "",
        "pkg/run.py": "A = 1\n",
        "tools/go.sh": "echo\n",
        "ci.yaml": "script: |\n  python -m pkg.run --fast\n  bash tools/go.sh\n",
    }
    assert [one.target for one in edges_of(texts, "dotted")] == ["python:pkg/run.py"]
    assert [one.target for one in edges_of(texts, "path")] == ["file:tools/go.sh"]


def test_a_glob_reaches_its_files_but_never_forces_anything() -> None:
    texts = dict.fromkeys(("sql/a.sql", "sql/b.sql", "sql/deep/c.sql", "d.sql"), "SELECT 1 AS x;\n")
    texts["run.py"] = 'A = glob.glob("sql/*.sql")\n'
    assert pairs(edges_of(texts, "path")) == {
        ("python:run.py#A", "file:sql/a.sql", "heuristic"),
        ("python:run.py#A", "file:sql/b.sql", "heuristic"),
    }
    texts["run.py"] = 'A = glob.glob("*.sql")\n'
    assert pairs(edges_of(texts, "path")) == set()


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a/**/x.py", "a/x.py", True),
        ("a/**/x.py", "a/b/c/x.py", True),
        ("a/*/x.py", "a/b/c/x.py", False),
        ("**/x.*", "q/w/x.sql", True),
        ("a/**", "a/b/c", True),
        ("a/?.py", "a/bc.py", False),
        ("**/b/**/x", "a/b/c/b/x", True),
    ],
)
def test_how_globs_match(pattern: str, path: str, *, expected: bool) -> None:
    assert globs.matches(pattern.split("/"), path.split("/")) is expected


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_a_part_matches_as_the_standard_library_says(pattern: str, text: str) -> None:
    from fnmatch import fnmatchcase

    assert globs.part_matches(pattern, text) == fnmatchcase(text, pattern)


def test_a_hostile_pattern_takes_few_steps() -> None:
    many = ["**", "a*" * 50] * 50
    assert not globs.matches(many, ["a" * 99 + "b"] * 60 + ["c"])
    assert len(list(globs.alternatives("{a,b}" * 40))) <= 16
