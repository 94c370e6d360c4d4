"""Questions: what can be asked of finished steps; each answer is a table of what is not as promised."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from dropzone_assets.contracts import DATA_DATE, DELIVERY, Contract, QualityRule
from dropzone_assets.engine import Connection, attached, columns_of, conform, literals, quote, rows
from dropzone_assets.files import INSIDE
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import partition_uris
from dropzone_assets.steps.commit import tables
from dropzone_assets.steps.proof.fingerprint import checksum
from dropzone_assets.steps.publish import lake_rows, snapshot
from dropzone_assets.steps.tell import tell


class Answer(NamedTuple):
    """Whether a promise holds, the numbers behind it, and the cases where it does not, under `names`."""

    kept: bool
    numbers: Mapping[str, int | float]
    names: tuple[str, ...] = ()
    cases: Sequence[tuple[Any, ...]] = ()


def files_conserved(platform: Platform, contract: Contract, days: Sequence[date]) -> Answer:
    """For every file: rows read = valid + quarantined, counted in the warehouse."""
    connection = platform.connect()
    held: list[dict[str, int]] = [{}, {}]
    tallies = platform.ledger.deliveries.tallies(contract.table, days)
    if platform.settings.warehouse.exists():
        mine = f"{DELIVERY} IN (SELECT unnest({literals([tally.key for tally in tallies])}::VARCHAR[]))"
        with attached(connection, platform.settings.warehouse, read_only=True):
            for n, table in enumerate(tables(contract.table)):
                if columns_of(connection, table):
                    query = f"SELECT {DELIVERY}, count(*) FROM {table} WHERE {mine} GROUP BY ALL"
                    held[n] = dict(rows(connection, query))
    counts = [(t.path, t.rows_read, held[0].get(t.key, 0), held[1].get(t.key, 0)) for t in tallies]
    wrong = [count for count in counts if count[1] != count[2] + count[3]]
    sums = [sum(count[n] for count in counts) for n in (1, 2, 3)]
    numbers = dict(zip(("rows read", "valid", "quarantined"), sums, strict=True))
    return Answer(not wrong, {"files": len(counts), **numbers}, ("file", "rows read", "valid", "quarantined"), wrong)


def quarantine_rate(platform: Platform, contract: Contract, days: Sequence[date]) -> Answer:
    """On every file date the refused share of rows is at most the contract's threshold."""
    found = [r for r in platform.ledger.deliveries.per_date(days) if r.table_name == contract.table]
    shares = [(r.file_date, int(r.rows_read), int(r.quarantined), r.quarantined / max(r.rows_read, 1)) for r in found]
    wrong = [share for share in shares if share[3] > contract.max_quarantine]
    read, refused = (sum(share[n] for share in shares) for n in (1, 2))
    numbers = {"rows read": read, "quarantined": refused, "share": refused / max(read, 1)}
    limit = {"share allowed": contract.max_quarantine}
    return Answer(not wrong, {**numbers, **limit}, ("file date", "rows read", "quarantined", "share"), wrong)


def failed_deliveries(platform: Platform, table: str | None) -> Answer:
    """No delivery of a table is still failed; the empty table stands for files that nobody recognised."""
    found = platform.ledger.deliveries.failures(table)
    cases = [(row.path, row.stage, row.reason, row.cure) for row in found]
    return Answer(not cases, {"failed deliveries": len(cases)}, ("file", "stage", "reason", "what to do"), cases)


def no_day_overdue(platform: Platform, contract: Contract, at: datetime) -> Answer:
    """No day lacks files whose time is up. Whoever asks has been told: the ledger remembers it."""
    found = tell(platform, contract, at)
    cases = [(s.day, s.expected, s.arrived, s.due, s.evidence) for s in found]
    return Answer(
        not cases, {"days overdue": len(cases)}, ("day", "expected", "arrived", "due (UTC)", "evidence"), cases
    )


def gone_files(platform: Platform, table: str) -> Answer:
    """No file of a table that counts is gone from its source, unless a person said that it may be."""
    found = platform.ledger.deliveries.absent(table)
    cases = [(row.path, row.source, f"{row.since:%Y-%m-%d %H:%M}", what_to_do(row.path)) for row in found]
    return Answer(not cases, {"files gone": len(cases)}, ("file", "source", "since (UTC)", "what to do"), cases)


def what_to_do(path: str) -> str:
    """How it ends that a file is gone."""
    name = path.partition(INSIDE)[0]
    return f"Deliver it again; or dropzone retract {name} takes its rows back; with --undo they stay."


def partitions_conserved(platform: Platform, contract: Contract, days: Sequence[date]) -> Answer:
    """For every lake partition: valid rows = lake rows + duplicates, each counted on its own."""
    connection = platform.connect()
    _count_keys(platform, connection, contract, days)
    _show_lake(platform, connection, contract, days)
    kept = "count(*)" if contract.key else "sum(n)"
    wrong, numbers = _compare(
        connection,
        f"SELECT {DATA_DATE} AS day, sum(n)::BIGINT AS valid, (sum(n) - {kept})::BIGINT AS duplicates "
        "FROM keys GROUP BY ALL",
        f"SELECT {DATA_DATE} AS day, count(*) AS lake FROM stored GROUP BY ALL",
        "coalesce(valid, 0) <> coalesce(lake, 0) + coalesce(duplicates, 0)",
        ("valid", "lake", "duplicates"),
    )
    return Answer(not wrong, numbers, ("day", "valid", "lake", "duplicates"), wrong)


