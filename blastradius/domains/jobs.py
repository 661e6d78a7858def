"""Scheduled jobs: cron of workflows, platforms, clusters, Celery, APScheduler, Airflow, systemd."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites
from blastradius.domains.documents import documents, entries, get, is_yaml, text_at, whole
from blastradius.domains.lines import line_of
from blastradius.languages.yaml.address import identities
from blastradius.languages.yaml.nodes import Node, settle
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "jobs"

_CRON_LINE = re.compile(
    r"^[ \t]*(?P<when>@(?:reboot|hourly|daily|weekly|monthly|yearly|annually|midnight)"
    r"|(?:[\d*/,A-Za-z-]+[ \t]+){4}[\d*/,A-Za-z-]+)[ \t]+(?P<what>[^\s#][^\n]*)",
    re.MULTILINE,
)
_CRONTAB = re.compile(r"(?:^|/)(?:crontab|cron\.d/[^/]+|[\w.-]+\.cron(?:tab)?|crontab[\w.-]*)$")
_CELERY = re.compile(
    r"@(?P<decorator>periodic_task|\w+\.on_after_configure\.connect)\b|\badd_periodic_task\s*\("
)
_BEAT = re.compile(r"\b(?:beat_schedule|CELERY_?BEAT_SCHEDULE)\b")
_BEAT_ENTRY = re.compile(
    r"['\"](?P<name>[\w.:-]+)['\"]\s*:\s*\{[^{}]{0,400}?['\"]schedule['\"]\s*:\s*(?P<when>[^,\n]{1,200})"
)
_APSCHEDULER = re.compile(
    r"\.add_job\s*\(\s*(?P<name>[\w.]+)\s*,(?P<when>[^\n]{0,200})|\.scheduled_job\s*\((?P<only>[^)\n]{0,200})"
)
_AIRFLOW = re.compile(
    r"\b(?:DAG|dag)\s*\((?P<arguments>(?:[^()]|\([^()]*\)){0,4000}?)\b(?:schedule|schedule_interval|timetable)"
    r"\s*=\s*(?P<when>[^,\n)]{1,200})"
)
_DAG_NAME = re.compile(r"(?:dag_id\s*=\s*)?f?['\"](?P<name>[\w.-]+)['\"]")
_NODE_CRON = re.compile(r"\bcron\.schedule\s*\(\s*['\"`](?P<when>[^'\"`\n]{5,60})['\"`]")
_TIMER = re.compile(r"^(?P<when>On\w+\s*=[^\n]*)", re.MULTILINE)
_WRANGLER = re.compile(
    r"^\[triggers\][^\[]*?^crons\s*=\s*\[(?P<when>[^\]]*)\]", re.MULTILINE | re.DOTALL
)
_SCHEDULE_KEYS = frozenset({"schedule", "schedule_interval", "cron", "crontab", "cron_expression"})
_EXPRESSION = re.compile(
    r"@(?:hourly|daily|weekly|monthly|yearly)\Z|(?:[\d*/,A-Za-z?#-]+ +){4,5}[\d*/,A-Za-z?#-]+\Z"
)
_MAX_NODES = 50_000
_LONGEST_NAME = 500
_VERIFY = "the schedule's listing shows the old entry, and no run has begun since it was suspended"


class _Job(NamedTuple):
    """A job: how often it runs, as written and without white space, and its line."""

    when: str
    line: int


_Jobs = dict[str, _Job]
_PYTHON: tuple[str, ...] = ("airflow", "celery", "apscheduler")


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each job whose schedule came, went or changed."""
    for change in deployed(view):
        old, new = view.before(change), view.after(change)
        for tool in _tools(change.path):
            before, after = (
                _read(tool, text, path) if text else {}
                for text, path in ((old, change.old_path), (new, change.path))
            )
            for name in sorted(before.keys() | after.keys()):
                was, now = before.get(name), after.get(name)
                if was is None or now is None or was.when != now.when:
                    yield _effect(view, change, tool, name, was, now)


def _effect(
    view: ChangeView, change: FileChange, tool: str, name: str, was: _Job | None, now: _Job | None
) -> Effect:
    action = "scheduled" if was is None else "no longer scheduled" if now is None else "rescheduled"
    return Kind(DOMAIN, tool).effect(
        literal(name),
        f"{action} in {change.path}",
        "reversible",
        sites(view, change, [now.line if now else was.line if was else 0], at_base=now is None),
        Undo(_suspend(tool, was), _VERIFY),
        "possible" if tool == "config" else "likely",
    )


def _suspend(tool: str, was: _Job | None) -> str:
    first = {
        "kubernetes": "suspend the CronJob (spec.suspend: true) before anything else",
        "airflow": "pause the DAG before anything else",
        "github-actions": "disable the workflow before anything else",
        "crontab": "keep the crontab's bytes, comment the line out before anything else",
        "systemd": "stop the timer before anything else",
    }.get(tool, "suspend it before anything else")
    after = "bring the old schedule back after the code" if was is not None else "then remove it"
    return f"{first}; {after}. Runs that were missed, or that took place, stay so"


