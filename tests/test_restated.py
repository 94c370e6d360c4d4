"""A file is restated behind the back of its size and mtime: other bytes are seen, equal ones change nothing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropzone_assets.ledger import FAILED, LINKED, LOADED, OPENED, SUPERSEDED
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.sources import folder
from dropzone_assets.upkeep.retire import retire
from tests.pipeline import BAD, A, B, Pipeline, of
from tests.test_arrivals import Configure, configure, packed, put, there

__all__ = ["configure"]


@pytest.fixture
def pipeline(home: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(home)
    yield pipeline
    pipeline.platform.ledger.engine.dispose()


def over_it(new: Path, old: Path) -> None:
    """As `cp -p` and `tar` write: into the old file."""
    shutil.copy2(new, old)


def in_its_place(new: Path, old: Path) -> None:
    """As `rsync -t` and `mv` do: a file of its own, renamed."""
    new.replace(old)


@pytest.mark.parametrize("sent", [over_it, in_its_place])
def test_a_corrected_file_of_the_same_size_and_time_replaces_its_rows(
    home: Path, pipeline: Pipeline, sent: object, tmp_path: Path
) -> None:
    file = put(home, A, of("first").encode())
    pipeline.all()
    before, corrected = file.stat(), tmp_path / "corrected"
    corrected.write_text(of("right"))
    os.utime(corrected, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert callable(sent)
    sent(corrected, file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    pipeline.all()
    assert pipeline.held() == ["right"]
    assert pipeline.states()[A] == [SUPERSEDED, LOADED]


def chmod(file: Path) -> None:
    file.chmod(0o600)


def touch(file: Path) -> None:
    file.touch()


def hard_link(file: Path) -> None:
    (file.parents[1] / f"copy of {file.name}").hardlink_to(file)


def move_away_and_back(file: Path) -> None:
    file.rename(file.parents[1] / "away").rename(file)


@pytest.mark.parametrize("done", [chmod, touch, hard_link, move_away_and_back])
def test_an_inode_that_changed_around_equal_bytes_changes_no_row(home: Path, pipeline: Pipeline, done: object) -> None:
    file = put(home, A, of("first").encode())
    pipeline.all()
    pipeline.bring_up_to_date()
    before = pipeline.platform.ledger.partitions.days("transactions")
    versions = pipeline.platform.ledger.partitions.versions("transactions", before)
    assert callable(done)
    for _ in range(2):
        done(file) if done is not hard_link or file.stat().st_nlink == 1 else file.chmod(0o640)
        pipeline.all()
    assert pipeline.held() == ["first"]
    assert pipeline.states()[A] == [LOADED, SUPERSEDED, LINKED]
    assert pipeline.platform.ledger.partitions.versions("transactions", before) == versions
    assert "transactions" not in pipeline.platform.ledger.partitions.due()


def test_a_file_that_fails_to_be_read_loads_once_its_permissions_are_mended(home: Path, pipeline: Pipeline) -> None:
    put(home, A, BAD.encode())
    pipeline.all()
    assert pipeline.states()[A] == [FAILED]
    put(home, A, of("first").encode())
    pipeline.all()
    assert pipeline.held() == ["first"] and pipeline.states()[A] == [SUPERSEDED, LOADED]


# -- a home of a release that did not look at the inode ----------------------------------------------------------------


def of_before(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def nobody_reads(self: object, path: str) -> None:
    raise AssertionError(f"{path} was read.")


def test_files_that_an_earlier_release_knew_are_known_without_being_read(
    home: Path, pipeline: Pipeline, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(after="keep")
    put(home, A, of("a").encode())
    put(home, B, of("a").encode())
    put(home, "payments_20240503_100000.csv", BAD.encode())
    put(home, "day.zip", packed({"payments_20240504_100000.csv": of("d")}))
    with monkeypatch.context() as earlier:
        earlier.setattr(folder, "_version", of_before)
        pipeline.all()
    with monkeypatch.context() as now:
        now.setattr(folder.Folder, "open", nobody_reads)
        for _ in range(2):
            new = discover(pipeline.platform, "dropzone").new
            pipeline.all()
            assert new == 0
    assert pipeline.states() == {
        A: [LOADED, LINKED],
        B: [LINKED, LINKED],
        "payments_20240503_100000.csv": [SUPERSEDED, FAILED],
        "day.zip": [SUPERSEDED, OPENED],
        "day.zip!/payments_20240504_100000.csv": [LOADED],
    }
    assert [row.reason for row in pipeline.platform.ledger.queries.failures()] != [""]
    assert pipeline.held() == ["a", "d"]
    put(home, A, of("b").encode())
    put(home, "day.zip", packed({"payments_20240504_100000.csv": of("e")}))
    pipeline.all()
    assert pipeline.held() == ["a", "b", "e"]


def test_a_file_that_was_corrected_before_the_upgrade_is_read_after_it(
    home: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(home, A, of("first").encode())
    with monkeypatch.context() as earlier:
        earlier.setattr(folder, "_version", of_before)
        pipeline.all()
        before = file.stat()
        os.utime(put(home, A, of("right").encode()), ns=(before.st_atime_ns, before.st_mtime_ns))
        pipeline.all()
        assert pipeline.held() == ["first"]
    pipeline.all()
    assert pipeline.held() == ["right"]


def test_what_was_loaded_before_the_upgrade_leaves_after_it(
    home: Path, pipeline: Pipeline, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(after="delete", leave="loaded")
    put(home, A, of("a").encode())
    with monkeypatch.context() as earlier:
        earlier.setattr(folder, "_version", of_before)
        pipeline.all()
    pipeline.all()
    retire(pipeline.platform, "dropzone")
    assert there(home) == []
    pipeline.all()
    assert pipeline.held() == ["a"]
