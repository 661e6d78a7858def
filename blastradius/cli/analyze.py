"""``blastradius analyze``: the whole answer about a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import at_least, fraction, share, share_reading
from blastradius.cli.wishes import refuse_two_ranges, share_range, share_wishes
from blastradius.errors import CLEAN, FINDINGS

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console
    from blastradius.model.analysis import Analysis

FORMATS = ("text", "json", "markdown")
_THRESHOLDS = ("never", "breaks", "breaking", "any")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``analyze``."""
    parser.usage = "blastradius analyze [RANGE | --staged | --worktree] [options]"
    parser.description = (
        "Say what a range of commits changed, how far it reaches, what must be undone with it, in "
        "which order, and what else it touched outside git."
    )
    share_range(parser)
    share_wishes(parser)
    parser.add_argument(
        "--min-confidence", metavar="P", type=fraction, help="leave out impacts below P (0 to 1)"
    )
    parser.add_argument(
        "--depth", metavar="N", type=at_least(1), help="follow at most N edges from a change"
    )
    share_answer(parser)


def share_answer(parser: argparse.ArgumentParser, *, repo: bool = True) -> None:
    """Add the options that say how the answer is made and shown."""
    parser.add_argument(
        "--fail-on",
        metavar="WHAT",
        choices=_THRESHOLDS,
        help="exit 1 on: never | breaks | breaking | any (default: never)",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=at_least(0),
        default=10,
        help="entries in a section of the report; 0 for all (default: 10)",
    )
    share_reading(parser)
    share(parser, FORMATS, repo=repo)


def run(args: argparse.Namespace, console: Console) -> int:
    """Analyse, write the report, and return 0, or 1 for findings over the threshold."""
    refuse_two_ranges(args)
    from blastradius import api  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    config = api.configuration(args.repo, warn=console.warn)
    analysis = api.analyze(
        args.repo,
        args.range,
        undo=args.undo,
        keep=args.keep,
        config=config,
        staged=args.staged,
        worktree=args.worktree,
        level=args.level,
        mend=args.mend,
        include_likely=args.include_likely,
        min_confidence=args.min_confidence,
        depth=args.depth,
        jobs=args.jobs or config.jobs,
        cache=config.cache and not args.no_cache,
        progress=console.progress,
        warn=console.warn,
    )
    console.result(render(analysis, args.format, console.options(args.limit)))
    threshold = args.fail_on or config.fail_on
    if found := over(threshold, analysis):
        console.note(f"blastradius: {found} (--fail-on {threshold})")
        return FINDINGS
    return CLEAN


def over(threshold: str, analysis: Analysis) -> str:
    """Return what was found over the threshold, empty for nothing.

    Each threshold holds the one before it: ``breaks`` is what the revert set leaves broken for
    certain; ``breaking`` adds changes that users must follow; ``any`` adds every change and effect.
    """
    if threshold == "never":
        return ""
    chosen = analysis.revert_set
    gone = {one.id for one in chosen.commits}
    left = [one for one in analysis.breaks if one.tier == "certain" and one.commit not in gone]
    if left or any(one.kind == "site" for one in chosen.fix_forward):
        return "the revert set leaves places broken"
    if chosen.conflicts:
        return "the texts of the revert set do not merge"
    if threshold == "breaks":
        return ""
    if any(one.severity == "breaking" for one in analysis.changes):
        return "breaking changes"
    if threshold == "any" and (analysis.changes or analysis.effects):
        return "changes or effects"
    return ""
