"""Check results: what can be asked of finished steps; each result is a table of what is not as promised."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from dropzone_assets.contracts import DATA_DATE, DELIVERY, Contract, QualityRule
from dropzone_assets.engine import Connection, attached, columns_of, literals, quote, rows
from dropzone_assets.files import INSIDE
from dropzone_assets.inspect.delivery_status import asleep
from dropzone_assets.pipeline.deduplicate import contested, key_of, left_out, rivals_of, same_key, valid_rows
from dropzone_assets.pipeline.overdue import alert
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import tables
from dropzone_assets.pipeline.unpublished import unpublished
from dropzone_assets.platform import Platform
from dropzone_assets.proof.fingerprint import Fingerprint, fingerprints
from dropzone_assets.sinks.parquet import partition_uris

Asked = TypeVar("Asked", dict[date, tuple[int, int]], dict[date, Fingerprint])


class CheckResult(NamedTuple):
    """Whether a promise holds, the numbers behind it, and the cases where it does not, under `names`."""

    kept: bool
    numbers: Mapping[str, int | float]
    names: tuple[str, ...] = ()
    cases: Sequence[tuple[Any, ...]] = ()


def files_conserved(platform: Platform, contract: Contract, days: Sequence[date]) -> CheckResult:
    """For every file: rows read = valid + quarantined, counted in the warehouse."""
    connection = platform.connect()
    held: list[dict[str, int]] = [{}, {}]
    tallies = platform.ledger.queries.tallies(contract.table, days)
    if platform.settings.warehouse.exists():
        mine = f"{DELIVERY} IN (SELECT unnest({literals([tally.key for tally in tallies])}::VARCHAR[]))"
        with attached(connection, platform.settings.warehouse, read_only=True):
            for n, table in enumerate(tables(contract.table)):
                if columns_of(connection, table):
                    query = f"SELECT {DELIVERY}, count(*) FROM {table} WHERE {mine} GROUP BY ALL"
                    held[n] = dict(rows(connection, query))
    counts = [(t.path, t.rows_read, held[0].get(t.key, 0), held[1].get(t.key, 0)) for t in tallies]
    wrong = [count for count in counts if count[1] != count[2] + count[3]]
    sums = [sum(column) for column in ([c[1] for c in counts], [c[2] for c in counts], [c[3] for c in counts])]
    numbers = dict(zip(("rows read", "valid", "quarantined"), sums, strict=True))
    return CheckResult(
        not wrong, {"files": len(counts), **numbers}, ("file", "rows read", "valid", "quarantined"), wrong
    )


def quarantine_rate(platform: Platform, contract: Contract, days: Sequence[date]) -> CheckResult:
    """On every file date the refused share of rows is at most the contract's threshold."""
    found = [r for r in platform.ledger.queries.per_date(days) if r.table_name == contract.table]
    shares = [(r.file_date, r.rows_read, r.quarantined, r.quarantined / max(r.rows_read, 1)) for r in found]
    wrong = [share for share in shares if share[3] > contract.max_quarantine]
    read, refused = sum(r.rows_read for r in found), sum(r.quarantined for r in found)
    numbers = {"rows read": read, "quarantined": refused, "share": refused / max(read, 1)}
    limit = {"share allowed": contract.max_quarantine}
    return CheckResult(not wrong, {**numbers, **limit}, ("file date", "rows read", "quarantined", "share"), wrong)


def contracts_sound(platform: Platform) -> CheckResult:
    """Every contract in the folder can be honoured, and nothing waits for one that is inactive or gone."""
    broken = [(error.found, error.cure) for error in platform.contracts.broken]
    waiting = [(f"{each.table}: {each.reason}", each.cure) for each in asleep(platform)]
    numbers = {"tables": len(platform.contracts.tables), "broken contracts": len(broken), "waiting": len(waiting)}
    return CheckResult(not broken and not waiting, numbers, ("contract", "what to do"), [*broken, *waiting])


def failed_deliveries(platform: Platform, table: str | None) -> CheckResult:
    """No delivery of a table is still failed; the empty table stands for files that nobody recognised."""
    found = platform.ledger.queries.failures(table)
    cases = [(row.path, row.stage, row.reason, row.cure) for row in found]
    return CheckResult(not cases, {"failed deliveries": len(cases)}, ("file", "stage", "reason", "what to do"), cases)


def all_published(platform: Platform) -> CheckResult:
    """No partition is missing in the lake, and no summary, because its publication fails."""
    found = unpublished(platform)
    cases = [(f"{u.layer}/{u.table}", u.day, u.reason, u.since, u.times, u.again, u.cure) for u in found]
    names = ("asset", "day", "reason", "since (UTC)", "tries", "again (UTC)", "what to do")
    return CheckResult(not cases, {"partitions not published": len(cases)}, names, cases)


def no_day_overdue(platform: Platform, contract: Contract, at: datetime) -> CheckResult:
    """No day lacks files whose time is up. Whoever asks has been told: the ledger remembers it."""
    found = alert(platform, contract, at)
    cases = [(s.day, s.expected, s.arrived, s.due, s.evidence) for s in found]
    return CheckResult(
        not cases, {"days overdue": len(cases)}, ("day", "expected", "arrived", "due (UTC)", "evidence"), cases
    )


def gone_files(platform: Platform, table: str) -> CheckResult:
    """No file of a table that counts is gone from its source, unless a person said that it may be."""
    found = platform.ledger.absences.absent(table)
    cases = [(row.path, row.source, f"{row.since:%Y-%m-%d %H:%M}", what_to_do(row.path)) for row in found]
    return CheckResult(not cases, {"files gone": len(cases)}, ("file", "source", "since (UTC)", "what to do"), cases)


