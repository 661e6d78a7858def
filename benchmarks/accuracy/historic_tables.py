"""The figures of `historic`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.accuracy.historic_answers import SetAnswer, TreeAnswer

_BANDS = ((0, 0), (1, 10), (11, 50), (51, 10**9))


def show(
    trees: Sequence[TreeAnswer],
    sets: Sequence[SetAnswer],
    is_apart: Callable[[str], bool],
    *,
    tell: bool,
) -> None:
    """Print the tables, and with ``tell`` what stands out in the clones that are looked into."""
    usable = [row for row in trees if _kind(row) != "failed"]
    clones = len({row.case.clone for row in usable})
    print(f"{len(usable)} reverts in {clones} clones; {len(trees) - len(usable)} left out")
    _trees(usable, is_apart)
    if sets:
        beside = {row.case.revert + row.case.clone: row for row in usable}
        pairs = [
            (row, beside[row.case.revert + row.case.clone])
            for row in sets
            if row.case.revert + row.case.clone in beside
        ]
        _sets(pairs, is_apart)
        _besides(pairs, is_apart)
        if tell:
            _tell([pair for pair in pairs if not is_apart(pair[0].case.clone)])


def _kind(row: TreeAnswer) -> str:
    if row.git.tree:
        return "clean"
    return "conflict" if row.git.conflicts else "failed"


def _trees(rows: Sequence[TreeAnswer], is_apart: Callable[[str], bool]) -> None:
    print(
        "\n| commits between | reverts | git clean | our tree the same | git conflicts | so do we",
        end="",
    )
    print(" | people committed git's tree | … other text | … further files | … fewer files |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, group in _grouped(rows, is_apart):
        clean = [row for row in group if row.git.tree]
        stuck = [row for row in group if not row.git.tree]
        how = Counter(_people(row) for row in clean)
        print(
            f"| {name} | {len(group)} | {len(clean)} "
            f"| {sum(row.git.tree == row.ours.tree for row in clean)} | {len(stuck)} "
            f"| {sum(not row.ours.tree for row in stuck)} "
            f"| {how['same']} | {how['text']} | {how['more']} | {how['fewer']} |"
        )


def _people(row: TreeAnswer) -> str:
    if row.people == row.git.tree:
        return "same"
    if set(row.people_touched) - set(row.git_touched):
        return "more"
    return "fewer" if set(row.git_touched) - set(row.people_touched) else "text"


def _grouped(
    rows: Sequence[TreeAnswer], is_apart: Callable[[str], bool]
) -> Iterator[tuple[str, list[TreeAnswer]]]:
    for low, high in _BANDS:
        name = str(low) if low == high else f"{low}–{high}" if high < 10**9 else f"{low} and more"
        yield name, [row for row in rows if low <= row.case.behind <= high]
    yield "all", list(rows)
    yield "looked into", [row for row in rows if not is_apart(row.case.clone)]
    yield "kept apart", [row for row in rows if is_apart(row.case.clone)]


_Pair = tuple[SetAnswer, TreeAnswer]


def _halves(
    pairs: Sequence[_Pair], is_apart: Callable[[str], bool]
) -> Iterator[tuple[str, list[_Pair]]]:
    yield "all", list(pairs)
    yield "looked into", [pair for pair in pairs if not is_apart(pair[0].case.clone)]
    yield "kept apart", [pair for pair in pairs if is_apart(pair[0].case.clone)]


def _sets(pairs: Sequence[_Pair], is_apart: Callable[[str], bool]) -> None:
    print("\n| | ranges | answered | git clean: goal alone goes | git's tree, or people's", end="")
    print(" | more drawn in | git conflicts: cleared | commits, median | whole range ", end="")
    print("| real git makes our tree | proven least | irreducible | s median / .9 / most |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name, group in _halves(pairs, is_apart):
        done = [pair for pair in group if not pair[0].failed]
        clean = [pair for pair in done if pair[1].git.tree]
        stuck = [pair for pair in done if not pair[1].git.tree]
        clear = [one for one, _ in stuck if one.tree]
        answers = [one for one, _ in done]
        seconds = sorted(one.seconds for one in answers) or [0.0]
        print(
            f"| {name} | {len(group)} | {len(done)} "
            f"| {sum(not _drawn(one) for one, _ in clean)}/{len(clean)} "
            f"| {sum(one.tree in {row.git.tree, row.people} for one, row in clean)} "
            f"| {sum(_drawn(one) > 0 for one, _ in clean)} | {len(clear)}/{len(stuck)} "
            f"| {median([len(one.commits) for one in clear] or [0]):.0f} "
            f"| {sum(len(one.commits) == one.length for one in clear)} "
            f"| {sum(bool(one.tree) and one.tree == one.git.tree for one in answers)}/{len(done)} "
            f"| {sum(one.least is True for one in answers)} "
            f"| {sum(one.irreducible is True for one in answers)} "
            f"| {median(seconds):.1f} / {seconds[int(len(seconds) * 0.9)]:.1f} / {seconds[-1]:.1f} |"
        )


def _drawn(one: SetAnswer) -> int:
    """Return how many commits go that were not asked to; what a merge brought was."""
    return sum(" target " not in reason for reason in one.reasons)


def _besides(pairs: Sequence[_Pair], is_apart: Callable[[str], bool]) -> None:
    """Print what an answer names beyond the files that git's revert touches, by kind."""
    clean = [pair for pair in pairs if pair[1].git.tree and not pair[0].failed]
    for name, group in _halves(clean, is_apart):
        more = [pair for pair in group if _extra(pair[1])]
        wanted = sum(len(_extra(row)) for _, row in more)
        print(f"\n{name}: {len(group)} clean reverts; in {len(more)} people touched further files")
        print("| named as | files | a revert | of them touched | of the further files named |")
        print("|---|---|---|---|---|")
        kinds = sorted({kind for one, _ in group for kind in one.named})
        for row_name, chosen in [(kind, [kind]) for kind in kinds] + [("any", kinds)]:
            named = hit = cases = 0
            for one, row in group:
                paths = _named(one, chosen) - set(row.git_touched)
                named += len(paths)
                hit += len(paths & _extra(row))
                cases += bool(paths)
            share = f"{hit}/{wanted}" if wanted else "–"
            print(
                f"| {row_name} | {named} in {cases} | {named / max(1, len(group)):.2f} "
                f"| {hit / named if named else 0:.3f} | {share} |"
            )
        whole = sum(_extra(row) <= _named(one, kinds) for one, row in more)
        some = sum(bool(_extra(row) & _named(one, kinds)) for one, row in more)
        print(f"of {len(more)} reverts: all further files named in {whole}, some in {some}")


def _named(one: SetAnswer, kinds: Iterable[str]) -> set[str]:
    return {path for kind in kinds for path in one.named.get(kind, ())}


def _extra(row: TreeAnswer) -> set[str]:
    return set(row.people_touched) - set(row.git_touched)


def _tell(pairs: Sequence[_Pair]) -> None:
    for one, row in pairs:
        notes = []
        if one.failed:
            notes.append(one.failed)
        elif one.tree != one.git.tree or not one.tree:
            notes.append(f"real git: {one.git}"[:300])
        if not one.failed and row.git.tree and _drawn(one):
            notes += ["git is clean", *one.reasons]
        extra = _extra(row) if row.git.tree and not one.failed else set()
        missed = extra - _named(one, one.named)
        notes += [f"not named: {path}" for path in sorted(missed)[:6]]
        notes += [f"named: {path}" for path in sorted(extra - missed)[:6]]
        if notes:
            name = Path(row.case.clone.removesuffix("/repo")).name
            print(f"## {name} {row.case.goal[:12]} by {row.case.revert[:12]} {row.case.subject}")
            print("\n".join(f"   {note}" for note in notes))
