"""The bridges over config work for every language of keys and values, not for YAML alone."""

from __future__ import annotations

import pytest

from tests.linkedtree import edges_of, pairs, snapshot_of

READER = 'import os\n\nURL = os.environ["SHOP_DATABASE_URL"]\n'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/.env", "SHOP_DATABASE_URL=pg\n"),
        ("app/Dockerfile", "FROM python\nENV SHOP_DATABASE_URL=pg\n"),
        (
            "app/main.tf",
            (
                'resource "aws_lambda_function" "f" {\n  environment {\n    variables = {\n'
                '      SHOP_DATABASE_URL = "pg"\n    }\n  }\n}\n'
            ),
        ),
        ("app/task.json", '{"environment": [{"name": "SHOP_DATABASE_URL", "value": "pg"}]}\n'),
    ],
)
def test_a_variable_is_found_wherever_it_is_set(path: str, text: str) -> None:
    found = pairs(edges_of({"app/run.py": READER, path: text}, "env"))
    assert {(source, tier) for source, _, tier in found} == {("python:app/run.py#URL", "likely")}
    assert all(path in target for _, target, _ in found)


def test_a_compose_file_takes_its_variables_from_the_env_file_beside_it() -> None:
    texts = {
        "compose.yaml": "services:\n  web:\n    image: shop:${SHOP_TAG}\n",
        ".env": "SHOP_TAG=1\n",
        "other/.env": "SHOP_TAG=2\n",
    }
    (edge,) = edges_of(texts, "env")
    assert edge.tier == "certain"
    assert edge.target.endswith(":.env#SHOP_TAG")


def test_entry_points_of_a_project_name_functions() -> None:
    texts = {
        "pyproject.toml": '[project.scripts]\nshop = "shop.cli:main"\n',
        "shop/__init__.py": "",
        "shop/cli.py": "def main():\n    pass\n",
    }
    (edge,) = edges_of(texts, "dotted")
    assert (edge.target, edge.tier) == ("python:shop/cli.py#main", "certain")
    gone = {**texts, "shop/cli.py": "def other():\n    pass\n"}
    assert "shop.cli.main" in {one.name for one in snapshot_of(gone).linked.dangling}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conf/a.ini", "[db]\nhost = x\n"),
        ("conf/a.toml", '[db]\nhost = "x"\n'),
        ("conf/a.json", '{"db": {"host": "x"}}\n'),
    ],
)
def test_a_reader_finds_its_key_in_any_format(path: str, text: str) -> None:
    code = f'def run():\n    cfg = load("{path}")\n    return cfg.get("db", "host")\n'
    found = pairs(edges_of({"run.py": code, path: text}, "config"))
    assert {(source, tier) for source, _, tier in found} == {("python:run.py#run", "certain")}
    assert {target.partition(":")[2] for _, target, _ in found} == {f"{path}#db.host"}


def test_json_configures_a_class_as_yaml_does() -> None:
    texts = {
        "jobs.py": "class Load:\n    def __init__(self, table, mode):\n        pass\n",
        "c.json": '{"operator": "jobs.Load", "table": "x", "mode": "full"}\n',
    }
    assert {edge.target for edge in edges_of(texts, "config")} == {
        "python:jobs.py#Load.__init__(table)",
        "python:jobs.py#Load.__init__(mode)",
    }
