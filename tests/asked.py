"""Answers about one tree for the tests of reports: plain ones, empty ones, hostile ones."""

from __future__ import annotations

from msgspec.structs import replace

from blastradius.model.analysis import FileProblem, Impact, WitnessStep
from blastradius.model.questions import (
    GRAPH_SCHEMA,
    IMPACT_SCHEMA,
    WHY_SCHEMA,
    DependencyGraph,
    GraphEdge,
    ImpactAnswer,
    Mention,
    Node,
    WhyAnswer,
)
from tests.samples import CONFIG, ESCAPE, GOLD, HOSTILE_PATH, MERGE, OURA, SILVER, commit_id

_SQL, _GOLD, _MERGE, _YAML = (
    "silver/oura_sleep.sql",
    "gold/daily_summary.sql",
    "run_merge.py",
    "config/sources_config.yaml",
)
STEPS = (
    WitnessStep(GOLD, SILVER, "value", _GOLD, 6),
    WitnessStep(SILVER, MERGE, "field", _SQL, 6),
    WitnessStep(MERGE, CONFIG, "field", _MERGE, 23),
)
NODES = (
    Node(GOLD, "column", _GOLD, 6),
    Node(SILVER, "column", _SQL, 6),
    Node(MERGE, "field", _MERGE, 23),
    Node(CONFIG, "item", _YAML, 13),
)
IMPACT = ImpactAnswer(
    schema=IMPACT_SCHEMA,
    at=commit_id(9),
    what="hrv_score",
    target=(NODES[3],),
    impact=(
        Impact(MERGE, _MERGE, 23, 1, 0.97, "certain", STEPS[2:]),
        Impact(SILVER, _SQL, 6, 2, 0.95, "certain", STEPS[1:]),
        Impact(GOLD, _GOLD, 6, 3, 0.9, "likely", STEPS),
    ),
    total=3,
    offset=0,
    limit=0,
    by_distance={1: 1, 2: 1, 3: 1},
    parts=(),
    mentions=(),
    mentioned=0,
    problems=(),
    coverage=OURA.coverage,
)
NONE = replace(
    IMPACT,
    impact=(),
    total=0,
    by_distance={},
    mentions=(Mention("docs/a.md", 3, "hrv_score"), Mention("docs/a.md", 9, "hrv_score")),
    mentioned=2,
    problems=(FileProblem(_YAML, 4, "odd"), FileProblem("b.py", 1, "odd")),
)
WHY = WhyAnswer(
    schema=WHY_SCHEMA,
    at=commit_id(9),
    source=NODES[0],
    target=NODES[3],
    chain=STEPS,
    tier="certain",
    confidence=0.97,
    surest=(),
    reverse=(),
    around=(),
    nodes=NODES,
    mentions=(),
    mentioned=0,
    problems=(),
    coverage=OURA.coverage,
)
WHY_NOT = replace(
    WHY, source=NODES[3], target=NODES[0], chain=(), tier=None, confidence=0.0, reverse=STEPS
)
_EVIL = f"python:{HOSTILE_PATH}#{ESCAPE}"
_QUOTES = (
    'sql:a"b\\n`c`<img src=x onerror=alert(1)>&amp;]]>\n\t#quot;{}|--> end\x00\u202e漢字\ud800'
)
HOSTILE_NODES = (
    Node(_EVIL, "function", HOSTILE_PATH, 1),
    Node(_QUOTES, 'kind"<', 'p"a\nth', 2),
    Node("end", "name", "", 0),
    Node("", "name", "", 0),
)
HOSTILE_IMPACT = replace(
    IMPACT,
    what=ESCAPE,
    target=HOSTILE_NODES[:2],
    impact=(
        Impact(
            _QUOTES,
            HOSTILE_PATH,
            1,
            1,
            0.5,
            "heuristic",
            (WitnessStep(_QUOTES, _EVIL, ESCAPE, HOSTILE_PATH, 1),),
        ),
    ),
    total=1,
    by_distance={1: 1},
    mentions=(Mention(HOSTILE_PATH, 1, ESCAPE),),
    mentioned=1,
    problems=(FileProblem(HOSTILE_PATH, 0, ESCAPE),),
)
HOSTILE_WHY = replace(
    WHY,
    source=HOSTILE_NODES[0],
    target=HOSTILE_NODES[1],
    chain=(WitnessStep(_EVIL, _QUOTES, "call", HOSTILE_PATH, 1),),
    surest=(WitnessStep(_EVIL, _QUOTES, ESCAPE, HOSTILE_PATH, 1),),
    nodes=HOSTILE_NODES,
)
GRAPH = DependencyGraph(
    schema=GRAPH_SCHEMA,
    at="folder",
    level="symbol",
    nodes=NODES,
    edges=tuple(
        GraphEdge(one.source, one.target, one.kind, "certain", 0.98, one.path, one.line)
        for one in STEPS
    ),
    problems=(),
    coverage=OURA.coverage,
)
HOSTILE_GRAPH = replace(
    GRAPH,
    nodes=HOSTILE_NODES,
    edges=(
        GraphEdge(_EVIL, _QUOTES, ESCAPE, "heuristic", 0.5, HOSTILE_PATH, 1, 7),
        GraphEdge(_EVIL, _QUOTES, "call", "likely", 0.93, 'p"a\nth', 2),
        GraphEdge("end", "", "call", "certain", 1.0, "a.py", 3),
    ),
)
EMPTY_GRAPH = replace(GRAPH, nodes=(), edges=())
GRAPHS = {"plain": GRAPH, "hostile": HOSTILE_GRAPH, "empty": EMPTY_GRAPH}
ANSWERS: dict[str, ImpactAnswer | WhyAnswer] = {
    "impact": IMPACT,
    "none": NONE,
    "why": WHY,
    "why_not": WHY_NOT,
    "hostile_impact": HOSTILE_IMPACT,
    "hostile_why": HOSTILE_WHY,
}
