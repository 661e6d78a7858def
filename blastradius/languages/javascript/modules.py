"""Import and export statements of the standard."""

from __future__ import annotations

from tree_sitter import Node

from blastradius.languages.javascript.chains import literal
from blastradius.languages.javascript.declare import declaration, define_value
from blastradius.languages.javascript.own import NAMESPACE, SIDE_EFFECT, WHOLE, Export, ImportFlag
from blastradius.languages.javascript.patterns import key_of
from blastradius.languages.javascript.recorder import Bound, Ctx, LocalExport, Recorder, line_of
from blastradius.languages.javascript.signatures import NOISE
from blastradius.languages.javascript.walk import below as walk_below
from blastradius.languages.javascript.walk import handles


@handles("import_statement")
def import_statement(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record an import and bind its names."""
    rec.modular = True
    flags = ImportFlag.TYPE if _says_type(node) else ImportFlag(0)
    module = literal(rec, node.child_by_field_name("source"))
    clauses = [one for one in node.named_children if one.type.endswith("_clause")]
    for clause in clauses:
        if clause.type == "import_require_clause":
            module = literal(rec, clause.child_by_field_name("source"))
            if module:
                _bind(rec, clause.named_children[0], module, WHOLE, flags | ImportFlag.REQUIRE, ctx)
        elif module:
            _clause(rec, clause, module, flags, ctx)
    if not clauses and module:
        rec.add_import(node, ctx, module, SIDE_EFFECT)
        rec.token(f"import {module}", ctx)


def _clause(rec: Recorder, clause: Node, module: str, flags: ImportFlag, ctx: Ctx) -> None:
    for one in clause.named_children:
        if one.type == "identifier":
            _bind(rec, one, module, "default", flags, ctx)
        elif one.type == "namespace_import":
            for inner in one.named_children[:1]:
                _bind(rec, inner, module, NAMESPACE, flags, ctx)
        elif one.type == "named_imports":
            for part in one.named_children:
                name = part.child_by_field_name("name")
                if part.type == "import_specifier" and name is not None:
                    local = part.child_by_field_name("alias") or name
                    own = ImportFlag.TYPE if _says_type(part) else ImportFlag(0)
                    _bind(rec, local, module, key_of(rec, name), flags | own, ctx)


def _bind(rec: Recorder, local: Node, module: str, name: str, flags: ImportFlag, ctx: Ctx) -> None:
    number = rec.add_import(local, ctx, module, name, flags)
    ctx.scope.bind(rec.text(local), Bound(number))


def _says_type(node: Node) -> bool:
    return any(one.type in {"type", "typeof"} for one in node.children)


@handles("export_statement")
def export_statement(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record what a statement exports, and walk what it declares."""
    if not ctx.top:
        walk_below(rec, node, ctx)
        return
    if ctx.scope is rec.module:
        rec.modular = True
    source = literal(rec, node.child_by_field_name("source"))
    kinds = {one.type for one in node.children}
    if source:
        _hand_on(rec, node, source, ctx)
        return
    declared = node.child_by_field_name("declaration")
    decorators = [one for one in node.children if one.type == "decorator"]
    if declared is not None:
        _declared(rec, node, declared, decorators, ctx)
    elif "export_clause" in kinds:
        _clause_of_locals(rec, node, ctx)
    elif "=" in kinds:
        _value(rec, node, WHOLE, ctx)
    elif "default" in kinds:
        _value(rec, node, "default", ctx)


def _declared(rec: Recorder, node: Node, declared: Node, decorators: list[Node], ctx: Ctx) -> None:
    if declared.type == "ambient_declaration":
        inner = [one for one in declared.named_children if one.type not in NOISE]
        if not inner:
            return
        declared = inner[0]
    before = len(rec.imports)
    made = declaration(rec, declared, ctx, decorators)
    if made is None:
        rec.push(declared, ctx)
        return
    if ctx.scope is not rec.module:
        return
    default = any(one.type == "default" for one in node.children)
    for name, number in made:
        rec.exports.append(Export("default" if default else name, number))
    if not made and len(rec.imports) > before:
        # ``export const {a} = require("./b")``: the names are bound to imports.
        for name, bound in list(rec.module.bindings.items()):
            if bound.root is not None and bound.root >= before:
                rec.local_exports.append(LocalExport(name, name, rec.module, line_of(node)))


def _hand_on(rec: Recorder, node: Node, module: str, ctx: Ctx) -> None:
    """Record ``export … from "./x"``: each name is a definition of its own, a hop."""
    flags = ImportFlag.REEXPORT | (ImportFlag.TYPE if _says_type(node) else ImportFlag(0))
    whole = True
    for one in node.named_children:
        if one.type == "namespace_export":
            whole = False
            for inner in one.named_children[:1]:
                _hop(rec, inner, module, NAMESPACE, key_of(rec, inner), flags)
        elif one.type == "export_clause":
            whole = False
            for part in one.named_children:
                name = part.child_by_field_name("name")
                if part.type == "export_specifier" and name is not None:
                    alias = part.child_by_field_name("alias") or name
                    _hop(rec, part, module, key_of(rec, name), key_of(rec, alias), flags)
    if whole and any(one.type == "*" for one in node.children):
        star(rec, node, module, flags, ctx)


def _hop(
    rec: Recorder, node: Node, module: str, name: str, exported: str, flags: ImportFlag
) -> None:
    definition = rec.define(exported, "export", node, -1)
    rec.drafts[definition].tokens += [module, name]
    number = rec.add_import(node, Ctx(rec.module, definition), module, name, flags)
    rec.exports.append(Export(exported, definition, number))


def star(rec: Recorder, node: Node, module: str, flags: ImportFlag, ctx: Ctx) -> None:
    """Record that all names of a module are handed on."""
    definition = rec.define_as(f"*({module})", "export", node, -1)
    rec.drafts[definition].tokens.append(module)
    at = ctx._replace(scope=rec.module, owner=definition)
    number = rec.add_import(node, at, module, NAMESPACE, flags | ImportFlag.REEXPORT)
    rec.exports.append(Export(NAMESPACE, definition, number))


def _clause_of_locals(rec: Recorder, node: Node, ctx: Ctx) -> None:
    for clause in node.named_children:
        for part in clause.named_children if clause.type == "export_clause" else []:
            name = part.child_by_field_name("name")
            if name is not None:
                alias = part.child_by_field_name("alias") or name
                rec.local_exports.append(
                    LocalExport(key_of(rec, alias), rec.text(name), ctx.scope, line_of(part))
                )


def _value(rec: Recorder, node: Node, name: str, ctx: Ctx) -> None:
    """Record ``export default value`` and ``export = value``."""
    value = node.child_by_field_name("value")
    if value is None:
        value = next((one for one in node.named_children if one.type not in NOISE), None)
    if value is None:
        return
    if value.type == "identifier":
        rec.local_exports.append(LocalExport(name, rec.text(value), ctx.scope, line_of(node)))
        return
    own = value.child_by_field_name("name")
    named = own is not None and value.type in {"function_expression", "class", "generator_function"}
    label = rec.text(own) if named and own is not None else "default"
    definition = define_value(rec, label, value, node, ctx)
    if named:
        ctx.scope.bind(label, Bound(-definition - 1))
    rec.exports.append(Export(name, definition))
