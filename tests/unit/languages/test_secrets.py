from __future__ import annotations

import pytest

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
    ],
)
def test_no_secrets(key: str, text: str) -> None:
    assert not is_secret(key, text)
