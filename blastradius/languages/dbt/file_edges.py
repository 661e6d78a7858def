"""What the files of a project use: macros, variables, configuration; and what macros use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from blastradius.languages.base import Source
from blastradius.languages.dbt.edges import Edges
from blastradius.languages.dbt.macros import Macro, MacroIndex, text_of
from blastradius.languages.dbt.nodes import Node
from blastradius.languages.dbt.project import FILE, Project
from blastradius.languages.dbt.record import Use
from blastradius.languages.dbt.world import Space
from blastradius.languages.sql.names import PREFIX, macro_symbol
from blastradius.languages.sql.summary import Summary
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node as YamlNode
from blastradius.languages.yaml.nodes import child
from blastradius.model.symbols import Tier

# Macros that dbt calls for every file of these kinds, where a project has its own.
_HOOKS = {
    "generate_schema_name": ("model", "seed", "snapshot", "test"),
    "generate_alias_name": ("model", "seed", "snapshot", "test"),
    "generate_database_name": ("model", "seed", "snapshot", "test"),
    "is_incremental": ("model",),
    "ref": ("model", "snapshot", "test", "analysis"),
    "source": ("model", "snapshot", "test", "analysis"),
}
_CALLED_BY_DBT = ("generate_schema_name", "generate_alias_name", "generate_database_name")
_PYTHON_CALL = re.compile(r"\bdbt\.(ref|source)\(([^()]*)\)")
_TEXT = re.compile(r"['\"]([^'\"]*)['\"]")


def add_file_edges(space: Space, own: Mapping[str, Summary], source: Source, edges: Edges) -> None:
    """Add the edges of every file of the project.

    Args:
        space: the project, its files rendered.
        own: path → the SQL language's record of a file as it is, without rendering.
        source: gives the bytes of a file.
        edges: gets the edges.
    """
    macros = {one.uid: one for one in space.session.index.all()}
    lowered = {one.name.lower(): one for one in space.nodes.all()}
    for node in space.nodes.all():
        if node.kind == "seed":
            edges.add(f"{PREFIX}{node.name.lower()}", f"file:{node.path}", "seed", node.path, 1)
        _add_configs(space, node, edges)
        if node.path in space.rendered:
            why = space.rendered[node.path].problem
            if why:
                edges.lost(node.path, 1, f"template: {why}", symbol_of(node), outcome="dynamic")
            _add_uses(space, node, macros, edges)
            if node.path in own:
                _add_untaken(space, node, own[node.path], lowered, edges)
        elif node.path.endswith(".py"):
            _add_python(space, node, source, edges)
    for path in space.session.index.refused:
        edges.lost(path, 1, "macros: too large to be looked for", f"file:{path}", outcome="dynamic")
    dispatched: dict[str, list[Macro]] = {}
    for macro in macros.values():
        dispatched.setdefault(macro.name.partition("__")[2], []).append(macro)
    for macro in macros.values():
        _add_macro(space.session.index, macro, dispatched, edges)


def symbol_of(node: Node) -> str:
    """Return the symbol of a node."""
    return node.symbol if node.symbol.startswith("file:") else PREFIX + node.symbol


def _add_configs(space: Space, node: Node, edges: Edges) -> None:
    path = _project_file(space.project)
    for setting in space.configs.settings(node):
        target = f"yaml:{path}#{setting.address}"
        edges.add(symbol_of(node), target, "config", path, setting.line, needs=setting.name)
    held = space.session.index.by_package.get(space.project.name, {})
    for name in _CALLED_BY_DBT:
        if name in held and node.kind in _HOOKS[name]:
            edges.add(symbol_of(node), macro_symbol(name), "macro", node.path, 1)


def _project_file(project: Project) -> str:
    return f"{project.root}/{FILE}" if project.root else FILE


def _add_uses(space: Space, node: Node, macros: Mapping[str, Macro], edges: Edges) -> None:
    symbol = symbol_of(node)
    for use in space.rendered[node.path].uses:
        user, path, line = symbol, node.path, use.line
        if use.via:
            held = macros.get(use.via)
            if held is None:
                continue
            user, path, line = macro_symbol(held.name), held.path, _line_in(held, use.name)
        _add_use(space, use, (user, path, line), node.package, edges)


def _line_in(macro: Macro, name: str) -> int:
    """Return the line of the macro's file on which a name stands; its first where none does."""
    last = name.rpartition(".")[2]
    for word, line, _ in macro.words:
        if word == name or word.rpartition(".")[2] == last:
            return line
    at = macro.text.find(last)
    return macro.line + macro.text.count("\n", 0, at) if at >= 0 else macro.line


