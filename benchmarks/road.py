"""One job in several ways: a year of flights from CSV to Parquet; cpu seconds as ratios to a yardstick."""

import os
import resource
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROUNDS = 3
HERE = Path(__file__).parent
WAYS = ("yardstick", "road", "pandas")


def main() -> None:
    """Run every way in turn, three times, and print the best of each."""
    from dropzone_assets.demo.flights import write_flights

    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        files.mkdir()
        write_flights(files, [date(2013, 1, 1) + timedelta(days=n) for n in range(365)])
        best: dict[str, float] = {}
        rows: dict[str, int] = {}
        for turn in range(ROUNDS):
            for way in WAYS:
                seconds, rows[way] = measure(way, files, Path(folder) / f"{way}-{turn}")
                best[way] = min(seconds, best.get(way, seconds))
    table = Table("way", "rows", "cpu seconds", "ratio to yardstick", title="A year of flights, 365 files")
    for way in WAYS:
        table.add_row(way, f"{rows[way]:,}", f"{best[way]:.2f}", f"{best[way] / best['yardstick']:.2f}")
    Console().print(table)


def measure(way: str, files: Path, out: Path) -> tuple[float, int]:
    """Cpu seconds of a process that does the job in one way, less those of one that only starts; rows written."""
    spent = []
    for job in ("nothing", way):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, __file__, job, way, str(files), str(out)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return spent[1] - spent[0], int(done.stdout)


def yardstick(files: Path, out: Path) -> int:
    """Types and partitions, no judgement."""
    import duckdb

    source = f"read_csv('{files}/*.csv', nullstr = 'NA', union_by_name = false)"
    duckdb.execute(
        f"COPY (SELECT * FROM {source}) TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day))"
    ).fetchall()
    return int(duckdb.execute(f"SELECT count(*) FROM '{out}/**/*.parquet'").fetchall()[0][0])


def road(files: Path, out: Path) -> int:
    """The steps of the platform."""
    import shutil

    from dropzone_assets.files import RawFile
    from dropzone_assets.platform import open_platform
    from dropzone_assets.settings import Settings
    from dropzone_assets.steps.commit import commit
    from dropzone_assets.steps.fetch import fetch
    from dropzone_assets.steps.intake import take_in
    from dropzone_assets.steps.judge import judge
    from dropzone_assets.steps.plan import History, plan_loads, plan_publications
    from dropzone_assets.steps.publish import deduplicate, publish, snapshot
    from dropzone_assets.steps.versions import versions

    out.mkdir()
    shutil.copytree(HERE.parent / "data" / "contracts", out / "contracts")
    (out / "sources.yaml").write_text(f"sources: [{{name: files, url: '{files}', settle_seconds: 0}}]")
    platform = open_platform(Settings(home=out))
    for name in platform.configs:
        take_in(platform, name)
    for request in plan_loads(platform, lambda _: History(False, 0)):
        fetch(platform, platform.ledger.deliveries.of_batch(request.id))
        chosen = versions(platform, platform.ledger.deliveries.of_batch(request.id))
        raw = [RawFile(d, platform.raw.uri(d.raw_path)) for d in chosen.current]
        commit(platform, judge(platform, platform.contract(request.table), raw), chosen)
    written = 0
    due = platform.ledger.partitions.due()
    for request in plan_publications(platform, lambda _: History(False, 0)):
        if request.table in platform.contracts.tables:
            days = [day for day in due[request.table] if request.first <= day <= request.last]
            taken = snapshot(platform, platform.contract(request.table), days)
            partitions = deduplicate(taken)
            publish(platform, taken, partitions)
            written += sum(partition.rows for partition in partitions)
    return written


def pandas(files: Path, out: Path) -> int:
    """A careful script."""
    import pandas as pd

    texts = ("carrier", "tailnum", "origin", "dest", "time_hour")
    bounds = {"month": (1, 12), "day": (1, 31), "dep_time": (1, 2400), "arr_time": (1, 2400), "distance": (1, 10_000)}
    read = [
        pd.read_csv(file, dtype=str, na_values=["NA"]).assign(file=file.name) for file in sorted(files.glob("*.csv"))
    ]
    raw = pd.concat(read, ignore_index=True)
    typed = raw.copy()
    bad = pd.Series(False, index=raw.index)
    for name in (column for column in raw.columns if column not in (*texts, "file")):
        typed[name] = pd.to_numeric(raw[name], errors="coerce").astype("Int64")
        bad |= raw[name].notna() & typed[name].isna()
    typed["time_hour"] = pd.to_datetime(raw["time_hour"], errors="coerce", utc=True)
    bad |= typed[["year", "month", "day", "carrier", "flight", "origin", "dest", "time_hour"]].isna().any(axis=1)
    for name, (least, most) in bounds.items():
        bad |= ((typed[name] < least) | (typed[name] > most)).fillna(False)
    good = typed[~bad].drop_duplicates(["time_hour", "carrier", "flight"])
    out.mkdir()
    raw[bad].to_parquet(out / "quarantine.parquet")
    for (year, month, day), rows in good.groupby(["year", "month", "day"]):
        folder = out / f"year={year}" / f"month={month}" / f"day={day}"
        folder.mkdir(parents=True)
        rows.sort_values(["time_hour", "carrier", "flight"]).to_parquet(folder / "flights.parquet", compression="zstd")
    return len(good)


def nothing(way: str) -> int:
    """What a way imports, without doing it."""
    if way == "pandas":
        import pandas  # noqa: F401
        import pyarrow  # noqa: F401
    elif way == "road":
        import dropzone_assets.steps.publish  # noqa: F401
    else:
        import duckdb  # noqa: F401
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        job, way, source_folder, target = sys.argv[1:]
        jobs = {"yardstick": yardstick, "road": road, "pandas": pandas}
        print(nothing(way) if job == "nothing" else jobs[job](Path(source_folder), Path(target)))
