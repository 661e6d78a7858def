"""Secrets that a range wrote: found where they are real, and silence where they stand for something.

None of the secrets here is one: they are drawn by lot, and put together where they are needed.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.changes.leaks import Leak, is_made_up, leaks, secrets_in
from blastradius.changes.tokens import is_drawn, known
from blastradius.languages.yaml.address import digest
from blastradius.model.source import FileChange, TreeEntry

MIXED = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def lot(length: int, letters: str = MIXED, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


def armour(body: str, name: str = "RSA ", *, breaks: str = "\n") -> str:
    dashes = "-" * 5
    what = f"{name}PRIVATE KEY{dashes}"
    return f"{dashes}BEGIN {what}{breaks}{body}{breaks}{dashes}END {what}"


BODY = base64.b64encode(random.Random(1).randbytes(400)).decode()
LINES = "\n".join(BODY[start : start + 64] for start in range(0, len(BODY), 64))
GOOGLE = '{"client_email": "x@y.iam.gserviceaccount.com", "private_key": "%s"}'

TOKENS: dict[str, Callable[[int], str]] = {
    "AWS access key": lambda seed: "AKI" + "A" + lot(16, string.ascii_uppercase + "234567", seed),
    "GitHub token": lambda seed: "gh" + "p_" + lot(36, MIXED, seed),
    "GitLab token": lambda seed: "glp" + "at-" + lot(20, MIXED, seed),
    "Slack token": lambda seed: (
        "xox" + "b-" + lot(12, string.digits, seed) + "-" + lot(30, MIXED, seed)
    ),
    "Slack webhook": lambda seed: (
        "https://hooks.sl" + "ack.com/services/T0A1B2C3D/B0A1B2C3D/" + lot(24, MIXED, seed)
    ),
    "Stripe key": lambda seed: "sk_l" + "ive_" + lot(24, MIXED, seed),
    "Anthropic key": lambda seed: "sk-a" + "nt-api03-" + lot(95, MIXED, seed),
    "OpenAI key": lambda seed: (
        "sk-" + lot(20, MIXED, seed) + "T3Blbk" + "FJ" + lot(20, MIXED, seed)
    ),
    "Google API key": lambda seed: "AI" + "za" + lot(35, MIXED, seed),
    "Google client secret": lambda seed: "GOC" + "SPX-" + lot(28, MIXED, seed),
    "npm token": lambda seed: "np" + "m_" + lot(36, MIXED, seed),
    "PyPI token": lambda seed: "pyp" + "i-AgE" + lot(150, MIXED, seed),
    "SendGrid key": lambda seed: "S" + "G." + lot(22, MIXED, seed) + "." + lot(43, MIXED, seed),
    "Databricks token": lambda seed: "da" + "pi" + lot(32, HEX, seed),
    "dbt Cloud token": lambda seed: "dbt" + "c_" + lot(40, MIXED, seed),
    "DigitalOcean token": lambda seed: "dop" + "_v1_" + lot(64, HEX, seed),
    "Hugging Face token": lambda seed: "h" + "f_" + lot(34, string.ascii_letters, seed),
    "Docker token": lambda seed: "dckr" + "_pat_" + lot(27, MIXED, seed),
    "Shopify token": lambda seed: "shp" + "at_" + lot(32, HEX, seed),
    "Azure storage key": lambda seed: "AccountK" + "ey=" + lot(86, MIXED, seed) + "==",
}


def kinds(path: str, text: str) -> list[str]:
    return [one.kind for one in secrets_in(path, text)]


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_tells_its_issuer(kind: str) -> None:
    found = list(known(f"a = 1\nconnect({TOKENS[kind](1)!r}, x)\n"))
    assert [(one.line, one.kind) for one in found] == [(2, kind)]
    assert found[0].revoke


def test_nearly_all_tokens_drawn_by_lot_are_found() -> None:
    for kind, make in TOKENS.items():
        found = sum(bool(list(known(make(seed)))) for seed in range(200))
        assert found >= 190, kind


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("fill", ["x", "0", "EXAMPLE", "a1", "your", "*"])
def test_what_has_the_form_and_stands_for_a_token_is_none(kind: str, fill: str) -> None:
    real = TOKENS[kind](1)
    body = max(len(real) - 12, 8)
    sham = real[: len(real) - body] + (fill * body)[:body]
    assert list(known(sham)) == []


@pytest.mark.parametrize(
    "text",
    [
        armour(LINES),
        armour(LINES, "OPENSSH "),
        armour(LINES, "EC "),
        armour(LINES, ""),
        armour(BODY, "", breaks="\\n"),
        "key: |\n  " + armour(LINES, "").replace("\n", "\n  "),
    ],
)
def test_a_private_key_is_found_however_it_is_written(text: str) -> None:
    assert kinds("deploy/key.txt", text) == ["private key"]


def test_the_key_of_a_service_account_is_googles() -> None:
    found = list(secrets_in("sa.json", GOOGLE % armour(BODY, "", breaks="\\n")))
    assert [one.kind for one in found] == ["Google service account key"]
    assert "Service accounts" in found[0].revoke


@pytest.mark.parametrize(
    "text",
    [
        armour("..."),
        armour("<your key>"),
        armour("MII" + "x" * 200),
        armour("A" * 64),
        armour(LINES, "ENCRYPTED "),
        armour("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + LINES),
        'if "-----BEGIN RSA PRIVATE KEY-----" in text:\n    pass\n',
        armour(LINES).replace("PRIVATE", "PUBLIC"),
    ],
)
def test_what_stands_for_a_private_key_is_none(text: str) -> None:
    assert kinds("deploy/key.txt", text) == []


VALUE = lot(40)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".env", "DB_PASSWORD=Tr0ub4dor&3"),
        ("prod.env", f"export API_KEY='{VALUE}'"),
        ("conf/app.yaml", f"  api_key: {VALUE}"),
        ("conf/app.toml", f'secret_key = "{VALUE}"  # ours'),
        ("app.json", f'  "clientSecret": "{VALUE}",'),
        ("settings.py", f'SECRET_KEY = "{VALUE}"'),
        ("infra/main.tf", f'  password = "{VALUE}"'),
        ("settings.py", 'DB = "postgres://app:Zr8#kLw2pQ@db1.shop-prod.net/x"'),
        ("feeds.yml", f"  - url: https://api.shop-prod.net/v1?api_key={VALUE}"),
    ],
)
def test_a_real_value_under_a_secrets_name(path: str, line: str) -> None:
    assert len(kinds(path, f"# first\n{line}\n")) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".env", "DB_PASSWORD=changeme"),
        (".env", "DB_PASSWORD=postgres"),
        (".env", "DB_PASSWORD="),
        (".env", "DB_PASSWORD=${OTHER}"),
        (".env", "DB_PASSWORD=<password>"),
        (".env", "TOKEN=op://vault/item/field"),
        (".env", "TOKEN_FILE=/run/secrets/token"),
        (".env", "KEY_PATH=./tls/server.key"),
        ("conf/app.yaml", "  password: hunter2hunter2hunter2"),
        ("conf/app.yaml", f"  password: {{{{ var('{VALUE}') }}}}"),
        ("conf/app.yaml", f"  token: ${{{{ secrets.{VALUE} }}}}"),
        ("conf/app.yaml", f"  api_key: projects/1/secrets/{VALUE}"),
        ("conf/app.yaml", f"  next_page_token: {VALUE}"),
        ("conf/app.yaml", "  token: 123e4567-e89b-12d3-a456-426614174000"),
        ("conf/app.yaml", f"  checksum: {VALUE}"),
        ("conf/app.yaml", f"  password: ENC[AES256_GCM,data:{VALUE}]"),
        ("settings.py", "SECRET_KEY = 'django-insecure-8s7d6f8s7d6f8s7d6f9x'"),
        ("settings.py", "PASSWORD = os.environ['APPLICATION_DATABASE_PASSWORD']"),
        ("settings.py", "token = self.authenticate_with_service_v2()"),
        ("settings.py", 'DB = "postgres://app:app@db:5432/x"'),
        ("settings.py", 'DB = "postgres://app:Zr8#kLw2pQ@localhost/x"'),
        ("settings.py", 'DB = "https://user:Zr8#kLw2pQ@www.example.com/x"'),
        ("feeds.yml", "  - url: https://api.shop-prod.net/v1?api_key={{ MTC_511_API_KEY }}"),
        ("poetry.lock", f"token = {VALUE}"),
        ("web/app.js", "apiKey: 'AI" + "za" + lot(35) + "'"),
    ],
)
def test_what_is_no_real_value(path: str, line: str) -> None:
    assert kinds(path, f"# first\n{line}\n") == []


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_a.py",
        "src/app/tests/keys.py",
        "pkg/testdata/key.pem",
        "test_settings.py",
        "web/login.spec.ts",
        "docs/setup.md",
        "examples/.env",
        ".env.example",
        "config.sample.yaml",
        ".env.test",
        "spec/fixtures/a.json",
        "integration-tests/x.py",
        "node_modules/x/index.js",
    ],
)
def test_what_tests_and_examples_hold_is_made_up(path: str) -> None:
    assert is_made_up(path)


@pytest.mark.parametrize(
    "path",
    ["src/app.py", ".env", ".env.production", "contest/a.py", "latest/config.yaml", "attest.py"],
)
def test_what_runs_is_not(path: str) -> None:
    assert not is_made_up(path)


class Series:
    """Commits over a few files, with the blobs behind them."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.tree: dict[str, TreeEntry] = {}
        self.changes: dict[str, tuple[FileChange, ...]] = {}

    def commit(self, **files: str | None) -> None:
        found = []
        for name, text in files.items():
            path = name.replace("__", "/").replace("_dot_", ".")
            old = self.tree.pop(path, None)
            new = TreeEntry("100644", digest(text)) if text is not None else None
            if text is not None and new is not None:
                self.blobs[new.oid] = text.encode("utf-8", "surrogateescape")
                self.tree[path] = new
            status = "modified" if old and new else "added" if new else "deleted"
            found.append(FileChange(path, status, path, old, new))  # type: ignore[arg-type]
        self.changes[f"c{len(self.changes)}"] = tuple(found)

    def read(self, oids: Sequence[str]) -> dict[str, bytes | None]:
        return {oid: self.blobs[oid] for oid in oids}

    def leaks(self, since: int = 0) -> tuple[Leak, ...]:
        own = dict(list(self.changes.items())[since:])
        return leaks(own, self.read, self.tree).leaks


