"""PostgreSQL: definitions as ``pg_get_*def`` prints them."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.adapters.database.native import Ddl, Native, Thing
from blastradius.adapters.database.places import Session

_MINE = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' "
    "AND n.nspname NOT LIKE 'pg\\_temp%'"
)
# What an extension brought is made by the extension.
_NOT_EXTENSION = (
    "NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = {0} AND x.classid = {1}::regclass "
    "AND x.deptype = 'e')"
)
_QUERIES: dict[str, str] = {
    "extension": "SELECT '', quote_ident(e.extname), quote_ident(e.extname), '' FROM pg_extension e "
    "WHERE e.extname <> 'plpgsql' ORDER BY 2",
    "schema": f"SELECT '', quote_ident(n.nspname), quote_ident(n.nspname), '' FROM pg_namespace n "
    f"WHERE {_MINE} AND {_NOT_EXTENSION.format('n.oid', chr(39) + 'pg_namespace' + chr(39))} ORDER BY 2",
    "type": "SELECT '', format('%I.%I', n.nspname, t.typname), format('%I.%I', n.nspname, t.typname), "
    "(SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e "
    f"WHERE e.enumtypid = t.oid) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
    f"WHERE t.typtype = 'e' AND {_MINE} AND "
    f"{_NOT_EXTENSION.format('t.oid', chr(39) + 'pg_type' + chr(39))} ORDER BY 2",
    "sequence": "SELECT '', format('%I.%I', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname), "
    "format('AS %s INCREMENT %s MINVALUE %s MAXVALUE %s START %s CACHE %s%s', "
    "format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache, "
    "CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END) FROM pg_sequence s "
    "JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    f"WHERE {_MINE} AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid "
    "AND d.deptype IN ('i', 'e')) "
    "ORDER BY 2",
    "function": "SELECT '', format('%I.%I(%s)', n.nspname, p.proname, "
    "pg_get_function_identity_arguments(p.oid)), "
    "format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), "
    "pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
    f"WHERE p.prokind IN ('f', 'p') AND {_MINE} AND "
    f"{_NOT_EXTENSION.format('p.oid', chr(39) + 'pg_proc' + chr(39))} ORDER BY p.oid",
    "owned": "SELECT format('%I.%I', n.nspname, t.relname), format('%I.%I', sn.nspname, s.relname), "
    "format('%I.%I', sn.nspname, s.relname), format('%I.%I.%I', n.nspname, t.relname, a.attname) "
    "FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' "
    "JOIN pg_namespace sn ON sn.oid = s.relnamespace JOIN pg_class t ON t.oid = d.refobjid "
    "JOIN pg_namespace n ON n.oid = t.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid "
    f"WHERE d.deptype = 'a' AND d.classid = 'pg_class'::regclass AND {_MINE} ORDER BY 2",
    "constraint": "SELECT format('%I.%I', n.nspname, t.relname), "
    "format('%I.%I.%I', n.nspname, t.relname, c.conname), quote_ident(c.conname), "
    "pg_get_constraintdef(c.oid), c.contype FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    f"JOIN pg_namespace n ON n.oid = t.relnamespace WHERE {_MINE} AND c.contype IN ('p','u','c','x','f') "
    "AND c.conparentid = 0 ORDER BY position(c.contype::text in 'pucxf'), 2",
    "index": "SELECT format('%I.%I', n.nspname, t.relname), format('%I.%I', n.nspname, i.relname), "
    "format('%I.%I', n.nspname, i.relname), pg_get_indexdef(i.oid) || CASE WHEN x.indisvalid THEN '' "
    "ELSE ' /* not valid */' END FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
    "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
    f"WHERE {_MINE} AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid "
    "AND c.contype IN ('p','u','x')) ORDER BY 2",
    "view": "SELECT '', format('%I.%I', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname), "
    "pg_get_viewdef(c.oid), c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    f"WHERE c.relkind IN ('v', 'm') AND {_MINE} AND "
    f"{_NOT_EXTENSION.format('c.oid', chr(39) + 'pg_class' + chr(39))} ORDER BY c.oid",
    "trigger": "SELECT format('%I.%I', n.nspname, t.relname), "
    "format('%I.%I.%I', n.nspname, t.relname, g.tgname), "
    "quote_ident(g.tgname), pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid "
    f"JOIN pg_namespace n ON n.oid = t.relnamespace WHERE NOT g.tgisinternal AND {_MINE} ORDER BY 2",
    "policy": "SELECT format('%I.%I', schemaname, tablename), "
    "format('%I.%I.%I', schemaname, tablename, policyname), quote_ident(policyname), "
    "format('AS %s FOR %s TO %s', permissive, cmd, (SELECT string_agg(CASE WHEN r = 'public' THEN r ELSE "
    "quote_ident(r) END, ', ') FROM unnest(roles) r)) || coalesce(' USING (' || qual || ')', '') || "
    "coalesce(' WITH CHECK (' || with_check || ')', '') FROM pg_policies ORDER BY 2",
    "grant": "SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I to %s %s', n.nspname, c.relname, "
    "coalesce(quote_ident(r.rolname), 'PUBLIC'), a.privilege_type), "
    "coalesce(quote_ident(r.rolname), 'PUBLIC'), "
    "a.privilege_type FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, "
    "LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee "
    f"WHERE c.relkind IN ('r', 'p') AND a.grantee <> c.relowner AND {_MINE} ORDER BY 2",
}  # fmt: skip
_TABLES = (
    "SELECT format('%I.%I', n.nspname, c.relname), c.relkind, c.relispartition, c.relrowsecurity, "
    "c.relpersistence, coalesce(pg_get_partkeydef(c.oid), '') FROM pg_class c "
    f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND {_MINE} AND "
    f"{_NOT_EXTENSION.format('c.oid', chr(39) + 'pg_class' + chr(39))} ORDER BY 1"
)
_COLUMNS = (
    "SELECT format('%I.%I', n.nspname, t.relname), quote_ident(a.attname), "
    "format_type(a.atttypid, a.atttypmod), coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attnotnull, "
    "a.attidentity, a.attgenerated, coalesce((SELECT format('%I.%I', cn.nspname, l.collname) "
    "FROM pg_collation l JOIN pg_namespace cn ON cn.oid = l.collnamespace WHERE l.oid = a.attcollation "
    "AND a.attcollation <> ty.typcollation), '') FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid "
    "JOIN pg_type ty ON ty.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.relnamespace "
    "LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum "
    f"WHERE a.attnum > 0 AND NOT a.attisdropped AND t.relkind IN ('r', 'p') AND {_MINE} ORDER BY 1, a.attnum"
)
_CONSTRAINTS = {"p": "key", "u": "unique", "c": "check", "x": "exclude", "f": "foreign"}
_MAKE_ORDER = ("extension", "schema", "type", "sequence", "function")


def read(session: Session) -> Native:
    """Return the schema of all of the user's schemas."""
    # Names are printed whole when no schema is searched: the text then means the same everywhere.
    before = session.rows("SELECT current_setting('search_path')")[0][0]
    session.rows("SELECT set_config('search_path', '', false)")
    try:
        return Native({f"{one.kind} {key}": one for key, one in _things(session)})
    finally:
        session.rows("SELECT set_config('search_path', :before, false)", before=before)


