"""What is no one table's: archives, files with sidecars, files only passed on, files that leave their source."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.sources import SourceConfig
from tests.conftest import Drop, Ingest, Query
from tests.samples import payment, payments

pytestmark = pytest.mark.direct

A, B = "payments_20240501_100000.csv", "payments_20240502_100000.csv"
LAKE = "SELECT transaction_id FROM lake.transactions ORDER BY 1"

Configure = Callable[..., None]


@pytest.fixture
def configure(home: Path) -> Configure:
    """Change the one source of the home."""

    def configure(**fields: Any) -> None:
        entry = {"name": "dropzone", "url": "dropzone", "settle_seconds": 0, **fields}
        (home / "sources.yaml").write_text(json.dumps({"sources": [entry]}))

    return configure


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def put(home: Path, name: str, content: bytes) -> Path:
    file = home / "dropzone" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def states(home: Path) -> dict[str, str]:
    """Path → state of every delivery."""
    platform = open_platform(Settings(home=home))
    found = {row.path: row.state for row in platform.ledger.queries.everything()}
    platform.ledger.engine.dispose()
    return found


def reasons(home: Path) -> dict[str, str]:
    """Path → reason of every failed delivery."""
    platform = open_platform(Settings(home=home))
    found = {row.path: f"{row.reason} {row.cure}" for row in platform.ledger.queries.failures()}
    platform.ledger.engine.dispose()
    return found


# -- archives ----------------------------------------------------------------------------------------------------------


def test_each_member_of_an_archive_is_a_delivery_of_its_own(home: Path, ingest: Ingest, query: Query) -> None:
    put(home, "day.zip", packed({A: payments(payment("a")), f"sub/{B}": payments(payment("b", "2024-05-02"))}))
    ingest()
    assert query(LAKE) == [("a",), ("b",)]
    assert states(home) == {"day.zip": "opened", f"day.zip!/{A}": "loaded", f"day.zip!/sub/{B}": "loaded"}
    assert ingest().runs == []


def test_a_compressed_file_is_the_file(home: Path, ingest: Ingest, query: Query) -> None:
    put(home, f"{A}.gz", gzip.compress(payments(payment("a")).encode()))
    ingest()
    assert query(LAKE) == [("a",)]
    assert states(home) == {f"{A}.gz": "opened", f"{A}.gz!/{A}": "loaded"}


@pytest.mark.full
def test_an_archive_in_an_archive_is_opened_as_deep_as_the_source_says(
    home: Path, ingest: Ingest, query: Query, configure: Configure
) -> None:
    inner = packed({A: payments(payment("a"))})
    configure(archives={"depth": 1})
    put(home, "outer.zip", packed({"inner.zip": inner, B: payments(payment("b", "2024-05-02"))}))
    ingest()
    assert query(LAKE) == [("b",)]
    assert "depth" in reasons(home)["outer.zip!/inner.zip"]
    configure(archives={"depth": 2})
    platform = open_platform(Settings(home=home))
    assert platform.ledger.replays.reopen("") == 1
    platform.ledger.engine.dispose()
    ingest()
    assert query(LAKE) == [("a",), ("b",)]
    assert states(home)[f"outer.zip!/inner.zip!/{A}"] == "loaded"


def test_a_bad_member_fails_alone_and_comes_in_when_a_contract_learns_its_name(
    home: Path, ingest: Ingest, query: Query
) -> None:
    put(home, "day.zip", packed({A: payments(payment("a")), "what is this.txt": "?", "../evil.csv": "", ".hidden": ""}))
    ingest()
    assert query(LAKE) == [("a",)]
    assert sorted(reasons(home)) == ["day.zip!/../evil.csv", "day.zip!/what is this.txt"]
    contract = home / "contracts" / "transactions.odcs.yaml"
    contract.write_text(contract.read_text().replace("files: [", 'files: ["what is this.txt", ', 1))
    platform = open_platform(Settings(home=home))
    platform.ledger.replays.reopen("")
    platform.ledger.engine.dispose()
    ingest()
    assert sorted(reasons(home)) == ["day.zip!/../evil.csv", "day.zip!/what is this.txt"]
    assert "names no column the contract knows" in reasons(home)["day.zip!/what is this.txt"]


def test_a_restated_archive_replaces_the_rows_of_its_members(home: Path, ingest: Ingest, query: Query) -> None:
    first = packed({A: payments(payment("a")), B: payments(payment("b", "2024-05-02"))})
    put(home, "day.zip", first)
    ingest()
    put(home, "day.zip", packed({A: payments(payment("a2")), B: payments(payment("b", "2024-05-02"))}))
    ingest()
    assert query(LAKE) == [("a2",), ("b",)]
    put(home, "day.zip", first)
    ingest()
    assert query(LAKE) == [("a",), ("b",)]


def test_a_broken_archive_has_failed_and_stops_nobody(home: Path, ingest: Ingest, query: Query, drop: Drop) -> None:
    put(home, "broken.zip", b"PK\x03\x04 and then nothing")
    drop(A, payments(payment("a")))
    ingest()
    assert query(LAKE) == [("a",)]
    assert list(reasons(home)) == ["broken.zip"]


# -- sidecars ----------------------------------------------------------------------------------------------------------


def digest(name: str, content: bytes) -> dict[str, str]:
    """Sidecars that tell the truth about `content`, by ending."""
    return {
        "md5": f"{md5(content).hexdigest()}  {name}\n",
        "sha256": f"SHA256 ({name}) = {sha256(content).hexdigest().upper()}",
        "manifest.json": json.dumps({"rows": 2, "size": len(content), "sent by": "us"}),
    }


CONTENT = payments(payment("a"), payment("b")).encode()


@pytest.mark.parametrize("ending", ["md5", "sha256", "manifest.json"])
def test_a_file_that_is_what_its_sidecar_says_is_loaded(home: Path, ingest: Ingest, query: Query, ending: str) -> None:
    put(home, f"{A}.{ending}", digest(A, CONTENT)[ending].encode())
    put(home, A, CONTENT)
    ingest()
    assert query(LAKE) == [("a",), ("b",)]
    assert states(home) == {A: "loaded", f"{A}.{ending}": "sidecar"}


@pytest.mark.parametrize(
    ("ending", "text", "said"),
    [
        ("md5", "0" * 32, "its md5 is"),
        ("sha256", "0" * 64, "its sha256 is"),
        ("sha256", "no digest", "cannot be understood"),
        ("manifest.json", '{"rows": 3}', "has 2 rows, and 3 by its manifest"),
        ("manifest.json", '{"size": 3}', "its size is"),
        ("manifest.json", '{"rows": "many"}', "cannot be understood"),
    ],
)
def test_a_file_that_is_not_what_its_sidecar_says_has_failed(
    home: Path, ingest: Ingest, query: Query, ending: str, text: str, said: str
) -> None:
    put(home, f"{A}.{ending}", text.encode())
    put(home, A, CONTENT)
    put(home, B, payments(payment("c", "2024-05-02")).encode())
    ingest()
    assert query(LAKE) == [("c",)]
    assert said in reasons(home)[A]


# -- files that are only passed on -------------------------------------------------------------------------------------


def test_a_source_may_deliver_any_file_to_the_raw_zone_only(home: Path, ingest: Ingest, configure: Configure) -> None:
    configure(deliver="raw")
    contents = {
        "photo.jpg": b"\xff\xd8\xff",
        "day.zip": packed({A: payments(payment("a"))}),
        A: CONTENT,
        "no suffix": b"",
    }
    for name, content in contents.items():
        put(home, name, content)
    ingest()
    assert states(home) == dict.fromkeys(contents, "stored")
    platform = open_platform(Settings(home=home))
    for delivery in platform.ledger.worklist.of_dates("files", [platform.ledger.queries.everything()[0].file_date]):
        assert Path(platform.raw.uri(delivery.raw_path)).read_bytes() == contents[delivery.path]
    platform.ledger.engine.dispose()
    assert ingest().runs == []


# -- files that leave --------------------------------------------------------------------------------------------------


def there(home: Path) -> list[str]:
    """The files that are at the source."""
    root = home / "dropzone"
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())


def test_a_file_goes_once_it_is_loaded_and_one_that_failed_stays(
    home: Path, ingest: Ingest, query: Query, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, CONTENT)
    put(home, f"{A}.md5", digest(A, CONTENT)["md5"].encode())
    put(home, "nobody knows.txt", b"")
    put(home, "bad.zip", packed({"nobody knows.txt": b"", B: payments(payment("c", "2024-05-02"))}))
    put(home, "good.zip", packed({"payments_20240503_100000.csv": payments(payment("d", "2024-05-03"))}))
    ingest()
    assert query(LAKE) == [("a",), ("b",), ("c",), ("d",)]
    assert there(home) == ["bad.zip", "nobody knows.txt"]
    assert ingest().runs == []


@pytest.mark.full
def test_a_moved_file_is_not_a_new_one_and_comes_back_when_it_is_sent_again(
    home: Path, ingest: Ingest, query: Query, configure: Configure
) -> None:
    configure(after="move", move_to="done")
    put(home, f"in/{A}", CONTENT)
    ingest()
    assert there(home) == [f"done/in/{A}"]
    assert ingest().runs == []
    put(home, f"in/{A}", payments(payment("z")).encode())
    ingest()
    assert query(LAKE) == [("z",)]
    assert there(home) == [f"done/in/{A}"]


@pytest.mark.full
def test_a_newer_version_that_arrived_meanwhile_is_not_taken_away(
    home: Path, platform: Platform, ingest: Ingest, configure: Configure, query: Query
) -> None:
    put(home, A, CONTENT)
    ingest()
    configure(after="delete")
    put(home, A, payments(payment("new")).encode())
    from dropzone_assets.upkeep.retire import retire

    fresh = open_platform(Settings(home=home))
    assert retire(fresh, "dropzone") == 0
    fresh.ledger.engine.dispose()
    assert there(home) == [A]
    ingest()
    assert query(LAKE) == [("new",)]
    assert there(home) == []


@pytest.mark.parametrize("folder", [".", "./done", "done//old", "../done", "/done", "done/.."])
def test_files_are_moved_to_a_plain_folder_inside_their_source(folder: str) -> None:
    with pytest.raises(ValueError, match="plain name"):
        SourceConfig(name="dropzone", url="dropzone", after="move", move_to=folder)
