"""What command lines and workflow expressions inside a scalar name: modules, scripts, key paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

COMMAND_KEYS = frozenset(
    [
        "args",
        "bash_command",
        "before_script",
        "after_script",
        "cmd",
        "cmds",
        "command",
        "commands",
        "entry",
        "entrypoint",
        "post_build",
        "pre_build",
        "run",
        "script",
        "shell",
        "startcommand",
        "test",
    ]
)
"""Keys, lower-cased, whose value is run by a shell or as a process."""
_LONGEST = 20_000
_MOST = 200
_MODULE = re.compile(r"(?<![\w./-])python[\d.]*\s+(?:-[a-zA-Z]\s+)*-m\s+([A-Za-z_][\w.]*)")
_APPLICATION = re.compile(
    r"(?<![\w./-])(?:gunicorn|uvicorn|hypercorn|celery|flask|granian)\b[^\n|;&]{0,200}?\s"
    r"(?:-A\s+|--app[= ])?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*)"
)
_CELERY = re.compile(r"(?<![\w./-])celery\s+(?:-A|--app)[ =]([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_SCRIPT = re.compile(
    r"(?:(?<=\s)|(?<=[=\"'(;])|\A)((?:\./)?[\w.-]{1,80}(?:/[\w.-]{1,80}){0,12}"
    r"\.(?:py|sh|bash|sql|js|mjs|cjs|ts|rb|pl|ya?ml|json|toml|ini|cfg|conf|txt|csv))(?![\w./{$*-])"
)
_EXPRESSION = re.compile(r"\$\{\{([^}\n]{1,400})\}\}")
_KEYS = re.compile(r"(?<![\w.'])((?:steps|needs|inputs|jobs)(?:\.[\w-]{1,80}){1,4})")


def commands(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (value, flavor, via) of the modules and files that a command line names."""
    text = text[:_LONGEST]
    found: dict[tuple[str, str, str], None] = {}
    for match in _MODULE.finditer(text):
        found.setdefault((match[1], "dotted", "python -m"))
    for pattern in (_APPLICATION, _CELERY):
        for match in pattern.finditer(text):
            found.setdefault((match[1].replace(":", "."), "dotted", "command"))
    for match in _SCRIPT.finditer(text):
        found.setdefault((match[1], "path", "command"))
    yield from list(found)[:_MOST]


def expressions(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the key paths of ``${{ steps.x.outputs.y }}`` and its like, flavor ``key``."""
    found: dict[str, None] = {}
    for match in _EXPRESSION.finditer(text[:_LONGEST]):
        for keys in _KEYS.finditer(match[1]):
            found.setdefault(keys[1])
    for value in list(found)[:_MOST]:
        yield value, "key", "${{"
