"""Ten thousand CSVs of five hundred rows each: what a file costs beside its rows."""

from benchmarks import transactions
from benchmarks.contest import Contest
from benchmarks.peers import DLT_ARROW, DLT_ROWS, PANDAS, PANDAS_FILES, POLARS, YARDSTICK, Ours

ROWS = 500

WORKLOAD = Contest(
    "small-files",
    "CSVs of 500 dirty transactions each",
    "rows",
    {"quick": 100 * ROWS, "full": 10_000 * ROWS},
    lambda folder, rows: transactions.write(folder, rows, files=rows // ROWS),
    (YARDSTICK, Ours(), POLARS, DLT_ARROW, PANDAS, PANDAS_FILES, DLT_ROWS),
    "Y",
)
