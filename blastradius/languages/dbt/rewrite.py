"""Rewrites a template's syntax tree, so that whatever it does is counted (see `bounds`).

Bodies of loops and macros charge for their size; texts are joined, values compared and collections
made under the eyes of the budget. In a file of its own the places of its lines are marked.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

# Statements that need other templates, or that render a part twice.
_REFUSED = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)
# Around text of the file itself: \x01<line>\x02 begins plain text, \x01<line>!\x02 a value.
MARK, MARK_END = "\x01", "\x02"


class Bounded(NodeTransformer):
    """Rewrites a template's tree; ``marked``: it is a file's own, whose lines are to be known."""

    def __init__(self, *, marked: bool) -> None:
        self.marked = marked
        self._aside = 0

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: ANN401 - as in Jinja
        """Refuse what needs other templates; else go on below the node."""
        if isinstance(node, _REFUSED):
            raise TemplateSyntaxError("a template that needs others", node.lineno)
        return super().generic_visit(node, *args, **kwargs)

    # Each `visit_X` rewrites nodes of the class X, as `NodeTransformer` says.

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name
        """Charge for each pass."""
        if node.recursive:
            raise TemplateSyntaxError("a loop that calls itself", node.lineno)
        charge = _charge(node.body, node.lineno)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "__listed__")
        node.body.insert(0, charge)
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - as above
        """Charge for each call."""
        return self._body_aside(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802 - as above
        """Charge for each call of `caller`."""
        return self._body_aside(node)

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> nodes.Node:  # noqa: N802 - as above
        """Charge for the body."""
        return self._body_aside(node)

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:  # noqa: N802 - as above
        """Charge for the body."""
        return self._body_aside(node)

    def _body_aside(self, node: Any) -> nodes.Node:  # noqa: ANN401 - four classes with a body
        """What is collected into a value must not hold marks: it may be compared or split."""
        charge = _charge(node.body, node.lineno)
        self._aside += 1
        self.generic_visit(node)
        self._aside -= 1
        node.body.insert(0, charge)
        return node  # type: ignore[no-any-return]

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 - as above
        """Mark the line of each part."""
        self.generic_visit(node)
        if self.marked and not self._aside:
            parts: list[nodes.Expr] = []
            for one in node.nodes:
                flag = "" if isinstance(one, nodes.TemplateData) else "!"
                parts += [nodes.TemplateData(f"{MARK}{one.lineno}{flag}{MARK_END}"), one]
            node.nodes = parts
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - as above
        """Tell the line of the call."""
        line = node.lineno
        self.generic_visit(node)
        if self.marked:
            node.node = _filtered(node.node, "__at__", nodes.Const(line))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as above
        """Join within bounds."""
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "__joined__")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - as above
        """Measure both sides."""
        self.generic_visit(node)
        node.expr = _measured(node.expr)
        for one in node.ops:
            one.expr = _measured(one.expr)
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:  # noqa: N802 - as above
        """Measure what is compared with."""
        self.generic_visit(node)
        node.args = [_measured(one) for one in node.args]
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - as above
        """Measure what is sliced."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _measured(node.node)
        return node

    def visit_List(self, node: nodes.List) -> Any:  # noqa: ANN401, N802 - Jinja's name
        """Measure what is made."""
        return _measured(self.generic_visit(node))

    def visit_Dict(self, node: nodes.Dict) -> Any:  # noqa: ANN401, N802 - Jinja's name
        """Measure what is made, and what is hashed."""
        for pair in node.items:
            pair.key = _measured(pair.key)
        return _measured(self.generic_visit(node))

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 - as above
        """Measure what is made."""
        self.generic_visit(node)
        return node if node.ctx == "store" else _measured(node)


def _filtered(
    node: Any,  # noqa: ANN401 - an expression, whichever
    name: str,
    *args: nodes.Expr,
) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def _measured(node: Any) -> Any:  # noqa: ANN401 - an expression, whichever
    return node if isinstance(node, nodes.Const) else _filtered(node, "__measured__")


def _charge(body: list[nodes.Node], line: int) -> nodes.Node:
    """Return a statement that charges for the plain text in ``body``."""
    size = sum(len(data.data) for one in body for data in one.find_all(nodes.TemplateData))
    const = nodes.Const(1 + size // 16)
    return nodes.ExprStmt(_filtered(const, "__charged__"), lineno=line)
