"""What a list of files promises, wherever it is."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

import pytest

from dropzone_assets.errors import BadSettings, Permanent, SourceUnavailable
from tests.cases.sources import Location, SourceCases, listed, opened, read, version

CHANGES = ({"after": "delete"}, {"after": "move", "move_to": "done"}, {"receipts": "beside"})


class ListPlace(Location, Protocol):
    """A place with a list; `put` and `remove` change both the file and the list."""

    def write(self, path: str, content: bytes) -> None:
        """Send a file without naming it in the list."""


class ListCases(SourceCases):
    """A subclass has a fixture `place`."""

    exceptions: ClassVar[Mapping[str, str]] = {
        "test_a_file_is_listed_with_its_size_wherever_it_is": "a list knows no sizes",
        "test_changed_bytes_are_a_new_version": "a list knows names: one that was taken is not taken again",
        "test_a_name_nobody_can_print_is_set_aside_with_the_reason_and_hides_no_neighbour[0]": "a line ends a name",
        "test_a_file_that_was_loaded_can_be_taken_away_twice": "the list would go on naming it",
        "test_a_file_that_was_loaded_can_be_moved_twice_and_is_not_listed_again": "the list would go on naming it",
        "test_a_receipt_is_left_whole_replaces_an_older_one_and_is_no_file_of_the_place": "a list is not ours to write",
    }

    def test_only_what_the_list_names_is_listed(self, location: ListPlace) -> None:
        location.put("named.csv", b"1")
        location.write("unnamed.csv", b"1")
        found = listed(location)
        assert {path: (item.size, item.version) for path, item in found.items()} == {"named.csv": (-1, "listed")}

    def test_new_bytes_under_a_name_that_was_taken_are_the_same_delivery(self, location: ListPlace) -> None:
        location.put("a.csv", b"before")
        before = listed(location)["a.csv"]
        location.put("a.csv", b"after")
        assert listed(location)["a.csv"] == before
        assert version(location, "a.csv") == before.version

    def test_a_name_without_a_file_is_listed_and_its_file_is_not_found(self, location: ListPlace) -> None:
        location.write("files_list.data", b"missing.csv\n")
        assert not listed(location)["missing.csv"].problem
        assert version(location, "missing.csv") == ""
        with pytest.raises(FileNotFoundError):
            read(location, "missing.csv")

    def test_a_list_may_be_written_in_many_ways(self, location: ListPlace) -> None:
        text = b"\xef\xbb\xbfa.csv\r\n\r\n./b.csv\n   \nb.csv\n./././sub/c.csv\n\na.csv\n d.csv "
        location.write("files_list.data", text)
        assert set(listed(location)) == {"a.csv", "b.csv", "sub/c.csv", " d.csv "}

    @pytest.mark.parametrize(
        "name",
        [
            b"/etc/passwd",
            b"../secret.csv",
            b"a/../../secret.csv",
            b"a/..",
            b"..",
            b"a//b.csv",
            b"http://elsewhere/a.csv",
            b"file:///etc/passwd",
            b"s3://other/a.csv",
            b"a\x00b.csv",
            b"a\x1b[31m.csv",
            b"b\xffd.csv",
            b"folder/",
            b"x" * 3_000,
        ],
    )
    def test_a_hostile_name_is_set_aside_alone(self, location: ListPlace, name: bytes) -> None:
        location.write("files_list.data", b"a.csv\n" + name + b"\nz.csv\n")
        problems = {item.path: item.problem for item in listed(location).values()}
        assert [path for path, problem in problems.items() if not problem] == ["a.csv", "z.csv"]
        assert len(problems) == 3

    def test_a_list_may_have_another_name_and_is_no_file_itself(self, location: ListPlace) -> None:
        location.write("lists/today.txt", b"a.csv\nlists/today.txt\nfiles_list.data\n")
        assert set(listed(location, list_file="lists/today.txt")) == {"a.csv", "files_list.data"}

    def test_a_missing_list_is_named_and_worth_waiting_for(self, location: ListPlace) -> None:
        missing = location.config(list_file="nothing.data")
        with opened(location, missing) as source, pytest.raises(SourceUnavailable, match=r"nothing\.data"):
            list(source.list())

    def test_a_line_without_an_end_is_no_list(self, location: ListPlace) -> None:
        location.write("files_list.data", b"x" * 9_000_000)
        with opened(location) as source, pytest.raises(Permanent, match="line"):
            list(source.list())

    @pytest.mark.parametrize("after", CHANGES, ids=str)
    def test_what_a_list_names_stays(self, location: ListPlace, after: dict[str, str]) -> None:
        with pytest.raises(BadSettings, match="list"), opened(location, location.config(**after)):
            pass

    def test_a_hundred_thousand_names_are_listed(self, location: ListPlace) -> None:
        names = [f"2024/{n % 365:03}/orders_{n:06}.csv" for n in range(100_000)]
        location.write("files_list.data", "\n".join(names).encode())
        with opened(location) as source:
            found = [path for page in source.list() for path in page["path"].to_pylist()]
        assert sorted(found) == sorted(names)
