"""The graph core: node and edge numbers only; it knows no git, no language, none of our values."""
