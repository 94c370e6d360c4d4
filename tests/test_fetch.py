"""One source that does not answer, and one file that never ends, are nobody else's trouble."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from unittest.mock import patch

import pytest

from dropzone_assets.errors import Permanent, SourceUnavailable
from dropzone_assets.files import Delivery
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.plan import History, plan_loads
from dropzone_assets.platform import Platform
from dropzone_assets.sources.folder import Folder
from tests.samples import payment, payments


@pytest.fixture
def batch(home: Path, platform: Platform) -> Iterator[list[Delivery]]:
    """Two files at each of two sources, the older ones at the one that does not answer."""
    names = ("dead", "dropzone")
    entries = "".join(f"  - {{name: {name}, url: {name}, settle_seconds: 0}}\n" for name in names)
    (home / "sources.yaml").write_text(f"sources:\n{entries}")
    for n, name in enumerate(("dead", "dead", "dropzone", "dropzone"), start=1):
        (home / name).mkdir(exist_ok=True)
        (home / name / f"payments_2024050{n}_100000.csv").write_text(payments(payment(str(n))))
    for name in names:
        discover(platform, name)
    dead, opened = platform.sources["dead"], Folder.open

    @contextmanager
    def broken(source: Folder, path: str) -> Iterator[BinaryIO]:
        if source is dead:
            raise SourceUnavailable(f"{path}: nobody answers.", "It is tried again.")
        with opened(source, path) as stream:
            yield stream

    with patch.object(Folder, "open", broken), patch("dropzone_assets.pipeline.fetch.GROUP", 1):
        yield platform.ledger.claims.unclaimed("transactions")


def states(platform: Platform) -> list[tuple[str, str]]:
    """Source and state of every delivery, the oldest file first."""
    return [(row.source, row.state) for row in sorted(platform.ledger.queries.everything(), key=lambda r: r.path)]


def test_what_can_be_copied_is_copied_before_a_dead_source_stops_the_run(
    platform: Platform, batch: list[Delivery]
) -> None:
    with pytest.raises(SourceUnavailable, match="nobody answers"):
        fetch(platform, batch)
    assert states(platform) == [("dead", "listed")] * 2 + [("dropzone", "fetched")] * 2


def test_at_last_what_is_there_goes_on_alone(platform: Platform, batch: list[Delivery]) -> None:
    done = fetch(platform, batch, last=True)
    assert [delivery.source for delivery in done.present] == ["dropzone", "dropzone"]
    assert set(done.waiting) == {delivery.key for delivery in batch if delivery.source == "dead"}
    with pytest.raises(SourceUnavailable):
        fetch(platform, [delivery for delivery in batch if delivery.source == "dead"], last=True)


def test_a_file_waits_for_its_source_as_long_as_it_takes(platform: Platform, batch: list[Delivery]) -> None:
    for _ in range(4):
        platform.ledger.claims.hasten()
        for request in plan_loads(platform, lambda _: History(False, 1)):
            wanted = [d for d in platform.ledger.worklist.of_batch(request.id) if d.source == "dead"]
            if wanted:
                with pytest.raises(SourceUnavailable):
                    fetch(platform, wanted)
    found = {row.source: (row.state, row.stage, row.reason) for row in platform.ledger.queries.everything()}
    assert found["dead"][:2] == ("listed", "fetch") and "nobody answers" in found["dead"][2]
    assert platform.ledger.claims.waiting_until() is not None


def test_a_file_that_can_never_be_read_stops_no_other(platform: Platform, batch: list[Delivery]) -> None:
    with patch.object(Folder, "open", side_effect=Permanent("No.", "Never.")):
        assert len(fetch(platform, batch).failed) == 4
