"""The road without Dagster, one file a step: intake, plan, fetch, judge, commit, publish, summarise."""
