"""dbt without dbt: its projects read, its templates rendered in a sandbox, nothing of them run.

No language of its own: SQL, YAML and CSV files stay what they are. `world.build_world` gives the SQL
language better records of templated files, and `bridges.dbt` the edges that dbt makes between files.
"""
