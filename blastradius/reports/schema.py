"""The JSON Schema of ``analyze --format json``, generated from the types.

``python -m blastradius.reports.schema`` writes ``docs/schema/analysis.json``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from blastradius.model.analysis import SCHEMA, Analysis

TARGET = Path("docs/schema/analysis.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def analysis_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an analysis.

    Every key is required: keys are never dropped. Further keys are allowed: the contract grows.
    """
    schema = msgspec.json.schema(Analysis)
    definitions = schema["$defs"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
            for one in definition["properties"].values():
                one.pop("default", None)
        if "description" in definition:
            definition["description"] = _one_paragraph_a_line(definition["description"])
    definitions["Analysis"]["properties"]["schema"] = {"const": SCHEMA}
    return {"$schema": _DIALECT, "title": SCHEMA, **schema}


def text() -> str:
    """Return the schema as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(analysis_schema()), indent=2).decode() + "\n"


def main() -> int:
    """Write the schema below the working directory, which is the project's root."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{TARGET}\n")
    return 0


def _one_paragraph_a_line(docstring: str) -> str:
    paragraphs = docstring.replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


if __name__ == "__main__":
    sys.exit(main())
