"""A file that somebody takes away is noticed where that is wished for, and comes back with its rows."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.platform import open_platform
from dropzone_assets.proof.check_results import gone_files
from dropzone_assets.settings import Settings
from dropzone_assets.sources.folder import Folder
from dropzone_assets.upkeep.retire import retire
from dropzone_assets.upkeep.retract import apply, retraction
from tests.pipeline import A, B, Pipeline, of
from tests.test_arrivals import Configure, configure, packed, put

__all__ = ["configure"]

Start = Callable[..., Pipeline]


@pytest.fixture
def start(home: Path, configure: Configure) -> Start:
    """A pipeline on which two files have come, with an entry of these fields."""

    def start(**fields: object) -> Pipeline:
        configure(**fields)
        put(home, A, of("a").encode())
        put(home, B, of("b").encode())
        pipeline = Pipeline(home)
        pipeline.all()
        return pipeline

    return start


def take_away(home: Path, name: str) -> bytes:
    file = home / "dropzone" / name
    content = file.read_bytes()
    file.unlink()
    return content


def bring_back(home: Path, name: str, content: bytes, of_old: os.stat_result) -> None:
    """The same version again: size and mtime."""
    os.utime(put(home, name, content), ns=(of_old.st_mtime_ns, of_old.st_mtime_ns))


@pytest.mark.parametrize(("policy", "held"), [("keep", ["a", "b"]), ("alarm", ["a", "b"]), ("retract", ["b"])])
def test_the_entry_says_what_becomes_of_a_file_that_is_gone(
    home: Path, start: Start, policy: str, held: list[str]
) -> None:
    pipeline = start(gone=policy)
    before = (home / "dropzone" / A).stat()
    content = take_away(home, A)
    pipeline.all()
    assert pipeline.held() == held
    assert len(pipeline.platform.ledger.absences.absent()) == (policy == "alarm")
    bring_back(home, A, content, before)
    pipeline.all()
    assert pipeline.held() == ["a", "b"]
    assert pipeline.platform.ledger.absences.absent() == []


@pytest.mark.full
def test_the_members_of_an_archive_go_and_come_with_it(home: Path, start: Start) -> None:
    file = put(
        home, "day.zip", packed({"payments_20240503_100000.csv": of("c"), "payments_20240504_100000.csv": of("d")})
    )
    pipeline = start(gone="retract")
    member = "day.zip!/payments_20240503_100000.csv"
    apply(pipeline.platform, retraction(pipeline.platform, member))
    pipeline.all()
    before, content = file.stat(), take_away(home, "day.zip")
    pipeline.all()
    assert pipeline.held() == ["a", "b"]
    bring_back(home, "day.zip", content, before)
    pipeline.all()
    assert pipeline.held() == ["a", "b", "d"]


def test_a_source_that_lists_nothing_at_all_is_an_alarm_and_takes_nothing_back(home: Path, start: Start) -> None:
    pipeline = start(gone="retract")
    share = home / "dropzone"
    share.rename(home / "unmounted")
    for _ in range(2):
        pipeline.all()
        assert (
            "lists nothing at all, though 2 files were there"
            in pipeline.platform.ledger.listings.last()["dropzone"].problem
        )
    assert pipeline.held() == ["a", "b"]
    assert len(pipeline.platform.ledger.absences.absent()) == 2
    share.rmdir()
    (home / "unmounted").rename(share)
    take_away(home, A)
    pipeline.all()
    assert pipeline.held() == ["b"]
    assert pipeline.platform.ledger.absences.absent() == []
    assert pipeline.platform.ledger.listings.last()["dropzone"].problem == ""


@pytest.mark.full
def test_what_left_by_our_doing_or_is_not_asked_for_any_more_is_not_gone(
    home: Path, start: Start, configure: Configure
) -> None:
    pipeline = start(gone="retract", after="delete", leave="loaded")
    put(home, "payments_20240503_100000.csv", of("c").encode())
    assert retire(pipeline.platform, "dropzone") == 2
    pipeline.all()
    configure(gone="retract", exclude=["*_20240503_*"])
    put(home, "payments_20240504_100000.csv", of("d").encode())
    again = Pipeline(home)
    again.all()
    assert again.held() == ["a", "b", "c", "d"]


@pytest.mark.full
def test_a_file_that_a_person_took_back_stays_away_though_it_was_gone_and_is_back(home: Path, start: Start) -> None:
    pipeline = start(gone="alarm")
    before = (home / "dropzone" / A).stat()
    content = take_away(home, A)
    pipeline.all()
    apply(pipeline.platform, retraction(pipeline.platform, A))
    pipeline.all()
    assert pipeline.platform.ledger.absences.absent() == []
    bring_back(home, A, content, before)
    pipeline.all()
    assert pipeline.held() == ["b"]


@pytest.mark.full
@pytest.mark.parametrize("policy", ["alarm", "retract"])
def test_a_person_may_say_that_a_file_may_be_gone(home: Path, start: Start, policy: str) -> None:
    pipeline = start(gone=policy)
    take_away(home, A)
    pipeline.all()
    apply(pipeline.platform, retraction(pipeline.platform, A, undo=True), undo=True)
    put(home, "payments_20240503_100000.csv", of("c").encode())
    pipeline.all()
    assert pipeline.held() == ["a", "b", "c"]
    assert pipeline.platform.ledger.absences.absent() == []


@pytest.mark.full
def test_a_source_that_cannot_be_asked_by_name_is_asked_again(
    home: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = start(gone="retract")
    take_away(home, A)

    def silent(self: Folder, path: str) -> str:
        raise SourceUnavailable("It does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "version", silent)
        pipeline.all()
        assert pipeline.held() == ["a", "b"]
    pipeline.all()
    assert pipeline.held() == ["b"]


def test_an_unchanged_listing_asks_the_ledger_nothing(
    home: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = start(gone="alarm")
    take_away(home, A)
    discover(pipeline.platform, "dropzone")
    monkeypatch.setattr(type(pipeline.platform.ledger.absences), "missing", None)
    discover(pipeline.platform, "dropzone")


@pytest.mark.full
def test_the_alarm_is_a_check_that_the_sensor_asks_for_once(
    home: Path, start: Start, instance: dg.DagsterInstance
) -> None:
    pipeline = start(gone="alarm")
    take_away(home, A)
    platform = open_platform(Settings(home=home))
    definitions = build(platform.settings)
    sensor = definitions.resolve_sensor_def("watch_dropzone")
    with dg.build_sensor_context(instance=instance, resources={"dropzone": platform}) as context:
        first, second = (sensor.evaluate_tick(context).run_requests or [] for _ in range(2))
    assert [json.loads(json.dumps(key.to_user_string())) for r in first for key in r.asset_check_keys or []] == [
        "raw/transactions:no_files_gone"
    ]
    assert second == []
    answer = gone_files(platform, "transactions")
    assert not answer.kept
    assert answer.cases[0][0] == A
    assert "--undo" in answer.cases[0][3]
    outcome = dg.materialize(
        [*(definitions.assets or []), *(definitions.asset_checks or [])],  # type: ignore[list-item]
        selection=dg.AssetSelection.checks(*(first[0].asset_check_keys or [])),
        instance=instance,
        resources=definitions.resources,
    )
    (found,) = outcome.get_asset_check_evaluations()
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert pipeline.held() == ["a", "b"]
    platform.ledger.engine.dispose()
