"""What a source in an object store promises beyond what every source does."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import pytest

from dropzone_assets.errors import BadSettings, NotLetIn, Permanent, SourceUnavailable
from tests.cases.sources import Location, SourceCases, listed, opened, read, version

NAMES = ("a b#c?d&e=f+g%2Fh.csv", "100%.csv", "ü/é 世界.csv", "~tilde@at!.csv", "a:b|c<d>.csv")


class BucketPlace(Location, Protocol):
    """A place in an object store."""

    secrets: Mapping[str, str]

    def missing(self) -> Any:
        """The entry of a bucket that is not there."""


class BucketCases(SourceCases):
    """A subclass has a fixture `place`, below a prefix that no other test uses."""

    exceptions: ClassVar[Mapping[str, str]] = {}

    @pytest.mark.parametrize("path", NAMES, ids=range(len(NAMES)))
    def test_every_character_of_a_name_is_part_of_the_name(self, location: BucketPlace, path: str) -> None:
        location.put(path, b"content")
        location.put("a", b"another")
        assert version(location, path) == listed(location)[path].version
        assert read(location, path) == b"content"
        with opened(location) as source:
            source.remove(path)
        assert set(listed(location)) == {"a"}

    @pytest.mark.parametrize("path", NAMES, ids=range(len(NAMES)))
    def test_a_moved_file_keeps_every_character_of_its_name(self, location: BucketPlace, path: str) -> None:
        location.put(path, b"content")
        with opened(location) as source:
            source.move(path, "done of #1 100%")
        assert set(listed(location)) == {f"done of #1 100%/{path}"}
        assert read(location, f"done of #1 100%/{path}") == b"content"

    def test_a_neighbour_whose_name_begins_alike_is_not_in_the_place(self, location: BucketPlace) -> None:
        for path in ("day/a.csv", "day2/a.csv", "day", "day.csv"):
            location.put(path, b"12")
        assert set(listed(location, url=f"{location.config().url}/day")) == {"a.csv"}

    def test_the_marker_of_a_folder_is_no_file(self, location: BucketPlace) -> None:
        for path in ("", "folder/", "folder/a.csv", "empty/", "sub/deeper/"):
            location.put(path, b"")
        location.put("empty.csv", b"")
        assert set(listed(location)) == {"folder/a.csv", "empty.csv"}

    def test_a_file_replaced_while_it_is_read_is_not_mixed(self, location: BucketPlace) -> None:
        location.put("a.bin", b"a" * 30_000_000)
        with opened(location) as source, source.open("a.bin") as stream:
            start = stream.read(1_000)
            location.put("a.bin", b"b" * 30_000_000)
            try:
                rest = stream.read()
            except (FileNotFoundError, SourceUnavailable):
                return
        assert set(start + rest) == {ord("a")}

    def test_a_bucket_that_is_not_there_is_named_with_a_cure(self, location: BucketPlace) -> None:
        with opened(location, location.missing()) as source, pytest.raises(Permanent, match="bucket") as error:
            list(source.list())
        assert error.value.cure

    def test_a_refusal_is_told_from_silence(self, location: BucketPlace) -> None:
        with opened(location, location.stranger()) as source, pytest.raises(NotLetIn):
            list(source.list())
        with (
            opened(location, location.dead()) as source,
            pytest.raises(SourceUnavailable, match=location.dead().endpoint),
        ):
            list(source.list())

    @pytest.mark.parametrize("url", ["/folder", "ftp://host/folder", "s4://bucket", "bucket/prefix"])
    def test_another_kind_of_url_is_refused(self, location: BucketPlace, url: str) -> None:
        with pytest.raises(BadSettings, match=location.config().name), opened(location, location.config(url=url)):
            pass