def test_a_secret_that_a_later_commit_removed_is_still_in_the_history() -> None:
    series = Series()
    series.commit(a_dot_sh=f"x {TOKENS['GitHub token'](1)}\n")
    series.commit(a_dot_sh="x\n")
    assert [(one.path, one.line, one.commit, one.gone) for one in series.leaks()] == [
        ("a.sh", 1, "c0", True)
    ]


def test_a_secret_is_told_once_where_it_came_in() -> None:
    series, token = Series(), TOKENS["GitHub token"](1)
    series.commit(a_dot_sh=f"x {token}\n")
    series.commit(a_dot_sh=f"# moved down\nx {token}\n", b_dot_sh=f"{token}\n")
    found = series.leaks()
    assert [(one.path, one.commit, one.gone) for one in found] == [("a.sh", "c0", False)]
    assert found[0].digest == digest(token)


def test_a_secret_that_was_there_before_or_moved_is_not_the_ranges() -> None:
    series, token = Series(), TOKENS["GitHub token"](1)
    series.commit(a_dot_sh=f"x {token}\n", c_dot_env=f"TOKEN={VALUE}\n")
    series.commit(a_dot_sh=f"x {token}\ny\n", c_dot_env=f"A=1\nTOKEN={VALUE}\n")
    series.commit(a_dot_sh=None, b_dot_sh=f"x {token}\n")
    assert series.leaks(since=1) == ()


