"""Infrastructure as code: Terraform blocks by address; Pulumi and CloudFormation by file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, sites
from blastradius.domains.documents import entries, get, is_yaml, text_at, whole
from blastradius.domains.lines import line_of
from blastradius.languages.yaml.address import outline
from blastradius.model.analysis import Effect, Reversibility
from blastradius.model.source import FileChange

DOMAIN = "iac"

_TERRAFORM = Kind(DOMAIN, "terraform")
_HEAD = re.compile(
    r"^(?P<sort>resource|data|module|output|variable|provider|locals|moved|import|removed|terraform|check)"
    r'(?:[ \t]+"(?P<first>[\w.-]+)")?(?:[ \t]+"(?P<second>[\w.-]+)")?[ \t]*\{',
    re.MULTILINE,
)
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|//[^\n]*|<<-?(?P<heredoc>\w+)[^\n]*\n|[{}]')
# Types whose removal or replacement takes data along.
_STATEFUL = re.compile(
    r"(?:^|_)(?:db|rds|sql|database|dynamodb|bucket|s3|storage|volume|disk|ebs|efs|filesystem|redis"
    r"|elasticache|kafka|topic|queue|secret|kms|bigquery|redshift|snowflake|opensearch|elasticsearch"
    r"|cosmosdb|spanner|firestore|dataset|table|persistent|vault|registry|repository)(?:_|$)"
)
# Rights and settings of such resources: they come back as they were.
_STATELESS = re.compile(
    r"_(?:iam_\w+|acl|policy|member|binding|attachment|association|rule|role|notification|permission"
    r"|subscription|parameter_group|subnet_group|configuration|access_block|grant|user)$"
)
_DNS = re.compile(
    r"(?:^|_)(?:dns_record|record|record_set|route53_record|dns_\w+_record|zone)(?:_|$)"
)
_VERIFY = (
    "terraform plan -refresh-only -detailed-exitcode exits with 0, and its serial is the expected"
)
_MAX_BLOCK = 200_000


class _Block(NamedTuple):
    """A block: its content without comments and white space, its first and last line."""

    content: str
    line: int
    end: int


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each Terraform address, and each stack file, that the range changed."""
    yield from _terraform(view)
    for change in deployed(view):
        name = posixpath.basename(change.path)
        if name.endswith((".tfvars", ".tfvars.json")):
            yield _variables(view, change)
        elif re.match(r"Pulumi(?:\.[\w-]+)?\.ya?ml$", name):
            yield _stack(
                view, change, "pulumi", "`pulumi up` of the old program after `pulumi preview`"
            )
        elif is_yaml(change.path) or name.endswith(".template.json"):
            yield from _cloudformation(view, change)


def _terraform(view: ChangeView) -> Iterator[Effect]:
    old: dict[str, tuple[_Block, FileChange]] = {}
    new: dict[str, tuple[_Block, FileChange]] = {}
    for change in deployed(view):
        if change.path.endswith(".tf"):
            for found, text in ((old, view.before(change)), (new, view.after(change))):
                folder = posixpath.dirname(change.path)
                found.update(
                    (f"{folder}:{name}", (block, change)) for name, block in _blocks(text or "")
                )
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if key.partition(":")[2].startswith(("output.", "data.", "check.")):
            continue  # nothing stands behind them but what others make
        if before is not None and after is not None and before[0].content == after[0].content:
            continue  # moved between files of one module: its address is the same
        yield _address(view, key.partition(":")[2], before, after)


def _address(
    view: ChangeView,
    name: str,
    before: tuple[_Block, FileChange] | None,
    after: tuple[_Block, FileChange] | None,
) -> Effect:
    block, change = after or before or (_Block("", 1, 1), view.changes[0])
    folder = posixpath.dirname(change.path)
    action = "added" if before is None else "removed" if after is None else "changed"
    stateful = _is_stateful(name.partition(".")[0])
    return _TERRAFORM.effect(
        f"{folder}: {name}" if folder else name,
        f"{action}, if it was applied",
        _reversibility(name, action, stateful=stateful),
        sites(view, change, range(block.line, block.end + 1), at_base=after is None),
        Undo(_summary(action, stateful=stateful), _VERIFY),
        "likely",
    )


