"""YAML text → trees, one for each document, from libyaml's events.

Events rather than ``yaml.compose_all``: composing recurses in C for each level of nesting and puts
the anchor's node in the place of the alias, so that the line where the alias stands is lost.
"""

from __future__ import annotations

from typing import Protocol

import yaml
from yaml.resolver import Resolver

from blastradius.languages.yaml.nodes import MAX_DEPTH, Composed, Node
from blastradius.model.facts import Problem

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: the same events, fourteen times slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_NODES = 400_000
_SKIPPED_DEPTH = 1_000

_YAML = "tag:yaml.org,2002:"
_RESOLVERS = Resolver.yaml_implicit_resolvers
_SHORT = {"int": "number", "float": "number"}


class _Mark(Protocol):
    """What the C and the Python parser's marks have in common; all 0-based."""

    line: int
    column: int
    index: int


class BrokenYamlError(Exception):
    """The text is no YAML: noticed on ``line``, in a construct that ``began`` on its line."""

    def __init__(self, line: int, began: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.began = began
        self.what = what


def compose(text: str) -> Composed:
    """Return the documents of ``text``.

    Nesting below ``MAX_DEPTH`` and nodes after ``MAX_NODES`` are left out, with a `Problem`.

    Raises:
        BrokenYamlError: the text is not YAML.
    """
    builder = _Builder(text)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if not builder.take(event):
                break
        builder.finish()
    except yaml.MarkedYAMLError as error:
        raise _broken(error) from error
    except yaml.YAMLError as error:
        raise BrokenYamlError(0, 0, str(error).splitlines()[0]) from error
    return builder.done


def _broken(error: yaml.MarkedYAMLError) -> BrokenYamlError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 0
    began = error.context_mark.line + 1 if error.context_mark is not None else line
    what = ", ".join(part for part in (error.context, error.problem) if part)
    return BrokenYamlError(line, began, what or "not YAML")


class _Builder:
    """Builds trees from events with a stack of its own: nesting costs no recursion."""

    def __init__(self, text: str) -> None:
        self.done = Composed()
        self._lines = text.split("\n")
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._skipping = 0
        self._nodes = 0

    def take(self, event: yaml.Event) -> bool:
        """Take one event; False when no more should come."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.NodeEvent):
            return self._node(event)
        return True

    def finish(self) -> None:
        """Close what is open when reading stopped before the end."""
        while self._open:
            self._keys.pop()
            self._place(self._open.pop())

    def _node(self, event: yaml.NodeEvent) -> bool:
        collection = isinstance(event, yaml.CollectionStartEvent)
        if self._skipping:
            self._skipping += collection
            # libyaml takes quadratic time over open brackets: leave before it shows.
            return self._skipping < _SKIPPED_DEPTH
        self._nodes += 1
        line = _line(event.start_mark)
        if self._nodes > MAX_NODES:
            self._problem(line, f"more than {MAX_NODES} nodes: the rest was not read")
            return False
        if collection and len(self._open) >= MAX_DEPTH:
            self._problem(line, f"nested deeper than {MAX_DEPTH}: what is below was not read")
            self._skipping = 1
            self._place(Node("scalar", line, line, "null"))
            return True
        node = self._made(event, line)
        if event.anchor and node.kind != "alias":
            self._anchors[event.anchor] = node
        if collection:
            # Placed in its parent when it ends, once its children are known.
            self._open.append(node)
            self._keys.append(None)
        else:
            self._place(node)
        return True

    def _made(self, event: yaml.NodeEvent, line: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            target = self._anchors.get(event.anchor or "")
            if target is None:
                self._problem(line, f"alias *{event.anchor} has no anchor")
            return Node("alias", line, line, text=event.anchor or "", target=target)
        if isinstance(event, yaml.ScalarEvent):
            block = event.style in {"|", ">"}
            end = self._last_line(line, event.end_mark, block=block)
            return Node("scalar", line, end, _tag(event), event.value, block=block)
        written = event.tag if isinstance(event, yaml.CollectionStartEvent) else None
        tag = "" if written is None or written.startswith(_YAML) else written
        mapping = isinstance(event, yaml.MappingStartEvent)
        return Node("mapping" if mapping else "sequence", line, line, tag)

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        node = self._open.pop()
        self._keys.pop()
        begin, end = event.start_mark, event.end_mark
        if begin is not None and end is not None and end.index > begin.index:
            node.end = max(node.end, end.line + 1)  # a closing bracket has a place of its own
        self._place(node)

    def _place(self, node: Node) -> None:
        if not self._open:
            self.done.documents.append(node)
            return
        parent = self._open[-1]
        parent.end = max(parent.end, node.end)
        if parent.kind == "sequence":
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None

    def _last_line(self, line: int, mark: _Mark | None, *, block: bool) -> int:
        if mark is None:
            return line
        end = mark.line + 1
        if block and mark.column == 0:
            end -= 1
        end = min(max(end, line), len(self._lines))
        while end > line and not self._lines[end - 1].strip():
            end -= 1
        return end

    def _problem(self, line: int, what: str) -> None:
        self.done.problems.append(Problem(line, what))
        self.done.whole = False


def _line(mark: _Mark | None) -> int:
    return mark.line + 1 if mark is not None else 0


def _tag(event: yaml.ScalarEvent) -> str:
    tag = event.tag
    if tag is not None and tag != "!":
        return _shortened(tag)
    if tag is None and event.implicit[0]:
        for candidate, pattern in _RESOLVERS.get(event.value[:1], ()):
            if pattern.match(event.value):
                return _shortened(candidate)
    return "str"


def _shortened(tag: str) -> str:
    if not tag.startswith(_YAML):
        return tag
    name = tag.removeprefix(_YAML)
    return _SHORT.get(name, name)
