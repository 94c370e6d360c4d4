"""The same job in dlt, in its natural form: rows of Python, validated one by one, and its file system destination.

dlt partitions by load, not by a column, so its lake is one folder.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import dlt
from canon import END, FIRST, LENGTH, LONG, MAPS, REQUIRED


def moment(text: str) -> datetime:
    """In UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "transaction_ts": ("type", moment),
    "amount": ("type", Decimal),
    **{name: ("enum", lambda text, meanings=meanings: meanings[text.lower()]) for name, meanings in MAPS.items()},
}


def validate(record: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The typed row, and every rule it breaks."""
    row: dict[str, Any] = {name: text.strip() or None for name, text in record.items()}
    reasons = [f"{name}:required" for name in REQUIRED if row[name] is None]
    reasons += [f"{name}:maxLength" for name in LONG if row[name] is not None and len(row[name]) > LENGTH]
    for name, (rule, read) in READERS.items():
        if row[name] is not None:
            try:
                row[name] = read(row[name])
            except (ValueError, KeyError, InvalidOperation):
                reasons.append(f"{name}:{rule}")
                row[name] = None
    if row["amount"] is not None and row["amount"] < 0:
        reasons.append("amount:minimum")
    if row["transaction_ts"] is not None and not FIRST <= row["transaction_ts"] < END:
        reasons.append("transaction_ts:partition")
    return row, sorted(reasons)


@dlt.resource(max_table_nesting=0, columns={"amount": {"data_type": "decimal", "precision": 18, "scale": 2}})
def transactions(source: Path) -> Iterator[Any]:
    """Rows for `transactions`, in pages, and for `quarantine`; the first of each key of a day."""
    seen: set[tuple[str, date]] = set()
    for file in sorted(source.glob("*.csv")):
        page: list[dict[str, Any]] = []
        with file.open(encoding="utf-8", newline="") as lines:
            for number, record in enumerate(csv.DictReader(lines), start=1):
                row, reasons = validate(record)
                if reasons:
                    refused = {"file": file.name, "record": number, "reasons": reasons, "text": record}
                    yield dlt.mark.with_table_name(refused, "quarantine")
                elif (key := (row["transaction_id"], row["transaction_ts"].date())) not in seen:
                    seen.add(key)
                    page.append(row)
                    if len(page) == 10_000:
                        yield page
                        page = []
        yield page


def main(source: str, target: str) -> None:
    """One pipeline into a folder."""
    destination = dlt.destinations.filesystem(bucket_url=target)
    pipeline = dlt.pipeline("bench", pipelines_dir=f"{target}/.dlt", destination=destination, dataset_name="dlt")
    pipeline.run(transactions(Path(source)), loader_file_format="parquet")
    (Path(target) / "dlt" / "transactions").rename(Path(target) / "lake")
    (Path(target) / "dlt" / "quarantine").rename(Path(target) / "quarantine")


if __name__ == "__main__":
    main(*sys.argv[1:])
