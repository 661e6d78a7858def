"""Values → text. No decision is made here: what is not in the value is not in the report."""
