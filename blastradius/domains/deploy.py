"""Deployments: images, clusters, charts, platforms, and workflows that deploy."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites
from blastradius.domains.documents import documents, is_yaml, text_at
from blastradius.domains.lines import line_of
from blastradius.languages.yaml.address import outline
from blastradius.languages.yaml.nodes import Node
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "deploy"


class _Tool(NamedTuple):
    """A tool's files, and how what they deployed is put back."""

    name: str
    pattern: re.Pattern[str]
    action: str
    summary: str


_BY_DIGEST = "start the image from before by its digest, never by a tag, which may have moved"
_HELM = (
    "helm rollback RELEASE REVISION with the revision from `helm history`; it does not bring back "
    "CRDs, hooks' work or objects changed by others: compare with the saved live objects"
)
_KUSTOMIZE = (
    "apply the reverted overlay after a server-side diff; objects that were pruned come from the "
    "saved live objects"
)
_VERCEL = (
    "promote the deployment from before; it keeps the environment of its own build, and its crons "
    "come back with it"
)
_WRANGLER = "wrangler rollback VERSION-ID; bound resources (Durable Objects, D1, R2, KV) are not rolled back"
_TOOLS = tuple(
    _Tool(name, re.compile(pattern, re.IGNORECASE), action, summary)
    for name, pattern, action, summary in (
        ("docker", r"(?:^|/)(?:[\w.-]+\.)?(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$",
         "images built since are built differently", _BY_DIGEST),
        ("docker", r"(?:^|/)\.dockerignore$", "images built since hold other files", _BY_DIGEST),
        ("compose", r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$",
         "services started since are started differently",
         f"{_BY_DIGEST}; then bring the services up from the reverted file, keeping their volumes"),
        ("helm", r"(?:^|/)(?:Chart\.ya?ml|values[\w.-]*\.ya?ml|Chart\.lock)$",
         "the chart's next release differs",
         _HELM),
        ("kustomize", r"(?:^|/)kustomization\.ya?ml$", "the applied objects differ",
         _KUSTOMIZE),
        ("heroku", r"(?:^|/)(?:Procfile|app\.json)$", "processes are started differently",
         "roll back to the release from before; its environment is the present one"),
        ("vercel", r"(?:^|/)(?:vercel|now)\.json$", "deployments made since are configured differently",
         _VERCEL),
        ("netlify", r"(?:^|/)netlify\.toml$", "deployments made since are configured differently",
         "publish the deployment from before, and lock it until the revert is built"),
        ("wrangler", r"(?:^|/)wrangler\.(?:toml|jsonc?)$", "the worker deployed since differs",
         _WRANGLER),
        ("fly", r"(?:^|/)fly\.toml$", "machines started since differ", _BY_DIGEST),
        ("render", r"(?:^|/)render\.ya?ml$", "services deployed since differ",
         "roll back to the deployment from before, with automatic deployment off"),
        ("app-engine", r"(?:^|/)app\.ya?ml$", "versions deployed since differ",
         "move the traffic back to the version from before"),
        ("serverless", r"(?:^|/)(?:serverless|samconfig|template)\.(?:ya?ml|toml)$",
         "the stack deployed since differs",
         "deploy the reverted definition, or point the alias back to the version from before"),
        ("cloud-build", r"(?:^|/)cloudbuild[\w.-]*\.ya?ml$", "builds since run differently", _BY_DIGEST),
        ("gitlab-ci", r"(?:^|/)\.gitlab-ci\.ya?ml$", "pipelines since run differently",
         "stop running pipelines; what they deployed is put back where it runs"),
        ("jenkins", r"(?:^|/)Jenkinsfile(?:\.[\w.-]+)?$", "pipelines since run differently",
         "stop running pipelines; what they deployed is put back where it runs"),
        ("systemd", r"\.service$", "the unit runs differently once reloaded",
         "put the unit file back, reload, restart, with the old build in place"),
    )
)  # fmt: skip
_VERIFY = (
    "the digest, revision or version that runs is the one from before, and its health check passes"
)
_DEPLOYS = re.compile(
    r"\b(?:kubectl\s+(?:apply|set|rollout)|helm\s+(?:upgrade|install)|terraform\s+apply|gcloud\s[^\n]{0,80}"
    r"\bdeploy|aws\s+(?:s3\s+(?:sync|cp)|ecs\s+update-service|cloudformation\s+deploy|lambda\s+update)|fly\w*\s+deploy"
    r"|vercel\s[^\n]{0,40}--prod|wrangler\s+(?:deploy|publish)|docker\s+push|npm\s+publish|twine\s+upload"
    r"|uv\s+publish|poetry\s+publish|cargo\s+publish|dbt\s+(?:run|build|seed|snapshot)\b|gsutil\s[^\n]{0,40}(?:rsync|cp)"
    r"|netlify\s+deploy|firebase\s+deploy|git\s+push|gh\s+release)"
    r"|uses:\s*\S*(?:deploy|publish|release|pages|ecr|build-push-action|setup-gcloud|netlify|vercel|pulumi)\S*"
    r"|\bpush:\s*true\b",
    re.IGNORECASE,
)
# What manages workloads is rolled back by revision; the rest is applied again.
_ROLLED = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_ALSO_HELM_TEMPLATE = re.compile(r"(?:^|/)templates/[\w./-]+\.(?:ya?ml|tpl)$")


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each file or object that says what is deployed and how."""
    for change in deployed(view):
        if change.path.startswith(".github/workflows/"):
            yield from _workflow(view, change)
            continue
        tool = next((one for one in _TOOLS if one.pattern.search(change.path)), None)
        if tool is not None:
            if not _is_chart(view, change, tool):
                continue
            yield Kind(DOMAIN, tool.name).effect(
                change.path,
                tool.action,
                "reversible" if tool.name != "helm" else "compensatable",
                sites(view, change),
                Undo(tool.summary, _VERIFY),
                "likely",
            )
        elif _ALSO_HELM_TEMPLATE.search(change.path) and _in_chart(view, change.path):
            yield _helm_template(view, change)
        elif is_yaml(change.path):
            yield from _manifests(view, change)


def _is_chart(view: ChangeView, change: FileChange, tool: _Tool) -> bool:
    """``values.yaml`` is Helm's only beside a chart, ``template.yaml`` SAM's only when it says so."""
    name = posixpath.basename(change.path)
    if tool.name == "helm" and name.startswith("values"):
        return _in_chart(view, change.path) or "helm" in change.path.lower()
    if name.startswith(("template.", "app.")) and tool.name in {"serverless", "app-engine"}:
        text = view.after(change) or view.before(change) or ""
        return "AWS::" in text or re.search(r"^runtime\s*:", text, re.MULTILINE) is not None
    if tool.name == "heroku" and name == "app.json":
        return '"formation"' in (view.after(change) or view.before(change) or "")
    return True


def _in_chart(view: ChangeView, path: str) -> bool:
    folder = posixpath.dirname(path)
    while folder:
        if f"{folder}/Chart.yaml" in view.paths:
            return True
        folder = posixpath.dirname(folder)
    return "Chart.yaml" in view.paths


def _helm_template(view: ChangeView, change: FileChange) -> Effect:
    helm = next(one for one in _TOOLS if one.name == "helm")
    return Kind(DOMAIN, "helm").effect(
        change.path,
        helm.action,
        "compensatable",
        sites(view, change),
        Undo(helm.summary, _VERIFY),
        "likely",
    )


def _workflow(view: ChangeView, change: FileChange) -> Iterator[Effect]:
    """Workflows that deploy or publish; those that only test have no effect outside."""
    text = view.after(change) or view.before(change) or ""
    lines = {line_of(text, match.start()) for match in _DEPLOYS.finditer(text)}
    if not lines:
        return
    touched = set(view.added_lines(change.path))
    yield Kind(DOMAIN, "github-actions").effect(
        change.path,
        "runs since deploy or publish differently",
        "compensatable",
        sites(view, change, lines),
        Undo(
            "cancel what is running; what its runs deployed is put back where it runs, by digest or "
            "revision; what they published stays published",
            _VERIFY,
        ),
        "likely" if lines & touched else "possible",
    )


def _manifests(view: ChangeView, change: FileChange) -> Iterator[Effect]:
    old, new = (_objects(text) for text in (view.before(change), view.after(change)))
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before is not None and after is not None and outline(before) == outline(after):
            continue
        kind, namespace, name = key
        verb = "added" if before is None else "removed" if after is None else "changed"
        where = ("--namespace", namespace) if namespace else ()
        rolled = kind in _ROLLED and verb == "changed"
        yield Kind(DOMAIN, "kubernetes").effect(
            literal("/".join(part for part in (namespace, kind, name) if part)),
            f"{verb} in {change.path}, if it was applied",
            "reversible" if rolled else "compensatable",
            sites(view, change, _lines(after or before), at_base=after is None),
            _undo_object(kind, name, where, rolled=rolled, verb=verb),
            "likely",
        )


def _undo_object(kind: str, name: str, where: tuple[str, ...], *, rolled: bool, verb: str) -> Undo:
    if rolled:
        argv = ("kubectl", *where, "rollout", "history", f"{kind.lower()}/{name}")
        return Undo(
            "find the revision from before with this command, then `rollout undo --to-revision`; "
            "ConfigMaps and Secrets do not go back with it",
            _VERIFY,
            argv,
        )
    if verb == "added":
        return Undo("delete the object once nothing uses it, after saving it whole", _VERIFY)
    return Undo(
        "apply the object from before (saved whole, without managedFields) after a server-side diff",
        _VERIFY,
    )


def _objects(text: str | None) -> dict[tuple[str, str, str], Node]:
    if not text or "apiVersion" not in text:
        return {}
    found = {}
    for root in documents(text):
        kind, name = text_at(root, "kind"), text_at(root, "metadata", "name")
        if kind and name and text_at(root, "apiVersion"):
            found[kind, text_at(root, "metadata", "namespace"), name] = root
    return found


def _lines(node: Node | None) -> Iterable[int]:
    return range(node.line, node.end + 1) if node is not None else ()
