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
def location(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path / "home")


class TestFolder(SourceCases):
    exceptions: ClassVar = {
        "test_a_place_that_does_not_let_us_in_is_named_and_not_worth_waiting_for": "a folder asks nobody who they are"
    }


def settled(location: FolderPlace) -> list[bool]:
    """Whether each file has settled, with a settle time of a fifth of a second."""
    return [item.settled for item in listed(location, settle_seconds=0.2).values()]


@pytest.mark.parametrize("mtime", [0, 1, 946_684_800, 4_102_444_800], ids=["1970", "a second later", "2000", "2100"])
def test_a_file_is_listed_whatever_its_mtime(location: FolderPlace, mtime: int) -> None:
    location.put("a.csv", b"a")
    os.utime(location.root / "a.csv", (mtime, mtime))
    assert listed(location)["a.csv"].settled


@pytest.mark.parametrize("mtime", [0, 4_102_444_800], ids=["1970", "2100"])
def test_a_file_settles_by_the_clock_of_this_machine(location: FolderPlace, mtime: int) -> None:
    location.put("a.csv", b"a")
    os.utime(location.root / "a.csv", (mtime, mtime))
    assert settled(location) == [False]
    sleep(0.25)
    assert settled(location) == [True]
    location.put("a.csv", b"ab")
    assert settled(location) == [False]


def test_a_file_moved_into_place_has_to_settle_too(location: FolderPlace) -> None:
    location.put("a.csv.part", b"a")
    sleep(0.25)
    (location.root / "a.csv.part").rename(location.root / "a.csv")
    assert settled(location) == [False]


def test_a_missing_folder_is_made(location: FolderPlace) -> None:
    assert listed(location) == {}
    assert location.root.is_dir()


def test_a_folder_that_cannot_be_listed_is_unavailable(location: FolderPlace) -> None:
    location.home.mkdir()
    location.root.write_text("I am a file.")
    with pytest.raises(SourceUnavailable, match="dropzone"):
        listed(location)


def test_a_name_that_is_not_utf8_is_set_aside_alone(location: FolderPlace) -> None:
    location.put("good.csv", b"")
    (Path(os.fsdecode(os.fsencode(location.root) + b"/b\xffd.csv"))).write_bytes(b"")
    found = listed(location)
    assert {path: bool(item.problem) for path, item in found.items()} == {"good.csv": False, "b\\xffd.csv": True}


@pytest.mark.parametrize("name", ["a\nb.csv", "a\tb.csv", "a\x7f.csv", "a\u202eb.csv", "a\u2028b.csv"])
def test_a_name_with_a_control_character_is_set_aside_alone(location: FolderPlace, name: str) -> None:
    location.put(name, b"")
    location.put("good.csv", b"")
    assert {path: bool(item.problem) for path, item in listed(location).items()} == {"good.csv": False, name: True}


@pytest.mark.parametrize("target", ["../secret.csv", "real.csv", "missing.csv", "/etc/hostname"])
def test_a_link_is_set_aside_and_never_followed(location: FolderPlace, target: str) -> None:
    location.put("real.csv", b"real")
    (location.home / "secret.csv").write_bytes(b"secret")
    (location.root / "link.csv").symlink_to(target)
    assert {path: bool(item.problem) for path, item in listed(location).items()} == {
        "real.csv": False,
        "link.csv": True,
    }
    with pytest.raises(Permanent, match="link"):
        read(location, "link.csv")


def test_a_linked_folder_is_never_entered(location: FolderPlace) -> None:
    location.put("real.csv", b"real")
    (location.home / "outside").mkdir()
    (location.home / "outside" / "secret.csv").write_bytes(b"secret")
    (location.root / "sub").symlink_to("../outside")
    (location.root / "loop").symlink_to(".")
    assert [path for path, item in listed(location).items() if not item.problem] == ["real.csv"]
    with pytest.raises(Permanent, match="leads out"):
        read(location, "sub/secret.csv")


def test_what_is_no_regular_file_is_set_aside(location: FolderPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    location.put("good.csv", b"")
    os.mkfifo(location.root / "pipe.csv")
    monkeypatch.chdir(location.root)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.csv")
        problems = {path: item.problem for path, item in listed(location).items()}
    assert [path for path, problem in problems.items() if not problem] == ["good.csv"]
    assert len(problems) == 3
