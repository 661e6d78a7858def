"""The revert set as commits on a branch: their trees, in order, and their messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from blastradius.adapters.code.checkout import Checkout
from blastradius.adapters.code.commits import CodeArgs, NewCommit
from blastradius.adapters.code.state import file_entries, fingerprint, head_of, index_entries
from blastradius.api.answer import Trial
from blastradius.api.tips import Tip
from blastradius.api.workspace import Workspace
from blastradius.errors import StoppedError
from blastradius.git.openat import WorkFolder
from blastradius.languages.secrets import struck
from blastradius.model.analysis import Analysis, Evidence, RevertAtom, RevertCommit
from blastradius.model.plan import Fingerprint, Step
from blastradius.model.source import TreeEntry, display_path
from blastradius.reports.words import Wording, wording_of
from blastradius.world import World

_SHORT = 12


class Reverting(Struct, frozen=True):
    """What the branch gets.

    Attributes:
        start: the tree of the commit that the new ones build on.
        commits: in order; none changes nothing.
        plain: the proven tree, without the files that other domains keep or add.
        overlay: those files.
        evidence: places that drew commits in.
        differing: (path, entry before, entry after) of what the commits change together.
        warnings: what a person should know.
    """

    start: str
    commits: tuple[NewCommit, ...]
    plain: str
    overlay: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    differing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def tree(self) -> str:
        """The tree at the end."""
        return self.commits[-1].tree if self.commits else self.start

    @property
    def trees(self) -> tuple[str, ...]:
        """The trees of all commits."""
        return tuple(one.tree for one in self.commits)

    def with_files(
        self, workspace: Workspace, overlay: Mapping[str, TreeEntry | None]
    ) -> Reverting:
        """Return the same with the files that other domains keep at every commit, or add at the end."""
        rewrite = workspace.scratch.write_tree_with
        trees = workspace.scratch.trees
        kept = {path: one for path, one in overlay.items() if trees.lookup(self.start, path) == one}
        added = {path: one for path, one in overlay.items() if path not in kept}
        commits = [
            replace(one, tree=rewrite(one.tree, kept) if kept else one.tree) for one in self.commits
        ]
        if added:
            before = commits[-1].tree if commits else self.start
            commits.append(NewCommit(rewrite(before, added), _added_message(added)))
        found = tuple(_changing(self.start, commits))
        end = found[-1].tree if found else self.start
        differing = tuple(path for path, _, _ in trees.differences(self.start, end))
        return replace(self, commits=found, overlay=tuple(sorted(overlay)), differing=differing)


def reverting(trial: Trial, analysis: Analysis, *, single: bool) -> Reverting:
    """Return the commits that undo a proven set.

    One for each commit or part of one that goes, leaf-first; those that need each other are one.

    Args:
        trial: the set, tried out.
        analysis: what is told of it.
        single: one commit for all of them.
    """
    chosen = analysis.revert_set
    assert chosen.tree is not None  # noqa: S101 - a set without a tree is refused before
    start = trial.world.tree_of(trial.history.span.head)
    say = wording_of(analysis, display_path)
    groups = list(_groups(trial, analysis))
    if single or not groups or groups[-1][1] != chosen.tree:
        # Also where no order of single reverts ends in the proven tree: then it is restored whole.
        every = tuple(name for step in chosen.steps for name in step.commits)
        groups = [(every or tuple(one.id for one in chosen.commits), chosen.tree)]
    commits = [NewCommit(tree, _message(group, analysis, say)) for group, tree in groups]
    places = [
        Evidence(str(one.because["path"]), int(one.because["line"]))
        for one in chosen.commits
        if one.because.get("path") and one.because.get("line")
    ]
    return Reverting(
        start=start,
        commits=tuple(_changing(start, commits)),
        plain=chosen.tree,
        evidence=tuple(dict.fromkeys(places)),
        differing=trial.world.differing(start, chosen.tree),
        warnings=tuple(
            f"mend by hand: {display_path(one.path)}:{one.line} {one.why}"
            for one in chosen.fix_forward
            if one.kind == "site"
        ),
    )


def code_step(final: Reverting, tip: Tip, world: World) -> Step | None:
    """Return the step that puts the commits on their branch, None where nothing goes in git."""
    if not final.commits or not tip.ref:
        return None
    args = CodeArgs(tip.ref, tip.commit, tip.start, final.commits, tip.checkout)
    name = tip.ref.removeprefix("refs/heads/")
    count = len(final.commits)
    words = f"{count} commit{'s' if count > 1 else ''}"
    where = "" if tip.checkout else ", which is not checked out here"
    compared = "index and files" if tip.checkout else "the branch"
    count = len(final.differing)
    files = f"{count} file{'s' if count > 1 else ''}"
    verb = f"add {words} to" if tip.commit else f"make, with {words}, the branch"
    return Step(
        id="code",
        adapter="code",
        domain="code",
        tool="git",
        target=tip.ref,
        action="revert",
        summary=f"{verb} {name}{where}: what shall go is gone from {files}",
        args=msgspec.to_builtins(args),
        before=_before(tip, final.differing, world),
        wanted=None,
        reversibility="reversible",
        evidence=final.evidence,
        verify=f"git's own comparison of {compared} with the tree {final.tree[:_SHORT]}, which was "
        "proven",
        phase="switch",
    )


def in_the_way(step: Step, world: World) -> tuple[str, ...]:
    """Return what of the user's own work a code step would overwrite, and is refused for, if any."""
    args = msgspec.convert(step.args, CodeArgs)
    if not args.checkout:
        return ()
    try:
        with Checkout(args, world) as checkout:
            checkout.refuse_dirty()
    except StoppedError as error:
        return (f"{error.what}; --apply refuses that: {error.hint}",)
    return ()


