r"""The public JSON: the types of `blastradius.model.analysis`, key by key, indented by two spaces.

The text is valid UTF-8 whatever the repository holds: bytes that were not UTF-8 stand as ``\xNN``
within the string, and characters that could steer a terminal are written as ``\uNNNN``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from blastradius.reports.base import Options

# Outside strings JSON is ASCII, so wherever these stand an escape may stand for them.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(value: Any, options: Options) -> str:  # noqa: ANN401, ARG001 - any answer; JSON is never cut or coloured
    """Return the whole answer; no option changes the contract."""
    return encode(value)


def encode(value: Any) -> str:  # noqa: ANN401 - any value that msgspec can encode
    """Return any value of ours as JSON text, ending in a newline."""
    return _seen(msgspec.json.format(_packed(value), indent=2).decode()) + "\n"


def compact(value: Any) -> str:  # noqa: ANN401 - as encode
    """Return any value of ours as JSON text on one line, without its end."""
    return _seen(_packed(value).decode())


def _packed(value: Any) -> bytes:  # noqa: ANN401 - as encode
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)))


def _seen(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401 - as encode
    if isinstance(value, str):
        return _SURROGATE.sub(_escaped, value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    return value


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code < 0xDD00 else f"\\u{code:04x}"  # noqa: PLR2004 - PEP 383