def what_to_do(path: str) -> str:
    """How it ends that a file is gone."""
    name = path.partition(INSIDE)[0]
    return f"Deliver it again; or dropzone retract {name} takes its rows back; with --undo they stay."


def partitions_conserved(platform: Platform, contract: Contract, days: Sequence[date]) -> CheckResult:
    """For every lake partition: valid rows = lake rows + duplicates, each counted on its own."""
    made = _of_warehouse(platform, contract, days, _counts)
    lake = dict(rows(_lake(platform, contract, days), f"SELECT {DATA_DATE}, count(*) FROM stored GROUP BY ALL"))
    cases: list[tuple[Any, ...]] = []
    for day in sorted(made.keys() | lake.keys()):
        valid, again = made.get(day, (0, 0))
        cases.append((day, valid, lake.get(day, 0), again))
    wrong = [case for case in cases if case[1] != case[2] + case[3]]
    names = ("valid", "lake", "duplicates")
    return CheckResult(not wrong, _sums(cases, names), ("day", *names), wrong)


def lake_equals_warehouse(platform: Platform, contract: Contract, days: Sequence[date]) -> CheckResult:
    """For every lake partition: the same number of rows and the same checksum as made from the warehouse now."""
    made = _of_warehouse(platform, contract, days, _prints)
    held = fingerprints(_lake(platform, contract, days), "stored", DATA_DATE, _compared(contract))
    either = sorted(made.keys() | held.keys())
    cases = [(day, made.get(day, Fingerprint()).rows, held.get(day, Fingerprint()).rows) for day in either]
    wrong = [case for case in cases if made.get(case[0]) != held.get(case[0])]
    names = ("warehouse_rows", "lake_rows")
    return CheckResult(not wrong, _sums(cases, names), ("day", *names), wrong)


def quality(platform: Platform, contract: Contract, days: Sequence[date]) -> dict[QualityRule, CheckResult]:
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


def _quality(answers: list[tuple[Any, ...]]) -> CheckResult:
    wrong = [(day, number) for day, number, kept in answers if not kept]
    values = [float(number) for _, number, _ in answers if number is not None]
    extremes = {"least": min(values), "most": max(values)} if values else {}
    return CheckResult(not wrong, {"partitions": len(answers), **extremes}, ("day", "found"), wrong)


def _of_warehouse(
    platform: Platform,
    contract: Contract,
    days: Sequence[date],
    ask: Callable[[Connection, Contract, Sequence[date]], Asked],
) -> Asked:
    """What is asked of the valid rows of these days."""
    connection = platform.connect()
    if not platform.settings.warehouse.exists():
        return {}
    with attached(connection, platform.settings.warehouse, read_only=True):
        return ask(connection, contract, days)


def _counts(connection: Connection, contract: Contract, days: Sequence[date]) -> dict[date, tuple[int, int]]:
    """The rows of each day, and those beyond one for each key; both of one moment."""
    valid = valid_rows(connection, contract, days)
    counts = dict(rows(connection, f"SELECT {DATA_DATE}, count(*) FROM ({valid}) GROUP BY ALL"))
    again: dict[date, int] = {}
    if contract.over_all_days:
        kept = _kept(connection, contract, valid)
        again = {day: count - kept.get(day, 0) for day, count in counts.items()}
    elif contract.key:
        keys = f"SELECT {key_of(contract)}, count(*) AS _n FROM ({contested(contract, valid)}) GROUP BY ALL"
        again = dict(rows(connection, f"SELECT {DATA_DATE}, sum(_n - 1)::BIGINT FROM ({keys}) GROUP BY ALL"))
    return {day: (count, again.get(day, 0)) for day, count in counts.items()}


def _kept(connection: Connection, contract: Contract, valid: str) -> dict[date, int]:
    """How many keys, each of which is there once over all days, have the row that stays on which day."""
    rivals = rivals_of(connection, contract, f"SELECT {same_key(contract)} FROM ({valid})")
    day = f"{'arg_min' if contract.keep == 'first' else 'arg_max'}({DATA_DATE}, _nth) AS {DATA_DATE}"
    keys = f"SELECT {day} FROM ({rivals}) GROUP BY {key_of(contract)}"
    return dict(rows(connection, f"SELECT {DATA_DATE}, count(*) FROM ({keys}) GROUP BY ALL"))


def _prints(connection: Connection, contract: Contract, days: Sequence[date]) -> dict[date, Fingerprint]:
    """What the lake should hold of each day."""
    valid = valid_rows(connection, contract, days)
    kept = f"(({valid}) ANTI JOIN {left_out(Staging(connection), contract, days)} USING (_row))"
    return fingerprints(connection, kept, DATA_DATE, _compared(contract))


def _compared(contract: Contract) -> dict[str, str]:
    return {**contract.stored, DELIVERY: contract.lineage[DELIVERY]}


def _lake(platform: Platform, contract: Contract, days: Sequence[date]) -> Connection:
    """A connection with the view `stored`: the rows of the lake of these days."""
    connection = platform.connect()
    fields = {**contract.stored, **contract.lineage}
    none = ", ".join(f"NULL::{kind} AS {quote(name)}" for name, kind in fields.items())
    uris = partition_uris(platform.lake, contract.table, list(days))
    held = f"* FROM read_parquet({literals(uris)}, hive_partitioning = false, union_by_name = true)"
    connection.execute(f"CREATE TEMP VIEW stored AS SELECT {held if uris else f'{none} LIMIT 0'}")
    return connection


def _sums(cases: Sequence[tuple[Any, ...]], names: tuple[str, ...]) -> dict[str, int | float]:
    return {name: sum(case[n] for case in cases) for n, name in enumerate(names, start=1)}
