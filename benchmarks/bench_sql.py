"""Column lineage of SQL: our one pass beside the parse it needs and beside sqlglot's own lineage.

    python benchmarks/bench_sql.py [FOLDER]

Without a folder the queries are made from a seed: chains of CTEs with joins, windows and unions, as
warehouses have them. Times are the best of three runs; trust the ratios.
"""

from __future__ import annotations

import gc
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlglot import exp, lineage, parse
from sqlglot.errors import SqlglotError

from blastradius.index.link import Options
from blastradius.languages import sql
from blastradius.languages.sql.dialects import candidates
from blastradius.languages.sql.extraction import extract
from blastradius.languages.sql.mask import mask
from blastradius.languages.sql.parsing import parse as parse_text
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.statements import statement

_RUNS = 3
_LINEAGE_FILES = 15
_COLUMNS = 12


def made_queries(count: int, seed: int = 7) -> dict[str, str]:
    """Return path → query; each reads up to three of those before it."""
    chance = random.Random(seed)
    made: dict[str, str] = {}
    for number in range(count):
        above = [f"m.q{chance.randrange(number)}" for _ in range(3)] if number else ["raw.a"] * 3
        columns = ",\n    ".join(f"c{place}" for place in range(_COLUMNS))
        sums = ",\n    ".join(f"SUM(x.c{place}) AS c{place}" for place in range(1, _COLUMNS))
        made[f"m/q{number}.sql"] = f"""WITH one AS (
  SELECT
    {columns}
  FROM {above[0]}
  WHERE c1 > {chance.randrange(99)}
), two AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY c0 ORDER BY c1 DESC) AS place FROM {above[1]}
), both_of_them AS (
  SELECT * FROM one UNION ALL SELECT {columns} FROM {above[2]}
)
SELECT
    x.c0,
    {sums}
FROM both_of_them AS x
LEFT JOIN two AS y ON x.c0 = y.c0 AND y.place = 1
GROUP BY 1
"""
    return made


def read_folder(folder: Path) -> dict[str, str]:
    """Return path → text of the files of SQL below ``folder``."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and sql.claims(path.name)
    }


def best(work: Callable[[], object]) -> float:
    """Return the shortest of some runs, in seconds."""
    times = []
    for _ in range(_RUNS):
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        gc.enable()
    return min(times)


def oracle_columns(text: str, dialect: str) -> Iterator[str]:
    """Yield the columns whose lineage sqlglot finds; each call parses nothing anew."""
    trees = parse(text, read=dialect)
    if not trees or not isinstance(trees[0], exp.Query):
        return
    for column in trees[0].named_selects:
        if column != "*":
            lineage.lineage(column, trees[0], {}, dialect=dialect)
            yield column


def run_oracle(files: dict[str, str]) -> tuple[float, int, int]:
    """Return seconds, columns and failures of sqlglot's lineage over the first files."""
    start, columns, failures = time.perf_counter(), 0, 0
    for text in list(files.values())[:_LINEAGE_FILES]:
        masked = mask(text)[0].text
        try:
            columns += sum(1 for _ in oracle_columns(masked, candidates(masked)[0][0]))
        except (SqlglotError, RecursionError, ValueError):
            failures += 1
    return time.perf_counter() - start, columns, failures


def main() -> None:
    """Print the table."""
    logging.disable(logging.WARNING)
    files = read_folder(Path(sys.argv[1])) if len(sys.argv) > 1 else made_queries(300)
    size = sum(map(len, files.values())) / 1e6
    texts = [mask(text)[0] for text in files.values()]
    tries = [candidates(one.text)[0] for one in texts]
    parsed = [parse_text(one.text, tried) for one, tried in zip(texts, tries, strict=True)]

    def resolve() -> None:
        for one, text in zip(parsed, texts, strict=True):
            recorder = Recorder(one.dialect, placeholders=text.placeholders)
            for each in one.statements:
                statement(each, recorder)

    template = best(lambda: [mask(text) for text in files.values()])
    parsing = best(
        lambda: [parse_text(one.text, tried) for one, tried in zip(texts, tries, strict=True)]
    )
    resolving = best(resolve)
    facts = {path: extract(text.encode()) for path, text in files.items()}
    linking = best(
        lambda: [
            sql.link(path, one, sql.tables({path: one}, Options())) for path, one in facts.items()
        ]
    )
    tables = best(lambda: sql.tables(facts, Options()))
    print(f"{len(files)} files, {size:.2f} MB")
    for name, seconds in (
        ("template", template),
        ("parse", parsing),
        ("resolve", resolving),
        ("tables of the tree", tables),
        ("link, file by file", linking),
    ):
        print(f"  {name:20} {seconds:7.3f} s   {seconds / parsing:5.2f} of parse")
    seconds, columns, failures = run_oracle(files)
    print(
        f"sqlglot.lineage on {min(_LINEAGE_FILES, len(files))} files: {seconds:.2f} s, "
        f"{columns} columns, {failures} files failed"
    )


if __name__ == "__main__":
    main()
