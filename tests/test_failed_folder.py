"""The folder of failures is what the ledger says, whatever senders call their files."""

import os
from pathlib import Path

import pytest

from dropzone_assets.files import KEY_LENGTH
from dropzone_assets.ledger import Tally
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep import failed_folder as room
from dropzone_assets.upkeep.failed_folder import write_failed_folder
from dropzone_assets.upkeep.failed_names import safe_name
from tests.conftest import Drop
from tests.entries import WHY, delivery
from tests.pipeline import BAD, A, B, Pipeline
from tests.samples import payment, payments
from tests.test_arrivals import packed, put


def held(home: Path) -> dict[str, str]:
    """Stage → what the link in it shows; names of notes are left out."""
    found = {}
    for link in sorted((home / "failed").rglob("*")):
        if link.is_symlink():
            assert link.with_name(f"{link.name}.why.txt").exists()
            found[str(link.relative_to(home / "failed"))] = link.read_text()
    return found


def notes(home: Path) -> list[str]:
    return [note.read_text() for note in sorted((home / "failed").rglob("*.why.txt"))]


def test_a_failure_is_found_in_the_folder_of_its_stage_until_it_is_cured(home: Path, drop: Drop) -> None:
    pipeline = Pipeline(home)
    assert write_failed_folder(pipeline.platform) == 0 and not (home / "failed").exists()
    drop(A, BAD)
    drop("nobody knows.txt", "?")
    pipeline.all()
    assert write_failed_folder(pipeline.platform) == 4
    assert write_failed_folder(pipeline.platform) == 0
    found = held(home)
    assert [(Path(name).parent.name, Path(name).suffix, text) for name, text in found.items()] == [
        ("read", ".txt", "?"),
        ("transform", ".csv", BAD),
    ]
    said = notes(home)[1]
    for words in (
        "source:",
        A,
        "stage:      transform",
        "what to do:",
        "dropzone replay transactions",
        "dropzone explain ",
    ):
        assert words in said
    drop(A, payments(payment("a")))
    pipeline.all()
    assert write_failed_folder(pipeline.platform) == 2
    assert [Path(name).parent.name for name in held(home)] == ["read"]
    assert not (home / "failed" / "transform").exists()
    pipeline.platform.ledger.engine.dispose()


def test_what_people_do_to_the_folder_is_made_good_and_their_own_files_stay(home: Path, drop: Drop) -> None:
    pipeline = Pipeline(home)
    drop("nobody knows.txt", "?")
    pipeline.open()
    write_failed_folder(pipeline.platform)
    (link,) = [each for each in (home / "failed" / "read").iterdir() if each.is_symlink()]
    link.unlink()
    link.with_name("my own notes.txt").write_text("mine")
    link.with_name(f".{'0' * 32}").write_text("half a file of a process that was killed")
    assert write_failed_folder(pipeline.platform) == 2
    assert link.is_symlink()
    assert sorted(each.name for each in link.parent.iterdir()) == sorted(
        ["my own notes.txt", link.name, f"{link.name}.why.txt"]
    )
    pipeline.platform.ledger.engine.dispose()


def test_killed_anywhere_it_is_made_good_the_next_time(home: Path, drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(home)
    for name in (A, B):
        drop(name, BAD)
    pipeline.all()
    for step in ("_link", "_take_away", "_replace"):
        with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
            patch.setattr(room, step, lambda *_: 1 / 0)
            write_failed_folder(pipeline.platform)
    assert write_failed_folder(pipeline.platform) == 0 and len(held(home)) == 2
    pipeline.platform.ledger.engine.dispose()


ENDING = ".why.txt"

HOSTILE = [
    "../../evil.csv",
    "a/../../evil",
    "line\nbreak.csv",
    "\x1b[31mred.csv",
    "\u202egnp.exe",
    "x" * 250 + ".csv",
    "é" * 120,
    "...",
    ".hidden",
    "a.why.txt",
    "con:.csv",
    " ",
    "a\\b|c?.csv",
    "day.zip!/../../evil.csv",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_safe_name_is_plain_and_short(path: str) -> None:
    name = safe_name(path, "0123456789" * 2)
    assert len(name.encode()) < 200 and name.isprintable() and "/" not in name and not name.startswith(".")


def test_a_senders_name_never_leads_out_of_the_folder(home: Path, platform: Platform) -> None:
    known = [delivery(path) for path in HOSTILE]
    platform.ledger.arrivals.record(known)
    before = {*home.rglob("*")}
    for each in known:
        platform.ledger.deliveries.failed(each.key, "read", WHY)
    assert write_failed_folder(platform) == len(HOSTILE)
    folder = home / "failed" / "read"
    assert {each.parent for each in {*home.rglob("*")} - before} <= {home, home / "failed", folder}
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        f"{safe_name(d.path, d.key)}.why.txt" for d in known
    )
    assert {len(note.splitlines()) for note in notes(home)} == {11}
    platform.ledger.deliveries.loaded([Tally(each.key, 1, 1, 0, 0) for each in known])
    assert write_failed_folder(platform) == len(HOSTILE) and not folder.exists()


def test_a_link_at_the_source_is_not_followed(home: Path, drop: Drop, platform: Platform) -> None:
    secret = home / "secret.txt"
    secret.write_text("secret")
    (home / "dropzone" / A).symlink_to(secret)
    os.mkfifo(home / "dropzone" / B)
    discover(platform, "dropzone")
    assert write_failed_folder(platform) == 2
    assert held(home) == {} and len(notes(home)) == 2


def test_two_files_of_one_name_are_told_apart(home: Path) -> None:
    pipeline = Pipeline(home)
    put(home, "one.zip", packed({"what.txt": "1"}))
    put(home, "two.zip", packed({"what.txt": "2"}))
    pipeline.open()
    write_failed_folder(pipeline.platform)
    assert len(notes(home)) == 2 and held(home) == {}
    assert KEY_LENGTH > 8
    pipeline.platform.ledger.engine.dispose()
