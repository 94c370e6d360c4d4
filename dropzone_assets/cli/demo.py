"""`dropzone demo`: two weeks of real flights and some dirty synthetic files, ingested, checked and shown."""

import shutil
from datetime import date
from pathlib import Path
from typing import NamedTuple

import typer

from dropzone_assets.cli.generate import FIRST_FLIGHTS, burst, print_planted
from dropzone_assets.cli.ingest import ingest_all
from dropzone_assets.cli.show import here, out, table
from dropzone_assets.demo import CONTRACTS
from dropzone_assets.demo.bucket import write_bucket
from dropzone_assets.demo.flights import find_archive
from dropzone_assets.demo.generators import GENERATORS
from dropzone_assets.demo.planted import Planted
from dropzone_assets.engine import Connection, literals, rows
from dropzone_assets.errors import Permanent
from dropzone_assets.inspect.query import open_query
from dropzone_assets.platform import Platform, open_platform

DAYS = 14
GO_ON = (
    "dropzone up",
    "dropzone status",
    "dropzone quarantine transactions",
    'dropzone query "FROM summary.flights LIMIT 5"',
    "dropzone generate --days 1",
)
SYNTHETIC_START, SYNTHETIC_DAYS, SYNTHETIC_ROWS, SEED = date(2024, 3, 4), 5, 1_000, 7


def demo() -> None:
    """Drop real and dirty files, ingest them, compare with what was planted, and say how to go on."""
    platform = _stage(here())
    folder = platform.settings.home / "dropzone"
    planted = burst(folder, "flights", FIRST_FLIGHTS, DAYS, 0, 0)
    for name in GENERATORS:
        planted += burst(folder, name, SYNTHETIC_START, SYNTHETIC_DAYS, SYNTHETIC_ROWS, SEED)
    write_bucket(folder, SYNTHETIC_START)
    print_planted(planted, folder)
    code = ingest_all(platform, json=False)
    with open_query(platform) as connection:
        found = [_compare(connection, name, planted) for name in sorted({each.table for each in planted})]
        reasons = rows(connection, " UNION ALL ".join(_reasons(each.table) for each in found) + " ORDER BY 1, 3 DESC")
        summary, bucket = rows(connection, SUMMARY), rows(connection, BUCKET)
    table("Why rows were refused", ("table", "reason", "rows"), reasons)
    table(
        "lake.flights, as summary.flights tells it", ("carrier", "flights", "cancelled", "mean delay, minutes"), summary
    )
    table("One JSON file, three tables", ("table", "what", "made by its contract"), bucket)
    table("What came in, against what was planted", Compared._fields, found)
    _how_to_go_on(folder)
    raise typer.Exit(code if all(each.as_planted for each in found) else 1)


def _stage(platform: Platform) -> Platform:
    """The platform with the demo's tables: a contract comes along where the home has no table of its name.

    Raises:
        Permanent: the dropzone is no source, the real flights are not installed, or a contract of that name is broken.
    """
    settings = platform.settings
    watched = {(settings.home / each.url).resolve() for each in platform.configs.values() if each.kind == "folder"}
    if (settings.home / "dropzone").resolve() not in watched:
        raise Permanent(
            f"{settings.sources} has no folder with the url dropzone, where the demo drops its files.",
            "Add it, or try the demo in a home of its own: dropzone init FOLDER",
        )
    find_archive()
    for file in sorted(CONTRACTS.glob("*.odcs.yaml")):
        name, target = file.name.removesuffix(".odcs.yaml"), settings.contracts / file.name
        if name in platform.contracts.tables:
            continue
        if target.exists():
            raise Permanent(f"{target} is there, but is no active contract of {name}.", "See: dropzone contracts check")
        settings.contracts.mkdir(exist_ok=True)
        shutil.copyfile(file, target)
        out.print(f"{target} is new here: the demo's contract of {name}.", highlight=False)
    return open_platform(settings)


class Compared(NamedTuple):
    """One table of the demo: rows found, and whether they and every refused record are exactly as planted."""

    table: str
    files: int
    valid: int
    refused: int
    duplicates: int
    lake: int
    as_planted: bool


SUMMARY = """
    SELECT carrier, sum(flights)::BIGINT, sum(cancelled)::BIGINT,
        sum(mean_dep_delay * (flights - cancelled)) / sum(flights - cancelled)
    FROM summary.flights GROUP BY carrier ORDER BY 2 DESC LIMIT 5
"""

BUCKET = """
    SELECT 'songs', title, ingestion_time::VARCHAR FROM lake.songs
    UNION ALL SELECT 'movies', original_title, original_title_normalized FROM lake.movies
    UNION ALL SELECT 'apps', name, CASE WHEN is_awesome THEN 'awesome' ELSE 'not awesome' END FROM lake.apps
    ORDER BY ALL
"""


def _compare(connection: Connection, name: str, planted: list[Planted]) -> Compared:
    mine = [each for each in planted if each.table == name]
    files = literals([each.file for each in mine])
    delivered = f"(SELECT delivery FROM warehouse.dropzone.loads WHERE list_contains({files}, path))"
    count = f"SELECT count(*) FROM {{}}.{name} WHERE _delivery IN {delivered}"
    valid, lake = (rows(connection, count.format(schema))[0][0] for schema in ("validated", "lake"))
    asked = f"SELECT file, record, list_sort(reasons) FROM quarantine.{name} WHERE list_contains({files}, file)"
    refused = {(file, record): reasons for file, record, reasons in rows(connection, asked)}
    wanted = {(e.file, record): sorted(reasons) for e in mine for record, reasons in e.refused.items()}
    kept = valid == sum(e.valid for e in mine) and lake == sum(e.valid - e.duplicates for e in mine)
    return Compared(name, len(mine), valid, len(refused), valid - lake, lake, kept and refused == wanted)


def _reasons(name: str) -> str:
    unnested = f"SELECT unnest(reasons) AS reason FROM quarantine.{name}"
    return f"(SELECT '{name}', reason, count(*) FROM ({unnested}) GROUP BY reason ORDER BY 3 DESC LIMIT 6)"


def _how_to_go_on(folder: Path) -> None:
    """Lines to paste as they are, in any shell: the words to them stand below."""
    on_path = ['eval "$(make env)"'] if Path("Makefile").exists() else []
    lines = [*on_path, *GO_ON]
    out.print("\n[bold]Go on[/]", *(f"  {line}" for line in lines), sep="\n", highlight=False, soft_wrap=True)
    path = "The first line puts dropzone and dagster on your PATH; then " if on_path else "These lines show "
    out.print(
        f"{path}the Dagster UI at http://localhost:3000 until Ctrl-C, where every file is, "
        "the refused rows with every reason, a summary; and drop more dirty files.\n"
        f"Drop files of your own into {folder}; a table is one YAML in {folder.parent / 'contracts'}.",
        highlight=False,
        soft_wrap=True,
    )
