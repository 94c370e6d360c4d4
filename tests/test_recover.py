"""What the raw zone has lost is had again from elsewhere; where that cannot be, nothing is taken out of any table."""

import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.inspect.delivery_status import status_of, troubles
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.proof import check_results
from dropzone_assets.sources.folder import Folder
from dropzone_assets.upkeep.retire import retire
from tests.pipeline import A, B, Pipeline, of
from tests.test_arrivals import Configure, configure, packed, put

__all__ = ["configure"]

Harm = Callable[[Path], object]

HARMS: dict[str, Harm] = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[:-20]),
    "all zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "gone": lambda file: file.unlink(),
}
"""What a cut of the power, a disk or a person may leave of an object."""


@pytest.fixture
def pipeline(home: Path) -> Pipeline:
    return Pipeline(home)


def harm(home: Path, how: str = "empty") -> int:
    """Do it to every object of the raw zone; how many."""
    files = [file for file in (home / "raw").rglob("*") if file.is_file()]
    for file in files:
        HARMS[how](file)
    return len(files)


def again(pipeline: Pipeline) -> None:
    """What `ingest --force` does."""
    assert pipeline.platform.ledger.replays.load_again()
    pipeline.all()
    pipeline.bring_up_to_date()


def failures(pipeline: Pipeline) -> dict[str, str]:
    """Path → what is said of those that failed."""
    return {row.path: f"{row.reason} {row.cure}" for row in pipeline.platform.ledger.queries.failures()}


# -- what can be had again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", HARMS)
def test_a_raw_copy_that_is_not_whole_is_copied_again_from_its_source(how: str, home: Path, pipeline: Pipeline) -> None:
    content = {put(home, name, of(row).encode()): of(row).encode() for name, row in ((A, "a"), (B, "b"))}
    pipeline.all()
    pipeline.bring_up_to_date()
    assert harm(home, how) == 2
    again(pipeline)
    assert pipeline.held() == pipeline.lake() == ["a", "b"]
    assert failures(pipeline) == {}
    assert sorted(file.read_bytes() for file in (home / "raw").rglob("*.csv")) == sorted(content.values())


def test_a_file_that_was_moved_away_by_us_is_found_where_it_lies(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="move", move_to="done", leave="loaded")
    put(home, A, of("a").encode())
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 1
    harm(home)
    again(pipeline)
    assert (pipeline.held(), failures(pipeline)) == (["a"], {})


def test_bytes_under_another_name_are_had_from_there(home: Path, pipeline: Pipeline) -> None:
    first, _ = put(home, A, of("a").encode()), put(home, B, of("a").encode())
    pipeline.all()
    first.unlink()
    harm(home)
    again(pipeline)
    assert (pipeline.held(), failures(pipeline)) == (["a"], {})


def test_members_and_shares_are_had_from_what_they_came_in(home: Path, pipeline: Pipeline) -> None:
    put(home, "outer.zip", packed({"inner.zip": packed({A: of("a")}), B: of("b")}))
    put(home, f"{A}.gz", gzip.compress(of("c").encode()))
    song = {"type": "song", "data": {"title": "Heroes", "artist": "David Bowie"}}
    put(home, "bucket_2024-05-01.json", json.dumps([song]).encode())
    pipeline.all()
    assert harm(home) == 7
    again(pipeline)
    assert (pipeline.held(), pipeline.held("songs", "title"), failures(pipeline)) == (["a", "b", "c"], ["Heroes"], {})


# -- what cannot -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", HARMS)
def test_what_cannot_be_had_again_fails_and_keeps_its_rows(
    how: str, home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, of("a").encode())
    pipeline.all()
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 1
    harm(home, how)
    again(pipeline)
    assert pipeline.held() == pipeline.lake() == ["a"]
    assert pipeline.states() == {A: ["loaded"]}
    said = failures(pipeline)[A]
    assert f"The raw copy of {A} " in said and "its source no longer has it" in said
    assert "stays as it is" in said and "dropzone replay transactions" in said


def test_it_is_said_how_much_of_it_is_there(home: Path, pipeline: Pipeline) -> None:
    file = put(home, A, of("a").encode())
    pipeline.all()
    file.unlink()
    harm(home)
    again(pipeline)
    assert f"The raw copy of {A} has 0 of {len(of('a')):,} bytes; its source no longer has it." in failures(pipeline)[A]


