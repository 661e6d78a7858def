"""A variable that is read ↔ the place that sets it: explicit in its own file, else by its name."""

from __future__ import annotations

from tests.linkedtree import Texts, edges_of, pairs

READER = 'import os\n\nURL = os.environ["SHOP_DATABASE_URL"]\n'


def env(texts: Texts) -> set[tuple[str, str, str]]:
    return pairs(edges_of(texts, "env"))


def test_one_definer_of_a_telling_name_is_likely() -> None:
    compose = "services:\n  web:\n    image: x\n    environment:\n      SHOP_DATABASE_URL: pg\n"
    assert env({"app.py": READER, "compose.yaml": compose}) == {
        (
            "python:app.py#URL",
            "yaml:compose.yaml#services.web.environment.SHOP_DATABASE_URL",
            "likely",
        )
    }


def test_the_items_of_a_list_set_variables_too() -> None:
    compose = "services:\n  web:\n    image: x\n    environment:\n      - SHOP_DATABASE_URL=pg\n"
    pod = "kind: Pod\nspec:\n  containers:\n    - env:\n        - name: SHOP_DATABASE_URL\n"
    (one,) = env({"app.py": READER, "compose.yaml": compose})
    assert one[1] == "yaml:compose.yaml#services.web.environment[0]"
    (other,) = env({"app.py": READER, "pod.yaml": pod})
    assert other[1] == "yaml:pod.yaml#spec.containers[0].env[0]"


def test_a_configmap_sets_what_its_data_says() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  SHOP_DATABASE_URL: x\n"
    (one,) = env({"app.py": READER, "m.yaml": text})
    assert one[1] == "yaml:m.yaml#data.SHOP_DATABASE_URL"


def test_several_definers_and_single_words_are_guesses() -> None:
    def service(name: str) -> str:
        return f"  {name}:\n    image: x\n    environment:\n      SHOP_DATABASE_URL: pg\n"

    several = {"app.py": READER, "compose.yaml": "services:\n" + service("a") + service("b")}
    assert {tier for _, _, tier in env(several)} == {"heuristic"}
    word = {
        "app.py": READER.replace("SHOP_DATABASE_URL", "DEBUG"),
        "compose.yaml": "services:\n  a:\n    image: x\n    environment:\n      DEBUG: 1\n",
    }
    assert {tier for _, _, tier in env(word)} == {"heuristic"}


def test_the_innermost_env_of_a_workflow_wins_and_other_steps_set_nothing() -> None:
    text = (
        "env:\n  MY_MODE: a\njobs:\n  one:\n    env:\n      MY_MODE: b\n    steps:\n"
        "      - run: echo $MY_MODE\n      - env:\n          MY_MODE: c\n        run: echo\n"
        "  two:\n    steps:\n      - run: echo $MY_MODE\n"
    )
    path = ".github/workflows/x.yml"
    assert env({path: text}) == {
        (f"yaml:{path}#jobs.one.steps[0].run", f"yaml:{path}#jobs.one.env.MY_MODE", "certain"),
        (f"yaml:{path}#jobs.two.steps[0].run", f"yaml:{path}#env.MY_MODE", "certain"),
    }


def test_what_is_written_or_belongs_to_the_system_is_not_read_here() -> None:
    texts = {
        "app.py": 'import os\n\nos.environ["SHOP_DATABASE_URL"] = "x"\nA = os.environ["HOME"]\n',
        "compose.yaml": "services:\n  a:\n    image: x\n    environment:\n"
        "      SHOP_DATABASE_URL: 1\n      HOME: 2\n",
    }
    assert env(texts) == set()


def test_fields_of_settings_read_the_variables_of_their_names() -> None:
    settings = (
        "class Settings(BaseSettings):\n    database_url: str\n    debug: bool = False\n\n"
        '    model_config = SettingsConfigDict(env_prefix="SHOP_")\n'
    )
    compose = "services:\n  a:\n    image: x\n    environment:\n      SHOP_DATABASE_URL: 1\n"
    assert env({"app.py": settings, "compose.yaml": compose}) == {
        (
            "python:app.py#Settings.database_url",
            "yaml:compose.yaml#services.a.environment.SHOP_DATABASE_URL",
            "likely",
        )
    }


def test_a_variable_that_is_only_handed_on_is_defined_elsewhere() -> None:
    texts = {
        "app/a.py": READER,
        "app/pod.yaml": "env_vars:\n  SHOP_DATABASE_URL: ${SHOP_DATABASE_URL}\n",
        "app/b.yaml": "env_vars:\n  SHOP_DATABASE_URL: pg\n",
    }
    (found,) = [one for one in env(texts) if one[0].startswith("python:")]
    assert found[1] == "yaml:app/b.yaml#env_vars.SHOP_DATABASE_URL"
