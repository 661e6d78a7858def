"""Which dialect a text is written in: what it says of itself, else marks that only some have."""

from __future__ import annotations

import re

from blastradius.languages.sql.names import words

# A statement of the file itself: `-- dialect: snowflake`, sqlfluff's and BigQuery's own way.
_STATED = re.compile(
    r"^\s*(?:--|#)\s*(?:sqlfluff:)?dialect[:=]\s*([A-Za-z]\w*)", re.IGNORECASE | re.MULTILINE
)
_LEGACY = re.compile(r"#standardsql", re.IGNORECASE)

KNOWN = words(
    "athena bigquery clickhouse databricks doris dremio drill druid duckdb hive materialize mysql "
    "oracle postgres presto prql redshift risingwave singlestore snowflake spark spark2 sqlite "
    "starrocks tableau teradata trino tsql fabric"
)
ALIASES = {
    "postgresql": "postgres",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "mariadb": "mysql",
    "ansi": "",
}


# Words, and how much they speak for a dialect. Weights are judgement: 3 hardly any other dialect
# has the word, 1 several have.
_WORDS: tuple[tuple[str, dict[str, int]], ...] = (
    (
        (
            "SAFE_CAST SAFE_OFFSET SAFE_DIVIDE SAFE INT64 FLOAT64 STRUCT _TABLE_SUFFIX "
            "TIMESTAMP_SUB TIMESTAMP_ADD TIMESTAMP_TRUNC TIMESTAMP_DIFF GENERATE_DATE_ARRAY "
            "GENERATE_TIMESTAMP_ARRAY FARM_FINGERPRINT "
            "COUNTIF PARSE_DATE PARSE_TIMESTAMP TO_JSON_STRING"
        ),
        {"bigquery": 3},
    ),
    (
        "FLATTEN VARIANT TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ FILE_FORMAT IFF STAGE",
        {"snowflake": 3},
    ),
    ("SERIAL BIGSERIAL JSONB TIMESTAMPTZ PLPGSQL NEXTVAL BYTEA CONFLICT", {"postgres": 3}),
    ("ILIKE RETURNING", {"postgres": 1, "snowflake": 1}),
    ("DISTKEY SORTKEY DISTSTYLE AZ64", {"redshift": 6}),
    ("INNODB AUTO_INCREMENT UNSIGNED", {"mysql": 6}),
    ("AUTOINCREMENT PRAGMA ROWID", {"sqlite": 4}),
    ("NVARCHAR GETDATE TOP GO IDENTITY DBO ISNULL", {"tsql": 3}),
    ("TBLPROPERTIES SERDE STORED EXPLODE POSEXPLODE", {"spark": 4, "hive": 2}),
    ("OVERWRITE", {"spark": 4, "hive": 2}),
    ("DELTA PARQUET ICEBERG", {"databricks": 3, "spark": 2}),
    ("MERGETREE REPLACINGMERGETREE LOWCARDINALITY NULLABLE", {"clickhouse": 6}),
    ("READ_CSV READ_CSV_AUTO READ_PARQUET READ_JSON", {"duckdb": 4}),
    ("EXCLUDE", {"duckdb": 1, "snowflake": 1}),
    ("VARCHAR2 NVL2 SYSDATE ROWNUM DUAL", {"oracle": 4}),
    ("QUALIFY", {"snowflake": 1, "bigquery": 1, "duckdb": 1}),
    ("APPROX_DISTINCT ORDINALITY", {"trino": 3, "presto": 2}),
)
# What must be in the text for a pattern to be worth trying, the pattern, and the weights.
_SIGNS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("`", r"`", {"bigquery": 2, "mysql": 1, "spark": 1, "databricks": 1}),
    ("`", r"`[\w-]+\.[\w-]+(?:\.[\w*-]+)?`", {"bigquery": 3}),
    ("EXCEPT", r"\bEXCEPT ?\(\s*\w+\s*[,)]", {"bigquery": 3}),
    ("OFFSET(", r"\bOFFSET\(\d", {"bigquery": 3}),
    ("ARRAY<", r"\bARRAY<", {"bigquery": 3, "spark": 1}),
    # A text in double quotes, where others would have a column: it holds what no column does.
    ('"', r'[=(,]\s*"[^"\n]*[^\w"\n][^"\n]*"', {"bigquery": 2, "mysql": 1}),
    ('"', r'=\s*"[^"\n]*"|\b(?:THEN|ELSE) "', {"bigquery": 1, "mysql": 1, "spark": 1}),
    ("::", r"::", {"postgres": 2, "snowflake": 2, "redshift": 1, "duckdb": 1}),
    ("::", r"\w:\w+::\w", {"snowflake": 3}),
    ("METADATA$", r"METADATA\$", {"snowflake": 3}),
    ("->>", r"->>", {"postgres": 2}),
    ("$$", r"\$\$", {"postgres": 2, "snowflake": 1}),
    ("].[", r"\[\w+\]\.\[\w+\]", {"tsql": 3}),
    ("@@", r"@@\w", {"tsql": 3}),
    ("VIEW", r"\bLATERAL\s+VIEW\b", {"spark": 4, "hive": 2}),
)
_SCORES: dict[str, dict[str, int]] = {
    word: weights for listed, weights in _WORDS for word in words(listed)
}
_PATTERNS = tuple((needle, re.compile(pattern), weights) for needle, pattern, weights in _SIGNS)
_WORD = re.compile(r"[A-Z_]\w+")
_ALWAYS = ("", "bigquery", "postgres", "snowflake", "spark")
_MOST_TRIES = 5
_CLEAR = 3
_LOOKED_AT = 200_000


def stated_dialect(text: str) -> str | None:
    """Return the dialect that a comment of the file names, None when none does."""
    match = _STATED.search(text, 0, _LOOKED_AT)
    if match:
        name = match.group(1).lower()
        name = ALIASES.get(name, name)
        return name if name in KNOWN or not name else None
    return "bigquery" if _LEGACY.search(text, 0, 2_000) else None


def candidates(text: str) -> tuple[list[str], bool]:
    """Return the dialects to try, most likely first, and whether the marks of the first are clear.

    ``""`` is the parser's own superset of dialects.
    """
    looked_at = text[:_LOOKED_AT].upper()
    found = [_SCORES[word] for word in set(_WORD.findall(looked_at)) if word in _SCORES]
    found += [
        weights
        for needle, pattern, weights in _PATTERNS
        if needle in looked_at and pattern.search(looked_at)
    ]
    score: dict[str, int] = {"": 1}  # ahead of a single weak mark
    for weights in found:
        for dialect, weight in weights.items():
            score[dialect] = score.get(dialect, 0) + weight
    ranked = sorted(score, key=lambda dialect: (-score[dialect], dialect))
    tries = list(dict.fromkeys([*ranked, *_ALWAYS]))
    return tries[:_MOST_TRIES], score[ranked[0]] >= _CLEAR
