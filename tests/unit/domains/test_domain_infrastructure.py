"""Deployments, schedules, infrastructure as code."""

from __future__ import annotations

import pytest

from tests.changedtree import found

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: prod
spec:
  template: {spec: {containers: [{name: web, image: "web:1"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
"""


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("Dockerfile", "docker"),
        ("api/Dockerfile.prod", "docker"),
        ("docker-compose.override.yml", "compose"),
        ("chart/Chart.yaml", "helm"),
        ("Procfile", "heroku"),
        ("wrangler.toml", "wrangler"),
        ("vercel.json", "vercel"),
        ("fly.toml", "fly"),
        ("k/kustomization.yaml", "kustomize"),
        (".gitlab-ci.yml", "gitlab-ci"),
    ],
)
def test_deployment_files_are_told_by_their_names(path: str, tool: str) -> None:
    (effect,) = found({path: "a: 1\n"}, {path: "a: 2\n"}, "deploy").values()
    assert (effect.tool, effect.target, effect.evidence[0].line) == (tool, path, 1)


@pytest.mark.parametrize(
    "path", ["values.yaml", "docs/template.yaml", "app.yaml", "Dockerfiles/a.md"]
)
def test_names_that_others_use_too_need_more_than_the_name(path: str) -> None:
    assert not found({}, {path: "a: 2\n"}, "deploy")


def test_images_go_back_by_digest_and_never_by_tag() -> None:
    (effect,) = found({}, {"Dockerfile": "FROM x\n"}, "deploy").values()
    assert "by its digest, never by a tag" in effect.inverse.summary


def test_wrong_advice_is_not_given() -> None:
    files = {"wrangler.toml": "name = 'x'\n", "a.py": "cache.set(f'k:{i}', 1)\n"}
    told = " ".join(
        " ".join((one.inverse.summary, one.verify, *(one.inverse.argv or ())))
        for one in found({}, files).values()
    )
    assert "cache purge" not in told
    assert "xargs" not in told
    assert "stash pop" not in told


def test_only_the_object_that_changed_is_an_effect() -> None:
    new = DEPLOYMENT.replace("web:1", "web:2")
    (effect,) = found({"k.yaml": DEPLOYMENT}, {"k.yaml": new}, "deploy").values()
    assert (effect.tool, effect.target) == ("kubernetes", "prod/Deployment/web")
    assert effect.inverse.argv == (
        "kubectl", "--namespace", "prod", "rollout", "history", "deployment/web",
    )  # fmt: skip
    assert "ConfigMaps and Secrets do not go back" in effect.inverse.summary
    assert [one.line for one in effect.evidence] == [7]


def test_an_object_that_went_is_shown_where_it_was() -> None:
    kept = DEPLOYMENT.partition("---\n")[0]
    (effect,) = found({"k.yaml": DEPLOYMENT}, {"k.yaml": kept}, "deploy").values()
    assert effect.target == "Service/web"
    assert effect.action.startswith("removed")
    assert {one.line for one in effect.evidence} <= {8, 9, 10, 11, 12}


@pytest.mark.parametrize(
    ("step", "certainty"),
    [
        ("run: kubectl apply -f .", "likely"),
        ("uses: docker/build-push-action@v5", "likely"),
        ("run: uv publish", "likely"),
        ("run: pytest", None),
    ],
)
def test_workflows_count_when_they_deploy(step: str, certainty: str | None) -> None:
    path = ".github/workflows/ci.yml"
    old = "jobs:\n  a:\n    steps:\n      - run: echo\n"
    effects = found({path: old}, {path: f"{old}      - {step}\n"}, "deploy").values()
    assert [one.certainty for one in effects] == ([certainty] if certainty else [])
    assert all(one.evidence[0].line == 5 for one in effects)


def test_another_line_of_a_deploying_workflow_is_possible_only() -> None:
    path, deploy = ".github/workflows/ci.yml", "jobs: {a: {steps: [{run: npm publish}]}}\n"
    (effect,) = found({path: f"name: a\n{deploy}"}, {path: f"name: b\n{deploy}"}, "deploy").values()
    assert (effect.certainty, effect.evidence[0].line) == ("possible", 1)


CRON = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: '0 4 * * *'\n"
DAG = "from airflow import DAG\n\nwith DAG(\n    'load',\n    schedule='0 4 * * *',\n) as dag:\n    pass\n"
BEAT = (
    "app.conf.beat_schedule = {\n    'clean': {'task': 'a.b', 'schedule': crontab(hour=4)},\n"
    "    'other': {'task': 'a.c', 'schedule': 60.0},\n}\n"
)


@pytest.mark.parametrize(
    ("path", "old", "change", "tool", "target", "line"),
    [
        (".github/workflows/n.yml", "on:\n  schedule:\n    - cron: '0 4 * * *'\n", ("0 4", "0 5"),
         "github-actions", "n.yml", 3),
        ("k.yaml", CRON, ("0 4", "0 5"), "kubernetes", "nightly", 5),
        ("vercel.json", '{"crons": [\n{"path": "/api/x", "schedule": "0 4 * * *"}]}', ("0 4", "0 5"),
         "vercel", "/api/x", 2),
        ("wrangler.toml", '[triggers]\ncrons = ["0 4 * * *"]\n', ("0 4", "0 5"), "wrangler", "triggers", 2),
        ("dags/load.py", DAG, ("0 4", "0 5"), "airflow", "load", 5),
        ("app/celery.py", BEAT, ("hour=4", "hour=5"), "celery", "clean", 2),
        ("jobs.py", "scheduler.add_job(clean, 'cron', hour=4)\n", ("hour=4", "hour=5"), "apscheduler",
         "clean", 1),
        ("ops/crontab", "PATH=/bin\n0 4 * * * /opt/clean --password hunter2\n", ("0 4", "0 5"), "crontab",
         "clean", 2),
        ("conf/s.yaml", "sources:\n  - name: oura\n    schedule: 0 4 * * *\n", ("0 4", "0 5"), "config",
         "sources[name=oura].schedule", 3),
        ("x.timer", "[Timer]\nOnCalendar=daily\n", ("daily", "weekly"), "systemd", "x.timer", 2),
    ],
)  # fmt: skip
def test_a_schedule_that_changed_is_suspended_first(
    path: str, old: str, change: tuple[str, str], tool: str, target: str, line: int
) -> None:
    effects = found({path: old}, {path: old.replace(*change)}, "jobs")
    assert set(effects) == {(tool, target)}
    effect = effects[tool, target]
    assert effect.action == f"rescheduled in {path}"
    assert effect.evidence[0].line == line
    assert "before anything else" in effect.inverse.summary
    assert "hunter2" not in str(effect)
    (added,) = found({}, {path: old}, "jobs").keys() - {("celery", "other")}
    assert added == (tool, target)


def test_another_edit_of_a_file_with_schedules_is_no_effect() -> None:
    assert not found({"dags/load.py": DAG}, {"dags/load.py": f"{DAG}\nx = 1\n"}, "jobs")
    assert not found({}, {"dags/load.py": DAG.replace("'0 4 * * *'", "None")}, "jobs")


TERRAFORM = """\
resource "aws_s3_bucket" "logs" {
  bucket = "logs" # the name
  tags   = { a = "}" }
}

resource "aws_instance" "web" {
  ami = "x"
}
output "id" { value = 1 }
"""


def test_terraform_is_compared_by_address() -> None:
    new = TERRAFORM.replace('"x"', '"y"').replace("# the name", "// a comment")
    (effect,) = found({"iac/m.tf": TERRAFORM}, {"iac/m.tf": new}, "iac").values()
    assert effect.target == "iac: aws_instance.web"
    assert effect.reversibility == "compensatable"
    assert [one.line for one in effect.evidence] == [7]


def test_blocks_may_move_within_their_module() -> None:
    bucket, _, rest = TERRAFORM.partition("\n\n")
    assert not found({"a/m.tf": TERRAFORM}, {"a/m.tf": rest, "a/n.tf": f"{bucket}\n"}, "iac")
    assert found({"a/m.tf": TERRAFORM}, {"a/m.tf": rest, "b/n.tf": f"{bucket}\n"}, "iac")


@pytest.mark.parametrize(
    ("kind", "reversibility"),
    [
        ("aws_s3_bucket", "irreversible"),
        ("google_sql_database_instance", "irreversible"),
        ("google_storage_bucket_iam_member", "compensatable"),
        ("aws_instance", "compensatable"),
        ("aws_s3_bucket_policy", "compensatable"),
    ],
)
def test_what_held_data_does_not_come_back_whole(kind: str, reversibility: str) -> None:
    old = f'resource "{kind}" "x" {{\n  a = 1\n}}\n'
    (effect,) = found({"m.tf": old, "n.tf": "# x\n"}, {"n.tf": "# x\n"}, "iac").values()
    assert effect.reversibility == reversibility


def test_cloudformation_resources_are_told_by_name() -> None:
    old = "Resources:\n  Data:\n    Type: AWS::DynamoDB::Table\n  Fn:\n    Type: AWS::Lambda::Function\n"
    new = "Resources:\n  Fn:\n    Type: AWS::Lambda::Function\n    Timeout: 3\n"
    effects = found({"t.yaml": old}, {"t.yaml": new}, "iac")
    assert {target: one.reversibility for (_, target), one in effects.items()} == {
        "t.yaml: Data (AWS::DynamoDB::Table)": "irreversible",
        "t.yaml: Fn (AWS::Lambda::Function)": "compensatable",
    }