def _tools(path: str) -> tuple[str, ...]:
    name = posixpath.basename(path)
    if path.startswith(".github/workflows/") and is_yaml(path):
        return ("github-actions",)
    if is_yaml(path):
        return ("kubernetes", "config")
    if name in {"vercel.json", "wrangler.toml"}:
        return (name.partition(".")[0],)
    if _CRONTAB.search(path):
        return ("crontab",)
    if name.endswith(".timer"):
        return ("systemd",)
    if name.endswith(".py"):
        return _PYTHON
    return ("node-cron",) if re.search(r"\.[cm]?[jt]s$", name) else ()


def _read(tool: str, text: str, path: str) -> _Jobs:
    name = posixpath.basename(path)
    match tool:
        case "github-actions":
            return _listed(get(whole(text), "on", "schedule"), "cron", name)
        case "vercel":
            return _paths(get(whole(text), "crons"))
        case "wrangler" | "systemd" | "node-cron":
            pattern, target = {
                "wrangler": (_WRANGLER, "triggers"),
                "systemd": (_TIMER, name),
                "node-cron": (_NODE_CRON, path),
            }[tool]
            return _matches(pattern, text, target)
        case "airflow" | "celery" | "apscheduler":
            return _python(tool, text, path)
        case _:
            reads = {"kubernetes": _cron_jobs, "config": _configured, "crontab": _crontab}
            return reads[tool](text)


def _listed(node: Node | None, key: str, name: str) -> _Jobs:
    items = [settle(item) for item in node.items] if node is not None else []
    times = [(text_at(item, key), item.line) for item in items]
    return {name: _Job(" ".join(when for when, _ in times), times[0][1])} if times else {}


def _cron_jobs(text: str) -> _Jobs:
    if "CronJob" not in text and "CronWorkflow" not in text:
        return {}
    found: _Jobs = {}
    for root in documents(text):
        when = get(root, "spec", "schedule")
        if text_at(root, "kind") in {"CronJob", "CronWorkflow"} and when is not None:
            suspended = text_at(root, "spec", "suspend")
            found[text_at(root, "metadata", "name")] = _Job(f"{when.text} {suspended}", when.line)
    return found


def _configured(text: str) -> _Jobs:
    """Schedules in configuration of the project's own: a key that says so, with a cron expression."""
    found: _Jobs = {}
    pending = [("", root) for root in documents(text) if not text_at(root, "apiVersion")]
    for _ in range(_MAX_NODES):
        if not pending:
            break
        name, node = pending.pop()
        if len(name) > _LONGEST_NAME:
            continue  # aliases may hold themselves
        for key, value, line in entries(node):
            inner = f"{name}.{key}" if name else key
            if key in _SCHEDULE_KEYS and _EXPRESSION.match(value.text):
                found[inner] = _Job(value.text, line)
            pending.append((inner, value))
        segments = identities(node.items)
        pending += (
            (f"{name}{one}", settle(item)) for one, item in zip(segments, node.items, strict=True)
        )
    return found


def _paths(node: Node | None) -> _Jobs:
    items = [settle(item) for item in node.items] if node is not None else []
    return {text_at(one, "path"): _Job(text_at(one, "schedule"), one.line) for one in items}


def _matches(pattern: re.Pattern[str], text: str, name: str) -> _Jobs:
    found = list(pattern.finditer(text))
    if not found:
        return {}
    when = " ".join(_squeezed(match["when"]) for match in found)
    return {name: _Job(when, _line(text, found[0].start("when")))}


def _crontab(text: str) -> _Jobs:
    found: _Jobs = {}
    for match in _CRON_LINE.finditer(text):
        # The command may carry a password: its program is name enough, arguments are not shown.
        program = posixpath.basename(match["what"].split()[0])
        number = sum(1 for key in found if key.split(" #")[0] == program)
        name = program if not number else f"{program} #{number + 1}"
        found[name] = _Job(_squeezed(match.group()), _line(text, match.start("when")))
    return found


def _python(tool: str, text: str, path: str) -> _Jobs:
    found: _Jobs = {}
    if tool == "airflow" and ("airflow" in text or "/dags/" in f"/{path}"):
        for match in _AIRFLOW.finditer(text):
            named = _DAG_NAME.search(match["arguments"])
            if match["when"].strip() == "None":
                continue  # run by hand or by another DAG
            name = named["name"] if named is not None else posixpath.basename(path)
            found[name] = _Job(_squeezed(match["when"]), _line(text, match.start("when")))
    elif tool == "celery" and (_BEAT.search(text) or _CELERY.search(text)):
        if _BEAT.search(text):
            for match in _BEAT_ENTRY.finditer(text):
                found[match["name"]] = _Job(
                    _squeezed(match["when"]), _line(text, match.start("name"))
                )
        for match in _CELERY.finditer(text):
            line = _line(text, match.start())
            found[f"{posixpath.basename(path)} periodic task {len(found) + 1}"] = _Job(
                "periodic", line
            )
    elif tool == "apscheduler" and "scheduler" in text:
        for match in _APSCHEDULER.finditer(text):
            name = match["name"] or posixpath.basename(path)
            found[name] = _Job(
                _squeezed(match["when"] or match["only"]), _line(text, match.start())
            )
    return found


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace('"', "'")


def _line(text: str, offset: int) -> int:
    return line_of(text, offset)
