"""What a range left behind outside git, one module a kind of state; the table is in `inventory`."""
