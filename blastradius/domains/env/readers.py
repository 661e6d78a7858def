"""Where code reads variables: Python, JavaScript, Ruby, Go, dbt, Terraform, settings classes."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from blastradius.domains.base import ChangeView, Kind, Undo, is_test, uses
from blastradius.domains.database.alembic import parsed
from blastradius.model.analysis import Certainty, Effect

_CODE = re.compile(
    r"\.(?:py|[cm]?[jt]sx?|svelte|vue|astro|rb|go|rs|php|sql|ya?ml|tf|sh|bash)$|(?:^|/)Procfile$"
)
_Q = r"['\"`](?P<name>[A-Za-z_]\w*)['\"`]"
_N = r"(?P<name>[A-Z_][A-Z0-9_]*)"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (ending, re.compile(pattern))
    for ending, pattern in (
        (r"\.py$", rf"\b(?:environ\s*\[\s*|environ\.(?:get|setdefault|pop)\s*\(\s*|getenv\s*\(\s*){_Q}"),
        (r"\.py$", rf"\benv(?:\.(?:str|bool|int|float|list|dict|url|db|json|path))?\s*\(\s*{_Q}"),
        (r"\.py$", rf"\b(?:decouple\.)?config\s*\(\s*['\"]{_N}['\"]"),
        (r"\.(?:[cm]?[jt]sx?|svelte|vue|astro)$", rf"\bprocess\.env(?:\.|\[\s*['\"]){_N}"),
        (r"\.(?:[cm]?[jt]sx?|svelte|vue|astro)$", rf"\bimport\.meta\.env\.{_N}"),
        (r"\.(?:[cm]?[jt]sx?)$", rf"\b(?:Deno|Bun)\.env(?:\.get\s*\(\s*['\"]|\.){_N}"),
        (r"\.rb$", rf"\bENV(?:\.fetch)?\s*[\[(]\s*{_Q}"),
        (r"\.go$", rf"\bos\.(?:Getenv|LookupEnv)\s*\(\s*{_Q}"),
        (r"\.rs$", rf"\benv::var\w*\s*\(\s*{_Q}|\benv!\s*\(\s*\"(?P<macro>\w+)\""),
        (r"\.php$", rf"\b(?:getenv|env)\s*\(\s*{_Q}|\$_ENV\s*\[\s*['\"](?P<array>\w+)"),
        (r"\.(?:sql|ya?ml)$", rf"\benv_var\s*\(\s*\\?{_Q}"),
        (r"\.ya?ml$", r"\$\{\{\s*(?:secrets|vars)\.(?P<name>\w+)"),
        (r"\.(?:sh|bash)$", rf"\$\{{{_N}:[?=-]"),
    )
)  # fmt: skip
_DESTRUCTURED = re.compile(
    r"\{(?P<names>[^{}]{1,500})\}\s*=\s*(?:process\.env|import\.meta\.env)\b"
)
_VARIABLE = re.compile(r'^variable[ \t]+"(?P<name>\w+)"', re.MULTILINE)
_VERIFY = "each running version finds every name that it reads: start the old one with the new set"
_BUILT_IN = frozenset(
    {"GITHUB_TOKEN", "NODE_ENV", "PATH", "HOME", "PWD", "DEV", "PROD", "MODE", "SSR"}
)


# Unchanged files that are searched for other readers of a variable, and their size.
_MAX_SEARCHED = 800
_MAX_SIZE = 400_000


def effects(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each variable that code began or ceased to read.

    A variable that unchanged code reads too was read before and is read still.
    """
    found = uses(view, _is_code, _find)
    names = frozenset(found.came) | frozenset(found.went)
    elsewhere, sure = _read_elsewhere(view, names) if names else (frozenset[str](), True)
    certainty: Certainty = "likely" if sure else "possible"
    for name, evidence in found.came.items():
        if name in elsewhere:
            continue
        yield Kind("env", "code").effect(
            name,
            "read from now on: whoever deployed it set it outside git",
            "reversible",
            evidence,
            Undo("unset it where the code runs, once no running version reads it", _VERIFY),
            certainty,
        )
    for name, evidence in found.went.items():
        if name in elsewhere:
            continue
        yield Kind("env", "code").effect(
            name,
            "no longer read: it may have been unset where the code runs",
            "reversible",
            evidence,
            Undo("make sure that it is set again before the old code runs", _VERIFY),
            certainty,
        )


def _is_code(path: str) -> bool:
    return _CODE.search(path) is not None


def _read_elsewhere(view: ChangeView, names: frozenset[str]) -> tuple[frozenset[str], bool]:
    """Return which of the names unchanged files read, and whether all such files were searched."""
    changed = {change.path for change in view.changes}
    kinds = {posixpath.splitext(path)[1] for path in changed}
    candidates = sorted(
        (path for path in view.paths - changed if _is_code(path) and not is_test(path)),
        key=lambda path: (posixpath.splitext(path)[1] not in kinds, path),
    )
    wanted = re.compile(
        "|".join(re.escape(name.removeprefix("TF_VAR_")) for name in sorted(names)).encode()
    )
    found: set[str] = set()
    for path in candidates[:_MAX_SEARCHED]:
        content = view.new(path)
        if content is not None and len(content) <= _MAX_SIZE and wanted.search(content):
            text = content.decode("utf-8", "replace")
            found.update(name for name, _ in _find(path, text) if name in names)
    return frozenset(found), len(candidates) <= _MAX_SEARCHED


def _find(path: str, text: str) -> Iterator[tuple[str, int]]:
    for ending, pattern in _PATTERNS:
        if re.search(ending, path):
            for match in pattern.finditer(text):
                name = next(value for value in match.groups() if value)
                if name not in _BUILT_IN:
                    yield name, match.start()
    if path.endswith(".tf"):
        yield from ((f"TF_VAR_{one['name']}", one.start()) for one in _VARIABLE.finditer(text))
    elif path.endswith(".py"):
        if "BaseSettings" in text:
            yield from _settings(text)
    elif "env" in text:
        yield from _destructured(text)


def _destructured(text: str) -> Iterator[tuple[str, int]]:
    for match in _DESTRUCTURED.finditer(text):
        for one in match["names"].split(","):
            name = re.split(r"[:=]", one)[0].strip()
            if re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) and name not in _BUILT_IN:
                yield name, match.start()


def _settings(text: str) -> Iterator[tuple[str, int]]:
    """Fields of pydantic settings: the prefix and the field's name, or its alias."""
    tree = parsed(text)
    if tree is None:
        return
    offsets = [0]
    for line in text.split("\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            "BaseSettings" in ast.unparse(b) for b in node.bases
        ):
            prefix = _prefix(node)
            for one in node.body:
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                    name = _alias(one.value) or f"{prefix}{one.target.id}".upper()
                    yield name, offsets[one.lineno - 1]


def _prefix(node: ast.ClassDef) -> str:
    for one in ast.walk(node):
        if isinstance(one, ast.keyword) and one.arg == "env_prefix":
            return _constant(one.value)
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "env_prefix":
            return _constant(one.value)
    return ""


def _alias(value: ast.expr | None) -> str:
    if not isinstance(value, ast.Call):
        return ""
    named = {one.arg: one.value for one in value.keywords}
    return next(
        (_constant(named[key]) for key in ("validation_alias", "alias", "env") if key in named), ""
    )


def _constant(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
