"""What a string is the value of tells whether it is a secret; all else keeps its text."""

from __future__ import annotations

import ast

import msgspec
import pytest

from blastradius.languages.python import extract
from blastradius.languages.python.veiled import veil

# X stands for the text.
_SECRETS = r"""PASSWORD = X
api_key: str = X
a, token = 1, X
x.password = X
x["db_password"] = X
x[shop.API_KEY] = {shop.API_KEY: X}
x = {"password": X}
x = {"name": "DB_PASSWORD", "value": X}
x = {"credentials": {"user": {"deep": X}}}
passwords = [X]
password = x or X
password = (x, X)
password = x if y else X
password = SecretStr(X).encode()
password: Annotated[str, Field(default=X)]
f(password=X)
f(auth=("me", X))
f(["run", "--token", X])
f([("Authorization", X)])
os.environ.get("DB_PASSWORD", X)
config("DB_PASSWORD", default=X)
monkeypatch.setenv("DB_PASSWORD", X)
setattr(x, "token", X)
EnvVar(name="DB_PASSWORD", value=X)
user.set_password(X)
HTTPBasicAuth("me", X)
if x.token == X: pass
if X != x.get("token"): pass
if (token := X): pass
def f(a, password=X): pass
def f(*, password: str = X): pass
def f(password: Literal[X]): pass
def get_token(): return X
def token(): yield X
f = lambda a, token=X: a
@task(token=X)\ndef f(): pass
class A(B, token=X): pass
match x.token:\n  case X: pass"""

_NONE = r"""x = X
token_path = X
password_file = X
f(X, "password")
f("password", X)
create_index("ix_token", X)
path("token", X)
get_token(X)
token = read(X)
token = base / X
token = x[X]
token: X = 1
password: SecretStr | X
if token in (X, "y.z"): pass
add_argument("--token", dest=X)
unique = [("token", X)]
x = {X: "token"}
CREDENTIALS = {"path": X}
os.getenv(X, "token")"""


def _cases(text: str) -> list[str]:
    return [line.replace("\\n", "\n") for line in text.splitlines()]


def _veiled(source: str, text: str) -> str:
    whole = source.replace("X", repr(text))
    tree = ast.parse(whole)
    veil(tree, whole)
    return ast.unparse(tree)


@pytest.mark.parametrize("source", _cases(_SECRETS))
def test_a_secret_is_a_digest(source: str) -> None:
    one, other = (_veiled(source, text) for text in ("plum.fig1", "plum.fig2"))
    assert "plum" not in one
    assert "<hidden " in one
    assert one != other


@pytest.mark.parametrize("source", _cases(_NONE))
def test_what_is_no_secret_keeps_its_text(source: str) -> None:
    assert "plum" in _veiled(source, "plum")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mysql --password=plum -h x", False),
        ("host=x password=plum", False),
        ("https://example.org/x?token=plum", False),
        ("https://example.org/x?token={plum}", True),
        ("https://example.org/x?token=%(plum)s", True),
        ("SELECT password FROM plum WHERE token='plum'", True),
    ],
)
def test_within_a_longer_text_only_the_assigned_is_hidden(text: str, *, shown: bool) -> None:
    assert ("plum" in _veiled("password; x = X", text)) is shown


def test_a_url_keeps_the_rest() -> None:
    [mention] = extract(b'x = "https://example.org/a/b"; token = 1\n').mentions
    assert mention.value == "https://example.org/a/b"


def test_lines_that_name_no_secret_are_as_they_were() -> None:
    source = 'x = "a=b"\ntoken = "plum"\nclass A:\n    def f(self, x="c"): return "d"\n'
    tree = ast.parse(source)
    veil(tree, source)
    before = ast.parse(source)
    assert ast.dump(tree.body[0]) == ast.dump(before.body[0])
    assert ast.dump(tree.body[2]) == ast.dump(before.body[2])


def test_what_looks_drawn_by_lot_is_in_no_fact() -> None:
    drawn = "q9Zx7LmP2vRt5KwY8nBc3HdF"
    source = f'@shop.task("{drawn}")\ndef f(): return open("a/{drawn}")\n'.encode()
    assert drawn.encode() not in msgspec.msgpack.encode(extract(source))


def test_heads_that_do_not_parse_hide_their_strings() -> None:
    facts = extract(b'def f(user, password: str = "plum.fig", *, *): ...\n')
    [function] = [one for one in facts.definitions if one.name == "f"]
    assert function.shape == '(user, password: str = "…", *, *)'


def test_deep_nesting_is_no_trouble() -> None:
    source = "password = " + "[" * 90 + "'plum.fig'" + "]" * 90 + "\n"
    assert b"plum" not in msgspec.msgpack.encode(extract(source.encode()))
    source = "password = " + " + ".join(["'plum.fig'"] * 5_000)
    assert b"plum" not in msgspec.msgpack.encode(extract(source.encode()))
