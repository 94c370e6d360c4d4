"""What came in something else: members of archives and shares of files for several tables, version after version."""

import io
import json
import os
import tarfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from dropzone_assets.engine import rows
from dropzone_assets.files import FILES, Delivery, RawFile
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.steps.commit import commit
from dropzone_assets.steps.fetch import fetch
from dropzone_assets.steps.intake import take_in
from dropzone_assets.steps.judge import judge
from dropzone_assets.steps.leave import leave
from dropzone_assets.steps.plan import History, plan_loads
from dropzone_assets.steps.query import open_query
from dropzone_assets.steps.unpack import unpack
from dropzone_assets.steps.versions import versions
from tests.samples import payment, payments
from tests.test_arrivals import Configure, configure, packed, put, there

__all__ = ["configure"]

A, B = "payments_20240501_100000.csv", "payments_20240502_100000.csv"
BAD = "nonsense\n1\n"


class Road:
    """The road without Dagster, a stretch at a time."""

    def __init__(self, home: Path) -> None:
        self.platform: Platform = open_platform(Settings(home=home))
        self._ended: Counter[str] = Counter()

    def open(self) -> None:
        """Look, and open what is no one table's."""
        take_in(self.platform, "dropzone")
        self.load(only=FILES)

    def load(self, only: str = "") -> None:
        """Load what is pending (of one table)."""
        for request in plan_loads(self.platform, lambda identity: History(False, self._ended[identity])):
            if only in ("", request.table):
                present = fetch(self.platform, self.platform.ledger.deliveries.of_batch(request.id)).present
                if request.table == FILES:
                    unpack(self.platform, present)
                else:
                    self._commit(request.table, self.platform.ledger.deliveries.of_batch(request.id))
                self._ended[request.id] += 1

    def all(self) -> None:
        """Everything, until nothing is new."""
        self.open()
        for _ in range(3):
            self.load()

    def _commit(self, table: str, wanted: list[Delivery]) -> None:
        chosen = versions(self.platform, wanted)
        raw = [RawFile(d, self.platform.raw.uri(d.raw_path)) for d in chosen.current if d.content_hash]
        commit(self.platform, judge(self.platform, self.platform.contract(table), raw), chosen)

    def states(self) -> dict[str, list[str]]:
        """Path → states of its deliveries that count, oldest first."""
        found: dict[str, list[str]] = {}
        for row in reversed(self.platform.ledger.deliveries.everything()):
            found.setdefault(row.path, []).append(row.state)
        return found

    def held(self, table: str = "transactions", column: str = "transaction_id") -> list[str]:
        """One column of the rows that count."""
        with open_query(self.platform) as connection:
            return [row[0] for row in rows(connection, f"SELECT {column} FROM validated.{table} ORDER BY 1")]


@pytest.fixture
def road(home: Path) -> Road:
    return Road(home)


def of(*names: str) -> str:
    return payments(*(payment(name) for name in names))


def test_the_newest_archive_counts_also_when_the_one_between_was_never_loaded(home: Path, road: Road) -> None:
    put(home, "day.zip", packed({A: of("a")}))
    road.all()
    put(home, "day.zip", packed({A: of("between")}))
    road.open()
    put(home, "day.zip", packed({A: of("a"), B: ""}))
    road.all()
    assert road.held() == ["a"]


def test_an_older_archive_that_is_opened_last_replaces_nothing(home: Path, road: Road) -> None:
    put(home, "day.zip", packed({A: of("old")}))
    take_in(road.platform, "dropzone")
    (old,) = fetch(road.platform, road.platform.ledger.deliveries.unclaimed(FILES)).present
    put(home, "day.zip", packed({A: of("new")}))
    take_in(road.platform, "dropzone")
    new = [d for d in road.platform.ledger.deliveries.unclaimed(FILES) if d.key != old.key]
    unpack(road.platform, fetch(road.platform, new).present)
    unpack(road.platform, [old])
    road.all()
    assert road.held() == ["new"]


def test_a_member_that_failed_stays_failed_when_its_archive_brings_it_again(home: Path, road: Road) -> None:
    put(home, "day.zip", packed({A: BAD, B: of("b")}))
    road.all()
    assert road.states()[f"day.zip!/{A}"] == ["failed"]
    put(home, "day.zip", packed({A: BAD, B: of("b2")}))
    road.all()
    assert road.states()[f"day.zip!/{A}"] == ["failed"]
    put(home, "day.zip", packed({A: of("a"), B: of("b2")}))
    road.all()
    assert road.states()[f"day.zip!/{A}"] == ["superseded", "loaded"]
    assert road.held() == ["a", "b2"]


def test_of_two_members_with_one_name_the_first_counts_and_the_other_has_failed(home: Path, road: Road) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as archive:
        for name in ("first", "second"):
            archive.writestr(A, of(name))
    put(home, "day.zip", buffer.getvalue())
    road.all()
    assert road.held() == ["first"]
    assert sorted(road.states()[f"day.zip!/{A}"]) == ["failed", "loaded"]


