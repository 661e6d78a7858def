from __future__ import annotations

import msgspec
import pytest

from blastradius.index.blob import facts_of
from blastradius.languages.secrets import is_secret

AWS = "AKI" + "A" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("password", "x"),
        ("db_password", "x"),
        ("apiKey", "x"),
        ("client-secret", "x"),
        ("x", AWS),
        ("x", "postgres://me:pw@host/db"),
        ("x", "q3Zt8LmX0bVw7RkPy2Hn5Jd9Ga4Fs1Uc"),
    ],
)
def test_secrets(key: str, text: str) -> None:
    assert is_secret(key, text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("password", "${DB_PASSWORD}"),
        ("token", "${{ secrets.GITHUB_TOKEN }}"),
        ("token", "$TOKEN"),
        ("path", "src/project/module_with_a_long_name/file_2.py"),
        ("class", "package.module.AVeryLongClassName2WithManyWords"),
        ("url", "https://example.org/a@b"),
        ("commit", "0123456789abcdef0123456789abcdef01234567"),
        ("secret_name", "db"),
        ("callable", "task_configuration_manager_for_2"),
        ("url", "https://{}:{}@host/x"),
        ("url", "https://me:${PASSWORD}@host/x"),
    ],
)
def test_no_secrets(key: str, text: str) -> None:
    assert not is_secret(key, text)


TOKEN = "gh" + "p_q3Zt8LmX0bVw7RkPy2Hn5Jd9Ga"
URL = "https://me:hunter2@host/x"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", f'requests.get("{URL}")\nKEYS = {{"{TOKEN}": 1}}\n'),
        ("python", f'def f(x: "{TOKEN}") -> "{TOKEN}": ...\nrun("SELECT \'{TOKEN}\' FROM a")\n'),
        ("javascript", f'import x from "{URL}"; export const t: "{TOKEN}" = f("{URL}");\n'),
        ("containerfile", f"FROM {URL} AS a\nADD {URL} /y\n"),
        ("hcl", f'module "m" {{\n  source = "git::{URL}"\n}}\n'),
        ("json", f'{{"{URL}": ["{TOKEN}"], "passwords": ["hunter2"]}}'),
        ("yaml", "- {name: DB_PASSWORD, value: hunter2}\n- args: [--token, hunter2, -p=x]\n"),
        ("yaml", "args: [--password=hunter2]\n"),
        ("yaml", "kind: Secret\nstringData: {a: hunter2}\ndata: {b: hunter2}\n"),
    ],
)
def test_no_fact_holds_a_secret(language: str, text: str) -> None:
    facts = facts_of(language, text.encode())
    packed = msgspec.msgpack.encode(facts)
    assert facts.parsed == "full"
    assert b"hunter2" not in packed
    assert TOKEN.encode() not in packed
    changed = facts_of(
        language, text.replace("hunter2", "hunter3").replace(TOKEN, TOKEN + "x").encode()
    )
    assert packed != msgspec.msgpack.encode(changed), "a changed secret is a change"
