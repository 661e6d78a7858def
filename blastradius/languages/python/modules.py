"""The files of a tree as modules: their decoded facts, and what a name imported from one means.

A *binding* is what a module-level name is bound to: a definition, or an import that leads on to
another module. Following imports is bounded and safe against cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from blastradius.languages.python.own import (
    ImportFlag,
    ModuleFlag,
)
from blastradius.languages.python.roots import Module, Rank, Roots
from blastradius.languages.python.views import Files
from blastradius.languages.watch import Watch
from blastradius.model.facts import Facts

_MOST_HOPS = 32
_MODULE_NAMES = frozenset(
    """__name__ __file__ __doc__ __package__ __spec__ __loader__ __path__ __dict__ __all__
    __builtins__ __annotations__ __cached__ __version__""".split()  # noqa: SIM905 - a word list reads best as words
)


class Found(NamedTuple):
    """What a name led to. ``kind`` is one of the constants below.

    DEFINITION has ``path`` and ``definition``, MODULE has ``module``, BOUND is a name that is
    there without being a definition (a loop variable); EXTERNAL and MISSING have only their name.
    """

    kind: str
    rank: int = Rank.CERTAIN
    path: str = ""
    definition: int = -1
    module: Module | None = None
    name: str = ""


DEFINITION = "definition"
MODULE = "module"
BOUND = "bound"
EXTERNAL = "external"
MISSING = "missing"
UNKNOWN = "unknown"


class Modules:
    """All files, and the meaning of names across them.

    Args:
        files: path → facts.
        roots: where imports lead.
        watch: notes what answers rest on.
    """

    def __init__(self, files: Mapping[str, Facts], roots: Roots, watch: Watch) -> None:
        self.watch = watch
        self.files = Files(files, watch)
        self.roots = roots
        self._named: dict[tuple[str, str], tuple[tuple[Found, ...], int]] = {}
        self._imported: dict[tuple[str, int], tuple[tuple[Found, ...], int]] = {}
        self._closed: dict[str, tuple[bool, int]] = {}
        self._following: set[tuple[str, str]] = set()
        self._cuts = 0

    def imported(self, path: str, number: int, hops: int = 0) -> tuple[Found, ...]:
        """Return what import ``number`` of the file binds its name to."""
        known = self._imported.get((path, number))
        if known is not None:
            self.watch.grounds.add(known[1])
            return known[0]
        before, outer = self._cuts, self.watch.begin()
        found = self._find_imported(path, number, hops)
        ground = self.watch.end(outer)
        # What was cut short inside a cycle depends on where the question started: not kept.
        if self._cuts == before:
            self._imported[path, number] = (found, ground)
        return found

    def _find_imported(self, path: str, number: int, hops: int) -> tuple[Found, ...]:
        one = self.files[path].own.imports[number]
        if not one.name and not one.level:
            whole = one.flags & ImportFlag.WHOLE
            module = self.roots.absolute(one.module, path)
            if module is None:
                dangling = self.roots.dangles(0, one.module, path)
                return (Found(MISSING if dangling else EXTERNAL, name=one.module),)
            if not whole:
                # `import a.b` binds a; that a.b is there was just made sure of.
                first = self.roots.absolute(one.module.partition(".")[0], path)
                return (Found(MODULE, first.rank, module=first),) if first else (_unknown(),)
            return (Found(MODULE, module.rank, module=module),)
        source = self.source(path, one.level, one.module)
        if source is None:
            dangling = self.roots.dangles(one.level, one.module, path)
            name = f"{'.' * one.level}{one.module}"
            return (Found(MISSING if dangling else EXTERNAL, name=name),)
        if not one.name:
            return (Found(MODULE, source.rank, module=source),)
        return self.member(source, one.name, hops + 1, asker=path)

    def source(self, path: str, level: int, module: str) -> Module | None:
        """Return the module that an import takes its names from."""
        if level:
            return self.roots.relative(level, module, path)
        return self.roots.absolute(module, path)

    def member(
        self, module: Module, name: str, hops: int = 0, asker: str = ""
    ) -> tuple[Found, ...]:
        """Return what ``module.name`` is: its bindings, else its submodule, else missing."""
        own = module.path == asker and bool(asker)
        if module.path and not own and (found := self.named(module.path, name, hops)):
            return tuple(_at_rank(one, module.rank) for one in found)
        submodule = self.roots.submodule(module, name)
        if submodule is not None:
            return (Found(MODULE, submodule.rank, module=submodule),)
        if not module.path:
            return (Found(EXTERNAL, module.rank, name=name),)
        if own:  # a package that imports from itself: its own bindings come after all
            return self.named(module.path, name, hops) or (_unknown(),)
        gone = (
            module.rank == Rank.CERTAIN
            and self.closed(module.path)
            and name not in _MODULE_NAMES
            and not self.roots.foreign(module, name)
        )
        return (Found(MISSING, name=name),) if gone else (_unknown(),)

    def named(self, path: str, name: str, hops: int = 0) -> tuple[Found, ...]:
        """Return what the name is bound to at the file's module level; empty when it is not."""
        key = (path, name)
        known = self._named.get(key)
        if known is not None:
            self.watch.grounds.add(known[1])
            return known[0]
        if hops > _MOST_HOPS or key in self._following:
            self._cuts += 1
            return (_unknown(),)
        before, outer = self._cuts, self.watch.begin()
        self._following.add(key)
        found = self._bindings(path, name, hops) or self._starred(path, name, hops)
        self._following.discard(key)
        ground = self.watch.end(outer)
        # What was cut short inside a cycle depends on where the question started: not kept.
        if self._cuts == before or not self._following:
            self._named[key] = (found, ground)
        return found

    def _bindings(self, path: str, name: str, hops: int) -> tuple[Found, ...]:
        view = self.files[path]
        found: dict[Found, None] = {}
        for is_import, index in view.exports.get(name, ()):
            if not is_import:
                found.setdefault(Found(DEFINITION, Rank.CERTAIN, path, index))
                continue
            hop = view.own.imports[index].definition
            if hop >= 0:
                found.setdefault(Found(DEFINITION, Rank.CERTAIN, path, hop))
                continue
            for one in self.imported(path, index, hops + 1):
                found.setdefault(one)
        if not found and name in view.others:
            return (Found(BOUND, path=path, name=name),)
        # Of alternatives (try/except, if/else) those of this tree are what we can say more about.
        ours = [one for one in found if one.kind in (DEFINITION, MODULE)]
        return tuple(ours or found)

    def _starred(self, path: str, name: str, hops: int) -> tuple[Found, ...]:
        view = self.files[path]
        for number in view.stars:
            one = view.own.imports[number]
            module = self.source(path, one.level, one.module)
            if module is None or not module.path or module.path == path:
                continue
            public = self.files[module.path].own.public
            if name in public if public is not None else not name.startswith("_"):
                found = self.named(module.path, name, hops + 1)
                if not found and public is not None:
                    found = self.member(module, name, hops + 1)
                if any(one.kind != UNKNOWN for one in found):
                    return tuple(_at_rank(one, module.rank) for one in found)
        return ()

    def closed(self, path: str) -> bool:
        """Tell whether every module-level name of the file is known, star imports included."""
        known = self._closed.get(path)
        if known is None:
            outer = self.watch.begin()
            closed = self._find_closed(path)
            known = self._closed[path] = (closed, self.watch.end(outer))
        self.watch.grounds.add(known[1])
        return known[0]

    def _find_closed(self, path: str) -> bool:
        seen: set[str] = set()
        waiting = [path]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                onward = self._starred_modules(one)
                if onward is None:
                    return False
                waiting += onward
        return True

    def _starred_modules(self, path: str) -> list[str] | None:
        """Return the files that star imports lead to; None when names cannot be known."""
        view = self.files[path]
        if view.own.flags & (ModuleFlag.DYNAMIC | ModuleFlag.PARTIAL):
            return None
        found = []
        for one in view.own.imports:
            if one.flags & ImportFlag.STAR:
                module = self.source(path, one.level, one.module)
                if module is None or not module.path:
                    return None
                found.append(module.path)
        return found

    def hop(self, path: str, number: int) -> tuple[Found, ...]:
        """Return what an import statement itself names: the next hop only, not where it ends."""
        one = self.files[path].own.imports[number]
        if one.name and not one.flags & ImportFlag.STAR:
            return self.imported(path, number)
        module = self.source(path, one.level, one.module)
        if module is not None:
            return (Found(MODULE, module.rank, module=module),)
        dangling = self.roots.dangles(one.level, one.module, path)
        name = f"{'.' * one.level}{one.module}"
        return (Found(MISSING if dangling else EXTERNAL, name=name),)

    def through(self, found: Found) -> tuple[Found, ...]:
        """Return where a re-exporting definition leads; the definition itself when it is real."""
        seen = {found}
        result: dict[Found, None] = {}
        waiting = [found]
        while waiting and len(seen) < _MOST_HOPS:
            one = waiting.pop()
            number = self.reexport(one)
            if number is None:
                result.setdefault(one)
                continue
            for after in self.imported(one.path, number):
                ranked = _at_rank(after, one.rank)
                if ranked not in seen:
                    seen.add(ranked)
                    waiting.append(ranked)
        return tuple(result)

    def ends(self, several: tuple[Found, ...]) -> tuple[Found, ...]:
        """Return where each of them leads, in order, each once."""
        return tuple(dict.fromkeys(end for one in several for end in self.through(one)))

    def unbound(self, path: str, name: str) -> tuple[Found, ...]:
        """Return what a name is that the file's own text does not bind: a star may, or nothing."""
        found = self.named(path, name)
        if found:
            return self.ends(found)
        return (Found(MISSING, name=name),) if self.closed(path) else ()

    def reexport(self, found: Found) -> int | None:
        """Return the import behind a definition that only re-exports, None for a real one."""
        if found.kind != DEFINITION:
            return None
        view = self.files[found.path]
        if view.definitions[found.definition].shape != "import":
            return None
        return view.reexports.get(found.definition)


def _at_rank(found: Found, rank: int) -> Found:
    return found if found.rank >= rank else found._replace(rank=rank)


def _unknown() -> Found:
    return Found(UNKNOWN, Rank.LIKELY)
