"""Feature flags: keys that code asks a flag service for, and flag files in the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites, uses
from blastradius.domains.documents import entries, get, whole
from blastradius.languages.yaml.address import outline
from blastradius.languages.yaml.nodes import Node
from blastradius.model.analysis import Effect

DOMAIN = "flags"

_CODE = re.compile(r"\.(?:py|[cm]?[jt]sx?|svelte|vue|rb|go|java|kt|php|cs)$")
_KEY = r"\s*\(\s*['\"`](?P<key>[A-Za-z0-9_.:/-]{1,100})['\"`]"
# Call shapes by vendor, up to the parenthesis.
_SHAPES: tuple[tuple[str, str], ...] = (
    ("posthog", (
        r"\b(?:feature_enabled|is_feature_enabled|get_feature_flag(?:_payload)?|isFeatureEnabled"
        r"|getFeatureFlag(?:Payload)?|useFeatureFlag(?:Enabled|Payload|VariantKey))"
    )),
    ("launchdarkly", r"\b(?:bool|string|int|json|number)?_?[vV]ariation(?:_detail|Detail)?"),
    ("openfeature", (
        r"\b(?:get_(?:boolean|string|integer|float|object)_(?:value|details)"
        r"|get(?:Boolean|String|Number|Object)(?:Value|Details)"
        r"|use(?:Boolean|String|Number|Object)Flag(?:Value|Details))"
    )),
    ("unleash", r"\b(?:unleash|client)\w*\.(?:is_enabled|isEnabled|get_variant|getVariant)|\buseFlag"),
    ("growthbook", (
        r"\b(?:growthbook|gb)\w*\.(?:isOn|is_on|isOff|getFeatureValue|get_feature_value)"
        r"|\buseFeature(?:IsOn|Value)"
    )),
    ("configcat", r"\b(?:getValueAsync|get_value)(?=\s*\([^)\n]{1,200},)"),
    ("flagsmith", r"\bflagsmith\w*\.(?:hasFeature|getValue|is_feature_enabled|get_feature_value)"),
)  # fmt: skip
_PATTERNS = {name: re.compile(f"(?:{shape}){_KEY}") for name, shape in _SHAPES}
_PATTERNS["waffle"] = re.compile(
    r"\b(?:flag_is_active\s*\(\s*[\w.]+\s*,|(?:switch|sample)_is_active\s*\()\s*"
    r"['\"](?P<key>[\w.:/-]{1,100})['\"]"
)
_PATTERNS["flipper"] = re.compile(
    r"\bFlipper(?:\.enabled\?[ \t]*\(?|\[)\s*:?['\"]?(?P<key>[A-Za-z_]\w{0,99})"
)
# Words that must stand in the file, for shapes which other libraries have too.
_NEEDS = {"launchdarkly": "ldclient|launchdarkly|LaunchDarkly", "configcat": "[cC]onfig[cC]at"}
_FILES = re.compile(
    r"(?:^|/)(?:flagd|flags?|feature[_-]?flags?|features|unleash|growthbook)[\w.-]*\.(?:json|ya?ml)$",
    re.IGNORECASE,
)
_VERIFY = (
    "evaluate the flag with the vendor's client for a fixed set of contexts, in every environment"
)


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each flag key that code began or ceased to ask for, and each in files."""
    for tool, pattern in _PATTERNS.items():
        yield from _asked(view, tool, pattern)
    yield from _files(view)


def _asked(view: ChangeView, tool: str, pattern: re.Pattern[str]) -> Iterator[Effect]:
    needs = re.compile(_NEEDS[tool]) if tool in _NEEDS else None

    def find(_path: str, text: str) -> Iterator[tuple[str, int]]:
        if needs is None or needs.search(text):
            yield from ((match["key"], match.start()) for match in pattern.finditer(text))

    found = uses(view, lambda path: _CODE.search(path) is not None, find)
    for key, evidence in found.came.items():
        yield Kind(DOMAIN, tool).effect(
            literal(key),
            "code asks for it from now on",
            "compensatable",
            evidence,
            Undo(
                "turn it off in each environment as soon as the revert begins; archive it once no "
                "running version asks for it. What it did while on stays done",
                _VERIFY,
            ),
            "likely",
        )
    for key, evidence in found.went.items():
        yield Kind(DOMAIN, tool).effect(
            literal(key),
            "code no longer asks for it",
            "reversible",
            evidence,
            Undo(
                "before the old code runs again make sure that the flag still exists, as the audit log "
                "says it was",
                _VERIFY,
            ),
            "likely",
        )


def _files(view: ChangeView) -> Iterator[Effect]:
    for change in deployed(view):
        if not _FILES.search(change.path):
            continue
        old, new = whole(view.before(change)), whole(view.after(change))
        before, after = (_flags(node) for node in (old, new))
        for key in sorted(before.keys() | after.keys()):
            if before.get(key, ("", 0))[0] == after.get(key, ("", 0))[0]:
                continue
            action = "added" if key not in before else "removed" if key not in after else "changed"
            lines = [after[key][1] if key in after else before[key][1]]
            yield Kind(DOMAIN, "file").effect(
                literal(key),
                f"{action} in {change.path}",
                "reversible",
                sites(view, change, lines, at_base=key not in after),
                Undo(
                    "restore the entry as it was and wait until the providers have read it again",
                    _VERIFY,
                ),
                "likely",
            )


def _flags(node: Node | None) -> dict[str, tuple[str, int]]:
    """Return key → (content, line) of the flags in a file: its ``flags`` or its whole mapping."""
    inner = get(node, "flags") or get(node, "features") or node
    return {
        key: (outline(value), line)
        for key, value, line in entries(inner)
        if value.kind == "mapping" or value.tag == "bool"
    }