def _things(session: Session) -> Iterator[tuple[str, Thing]]:
    for kind in _MAKE_ORDER:
        for row in session.rows(_QUERIES[kind]):
            yield row[1], Thing(kind, "", row[2], row[3] or "")
    for name, kind, part, secured, persistence, key in session.rows(_TABLES):
        made = "partition" if part else "partitioned" if kind == "p" else "table"
        yield name, Thing("table", name, name, f"{made} {persistence} {key}".strip(),
                          {"secured": "yes" if secured else ""})  # fmt: skip
    for table, name, kind, default, needed, identity, generated, collation in session.rows(
        _COLUMNS
    ):
        parts = {
            "default": "" if generated else default,
            "needed": "yes" if needed else "",
            "identity": {"a": "ALWAYS", "d": "BY DEFAULT"}.get(identity, ""),
        }
        text = kind + (f" COLLATE {collation}" if collation else "")
        text += f" GENERATED ALWAYS AS ({default}) STORED" if generated else ""
        yield f"{table}.{name}", Thing("column", table, name, text, parts)
    for table, key, name, target in session.rows(_QUERIES["owned"]):
        yield key, Thing("owned", table, name, target)
    for table, key, name, text, kind in session.rows(_QUERIES["constraint"]):
        yield key, Thing(_CONSTRAINTS[kind], table, name, text)
    for kind in ("index", "trigger", "policy", "grant"):
        for row in session.rows(_QUERIES[kind]):
            yield row[1], Thing(kind, row[0], row[2], row[3])
    for _, key, name, text, kind in session.rows(_QUERIES["view"]):
        yield key, Thing("view", "", name, text, {"kind": kind})