def _add_use(
    space: Space, use: Use, site: tuple[str, str, int], package: str, edges: Edges
) -> None:
    user, path, line = site
    if use.kind == "macro":
        name = use.name.partition(".")[2]
        edges.add(user, macro_symbol(name), "macro", path, line, needs=use.name)
    elif use.kind == "var":
        add_variable(space.project, package, use.name, site, edges)
    elif use.kind == "env_var":
        edges.add(user, f"env:{use.name}", "env", path, line)
    elif use.kind == "dynamic" and not use.via:
        edges.lost(path, line, "ref(…)", user, outcome="dynamic")


def add_variable(
    project: Project, package: str, name: str, site: tuple[str, str, int], edges: Edges
) -> None:
    """Add the edge from a site (symbol, path, line) to where a variable is set."""
    owner = project.packages.get(package)
    for held in (project, owner) if owner is not None else (project,):
        address = variable_address(held, package, name)
        if address:
            symbol, path, line = site
            edges.add(
                symbol, f"yaml:{_project_file(held)}#{address}", "var", path, line, needs=name
            )
            return


def variable_address(project: Project, package: str, name: str) -> str:
    """Return the address in ``dbt_project.yml`` of a variable; empty when it is not set there."""
    variables = child(project.tree, "vars")
    if variables is None:
        return ""
    scoped = child(variables, package)
    for place, address in ((scoped, below("vars", _key(package))), (variables, "vars")):
        if place is not None and child(place, name) is not None:
            return below(address, _key(name))
    return ""


def _key(text: str) -> YamlNode:
    return YamlNode("scalar", 0, 0, "str", text)


def _add_untaken(
    space: Space, node: Node, own: Summary, lowered: Mapping[str, Node], edges: Edges
) -> None:
    """What stands in branches that were not taken here is taken elsewhere, by another target."""
    rendered = space.rendered[node.path]
    symbol = symbol_of(node)
    used = {use.name for use in rendered.uses if use.kind in {"ref", "source"}}
    for ref in own.refs:
        if ref.macro >= 0 or ref.name in used:
            continue
        home = space.nodes.find(ref.name, "", "", node.package) or lowered.get(ref.name)
        if ref.kind == "ref" and home is not None and home.symbol.lower() not in used:
            edges.add(symbol, symbol_of(home), "ref", node.path, ref.line, "likely")
        elif ref.kind == "source":
            edges.add(symbol, PREFIX + ref.name, "ref", node.path, ref.line, "likely")
    called = {use.name.rpartition(".")[2] for use in rendered.uses if use.kind == "macro"}
    for use in own.uses:
        found = space.session.index.find(use.name, node.package)
        if use.macro < 0 and found is not None and use.name not in called:
            edges.add(symbol, macro_symbol(use.name), "macro", node.path, use.line, "likely")


def _add_python(space: Space, node: Node, source: Source, edges: Edges) -> None:
    text = text_of(source(node.path) or b"")
    for number, line in enumerate(text.split("\n"), 1):
        for match in _PYTHON_CALL.finditer(line.partition("#")[0]):
            names = _TEXT.findall(match.group(2))
            if match.group(1) == "source" and len(names) > 1:
                target = f"{PREFIX}{names[0]}.{names[1]}".lower()
                edges.add(symbol_of(node), target, "ref", node.path, number)
            elif match.group(1) == "ref" and names:
                package = names[0] if len(names) > 1 else ""
                found = space.nodes.find(names[-1], package, "", node.package)
                if found is not None:
                    edges.add(symbol_of(node), symbol_of(found), "ref", node.path, number)
                else:
                    edges.lost(node.path, number, names[-1], symbol_of(node))


def _add_macro(
    index: MacroIndex, macro: Macro, dispatched: Mapping[str, list[Macro]], edges: Edges
) -> None:
    symbol = macro_symbol(macro.name)
    for word, line, called in macro.words:
        found = index.named(word, macro.package)
        if found is not None and found.uid != macro.uid:
            # Without parentheses it is passed on as a value, or a variable that is called alike.
            tier: Tier = "certain" if called or "." in word else "likely"
            edges.add(symbol, macro_symbol(found.name), "macro", macro.path, line, tier, word)
    for name, namespace, line in macro.dispatches:
        chosen = index.dispatched(name, namespace)
        for other in dispatched.get(name, ()):
            sure: Tier = "certain" if chosen is not None and other.uid == chosen.uid else "likely"
            edges.add(symbol, macro_symbol(other.name), "macro", macro.path, line, sure, name)
