"""The dependency graph in the formats of other tools, written piece by piece."""
