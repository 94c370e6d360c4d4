"""The same job by hand in DuckDB: one scan into a table of typed values and a bit mask of rules, then two writes.

No ledger, no hashes, no copies, no warehouse, no events: what the job costs where nothing is promised beyond it.
"""

import sys

import duckdb
from canon import COLUMNS, END, FIRST, LENGTH, LONG, MAPS, REQUIRED


def value(name: str) -> str:
    """SQL of the typed value of a text."""
    if name in MAPS:
        cases = " ".join(f"WHEN '{text}' THEN '{meant}'" for text, meant in MAPS[name].items())
        return f"CASE lower(t_{name}) {cases} END"
    kinds = {"transaction_ts": "TIMESTAMPTZ", "amount": "DECIMAL(18, 2)"}
    return f"try_cast(t_{name} AS {kinds[name]})" if name in kinds else f"t_{name}"


def rules() -> dict[str, str]:
    """Name → SQL that is true where it is broken."""
    broken = {f"{name}:required": f"t_{name} IS NULL" for name in REQUIRED}
    broken |= {f"{name}:maxLength": f"length(t_{name}) > {LENGTH}" for name in LONG}
    for name, rule in {**dict.fromkeys(MAPS, "enum"), "transaction_ts": "type", "amount": "type"}.items():
        broken[f"{name}:{rule}"] = f"t_{name} IS NOT NULL AND {name} IS NULL"
    broken["amount:minimum"] = "amount < 0"
    broken["transaction_ts:partition"] = f"transaction_ts < '{FIRST}Z' OR transaction_ts >= '{END}Z'"
    return dict(sorted(broken.items()))


def main(source: str, target: str) -> None:
    """Scan, find duplicates, write what is valid, write what is refused."""
    run = duckdb.connect(config={"temp_directory": f"{target}/.spill"}).execute
    run("SET TimeZone = 'UTC'")
    columns = {f"t_{name}": "VARCHAR" for name in COLUMNS}
    typed = ", ".join(f"{value(name)} AS {name}" for name in COLUMNS)
    mask = " + ".join(f"CASE WHEN {rule} THEN {2**n} ELSE 0 END" for n, rule in enumerate(rules().values()))
    raw = ", ".join(f"{name} := t_{name}" for name in COLUMNS)
    run(
        f"CREATE TEMP TABLE validated AS SELECT file_index, {', '.join(COLUMNS)}, mask, "
        f"CASE WHEN mask <> 0 THEN struct_pack({raw}) END AS text FROM (SELECT *, {mask} AS mask "
        f"FROM (SELECT file_index, *, {typed} "
        f"FROM read_csv('{source}/*.csv', columns = {columns}, auto_detect = false, header = true)))"
    )
    days = ", ".join(f"{unit}(transaction_ts) AS {unit}" for unit in ("year", "month", "day"))
    run(
        "CREATE TEMP TABLE again AS SELECT transaction_id, transaction_ts::DATE AS day, min(rowid) AS first "
        "FROM validated WHERE mask = 0 GROUP BY ALL HAVING count(*) > 1"
    )
    run(
        f"COPY (SELECT {', '.join(COLUMNS)}, {days} FROM validated j WHERE mask = 0 AND NOT EXISTS (FROM again a WHERE "
        "a.transaction_id = j.transaction_id AND a.day = j.transaction_ts::DATE AND a.first <> j.rowid)) "
        f"TO '{target}/lake' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day))"
    ).fetchall()
    names = ", ".join(f"CASE WHEN mask & {2**n} <> 0 THEN '{rule}' END" for n, rule in enumerate(rules()))
    run(
        f"COPY (SELECT parse_filename(files.paths[file_index::BIGINT + 1]) AS file, j.rowid - first + 1 AS record, "
        f"list_filter([{names}], lambda r: r IS NOT NULL) AS reasons, text FROM validated j "
        "JOIN (SELECT file_index, min(rowid) AS first FROM validated GROUP BY ALL) USING (file_index), "
        f"(SELECT list(file ORDER BY file) AS paths FROM glob('{source}/*.csv')) files WHERE mask <> 0) "
        f"TO '{target}/quarantine.parquet'"
    ).fetchall()


if __name__ == "__main__":
    main(*sys.argv[1:])
