"""Config that names other config: workflows, compose files, Kubernetes objects, members by their noun."""

from __future__ import annotations

import pytest

from tests.linkedtree import Texts, edges_of, pairs, snapshot_of

WORKFLOW = """\
on:
  workflow_dispatch:
    inputs:
      stage:
        type: string
jobs:
  build:
    outputs:
      tag: ${{ steps.make.outputs.tag }}
    steps:
      - id: make
        run: echo
  ship:
    needs: [build]
    steps:
      - run: push ${{ needs.build.outputs.tag }} ${{ inputs.stage }}
"""
PATH = ".github/workflows/ci.yml"


def config(texts: Texts) -> set[tuple[str, str, str]]:
    return pairs(edges_of(texts, "config"))


def test_a_workflow_names_its_jobs_steps_outputs_and_inputs() -> None:
    here = f"yaml:{PATH}#"
    assert config({PATH: WORKFLOW}) == {
        (f"{here}jobs.ship.needs[0]", f"{here}jobs.build", "certain"),
        (f"{here}jobs.build.outputs.tag", f"{here}jobs.build.steps[0]", "certain"),
        (f"{here}jobs.ship.steps[0].run", f"{here}jobs.build.outputs.tag", "certain"),
        (
            f"{here}jobs.ship.steps[0].run",
            f"{here}on.workflow_dispatch.inputs.stage",
            "certain",
        ),
    }


def test_a_job_that_is_needed_and_not_there_dangles() -> None:
    linked = snapshot_of({PATH: WORKFLOW.replace("needs: [build]", "needs: [lint]")}).linked
    assert ("lint", True) in {(one.name, one.internal) for one in linked.dangling}


def test_a_step_of_another_job_is_not_meant() -> None:
    text = WORKFLOW.replace("needs.build.outputs.tag", "steps.make.outputs.tag")
    assert not [
        one
        for one in config({PATH: text})
        if one[0].endswith("ship.steps[0].run") and one[1].endswith("steps[0]")
    ]


def test_a_local_action_takes_the_keys_of_with() -> None:
    action = "inputs:\n  region:\n    default: eu\nruns:\n  using: composite\n  steps: []\n"
    caller = (
        "jobs:\n  a:\n    steps:\n      - uses: ./.github/actions/go\n"
        "        with:\n          region: us\n          nothing: 1\n"
    )
    texts = {PATH: caller, ".github/actions/go/action.yml": action}
    assert (
        f"yaml:{PATH}#jobs.a.steps[0].with.region",
        "yaml:.github/actions/go/action.yml#inputs.region",
        "certain",
    ) in config(texts)
    assert "nothing" in {one.name for one in snapshot_of(texts).linked.dangling}
    assert pairs(edges_of(texts, "include")) == {
        (
            f"yaml:{PATH}#jobs.a.steps[0].uses",
            "yaml:.github/actions/go/action.yml",
            "certain",
        )
    }


COMPOSE = """\
services:
  web:
    build: ./app
    depends_on: [db]
    volumes:
      - data:/var/lib/data
  db:
    image: postgres
volumes:
  data: {}
"""


def test_a_compose_service_names_services_volumes_and_its_dockerfile() -> None:
    texts = {"compose.yaml": COMPOSE, "app/Dockerfile": "FROM scratch\n"}
    here = "yaml:compose.yaml#"
    assert config(texts) == {
        (f"{here}services.web.depends_on[0]", f"{here}services.db", "certain"),
        (f"{here}services.web.volumes[0]", f"{here}volumes.data", "certain"),
    }
    assert (
        f"{here}services.web.build",
        "file:app/Dockerfile",
        "certain",
    ) in pairs(edges_of(texts, "path"))


def test_an_override_depends_on_the_service_of_its_base() -> None:
    texts = {
        "docker-compose.yml": COMPOSE,
        "docker-compose.dev.yml": "services:\n  web:\n    depends_on: [db]\n    image: x\n",
    }
    found = config(texts)
    over = "yaml:docker-compose.dev.yml#services.web"
    assert (over, "yaml:docker-compose.yml#services.web", "likely") in found
    assert (f"{over}.depends_on[0]", "yaml:docker-compose.yml#services.db", "certain") in found


