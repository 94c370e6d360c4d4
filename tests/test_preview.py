"""A preview says what ingestion would read, and leaves no trace."""

import io
import zipfile
from pathlib import Path

import pytest

from dropzone_assets.inspect.preview import Preview, preview
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.samples import payment, payments
from tests.test_arrivals import packed

A = "payments_20240501_100000.csv"


def look(platform: Platform, folder: Path, name: str, content: bytes, table: str = "") -> list[Preview]:
    file = folder / name
    file.write_bytes(content)
    return list(preview(platform, file, table, 20))


def test_a_preview_leaves_no_trace(home: Path, platform: Platform, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    content = payments(payment("a"), payment("?", "?")).encode()
    for name in (A, "unknown.csv"):
        look(platform, tmp_path, name, content)
    look(platform, tmp_path, "day.zip", packed({A: content}))
    look(platform, tmp_path, "bucket_2024-05-01.json", b'[{"type": "song", "data": {"title": "x"}}]')
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_a_home_without_contracts_shows_the_columns_as_text(tmp_path: Path) -> None:
    nowhere = open_platform(Settings(home=tmp_path / "nowhere"))
    (found,) = look(nowhere, tmp_path, "x.csv", b"a,b\n1,2\n")
    assert (found.columns[:2], found.rows[0][:2], found.found) == (("a", "b"), ("1", "2"), "")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("empty.csv", b"", "is empty"),
        (A, b"", "is empty"),
        ("x.json", b'[{"a": 1}]', "name their own columns"),
        ("broken.zip", b"PK\x03\x04", "broken.zip"),
    ],
)
def test_what_cannot_be_read_is_found(
    platform: Platform, tmp_path: Path, name: str, content: bytes, found: str
) -> None:
    (shown,) = look(platform, tmp_path, name, content)
    assert found in shown.found


def test_a_name_that_two_contracts_know_is_refused_unless_one_is_named(
    home: Path, platform: Platform, tmp_path: Path
) -> None:
    one = (home / "contracts" / "transactions.odcs.yaml").read_text()
    other = one.replace("name: transactions", "name: others").replace("id: ", "id: other:", 1)
    (home / "contracts" / "others.odcs.yaml").write_text(other)
    content = payments(payment("a")).encode()
    (shown,) = look(platform, tmp_path, A, content)
    assert "others and transactions" in shown.found
    assert [each.valid for each in look(platform, tmp_path, A, content, "others")] == [1]


def test_a_bad_member_is_said_and_hides_no_other(platform: Platform, tmp_path: Path) -> None:
    members = {"locked.csv": b"a\n1\n", "../evil.csv": b"", "._hidden": b"", A: payments(payment("a")).encode()}
    content = bytearray(packed(members))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    shown = look(platform, tmp_path, "day.zip", bytes(content))
    assert [bool(each.found) for each in shown] == [True, True, False]
    assert "encrypted" in shown[0].found and "leads out" in shown[1].found and shown[2].valid == 1


def test_a_whole_archive_is_refused_with_its_members_before_shown(platform: Platform, tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(A, payments(payment("a")))
    assert [each.valid for each in look(platform, tmp_path, "day.zip", whole.getvalue())] == [1]
    assert look(platform, tmp_path, "day.zip", whole.getvalue()[:100])[0].found
