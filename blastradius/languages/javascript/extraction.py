"""Bytes of one JavaScript or TypeScript file → facts. The text is parsed, never run."""

from __future__ import annotations

from blastradius.languages.javascript import calls, commonjs, declare, modules
from blastradius.languages.javascript.own import Base, Export, Kind, Own, Reference, packed
from blastradius.languages.javascript.parse import Parsed, parse
from blastradius.languages.javascript.recorder import Draft, Heritage, Meaning, Recorder, Use
from blastradius.languages.javascript.walk import run
from blastradius.model.facts import Definition, Facts, Problem

HANDLING = (calls, commonjs, declare, modules)
"""The modules that register what `walk` calls: to import them is to have them."""
_EXPORTS = frozenset({("exports",), ("module",), ("module", "exports")})
_MOST_REFERENCES = 200_000


def extract(source: bytes) -> Facts:
    """Return what the bytes state. Never raises: what is not understood is a `Problem`."""
    parsed = parse(source)
    rec = Recorder(parsed.source)
    if parsed.root is None:
        module = Definition("", "module", 1, rec.drafts[0].end, -1)
        return Facts("partial", (module,), problems=parsed.problems)
    run(rec, parsed.root)
    return _facts(rec, parsed)


def _facts(rec: Recorder, parsed: Parsed) -> Facts:
    _finish_exports(rec)
    references = _references(rec)
    definitions = tuple(draft.finished() for draft in rec.drafts)
    mentions = tuple(dict.fromkeys(rec.mentions))
    own = Own(
        tuple(rec.imports),
        tuple(dict.fromkeys(rec.exports)),
        references,
        _rooted(rec, rec.bases),
        _rooted(rec, rec.instances),
        tuple(rec.routes),
        closed=rec.closed and not parsed.problems and (rec.modular or rec.commonjs),
        modular=rec.modular,
        commonjs=rec.commonjs,
    )
    problems = (*parsed.problems, *rec.problems)
    return Facts(
        "partial" if problems else "full",
        definitions,
        mentions,
        rec.groups.finished(definitions, mentions),
        tuple(rec.embedded),
        (),
        tuple(dict.fromkeys(problems)),
        packed(own),
    )


def _finish_exports(rec: Recorder) -> None:
    """Give each exported local name its definition, now that all names are known."""
    for one in rec.local_exports:
        found = rec.look_up(one.local, (), one.scope)
        if found is None:
            if one.name == "=":
                rec.closed = False
            elif one.name not in {export.name for export in rec.exports}:
                rec.exports.append(Export(one.name, _hop(rec, one.name, one.line)))
            continue
        root, members, instance = found[:3]
        if root < 0 and not members and instance < 0 and one.name in {one.local, "="}:
            rec.exports.append(Export(one.name, -root - 1))
            continue
        name = "default" if one.name == "=" else one.name
        number = _hop(rec, name, one.line)
        rec.drafts[number].tokens += [one.local, *members]
        origin = root if root >= 0 and not members else -1
        rec.exports.append(Export(one.name, number, origin))
        rec.late.append(Reference(0, root, one.line, number, members, instance, False, one.local))  # noqa: FBT003 - a record's field


def _hop(rec: Recorder, name: str, line: int) -> int:
    rec.drafts.append(Draft(name, "export", line, line, -1))
    return len(rec.drafts) - 1


def _references(rec: Recorder) -> tuple[Reference, ...]:
    """Look up every use; what is bound to nothing of this file or another's is left out."""
    found: dict[Reference, None] = dict.fromkeys(rec.late)
    for number, first, line in rec.same_value:
        found.setdefault(Reference(0, -first - 1, line, number, text=rec.drafts[first].name))
    for use in rec.uses:
        known: Meaning | None
        if use.name == "this":
            own = Meaning(-use.klass - 1, use.members, 0, 1)
            known = own if use.klass >= 0 and use.members else None
        else:
            known = rec.look_up(use.name, use.members, use.scope)
        if known is None:
            if (use.name, *use.members) in _EXPORTS:
                rec.closed = False  # handed to code that may add to them
            continue
        reference = _reference(use, known)
        if reference is not None:
            found.setdefault(reference)
        if len(found) >= _MOST_REFERENCES:
            rec.problems.append(Problem(use.line, "too many references: the rest is not read"))
            break
    return tuple(found)


def _reference(use: Use, known: Meaning) -> Reference | None:
    """Return the reference that a use is, None for one that says nothing new."""
    root, members = known.root, known.members
    if use.owner >= 0 and root == -use.owner - 1 and not members:
        return None
    if known.hops and not use.members and (use.kind is Kind.REFERENCE or known.instance >= 0):
        return None  # where the name was made, its value or its type was recorded
    skip = known.taken + bool(use.members) if known.hops else 0
    text = use.text if not use.name.startswith("\0") else ".".join(members)
    return Reference(
        int(use.kind), root, use.line, use.owner, members, known.instance, use.guarded, text, skip
    )


def _rooted(rec: Recorder, several: list[Heritage]) -> tuple[Base, ...]:
    found = []
    for one in several:
        known = rec.look_up(one.name, one.members, one.scope)
        if known is not None and known.instance < 0:
            found.append(Base(one.definition, known.root, known.members))
    return tuple(dict.fromkeys(found))
