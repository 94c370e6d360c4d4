"""Dirty transactions from a seed, and the truth about them: what a right answer has to add up to.

Two in a hundred rows break one rule or two, one in a hundred repeats an earlier key with another amount, and one
in twenty writes its time with an offset. The truth comes from the numbers behind the text, never from the text.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.truth import Sums, added, lake_sums, refused_sums, row_hash

COLUMNS = (
    "transaction_id", "transaction_ts", "user_id", "amount", "currency", "status", "product_id", "payment_method",
)  # fmt: skip

FIRST = date(2024, 1, 1)
"""The first data date."""

DAYS = 30
"""Data dates of one file of transactions; the lake gets a partition for each."""

DIRT = (
    "transaction_id:required",
    "transaction_ts:type",
    "transaction_ts:required",
    "transaction_ts:partition",
    "user_id:required",
    "amount:required",
    "amount:type",
    "amount:minimum",
    "currency:enum",
    "currency:required",
    "status:enum",
    "payment_method:enum",
)
"""What a dirty row breaks; one in four of them has an unknown currency beside it."""

MADE = """
CREATE OR REPLACE TABLE made AS WITH numbered AS (
    SELECT i, CASE WHEN dice(i, 1) % 100 = 0 AND i > 1000 THEN i - 1 - (dice(i, 2) % 1000)::BIGINT
        ELSE i END AS n,
        CASE WHEN dice(i, 3) % 100 < 2 THEN 1 + (dice(i, 4) % 12)::TINYINT ELSE 0 END AS dirt,
        dice(i, 5) AS a, dice(i, 6) AS b
    FROM range({first}, {last}) t(i)
), meant AS (
    SELECT *, printf('%016x', dice(n, 7)) AS id,
        TIMESTAMP '{day}' + to_seconds((n * 86400 * {days} // {total} + dice(n, 8) % 21600)::BIGINT) AS ts,
        (1 + a % 1000000)::DECIMAL(18, 2) / 100 AS cents,
        dirt = 9 OR (dirt NOT IN (0, 10) AND b % 4 = 0) AS odd_currency,
        (b // 16 % 8)::INT AS c, CASE WHEN b // 128 % 10 < 8 THEN 0 ELSE b // 2048 % 4 END::INT AS s,
        (b // 8192 % 5)::INT AS m, b // 65536 % 20 AS spelling
    FROM numbered
)
SELECT i, id, ts, cents::DECIMAL(18, 2) AS amount, 'u' || a % 50000 AS user_id,
    ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'INR', 'AUD'][c + 1] AS currency,
    ['SUCCESS', 'FAILED', 'PENDING', 'REFUNDED'][s + 1] AS status,
    [NULL, 'CREDIT_CARD', 'DEBIT_CARD', 'PAYPAL', 'BANK_TRANSFER'][m + 1] AS payment_method,
    CASE WHEN a // 7 % 3 > 0 THEN 'p' || a % 3000 END AS product_id,
    CASE WHEN dirt > 0 THEN list_distinct([{dirts}[dirt], CASE WHEN odd_currency THEN 'currency:enum' END])
        .list_filter(lambda r: r IS NOT NULL).list_sort() END AS reasons,
    struct_pack(
        transaction_id := CASE WHEN dirt <> 1 THEN id END,
        transaction_ts := CASE dirt WHEN 2 THEN 'yesterday' WHEN 3 THEN NULL WHEN 4 THEN '1970-01-01T00:00:00Z'
            ELSE CASE WHEN spelling = 0 THEN strftime(ts + INTERVAL 2 HOUR, '%Y-%m-%dT%H:%M:%S+02:00')
                ELSE strftime(ts, '%Y-%m-%dT%H:%M:%SZ') END END,
        user_id := CASE WHEN dirt <> 5 THEN 'u' || a % 50000 END,
        amount := CASE dirt WHEN 6 THEN NULL WHEN 7 THEN 'abc'
            ELSE CASE WHEN dirt = 8 THEN '-' ELSE '' END || cents::DECIMAL(18, 2) END,
        currency := CASE WHEN dirt = 10 THEN NULL WHEN odd_currency THEN 'XXX' ELSE
            CASE WHEN spelling = 1 THEN ['US$', '€', '£', 'yen', 'chf', 'C$', 'inr', 'A$']
                ELSE ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'INR', 'AUD'] END[c + 1] END,
        status := CASE WHEN dirt = 11 THEN 'maybe' ELSE
            CASE WHEN spelling = 2 THEN ['ok', 'declined', 'waiting', 'Reversed'] WHEN spelling = 3
                THEN ['Paid', 'error', 'pending', 'refunded']
                ELSE ['SUCCESS', 'FAILED', 'PENDING', 'REFUNDED'] END[s + 1] END,
        product_id := CASE WHEN a // 7 % 3 > 0 THEN 'p' || a % 3000 END,
        payment_method := CASE WHEN dirt = 12 THEN 'barter' WHEN spelling = 4
            THEN [NULL, 'credit card', 'dc', 'PayPal', 'wire'][m + 1]
            ELSE [NULL, 'CREDIT_CARD', 'DEBIT_CARD', 'PAYPAL', 'BANK_TRANSFER'][m + 1] END
    ) AS text
FROM meant
"""


def file_name(number: int, files: int, days: int, start: date = FIRST) -> str:
    """The name of the n-th of so many files, with the date on which most of its rows were made."""
    day = start + timedelta(days=((number + 1) * days - 1) // files)
    return f"tx_{day:%Y%m%d}_{number:05d}.csv"


def make(
    connection: duckdb.DuckDBPyConnection, *, first: int, last: int, total: int, seed: int, days: int, start: date
) -> None:
    """The table `made`: rows `first` up to `last` of `total`, as meant and as written."""
    connection.execute(f"CREATE OR REPLACE TEMP MACRO dice(n, side) AS hash(n * 16 + side + {seed} * 1000000000000)")
    connection.execute(MADE.format(first=first, last=last, total=total, days=days, day=start, dirts=list(DIRT)))


def write(folder: Path, rows: int, *, seed: int = 1, files: int = 1, days: int = DAYS, start: date = FIRST) -> Sums:
    """Write `rows` transactions as `tx_20240130_00000.csv` …, in the order of the files' names.

    Args:
        folder: an empty folder.
        rows: of all files together, 79 bytes each; a file has as many as any other.
        seed: the same arguments give the same bytes.
        files: the key that a row repeats may be in the file before.
        days: the data dates they are spread over, and some hours more.
        start: the first of these.
    """
    truth, each = Sums(), rows // files
    limits = {"memory_limit": "6GB", "temp_directory": str(folder.parent / ".spill")}
    with duckdb.connect(config=limits) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE valid (id VARCHAR, day DATE, i BIGINT, amount DECIMAL(18, 2), hash UBIGINT)")
        names = [file_name(number, files, days, start) for number in range(files)]
        for first in range(0, rows, size := max(each, PIECE - PIECE % each)):
            make(connection, first=first, last=min(first + size, rows), total=rows, seed=seed, days=days, start=start)
            some = names[first // each : (first + size) // each]
            _write_piece(connection, [folder / name for name in some], each)
            place = f"$names[(i - {first}) // {each} + 1] AS file, i % {each} + 1 AS record"
            connection.execute(f"CREATE OR REPLACE TABLE made AS SELECT *, {place} FROM made", {"names": some})
            truth = added(truth, refused_sums(connection, "FROM made"))
            valid = f"SELECT id, ts::DATE, i, amount, {row_hash()} FROM made WHERE reasons IS NULL"
            connection.execute(f"INSERT INTO valid {valid}")
        return truth | lake_sums(connection, "SELECT arg_min(amount, i), arg_min(hash, i) FROM valid GROUP BY day, id")


PIECE = 1_000_000
"""Rows made at once, where files are smaller."""


def _write_piece(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], each: int) -> None:
    """Write what is made as files of `each` rows."""
    connection.execute(f"COPY (SELECT unnest(text) FROM made ORDER BY i) TO '{files[0]}' (HEADER)")
    if len(files) > 1:
        header, *lines = files[0].read_bytes().splitlines(keepends=True)
        for number, file in enumerate(files):
            file.write_bytes(header + b"".join(lines[number * each : (number + 1) * each]))
