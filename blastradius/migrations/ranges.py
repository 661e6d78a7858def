"""What a range did to histories: migrations that came, went, changed, or are called otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from blastradius.migrations.model import Changed, History, Lint, Migration


def changed(old: Sequence[History], new: Sequence[History]) -> tuple[Changed, ...]:
    """Return what changed in each history, in order of their keys; those without a change are left out."""
    before = {one.key: one for one in old}
    after = {one.key: one for one in new}
    found = []
    for key in sorted(before.keys() | after.keys()):
        one = _changed(before.get(key), after.get(key))
        if one.added or one.edited or one.renamed or one.removed:
            found.append(one)
    return tuple(found)


def _changed(old: History | None, new: History | None) -> Changed:
    history = new or old
    assert history is not None  # noqa: S101 - the key is of one of them
    had = {one.id: one for one in (old.migrations if old else ())}
    has = {one.id: one for one in (new.migrations if new else ())}
    came = [one for one in has.values() if one.id not in had]
    went = [one for one in had.values() if one.id not in has]
    renamed: list[tuple[Migration, Migration]] = []
    for one in list(went):
        same = [other for other in came if _deeds(other) == _deeds(one) and one.operations]
        if len(same) == 1:
            renamed.append((one, same[0]))
            went.remove(one)
            came.remove(same[0])
    edited = []
    for name, one in has.items():
        was = had.get(name)
        if was is None or _plain(was) == _plain(one):
            continue
        if _deeds(was) == _deeds(one) and was.path != one.path:
            renamed.append((was, one))
        else:
            edited.append(one)
    return Changed(history, tuple(came), tuple(edited), tuple(renamed), tuple(went))


def _deeds(one: Migration) -> object:
    """Return what a migration does, wherever it stands."""
    told = tuple((part.verb, part.target, part.gravity) for part in one.operations)
    return told, one.up_sql, one.down_sql, one.lint.verdict


def _plain(one: Migration) -> Migration:
    """Return a migration without what depends on those before it."""
    return replace(one, lint=Lint(one.lint.verdict), parents=one.parents)
