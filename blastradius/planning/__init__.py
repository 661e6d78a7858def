"""Which commits must go together, and in which order: pure functions over demands."""
