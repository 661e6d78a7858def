"""One definition before and after → what kind of change it is, and whether users can break.

Three-valued, as in SQLMesh's categorizer: breaking, compatible, unknown. Unknown is said, never taken
for safe: a body that changed may behave differently, and no text tells how.
"""

from __future__ import annotations

from collections.abc import Sequence

from blastradius.languages.python.decorators import only_marks, undecorated
from blastradius.model.analysis import ChangeKind, Severity
from blastradius.model.facts import Definition

Verdict = tuple[ChangeKind, Severity, str]

_CALLABLE = frozenset({"function", "method", "class"})
_TYPED = frozenset({"attribute", "variable", "column", "key", "item", "field"})


def categorize(
    old: Definition | None, new: Definition, siblings: Sequence[Definition]
) -> Verdict | None:
    """Return the verdict on ``old`` → ``new``, None when users and readers see no difference.

    Args:
        old: the definition before; None when it is new.
        new: the definition after.
        siblings: all definitions of the new file (a function's parameters are found there).
    """
    if old is None:
        return _added(new)
    if old.kind != new.kind:
        return "type", "breaking", f"{old.kind} became {new.kind}"
    if old.shape != new.shape:
        return _reshaped(old, new, siblings)
    if old.body != new.body:
        return "modified", "unknown", _BODY.get(new.kind, "value changed")
    return None


_BODY = {
    "function": "body changed, signature kept",
    "method": "body changed, signature kept",
    "class": "body changed, signature kept",
    "module": "module-level statements changed",
    "relation": "rows changed (FROM, WHERE, JOIN, GROUP BY)",
    "column": "expression changed",
}


def _added(new: Definition) -> Verdict:
    if new.kind == "parameter" and _required(new):
        return "added", "breaking", "callers must now pass it"
    return "added", "compatible", f"new {new.kind}"


def _required(parameter: Definition) -> bool:
    return "required" in parameter.shape.split()


def _reshaped(old: Definition, new: Definition, siblings: Sequence[Definition]) -> Verdict:
    if new.kind in _CALLABLE:
        # Which parameter, and how bad, is said by the parameters' own changes.
        return "signature", _signature_severity(old, new, siblings), _turned(old, new)
    if new.kind == "relation":
        return _relation(old, new)
    if new.kind == "parameter":
        if _required(new) and not _required(old):
            return "signature", "breaking", "lost its default"
        if _kind_of_parameter(old) != _kind_of_parameter(new):
            return "signature", "breaking", _turned(old, new)
        return "signature", "compatible", _turned(old, new)
    if new.kind in _TYPED:
        return "type", "breaking" if old.shape else "unknown", _turned(old, new)
    return "modified", "unknown", _turned(old, new)


def _turned(old: Definition, new: Definition) -> str:
    before, after = _short(old.shape), _short(new.shape)
    return f"{before} became {after}" if before and after else f"now {after or 'nothing'}"


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _kind_of_parameter(parameter: Definition) -> str:
    return parameter.shape.split(" ", 1)[0]


def _signature_severity(
    old: Definition, new: Definition, siblings: Sequence[Definition]
) -> Severity:
    """A signature that only gained parameters with defaults at its end asks nothing of callers."""
    if new.kind == "class":
        return "unknown"
    worn, plain = undecorated(old.shape)
    new_worn, new_plain = undecorated(new.shape)
    if _seen(worn) != _seen(new_worn):
        return "breaking"
    if plain == new_plain:
        return "compatible"
    head, _, old_tail = plain.partition("(")
    new_head, _, new_tail = new_plain.partition("(")
    if head != new_head:
        return "breaking"
    kept = old_tail.rpartition(")")[0]
    optional = [
        one for one in siblings if one.kind == "parameter" and one.name.startswith(f"{new.name}(")
    ]
    grew = new_tail.startswith(kept) and old_tail.rpartition(")")[2] == new_tail.rpartition(")")[2]
    added = [one for one in optional if _parameter_name(one) not in _names_in(kept)]
    if grew and added:
        return "breaking" if any(_required(one) for one in added) else "compatible"
    return "unknown" if grew else "breaking"


def _seen(decorators: Sequence[str]) -> list[str]:
    """Return the decorators that callers may notice."""
    return [one for one in decorators if not only_marks(one)]


def _parameter_name(parameter: Definition) -> str:
    return parameter.name.rpartition("(")[2].rstrip(")")


def _names_in(parameters: str) -> frozenset[str]:
    return frozenset(part.strip(" *").split(":")[0].split("=")[0] for part in parameters.split(","))


def _relation(old: Definition, new: Definition) -> Verdict:
    before, after = _columns(old), _columns(new)
    if gone := [name for name in before if name not in after]:
        return "signature", "breaking", f"lost {', '.join(gone)}"
    came = [name for name in after if name not in before]
    if came and [name for name in after if name in before] == before:
        return "signature", "compatible", f"gained {', '.join(came)}"
    return "signature", "unknown", "columns in another order"


def _columns(relation: Definition) -> list[str]:
    return [name for name in relation.shape.split(", ") if name]
