"""A Dagster project that stands on the tables of a home."""
