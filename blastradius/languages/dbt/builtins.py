"""Macros of dbt itself and of dbt_utils, by the SQL that stands for them.

They are used where the package is not in the tree. What matters is which columns and relations go
in and which columns come out, not that a warehouse would run it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from blastradius.languages.dbt.values import HOLE, Column, Relation

if TYPE_CHECKING:
    from blastradius.languages.dbt.session import Session

Write = Callable[..., Any]


def _function(name: str, *positions: int) -> Write:
    """Return a macro that gives a call of a function over some of its arguments; none given: all."""

    def write(_session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
        values = [*args, *kwargs.values()]
        chosen = [values[one] for one in positions if one < len(values)] if positions else values
        flat: list[Any] = []
        for one in chosen:
            flat += one if isinstance(one, list | tuple) else [one]
        return f"dbt_{name}({', '.join(str(one) for one in flat if one is not None)})"

    return write


def _constant(text: str) -> Write:
    return lambda _session, *_args, **_kwargs: text


def _cast(_session: Session, field: Any, kind: Any = "string", **_more: Any) -> str:  # noqa: ANN401 - any value of a template
    return f"cast({field} as {kind})"


def _set_words(words: str) -> Write:
    return lambda _session, *_args, **_kwargs: words


DBT: dict[str, Write] = {
    **{
        f"type_{name}": _constant(sql)
        for name, sql in {
            "string": "string",
            "timestamp": "timestamp",
            "float": "float",
            "numeric": "numeric",
            "bigint": "bigint",
            "int": "int",
            "boolean": "boolean",
            "date": "date",
        }.items()
    },
    **{
        name: _function(name)
        for name in [
            "any_value",
            "array_append",
            "array_concat",
            "array_construct",
            "bool_or",
            "concat",
            "hash",
            "last_day",
            "length",
            "listagg",
            "position",
            "right",
            "split_part",
            "cast_bool_to_text",
            "string_literal",
            "escape_single_quotes",
            "equals",
        ]
    },
    "replace": _function("replace"),
    "dateadd": _function("dateadd", 1, 2),
    "datediff": _function("datediff", 0, 1),
    "date_trunc": _function("date_trunc", 1),
    "date": _function("date"),
    "safe_cast": _cast,
    "cast": _cast,
    "current_timestamp": _constant("current_timestamp"),
    "current_timestamp_backcompat": _constant("current_timestamp"),
    "current_timestamp_in_utc_backcompat": _constant("current_timestamp"),
    "snapshot_get_time": _constant("current_timestamp"),
    "generate_series": _constant("select 1 as generated_number"),
    "except": _set_words("except"),
    "intersect": _set_words("intersect"),
    "get_columns_in_query": lambda _session, *_a, **_k: [HOLE],
    "get_columns_in_relation": lambda session, relation, *_a: session.columns(relation),
    "get_empty_subquery_sql": lambda _session, sql, *_a: _sql("select * from (", sql, ") as empty"),
}


def _sql(*parts: object) -> str:
    """Return a query's text: it is read again, nobody runs it."""
    return " ".join(str(one) for one in parts)


def _names(values: Any) -> list[str]:  # noqa: ANN401 - any value of a template
    if isinstance(values, str):
        return [values]
    return [str(one) for one in values] if isinstance(values, list | tuple) else []


def _known(session: Session, relation: Any, without: Any = ()) -> list[str] | None:  # noqa: ANN401 - any value of a template
    """Return the columns of a relation, None when they are not known."""
    columns = [str(one) for one in session.columns(relation)]
    if HOLE in columns or not columns:
        return None
    dropped = {one.lower() for one in _names(without)}
    return [one for one in columns if one.lower() not in dropped]


def _keyword(kwargs: dict[str, Any], *names: str) -> Any:  # noqa: ANN401 - any value of a template
    return next((kwargs[name] for name in names if name in kwargs), None)


