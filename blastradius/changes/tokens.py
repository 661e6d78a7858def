"""What is a secret beyond doubt: tokens of a known form and issuer, private keys, and real values.

Stricter than `blastradius.languages.secrets`, which hides whatever may be one: here each find sends a
person to revoke something, so that a false alarm costs more than silence. What stands for a secret in
documentation (``example``, ``changeme``, ``xxxx``, ``<token>``, ``${VAR}``), what is encrypted, and
what only digests something is none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from blastradius.languages.secrets import is_secret

_PLACEHOLDER = re.compile(
    r"example|sample|dummy|fake|changeme|change[-_]?(?:me|it|this)|placeholder|redacted|insecure|"
    r"your|replace|insert|default|(?<![a-z])(?:test|foo|bar|todo|none|null|abc)(?![a-z])|secret|passw|"
    r"x{4}|0{5}|1{5}|\*{3}|\.{3}|1234|abcd|qwert|asdf|deadbeef|cafebabe|(.)\1{4}|hunter2|canary|"
    r"token|s3cr3t|p4ss|localhost|dev(?:elopment)?[-_]?only",
    re.IGNORECASE,
)
_STANDS_FOR = re.compile(
    r"[<>{}$`]|%[(s]|\A(?:ENC\[|vault:|op://|arn:|projects/|!|AgA|AgB|sha\d|md5)"
)


class Form(Struct, frozen=True):
    """A token that tells its issuer.

    ``hints`` are texts without any of which the form is not met. The first group of the pattern is what was
    drawn by lot; it must hold ``bits`` bits a character to be no placeholder. ``revoke`` says where.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    revoke: str
    bits: float = 3.0


class Found(Struct, frozen=True):
    """A secret in a text: ``text`` is the secret itself, never to be shown."""

    line: int
    kind: str
    text: str
    revoke: str


def _form(kind: str, hints: str, pattern: str, revoke: str, bits: float = 3.0) -> Form:
    whole = re.compile(rf"(?<![A-Za-z0-9_]){pattern}(?![A-Za-z0-9])", re.ASCII)
    return Form(kind, tuple(hints.split()), whole, revoke, bits)


