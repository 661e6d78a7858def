"""From a range to a plan: the proven revert set as commits, and the steps for what git does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from blastradius.adapters.base import Proposal, Proposer, Request, load
from blastradius.adapters.base import Wishes as Outside
from blastradius.api.answer import Trial
from blastradius.api.answering import Answered, Wishes, answer
from blastradius.api.reverting import Reverting, code_step, in_the_way, reverting
from blastradius.api.tips import Tip, tip_of_range, widened
from blastradius.api.workspace import Workspace
from blastradius.errors import NoConsistentPlanError, UsageError
from blastradius.git.ranges import resolve_range
from blastradius.languages.secrets import struck
from blastradius.model.analysis import Analysis, Effect, Evidence
from blastradius.model.plan import PHASES, SCHEMA, Left, Plan, Step, sealed
from blastradius.model.source import TreeEntry
from blastradius.world import World

PROPOSERS = ("database", "artifacts")
"""Adapters of state outside git; the first one's kept and added files are in the tree of the next."""
_CODE = "code"
_STAYS = "database"


class Asked(Struct, frozen=True):
    """What a plan is asked for.

    Attributes:
        span: the range as git writes it, None for the default.
        wishes: what shall go and stay.
        outside: the options of the domains outside git.
        branch: the new branch that gets the commits, empty for the one that holds the range.
        single: one commit for all that goes.
    """

    span: str | None
    wishes: Wishes
    outside: Outside = Outside()
    branch: str = ""
    single: bool = False


class Planned(Struct, frozen=True):
    """A plan, the trees that it needs and that are only in the workspace's scratch yet, and why."""

    plan: Plan
    trees: tuple[str, ...]
    analysis: Analysis


def planned(workspace: Workspace, asked: Asked, world: World) -> Planned:
    """Return the plan for what was asked; nothing is changed.

    Raises:
        RangeError, UsageError: what was asked names nothing, or is not committed.
        NoConsistentPlanError: what shall go cannot go.
    """
    repo = workspace.repository
    span = resolve_range(repo, asked.span)
    if not span.commits:
        raise UsageError("there is nothing to undo: the range has no commits", "name a range")
    tip = tip_of_range(repo, span, asked.branch)
    wide = widened(repo, span, tip)
    wishes = asked.wishes
    if wide != span and not wishes.undo:
        wishes = wishes._replace(undo=tuple(one.id for one in span.commits))
    answered = answer(workspace, wide, wishes, (None, 0.0))
    _refuse_inconsistent(answered, wishes)
    plain = reverting(answered.trial, answered.analysis, single=asked.single)
    request = _request(answered.analysis, repo.head() or "", plain.tree, tip, asked)
    proposals = _proposals(workspace, request, world, (tip, asked))
    final = plain.with_files(workspace, _overlay(workspace, tip, proposals))
    _refuse_broken(answered.trial, final)
    code = code_step(final, tip, world) if _is_asked(_CODE, asked.outside) else None
    if code is not None:
        code = replace(code, preview=_shown_files(proposals))
    steps = _in_order(
        [*([code] if code else []), *(one for each in proposals for one in each.steps)]
    )
    if code is not None:
        tip = replace(tip, warnings=(*tip.warnings, *in_the_way(code, world)))
    around = _Around(repo.head(), tip, tuple(steps), tuple(proposals))
    return Planned(
        _plan(answered, final, asked.outside, around),
        (*final.trees, final.plain, final.tree) if steps else (),
        answered.analysis,
    )


class _Around(Struct, frozen=True):
    """What a plan has besides the revert set: HEAD, the branch, the steps, what the domains said."""

    at: str | None
    tip: Tip
    steps: tuple[Step, ...]
    proposals: tuple[Proposal, ...]


def _plan(answered: Answered, final: Reverting, outside: Outside, around: _Around) -> Plan:
    analysis, proposals = answered.analysis, around.proposals
    chosen = analysis.revert_set
    left = [one for each in proposals for one in each.left]
    left += _by_hand(answered, outside)
    return sealed(
        Plan(
            schema=SCHEMA,
            id="",
            base=analysis.range.base,
            head=analysis.range.head,
            at=around.at,
            goal=chosen.goal,
            level=chosen.level,
            steps=around.steps,
            left=tuple(sorted(left, key=lambda one: (one.domain, one.tool, one.target, one.what))),
            assumptions=tuple(dict.fromkeys(one for each in proposals for one in each.assumptions)),
            warnings=tuple(
                dict.fromkeys((
                    *around.tip.warnings,
                    *final.warnings,
                    *(one for each in proposals for one in each.warnings),
                ))
            ),
        )
    )  # fmt: skip


def _refuse_inconsistent(answered: Answered, wishes: Wishes) -> None:
    chosen = answered.analysis.revert_set
    if chosen.tree is None:
        shown = ", ".join(chosen.conflicts[:3])
        raise NoConsistentPlanError(
            f"the texts do not merge: {shown}",
            "blastradius analyze shows both sides of each conflict",
        )
    sites = [one for one in chosen.fix_forward if one.kind == "site"]
    if sites and wishes.mend is None:
        first = sites[0]
        raise NoConsistentPlanError(
            f"without what goes, {first.path}:{first.line} is broken: {first.why}",
            "let more go, or say --mend N to mend such places by hand",
        )


