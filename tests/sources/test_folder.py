"""A folder keeps the promises of sources, and does not believe every clock."""

import os
import socket
from pathlib import Path
from time import sleep
from typing import Any, ClassVar

import pytest

from dropzone_assets.errors import Permanent, SourceUnavailable
from dropzone_assets.sources import SourceConfig
from tests.cases.sources import SourceCases, listed, read


class FolderPlace:
    """A folder somebody drops files into."""

    secrets: ClassVar[dict[str, str]] = {}

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "dropzone"

    def config(self, **fields: Any) -> SourceConfig:
        return SourceConfig.model_validate({"name": "dropzone", "url": "dropzone", "settle_seconds": 0, **fields})

    def dead(self) -> SourceConfig:
        self.home.mkdir()
        (self.home / "a file").write_text("no folder")
        return self.config(url="a file")

    def stranger(self) -> SourceConfig:
        raise NotImplementedError

    def put(self, path: str, content: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            sleep(0.02)  # some kernels' clocks of files tick that slowly
        file.write_bytes(content)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path / "home")


class TestFolder(SourceCases):
    exceptions: ClassVar = {
        "test_a_place_that_does_not_let_us_in_is_named_and_not_worth_waiting_for": "a folder asks nobody who they are"
    }


def settled(place: FolderPlace) -> list[bool]:
    """Whether each file has settled, with a settle time of a fifth of a second."""
    return [item.settled for item in listed(place, settle_seconds=0.2).values()]


@pytest.mark.parametrize("mtime", [0, 1, 946_684_800, 4_102_444_800], ids=["1970", "a second later", "2000", "2100"])
def test_a_file_is_listed_whatever_its_mtime(place: FolderPlace, mtime: int) -> None:
    place.put("a.csv", b"a")
    os.utime(place.root / "a.csv", (mtime, mtime))
    assert listed(place)["a.csv"].settled


@pytest.mark.parametrize("mtime", [0, 4_102_444_800], ids=["1970", "2100"])
def test_a_file_settles_by_the_clock_of_this_machine(place: FolderPlace, mtime: int) -> None:
    place.put("a.csv", b"a")
    os.utime(place.root / "a.csv", (mtime, mtime))
    assert settled(place) == [False]
    sleep(0.25)
    assert settled(place) == [True]
    place.put("a.csv", b"ab")
    assert settled(place) == [False]


def test_a_file_moved_into_place_has_to_settle_too(place: FolderPlace) -> None:
    place.put("a.csv.part", b"a")
    sleep(0.25)
    (place.root / "a.csv.part").rename(place.root / "a.csv")
    assert settled(place) == [False]


def test_a_missing_folder_is_made(place: FolderPlace) -> None:
    assert listed(place) == {}
    assert place.root.is_dir()


def test_a_folder_that_cannot_be_listed_is_unavailable(place: FolderPlace) -> None:
    place.home.mkdir()
    place.root.write_text("I am a file.")
    with pytest.raises(SourceUnavailable, match="dropzone"):
        listed(place)


def test_a_name_that_is_not_utf8_is_set_aside_alone(place: FolderPlace) -> None:
    place.put("good.csv", b"")
    (Path(os.fsdecode(os.fsencode(place.root) + b"/b\xffd.csv"))).write_bytes(b"")
    found = listed(place)
    assert {path: bool(item.problem) for path, item in found.items()} == {"good.csv": False, "b\\xffd.csv": True}


@pytest.mark.parametrize("name", ["a\nb.csv", "a\tb.csv", "a\x7f.csv", "a\u202eb.csv", "a\u2028b.csv"])
def test_a_name_with_a_control_character_is_set_aside_alone(place: FolderPlace, name: str) -> None:
    place.put(name, b"")
    place.put("good.csv", b"")
    assert {path: bool(item.problem) for path, item in listed(place).items()} == {"good.csv": False, name: True}


@pytest.mark.parametrize("target", ["../secret.csv", "real.csv", "missing.csv", "/etc/hostname"])
def test_a_link_is_set_aside_and_never_followed(place: FolderPlace, target: str) -> None:
    place.put("real.csv", b"real")
    (place.home / "secret.csv").write_bytes(b"secret")
    (place.root / "link.csv").symlink_to(target)
    assert {path: bool(item.problem) for path, item in listed(place).items()} == {"real.csv": False, "link.csv": True}
    with pytest.raises(Permanent, match="link"):
        read(place, "link.csv")


def test_a_linked_folder_is_never_entered(place: FolderPlace) -> None:
    place.put("real.csv", b"real")
    (place.home / "outside").mkdir()
    (place.home / "outside" / "secret.csv").write_bytes(b"secret")
    (place.root / "sub").symlink_to("../outside")
    (place.root / "loop").symlink_to(".")
    assert [path for path, item in listed(place).items() if not item.problem] == ["real.csv"]
    with pytest.raises(Permanent, match="leads out"):
        read(place, "sub/secret.csv")


def test_what_is_no_regular_file_is_set_aside(place: FolderPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    place.put("good.csv", b"")
    os.mkfifo(place.root / "pipe.csv")
    monkeypatch.chdir(place.root)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.csv")
        problems = {path: item.problem for path, item in listed(place).items()}
    assert [path for path, problem in problems.items() if not problem] == ["good.csv"]
    assert len(problems) == 3