_GITHUB = (
    "GitHub: Settings, Developer settings, Personal access tokens (or the app that it belongs to)"
)
_AWS = "AWS IAM: deactivate the access key, then look for its use in CloudTrail"
_GITLAB = "GitLab: Preferences, Access tokens"
_SLACK = "Slack: api.slack.com/apps, the app's OAuth tokens and webhooks"
_STRIPE = "Stripe: Dashboard, Developers, API keys, roll key"
_GOOGLE = "Google Cloud: APIs and Services, Credentials"
FORMS = (
    _form("AWS access key", "AKIA", r"AKIA([A-Z2-7]{16})", _AWS),
    _form(
        "GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_([A-Za-z0-9]{36,251})", _GITHUB, 3.5
    ),
    _form("GitHub token", "github_pat_", r"github_pat_(\w{82})", _GITHUB, 3.5),
    _form("GitLab token", "glpat-", r"glpat-([\w-]{20,60})", _GITLAB),
    _form(
        "Slack token",
        "xoxa- xoxb- xoxp- xoxr- xoxs-",
        r"xox[abprs]-\d{9,14}-([\w-]{20,100})",
        _SLACK,
    ),
    _form(
        "Slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/([A-Za-z0-9]{24})",
        _SLACK,
    ),
    _form("Stripe key", "_live_", r"[sr]k_live_([A-Za-z0-9]{24,120})", _STRIPE),
    _form(
        "Anthropic key",
        "sk-ant-",
        r"sk-ant-(?:api|admin)\d\d-([\w-]{80,120})",
        "Anthropic: Console, API keys",
        3.5,
    ),
    _form(
        "OpenAI key",
        "T3BlbkFJ",
        r"sk-([\w-]{16,120}T3BlbkFJ[\w-]{16,120})",
        "OpenAI: platform.openai.com, API keys",
        3.5,
    ),
    _form("Google API key", "AIza", r"AIza([\w-]{35})", _GOOGLE, 3.5),
    _form("Google client secret", "GOCSPX-", r"GOCSPX-([\w-]{28})", _GOOGLE, 3.5),
    _form(
        "npm token",
        "npm_",
        r"npm_([A-Za-z0-9]{36})",
        "npm: npmjs.com, Access tokens, or `npm token revoke`",
        3.5,
    ),
    _form(
        "PyPI token",
        "pypi-AgE",
        r"pypi-AgE([\w-]{60,250})",
        "PyPI: Account settings, API tokens",
        3.5,
    ),
    _form(
        "SendGrid key",
        "SG.",
        r"SG\.([\w-]{22}\.[\w-]{43})",
        "SendGrid: Settings, API keys",
        3.5,
    ),
    _form("Databricks token", "dapi", r"dapi([0-9a-f]{32})", "Databricks: Settings, Developer"),
    _form(
        "dbt Cloud token",
        "dbtc_ dbtu_",
        r"dbt[cu]_([\w-]{32,80})",
        "dbt Cloud: Account settings, API tokens",
    ),
    _form("DigitalOcean token", "_v1_", r"do[opr]_v1_([0-9a-f]{64})", "DigitalOcean: API, Tokens"),
    _form(
        "Hugging Face token",
        "hf_",
        r"hf_([A-Za-z]{34})",
        "Hugging Face: Settings, Access Tokens",
        3.5,
    ),
    _form(
        "Docker token", "dckr_pat_", r"dckr_pat_([\w-]{27})", "Docker Hub: Account, Access tokens"
    ),
    _form(
        "Shopify token",
        "shpat_ shpca_ shppa_ shpss_",
        r"shp(?:at|ca|pa|ss)_([0-9a-f]{32})",
        "Shopify: Apps, API credentials",
    ),
    _form(
        "Azure storage key",
        "AccountKey=",
        r"AccountKey=([A-Za-z0-9+/]{86}==)",
        "Azure: the storage account's Access keys, Rotate",
        4.0,
    ),
)
_ISSUED = "whoever issued it"
_KEY_ISSUER = "wherever its public half is trusted (authorized_keys, deploy keys, certificates)"
_SERVICE_ACCOUNT = "Google Cloud: IAM, Service accounts, Keys"

# The armour is matched by its pieces; its body may stand in one line with ``\n`` written out.
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(
    r"(?:\s|\\n|\\r|[\"'+,|>]|[A-Za-z0-9-]{2,20}: [^\n]{0,200}\n)*([A-Za-z0-9+/=]{40,})"
)
_ENCRYPTED = re.compile(r"ENCRYPTED|bcrypt")
_BODY_WINDOW = 2_000
_BODY_BITS = 4.0

_ASSIGNED = re.compile(
    r"""[ \t]*(?:export[ \t]+|-[ \t]+|set[ \t]+)?["']?([A-Za-z_][\w.-]{0,79})["']?"""
    r"""[ \t]*(?::[ \t]*str)?[ \t]*[:=][ \t]*["']?([^\s"'\\]{8,200})["']?[ \t]*[,;]?[ \t]*"""
    r"""(?:\#.*)?$"""
)
_LOGIN = re.compile(
    r"\b[a-z][a-z0-9+]{1,20}://([^/\s:@\"'<>]{0,80}):([^/\s@\"'<>]{8,200})@([\w.-]{1,200})"
)
_OWN_HOST = re.compile(
    r"(?:\A|\.)(?:localhost|local|internal|test|invalid|example(?:\.\w+)?)\Z|\A[^.]*\Z|\A[\d.]+\Z"
)
_QUERY = re.compile(
    r"[?&](?:api_?key|access_?token|token|auth|key|secret|subscription-key)=([\w-]{20,120})(?![\w%{$<-])",
    re.IGNORECASE,
)
_ALLOWED = re.compile(r"[A-Za-z0-9+/=_.~!@#^&*-]+\Z")
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_LONG, _HEX_LONG = 20, 32
_MIXED_BITS, _HEX_BITS, _SHORT_BITS = 3.9, 3.2, 2.8
_LINE = 2_000
_WORDY_KEYS = re.compile(
    r"(?:page|next|cursor|sync|continuation|csrf|public|pad|eos|bos|unk)[_-]?\w*\Z"
)


