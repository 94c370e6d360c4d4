"""`dropzone generate`: dirty files for the shipped tables, with notes of what was planted in them."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import sleep
from typing import Annotated

import typer

from dropzone_assets.cli.show import err, here, out, table
from dropzone_assets.demo.flights import write_flights
from dropzone_assets.demo.generators import GENERATORS
from dropzone_assets.demo.planted import Planted
from dropzone_assets.errors import Permanent

MORNING = time(8, 30)
"""When a generated file of a day is sent, UTC."""

FIRST_FLIGHTS = date(2013, 1, 1)


def generate(
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Default: the synthetic ones.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; ends yesterday if left out.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="One file per table and day.")] = 3,
    rows: Annotated[int, typer.Option(min=0, help="Records in each synthetic file.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed and days give the same bytes.")] = 7,
    every: Annotated[
        float | None, typer.Option(min=0.1, help="Write for ever: one file per table each so many seconds.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Folder; the dropzone if left out.")] = None,
) -> None:
    """Write dirty files of the shipped tables into the dropzone: one burst, or without end.

    Beside them, in _planted (which is never ingested), is written what is wrong with each record.
    """
    folder = into or here().settings.home / "dropzone"
    wanted = tables or list(GENERATORS)
    unknown = set(wanted) - {*GENERATORS, "flights"}
    if unknown:
        raise Permanent(
            f"Nothing can be generated for {', '.join(unknown)}.", f"Choose of: {', '.join(GENERATORS)}, flights."
        )
    if every:
        _for_ever(folder, wanted, rows, seed, every)
        return
    first = start.date() if start else datetime.now(UTC).date() - timedelta(days=days)
    bursts = (burst(folder, name, start and first, days, rows, seed) for name in wanted)
    print_planted([planted for each in bursts for planted in each], folder)


def burst(folder: Path, name: str, start: date | None, days: int, rows: int, seed: int) -> list[Planted]:
    """One file a day; flights are the real ones of 2013."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "flights":
        first = start or FIRST_FLIGHTS
        return write_flights(folder, [first + timedelta(days=n) for n in range(days)])
    first = start or datetime.now(UTC).date() - timedelta(days=days)
    moments = [datetime.combine(first + timedelta(days=n), MORNING, UTC) for n in range(days)]
    return [GENERATORS[name](folder, moment, rows, seed + n) for n, moment in enumerate(moments)]


def print_planted(planted: list[Planted], folder: Path) -> None:
    """Print what was planted, per table."""
    names = sorted({each.table for each in planted})
    lines = []
    for name in names:
        mine = [each for each in planted if each.table == name]
        refused = sum(len(each.refused) for each in mine)
        duplicates = sum(each.duplicates for each in mine)
        lines.append((name, len(mine), sum(e.rows for e in mine), sum(e.valid for e in mine), refused, duplicates))
    table(
        f"Dropped into {folder}", ("table", "files", "rows", "valid", "planted bad rows", "planted duplicates"), lines
    )


def _for_ever(folder: Path, wanted: list[str], rows: int, seed: int, every: float) -> None:
    """Files of the present moment; flights have none, so they are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    err.print(f"One file per table each {every:g} s into {folder}; stop with Ctrl-C.")
    while True:
        for name in (each for each in wanted if each in GENERATORS):
            planted = GENERATORS[name](folder, datetime.now(UTC), rows, seed)
            out.print(f"{planted.file}: {planted.rows:,} rows, {len(planted.refused):,} bad")
        seed += 1
        try:
            sleep(every)
        except KeyboardInterrupt:
            return