def _before(tip: Tip, paths: Sequence[str], world: World) -> Fingerprint:
    repo = world.repo
    if not tip.checkout or repo.work_tree is None:
        return fingerprint(tip.ref, tip.commit, "", {}, {})
    folder = WorkFolder(repo.work_tree, world.tick)
    return fingerprint(
        tip.ref,
        tip.commit,
        head_of(repo),
        index_entries(repo, paths),
        file_entries(folder, sorted(paths), repo.object_format),
    )


def _changing(start: str, commits: Sequence[NewCommit]) -> Iterator[NewCommit]:
    """Yield the commits that change anything."""
    before = start
    for one in commits:
        if one.tree != before:
            yield one
        before = one.tree


def _groups(trial: Trial, analysis: Analysis) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what goes as one, leaf-first, with the tree after it."""
    atoms = {trial.split.name_of(atom): atom for atom in trial.history.atoms}
    tree = trial.history.span.head
    for step in analysis.revert_set.steps:
        passed = []
        for name in step.commits:
            result = trial.world.revert(tree, atoms[name])
            if result.tree is None:
                return  # no order of single reverts: the tree is restored whole
            tree = result.tree
            passed.append((name, tree))
        if step.together:
            yield step.commits, tree
        else:
            yield from (((name,), after) for name, after in passed)


def _message(group: Sequence[str], analysis: Analysis, say: Wording) -> str:
    chosen = analysis.revert_set
    known: dict[str, RevertCommit | RevertAtom] = {one.id: one for one in chosen.commits}
    known |= {
        f"{one.commit}:{one.path}" + (f"#{one.symbol}" if one.symbol else ""): one
        for one in chosen.atoms
    }
    # A secret that stands in a subject is not written again.
    subjects = {one.id: struck(one.subject) for one in analysis.range.commits}
    lines = []
    trailers = []
    for name in group:
        one = known.get(name)
        commit = one.commit if isinstance(one, RevertAtom) else name[:64]
        part = f" ({name.partition(':')[2]})" if isinstance(one, RevertAtom) else ""
        why = _why(one, say)
        lines.append(f"- {commit[:_SHORT]} {subjects.get(commit, '')}{part}: {why}")
        trailers += [f"Reverts: {commit}{part}", f"Revert-Reason: {_reason(one)}"]
    if len(group) == 1:
        one = known.get(group[0])
        commit = one.commit if isinstance(one, RevertAtom) else group[0]
        part = f", its part {group[0].partition(':')[2]}" if isinstance(one, RevertAtom) else ""
        head = f'Revert "{subjects.get(commit, commit)}"{part}'
        body = f"This takes back commit {commit}{part}: {_why(one, say)}."
    else:
        head = f"Revert {len(group)} commits that go together"
        body = "\n".join(lines)
    return "\n".join((display_path(head), "", display_path(body), "", *map(display_path, trailers)))


def _why(one: RevertCommit | RevertAtom | None, say: Wording) -> str:
    if one is None:
        return "it goes with them"
    whole = (
        RevertCommit(one.commit, one.reason, one.because) if isinstance(one, RevertAtom) else one
    )
    return say.reason(whole)


def _reason(one: RevertCommit | RevertAtom | None) -> str:
    return one.reason if one is not None else "target"


def _added_message(added: Mapping[str, TreeEntry | None]) -> str:
    paths = "\n".join(f"- {display_path(path)}" for path in sorted(added))
    return (
        "Add what takes back migrations that databases have run\n\n"
        "Their files stay, since a database points at them; these invert them:\n\n"
        f"{paths}\n"
    )