def known(text: str) -> Iterator[Found]:
    """Yield the tokens of a known form in a text, and the private keys."""
    for form in FORMS:
        if not any(hint in text for hint in form.hints):
            continue
        for match in form.pattern.finditer(text):
            drawn = match[1]
            if bits(drawn) >= form.bits and not stands_for(drawn):
                yield Found(_line(text, match.start()), form.kind, match.group(), form.revoke)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)


def _private_keys(text: str) -> Iterator[Found]:
    for match in _BEGIN.finditer(text):
        window = text[match.end() : match.end() + _BODY_WINDOW]
        body = _BODY.match(window)
        if body is None or _ENCRYPTED.search(match.group() + window[:200]):
            continue
        if bits(body[1]) < _BODY_BITS or len(set(body[1])) < _LONG:
            continue
        google = "gserviceaccount.com" in text
        kind = "Google service account key" if google else "private key"
        revoke = _SERVICE_ACCOUNT if google else _KEY_ISSUER
        yield Found(_line(text, match.start()), kind, body[1], revoke)


def assigned(line: str, number: int, *, environment: bool = False) -> Iterator[Found]:
    """Yield the real value of a secret's name in a line, passwords in URLs and keys in their queries.

    Args:
        line: a line of a file.
        number: which one, from 1.
        environment: it is a file of environment variables, where shorter values count as well.
    """
    if len(line) > _LINE:
        return
    if "://" in line:
        yield from _in_url(line, number)
    match = _ASSIGNED.match(line)
    if match is None or not is_secret(match[1], "x") or _WORDY_KEYS.match(match[1].lower()):
        return
    value = match[2]
    if is_drawn(value) or (environment and is_password(value)):
        yield Found(number, f"value of {match[1]}", value, _ISSUED)


def _in_url(line: str, number: int) -> Iterator[Found]:
    for match in _LOGIN.finditer(line):
        user, password, host = match.groups()
        if is_password(password) and password != user and not _OWN_HOST.search(host):
            yield Found(number, "password in a URL", password, f"{host}, or whoever issued it")
    for match in _QUERY.finditer(line):
        if is_drawn(match[1]):
            yield Found(number, "key in a URL", match[1], _ISSUED)


def is_drawn(text: str) -> bool:
    """Tell whether a text was drawn by lot: long, of many characters, no words, no identifier."""
    if len(text) < _LONG or not _ALLOWED.match(text) or _UUID.match(text) or stands_for(text):
        return False
    if text.count("/") > 2 or text.count(".") > 2:  # noqa: PLR2004 - a path, a dotted name
        return False
    if _HEX.match(text):
        return len(text) >= _HEX_LONG and bits(text) >= _HEX_BITS and not text.isdigit()
    worded = sum(map(len, _WORD.findall(text)))
    mixed = re.search(r"\d", text) is not None and re.search(r"[A-Za-z]", text) is not None
    return mixed and bits(text) >= _MIXED_BITS and worded * 2 < len(text)


def is_password(text: str) -> bool:
    """Tell whether a text is what a person or a generator would take for a real password."""
    if stands_for(text) or "://" in text or _UUID.match(text):
        return False
    if re.search(r"\.(?:json|pem|key|ya?ml|txt|p12|crt)\Z|\A[./~]", text):
        return False
    kinds = sum(re.search(kind, text) is not None for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^\w]"))
    worded = sum(map(len, _WORD.findall(text)))
    return kinds > 2 and bits(text) >= _SHORT_BITS and worded * 3 < len(text) * 2  # noqa: PLR2004 - of four


def stands_for(text: str) -> bool:
    """Tell whether a text stands in the place of a secret: a placeholder, a reference, a cipher."""
    return _PLACEHOLDER.search(text) is not None or _STANDS_FOR.search(text) is not None


def bits(text: str) -> float:
    """Return Shannon's entropy of a text, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
