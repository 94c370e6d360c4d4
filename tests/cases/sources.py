"""What every source promises, wherever its files are."""

from typing import Protocol

import pytest

from dropzone_assets.errors import Permanent
from dropzone_assets.files import Listed
from dropzone_assets.sources import Source

UNFINISHED = (
    ".hidden.csv",
    "_partial.csv",
    "a.csv.tmp",
    "a.csv.part",
    "a.csv.filepart",
    "a.csv.crdownload",
    "A.CSV.TMP",
    "sub/.a.csv",
    ".git/a.csv",
    "_planted/a.csv",
)

WEIRD = (
    "with space.csv",
    " leading and trailing ",
    "Grüße 世界 🚀.csv",
    "e\u0301 is not \u00e9.csv",
    'quote\'s "double".csv',
    "per%20cent %s {} $HOME.csv",
    "*?[a-z].csv",
    "semi;colon,comma&and=equals.csv",
    "-rf.csv",
    "no-suffix",
    "dots.in..name.",
    "part.csv",
    "tmp",
    "x" * 200,
    "deep/er/and/deeper/a.csv",
    "back\\slash.csv",
)

OUTSIDE = ("../secret.csv", "/etc/hostname", "sub/../../secret.csv", "../../etc/hostname")


class Place(Protocol):
    """Where the files of a source are, seen from the sender."""

    def source(self, settle_seconds: float = 0.0) -> Source:
        """The source, opened."""

    def put(self, path: str, content: bytes) -> None:
        """Send a file, replacing what has its name."""

    def remove(self, path: str) -> None:
        """Take a file away."""


def listed(place: Place) -> dict[str, Listed]:
    """What the source lists, by path."""
    return {item.path: item for item in place.source().list()}


class SourceCases:
    """The promises. A subclass has a fixture `place`; anything it cannot keep it must say."""

    def test_an_empty_place_lists_nothing(self, place: Place) -> None:
        assert listed(place) == {}

    def test_a_file_is_listed_with_its_size_wherever_it_is(self, place: Place) -> None:
        place.put("a.csv", b"12345")
        place.put("sub/folder/a.csv", b"")
        found = listed(place)
        assert {path: item.size for path, item in found.items()} == {"a.csv": 5, "sub/folder/a.csv": 0}
        assert all(item.source == place.source().name and not item.problem for item in found.values())

    @pytest.mark.parametrize("path", UNFINISHED)
    def test_a_file_whose_name_says_not_yet_is_not_listed(self, place: Place, path: str) -> None:
        place.put(path, b"half of")
        place.put("whole.csv", b"all of it")
        assert list(listed(place)) == ["whole.csv"]

    @pytest.mark.parametrize("path", WEIRD, ids=range(len(WEIRD)))
    def test_a_file_with_a_strange_name_is_a_file(self, place: Place, path: str) -> None:
        place.put(path, b"content")
        (item,) = listed(place).values()
        assert (item.path, item.problem) == (path, "")
        with place.source().open(item.path) as stream:
            assert stream.read() == b"content"
        assert place.source().version(item.path) == item.version

    def test_a_listing_does_not_depend_on_who_asks_or_how_often(self, place: Place) -> None:
        for name in ("a.csv", "b.csv", "sub/a.csv"):
            place.put(name, name.encode())
        source = place.source()
        first = {item.path: item.key for item in source.list()}
        assert {item.path: item.key for item in source.list()} == first
        assert {path: item.key for path, item in listed(place).items()} == first
        assert len(set(first.values())) == 3

    def test_changed_bytes_are_a_new_version(self, place: Place) -> None:
        place.put("a.csv", b"before")
        before = listed(place)["a.csv"]
        place.put("a.csv", b"after!")
        after = listed(place)["a.csv"]
        assert after.size == before.size
        assert after.key != before.key
        assert place.source().version("a.csv") == after.version

    def test_a_file_is_read_whole(self, place: Place) -> None:
        content = bytes(range(256)) * 20_000
        place.put("a.bin", content)
        with place.source().open("a.bin") as stream:
            assert b"".join(iter(lambda: stream.read(65_536), b"")) == content

    def test_a_file_that_is_gone_is_not_found_and_has_no_version(self, place: Place) -> None:
        place.put("a.csv", b"")
        place.remove("a.csv")
        assert listed(place) == {}
        assert place.source().version("a.csv") == ""
        with pytest.raises(FileNotFoundError), place.source().open("a.csv"):
            pass

    @pytest.mark.parametrize("path", OUTSIDE)
    def test_no_path_leads_out_of_the_place(self, place: Place, path: str) -> None:
        place.put("sub/a.csv", b"")
        with pytest.raises((Permanent, FileNotFoundError)), place.source().open(path):
            pass

    def test_many_files_are_listed_at_once(self, place: Place) -> None:
        for n in range(1_500):
            place.put(f"{n % 10}/{n}.csv", b"")
        assert len(listed(place)) == 1_500
