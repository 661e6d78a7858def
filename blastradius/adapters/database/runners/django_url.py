"""A database's URL in Django's words; a project with Django need not have SQLAlchemy."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ENGINES = {"postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}


def parts(url: str, kind: str) -> dict[str, Any]:
    """Return what stands in Django's DATABASES for a URL."""
    base = {
        "ENGINE": f"django.db.backends.{ENGINES[kind]}", "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True,
        "CONN_MAX_AGE": 0, "OPTIONS": {}, "TIME_ZONE": None, "TEST": {},
    }  # fmt: skip
    if kind == "sqlite":
        return {**base, "NAME": unquote(url.partition("///")[2])}
    found = urlsplit(url)
    return {
        **base,
        "NAME": unquote(found.path.lstrip("/")),
        "USER": unquote(found.username or ""),
        "PASSWORD": unquote(found.password or ""),
        "HOST": found.hostname or "",
        "PORT": str(found.port or ""),
        "OPTIONS": dict(parse_qsl(found.query)),
    }
