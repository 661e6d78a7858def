"""What ``*`` stands for: the columns of the sources, changed by what follows the star."""

from __future__ import annotations

from sqlglot import exp

from blastradius.languages.sql.expressions import column_parts
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Column, Star, Value


def spread(added: list[list[Column | Star]], items: list[list[Column | Star]]) -> None:
    """Append ``added`` to each branch; the one with fewer branches repeats its last."""
    while len(items) < len(added):
        items.append(list(items[-1]))
    for number, branch in enumerate(items):
        branch.extend(added[min(number, len(added) - 1)])


def once(
    branch: list[Column | Star], number: int, before: list[Column | Star], scope: Scope
) -> list[Column | Star]:
    """Leave out of the source at place ``number`` what ``*`` has from those before it."""
    repeated = {name for name, places in scope.shared.items() if number in places}
    if repeated:
        branch = without(branch, repeated)
    return _without_repeats(before, branch) if scope.natural else branch


def changed(
    branch: list[Column | Star], star: exp.Expr, replaced: dict[str, Column]
) -> list[Column | Star]:
    """Return what a star stands for after its EXCEPT, REPLACE (``replaced``) and RENAME."""
    excepted = {
        column_parts(one)[-1] if isinstance(one, exp.Column) else one.name.lower()
        for one in star.args.get("except_") or ()
        if isinstance(one, exp.Expr)
    }
    if excepted:
        branch = without(branch, excepted)
    if replaced:
        held = {item.name for item in branch if isinstance(item, Column)}
        branch = [
            item.less(replaced) if isinstance(item, Star) else replaced.get(item.name, item)
            for item in branch
        ]
        branch += [column for name, column in replaced.items() if name not in held]
    renames = [
        (one.this.name.lower(), one.alias.lower())
        for one in star.args.get("rename") or ()
        if isinstance(one, exp.Alias)
    ]
    return _renamed(branch, renames) if renames else branch


def without(branch: list[Column | Star], names: set[str]) -> list[Column | Star]:
    """Return a branch less the columns called ``names``."""
    return [
        item.less(names) if isinstance(item, Star) else item
        for item in branch
        if isinstance(item, Star) or item.name not in names
    ]


def lined(branch: list[Column | Star], line: int) -> list[Column | Star]:
    """Return a branch whose stars have a line: ``line`` where they had none."""
    return [
        Star(
            one.relation,
            one.line or line,
            one.without,
            one.renames,
            one.dedupe,
            one.soft,
            one.value,
        )
        if isinstance(one, Star)
        else one
        for one in branch
    ]


def _without_repeats(
    before: list[Column | Star], branch: list[Column | Star]
) -> list[Column | Star]:
    """NATURAL JOIN: columns that are there already come once."""
    names = {item.name for item in before if isinstance(item, Column)}
    left = without(branch, names)
    for item in left:
        if isinstance(item, Star):
            item.dedupe = True
    return left


def _renamed(branch: list[Column | Star], renames: list[tuple[str, str]]) -> list[Column | Star]:
    new_name = dict(renames)
    return [
        item.renamed(renames)
        if isinstance(item, Star)
        else Column(new_name.get(item.name, item.name), item.value, item.line, item.end, item.type)
        for item in branch
    ]


def fields(value: Value, line: int) -> list[Column | Star]:
    """Return what ``struct.*`` stands for."""
    if value.struct is None:
        return [Star(-1, line, value=value)]
    return lined(list(value.struct.items), line)