def _request(analysis: Analysis, at: str, tree: str, tip: Tip, asked: Asked) -> Request:
    # A new branch is to replace what it starts from; another one leaves what is checked out as it is.
    replaced = tip.checkout or bool(asked.branch)
    return Request(
        analysis=analysis,
        at=tip.start if replaced else at,
        tree=tree if replaced else at,
        wishes=asked.outside,
    )


def _proposals(
    workspace: Workspace, request: Request, world: World, where: tuple[Tip, Asked]
) -> list[Proposal]:
    """Return what each domain outside git would do, each with the files of those before in the tree.

    Which migrations stay in the tree is asked always, whatever domains are.
    """
    tip, asked = where
    found: list[Proposal] = []
    for name in PROPOSERS:
        is_asked = _is_asked(name, asked.outside)
        if name != _STAYS and (asked.branch or not is_asked):
            found.append(Proposal())
            continue
        adapter: Proposer = load(name)  # type: ignore[assignment]  # those listed have both parts
        proposal = adapter.propose(request, world)
        if not is_asked:
            proposal = replace(proposal, steps=(), left=())
        elif asked.branch:
            proposal = _after_merge(proposal, asked.branch)
        found.append(proposal)
        overlay = _overlay(workspace, tip, found[-1:])
        if overlay and request.tree != request.at:
            tree = workspace.scratch.write_tree_with(request.tree, overlay)
            request = replace(request, tree=tree)
    return found


def _after_merge(proposal: Proposal, branch: str) -> Proposal:
    """Return a proposal whose steps wait until the new branch is merged."""
    waiting = tuple(
        Left(
            one.domain, one.tool, one.target, one.summary, f"it belongs after the merge of {branch}",
            one.reversibility, f"once {branch} is merged: {one.summary}", one.evidence,
        )
        for one in proposal.steps
    )  # fmt: skip
    return replace(proposal, steps=(), left=(*proposal.left, *waiting))


def _overlay(
    workspace: Workspace, tip: Tip, proposals: Sequence[Proposal]
) -> dict[str, TreeEntry | None]:
    """Return the files that stay as they are, and those that come, as entries of a tree."""
    trees = workspace.scratch.trees
    at = trees.tree_of(tip.start) if tip.start else ""
    overlay: dict[str, TreeEntry | None] = {}
    for one in proposals:
        for path in one.keep:
            if at and (entry := trees.lookup(at, path)) is not None:
                overlay[path] = entry
        for path, content in one.add.items():
            overlay[path] = TreeEntry("100644", workspace.scratch.write_blob(content))
    return overlay


def _shown_files(proposals: Sequence[Proposal]) -> str:
    """Return the files that the commits add, as they will be: whoever applies consents to them."""
    shown = [step.preview for one in proposals for step in one.steps]
    added = {
        path: content
        for one in proposals
        for path, content in one.add.items()
        if not any(f"# {path}\n" in text for text in shown)
    }
    return "\n".join(
        f"# {path}\n{added[path].decode('utf-8', 'replace')}" for path in sorted(added)
    )


def _refuse_broken(trial: Trial, final: Reverting) -> None:
    """Refuse a tree in which a file that was kept or added uses what is gone."""
    if not final.overlay:
        return
    known = {(one.path, one.symbol, one.needs) for one in trial.world.look(final.plain).dangling}
    for one in trial.world.look(final.tree).dangling:
        if one.tier == "certain" and (one.path, one.symbol, one.needs) not in known:
            raise NoConsistentPlanError(
                f"{one.path}:{one.line} must stay, since a database may have run it, but it needs "
                f"{one.needs.rpartition('#')[2]}, which would go",
                "--keep that commit, or undo the database's side first: --migrations down",
            )


def _by_hand(answered: Answered, outside: Outside) -> Iterator[Left]:
    """Yield the effects of what goes that no adapter carries out."""
    analysis, trial = answered
    for effect in analysis.effects:
        if effect.domain in PROPOSERS and _is_asked(effect.domain, outside):
            continue
        if any(_goes(one, analysis, trial) for one in effect.evidence):
            yield _left(effect)


def _goes(place: Evidence, analysis: Analysis, trial: Trial) -> bool:
    """Tell whether what brought a line in goes; of one that is gone, whether its file comes back."""
    history = trial.history
    entry = history.head.tree.get(place.path)
    if entry is not None:
        atom = history.origins.origin(place.path, entry.oid, place.line)
        if atom in history.atoms:
            return atom in trial.selection.commits
    return any(one.path == place.path for one in analysis.revert_set.files)


def _left(effect: Effect) -> Left:
    return Left(
        effect.domain,
        effect.tool,
        effect.target,
        effect.action,
        "",
        effect.reversibility,
        effect.inverse.summary,
        effect.evidence,
    )


def _in_order(steps: Sequence[Step]) -> list[Step]:
    told = [replace(one, preview=struck(one.preview), summary=struck(one.summary)) for one in steps]
    return sorted(told, key=lambda one: PHASES.index(one.phase))


def _is_asked(domain: str, outside: Outside) -> bool:
    return not outside.domains or domain in outside.domains
