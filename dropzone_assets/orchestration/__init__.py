"""All of Dagster, and only here: definitions, assets, checks, sensors, IO managers, runs, and who serves them.

What would make sense without Dagster lives below: in `pipeline` what happens to a file, in `inspect` what a person
asks, in `proof` whether it is true, in `upkeep` what keeps a home tidy.
"""
