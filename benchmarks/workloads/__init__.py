"""What is measured. To add a workload: one file here with a `WORKLOAD`, one line in `WORKLOADS`."""

WORKLOADS = (
    "one-file",
    "small-files",
    "big",
    "documents",
    "pickups",
    "backfill",
    "incremental",
    "starts",
    "tick",
    "latency",
    "profile",
)
"""In the order they are run and told; each is a module of this room, with `_` for `-`."""
