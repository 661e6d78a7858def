from __future__ import annotations

import re

import msgspec
import pytest

from blastradius.index.blob import facts_of
from blastradius.languages.secrets import is_secret, loud_hidden, masked

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
        ("SECRET_KEY_BASE", "x"),
        ("Pwd", "x"),
        ("password2", "x"),
        ("password", "tls/server.key"),
        ("private_key", "x"),
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
        ("private_key", "tls/server.key"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/secrets/account.json"),
    ],
)
def test_no_secrets(key: str, text: str) -> None:
    assert not is_secret(key, text)


def test_what_a_map_says_of_its_secrets_stays() -> None:
    """Compose files, workflows and Kubernetes name their secrets there: these are references."""
    text = (
        "secrets:\n  db:\n    file: ./db.txt\n  api: {external: true, name: api_v2}\n"
        "jobs:\n  a:\n    secrets: {TOKEN: '${{ secrets.TOKEN }}'}\n"
        "services: {web: {secrets: [db, {source: api, target: api.txt}]}}\n"
    )
    said = {one.value for one in facts_of("yaml", text.encode()).mentions}
    assert {"./db.txt", "api_v2", "TOKEN", "db", "api", "api.txt"} <= said


def test_a_type_is_no_secret() -> None:
    facts = facts_of(
        "javascript", b"export function f(password: string, o: { token: string }) {}\n"
    )
    assert "hidden" not in "".join(one.shape for one in facts.definitions)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("./run --password=hunter2 --host db", "./run --password=<> --host db"),
        ("host=db password=hunter2;Pwd='hunter2'", "host=db password=<>;Pwd=<>"),
        ("curl -H 'Authorization: Bearer hunter2' x", "curl -H 'Authorization: Bearer <>' x"),
        ("x --api-key hunter2 y", "x --api-key <> y"),
        ("./run --password=$PASSWORD --token ${T}", "./run --password=$PASSWORD --token ${T}"),
        ("password={{ p }} token --x secret", "password={{ p }} token --x secret"),
    ],
)
def test_what_is_assigned_within_a_text(text: str, told: str) -> None:
    assert re.sub("<hidden [0-9a-f]{16}>", "<>", masked(text)) == told


def test_a_private_key_goes_whole() -> None:
    dashes = "-" * 5
    key = f"{dashes}BEGIN RSA PRIVATE KEY{dashes}\nMIIhunter2\n{dashes}END RSA PRIVATE KEY{dashes}"
    told = loud_hidden(f"before\n{key}\nafter")
    assert re.fullmatch(r"before\n<hidden [0-9a-f]{16}>\nafter", told)


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
        ("yaml", "secrets: {a: hunter2, b: {c: hunter2, d: [hunter2]}}\n"),
        ("yaml", "credentials: [{name: a, user: hunter2}]\nx: {key: api_key, value: hunter2}\n"),
        ("yaml", "environment: [DB_PASSWORD=hunter2]\nrun: ./x.sh --token hunter2/x.sh\n"),
        ("yaml", "x: &a [hunter2]\nsecrets: {b: *a}\n"),
        ("json", '{"Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2"}]}'),
        ("toml", 'credentials.a = "hunter2"\n[tool.tokens]\nx = "hunter2"\n'),
        ("ini", "[credentials]\nuser = hunter2\n[a]\npassword = hunter2\n"),
        (
            "hcl",
            'a "b" {\n  e = [{ name = "TOKEN", value = "hunter2" }, ["-p", "--token", "hunter2"]]\n}\n',
        ),
        ("hcl", 'a "b" {\n  env {\n    name = "TOKEN"\n    value = "hunter2"\n  }\n}\n'),
        ("hcl", 'resource "kubernetes_secret" "a" {\n  data = { x = "hunter2" }\n}\n'),
        ("javascript", "connect({ password: './hunter2/x.txt' });\n"),
        ("javascript", "export function f(a, password = './hunter2/x.txt') {}\n"),
        ("javascript", "export class A { token: 'hunter2'; apiKey = './hunter2/x.txt'; }\n"),
        ("javascript", "@Api({ token: 'hunter2' })\nexport class A {}\n"),
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
