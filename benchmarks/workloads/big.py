"""Five gigabytes in ten files, with a memory limit of two gigabytes."""

from benchmarks import transactions
from benchmarks.contest import Contest
from benchmarks.peers import YARDSTICK, Ours

LIMIT = {"DROPZONE_MEMORY_LIMIT": "2GB"}

WORKLOAD = Contest(
    "big",
    "Ten CSVs, ours with a memory limit of 2 GB",
    "rows",
    {"quick": 200_000, "full": 63_000_000},
    lambda folder, rows: transactions.write(folder, rows, files=10),
    (YARDSTICK, Ours(LIMIT)),
    "Y",
)
