"""The same job in pandas, as a careful script: text, coerced, masks, duplicates, one file a day."""

import sys
from pathlib import Path

import pandas as pd
from canon import END, FIRST, LENGTH, LONG, MAPS, REQUIRED


def read(source: Path) -> pd.DataFrame:
    """All records as text, with their file and their number in it."""
    frames = [
        pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
        .assign(file=file.name)
        .assign(record=lambda frame: range(1, len(frame) + 1))
        for file in sorted(source.glob("*.csv"))
    ]
    return pd.concat(frames, ignore_index=True)


def judge(raw: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """The typed rows, and which of them break each rule."""
    row = raw.copy()
    for name in raw.columns.drop(["file", "record"]):
        row[name] = raw[name].str.strip()
    given = {name: row[name].notna() for name in raw.columns}
    row["transaction_ts"] = pd.to_datetime(row["transaction_ts"], format="ISO8601", utc=True, errors="coerce")
    row["amount"] = pd.to_numeric(row["amount"], errors="coerce")
    for name, meanings in MAPS.items():
        row[name] = row[name].str.lower().map(meanings)
    first, tomorrow = pd.Timestamp(FIRST, tz="UTC"), pd.Timestamp(END, tz="UTC")
    broken = {f"{name}:required": ~given[name] for name in REQUIRED}
    broken |= {f"{name}:maxLength": row[name].str.len() > LENGTH for name in LONG}
    broken |= {f"{name}:enum": given[name] & row[name].isna() for name in MAPS}
    broken |= {f"{name}:type": given[name] & row[name].isna() for name in ("transaction_ts", "amount")}
    broken["amount:minimum"] = row["amount"] < 0
    broken["transaction_ts:partition"] = (row["transaction_ts"] < first) | (row["transaction_ts"] >= tomorrow)
    return row, broken


def main(source: str, target: str) -> None:
    """Read, judge, write what is refused, keep the first of each key of a day, write a partition a day."""
    out = Path(target)
    raw = read(Path(source))
    row, broken = judge(raw)
    flags = pd.DataFrame(broken)
    wrong = flags.any(axis=1)
    rules = sorted(flags.columns)
    refused = raw[wrong]
    pd.DataFrame(
        {
            "file": refused["file"],
            "record": refused["record"],
            "reasons": [
                [r for r, yes in zip(rules, some, strict=True) if yes] for some in flags.loc[wrong, rules].values
            ],
            "text": refused.drop(columns=["file", "record"])
            .astype(object)
            .where(refused.notna(), None)
            .to_dict("records"),
        }
    ).to_parquet(out / "quarantine.parquet")
    good = row[~wrong].drop(columns=["file", "record"]).assign(date=lambda frame: frame["transaction_ts"].dt.date)
    kept = good.drop_duplicates(["transaction_id", "date"])
    for day, rows in kept.groupby("date"):
        folder = out / "lake" / f"year={day.year}" / f"month={day.month}" / f"day={day.day}"
        folder.mkdir(parents=True)
        rows.drop(columns="date").to_parquet(folder / "transactions.parquet", compression="zstd")


if __name__ == "__main__":
    main(*sys.argv[1:])
