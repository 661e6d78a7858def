"""What only bridges ask for: key paths, ORM columns, rendered names, environment names, patches.

Each is a mention (or a group of fields) beside what the walk records anyway; none binds a name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from blastradius.languages.python import strings
from blastradius.languages.python.fields import define_field
from blastradius.languages.python.groups import MOST_FIELDS, field_of
from blastradius.languages.python.own import Kind
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted
from blastradius.model.facts import Mention

Chain = Callable[[Recorder, ast.expr], int]

RENDERERS = frozenset(
    ["render", "render_template", "render_template_string", "render_to_string", "TemplateResponse"]
)
"""Callees that hand their keywords to a template."""
TABLE_NAMES = frozenset({"__tablename__", "db_table"})
"""Class attributes whose string is the table of an ORM class."""
_LONGEST_PATH = 8
_CONFIG_GETTERS = frozenset({"get", "getint", "getfloat", "getboolean", "getlist", "getjson"})
_COLUMNS = frozenset({"Column", "mapped_column"})
_ENV_KEYWORDS = frozenset({"env", "envvar", "env_prefix", "env_var", "env_name"})
_MODEL_OPERATIONS = frozenset(
    ["CreateModel", "DeleteModel", "AddField", "RemoveField", "AlterField", "RenameField"]
)
_MODEL_KEYWORDS = frozenset({"name", "model_name"})
_PATCHERS = {
    "object": frozenset({"patch"}),
    "setattr": frozenset({"monkeypatch", "mp", "m"}),
    "delattr": frozenset({"monkeypatch", "mp", "m"}),
}
_PAIR = 2


def call(rec: Recorder, node: ast.Call, callee: str, chain: Chain) -> None:
    """Record what a call says beside its arguments."""
    head, _, last = callee.rpartition(".")
    if _is_column(callee):
        first = node.args[0] if node.args else None
        _column(rec, field_of(first) or _own_name(rec), callee, node.lineno)
    elif last in RENDERERS:
        _rendered(rec, node, callee)
    elif last in _CONFIG_GETTERS:
        _getter(rec, node, callee)
    elif last in _PATCHERS and head.rpartition(".")[2] in _PATCHERS[last]:
        _patched(rec, node, chain)
    for keyword in node.keywords:
        _keyword(rec, keyword, last, callee)


def pair(rec: Recorder, elements: Sequence[ast.expr]) -> None:
    """Record ``("isbn", models.CharField(…))`` of a Django migration as a column."""
    if len(elements) != _PAIR or not isinstance(elements[1], ast.Call):
        return
    callee, name = dotted(elements[1].func), field_of(elements[0])
    if name and _is_column(callee):
        _column(rec, name, callee, elements[0].lineno)


def subscript(rec: Recorder, node: ast.Subscript) -> None:
    """Record ``cfg["a"]["b"]`` as the key path ``a.b`` of ``cfg``."""
    root, parts = _steps(node)
    if len(parts) > 1 and root and "[" not in root:
        _key_path(rec, parts, root, node.lineno)


def _steps(node: ast.expr) -> tuple[str, list[str]]:
    """Return what a chain of keys starts at, as a dotted name, and the keys in their order."""
    parts: list[str] = []
    while len(parts) <= _LONGEST_PATH:
        key, of = _step(node)
        if of is None:
            break
        parts.append(key)
        node = of
    return dotted(node), parts[::-1]


def _step(node: ast.expr) -> tuple[str, ast.expr | None]:
    """Return the key that the outermost step takes, and what it takes it of."""
    if isinstance(node, ast.Subscript):
        key = field_of(node.slice)
        return (key, node.value) if key else ("", None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        key = field_of(node.args[0]) if node.func.attr == "get" else ""
        return (key, node.func.value) if key else ("", None)
    return "", None


def _getter(rec: Recorder, node: ast.Call, callee: str) -> None:
    """``config.get("section", "key")``, ``cfg.get("a").get("b")``, ``cfg["a"].get("b")``."""
    if not isinstance(node.func, ast.Attribute):
        return
    keys = [field_of(one) for one in node.args[:_PAIR]]
    if len(keys) == _PAIR and all(keys):
        _key_path(rec, keys, callee.rpartition(".")[0], node.lineno)
    root, parts = _steps(node)
    if len(parts) > 1 and root:
        _key_path(rec, parts, root, node.lineno)


def _key_path(rec: Recorder, keys: Sequence[str], root: str, line: int) -> None:
    if all("." not in key for key in keys) and not strings.is_environ(root):
        rec.mentions.append(Mention(".".join(keys), "key", line, rec.owner, root))


def _is_column(callee: str) -> bool:
    head, _, last = callee.rpartition(".")
    if last in _COLUMNS:
        return True
    return head.endswith("models") and last.endswith(("Field", "ForeignKey"))


def _own_name(rec: Recorder) -> str:
    """Return the attribute that the call is the whole value of; empty anywhere else."""
    if rec.via or rec.owner < 0 or rec.drafts[rec.owner].kind != "attribute":
        return ""
    return rec.drafts[rec.owner].name.rpartition(".")[2]


def _column(rec: Recorder, name: str, callee: str, line: int) -> None:
    if name:
        rec.mentions.append(Mention(name, "column", line, rec.owner, callee))


def _rendered(rec: Recorder, node: ast.Call, callee: str) -> None:
    """``render_template("x.html", user=…)``: each keyword is a field that the template may use."""
    sites = []
    for keyword in node.keywords:
        if keyword.arg is None or rec.groups.defined >= MOST_FIELDS:
            continue
        line = keyword.value.lineno
        index = define_field(rec, keyword.arg, line, keyword.value.end_lineno or line)
        sites.append((keyword.arg, line, index))
    if sites:
        rec.groups.add("render", "produce", rec.owner, sites, (callee,))


def _keyword(rec: Recorder, keyword: ast.keyword, last: str, callee: str) -> None:
    value = field_of(keyword.value)
    if not value or keyword.arg is None:
        return
    line = keyword.value.lineno
    if keyword.arg in _ENV_KEYWORDS and value.isidentifier():
        flavor = "name" if keyword.arg == "env_prefix" else "env"
        via = keyword.arg if flavor == "name" else callee
        rec.mentions.append(Mention(value, flavor, line, rec.owner, via))
    elif last in _MODEL_OPERATIONS and keyword.arg in _MODEL_KEYWORDS:
        if keyword.arg == "name" and last not in {"CreateModel", "DeleteModel"}:
            rec.mentions.append(Mention(value, "column", line, rec.owner, callee))
        else:
            rec.mentions.append(Mention(value, "name", line, rec.owner, callee))


def _patched(rec: Recorder, node: ast.Call, chain: Chain) -> None:
    """``patch.object(x, "name")``, ``monkeypatch.setattr(x, "name", …)``: x must have the name."""
    if len(node.args) < _PAIR:
        return
    name, of = field_of(node.args[1]), dotted(node.args[0])
    if not name.isidentifier() or not all(part.isidentifier() for part in of.split(".")):
        return
    mark = len(rec.out)
    value = rec.nodes.attr(chain(rec, node.args[0]), name)
    del rec.out[mark:]  # the walk over the arguments says it
    rec.refer(Kind.REFERENCE, value, node.args[1].lineno)
