"""The store goes away while the raw zone and the lake are uploaded: it ends by itself with everything there once."""

from collections import Counter
from pathlib import Path

import pytest

from dropzone_assets.errors import StoreUnavailable
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.chaos.account import account
from tests.chaos.home import make_home
from tests.chaos.letters import Letter
from tests.chaos.pipeline import Pipeline
from tests.s3.outage import RESET, Outage, passing

pytestmark = pytest.mark.s3

PATHS = [f"payments_2024050{day}_100000.csv" for day in (1, 2, 3)]

RAW = 3_000
"""Bytes after which the raw zone is at work; what is to come are its other objects and those of the lake."""


def sent(home: Path) -> Path:
    """A home whose source has some files."""
    make_home(home)
    for path in PATHS:
        lines = tuple((f"{path}{n}", f"2024-05-0{n % 3 + 1}", "1") for n in range(200))
        (home / "dropzone" / path).write_bytes(Letter(lines=lines).content(path))
    return home


def ingested(platform: Platform) -> int:
    """Everything, round by round; how many runs the store let down."""
    pipeline, failed = Pipeline(platform, Counter()), 0
    discover(platform, "dropzone")
    for _ in range(40):
        if failed and not platform.ledger.claims.pending() and not platform.ledger.partitions.due():
            break
        platform.ledger.claims.hasten()
        for request in (*pipeline.loads(), *pipeline.publications()):
            try:
                pipeline.run(request)
            except StoreUnavailable:
                failed += 1
    assert not platform.ledger.claims.pending()
    assert not platform.ledger.partitions.due()
    platform.ledger.engine.dispose()
    return failed


@pytest.mark.parametrize("answer", ["503 Slow Down", "500 Internal Server Error", RESET])
def test_an_outage_in_the_middle_of_uploads_ends_by_itself(
    tmp_path: Path, s3_endpoint: str, bucket: str, answer: str
) -> None:
    local = open_platform(Settings(home=sent(tmp_path / "local")))
    assert ingested(local) == 0
    outage = Outage(s3_endpoint, answer, RAW, 14)
    with passing(outage) as endpoint:
        urls = {"raw_url": f"s3://{bucket}/raw", "lake_url": f"s3://{bucket}/lake"}
        far = open_platform(Settings(home=sent(tmp_path / "far"), s3_endpoint=endpoint, **urls))
        assert ingested(far) > 0
        assert outage.met == 14
        assert far.raw.paths("") == local.raw.paths("")
        assert far.lake.paths("") == local.lake.paths("")
        found, expected = account(far), account(local)
    assert {**found, "lake objects": expected["lake objects"]} == expected