def _is_stateful(kind: str) -> bool:
    return _STATEFUL.search(kind) is not None and _STATELESS.search(kind) is None


def _reversibility(name: str, action: str, *, stateful: bool) -> Reversibility:
    if action == "removed" and stateful:
        return "irreversible"  # applied, the data is gone
    if name.startswith(("variable.", "locals", "terraform", "provider.")):
        return "reversible"
    return "compensatable"


def _summary(action: str, *, stateful: bool) -> str:
    summary = (
        "after the revert: terraform plan into a file, read it for deletions and replacements, then "
        "apply that saved plan; terraform does not roll back what fails half way"
    )
    if action == "added" and stateful:
        summary += ". The plan deletes what this created: leave it, or copy its contents first"
    elif action == "removed" and stateful:
        summary += ". It comes back empty: its contents come from a backup"
    return summary


def _blocks(text: str) -> Iterator[tuple[str, _Block]]:
    end = 0
    for match in _HEAD.finditer(text):
        if match.start() < end:
            continue  # an example within a string of the block before
        end = _closing(text, match.end())
        parts = [match["sort"], match["first"], match["second"]]
        if match["sort"] == "resource":
            parts = parts[1:]
        name = ".".join(part for part in parts if part)
        content = _TOKEN.sub(
            lambda token: "" if token.group()[0] in "#/" else token.group(),
            text[match.start() : end],
        )
        first, last = line_of(text, match.start()), line_of(text, end)
        yield name, _Block(re.sub(r"\s+", " ", content), first, last)


def _closing(text: str, start: int) -> int:
    """Return the offset behind the brace that closes the block which opened before ``start``."""
    depth, position = 1, start
    limit = min(len(text), start + _MAX_BLOCK)
    while depth and (match := _TOKEN.search(text, position, limit)) is not None:
        position = match.end()
        if match.group() in "{}":
            depth += 1 if match.group() == "{" else -1
        elif match["heredoc"]:
            closing = re.compile(rf"^[ \t]*{match['heredoc']}[ \t]*$", re.MULTILINE)
            found = closing.search(text, position, limit)
            position = found.end() if found is not None else position
    return position


def _variables(view: ChangeView, change: FileChange) -> Effect:
    return _TERRAFORM.effect(
        change.path,
        "values of variables changed, if they were applied",
        "compensatable",
        sites(view, change),
        Undo(_summary("changed", stateful=False), _VERIFY),
        "likely",
    )


def _stack(view: ChangeView, change: FileChange, tool: str, how: str) -> Effect:
    return Kind(DOMAIN, tool).effect(
        change.path,
        "the stack's definition changed, if it was applied",
        "compensatable",
        sites(view, change),
        Undo(
            f"after the revert: {how}, read for deletions and replacements first",
            "the tool's preview shows no difference",
        ),
        "likely",
    )


def _cloudformation(view: ChangeView, change: FileChange) -> Iterator[Effect]:
    texts = [view.before(change), view.after(change)]
    if not any("AWS::" in (text or "") for text in texts):
        return
    old, new = (
        {
            name: (outline(value), text_at(value, "Type"), line)
            for name, value, line in entries(get(whole(text), "Resources"))
        }
        for text in texts
    )
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before is not None and after is not None and before[0] == after[0]:
            continue
        sort = (after or before or ("", "", 0))[1]
        action = "added" if before is None else "removed" if after is None else "changed"
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])|::", "_", sort).lower()
        stateful = _is_stateful(kind)
        yield Kind(DOMAIN, "cloudformation").effect(
            f"{change.path}: {name} ({sort})" if sort else f"{change.path}: {name}",
            f"{action}, if it was deployed",
            "irreversible" if action == "removed" and stateful else "compensatable",
            sites(view, change, [after[2]] if after else [], at_base=after is None),
            Undo(
                "after the revert: make a change set, read it for deletions and replacements, then "
                "execute it",
                "a drift detection of the stack finds none",
            ),
            "likely",
        )


def is_dns(address: str) -> bool:
    """Tell whether a resource's address is of a DNS record or zone."""
    return _DNS.search(address.partition(".")[0]) is not None


def addresses(text: str) -> dict[str, tuple[str, int]]:
    """Return address → (content, line) of a Terraform file."""
    return {name: (block.content, block.line) for name, block in _blocks(text)}
