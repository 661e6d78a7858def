"""Files full of secrets: every way to write one that is told from other text, in every format read.

Each secret is a canary of its own, so that one that got out says where it came from.
"""

from __future__ import annotations

import json
import re

from tests.python_canaries import python_files

CANARY = re.compile(r"canary(\d{4})", re.IGNORECASE)
SHAPES = ("canary{}plum", "canary{}.plum.fig", "./canary{}/plum.txt")
"""Passwords that a reader takes for a name, for something dotted, for a path."""


class Canaries:
    """Makes secrets; ``where`` maps the number of each to what it stands for."""

    def __init__(self, first: int = 0, shape: int = 0) -> None:
        self.where: dict[str, str] = {}
        self._next = first
        self._shape = SHAPES[shape]

    def _number(self, where: str) -> str:
        number = f"{self._next:04d}"
        self._next += 1
        self.where[number] = where
        return number

    def word(self, where: str) -> str:
        """Return a password that looks like any other word."""
        return self._shape.format(self._number(where))

    def quiet(self, where: str) -> str:
        """Return a password without a mark that means something in URLs and options."""
        return f"canary{self._number(where)}plum"

    def aws(self, where: str) -> str:
        """Return what has the form of a cloud's access key."""
        return "AKI" + f"ACANARY{self._number(where)}QWERTZ"

    def forge(self, where: str) -> str:
        """Return what has the form of a forge's access token."""
        return "gh" + f"p_canary{self._number(where)}QzXcVbNmLkJhGfDsApOiU"

    def pem(self, where: str) -> str:
        """Return a private key in its armour."""
        line = f"MIIcanary{self._number(where)}QzXcVbNmLkJhGfDs"
        dashes = "-" * 5
        name = "RSA PRIVATE KEY"
        return f"{dashes}BEGIN {name}{dashes}\n{line}\n{dashes}END {name}{dashes}"

    def url(self, where: str) -> str:
        """Return a URL with a password."""
        return f"postgres://me:{self.quiet(where)}@db.example.org/shop"


def files(make: Canaries) -> dict[str, str]:
    """Return path → text of a repository whose files are full of secrets."""
    return {
        **_code(make),
        **python_files(make),
        **_keyed(make),
        **_services(make),
        **_terraform(make),
        **_warehouse(make),
    }


