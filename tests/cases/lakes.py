"""The same lake and raw zone in a bucket: the same rows, the same promises."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.demo.transactions import write_transactions
from dropzone_assets.engine import rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.orchestration.ingest import Ingested
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.conftest import ingest_with, make_home
from tests.samples import payment, payments

DAYS = [date(2013, 1, 1), date(2013, 1, 2)]

Run = Callable[[Settings], Ingested]


def beside(local: Settings, home: Path, **urls: str) -> Settings:
    """Another home that watches the dropzone of `local`, and keeps raw zone and lake elsewhere."""
    watched = f"{{name: dropzone, url: '{local.home / 'dropzone'}', settle_seconds: 0}}"
    (make_home(home) / "sources.yaml").write_text(f"sources:\n  - {watched}\n")
    return Settings.model_validate({"home": home, **urls})


def ask(platform: Platform, sql: str) -> list[tuple[object, ...]]:
    with open_query(platform) as connection:
        found = rows(connection, sql)
    platform.ledger.engine.dispose()
    return found


class LakeCases:
    """A subclass has a fixture `remote`, made by `beside`."""

    @pytest.fixture
    def run(self, instance: dg.DagsterInstance) -> Run:
        """Ingest everything new; every run must succeed."""

        return lambda settings: ingest_with(settings, instance)

    @pytest.fixture
    def local(self, home: Path) -> Settings:
        write_flights(home / "dropzone", DAYS)
        write_transactions(home / "dropzone", datetime(2024, 3, 4, 8, 30, tzinfo=UTC), 500, 7)
        return Settings(home=home)

    def test_the_lake_in_a_bucket_is_the_local_lake_byte_for_byte(
        self, run: Run, local: Settings, remote: Settings
    ) -> None:
        run(local)
        run(remote)
        here, there = open_platform(local).lake, open_platform(remote).lake
        paths = here.paths("flights") + here.paths("transactions") + here.paths("summary/flights")
        assert len(paths) > 4
        assert paths == there.paths("flights") + there.paths("transactions") + there.paths("summary/flights")
        for path in paths:
            assert there.head(path, 10**9) == here.head(path, 10**9), path
        assert not (remote.home / "lake").exists()
        assert not (remote.home / "raw").exists()

    def test_the_lake_in_a_bucket_can_be_queried_by_its_names(self, run: Run, remote: Settings) -> None:
        run(remote)
        platform = open_platform(remote)
        assert ask(platform, "SELECT count(*) FROM lake.flights") == [(842 + 943,)]
        assert ask(platform, "SELECT count(DISTINCT transaction_id) = count(*) FROM lake.transactions") == [(True,)]

    def test_a_restated_file_replaces_its_objects_and_an_emptied_partition_disappears(
        self, run: Run, remote: Settings, local: Settings
    ) -> None:
        file = local.home / "dropzone" / "payments_20240601_000000.csv"
        file.write_text(payments(payment("T1", "2024-06-01"), payment("T2", "2024-06-02")))
        run(remote)
        lake = open_platform(remote).lake
        day = "transactions/year=2024/month=06/day={}/transactions.parquet"
        assert [lake.exists(day.format(n)) for n in ("01", "02")] == [True, True]
        file.write_text(payments(payment("T2", "2024-06-02", 9)))
        run(remote)
        assert [lake.exists(day.format(n)) for n in ("01", "02")] == [False, True]
        june = "SELECT transaction_id, amount::INTEGER FROM lake.transactions WHERE transaction_ts >= '2024-06-01'"
        assert ask(open_platform(remote), june) == [("T2", 9)]

    def test_a_rebuild_needs_no_source_only_the_raw_zone_in_a_bucket(
        self, run: Run, remote: Settings, local: Settings
    ) -> None:
        run(remote)
        before = ask(open_platform(remote), "FROM lake.transactions")
        for file in (local.home / "dropzone").glob("*.csv"):
            file.unlink()
        platform = open_platform(remote)
        platform.ledger.replays.load_again()
        platform.ledger.engine.dispose()
        run(remote)
        assert ask(open_platform(remote), "FROM lake.transactions") == before