POD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: main
          envFrom:
            - configMapRef:
                name: web-env
          volumeMounts:
            - name: certs
      volumes:
        - name: certs
          secret:
            secretName: web-certs
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-env\ndata:\n  MODE: fast\n"
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n"
)


def test_kubernetes_objects_name_each_other_by_kind() -> None:
    found = config({"k/pod.yaml": POD, "k/map.yaml": MAP, "k/svc.yaml": SERVICE})
    labels = "yaml:k/pod.yaml#spec.template.metadata.labels.app"
    inner = "yaml:k/pod.yaml#spec.template.spec"
    assert found == {
        ("yaml:k/pod.yaml#spec.selector.matchLabels.app", labels, "certain"),
        ("yaml:k/svc.yaml#spec.selector.app", labels, "certain"),
        (
            f"{inner}.containers[0].envFrom[0].configMapRef.name",
            "yaml:k/map.yaml#metadata.name",
            "certain",
        ),
        (f"{inner}.containers[0].volumeMounts[0].name", f"{inner}.volumes[0].name", "certain"),
    }


def test_of_two_objects_of_one_name_the_nearest_is_meant() -> None:
    texts = {"a/pod.yaml": POD, "a/env/map.yaml": MAP, "b/map.yaml": MAP}
    (found,) = [one for one in config(texts) if one[0].endswith("configMapRef.name")]
    assert found[1:] == ("yaml:a/env/map.yaml#metadata.name", "likely")
    far = {"a/pod.yaml": POD, "b/map.yaml": MAP, "c/map.yaml": MAP}
    guesses = [one for one in config(far) if one[0].endswith("configMapRef.name")]
    assert {tier for _, _, tier in guesses} == {"heuristic"}


def test_a_configmap_of_another_namespace_is_not_meant() -> None:
    elsewhere = MAP.replace("name: web-env", "name: web-env\n  namespace: other")
    here = POD.replace("  name: web\n", "  name: web\n  namespace: mine\n", 1)
    assert not [
        one for one in config({"a.yaml": here, "b.yaml": elsewhere}) if "configMap" in one[0]
    ]


def test_a_value_names_the_member_that_its_key_speaks_of() -> None:
    texts = {
        "dags.yaml": "daily_load:\n  schedule: '@daily'\nother:\n  schedule: '@once'\n",
        "sql/t/metadata.yaml": "scheduling:\n  dag_name: daily_load\n  owner: daily_load\n",
    }
    assert config(texts) == {
        (
            "yaml:sql/t/metadata.yaml#scheduling.dag_name",
            "yaml:dags.yaml#daily_load",
            "likely",
        )
    }


def test_a_dependency_is_a_sibling_in_the_file_or_a_file_in_the_folder() -> None:
    texts = {
        "tasks.yaml": "load:\n  run: a\nclean:\n  depends_on: [load]\n  run: b\n",
        "dag/first.yml": "operator: x\n",
        "dag/second.yml": "dependencies:\n  - first\n",
    }
    assert config(texts) == {
        ("yaml:tasks.yaml#clean.depends_on[0]", "yaml:tasks.yaml#load", "likely"),
        ("yaml:dag/second.yml#dependencies[0]", "yaml:dag/first.yml", "likely"),
    }


@pytest.mark.parametrize("name", ["products", "main"])
def test_one_common_word_far_away_is_no_reference(name: str) -> None:
    texts = {
        "a/x.yaml": f"air_table_name: {name}\n",
        "b/y.yaml": f"tables:\n  - name: {name}\n",
    }
    assert config(texts) == set()


def test_names_in_a_lock_file_are_packages() -> None:
    texts = {"pnpm-lock.yaml": "dependencies:\n  core-js:\n    version: 1\nneeds: [core-js]\n"}
    assert config(texts) == set()


def test_a_plain_list_at_the_top_declares_its_words() -> None:
    text = "stages: [build, ship]\none:\n  stage: ship\n  tags: [build]\n"
    assert config({".gitlab-ci.yml": text}) == {
        ("yaml:.gitlab-ci.yml#one.stage", "yaml:.gitlab-ci.yml#stages[1]", "likely")
    }
