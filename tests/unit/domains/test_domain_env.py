"""Variables: set, read, exposed. No value may ever be said."""

from __future__ import annotations

import msgspec
import pytest

from blastradius.domains.inventory import inventory
from tests.changedtree import found, view_of

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: d}\n"
SETTINGS = """\
class S(BaseSettings):
    model_config = dict(env_prefix='APP_')
    host: str
    port: int = Field(1, alias='PORT_NO')
"""
CANARY = "c4n4ry-Zx81QpLm77TtVvWw"


def test_each_key_of_an_env_file_is_one_effect_with_its_line() -> None:
    old = "A=1\nB=2\n# C=3\nD=4\n"
    new = "A=1\nexport B=5\nE=6\n"
    effects = found({".env": old}, {".env": new}, "env")
    assert {target: one.action for (_, target), one in effects.items()} == {
        "B": "set to another value in .env",
        "D": "unset in .env",
        "E": "set in .env",
    }
    lines = {target: [place.line for place in one.evidence] for (_, target), one in effects.items()}
    assert lines == {"B": [2], "D": [4], "E": [3]}
    assert all(one.reversibility == "reversible" for one in effects.values())
    assert "byte for byte" in effects["dotenv", "B"].inverse.summary


def test_the_order_of_keys_and_comments_is_no_change() -> None:
    assert not found({".env": "A=1\nB=2\n"}, {".env": "# why\nB=2\nA=1\n"}, "env")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.production", f"API_TOKEN={CANARY}\n"),
        ("compose.yaml", f"services:\n  web:\n    environment:\n      - API_TOKEN={CANARY}\n"),
        ("compose.yaml", f"services:\n  web:\n    environment:\n      API_TOKEN: {CANARY}\n"),
        (".github/workflows/x.yml", f"env:\n  API_TOKEN: {CANARY}\n"),
        ("vercel.json", f'{{"env": {{"API_TOKEN": "{CANARY}"}}}}'),
        (
            "k8s/s.yaml",
            f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata:\n  API_TOKEN: {CANARY}\n",
        ),
        (
            "k8s/d.yaml",
            f"{POD}spec:\n  containers: [{{env: [{{name: API_TOKEN, value: {CANARY}}}]}}]\n",
        ),
    ],
)
def test_a_secret_that_was_committed_cannot_be_taken_back(path: str, text: str) -> None:
    effects = [one for one in inventory(view_of({}, {path: text})) if one.domain == "env"]
    (exposed,) = (one for one in effects if one.reversibility == "irreversible")
    assert exposed.target == "API_TOKEN"
    assert "new secret" in exposed.inverse.summary
    assert CANARY not in msgspec.json.encode(effects).decode()


@pytest.mark.parametrize(
    "value", ["", "changeme", "your-token-here", "<token>", "${TOKEN}", "xxxxxxxx", "true", "8080"]
)
def test_a_placeholder_is_no_secret(value: str) -> None:
    effects = found({}, {".env.example": f"API_TOKEN={value}\n"}, "env").values()
    assert [one.reversibility for one in effects] == ["reversible"]


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("a.py", "import os\nx = os.environ['A_B']\ny = os.getenv(\n    'C')\n", {"A_B", "C"}),
        ("a.py", "os.environ.get('A', os.environ['B'])\n", {"A", "B"}),
        (
            "a.py",
            "key = config('SECRET_KEY')\nDB = env.db('DATABASE')\n",
            {"SECRET_KEY", "DATABASE"},
        ),
        (
            "a.py",
            SETTINGS,
            {"APP_HOST", "PORT_NO"},
        ),
        ("a.ts", "const a = process.env.A_B ?? process.env['C_D'];\n", {"A_B", "C_D"}),
        ("a.ts", "const { A_B, C_D: x } = process.env;\n", {"A_B", "C_D"}),
        ("a.svelte", "import.meta.env.VITE_API", {"VITE_API"}),
        ("a.rb", 'ENV.fetch("A") { ENV["B"] }', {"A", "B"}),
        ("a.go", 'os.Getenv("A")', {"A"}),
        ("m.sql", "select '{{ env_var(\"A\") }}'", {"A"}),
        (".github/workflows/c.yml", "jobs: {a: {env: {X: '${{ secrets.A }}'}}}", {"A"}),
        ("v.tf", 'variable "region" {\n}\n', {"TF_VAR_region"}),
        ("a.py", "# os.environ['A']\n", set()),
        ("a.py", "x = environ_get('A')\n", set()),
        ("tests/a.py", "os.environ['A']\n", set()),
    ],
)
def test_what_code_reads_must_be_set_where_it_runs(path: str, text: str, names: set[str]) -> None:
    came = {target for tool, target in found({}, {path: text}, "env") if tool == "code"}
    assert came == names
    went = found({path: text}, {}, "env")
    assert {target for tool, target in went if tool == "code"} == names
    assert all("set again" in one.inverse.summary for one in went.values())


def test_a_read_that_moved_or_that_others_have_too_is_no_effect() -> None:
    read = "import os\nA = os.environ['A_B']\n"
    assert not found({"a.py": read}, {"b.py": read}, "env")
    assert not found({"c.py": read}, {"c.py": read, "b.py": read}, "env")
    assert not found({"c.py": read, "b.py": read}, {"c.py": read}, "env")


def test_the_place_is_the_line_of_the_name() -> None:
    (effect,) = found({"a.py": "x = 1\n"}, {"a.py": "x = 1\ny = os.environ['A']\n"}, "env").values()
    assert [(one.path, one.line) for one in effect.evidence] == [("a.py", 2)]


def test_wrangler_vars_are_found_in_toml() -> None:
    old, new = '[vars]\nA = "1"\n', '[vars]\nA = "2"\n\n[env.prod.vars]\nB = "3"\n'
    effects = found({"wrangler.toml": old}, {"wrangler.toml": new}, "env")
    assert {(target, one.evidence[0].line) for (_, target), one in effects.items()} == {
        ("A", 2),
        ("B", 5),
    }


def test_workflow_variables_go_back_with_their_file() -> None:
    assert not found({}, {".github/workflows/c.yml": "env: {A: '1'}\n"}, "env")
