"""Which paths git ignores: a module that is made by a build is not missing from the tree."""

from __future__ import annotations

import posixpath
import re

from blastradius.languages.javascript.projects import Source

_LARGEST = 200_000
_MOST_RULES = 2_000
_MOST_STARS = 6
_MADE = frozenset(
    """node_modules dist build generated __generated__ .next .nuxt .svelte-kit codegen
    .prisma .cache .output .wxt .contentlayer .docusaurus""".split()  # noqa: SIM905 - a word list reads best as words
)
_MADE_NAME = re.compile(r"\.(?:gen|generated)(?:\.|$)|_pb$|_pb\.js$|\.graphql(?:\.|$)")


class Ignored:
    """The ``.gitignore`` files of a tree, read when they are first asked for."""

    def __init__(self, paths: frozenset[str], source: Source) -> None:
        self._paths = paths
        self._source = source
        self._rules: dict[str, list[tuple[re.Pattern[str], bool]]] = {}

    def covers(self, base: str) -> bool:
        """Tell whether a module at ``base`` (its ending may be left out) is made, not kept."""
        parts = base.split("/")
        if not _MADE.isdisjoint(parts) or _MADE_NAME.search(parts[-1]):
            return True
        return any(self._covers(base + ending) for ending in ("", ".js", ".ts", ".d.ts", ".json"))

    def _covers(self, path: str) -> bool:
        parts = path.split("/")
        verdict = False
        for depth in range(len(parts)):
            folder = "/".join(parts[:depth])
            for pattern, ignores in self._of(folder):
                if any(
                    pattern.fullmatch(
                        "/".join(parts[depth:end]) + ("/" if end < len(parts) else "")
                    )
                    for end in range(depth + 1, len(parts) + 1)
                ):
                    verdict = ignores
        return verdict

    def _of(self, folder: str) -> list[tuple[re.Pattern[str], bool]]:
        known = self._rules.get(folder)
        if known is None:
            known = []
            path = posixpath.join(folder, ".gitignore")
            text = (self._source(path) or b"") if path in self._paths else b""
            for line in text[:_LARGEST].decode("utf-8", "replace").splitlines()[:_MOST_RULES]:
                rule = line.strip()
                if rule and not rule.startswith("#") and rule.count("*") <= _MOST_STARS:
                    known.append((_pattern(rule.removeprefix("!")), not rule.startswith("!")))
            self._rules[folder] = known
        return known


def _pattern(rule: str) -> re.Pattern[str]:
    """Return the pattern of a rule over paths below its folder; folders end in a slash there."""
    folder = rule.endswith("/")
    body = rule.strip("/")
    text = "" if "/" in rule.rstrip("/") else "(?:[^/]*/){0,40}"
    for part in re.split(r"(\*\*/|/\*\*|\*\*|\*|\?)", body):
        if part in {"**/", "**"}:
            text += ".*"
        elif part == "/**":
            text += "/.+"
        elif part == "*":
            text += "[^/]*"
        elif part == "?":
            text += "[^/]"
        else:
            text += re.escape(part)
    return re.compile(text + ("/" if folder else "/?"))