def lake_equals_warehouse(platform: Platform, contract: Contract, days: Sequence[date]) -> Answer:
    """For every lake partition: the same number of rows and the same checksum as made from the warehouse now."""
    connection = snapshot(platform, contract, days).connection
    _show_lake(platform, connection, contract, days)
    made = checksum(quote(name) for name in (*contract.stored, DELIVERY))
    count = f"SELECT {DATA_DATE} AS day, count(*) AS {{0}}_rows, {made} AS {{0}}_checksum FROM {{1}} GROUP BY ALL"
    wrong, numbers = _compare(
        connection,
        count.format("warehouse", f"({lake_rows(contract, ordered=False)})"),
        count.format("lake", "stored"),
        "warehouse_rows IS DISTINCT FROM lake_rows OR warehouse_checksum IS DISTINCT FROM lake_checksum",
        ("warehouse_rows", "lake_rows"),
    )
    return Answer(not wrong, numbers, ("day", "warehouse_rows", "lake_rows"), wrong)


def quality(platform: Platform, contract: Contract, days: Sequence[date]) -> dict[QualityRule, Answer]:
    """Every ODCS quality rule of the contract, asked of each lake partition there is."""
    connection = platform.connect()
    fields = {**contract.stored, **contract.lineage}
    empty = ", ".join(f"NULL::{kind} AS {quote(name)}" for name, kind in fields.items())
    found: dict[QualityRule, list[tuple[Any, ...]]] = {rule: [] for rule in contract.quality}
    for day in days:
        uris = partition_uris(platform.lake, contract.table, [day])
        if uris:
            held = f"FROM read_parquet({literals(uris)}, hive_partitioning = false)"
            connection.execute(f"CREATE OR REPLACE VIEW lake AS (SELECT {empty} LIMIT 0) UNION ALL BY NAME {held}")
            for rule in contract.quality:
                asked = f"SELECT n, coalesce({rule.kept}, false) FROM ({rule.number}) AS asked(n)"
                found[rule].append((day, *rows(connection, asked)[0]))
    return {rule: _quality(answers) for rule, answers in found.items()}


def _quality(answers: list[tuple[Any, ...]]) -> Answer:
    wrong = [(day, number) for day, number, kept in answers if not kept]
    values = [float(number) for _, number, _ in answers if number is not None]
    extremes = {"least": min(values), "most": max(values)} if values else {}
    return Answer(not wrong, {"partitions": len(answers), **extremes}, ("day", "found"), wrong)


def _count_keys(platform: Platform, connection: Connection, contract: Contract, days: Sequence[date]) -> None:
    """Make the table `keys`: how often the warehouse has each key on each of these days."""
    kinds = {**contract.stored, **contract.lineage}
    fields = {name: kinds[name] for name in (DATA_DATE, *contract.key)}
    conform(connection, "keys", {**fields, "n": "BIGINT"})
    if not platform.settings.warehouse.exists():
        return
    validated, _ = tables(contract.table)
    with attached(connection, platform.settings.warehouse, read_only=True):
        held = columns_of(connection, validated)
        own = ", ".join(quote(name) for name in fields if name in held)
        of_days = f"{DATA_DATE} IN (SELECT unnest({literals(days)}::DATE[]))"
        if held:
            connection.execute(
                f"INSERT INTO keys BY NAME SELECT {own}, count(*) AS n FROM {validated} WHERE {of_days} GROUP BY ALL"
            )


def _show_lake(platform: Platform, connection: Connection, contract: Contract, days: Sequence[date]) -> None:
    """Make the view `stored`: the rows of the lake of these days."""
    fields = {**contract.stored, **contract.lineage}
    none = ", ".join(f"NULL::{kind} AS {quote(name)}" for name, kind in fields.items())
    uris = partition_uris(platform.lake, contract.table, list(days))
    held = f"* FROM read_parquet({literals(uris)}, hive_partitioning = false, union_by_name = true)"
    connection.execute(f"CREATE TEMP VIEW stored AS SELECT {held if uris else f'{none} LIMIT 0'}")


def _compare(
    connection: Connection, left: str, right: str, wrong: str, counted: tuple[str, ...]
) -> tuple[list[tuple[Any, ...]], dict[str, int | float]]:
    """Join two counts per day; the days that are wrong, and the sums over all days."""
    fields = ", ".join(f"coalesce({name}, 0) AS {name}" for name in counted)
    compared = f"SELECT day, {wrong} AS wrong, {fields} FROM ({left}) FULL JOIN ({right}) USING (day) ORDER BY day"
    found = rows(connection, compared)
    sums = {name: sum(numbers[n] for _, _, *numbers in found) for n, name in enumerate(counted)}
    return [(day, *numbers) for day, is_wrong, *numbers in found if is_wrong], sums
