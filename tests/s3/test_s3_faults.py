"""Connections that break, and objects and listings that are large."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.store import objects
from dropzone_assets.store.clients import THEIRS, Patience
from tests.cases.sources import listed, opened, read
from tests.s3.locations import BUCKET, S3Place
from tests.s3.proxy import breaking

pytestmark = pytest.mark.s3

CONTENT = bytes(range(256)) * 80_000


@pytest.fixture
def location(tmp_path: Path, s3_endpoint: str) -> S3Place:
    return S3Place(tmp_path, s3_endpoint)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of silence is enough."""
    client = {**THEIRS.client, "read_timeout": timedelta(seconds=1)}
    monkeypatch.setattr(objects, "THEIRS", Patience(client, THEIRS.retry))


@pytest.mark.parametrize("silent", [False, True], ids=["broken", "silent"])
@pytest.mark.usefixtures("impatient")
def test_a_file_is_whole_though_its_connections_are_not(location: S3Place, silent: bool) -> None:
    location.put("a.bin", CONTENT)
    proxy = breaking(location.endpoint, 5_000_000, silent=silent)
    with (
        proxy as endpoint,
        opened(location, location.config(endpoint=endpoint)) as source,
        source.open("a.bin") as stream,
    ):
        assert stream.read() == CONTENT


@pytest.mark.usefixtures("impatient")
def test_a_place_that_always_breaks_is_given_up(location: S3Place) -> None:
    location.put("a.bin", CONTENT)
    given_up = pytest.raises(SourceUnavailable, match="arrivals")
    with (
        breaking(location.endpoint, 500) as endpoint,
        opened(location, location.config(endpoint=endpoint)) as source,
        given_up,
    ):
        shutil.copyfileobj(source.open("a.bin").__enter__(), BytesIO())


def test_a_large_object_is_moved_in_parts(location: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "COPIED_AT_ONCE", 1_000)
    location.put("sub/ä b%20#.bin", CONTENT)
    with opened(location) as source:
        source.move("sub/ä b%20#.bin", "done")
    assert read(location, "done/sub/ä b%20#.bin") == CONTENT
    assert set(listed(location)) == {"done/sub/ä b%20#.bin"}


def test_ten_thousand_objects_are_listed_and_one_odd_name_among_them_is_set_aside(
    location: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: location.put(f"{n % 10}/{n}.csv", b"1"), range(10_000)))
    found = listed(location)
    assert len(found) == 10_000
    assert {item.version for item in found.values()} == {"c4ca4238a0b923820dcc509a6f75849b"}
    location.put("7/odd\t.csv", b"1")
    monkeypatch.setattr(objects, "PAGE", 500)
    again = listed(location)
    assert [path for path, item in again.items() if item.problem] == ["7/odd\t.csv"]
    assert {path: item for path, item in again.items() if not item.problem} == found


READ = """
import resource, sys
from pathlib import Path
from tests.cases.sources import opened
from tests.s3.locations import S3Place

place = S3Place(Path(), sys.argv[1])
place.prefix = sys.argv[2]
with opened(place) as source:
    source.version("a.bin")
    before, count = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    with source.open("a.bin") as stream:
        while block := stream.read(1 << 20):
            count += len(block)
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_half_a_gigabyte_is_read_in_little_memory(location: S3Place, tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    with file.open("wb") as large:
        large.truncate(500_000_000)
    location.client.upload_file(str(file), BUCKET, f"{location.prefix}/a.bin")
    command = [sys.executable, "-c", READ, location.endpoint, location.prefix]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]).stdout
    count, megabytes = map(int, said.split())
    assert count == 500_000_000
    assert megabytes < 64
