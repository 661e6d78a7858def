"""What linking one file needs to know about all of them, and names from other languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from blastradius.languages.base import LinkOptions
from blastradius.languages.python.asked import answer
from blastradius.languages.python.callees import Callees
from blastradius.languages.python.evaluate import Evaluator
from blastradius.languages.python.flow import Flow
from blastradius.languages.python.guesses import Guesses
from blastradius.languages.python.modules import DEFINITION, MISSING, MODULE, Found, Modules
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.roots import Rank, Roots
from blastradius.languages.watch import Watch
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Tier

CONFIDENCE: Mapping[int, tuple[Tier, float]] = {
    Rank.CERTAIN: ("certain", 0.98),
    Rank.LIKELY: ("likely", 0.93),
    Rank.HEURISTIC: ("heuristic", 0.7),
}
_LONGEST_DOTTED = 32


@dataclass(frozen=True, slots=True)
class Tables:
    """The lookups over all Python files of a tree.

    ``lambdas``: give each lambda a symbol of its own, as call graphs for comparison do; else it
    is a part of what it stands in.
    """

    modules: Modules
    evaluator: Evaluator
    callees: Callees
    flow: Flow
    guesses: Guesses
    watch: Watch
    lambdas: bool = False


class DottedTarget(Struct, frozen=True, array_like=True):
    """What a dotted name in a text means: its symbol, or none when only its root is ours."""

    symbol: str
    tier: Tier
    confidence: float


def tables(files: Mapping[str, Facts], options: LinkOptions) -> Tables:
    """Return the lookups over ``files`` (path → facts, of every Python file of the tree)."""
    made: list[Tables] = []
    watch = Watch(lambda question: answer(made[0], options, question))
    modules = Modules(files, Roots(files, options.paths, options.source_roots, watch), watch)
    evaluator = Evaluator(modules)
    callees = Callees(evaluator)
    flow = Flow(evaluator, callees)
    made.append(Tables(modules, evaluator, callees, flow, Guesses(evaluator), watch))
    return made[0]


def symbol(path: str, definitions: Sequence[Definition], index: int) -> str:
    """Return ``python:path#name``; the file itself, or its module, is ``python:path``."""
    name = definitions[index].name if index >= 0 else ""
    return f"python:{path}#{name}" if name else f"python:{path}"


def symbol_of(known: Modules, found: Found, *, lambdas: bool = False) -> str:
    """Return the symbol of a definition or module that was found; empty for anything else."""
    if found.kind == DEFINITION:
        view = known.files[found.path]
        index = found.definition if lambdas else view.named(found.definition)
        return symbol(found.path, view.definitions, index)
    if found.kind == MODULE and found.module is not None and found.module.path:
        return f"python:{found.module.path}"
    return ""


def resolve_dotted(known: Tables, text: str) -> DottedTarget | None:
    """Return what a dotted name (``pkg.mod.Class.method``, ``pkg.mod:f``) in any text denotes.

    None when its root is no module of this tree, or when what it leads to is nobody's knowledge; a
    target with an empty symbol when the root is ours and the rest certainly is not there.
    """
    parts = text.replace(":", ".").split(".")
    if not all(part.isidentifier() for part in parts) or len(parts) > _LONGEST_DOTTED:
        return None
    modules = known.modules
    for length in range(len(parts), 0, -1):
        module = modules.roots.absolute(".".join(parts[:length]), "")
        if module is None:
            continue
        found: tuple[Found, ...] = (Found(MODULE, module.rank, module=module),)
        for part in parts[length:]:
            found = _member(known, found, part)
        return _target(modules, found)
    return None


def _member(known: Tables, found: tuple[Found, ...], name: str) -> tuple[Found, ...]:
    modules, classes = known.modules, known.evaluator.classes
    result: list[Found] = []
    for one in found:
        if one.kind == MODULE and one.module is not None:
            for member in modules.member(one.module, name):
                result += modules.through(member._replace(rank=max(member.rank, one.rank)))
        elif one.kind == DEFINITION and one.definition in modules.files[one.path].classes:
            klass = ClassId(one.path, one.definition)
            members = classes.lookup(klass, name)
            result += members
            if not members and _lacks(known, klass, name):
                result.append(Found(MISSING, name=name))
    return tuple(dict.fromkeys(result))


def _lacks(known: Tables, klass: ClassId, name: str) -> bool:
    evaluator = known.evaluator
    sure = evaluator.absent.of_class(klass, name) == Rank.CERTAIN
    return sure and not evaluator.classes.is_stored(name)


def _target(modules: Modules, found: tuple[Found, ...]) -> DottedTarget | None:
    symbols = {symbol_of(modules, one): one.rank for one in reversed(found)}
    symbols.pop("", None)
    if len(symbols) == 1:
        name, rank = next(iter(symbols.items()))
        tier, confidence = CONFIDENCE[rank]
        return DottedTarget(name, tier, confidence)
    if found and all(one.kind == MISSING for one in found):
        return DottedTarget("", "certain", CONFIDENCE[Rank.CERTAIN][1])
    return None
