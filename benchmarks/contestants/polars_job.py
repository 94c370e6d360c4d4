"""The same job in polars, as someone who knows it well would write it: typed, validated, kept first, partitioned.

Lazy and streaming as far as it goes. Times are read with their offset, values are made canonical, every rule a row
breaks is named, and refused rows rest as they came with their file and record number.
"""

import sys
from pathlib import Path

import polars as pl
from canon import COLUMNS, END, FIRST, LENGTH, LONG, MAPS, REQUIRED

TYPED = ("transaction_ts", "amount")


def canonical(name: str) -> pl.Expr:
    """The value a text means, whatever its case; nothing where it means none."""
    return pl.col(name).str.to_lowercase().replace_strict(MAPS[name], default=None, return_dtype=pl.String)


def read(source: Path) -> pl.LazyFrame:
    """All records as text, trimmed, with their file and their number in it."""
    files = sorted(source.glob("*.csv"))
    schema = dict.fromkeys(COLUMNS, pl.String)
    frame = pl.scan_csv(files, schema=schema, include_file_paths="file", row_index_name="row", glob=False)
    texts = [pl.col(name).str.strip_chars() for name in COLUMNS]
    return frame.with_columns(*texts, pl.col("row").cast(pl.Int64))


def validated(frame: pl.LazyFrame) -> tuple[pl.LazyFrame, list[str]]:
    """Typed values beside the texts, and a bit mask of the rules each row breaks; the names of the bits."""
    moment = pl.col("transaction_ts").str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", strict=False)
    typed = {
        "transaction_ts": moment.dt.replace_time_zone(None),
        "amount": pl.col("amount").cast(pl.Decimal(18, 2), strict=False),
        **{name: canonical(name) for name in MAPS},
    }
    frame = frame.with_columns(**{f"v_{name}": value for name, value in typed.items()})
    when, amount = pl.col("v_transaction_ts"), pl.col("v_amount")
    broken = {f"{name}:required": pl.col(name).is_null() for name in REQUIRED}
    broken |= {f"{name}:maxLength": pl.col(name).str.len_chars() > LENGTH for name in LONG}
    misread = {name: pl.col(name).is_not_null() & pl.col(f"v_{name}").is_null() for name in typed}
    broken |= {f"{name}:{'type' if name in TYPED else 'enum'}": rule for name, rule in misread.items()}
    broken |= {"transaction_ts:partition": (when < FIRST) | (when >= END), "amount:minimum": amount < 0}
    bits = [rule.fill_null(False).cast(pl.UInt32) * 2**n for n, rule in enumerate(broken.values())]
    return frame.with_columns(mask=pl.sum_horizontal(bits)), list(broken)


def main(source: str, target: str) -> None:
    """Read once, validate, write what is refused, keep the first of each key of a day, write a partition a day."""
    out = Path(target)
    frame, rules = validated(read(Path(source)))
    typed = [name for name in frame.collect_schema() if name.startswith("v_")]
    wrong = pl.col("mask") != 0
    text = pl.when(wrong).then(pl.struct(COLUMNS)).alias("text")
    own = [pl.col(f"v_{name}" if f"v_{name}" in typed else name).alias(name) for name in COLUMNS]
    rows = frame.select("row", "file", "mask", text, *own).collect(engine="streaming")
    refuse(rows, rules, out / "quarantine.parquet")
    when = pl.col("transaction_ts").dt
    good = rows.lazy().filter(~wrong).select(*COLUMNS, year=when.year(), month=when.month(), day=when.day())
    kept = good.unique(["transaction_id", "year", "month", "day"], keep="first", maintain_order=True)
    kept.sink_parquet(pl.PartitionBy(out / "lake", key=["year", "month", "day"], include_key=False), mkdir=True)


def refuse(rows: pl.DataFrame, rules: list[str], file: Path) -> None:
    """Write the refused rows with their reasons, and their place: the distance from the first row of their file."""
    firsts = rows.lazy().group_by("file").agg(first=pl.col("row").min())
    named = [pl.when(pl.col("mask") & 2**n != 0).then(pl.lit(rule)) for n, rule in enumerate(rules)]
    refused = rows.lazy().filter(pl.col("mask") != 0).join(firsts, on="file", how="left", maintain_order="left")
    refused.select(
        pl.col("file").str.split("/").list.last(),
        record=pl.col("row") - pl.col("first") + 1,
        reasons=pl.concat_list(named).list.drop_nulls().list.sort(),
        text="text",
    ).sink_parquet(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
