"""What came in something else: members of archives and shares of files for several tables, version after version."""

import io
import json
import tarfile
import warnings
import zipfile
from hashlib import md5
from pathlib import Path

import pytest

from dropzone_assets.files import FILES
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.unpack import unpack
from tests.pipeline import BAD, A, B, Pipeline, of
from tests.test_arrivals import packed, put


@pytest.fixture
def pipeline(home: Path) -> Pipeline:
    return Pipeline(home)


def test_the_newest_archive_counts_also_when_the_one_between_was_never_loaded(home: Path, pipeline: Pipeline) -> None:
    put(home, "day.zip", packed({A: of("a")}))
    pipeline.all()
    put(home, "day.zip", packed({A: of("between")}))
    pipeline.open()
    put(home, "day.zip", packed({A: of("a"), B: ""}))
    pipeline.all()
    assert pipeline.held() == ["a"]


def test_an_older_archive_that_is_opened_last_replaces_nothing(home: Path, pipeline: Pipeline) -> None:
    put(home, "day.zip", packed({A: of("old")}))
    discover(pipeline.platform, "dropzone")
    (old,) = fetch(pipeline.platform, pipeline.platform.ledger.claims.unclaimed(FILES)).present
    put(home, "day.zip", packed({A: of("new")}))
    discover(pipeline.platform, "dropzone")
    new = [d for d in pipeline.platform.ledger.claims.unclaimed(FILES) if d.key != old.key]
    unpack(pipeline.platform, fetch(pipeline.platform, new).present)
    unpack(pipeline.platform, [old])
    pipeline.all()
    assert pipeline.held() == ["new"]


def test_a_member_that_failed_stays_failed_when_its_archive_brings_it_again(home: Path, pipeline: Pipeline) -> None:
    put(home, "day.zip", packed({A: BAD, B: of("b")}))
    pipeline.all()
    assert pipeline.states()[f"day.zip!/{A}"] == ["failed"]
    put(home, "day.zip", packed({A: BAD, B: of("b2")}))
    pipeline.all()
    assert pipeline.states()[f"day.zip!/{A}"] == ["failed"]
    put(home, "day.zip", packed({A: of("a"), B: of("b2")}))
    pipeline.all()
    assert pipeline.states()[f"day.zip!/{A}"] == ["superseded", "loaded"]
    assert pipeline.held() == ["a", "b2"]


def test_of_two_members_with_one_name_the_first_counts_and_the_other_has_failed(home: Path, pipeline: Pipeline) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as archive:
        for name in ("first", "second"):
            archive.writestr(A, of(name))
    put(home, "day.zip", buffer.getvalue())
    pipeline.all()
    assert pipeline.held() == ["first"]
    assert sorted(pipeline.states()[f"day.zip!/{A}"]) == ["failed", "loaded"]


def test_the_members_before_the_place_where_an_archive_is_broken_are_taken(home: Path, pipeline: Pipeline) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name in (A, B):
            content = of(name[9:17]).encode()
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    put(home, "day.tar", whole.getvalue()[:1500])
    pipeline.all()
    assert pipeline.held() == ["20240501"]
    assert pipeline.states()["day.tar"] == ["failed"]


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("MD5", "0" * 32),
        ("md5", "\ufeff" + "0" * 32),
        ("manifest.json", '\ufeff{"sha256": "00"}'),
        ("MANIFEST.JSON", '{"size": 1}'),
    ],
)
def test_a_sidecar_of_an_archive_is_believed_however_it_is_written(
    home: Path, pipeline: Pipeline, ending: str, text: str
) -> None:
    put(home, f"day.zip.{ending}", text.encode())
    put(home, "day.zip", packed({A: of("a")}))
    pipeline.all()
    (failure,) = pipeline.platform.ledger.queries.failures()
    assert "is not what" in failure.reason


def test_a_manifest_that_promises_rows_of_a_shared_file_or_an_archive_refuses_neither(
    home: Path, pipeline: Pipeline
) -> None:
    for name, content in {BUCKET: shared(song="Heroes", movie="Alien"), "day.zip": packed({A: of("a")})}.items():
        put(home, name, content)
        put(home, f"{name}.manifest.json", json.dumps({"rows": 7, "md5": md5(content).hexdigest().upper()}).encode())
    pipeline.all()
    assert (songs_and_movies(pipeline), pipeline.held()) == ((["Heroes"], ["Alien"]), ["a"])


# -- shares ------------------------------------------------------------------------------------------------------------

BUCKET = "bucket_2024-05-01.json"


def record(kind: str, name: str) -> dict[str, object]:
    data = {"title": name, "artist": "x"} if kind == "song" else {"original_title": name}
    return {"type": kind, "data": data}


def shared(**records: str) -> bytes:
    return json.dumps([record(kind, name) for kind, name in records.items()]).encode()


def songs_and_movies(pipeline: Pipeline) -> tuple[list[str], list[str]]:
    return pipeline.held("songs", "title"), pipeline.held("movies", "original_title")


def test_a_record_of_a_shared_file_that_becomes_another_tables_moves_there(home: Path, pipeline: Pipeline) -> None:
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    pipeline.all()
    assert songs_and_movies(pipeline) == (["Heroes"], ["Alien"])
    put(home, BUCKET, shared(movie="Heroes", app="Alien"))
    pipeline.all()
    assert songs_and_movies(pipeline) == ([], ["Heroes"])
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    pipeline.all()
    assert songs_and_movies(pipeline) == (["Heroes"], ["Alien"])


def test_the_rows_of_a_shared_file_under_two_names_are_in_the_lake_once(home: Path, pipeline: Pipeline) -> None:
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    put(home, "bucket_2024-05-02.json", shared(song="Heroes", movie="Alien"))
    pipeline.all()
    pipeline.bring_up_to_date()
    assert pipeline.lake("songs", "title") == ["Heroes"] and pipeline.lake("movies", "original_title") == ["Alien"]
    put(home, BUCKET, shared(song="Low"))
    pipeline.all()
    pipeline.bring_up_to_date()
    assert (pipeline.lake("songs", "title"), pipeline.lake("movies", "original_title")) == (
        ["Heroes", "Low"],
        ["Alien"],
    )


def test_a_movie_that_is_restated_on_another_day_is_there_once_in_its_last_version(
    home: Path, pipeline: Pipeline
) -> None:
    for day, votes in {1: 8.4, 3: 8.5, 2: 1.0}.items():
        data = {"original_title": "Alien", "release_date": "1979-05-25", "vote_average": votes}
        put(home, f"bucket_2024-05-{day:02}.json", json.dumps([{"type": "movie", "data": data}]).encode())
        pipeline.all()
        pipeline.bring_up_to_date()
    assert pipeline.lake("movies", "original_title || ' ' || vote_average || ' ' || _data_date") == [
        "Alien 8.5 2024-05-03"
    ]


def test_a_table_that_was_left_out_gets_its_share_of_old_files_when_it_is_replayed(
    home: Path, pipeline: Pipeline
) -> None:
    contract = home / "contracts" / "songs.odcs.yaml"
    sound = contract.read_text()
    contract.write_text("schema: nonsense")
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    pipeline.all()
    assert pipeline.held("movies", "original_title") == ["Alien"]
    contract.write_text(sound)
    pipeline = Pipeline(home)
    pipeline.all()
    assert pipeline.platform.ledger.replays.share_again("movies") == 0
    assert pipeline.platform.ledger.replays.share_again("songs") == 1
    pipeline.all()
    assert songs_and_movies(pipeline) == (["Heroes"], ["Alien"])
