"""Programs that run a tool's migrations in the project's own Python; they import nothing of ours."""