def test_a_source_with_other_bytes_under_the_same_version_is_not_taken(home: Path, pipeline: Pipeline) -> None:
    file = put(home, A, of("a").encode())
    pipeline.all()
    moment = file.stat().st_mtime_ns
    file.write_bytes(of("z").encode())
    os.utime(file, ns=(moment, moment))
    harm(home)
    assert pipeline.platform.ledger.replays.load_again()
    pipeline.load()
    assert pipeline.held() == ["a"]
    assert re.search("its source has (other bytes|another version)", failures(pipeline)[A])


def test_an_archive_that_is_lost_costs_no_row(home: Path, pipeline: Pipeline) -> None:
    file = put(home, "day.zip", packed({A: of("a"), B: of("b")}))
    pipeline.all()
    file.unlink()
    harm(home)
    again(pipeline)
    assert pipeline.held() == ["a", "b"]
    assert {f"day.zip!/{A}", f"day.zip!/{B}"} <= set(failures(pipeline))
    assert "what it came in, day.zip, does not give it" in failures(pipeline)[f"day.zip!/{A}"]


def test_a_source_that_does_not_answer_is_waited_for_and_no_row_is_lost(home: Path, pipeline: Pipeline) -> None:
    put(home, A, of("a").encode())
    pipeline.all()
    harm(home)
    pipeline.platform.ledger.replays.load_again()
    with patch.object(Folder, "version", side_effect=SourceUnavailable("Nobody answers.")):
        with pytest.raises(SourceUnavailable):
            pipeline.load()
        wanted = pipeline.platform.ledger.worklist.waiting("transactions")
        assert [delivery.path for delivery in wanted] == [A]
        pipeline.commit(pipeline.validated("transactions", wanted))
    assert pipeline.held() == ["a"]
    pipeline.platform.ledger.claims.hasten()
    pipeline.load()
    assert (pipeline.held(), pipeline.states(), failures(pipeline)) == (["a"], {A: ["loaded"]}, {})


def test_what_was_never_loaded_fails_like_anything_that_cannot_be_copied(home: Path, pipeline: Pipeline) -> None:
    file = put(home, A, of("a").encode())
    discover(pipeline.platform, "dropzone")
    fetch(pipeline.platform, pipeline.platform.ledger.claims.unclaimed("transactions"))
    file.unlink()
    harm(home)
    pipeline.load()
    assert (pipeline.states(), pipeline.held()) == ({A: ["failed"]}, [])
    assert "stays" not in failures(pipeline)[A]


# -- and then ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def lost(home: Path, pipeline: Pipeline) -> Path:
    """A file whose rows are there, and whose bytes nobody has."""
    file = put(home, A, of("a").encode())
    pipeline.all()
    pipeline.bring_up_to_date()
    file.unlink()
    harm(home)
    again(pipeline)
    assert set(failures(pipeline)) == {A}
    return file


def test_the_same_file_dropped_again_makes_it_whole(home: Path, pipeline: Pipeline, lost: Path) -> None:
    put(home, B, of("a").encode())
    pipeline.all()
    assert (pipeline.held(), failures(pipeline)) == (["a"], {})
    assert pipeline.states() == {A: ["loaded"], B: ["linked"]}


def test_an_object_put_back_by_hand_is_loaded_by_a_replay(home: Path, pipeline: Pipeline, lost: Path) -> None:
    (held,) = (home / "raw").rglob("*.csv")
    held.write_text(of("a"))
    assert pipeline.platform.ledger.replays.reopen("transactions") == 1
    pipeline.all()
    assert (pipeline.held(), pipeline.states(), failures(pipeline)) == (["a"], {A: ["loaded"]}, {})


def test_a_file_that_was_lost_and_comes_with_other_bytes_replaces_its_rows(
    home: Path, pipeline: Pipeline, lost: Path
) -> None:
    put(home, A, of("b").encode())
    pipeline.all()
    assert (pipeline.held(), failures(pipeline)) == (["b"], {})


def test_a_copy_of_what_was_lost_is_not_doubled_when_it_is_loaded_again(
    home: Path, pipeline: Pipeline, lost: Path
) -> None:
    put(home, B, of("a").encode())
    pipeline.all()
    again(pipeline)
    assert pipeline.held() == ["a"]


def test_the_loss_is_told_until_it_is_over(home: Path, pipeline: Pipeline, lost: Path) -> None:
    answer = check_results.failed_deliveries(pipeline.platform, "transactions")
    assert (answer.kept, [case[0] for case in answer.cases]) == (False, [A])
    (trouble,) = troubles(pipeline.platform)
    assert (trouble.kind, trouble.stage, trouble.file) == ("failed", "fetch", A)
    (row,) = pipeline.platform.ledger.queries.named(A)
    assert status_of(row).startswith("loaded") and "has 0 of" in status_of(row)
