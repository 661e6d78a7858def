"""Python files full of secrets: the many forms in which a string is the value of something."""

from __future__ import annotations

import json
from typing import Protocol


class Maker(Protocol):
    """Makes secrets; each is told where it stands."""

    def word(self, where: str) -> str:
        """Return a password that looks like any other word."""

    def quiet(self, where: str) -> str:
        """Return a password without a mark that means something in URLs and options."""


def python_files(make: Maker) -> dict[str, str]:
    """Return path → text of Python files, a sound one and a broken one."""

    def said(text: str) -> str:
        return json.dumps(text)

    forms = [
        "import os, shop",
        "from shop import Field, SecretStr",
        "class Login:",
        f"    password: SecretStr = Field(default={said(make.word('python field'))})",
        f"    secret = SecretStr({said(make.word('python wrapped'))})",
        f"    def get_token(self): return {said(make.word('python returned'))}",
        f"    def __init__(self): self.token = {said(make.word('python own attribute'))}",
        f"    def set_to(self, *, pwd: str = {said(make.word('python keyword-only'))}): ...",
        f"SECRETS = {{'first': {said(make.word('python map of secrets'))}, 'second': None}}",
        f"PASSWORDS = [{said(make.word('python list'))}, {said(make.word('python list'))}]",
        f"user, password = 'me', {said(make.word('python unpacked'))}",
        f"KEY = {{shop.API_KEY: {said(make.word('python computed key'))}}}",
        f"shop.get('/', auth=('me', {said(make.word('python login'))}))",
        f"shop.get('/', headers=[('Authorization', {said(make.word('python pair'))})])",
        f"shop.run(['mysql', '--password', {said(make.word('python option'))}])",
        f"shop.run('mysql --password={make.quiet('python command')} --host db')",
        f"shop.dsn('host=db password={make.quiet('python dsn')} user=me')",
        f"shop.option('--token', default={said(make.word('python option default'))})",
        f"os.environ.setdefault('DB_PASSWORD', {said(make.word('python setdefault'))})",
        f"shop.EnvVar(name='DB_PASSWORD', value={said(make.word('python named value'))})",
        f"shop.config.get('password', {said(make.word('python get'))})",
        f"setattr(shop, 'api_key', {said(make.word('python setattr'))})",
        f"shop.set_password({said(make.word('python setter'))})",
        f"token = os.getenv('TOKEN') or {said(make.word('python or'))}",
        f"token = 'x' if shop else {said(make.word('python choice'))}",
        f"token = f{said(make.word('python formatted'))}",
        f"token = '{{}}' + {said(make.word('python added'))}",
        f"hidden = lambda password={said(make.word('python lambda'))}: password",
        f"if shop.token == {said(make.word('python compared'))}: ...",
        f"if (token := {said(make.word('python walrus'))}): ...",
        f"match shop.token:\n    case {said(make.word('python matched'))}: ...",
        f"@shop.task(token=b{said(make.word('python bytes'))}, dsn='password={make.quiet('python')}')",
        f"async def job(token: shop.Literal[{said(make.word('python literal'))}]): ...",
    ]
    broken = [
        f"def sound(user, password={said(make.word('broken python default'))}): return user",
        f"class Unsound(shop.Base, token={said(make.word('broken python class argument'))}):",
        "    x = (",
        f"def unsound(user, password: str = {said(make.word('broken python head'))}, *, *):",
        "    return 1 +",
    ]
    return {"shop/forms.py": "\n".join(forms) + "\n", "shop/broken.py": "\n".join(broken) + "\n"}