def difference(now: Native, goal: Native) -> Ddl:
    """Return the DDL from one schema to the other."""
    gone = [now.things[key] for key in now.things if goal.things.get(key) != now.things[key]]
    came = [goal.things[key] for key in goal.things if now.things.get(key) != goal.things[key]]
    before = [*_dropped(gone, now, goal), *_made(came, now, goal)]
    return Ddl(tuple(before), tuple(_finished(came, now)))


def _dropped(gone: list[Thing], now: Native, goal: Native) -> Iterator[str]:
    kept = {one.table for one in goal.of("table").values()}
    for kind in (
        "trigger",
        "policy",
        "view",
        "foreign",
        "check",
        "exclude",
        "unique",
        "key",
        "index",
    ):
        for one in reversed([one for one in gone if one.kind == kind]):
            yield _drop(one)
    for one in gone:
        if one.kind == "grant" and one.table in kept:
            yield f"REVOKE {one.text} ON TABLE {one.table} FROM {one.name}"
        elif one.kind == "owned" and one.table in kept:
            yield f"ALTER SEQUENCE {one.name} OWNED BY NONE"
    yield from _gone(now, goal, kept)


def _gone(now: Native, goal: Native, kept: set[str]) -> Iterator[str]:
    """Yield what drops columns, tables, and what only they used."""
    for key, one in now.of("table", "column").items():
        if key in goal.things or (one.kind == "column" and one.table not in kept):
            continue
        if one.kind == "table":
            yield f"DROP TABLE {one.name}"
        else:
            yield f"ALTER TABLE {one.table} DROP COLUMN {one.name}"
    owned = {one.name for one in now.of("owned").values() if one.table not in kept}
    for kind in ("function", "sequence", "type", "schema"):
        for key, one in now.of(kind).items():
            if key not in goal.things and one.name not in owned:
                yield f"DROP {kind.upper()} {'IF EXISTS ' if kind == 'sequence' else ''}{one.name}"


def _drop(one: Thing) -> str:
    match one.kind:
        case "trigger" | "policy":
            return f"DROP {one.kind.upper()} {one.name} ON {one.table}"
        case "view":
            return f"DROP {'MATERIALIZED ' if one.parts['kind'] == 'm' else ''}VIEW {one.name}"
        case "index":
            return f"DROP INDEX {one.name}"
        case _:
            return f"ALTER TABLE {one.table} DROP CONSTRAINT IF EXISTS {one.name}"


def _made(came: list[Thing], now: Native, goal: Native) -> Iterator[str]:
    for one in came:
        match one.kind:
            case "extension":
                yield f"CREATE EXTENSION IF NOT EXISTS {one.name}"
            case "schema":
                yield f"CREATE SCHEMA {one.name}"
            case "type":
                yield from _type(one, now)
            case "sequence":
                verb = "ALTER" if f"sequence {one.name}" in now.things else "CREATE"
                yield f"{verb} SEQUENCE {one.name} {one.text}"
            case "function":
                yield "SET check_function_bodies = off"
                yield one.text
    new = {one.table for one in came if one.kind == "table"} - {
        one.table for one in now.of("table").values()
    }
    for table in sorted(new):
        columns = [one for one in goal.of("column").values() if one.table == table]
        body = ", ".join(_whole(one) for one in columns)
        kind = goal.things[f"table {table}"].text.split(" ", 2)
        tail = f" PARTITION BY {kind[2]}" if kind[0] == "partitioned" else ""
        unlogged = "UNLOGGED " if kind[1] == "u" else ""
        yield f"CREATE {unlogged}TABLE {table} ({body}){tail}"
    for one in came:
        if one.kind == "column" and one.table not in new:
            old = now.things.get(f"column {one.table}.{one.name}")
            yield from _altered(one, old) if old else (_added(one),)