def test_the_members_before_the_place_where_an_archive_is_broken_are_taken(home: Path, road: Road) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name in (A, B):
            content = of(name[9:17]).encode()
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    put(home, "day.tar", whole.getvalue()[:1500])
    road.all()
    assert road.held() == ["20240501"]
    assert road.states()["day.tar"] == ["failed"]


# -- what leaves -------------------------------------------------------------------------------------------------------


def test_an_archive_in_an_archive_keeps_both_until_its_members_are_loaded(
    home: Path, road: Road, configure: Configure
) -> None:
    configure(after="delete")
    put(home, "outer.zip", packed({"inner.zip": packed({A: BAD})}))
    road.open()
    assert leave(road.platform, "dropzone") == 0
    road.all()
    assert leave(road.platform, "dropzone") == 0
    assert there(home) == ["outer.zip"]


def test_a_touched_archive_stays_until_its_members_are_loaded(home: Path, road: Road, configure: Configure) -> None:
    configure(after="delete")
    file = put(home, "day.zip", packed({A: BAD}))
    road.all()
    os.utime(file, ns=(1, 1))
    road.all()
    assert leave(road.platform, "dropzone") == 0
    assert there(home) == ["day.zip"]


def test_an_older_version_that_is_back_and_not_settled_does_not_leave(home: Path, configure: Configure) -> None:
    configure(after="delete")
    for moment, name in enumerate(("first", "second")):
        os.utime(put(home, A, of(name).encode()), ns=(moment, moment))
        road = Road(home)
        road.all()
        assert leave(road.platform, "dropzone") == 1
    configure(after="delete", settle_seconds=60)
    os.utime(put(home, A, of("first").encode()), ns=(0, 0))
    road = Road(home)
    road.all()
    assert leave(road.platform, "dropzone") == 0
    assert there(home) == [A]


def test_an_older_version_that_is_back_does_not_leave_while_a_newer_one_is_pending(
    home: Path, road: Road, configure: Configure
) -> None:
    configure(after="delete")
    os.utime(put(home, A, of("first").encode()), ns=(1, 1))
    road.all()
    os.utime(put(home, A, of("second").encode()), ns=(2, 2))
    take_in(road.platform, "dropzone")
    fetch(road.platform, road.platform.ledger.deliveries.unclaimed("transactions"))
    os.utime(put(home, A, of("first").encode()), ns=(1, 1))
    assert leave(road.platform, "dropzone") == 0
    road.all()
    road.all()
    assert road.held() == ["first"]


def test_a_copy_of_a_file_that_failed_fails_or_loads_on_its_own(home: Path, road: Road, configure: Configure) -> None:
    configure(after="delete")
    put(home, f"{A}.manifest.json", b'{"rows": 3}')
    put(home, A, of("a", "b").encode())
    put(home, B, of("a", "b").encode())
    road.all()
    assert road.states()[A] == ["failed"] and road.states()[B] == ["loaded"]
    assert road.held() == ["a", "b"]
    leave(road.platform, "dropzone")
    assert there(home) == [A, f"{A}.manifest.json"]


# -- shares ------------------------------------------------------------------------------------------------------------

BUCKET = "bucket_2024-05-01.json"


def record(kind: str, name: str) -> dict[str, object]:
    data = {"title": name, "artist": "x"} if kind == "song" else {"original_title": name}
    return {"type": kind, "data": data}


def shared(**records: str) -> bytes:
    return json.dumps([record(kind, name) for kind, name in records.items()]).encode()


def songs_and_movies(road: Road) -> tuple[list[str], list[str]]:
    return road.held("songs", "title"), road.held("movies", "original_title")


def test_a_record_of_a_shared_file_that_becomes_another_tables_moves_there(home: Path, road: Road) -> None:
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    road.all()
    assert songs_and_movies(road) == (["Heroes"], ["Alien"])
    put(home, BUCKET, shared(movie="Heroes", app="Alien"))
    road.all()
    assert songs_and_movies(road) == ([], ["Heroes"])
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    road.all()
    assert songs_and_movies(road) == (["Heroes"], ["Alien"])


def test_a_shared_file_under_two_names_is_loaded_once_until_one_is_restated(home: Path, road: Road) -> None:
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    put(home, "bucket_2024-05-02.json", shared(song="Heroes", movie="Alien"))
    road.all()
    assert songs_and_movies(road) == (["Heroes"], ["Alien"])
    put(home, BUCKET, shared(song="Low"))
    road.all()
    assert songs_and_movies(road) == (["Heroes", "Low"], ["Alien"])


def test_a_table_that_was_left_out_gets_its_share_of_old_files_when_it_is_replayed(home: Path, road: Road) -> None:
    contract = home / "contracts" / "songs.odcs.yaml"
    sound = contract.read_text()
    contract.write_text("schema: nonsense")
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    road.all()
    assert road.held("movies", "original_title") == ["Alien"]
    contract.write_text(sound)
    road = Road(home)
    road.all()
    assert road.platform.ledger.deliveries.share_again("movies") == 0
    assert road.platform.ledger.deliveries.share_again("songs") == 1
    road.all()
    assert songs_and_movies(road) == (["Heroes"], ["Alien"])