def test_a_secret_that_takes_anothers_place_is_new() -> None:
    series = Series()
    series.commit(a_dot_sh=f"x {TOKENS['GitHub token'](1)}\n", k=armour(LINES))
    other = base64.b64encode(random.Random(2).randbytes(400)).decode()
    series.commit(a_dot_sh=f"x {TOKENS['GitHub token'](2)}\n", k=armour(other))
    assert [one.kind for one in series.leaks(since=1)] == ["GitHub token", "private key"]


def test_files_that_hold_nothing_else_are_told_from_others() -> None:
    series = Series()
    series.commit(
        _dot_env=f"TOKEN={VALUE}\n",
        id_dot_pem=armour(LINES),
        app_dot_py=f"T = '{TOKENS['npm token'](1)}'\n",
    )
    assert {one.path: one.alone for one in series.leaks()} == {
        ".env": True,
        "id.pem": True,
        "app.py": False,
    }


def test_files_that_cannot_be_read_are_counted() -> None:
    series = Series()
    series.commit(a="x")
    assert leaks(series.changes, dict.fromkeys, series.tree).unread == 1


def test_no_value_is_in_what_is_told() -> None:
    series = Series()
    tokens = [make(3) for make in TOKENS.values()]
    series.commit(a_dot_sh="\n".join(tokens), _dot_env=f"PASSWORD={VALUE}\n", k=armour(LINES))
    found = series.leaks()
    assert len(found) == len(tokens) + 2
    told = repr(found)
    assert not any(one in told for one in [*tokens, VALUE, BODY[:40]])


@given(st.text(max_size=300), st.sampled_from(["a.py", ".env", "a.yaml", "k.pem"]))
def test_any_text_is_searched_without_an_exception(text: str, path: str) -> None:
    assert list(secrets_in(path, text)) == list(secrets_in(path, text))


@pytest.mark.parametrize(
    "text",
    ["A" * 2_000_000, "a:" * 500_000, "://a:" * 200_000, "x=" * 900_000, "-----BEGIN " * 100_000,
     "-----BEGIN PRIVATE KEY-----" * 20_000, "ghp_" * 300_000, "a-" * 900_000],
)  # fmt: skip
def test_long_texts_end(text: str) -> None:
    for path in ("a.py", ".env"):
        assert list(secrets_in(path, text)) == []


@given(st.lists(st.sampled_from(["network", "users", "password", "reset", "page", "secret"])))
def test_names_made_of_words_are_not_drawn_by_lot(words: list[str]) -> None:
    assert not is_drawn("_".join([*words, "v2"]))
