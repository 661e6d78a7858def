"""The JSON Schemas of what ``--format json`` prints, generated from the types.

``python -m blastradius.reports.schema`` writes them into ``docs/schema/``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from blastradius.model.analysis import SCHEMA, Analysis
from blastradius.model.checkpoint import (
    CHECK_SCHEMA,
    PRUNE_SCHEMA,
    RESTORATION_SCHEMA,
    Checked,
    Checkpoint,
    CheckpointList,
    Pruned,
    Restoration,
)
from blastradius.model.checkpoint import LIST_SCHEMA as CHECKPOINTS_SCHEMA
from blastradius.model.checkpoint import SCHEMA as CHECKPOINT_SCHEMA
from blastradius.model.inventory import SCHEMA as INVENTORY_SCHEMA
from blastradius.model.inventory import Inventory
from blastradius.model.plan import SCHEMA as PLAN_SCHEMA
from blastradius.model.plan import Plan
from blastradius.model.questions import (
    GRAPH_SCHEMA,
    IMPACT_SCHEMA,
    WHY_SCHEMA,
    DependencyGraph,
    ImpactAnswer,
    WhyAnswer,
)
from blastradius.model.run import LIST_SCHEMA, Run, RunList
from blastradius.model.run import SCHEMA as RUN_SCHEMA


class Described(NamedTuple):
    """A type whose JSON is public, and what its ``schema`` key says."""

    kind: type
    name: str


FOLDER = Path("docs/schema")
SCHEMAS: Mapping[str, Described] = {
    "analysis": Described(Analysis, SCHEMA),
    "impact": Described(ImpactAnswer, IMPACT_SCHEMA),
    "why": Described(WhyAnswer, WHY_SCHEMA),
    "graph": Described(DependencyGraph, GRAPH_SCHEMA),
    "plan": Described(Plan, PLAN_SCHEMA),
    "run": Described(Run, RUN_SCHEMA),
    "runs": Described(RunList, LIST_SCHEMA),
    "inventory": Described(Inventory, INVENTORY_SCHEMA),
    "checkpoint": Described(Checkpoint, CHECKPOINT_SCHEMA),
    "checkpoints": Described(CheckpointList, CHECKPOINTS_SCHEMA),
    "checkpoint-check": Described(Checked, CHECK_SCHEMA),
    "restoration": Described(Restoration, RESTORATION_SCHEMA),
    "prune": Described(Pruned, PRUNE_SCHEMA),
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an answer, by its name in `SCHEMAS`.

    Every key is required: keys are never dropped. Further keys are allowed: the contract grows.
    """
    described = SCHEMAS[name]
    schema = msgspec.json.schema(described.kind)
    definitions = schema["$defs"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
            for one in definition["properties"].values():
                one.pop("default", None)
        if "description" in definition:
            definition["description"] = _one_paragraph_a_line(definition["description"])
    definitions[described.kind.__name__]["properties"]["schema"] = {"const": described.name}
    return {"$schema": _DIALECT, "title": described.name, **schema}


def text(name: str = "analysis") -> str:
    """Return a schema as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(schema_of(name)), indent=2).decode() + "\n"


def main() -> int:
    """Write the schemas below the working directory, which is the project's root."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        target = FOLDER / f"{name}.json"
        target.write_text(text(name), encoding="utf-8", newline="\n")
        sys.stdout.write(f"{target}\n")
    return 0


def _one_paragraph_a_line(docstring: str) -> str:
    paragraphs = docstring.replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


if __name__ == "__main__":
    sys.exit(main())
