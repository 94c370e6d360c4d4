"""What happens to a file, in order, one file a step; nothing here knows Dagster, a command, or a person who asks.

The order: list_source, discover, plan, cooldown, fetch, checksums, unpack, validate, versions, load, deduplicate,
publish, summarise. To add a step, write it as a function from the platform and what the step before gave, and call it
in the asset of its layer.
"""
