"""A clock that was wrong and is set back keeps nothing waiting for the time it was wrong by."""

from datetime import timedelta
from unittest.mock import patch

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.ledger import now
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.plan import History, plan_publications
from dropzone_assets.platform import Platform
from tests.conftest import Drop
from tests.pipeline import A, of

LATER = timedelta(days=30)


def test_a_file_that_waits_for_its_source(platform: Platform, drop: Drop) -> None:
    drop(A, of("a"))
    discover(platform, "dropzone")
    ledger = platform.ledger
    with patch("dropzone_assets.ledger.claims.now", lambda: now() + LATER):
        ledger.claims.delayed(
            {each.key: SourceUnavailable("Silence.", "") for each in ledger.worklist.waiting("transactions")}
        )
        assert ledger.claims.unclaimed("transactions") == []
    assert [each.path for each in ledger.claims.unclaimed("transactions")] == [A]


def test_a_publication_that_failed(platform: Platform) -> None:
    platform.ledger.partitions.ingestion_changed([now().date()])
    waits = [plan_publications(platform, lambda _, at=at: History(False, 1, at)) == [] for at in (now(), now() + LATER)]
    assert waits == [True, False]


def test_a_file_that_is_watched_until_it_has_settled(platform: Platform) -> None:
    at, looks = now(), platform.ledger.listings
    looks.unchanged_since("bucket", {"key": A}, at + LATER)
    assert [looks.unchanged_since("bucket", {"key": A}, at + timedelta(n))["key"] for n in (0, 1)] == [at, at]
