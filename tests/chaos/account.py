"""An account of a home: what its lake, warehouse and ledger hold, free of what may differ; and what is left undone."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blake3 import blake3

from dropzone_assets.engine import quote, rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger.states import PENDING
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import partition_uris

Account = dict[str, list[Any]]

SAFE = {"linked": "loaded"}
"""A copy counts as what it is a copy of."""


def account(platform: Platform) -> Account:
    """What a home holds, to be compared with another."""
    found: Account = {
        "lake objects": [path for path in _paths(Path(platform.settings.lake)) if "summary/ingestion" not in path]
    }
    with open_query(platform) as connection:
        views = rows(connection, "SELECT schema_name, view_name FROM duckdb_views()")
        held = {f"{schema}.{name}" for schema, name in views}

        def ask(name: str, query: str) -> None:
            found[name] = rows(connection, query) if name in held else []

        for table, contract in platform.contracts.tables.items():
            own = ", ".join(quote(column.name) for column in contract.columns)
            for name in (f"lake.{table}", f"validated.{table}"):
                ask(name, f"SELECT {own}, _data_date FROM {name} ORDER BY ALL")
            ask(f"quarantine.{table}", f"SELECT file, record, reasons, raw FROM quarantine.{table} ORDER BY ALL")
            ask(f"summary.{table}", f"SELECT * FROM summary.{table} ORDER BY ALL")
        busy = "files + bytes + rows_read + valid + quarantined + duplicates + late > 0"
        ask("summary.ingestion", f"SELECT * FROM summary.ingestion WHERE {busy} ORDER BY ALL")
        for name in (*platform.contracts.tables, "ingestion"):
            uris = partition_uris(platform.lake, f"summary/{name}")
            found[f"answers of {name}"] = sorted(_answers(connection, uris, name), key=str)
    found["ledger"] = _states(platform)
    return found


def _answers(connection: Any, uris: list[str], name: str) -> Iterable[tuple[Any, ...]]:
    where = "WHERE files + duplicates > 0" if name == "ingestion" else ""
    return [row for uri in uris for row in rows(connection, f"SELECT * FROM read_parquet('{uri}') {where}")]


def _states(platform: Platform) -> list[Any]:
    """Path and table → what became of the versions that count, with the counts of the one that is loaded."""
    found: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    for row in platform.ledger.queries.everything():
        if row.state not in ("superseded", "retracted"):
            counts = (row.rows_read, row.valid, row.quarantined, row.late) if row.state == "loaded" else ()
            states = found.setdefault((row.path, row.table_name), {})
            state = SAFE.get(row.state, row.state)
            states[state] = max(states.get(state, ()), counts)
    return sorted((*location, sorted(states)) for location, states in found.items())


def undone(platform: Platform, *, died: bool) -> list[str]:
    """What should be done by now and is not, and what lies around that no process left behind which `died`."""
    books, home = platform.ledger.partitions, platform.settings.home
    everything = platform.ledger.queries.everything()
    wrong = [f"pending: {row.path} {row.state}" for row in everything if row.state in PENDING]
    wrong += [f"due: {table} {list(map(str, days))}" for table, days in books.due().items()]
    wrong += [f"without a summary: {table} {list(map(str, days))}" for table, days in books.unsummarised().items()]
    raw = home / "raw"
    if not died:
        wrong += [f"left behind: {name}" for name in (*_paths(platform.settings.spill), *_staged(raw))]
    for name in _paths(raw):
        if blake3((raw / name).read_bytes()).hexdigest() != Path(name).stem:
            wrong.append(f"in the raw zone: {name} is not whole")
    kept = {row.key for row in everything if row.state in ("loaded", "opened", "linked")}
    for delivery in platform.ledger.worklist.of_keys(sorted(kept)):
        if not (raw / delivery.raw_path).exists():
            wrong.append(f"not in the raw zone: {delivery.path}")
    return wrong


def _paths(root: Path) -> list[str]:
    """Files, without objects that are not whole yet."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("[!.]*") if path.is_file())


def _staged(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in root.rglob(".*")]
