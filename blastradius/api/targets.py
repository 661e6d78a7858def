"""What somebody writes to name a thing → the symbols that are meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches

from msgspec import Struct

from blastradius.api.asked import Tree
from blastradius.api.spelling import called, dotted, last_word
from blastradius.errors import UsageError
from blastradius.model.questions import Node
from blastradius.model.source import display_path
from blastradius.reports.words import count

_LINE = re.compile(r"(?P<path>.+):(?P<line>[0-9]{1,9})")
# Names of parts: a bare word means one of these only if nothing else is called so.
_PARTS = frozenset({"parameter", "item", "key", "name"})
_SHOWN = 12
# Re-exports pass through this many packages at most.
_HOPS = 4
# Longer than any path that a system takes.
_LONGEST = 5_000
_OFF_BY = 2
_MOST_WORDS = 200_000
_SQL = "sql:"
# The shape of a name that a Python module imports, so that others may import it from there.
_IMPORTED = "import"


class Target(Struct, frozen=True):
    """What was meant.

    Attributes:
        nodes: the symbols, outermost first.
        symbols: these, and all that is inside them.
        names: what people call them: a word for each.
    """

    nodes: tuple[Node, ...]
    symbols: frozenset[str]
    names: tuple[str, ...]


class Names:
    """The names of one tree's symbols, looked up in every form that people write.

    Args:
        tree: the tree that was asked.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._snapshot = tree.snapshot

    def target(self, what: str) -> Target:
        """Return what is meant by ``what``.

        In this order: a full symbol, ``path:line``, ``path#name``, a path or folder; then a dotted
        Python name, a table or column, the end of a path; then a bare name.

        Raises:
            UsageError: it names nothing, or several things.
        """
        word = what.strip().removeprefix("./")
        if not word or len(word) > _LONGEST:
            said = "nothing is named" if not word else "no name is that long"
            raise UsageError(said, "name a symbol, file, line, table or column")
        exact = (self._symbol, self._line, self._address, self._path)
        for look in exact:
            if found := look(word):
                return self.whole(found)
        guesses: Sequence[Callable[[str], list[str]]] = (self._qualified, self._bare)
        for guess in guesses:
            if meant := sorted({one for found in guess(word) for one in self._defined(found)}):
                if len(meant) > 1:
                    raise self._ambiguous(what, meant)
                return self.whole(meant)
        raise self._unknown(what, word)

    def node(self, symbol: str) -> Node:
        """Return a symbol with its kind and place."""
        place = self._snapshot.place(symbol)
        if place is None:
            return self._undefined(symbol)
        # The whole of a file is a definition of its own in some languages.
        found = place.definition or self._snapshot.symbols_of(place.path).get(symbol)
        kind = found.kind if found else "file"
        return Node(symbol, kind, place.path, place.line)

    def known(self, symbol: str) -> bool:
        """Tell whether the tree defines or uses the symbol."""
        return self._snapshot.place(symbol) is not None or symbol in self._snapshot.graph.number

    # What is written out in full.

    def _symbol(self, word: str) -> list[str]:
        if ":" not in word:
            return []
        for one in (word, word.lower() if word.startswith(_SQL) else word):
            if self.known(one):
                place = self._snapshot.place(one)
                whole = place is not None and place.definition is None
                return [self._file(place.path)] if place and whole else [one]
        return []

    def _line(self, word: str) -> list[str]:
        match = _LINE.fullmatch(word)
        path = self._one_path(match["path"]) if match else ""
        if not match or not path:
            return []
        line = int(match["line"])
        content = self._tree.read(path)
        lines = content.count(b"\n") + 1 if content is not None else 0
        if content is not None and not 1 <= line <= lines:
            raise UsageError(
                f"{display_path(path)} has {lines:,} lines, no line {line}", "name one of them"
            )
        return self._at_line(path, line)

    def _at_line(self, path: str, line: int) -> list[str]:
        """Return the innermost definition around the line, and what stands on the line."""
        around, size = self._file(path), -1
        found: list[str] = []
        for symbol, one in self._snapshot.symbols_of(path).items():
            if one.line == line:
                found.append(symbol)
            if one.line <= line <= one.end and (size < 0 or one.end - one.line <= size):
                around, size = symbol, one.end - one.line
        return list(dict.fromkeys([around, *found]))

    def _address(self, word: str) -> list[str]:
        place, mark, name = word.partition("#")
        path = self._one_path(place.partition(":")[2] or place) if mark else ""
        path = path or (self._one_path(place) if mark else "")
        if not path:
            return []
        view = self._snapshot.files.get(path)
        definitions = view.facts.definitions if view else ()
        for index, one in enumerate(definitions):
            if view and name in {one.name, one.name.partition("#")[2]}:
                return [view.scope_symbol(path, index)]
        known = [one.name for one in definitions]
        close = get_close_matches(name, known[:_MOST_WORDS], n=3)
        hint = f"did you mean {_listed(close)}?" if close else "it may be written differently there"
        raise UsageError(f"{display_path(path)} defines no {name}", hint)

    def _path(self, word: str) -> list[str]:
        tree = self._snapshot.tree
        if word in tree:
            return [self._file(word)]
        inside = word.rstrip("/") + "/"
        if word.rstrip("/") in {"", "."}:
            return []
        return [self._file(path) for path in tree if path.startswith(inside)]

    def _file(self, path: str) -> str:
        view = self._snapshot.files.get(path)
        return view.scope_symbol(path, -1) if view else f"file:{path}"

    def _one_path(self, word: str) -> str:
        """Return the path that is ``word`` or alone ends with it; empty for none."""
        tree = self._snapshot.tree
        if word in tree or not word:
            return word
        ending = [path for path in tree if path.endswith(f"/{word}")]
        return ending[0] if len(ending) == 1 else ""

    # What is written in short.

    def _qualified(self, word: str) -> list[str]:
        """Return what a dotted name, a table or column, or the end of a path may mean."""
        found = [self._file(path) for path in self._snapshot.tree if path.endswith(f"/{word}")]
        if "." not in word:
            return found
        lower = word.lower()
        found += [one for one in (_SQL + lower,) if self.known(one)]
        for symbol in self._with_last(last_word(word)):
            asked = lower if symbol.startswith(_SQL) else word
            if f".{dotted(symbol)}".endswith(f".{asked}"):
                found.append(symbol)
        return found or self._reexported(word)

    def _reexported(self, word: str) -> list[str]:
        """Return what ``package.Name`` means where the package imports the name from elsewhere."""
        words = word.split(".")
        for length in range(len(words) - 1, 0, -1):
            folder, name = "/".join(words[:length]), ".".join(words[length:])
            ends = (f"/{folder}/__init__.py", f"/{folder}.py")
            modules = [self._file(one) for one in self._snapshot.tree if f"/{one}".endswith(ends)]
            if modules:
                return self._imported(modules, name)
        return []

    def _imported(self, modules: Sequence[str], name: str) -> list[str]:
        """Return the symbols called ``name`` of the nearest modules that these import."""
        seen = set(modules)
        first = name.partition(".")[0]
        for _ in range(_HOPS):
            targets = [
                edge.target
                for one in modules
                for importer in (one, f"{one}#{first}")
                for edge in self._snapshot.graph.dependencies(importer)
                if edge.kind == "import"
            ]
            found = [f"{one.partition('#')[0]}#{name}" for one in targets]
            if defined := [one for one in found if self._snapshot.place(one)]:
                return defined
            files = dict.fromkeys(one.partition("#")[0] for one in targets)
            modules = [one for one in files if one not in seen]
            seen.update(modules)
        return []

    def _bare(self, word: str) -> list[str]:
        """Return the symbols whose last word it is; parts of others only where nothing else is."""
        found = self._with_last(word)
        whole = [one for one in found if self.node(one).kind not in _PARTS]
        return whole or found

    def _with_last(self, word: str) -> list[str]:
        """Return the symbols, defined or used, whose last word it is, SQL's in lower case."""
        lower = word.lower()
        found: dict[str, None] = {}
        for path, view in self._snapshot.files.items():
            # A query without a name is called after its file.
            everything = lower in path.lower()
            for index, one in enumerate(view.facts.definitions):
                if everything or word in one.name or lower in one.name:
                    found[view.scope_symbol(path, index)] = None
        used = (one for one in self._snapshot.graph.nodes if word in one or lower in one)
        found |= dict.fromkeys(used)
        return [one for one in found if last_word(one) == (lower if one.startswith(_SQL) else word)]

    def _all(self) -> Iterator[str]:
        for path in self._snapshot.files:
            yield from self._snapshot.symbols_of(path)
        yield from self._snapshot.graph.nodes

    # What belongs to it, and what to say.

    def whole(self, symbols: Sequence[str]) -> Target:
        """Return the target with all that is inside the symbols."""
        wanted = dict.fromkeys(symbols)
        nodes = tuple(self.node(one) for one in wanted)
        for node in nodes:
            wanted |= dict.fromkeys(self._inside(node))
        if any(one.startswith(_SQL) for one in wanted):
            # Also columns that are used and that nothing defines; what is inside comes later.
            for name in self._snapshot.graph.nodes:
                if name.startswith(_SQL) and name.rpartition(".")[0] in wanted:
                    wanted[name] = None
        telling = [one for one in nodes if one.kind not in _PARTS] or nodes
        names = dict.fromkeys(called(node) for node in telling)
        return Target(nodes, frozenset(wanted), tuple(one for one in names if one))

    def _inside(self, node: Node) -> Iterator[str]:
        place = self._snapshot.place(node.id)
        if place is None:
            return
        symbols = self._snapshot.symbols_of(place.path)
        if place.definition is None or place.definition.name == "":
            yield from (f"file:{place.path}", self._file(place.path), *symbols)
            return
        view = self._snapshot.files[place.path]
        inside_of: set[int] = set()
        for index, one in enumerate(view.facts.definitions):
            symbol = view.scope_symbol(place.path, index)
            if symbol == node.id or one.parent in inside_of:
                inside_of.add(index)
                yield symbol

    def around(self, symbol: str) -> Iterator[str]:
        """Yield what the symbol is a part of, from the inside out, less whole files."""
        place = self._snapshot.place(symbol)
        view = self._snapshot.files.get(place.path) if place else None
        if place is None or view is None or place.definition is None:
            return
        definitions = view.facts.definitions
        parent = place.definition.parent
        while parent >= 0 and definitions[parent].name:
            yield view.scope_symbol(place.path, parent)
            parent = definitions[parent].parent

    def _defined(self, symbol: str) -> list[str]:
        """Return a symbol; of one that a module only imports and passes on, what it stands for."""
        found = [symbol]
        for _ in range(_HOPS):
            targets = [
                edge.target
                for one in found
                if self._passed_on(one)
                for edge in self._snapshot.graph.dependencies(one)
                if edge.kind == "import"
            ]
            if not targets:
                break
            found = targets
        return found

    def _passed_on(self, symbol: str) -> bool:
        place = self._snapshot.place(symbol)
        return place is None or (
            place.definition is not None and place.definition.shape == _IMPORTED
        )

    def _undefined(self, symbol: str) -> Node:
        """Return what no file defines: a name that one passes on, or what something else makes."""
        path = symbol.partition(":")[2].partition("#")[0]
        if "#" in symbol and path in self._snapshot.tree:
            lines = [edge.line for edge in self._snapshot.graph.dependencies(symbol)]
            return Node(symbol, "name", path, min(lines, default=1))
        return Node(symbol, self._kind_of_undefined(symbol), "", 0)

    def _kind_of_undefined(self, symbol: str) -> str:
        """Return the kind of what is used and defined nowhere, by how it is used."""
        if not symbol.startswith(_SQL):
            return "name"
        kinds = {edge.kind for edge in self._snapshot.graph.dependents(symbol)}
        kinds |= {edge.kind for edge in self._snapshot.graph.dependencies(symbol)}
        return "column" if kinds & {"value", "row-set", "field"} else "relation"

    def _ambiguous(self, what: str, meant: Sequence[str]) -> UsageError:
        shown = [self._shown(one) for one in meant[:_SHOWN]]
        more = f" and {len(meant) - _SHOWN:,} more" if len(meant) > _SHOWN else ""
        return UsageError(
            f"{what!r} names {len(meant):,} things", f"name one of {_listed(shown)}{more}"
        )

    def _shown(self, symbol: str) -> str:
        node = self.node(symbol)
        where = f" ({display_path(node.path)}:{node.line})" if symbol.startswith(_SQL) else ""
        return f"{symbol}{where if node.path else ''}"

    def _unknown(self, what: str, word: str) -> UsageError:
        close = list(self._near(word))
        hint = (
            f"did you mean {_listed(close)}?"
            if close
            else "name a symbol, a path, path:line, path#name, a table or a column"
        )
        where = {"worktree": "in the work tree", "folder": "in this folder"}.get(
            self._tree.at, f"at {self._tree.at[:12]}"
        )
        failed = sum(one.facts.parsed == "failed" for one in self._snapshot.files.values())
        may = failed and "/" not in word  # which paths there are is known
        unread = f"; {count(failed, 'file')} could not be read and may define it" if may else ""
        return UsageError(f"nothing is called {what!r} {where}{unread}", hint)

    def _near(self, word: str) -> Iterable[str]:
        if "/" in word:
            paths = list(self._snapshot.tree)[:_MOST_WORDS]
            return get_close_matches(word.partition("#")[0], paths, n=3)
        last = last_word(word)
        known: dict[str, str] = {}
        for symbol in self._all():
            known.setdefault(last_word(symbol), symbol)
        # Only words of nearly the same length: comparing all takes too long.
        words = [one for one in known if abs(len(one) - len(last)) <= _OFF_BY]
        close = get_close_matches(last, words[:_MOST_WORDS], n=3, cutoff=0.75)
        return [known[one] for one in close]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