def _star(session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    relation = args[0] if args else _keyword(kwargs, "from")
    alias = args[1] if len(args) > 1 else kwargs.get("relation_alias")
    without = args[2] if len(args) > 2 else kwargs.get("except", ())  # noqa: PLR2004 - its third
    prefix, suffix = str(kwargs.get("prefix") or ""), str(kwargs.get("suffix") or "")
    owner = f"{alias}." if alias else ""
    columns = _known(session, relation, without)
    if columns is None:
        dropped = _names(without)
        return f"{owner}*" + (f" except ({', '.join(dropped)})" if dropped else "")
    return ", ".join(
        f"{owner}{one}" + (f" as {prefix}{one}{suffix}" if prefix or suffix else "")
        for one in columns
    )


def _key(_session: Session, *args: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    fields: list[str] = []
    for one in args:
        fields += _names(one)
    return f"dbt_surrogate_key({', '.join(fields)})"


def _union(session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    relations = args[0] if args else kwargs.get("relations", ())
    renames = kwargs.get("source_column_name", "_dbt_source_relation")
    listed = [
        one
        for one in (relations if isinstance(relations, list | tuple) else ())
        if isinstance(one, Relation)
    ]
    chosen = _names(kwargs.get("include"))
    columns: dict[str, None] = {}
    complete = bool(listed)
    held: list[set[str] | None] = []
    for one in listed:
        known = _known(session, one, kwargs.get("exclude", ()))
        held.append(None if known is None else set(known))
        complete = complete and known is not None
        columns.update(dict.fromkeys(known or ()))
    if chosen:
        wanted = {one.lower() for one in chosen}
        columns = {one: None for one in columns if one.lower() in wanted} or dict.fromkeys(chosen)
        complete = True
    marker = f"'x' as {renames}, " if renames else ""
    # Every relation lists every column.
    session.environment.budget.charge(len(listed) * (1 + len(columns)))
    parts = [
        _sql("(select", marker + (_listed(columns, has) if complete else "*"), "from", f"{one})")
        for one, has in zip(listed, held, strict=True)
    ]
    # Relations that only the warehouse knows: what is asked of them is known all the same.
    chosen_only = marker + (_listed(columns, None) if chosen else "*")
    return "\nunion all\n".join(parts) or _sql("select", chosen_only, "from", HOLE)


def _listed(columns: dict[str, None], has: set[str] | None) -> str:
    return ", ".join(one if has is None or one in has else f"null as {one}" for one in columns)


def _unpivot(session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    order = ("relation", "cast_to", "exclude", "remove", "field_name", "value_name")
    given = dict(zip(order, args, strict=False)) | kwargs
    relation = given.get("relation", kwargs.get("table"))
    kept, field, value = (
        _names(given.get("exclude")),
        given.get("field_name") or "field_name",
        given.get("value_name") or "value",
    )
    columns = _known(session, relation, [*kept, *_names(given.get("remove"))])
    session.environment.budget.charge((1 + len(columns or ())) * (1 + len(kept)))
    head = "".join(f"{one}, " for one in kept)
    if columns is None:
        return _sql("select", f"{head}'x' as {field}, null as {value}", "from", relation)
    return "\nunion all\n".join(
        _sql(
            "select",
            f"{head}'{one}' as {field}, cast({one} as string) as {value}",
            "from",
            relation,
        )
        for one in columns
    )


def _pivot(_session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    order = ("column", "values", "alias", "agg", "cmp", "prefix", "suffix", "then_value")
    given = dict(zip(order, args, strict=False)) | kwargs
    aggregate, then = given.get("agg", "sum"), given.get("then_value", 1)
    values = given.get("values")
    named = [str(one) for one in values] if isinstance(values, list | tuple | set) else [HOLE]
    return ", ".join(
        f"{aggregate}(case when {given.get('column')} {given.get('cmp', '=')} '{one}' then {then} "
        f"else 0 end) as {_slug(given.get('prefix', '') + one + given.get('suffix', ''))}"
        for one in named
    )


def _slug(text: str) -> str:
    made = "".join(one if one.isalnum() or one == "_" else "_" for one in text.lower())
    return f"_{made}" if made[:1].isdigit() else made or HOLE


def _date_spine(_session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    part = str(args[0] if args else kwargs.get("datepart", "day"))
    bounds = [*args[1:3], *(kwargs[one] for one in ("start_date", "end_date") if one in kwargs)]
    inner = ", ".join(str(one) for one in bounds) or "1"
    return f"select dbt_date_spine({inner}) as date_{_slug(part)}"


def _deduplicate(_session: Session, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    given = dict(zip(("relation", "partition_by", "order_by"), args, strict=False)) | kwargs
    ordered = given.get("order_by") or "1"
    return _sql(
        "select * from",
        given.get("relation"),
        "qualify row_number() over (partition by",
        given.get("partition_by", "1"),
        f"order by {ordered}) = 1",
    )


def _columns(session: Session, *args: Any, **kwargs: Any) -> list[str]:  # noqa: ANN401 - any value of a template
    relation = args[0] if args else _keyword(kwargs, "from")
    known = _known(session, relation, args[1] if len(args) > 1 else kwargs.get("except", ()))
    return [HOLE] if known is None else known


def _values(_session: Session, *_args: Any, **_kwargs: Any) -> list[str]:  # noqa: ANN401 - any value of a template
    return [HOLE]


def _arithmetic(sign: str) -> Write:
    def write(_session: Session, *args: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
        fields: list[str] = []
        for one in args:
            fields += _names(one) if isinstance(one, list | tuple) else [str(one)]
        return f" {sign} ".join(f"coalesce({one}, 0)" for one in fields)

    return write


def _group_by(_session: Session, count: Any = 1, **kwargs: Any) -> str:  # noqa: ANN401 - any value of a template
    number = min(int(kwargs.get("n", count)), 1_000)
    return f"group by {', '.join(str(one) for one in range(1, number + 1))}"


DBT["date_spine"] = _date_spine
UTILS: dict[str, Write] = {
    "star": _star,
    "surrogate_key": _key,
    "generate_surrogate_key": _key,
    "union_relations": _union,
    "unpivot": _unpivot,
    "pivot": _pivot,
    "date_spine": _date_spine,
    "get_intervals_between": lambda _session, *_a, **_k: 1,
    "deduplicate": _deduplicate,
    "get_filtered_columns_in_relation": _columns,
    "get_column_values": _values,
    "get_query_results_as_dict": lambda _session, *_a, **_k: {},
    "get_single_value": _constant(HOLE),
    "get_relations_by_prefix": lambda _session, *_a, **_k: [],
    "get_relations_by_pattern": lambda _session, *_a, **_k: [],
    "get_tables_by_prefix_sql": _constant("select 1"),
    "group_by": _group_by,
    "safe_add": _arithmetic("+"),
    "safe_subtract": _arithmetic("-"),
    "safe_divide": lambda _session, up="1", down="1": f"({up}) / nullif(({down}), 0)",
    "generate_series": _constant("select 1 as generated_number"),
    "slugify": lambda _session, text="": _slug(str(text)),
    "get_url_parameter": _function("get_url_parameter", 0),
    "get_url_host": _function("get_url_host", 0),
    "get_url_path": _function("get_url_path", 0),
    "haversine_distance": _function("haversine_distance", 0, 1, 2, 3),
    "width_bucket": _function("width_bucket", 0),
    "pretty_time": _constant("''"),
    "pretty_log_format": _constant("''"),
    "log_info": _constant(""),
    "nullcheck_table": lambda _session, relation: _sql("select * from", relation),
    # Before dbt 1.2 they were dbt_utils's.
    **{
        name: DBT[name]
        for name in [
            "type_string",
            "type_timestamp",
            "type_float",
            "type_numeric",
            "type_bigint",
            "type_int",
            "concat",
            "hash",
            "length",
            "position",
            "replace",
            "right",
            "split_part",
            "safe_cast",
            "any_value",
            "bool_or",
            "listagg",
            "dateadd",
            "datediff",
            "date_trunc",
            "last_day",
            "current_timestamp",
            "cast_bool_to_text",
            "escape_single_quotes",
        ]
    },
}

# They ask the warehouse: also where the package is there, they are answered from the tree.
WAREHOUSE_ASKING = frozenset(
    [
        "star",
        "union_relations",
        "unpivot",
        "get_filtered_columns_in_relation",
        "get_column_values",
        "date_spine",
        "get_intervals_between",
        "get_query_results_as_dict",
        "get_single_value",
        "get_relations_by_prefix",
        "get_relations_by_pattern",
    ]
)


def columns_named(names: tuple[str, ...] | None) -> list[Column]:
    """Return columns as the adapter would list them; one hole where they are not known."""
    return [Column(one) for one in (names if names is not None else (HOLE,))]
