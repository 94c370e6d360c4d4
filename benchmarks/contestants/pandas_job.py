"""The same job in pandas, as a careful script: all files as one frame, masks, duplicates, one Parquet a day."""

import sys
from pathlib import Path

import pandas as pd
from canon import END, FIRST, LENGTH, LONG, MAPS, REQUIRED


def read(file: Path) -> pd.DataFrame:
    """The records of a file as text, with its name and their numbers in it."""
    raw = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
    return raw.assign(file=file.name, record=range(1, len(raw) + 1))


def validate(raw: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
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


def refused(raw: pd.DataFrame, broken: dict[str, pd.Series]) -> tuple[pd.Series, pd.DataFrame]:
    """Which rows break a rule, and these as they came, with every reason."""
    flags = pd.DataFrame(broken)
    wrong, rules = flags.any(axis=1), sorted(flags.columns)
    rows = raw[wrong]
    texts = rows.drop(columns=["file", "record"]).astype(object).where(rows.notna(), None)
    reasons = [[r for r, yes in zip(rules, some, strict=True) if yes] for some in flags.loc[wrong, rules].values]
    return wrong, rows[["file", "record"]].assign(reasons=reasons, text=texts.to_dict("records"))


def write(rows: pd.DataFrame, lake: Path, name: str) -> None:
    """A Parquet of that name in the folder of each day."""
    for day, mine in rows.groupby("date"):
        folder = lake / f"year={day.year}" / f"month={day.month}" / f"day={day.day}"
        folder.mkdir(parents=True, exist_ok=True)
        mine.drop(columns="date").to_parquet(folder / f"{name}.parquet", compression="zstd")


def main(source: str, target: str) -> None:
    """Read, validate, write what is refused, keep the first of each key of a day, write a partition a day."""
    raw = pd.concat(map(read, sorted(Path(source).glob("*.csv"))), ignore_index=True)
    row, broken = validate(raw)
    wrong, quarantine = refused(raw, broken)
    quarantine.to_parquet(Path(target) / "quarantine.parquet")
    good = row[~wrong].drop(columns=["file", "record"]).assign(date=lambda frame: frame["transaction_ts"].dt.date)
    write(good.drop_duplicates(["transaction_id", "date"]), Path(target) / "lake", "transactions")


if __name__ == "__main__":
    main(*sys.argv[1:])
