"""Paths between git's bytes and our ``str``; what is not UTF-8 survives the round trip."""

from __future__ import annotations


def decode_path(raw: bytes) -> str:
    """Return a path of git as text; undecodable bytes become lone surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def encode_path(path: str) -> bytes:
    """Return the bytes that `decode_path` was given."""
    return path.encode("utf-8", "surrogateescape")
