"""What linking one file needs to know about all of them: where names lead, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from blastradius.languages.base import LinkOptions
from blastradius.languages.javascript.own import (
    NAMESPACE,
    SIDE_EFFECT,
    WHOLE,
    Base,
    Import,
    ImportFlag,
    Own,
    Reference,
    own_of,
)
from blastradius.languages.javascript.probe import declared_for
from blastradius.languages.javascript.resolve import CERTAIN, LIKELY, Resolved, Resolver
from blastradius.model.facts import Definition, Facts

_DEEPEST = 40
_MOST_BASES = 30


class Place(IntEnum):
    """What a name leads to."""

    DEFINITION = 0
    MODULE = 1
    """A module as a whole: its namespace."""
    FILE = 2
    """A file of the tree that is no JavaScript."""
    EXTERNAL = 3
    MISSING = 4
    """It names a place in this tree that is not there."""
    UNKNOWN = 5


class Found(NamedTuple):
    """A place; ``definition`` is an index, -1 for the module. ``hops`` are the stars on the way."""

    place: Place
    path: str = ""
    definition: int = -1
    rank: int = CERTAIN
    hops: tuple[tuple[str, int], ...] = ()


OUTSIDE = Found(Place.EXTERNAL)
NOWHERE = Found(Place.MISSING)
UNKNOWN = Found(Place.UNKNOWN)


class File:
    """One file as the linker sees it."""

    def __init__(self, facts: Facts) -> None:
        self.definitions: Sequence[Definition] = facts.definitions
        self.own: Own = own_of(facts)
        self.exports: dict[str, tuple[int, int]] = {}
        self.stars: list[tuple[int, int]] = []
        for one in self.own.exports:
            if one.name == NAMESPACE and one.origin >= 0:
                self.stars.append((one.definition, one.origin))
            else:
                self.exports.setdefault(one.name, (one.definition, one.origin))
        self.names: dict[str, int] = {}
        for index, definition in enumerate(facts.definitions):
            self.names.setdefault(definition.name, index)
        self.origins = {
            definition: origin for definition, origin in self.exports.values() if origin >= 0
        }
        self.aliases: dict[int, Reference] = {}
        for reference in self.own.references:
            owner = reference.owner
            if owner >= 0 and facts.definitions[owner].kind == "export":
                self.aliases.setdefault(owner, reference)
        self.bases = _grouped(self.own.bases)
        self.instances = _grouped(self.own.instances)


def _grouped(several: Sequence[Base]) -> dict[int, list[Base]]:
    found: dict[int, list[Base]] = {}
    for one in several:
        found.setdefault(one.definition, []).append(one)
    return found


class Tables:
    """The lookups over all files of a tree."""

    def __init__(self, files: Mapping[str, Facts], options: LinkOptions) -> None:
        self.files = {path: File(facts) for path, facts in files.items()}
        self._resolver = Resolver(options)
        self._exported: dict[tuple[str, str], Found | None] = {}
        self._imported: dict[tuple[str, int], Found] = {}
        self._ends: dict[tuple[str, int], Found] = {}

    def module(self, path: str, name: str) -> Resolved:
        """Return the file that ``name`` means in an import of ``path``."""
        return self._resolver.resolve(path, name)

    def imported(self, path: str, number: int, depth: int = 0) -> Found:
        """Return what an import gives: the export's own definition, before any hop behind it."""
        key = path, number
        known = self._imported.get(key)
        if known is None:
            known = self._import(path, number, depth)
            if depth == 0:
                self._imported[key] = known
        return known

    def _import(self, path: str, number: int, depth: int) -> Found:
        one = self.files[path].own.imports[number]
        resolved = self._resolver.resolve(path, one.module)
        if not resolved.path:
            return NOWHERE if resolved.missing else OUTSIDE
        target, rank = resolved.path, resolved.rank
        if target not in self.files:
            return Found(Place.FILE, target, rank=rank)
        module = Found(Place.MODULE, target, rank=rank)
        value = self.files[target].exports.get(WHOLE)
        whole = module if value is None else Found(Place.DEFINITION, target, value[0], rank)
        if one.name in {SIDE_EFFECT, NAMESPACE} or one.name.startswith("\0"):
            return module
        if one.name == WHOLE:
            return whole
        found = self._named(one, whole, depth)
        if found is None:
            return NOWHERE._replace(path=target)
        return found._replace(rank=max(found.rank, rank))

    def _named(self, one: Import, whole: Found, depth: int) -> Found | None:
        """Return what a module exports under the name that an import asks for."""
        target = whole.path
        found = self.exported(target, one.name, depth + 1)
        if found is not None:
            return found
        if one.name == "default":
            # What only looks like React's lazy() gets the module; CommonJS has no default.
            open_to = one.flags & ImportFlag.DYNAMIC or not self.files[target].own.modular
            if whole.place is Place.DEFINITION or open_to:
                return whole
        elif whole.place is Place.DEFINITION:
            return self.member(self.end(whole, depth + 1), one.name, depth + 1) or UNKNOWN
        types = declared_for(target, self.files)
        if types:
            return self.exported(types, one.name, depth + 1)
        if target.endswith((".d.ts", ".d.mts", ".d.cts")):
            index = self.files[target].names.get(one.name, -1)
            return (
                whole._replace(place=Place.DEFINITION, definition=index) if index > 0 else UNKNOWN
            )
        return None

    def exported(self, path: str, name: str, depth: int = 0) -> Found | None:
        """Return what the module exports under a name, None when it certainly exports no such name."""
        key = path, name
        if key in self._exported:
            return self._exported[key]
        if depth > _DEEPEST:
            return UNKNOWN
        self._exported[key] = UNKNOWN  # a ring of stars that comes back here
        found = self._exported[key] = self._export(path, name, depth)
        return found

    def _export(self, path: str, name: str, depth: int) -> Found | None:
        file = self.files[path]
        direct = file.exports.get(name)
        if direct is not None:
            return Found(Place.DEFINITION, path, direct[0])
        unsure = not file.own.closed
        several: list[Found] = []
        for definition, origin in file.stars if name != "default" else []:
            behind = self.imported(path, origin, depth + 1)
            if behind.place is not Place.MODULE or behind.path not in self.files:
                unsure = unsure or behind.place is not Place.MISSING
                continue
            found = self.exported(behind.path, name, depth + 1)
            if found is None:
                continue
            if found.place is Place.UNKNOWN:
                unsure = True
                continue
            hops = ((path, definition), *found.hops)
            several.append(found._replace(hops=hops, rank=max(found.rank, behind.rank)))
        ends = {(end.path, end.definition) for end in (self.end(one, depth) for one in several)}
        if len(ends) > 1:
            return several[0]._replace(rank=LIKELY)
        if several:
            return several[0]
        return UNKNOWN if unsure else None

    def end(self, found: Found, depth: int = 0) -> Found:
        """Follow the hops behind an export to what it hands on."""
        if found.place is not Place.DEFINITION or depth > _DEEPEST:
            return found
        key = found.path, found.definition
        known = self._ends.get(key)
        if known is None:
            self._ends[key] = found  # a ring of re-exports ends where it began
            known = self._ends[key] = self._behind(found, depth)
        return known._replace(rank=max(known.rank, found.rank))

    def _behind(self, found: Found, depth: int) -> Found:
        file = self.files[found.path]
        origin = file.origins.get(found.definition)
        if origin is not None:
            behind = self.imported(found.path, origin, depth + 1)
            if behind.place in {Place.MISSING, Place.UNKNOWN, Place.EXTERNAL}:
                return found
            return self.end(behind, depth + 1)
        alias = file.aliases.get(found.definition)
        if alias is None or alias.instance >= 0:
            return found
        last = found
        for one in self.chain(found.path, alias.root, alias.members, depth=depth + 1):
            last = one
        return last if last.place is not Place.MISSING else found

    def chain(
        self, path: str, root: int, members: tuple[str, ...], instance: int = -1, depth: int = 0
    ) -> Iterator[Found]:
        """Yield what a name leads to, and what each member read from it does, as far as it is known.

        The last is MISSING where a member certainly is not there.
        """
        if depth > _DEEPEST:
            return
        if root >= 0:
            at = self.end(self.imported(path, root, depth), depth)
        else:
            at = self.end(Found(Place.DEFINITION, path, -root - 1), depth)
        yield at
        for number, name in enumerate(members):
            if at.place is Place.MODULE:
                found = self.exported(at.path, name, depth + 1)
                if found is None:
                    if name not in _OF_MODULES:
                        yield NOWHERE._replace(path=at.path)
                    return
                found = found._replace(rank=max(found.rank, at.rank))
                following = self.end(found, depth + 1)
            elif at.place is Place.DEFINITION:
                inner = self.member(at, name, depth + 1)
                if inner is None:
                    return
                following = inner
                if 0 <= instance <= number:
                    following = following._replace(rank=LIKELY)
            else:
                return
            at = following
            yield at

    def member(self, of: Found, name: str, depth: int = 0) -> Found | None:
        """Return a member of a class, an enum, an object; of its bases too. None when unknown."""
        waiting = [of]
        seen: set[tuple[str, int]] = set()
        while waiting and len(seen) < _MOST_BASES:
            one = waiting.pop(0)
            if one.place is not Place.DEFINITION or (one.path, one.definition) in seen:
                continue
            seen.add((one.path, one.definition))
            file = self.files[one.path]
            address = file.definitions[one.definition].name
            index = file.names.get(f"{address}.{name}")
            if index is not None:
                rank = max(one.rank, LIKELY if len(seen) > 1 else CERTAIN)
                return Found(Place.DEFINITION, one.path, index, rank)
            for base in (
                *file.bases.get(one.definition, ()),
                *file.instances.get(one.definition, ()),
            ):
                if depth > _DEEPEST:
                    break
                ends = list(self.chain(one.path, base.root, base.members, depth=depth + 1))
                waiting += ends[-1:] if len(ends) == len(base.members) + 1 else []
        return None


_OF_MODULES = frozenset({"default", "__esModule", "then", "catch", "finally", "prototype"})


def tables(files: Mapping[str, Facts], options: LinkOptions) -> Tables:
    """Return the lookups over all JavaScript files of a tree."""
    return Tables(files, options)
