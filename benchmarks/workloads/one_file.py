"""One CSV of 500 MB with dirty transactions of thirty days."""

from benchmarks import transactions
from benchmarks.contest import Contest
from benchmarks.peers import BY_HAND, DLT_ARROW, DLT_ROWS, PANDAS, PANDAS_FILES, POLARS, SPARK, YARDSTICK, Ours

WORKLOAD = Contest(
    "one-file",
    "One CSV of dirty transactions",
    "rows",
    {"quick": 150_000, "full": 6_300_000},
    lambda folder, rows: transactions.write(folder, rows),
    (YARDSTICK, Ours(), BY_HAND, POLARS, DLT_ARROW, PANDAS, PANDAS_FILES, DLT_ROWS, SPARK),
    "Y",
)
