"""What rendering one file gave: its texts, where each line came from, and what was asked for."""

from __future__ import annotations

from msgspec import Struct


class Use(Struct, frozen=True, array_like=True, gc=False):
    """Something that a template uses, at ``line`` of its own file.

    ``kind``: ref, source, macro, unknown (a macro that is not there), var, env_var, doc, graph.
    ``name`` is the SQL language's for a ref or source, package and name for a macro. ``via`` is the
    macro that uses it (package and name); empty: the file itself.
    """

    kind: str
    name: str
    line: int
    via: str = ""


class Rendered(Struct, frozen=True, array_like=True):
    """One file, rendered.

    Attributes:
        text: SQL, with expressions left where a relation or something unknown stands; with both
            branches of what depends on ``is_incremental`` as branches of one ``if``.
        lines: for each line of ``text`` the line of the file that it came from.
        uses: all that the template used, in order.
        config: what it said of itself by ``config(…)``, plain texts only.
        problem: why there is no text; empty when there is.
        steps: what it cost, in steps of `bounds.Budget`.
        plain: the template has nothing but refs, sources and configuration.
    """

    text: str = ""
    lines: tuple[int, ...] = ()
    uses: tuple[Use, ...] = ()
    config: dict[str, str] = {}
    problem: str = ""
    steps: int = 0
    plain: bool = False


class Asked(Struct, frozen=True, array_like=True):
    """What a rendering asked of the tree: (kind, name) pairs, to see whether the answers still hold."""

    questions: tuple[tuple[str, str], ...] = ()
