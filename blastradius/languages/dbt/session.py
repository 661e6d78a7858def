"""A project's templates and what they ask: one environment, the state of the rendering that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jinja2 import Template
from jinja2.runtime import Macro as JinjaMacro

from blastradius.languages.dbt.bounds import MOST_STEPS, TooMuchError
from blastradius.languages.dbt.builtins import DBT, columns_named
from blastradius.languages.dbt.context import Called, Package, Stub, names
from blastradius.languages.dbt.macros import Macro, MacroIndex, code_size
from blastradius.languages.dbt.nodes import Node, Nodes
from blastradius.languages.dbt.project import Project
from blastradius.languages.dbt.record import Use
from blastradius.languages.dbt.sandbox import BoundedEnvironment
from blastradius.languages.dbt.values import HOLE, Missing, Names, Opaque, Relation

_KNOWN_PACKAGES = frozenset({"dbt_utils"})
_MOST_USES = 20_000
# Noted of a file also where a macro of it asks.
_PASSED_ON = frozenset({"ref", "source", "var", "env_var", "doc", "graph", "dynamic"})


class Session:
    """Renders for one project.

    Args:
        project: the root project. index: its macros. nodes: what refs may mean.
        columns_of: symbol → the relation's columns, None when not all are known.
        shared: names that several files of the tree have.
    """

    def __init__(
        self,
        project: Project,
        index: MacroIndex,
        nodes: Nodes,
        columns_of: Callable[[str], tuple[str, ...] | None],
        shared: frozenset[str] = frozenset(),
    ) -> None:
        self.project = project
        self.index = index
        self.nodes = nodes
        self.columns_of = columns_of
        self.shared = shared
        self.environment = BoundedEnvironment(self.find)
        self._compiled: dict[str, tuple[JinjaMacro, int]] = {}
        self.begin(Node("model", "", project.name, "", ""), {}, execute=True, incremental=False)
        self.environment.globals |= {
            name: value
            for name, value in names(self).items()
            if name not in index.by_package.get(index.root, {})
        }

    def begin(
        self, node: Node, folder_config: Mapping[str, Any], *, execute: bool, incremental: bool
    ) -> None:
        """Start a rendering of ``node``; ``execute`` and ``incremental`` are what dbt would say."""
        self.environment.begin()
        self.node = node
        self.folder_config = folder_config
        self.config: dict[str, Any] = {}
        self.config_line = 1
        self.uses: dict[Use, None] = {}
        self.asked: dict[tuple[str, str], None] = {}
        self.asked_execute = self.asked_incremental = False
        self._execute, self._incremental = execute, incremental
        self._stack: list[str] = []

    @property
    def steps(self) -> int:
        """What this rendering has cost so far."""
        return MOST_STEPS - max(self.environment.budget.left, 0)

    def use(self, kind: str, name: str) -> None:
        """Note that the template uses something, on the line that runs."""
        line = max(self.environment.line, 1)
        via = self._stack[-1] if self._stack else ""
        if len(self.uses) > _MOST_USES:
            raise TooMuchError("a template that uses too much")
        self.uses.setdefault(Use(kind, name[:500], line, via))
        if via and kind in _PASSED_ON:
            self.uses.setdefault(Use(kind, name[:500], line))

    def ask(self, kind: str, name: str) -> None:
        """Note a question to the tree, whose answer the rendering rests on."""
        self.asked.setdefault((kind, name))

    @contextmanager
    def inside(self, macro: str) -> Iterator[None]:
        """What is used while it lasts is used by ``macro``."""
        self._stack.append(macro)
        try:
            yield
        finally:
            self._stack.pop()

    def find(self, name: str, package: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what a name means that is no global: a macro, a package, something of the node."""
        if name == "execute":
            self.asked_execute = True
            return self._execute
        if name == "this":
            return Relation("this", self.node.name)
        if name == "model":
            return self._model()
        if name in {"schema", "database"}:
            return Opaque(name)
        package = package or self.node.package
        self.ask("find", f"{package}|{name}")
        found = self.index.find(name, package)
        if found is not None:
            return Called(self, found)
        if name in self.index.by_package or name == "dbt" or name in _KNOWN_PACKAGES:
            return Package(self, name)
        if name in DBT:
            return Stub(self, f"dbt.{name}", DBT[name])
        return Missing(name=name)

    def named(self, name: str) -> Any:  # noqa: ANN401 - any value of a template
        """Return what a name means, global or not."""
        if name in self.environment.globals:
            return self.environment.globals[name]
        return self.find(name, self.node.package)

    def _model(self) -> Names:
        node = self.node
        unique = f"{node.kind}.{node.package}.{node.name}"
        known = {"name": node.name, "alias": node.name, "unique_id": unique, "config": {}}
        return Names("model", known | {"resource_type": node.kind, "package_name": node.package})

    def template(self, text: str, package: str, *, marked: bool) -> Template:
        """Return a template, compiled; ``marked``: it is a file's own, whose lines are to be known.

        Raises:
            TooMuchError: it holds more code than any template of a project needs.
            TemplateError: it is none.
        """
        self.environment.budget.charge(code_size(text))
        before, self.environment.marked = self.environment.marked, marked
        try:
            return self.environment.from_string(text, globals={"__package__": package})
        finally:
            self.environment.marked = before

    def evaluated(self, text: str, package: str) -> str:
        """Return what a text of the project's configuration gives; itself when it gives nothing."""
        if "{" not in text:
            return text
        self.begin(Node("model", "", package, "", ""), {}, execute=False, incremental=False)
        try:
            template = self.template(text, package, marked=False)
            return "".join(template.root_render_func(template.new_context()))
        except (Exception, RecursionError, MemoryError):  # noqa: BLE001 - a hostile template may raise any
            return text

    def compiled(self, macro: Macro) -> JinjaMacro:
        """Return a macro, ready to be called."""
        budget = self.environment.budget
        held = self._compiled.get(macro.uid)
        if held is None:
            before = budget.left
            template = self.template(macro.text, macro.package, marked=False)
            context = template.new_context()
            for _ in template.root_render_func(context):
                pass
            made = context.vars.get(macro.name)
            if not isinstance(made, JinjaMacro):
                raise TooMuchError(f"the macro {macro.name} is none")
            held = self._compiled[macro.uid] = (made, before - budget.left)
            budget.left = before
        # Whoever is first to call a macro pays no more than those after.
        if ("text", macro.uid) not in self.asked:
            budget.charge(held[1])
        self.ask("text", macro.uid)
        return held[0]

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
        """Return what ``adapter.dispatch`` gives."""
        name = str(kwargs.get("macro_name", args[0] if args else ""))
        namespace = str(kwargs.get("macro_namespace") or (args[1] if len(args) > 1 else "") or "")
        self.ask("dispatch", f"{namespace}|{name}")
        found = self.index.dispatched(name, namespace)
        if found is not None:
            return Called(self, found)
        known = DBT.get(name)
        dotted = f"{namespace}.{name}" if namespace else name
        return Stub(self, dotted, known) if known is not None else Missing(name=dotted)

    def ref(self, *args: Any, **kwargs: Any) -> Relation:  # noqa: ANN401 - any value of a template
        """Return the relation that ``ref(…)`` names."""
        parts = [one for one in args if isinstance(one, str) and HOLE not in one]
        if not parts or len(parts) < len(args):
            # A name that only the warehouse knows.
            self.use("dynamic", "ref")
            return Relation(HOLE, HOLE)
        version = kwargs.get("v", kwargs.get("version"))
        name = parts[-1]
        package = parts[0] if len(parts) > 1 else ""
        key = "|".join((self.node.package, package, name, "" if version is None else str(version)))
        self.ask("ref", key)
        node = self.resolve(key)
        if node is None:
            self.use("ref", name.lower())
            return Relation(f"ref({name!r})", name)
        # The SQL language knows a relation by its file: versions and aliases are settled here.
        known = node.symbol if node.is_sql else self.name_of(node)
        self.use("ref", known.lower())
        return Relation(f"ref({known!r})", node.name, node.symbol)

    def name_of(self, node: Node) -> str:
        """Return how the SQL language is told of a seed or Python model.

        By its name, unless other files of the tree are called alike.
        """
        if node.name.lower() not in self.shared:
            return node.name
        # In one word: the last word of a dotted name would be found by itself.
        return node.path.rpartition(".")[0].replace(".", "_").replace("/", "__").lower()

    def resolve(self, key: str) -> Node | None:
        """Return the node that a ref means: ``home|package|name|version``."""
        home, package, name, version = [*key.split("|"), "", "", "", ""][:4]
        return self.nodes.find(name, package, version, home)

    def source(self, *args: Any) -> Relation:  # noqa: ANN401 - any value of a template
        """Return the relation that ``source(…)`` names."""
        group, table = ([str(one) for one in args] + ["", ""])[:2]
        self.use("source", f"{group}.{table}".lower())
        return Relation(f"source({group!r}, {table!r})", table)

    def doc(self, *args: Any) -> str:  # noqa: ANN401 - any value of a template
        """Note a block of documentation; its text matters to nobody here."""
        self.use("doc", str(args[-1]) if args else "")
        return ""

    def variable(self, name: str) -> tuple[bool, Any]:
        """Return whether a variable is set in the project, and its value."""
        self.ask("var", f"{self.node.package}|{name}")
        return variable(self.project, self.node.package, name)

    def env_var(self, name: Any = "", default: Any = None) -> Any:  # noqa: ANN401 - any value of a template
        """Return the default: no template sees the environment of this machine."""
        self.use("env_var", str(name))
        return Opaque(f"env_var({str(name)!r})") if default is None else str(default)

    def columns(self, relation: Any = None, *_more: Any, **_kwargs: Any) -> list[Any]:  # noqa: ANN401 - any value of a template
        """Return the columns of a relation as the adapter would."""
        key = relation.key if isinstance(relation, Relation) else ""
        if not key:
            return list(columns_named(None))
        self.ask("columns", key)
        return list(columns_named(self.columns_of(key)))

    def incremental(self) -> bool:
        """Return what ``is_incremental()`` is in this rendering."""
        self.asked_incremental = True
        return self._incremental

    def queried(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """Return a query at compile time, which gives nothing while dbt only parses."""

        def query(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any value of a template
            self.asked_execute = True
            return answer(*args, **kwargs) if self._execute else None

        return query

    def answer(self, kind: str, name: str) -> str:
        """Return the answer to a question as text, to see whether it has changed."""
        head, _, rest = name.partition("|")
        if kind == "find":
            found = self.index.find(rest, head)
            return found.uid + found.digest if found is not None else ""
        if kind == "macro":
            found = self.index.by_package.get(head, {}).get(rest)
            return found.uid + found.digest if found is not None else ""
        if kind == "dispatch":
            found = self.index.dispatched(rest, head)
            return found.uid + found.digest if found is not None else ""
        if kind == "text":
            package, _, macro = name.partition(".")
            held = self.index.by_package.get(package, {}).get(macro)
            return held.digest if held is not None else ""
        if kind == "ref":
            node = self.resolve(name)
            return f"{node.symbol} {self.name_of(node)}" if node is not None else ""
        if kind == "columns":
            return repr(self.columns_of(name))
        if kind == "var":
            return repr(variable(self.project, head, rest))
        return repr(self.folder_config.get(name)) if kind == "config" else ""


def variable(project: Project, package: str, name: str) -> tuple[bool, Any]:
    """Return whether ``vars:`` sets a variable for files of ``package``, and its value."""
    owner = project.packages.get(package)
    for held in (
        project.scoped.get(package, {}),
        project.variables,
        owner.scoped.get(package, {}) if owner is not None else {},
        owner.variables if owner is not None else {},
    ):
        if name in held:
            return True, held[name]
    return False, None