def _code(make: Canaries) -> dict[str, str]:
    def said(text: str) -> str:
        return json.dumps(text)

    def strings(where: str, call: str) -> list[str]:
        return [
            f"{call}({said(one)})"
            for one in (make.aws(where), make.forge(where), make.url(where), make.pem(where))
        ]

    python = [
        "import os",
        "import shop",
        f"AWS = {said(make.aws('python constant'))}",
        f"TOKEN: str = {said(make.forge('python annotated'))}",
        f"URL = {said(make.url('python url'))}",
        f"PASSWORD = {said(make.word('python password'))}",
        f"KEY = '''{make.pem('python pem')}'''",
        *strings("python argument", "shop.connect"),
        f"shop.connect(password={said(make.word('python keyword'))})",
        f"os.getenv({said(make.aws('python getenv'))})",
        f"os.environ.get('DB_PASSWORD', {said(make.word('python getenv default'))})",
        f"CONFIG = {{'password': {said(make.word('python dict'))}, 'user': 'me', 'host': 'db'}}",
        f"CONFIG['api_key'] = {said(make.word('python subscript'))}",
        f"def connect(user, password={said(make.word('python default'))}):",
        "    return shop.connect(user, password)",
        f"@shop.task(token={said(make.word('python decorator'))})",
        "def task(): ...",
        f"class Meta(shop.Base, token={said(make.word('python class argument'))}): ...",
        "class Settings:",
        f"    api_key: str = {said(make.word('python attribute'))}",
        f"    token = {said(make.word('python attribute'))}",
    ]
    script = [
        "import { connect } from './db';",
        f"export const AWS = {said(make.aws('javascript constant'))};",
        f"export const URL = {said(make.url('javascript url'))};",
        f"export const password = {said(make.word('javascript password'))};",
        f"export const key = `{make.pem('javascript pem')}`;",
        *strings("javascript argument", "connect"),
        f"connect({{ user: 'me', password: {said(make.word('javascript object'))}, host: 'db' }});",
        f"export function open(user, password = {said(make.word('javascript default'))}) {{",
        f"  return connect(user, password, process.env[{said(make.aws('javascript env'))}]);",
        "}",
        "export class Settings {",
        f"  apiKey = {said(make.word('javascript attribute'))};",
        f"  static token = {said(make.word('javascript attribute'))};",
        "}",
    ]
    typed = [
        f"export function open(user: string, secret: string = {said(make.word('ts default'))}) {{}}",
        f"export enum Keys {{ password = {said(make.word('ts enum'))} }}",
        f"export type Login = {{ password: {said(make.word('ts type'))} }};",
        f"@Api({{ token: {said(make.word('ts decorator'))} }})",
        "export class Client {",
        f"  private readonly apiKey: string = {said(make.word('ts attribute'))};",
        "}",
    ]
    cell = [
        f"import os\nos.getenv({said(make.aws('notebook getenv'))})\n",
        f"password = {said(make.word('notebook password'))}\n",
        f"import shop\nshop.connect({said(make.url('notebook url'))})\n",
    ]
    notebook = {
        "cells": [
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": one} for one in cell
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return {
        "shop/code.py": "\n".join(python) + "\n",
        "web/code.js": "\n".join(script) + "\n",
        "web/db.js": "export function connect() {}\n",
        "web/typed.ts": "\n".join(typed) + "\n",
        "shop/notebook.ipynb": json.dumps(notebook, indent=1),
    }


def _settings(make: Canaries, where: str) -> dict[str, object]:
    """Return settings as each format of keys can hold them."""
    return {
        "password": make.word(f"{where} password"),
        "db": {
            "user": "me",
            "db_password": make.word(f"{where} nested"),
            "url": make.url(f"{where} url"),
            "dsn": f"host=db user=me password={make.quiet(f'{where} dsn')} dbname=shop",
            "odbc": f"Server=db;Uid=me;Pwd={make.quiet(f'{where} odbc')};",
        },
        "secrets": {
            "first": make.word(f"{where} below secrets"),
            "inner": {"second": make.word(f"{where} deep below secrets")},
            "list": [make.word(f"{where} list below secrets")],
        },
        "credentials": {"user": make.word(f"{where} below credentials")},
        "passwords": [make.word(f"{where} list of passwords")],
        "api_keys": {"a": make.word(f"{where} below api_keys")},
        "accessToken": make.word(f"{where} accessToken"),
        "clientSecret": make.word(f"{where} clientSecret"),
        "keys": [make.aws(f"{where} item"), make.forge(f"{where} item")],
        "private_key": make.pem(f"{where} pem"),
        "tls": make.pem(f"{where} pem under another key"),
        "headers": {"Authorization": f"Bearer {make.quiet(f'{where} bearer')}"},
        "command": f"mysql --password={make.quiet(f'{where} option')} --host db",
        "script": f"export DB_PASSWORD={make.quiet(f'{where} export')}\n./run.sh",
        "curl": f"curl -u me:{make.quiet(f'{where} curl')} https://example.org/x",
        "args": ["--token", make.word(f"{where} argument")],
        "more_args": [f"--api-key={make.word(f'{where} joined argument')}"],
        "env": [f"DB_PASSWORD={make.word(f'{where} list of variables')}"],
        "pairs": [{"name": "DB_PASSWORD", "value": make.word(f"{where} pair")}],
        "keyed": [{"key": "api_key", "value": make.word(f"{where} key pair")}],
        make.aws(f"{where} key"): 1,
        make.url(f"{where} url key"): 1,
    }


def _yaml(value: object, indent: int = 0) -> str:
    """Write a value as block YAML."""
    space = " " * indent
    if isinstance(value, dict):
        return "".join(
            f"\n{space}{json.dumps(key)}:{_yaml(one, indent + 2)}" for key, one in value.items()
        )
    if isinstance(value, list):
        return "".join(f"\n{space}- {_yaml(one, indent + 2).lstrip()}" for one in value)
    if isinstance(value, str) and "\n" in value:
        return " |\n" + "\n".join(f"{space}{line}" for line in value.splitlines())
    return f" {json.dumps(value)}"


def _toml(value: dict[str, object]) -> str:
    lines = []
    for key, one in value.items():
        lines.append(f"{json.dumps(key)} = {_inline(one)}")
    return "\n".join(lines) + "\n"


def _inline(value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value)


def _keyed(make: Canaries) -> dict[str, str]:
    ini = _settings(make, "ini")
    options = {key: one for key, one in ini.items() if isinstance(one, str) and "\n" not in one}
    sections = {key: one for key, one in ini.items() if isinstance(one, dict)}
    lines = ["[main]", *(f"{key} = {one}" for key, one in options.items())]
    for name, section in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {one}" for key, one in section.items() if isinstance(one, str)]
    lines += [
        "[lists]",
        "passwords =",
        f"    {make.word('ini list')}",
        "env =",
        f"    DB_PASSWORD={make.word('ini pairs')}",
    ]
    return {
        "config/app.yaml": _yaml(_settings(make, "yaml")).lstrip("\n") + "\n",
        "config/template.yaml": "{{ header }}\n{% if x %}\n"
        + _yaml(_settings(make, "yaml template")).lstrip("\n")
        + "\n{% endif %}\n",
        "config/broken.yaml": _yaml(_settings(make, "broken yaml")).lstrip("\n")
        + "\nx: [1,\n  y: }\nz: {a: ]\n" * 12,
        "config/app.json": json.dumps(_settings(make, "json"), indent=1),
        "config/broken.json": json.dumps(_settings(make, "broken json"), indent=1)[:-2] + ",,}]",
        "config/app.toml": _toml(_settings(make, "toml")),
        "config/app.ini": "\n".join(lines) + "\n",
        "config/app.properties": f"db.password={make.word('properties')}\n"
        f"db.url={make.url('properties')}\nkey={make.aws('properties')}\n",
        ".env": f"DB_PASSWORD={make.word('dotenv')}\nA={make.aws('dotenv')}\n"
        f"URL={make.url('dotenv')}\nexport PLAIN='{make.word('dotenv')}'\n"
        f'KEY="{make.pem("dotenv")}"\nB=$HOME/{make.quiet("dotenv")}\n',
    }


def _services(make: Canaries) -> dict[str, str]:
    return {
        "Dockerfile": (
            f"FROM python:3 AS base\nARG TOKEN={make.forge('containerfile ARG')}\n"
            f"ENV DB_PASSWORD={make.quiet('containerfile ENV')} A=1\n"
            f"ENV SECRET {make.quiet('containerfile ENV')}\n"
            f"RUN curl -u me:{make.quiet('containerfile RUN')} {make.url('containerfile RUN')}\n"
            f"RUN python -m shop --password={make.quiet('containerfile RUN')}\n"
            f"ADD {make.url('containerfile ADD')} /x\nLABEL a={make.aws('containerfile LABEL')}\n"
            f'CMD ["python", "-m", "shop", "--token", "{make.quiet("containerfile CMD")}"]\n'
            f"FROM {make.url('containerfile FROM')}\n"
        ),
        "docker-compose.yml": (
            "services:\n  web:\n    image: x\n    environment:\n"
            f"      - DB_PASSWORD={make.word('compose list')}\n"
            f"      - AWS={make.aws('compose list')}\n"
            f"    command: [redis-server, --requirepass, {make.word('compose command')}]\n"
            "  db:\n    image: x\n    environment:\n"
            f"      POSTGRES_PASSWORD: {make.word('compose mapping')}\n"
            f"      URL: {make.url('compose mapping')}\n"
            "    secrets: [db_password]\nsecrets:\n  db_password:\n    file: ./db.txt\n"
        ),
        "k8s/secret.yaml": (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\ndata:\n"
            f"  a: {make.word('secret data')}\nstringData:\n  b: {make.word('secret stringData')}\n"
            f"  c: |\n    {make.word('secret block')}\n"
            "---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"
            f"  metadata: {{name: x}}\n  data: {{a: {make.word('secret in a list')}}}\n"
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n"
            "  template:\n    spec:\n      containers:\n      - name: web\n        image: x\n"
            "        env:\n        - name: DB_PASSWORD\n"
            f"          value: {make.word('kubernetes env')}\n"
            "        - name: SECRET_KEY_BASE\n"
            f"          value: {make.word('kubernetes env')}\n"
            "        envFrom: [{secretRef: {name: shop}}]\n"
        ),
        "k8s/secret.json": json.dumps(
            {"apiVersion": "v1", "kind": "Secret", "data": {"a": make.word("secret json")}}
        ),
        ".github/workflows/ci.yml": (
            "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    env:\n"
            f"      TOKEN: {make.word('workflow env')}\n    steps:\n"
            f"    - run: curl -H 'Authorization: token {make.quiet('workflow run')}' x\n"
            f"    - run: |\n        export API_KEY={make.quiet('workflow export')}\n"
            f"        python -m shop --password {make.quiet('workflow option')}\n"
            f"    - uses: a/b@v1\n      with:\n        password: {make.word('workflow with')}\n"
        ),
        "package.json": json.dumps(
            {
                "name": "shop",
                "scripts": {"start": f"API_KEY={make.quiet('package script')} node web/code.js"},
                "dependencies": {
                    "x": f"git+https://{make.forge('package git')}@github.com/a/b.git"
                },
            }
        ),
        "web/.npmrc": f"//registry.example.org/:_authToken={make.word('npmrc')}\n",
    }


def _terraform(make: Canaries) -> dict[str, str]:
    return {
        "infra/main.tf": (
            f'variable "db_password" {{\n  default = "{make.word("hcl variable")}"\n}}\n'
            'resource "aws_db_instance" "db" {\n'
            f'  password = "{make.word("hcl attribute")}"\n'
            f'  url = "{make.url("hcl url")}"\n  key = "{make.aws("hcl token")}"\n'
            f'  tags = {{ token = "{make.word("hcl object")}", a = "b" }}\n'
            f"  user_data = <<EOT\nexport DB_PASSWORD={make.quiet('hcl heredoc')}\n"
            f"{make.pem('hcl heredoc')}\nEOT\n"
            f'  environment = [{{ name = "DB_PASSWORD", value = "{make.word("hcl pair")}" }}]\n'
            f'  secrets = {{ a = "{make.word("hcl below secrets")}" }}\n'
            f'  passwords = ["{make.word("hcl list")}"]\n'
            f'  command = ["run", "--token", "{make.word("hcl argument")}"]\n'
            f'  more = ["--api-key={make.word("hcl joined argument")}"]\n'
            "  environment {\n    variables = {\n"
            f'      DB_PASSWORD = "{make.word("hcl variables")}"\n    }}\n  }}\n'
            f'  env {{\n    name = "DB_PASSWORD"\n    value = "{make.word("hcl env block")}"\n  }}\n'
            f'  secret {{\n    data = "{make.word("hcl secret block")}"\n  }}\n'
            f'  content = "${{var.db_password}} password={make.quiet("hcl template")}"\n'
            "}\n"
            f'module "m" {{\n  source = "git::{make.url("hcl source")}"\n}}\n'
            f'output "token" {{\n  value = "{make.word("hcl output")}"\n}}\n'
        ),
        "infra/x.tfvars": f'db_password = "{make.word("tfvars")}"\n'
        f'secrets = {{ a = "{make.word("tfvars below secrets")}" }}\n',
    }


def _warehouse(make: Canaries) -> dict[str, str]:
    return {
        "sql/a.sql": (
            f"CREATE USER me WITH PASSWORD '{make.word('sql password')}';\n"
            "CREATE TABLE a AS SELECT x FROM b\n"
            f"WHERE t = '{make.aws('sql literal')}' AND u = '{make.url('sql url')}';\n"
            f"CREATE TABLE c (k text DEFAULT '{make.forge('sql default')}');\n"
        ),
        "dbt/dbt_project.yml": (
            "name: shop\nversion: '1'\nmodel-paths: [models]\nvars:\n"
            f"  password: {make.word('dbt var')}\n  token: {make.forge('dbt var')}\n"
            f"  secrets: {{a: {make.word('dbt below secrets')}}}\n"
        ),
        "dbt/models/one.sql": (
            f"-- {{{{ config(meta={{'password': '{make.word('dbt config')}'}}) }}}}\n"
            f"select '{{{{ var('token') }}}}' as t, '{{{{ env_var('X', '{make.forge('dbt env')}') }}}}'"
            f" as u, '{make.url('dbt url')}' as v from {{{{ ref('two') }}}}\n"
        ),
        "dbt/models/two.sql": "select 1 as x\n",
        "dbt/models/schema.yml": (
            "version: 2\nmodels:\n- name: one\n  meta:\n"
            f"    password: {make.word('dbt meta')}\n    url: {make.url('dbt meta')}\n"
            f"    secrets: {{a: {make.word('dbt meta below secrets')}}}\n"
            "  columns: [{name: t}, {name: u}]\n"
        ),
        "dbt/profiles.yml": (
            "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: db\n"
            f"      user: me\n      password: {make.word('dbt profile')}\n      pass: x\n"
        ),
    }
