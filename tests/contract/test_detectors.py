"""What every detector must hold, whatever files it is given."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blastradius.domains.base import ChangeView
from blastradius.domains.inventory import DOMAINS, detectors, inventory, survey
from blastradius.model.analysis import Effect
from tests.changedtree import Tree, view_of

CANARIES = ("hunter2-Q9zX81vLmT77", "s3cr3t-Kp40Wn28RrYy", "t0k3n-Aa55Bb66Cc77")
PASSWORD, KEY, TOKEN = CANARIES

# One change or more for each domain, with secrets wherever people leave them.
WORLD = {
    ".env": f"DB_PASSWORD={PASSWORD}\nPLAIN=1\n",
    "k8s/s.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{KEY: {KEY}}}\n",
    "compose.yml": f"services: {{a: {{image: a, environment: [TOKEN={TOKEN}]}}}}\n",
    "app.py": (
        f"import os\nos.environ.get('API_KEY', '{KEY}')\n"
        f"redirect_uri = 'https://u:{PASSWORD}@a.example/callback?key={KEY}#{TOKEN}'\n"
        f"cache.set(f'plan:{{user}}', '{TOKEN}')\nposthog.feature_enabled('ui', '{TOKEN}')\n"
    ),
    "migrations/versions/a1.py": (
        "revision = 'a1'\ndown_revision = None\ndef upgrade():\n"
        f"    op.execute(\"INSERT INTO users VALUES ('{PASSWORD}')\")\n"
        "def downgrade():\n    op.drop_table('x')\n"
    ),
    "db/V1__x.sql": f"CREATE TABLE x (a text DEFAULT '{PASSWORD}');\n",
    "main.tf": f'resource "aws_db_instance" "x" {{\n  password = "{PASSWORD}"\n}}\n',
    "prod.tfvars": f'token = "{TOKEN}"\n',
    "ops/crontab": f"0 4 * * * /opt/run --token {TOKEN} {PASSWORD}\n",
    "vercel.json": f'{{"env": {{"TOKEN": "{TOKEN}"}}, "crons": [{{"path": "/x", "schedule": "* * * * *"}}]}}',
    "wrangler.toml": f'[vars]\nTOKEN = "{TOKEN}"\n',
    "Dockerfile": f"FROM x\nENV TOKEN={TOKEN}\n",
    ".github/workflows/d.yml": (
        f"on: push\njobs: {{a: {{steps: [{{run: 'npm publish --token {TOKEN}'}}]}}}}\n"
    ),
    "dbt_project.yml": "name: x\n",
    "models/m.sql": f"select '{KEY}' as a\n",
    "uv.lock": "x\n",
    "a.proto": "message A { string x = 1; }\n",
    "web/vite.config.ts": f"const key = '{KEY}'\n",
}  # fmt: skip
CHANGED = {
    path: text.replace("= 1", "= 2").replace("x", "y", 1) + "\n" for path, text in WORLD.items()
}
RANGES = {"added": ({}, WORLD), "removed": (WORLD, {}), "changed": (WORLD, CHANGED)}

every_detector = pytest.mark.parametrize("name", DOMAINS)
every_range = pytest.mark.parametrize("kind", sorted(RANGES))


def detected(name: str, view: ChangeView) -> list[Effect]:
    load = dict(detectors())[name]
    return list(load().detect(view))


@every_detector
def test_a_detector_says_its_domain_and_finds_it_in_the_world(name: str) -> None:
    effects = detected(name, view_of(*RANGES["added"]))
    assert effects
    assert {one.domain for one in effects} == {name}


@every_range
@every_detector
def test_every_effect_is_whole(name: str, kind: str) -> None:
    old, new = RANGES[kind]
    for one in detected(name, view_of(old, new)):
        assert all((one.tool, one.target, one.action, one.inverse.summary, one.verify))
        assert one.evidence
        texts = (one.tool, one.target, one.action, one.inverse.summary, one.verify)
        assert all("\n" not in text and text.isprintable() for text in texts)
        assert one.inverse.argv is None or all(isinstance(part, str) for part in one.inverse.argv)


@every_range
@every_detector
def test_the_evidence_is_in_the_diff(name: str, kind: str) -> None:
    old, new = RANGES[kind]
    view = view_of(old, new)
    for effect in detected(name, view):
        for place in effect.evidence:
            assert place.line in {*view.added_lines(place.path), *view.removed_lines(place.path)}


@every_range
def test_no_secret_is_ever_said(kind: str) -> None:
    said = msgspec.json.encode(inventory(view_of(*RANGES[kind]))).decode()
    assert not [canary for canary in CANARIES if canary in said]


@every_range
def test_two_runs_say_the_same_and_no_detector_fails(kind: str) -> None:
    view = view_of(*RANGES[kind])
    found = survey(view)
    assert found == survey(view_of(*RANGES[kind]))
    assert not found.problems


def test_nothing_changed_is_no_effect() -> None:
    assert inventory(view_of(WORLD, WORLD)) == ()


HOSTILE = (
    b"",
    b"\0\1",
    b"\xff\xfe" * 50,
    b"{" * 20_000,
    b"[" * 20_000,
    b"(" * 20_000,
    b'resource "a" "b" {\n' * 5_000,
    b"$a$ $b1$ /* '" * 5_000,
    b"os.getenv('A')" * 5_000,
    b"DAG(" * 20_000,
    b"DAG(a " + b"b " * 40_000,
    b"CREATE TABLE " * 5_000,
    b"ALTER TABLE a b " * 5_000,
    b"{{" * 20_000,
    b"down_revision = revision = " + b"-" * 20_000 + b"1",
    b"x: &a [*a]\n",
    b"* * * * * " * 5_000,
    b"message A {" * 5_000,
    b"a" * 300_000,
    b"BaseSettings, Migration, AWS::, CronJob apiVersion\n" * 2_000,
)
NAMES = (*WORLD, "a.ts", "x/migrations/0001_a.py", "db/migrate/20260101120000_x.rb", "a.avsc",
         "x.schema.json", "app/webhook/route.ts", "t.yaml", "flagd.json",
         "x.timer", "nginx.conf")  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_make_no_detector_fail(content: bytes) -> None:
    tree: Tree = dict.fromkeys(NAMES, content)
    ranges: tuple[tuple[Tree, Tree], ...] = (({}, tree), (tree, {}), (WORLD, {**WORLD, **tree}))
    for old, new in ranges:
        assert not survey(view_of(old, new)).problems


PARTS = st.sampled_from(
    [*WORLD.values(), "\n", "  ", "{", "}", "'", '"', "x = 1\n", "- ", ": ", "\x00"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(NAMES), st.lists(PARTS, max_size=4).map("".join), max_size=4)
)
def test_no_mixture_of_files_makes_a_detector_fail(tree: dict[str, str]) -> None:
    found = survey(view_of(WORLD, tree))
    assert not found.problems
    said = msgspec.json.encode(found.effects).decode()
    assert not [canary for canary in CANARIES if canary in said]


def test_paths_that_are_no_utf8_are_printable() -> None:
    path = b"a\xff/Dockerfile".decode("utf-8", "surrogateescape")
    (effect,) = inventory(view_of({}, {path: "FROM x\n"}))
    assert effect.target == "a\\xff/Dockerfile"
    assert effect.evidence[0].path == path
