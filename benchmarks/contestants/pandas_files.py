"""The same job in pandas as most would write it: a loop that reads, validates and writes one file after the other."""

import sys
from datetime import date
from pathlib import Path

import pandas as pd
from pandas_job import read, refused, validate, write

Key = tuple[str, date]


def unseen(rows: pd.DataFrame, seen: set[Key]) -> pd.DataFrame:
    """The rows whose key no earlier file had."""
    keys = list(zip(rows["transaction_id"], rows["date"], strict=True))
    new = [key not in seen for key in keys]
    seen.update(keys)
    return rows[new]


def main(source: str, target: str) -> None:
    """For each file a Parquet a day with the first of each key; what was refused in one at the end."""
    quarantine, seen = [], set[Key]()
    files = sorted(Path(source).glob("*.csv"))
    for file in files:
        raw = read(file)
        row, broken = validate(raw)
        wrong, told = refused(raw, broken)
        quarantine.append(told)
        good = row[~wrong].drop(columns=["file", "record"])
        good["date"] = good["transaction_ts"].dt.date
        good = good.drop_duplicates(["transaction_id", "date"])
        if len(files) > 1:
            good = unseen(good, seen)
        write(good, Path(target) / "lake", file.stem)
    pd.concat(quarantine, ignore_index=True).to_parquet(Path(target) / "quarantine.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])
