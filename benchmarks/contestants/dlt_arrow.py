"""dlt at its fastest: its own DuckDB reader gives typed tables of Arrow, passed on to Parquet; nothing is validated."""

import sys
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv_duckdb
from typed_copy import TYPES

BATCH = 100_000


def main(source: str, target: str) -> None:
    """One pipeline into a folder; what cannot be cast is dropped, as the yardstick does."""
    options = {"dtype": TYPES, "header": True, "ignore_errors": True}
    rows = filesystem(Path(source).as_uri(), file_glob="*.csv") | read_csv_duckdb(BATCH, use_pyarrow=True, **options)
    destination = dlt.destinations.filesystem(bucket_url=target)
    pipeline = dlt.pipeline("bench", pipelines_dir=f"{target}/.dlt", destination=destination, dataset_name="dlt")
    pipeline.run(rows.with_name("transactions"), loader_file_format="parquet")
    (Path(target) / "dlt" / "transactions").rename(Path(target) / "lake")


if __name__ == "__main__":
    main(*sys.argv[1:])