def _type(one: Thing, now: Native) -> Iterator[str]:
    if f"type {one.name}" not in now.things:
        yield f"CREATE TYPE {one.name} AS ENUM ({one.text})"
        return
    # PostgreSQL takes no label away: the type is made anew, and its columns go over to it.
    schema, _, bare = one.name.rpartition(".")
    old = f'{schema}."blastradius_old"'
    yield f'ALTER TYPE {one.name} RENAME TO "blastradius_old"'
    yield f"CREATE TYPE {one.name} AS ENUM ({one.text})"
    for column in now.of("column").values():
        if column.text not in {one.name, bare}:
            continue
        start = f"ALTER TABLE {column.table} ALTER COLUMN {column.name}"
        default = column.parts["default"]
        if default:
            yield f"{start} DROP DEFAULT"
        yield f"{start} TYPE {one.name} USING {column.name}::text::{one.name}"
        if default:
            yield f"{start} SET DEFAULT {default}"
    yield f"DROP TYPE {old}"


def _whole(one: Thing) -> str:
    words = [one.name, one.text]
    if one.parts["default"]:
        words.append(f"DEFAULT {one.parts['default']}")
    if one.parts["identity"]:
        words.append(f"GENERATED {one.parts['identity']} AS IDENTITY")
    if one.parts["needed"]:
        words.append("NOT NULL")
    return " ".join(words)


def _added(one: Thing) -> str:
    """Rows are there already: that a value is needed is said once they are filled in."""
    text = f"ALTER TABLE {one.table} ADD COLUMN {one.name} {one.text}"
    if one.parts["identity"]:
        return f"{text} GENERATED {one.parts['identity']} AS IDENTITY"
    return f"{text} DEFAULT {one.parts['default']}" if one.parts["default"] else text


def _altered(one: Thing, old: Thing) -> Iterator[str]:
    start = f"ALTER TABLE {one.table} ALTER COLUMN {one.name}"
    if old.parts["default"] and (
        one.text != old.text or one.parts["default"] != old.parts["default"]
    ):
        yield f"{start} DROP DEFAULT"
    if old.parts["needed"] and not one.parts["needed"]:
        yield f"{start} DROP NOT NULL"
    if one.text != old.text:
        yield f"{start} TYPE {one.text} USING {one.name}::{one.text.partition(' COLLATE ')[0]}"
    if one.parts["default"] and (
        one.text != old.text or one.parts["default"] != old.parts["default"]
    ):
        yield f"{start} SET DEFAULT {one.parts['default']}"
    if old.parts["identity"] != one.parts["identity"]:
        if old.parts["identity"]:
            yield f"{start} DROP IDENTITY"
        if one.parts["identity"]:
            yield f"{start} ADD GENERATED {one.parts['identity']} AS IDENTITY"


def _finished(came: list[Thing], now: Native) -> Iterator[str]:
    old = now.of("table")
    for one in came:
        if one.kind == "column" and one.parts["needed"] and f"table {one.table}" in old:
            was = now.things.get(f"column {one.table}.{one.name}")
            if was is None or not was.parts["needed"]:
                yield f"ALTER TABLE {one.table} ALTER COLUMN {one.name} SET NOT NULL"
    for kinds in (("owned",), ("key",), ("unique", "check", "exclude"), ("index",), ("foreign",)):
        for one in came:
            if one.kind in kinds:
                yield _finish(one)
    for one in came:
        yield from _late(one)


def _late(one: Thing) -> Iterator[str]:
    """Yield what can be made only when all tables are whole."""
    match one.kind:
        case "view":
            kind = "MATERIALIZED VIEW" if one.parts["kind"] == "m" else "VIEW"
            yield f"CREATE {kind} {one.name} AS {one.text.rstrip().rstrip(';')}"
        case "trigger":
            yield one.text
        case "policy":
            yield f"CREATE POLICY {one.name} ON {one.table} {one.text}"
        case "grant":
            yield f"GRANT {one.text} ON TABLE {one.table} TO {one.name}"
        case "table" if one.parts["secured"]:
            yield f"ALTER TABLE {one.name} ENABLE ROW LEVEL SECURITY"


def _finish(one: Thing) -> str:
    if one.kind == "owned":
        return f"ALTER SEQUENCE {one.name} OWNED BY {one.text}"
    if one.kind == "index":
        return one.text
    return f"ALTER TABLE {one.table} ADD CONSTRAINT {one.name} {one.text}"
