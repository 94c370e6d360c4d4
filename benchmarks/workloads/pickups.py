"""floe's own published workload: five million pickups, casts, not null, unique."""

from benchmarks import pickups
from benchmarks.contest import Contest
from benchmarks.peers import Ours, Peer

WORKLOAD = Contest(
    "pickups",
    "The benchmark of floe: pickups, cast, not null, unique",
    "rows",
    {"quick": 500_000, "full": 5_000_000},
    pickups.write,
    (
        Peer("Y", "duckdb", "typed_pickups.py"),
        Ours(check=lambda home: pickups.found(home / "lake" / "pickups")),
        # floe has no way to say how a time is written, and reads none of the times of its own benchmark.
        Peer("floe", "floe", "floe_pickups.py", lambda out: pickups.found(out / "lake"), forgiven=("times",)),
    ),
    "Y",
)
