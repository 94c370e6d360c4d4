"""What every source promises, wherever its files are."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest

from dropzone_assets import engine
from dropzone_assets.errors import Permanent, Transient
from dropzone_assets.files import Listed
from dropzone_assets.pipeline.list_source import list_source
from dropzone_assets.sources import Source, SourceConfig, open_source

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

UNPRINTABLE = ("two\nlines.csv", "a\ttab.csv", "bell\x07.csv", "a\u2028b.csv")

OUTSIDE = ("../secret.csv", "/etc/hostname", "sub/../../secret.csv", "../../etc/hostname")


class Location(Protocol):
    """Where the files of a source are, seen from the sender."""

    home: Path
    secrets: Mapping[str, str]

    def config(self, **fields: Any) -> SourceConfig:
        """The entry of `sources.yaml`, which settles at once unless `fields` say otherwise."""

    def put(self, path: str, content: bytes) -> None:
        """Send a file, replacing what has its name."""

    def remove(self, path: str) -> None:
        """Take a file away."""

    def dead(self) -> SourceConfig:
        """The entry of a place like this one where nobody answers."""

    def stranger(self) -> SourceConfig:
        """An entry that this place does not let in: a wrong password, say."""


@contextmanager
def opened(location: Location, config: SourceConfig | None = None) -> Iterator[Source]:
    """The source, let go at the end."""
    with closing(
        open_source(config or location.config(), location.home, lambda name: location.secrets[name])
    ) as source:
        yield source


def listed(location: Location, **fields: Any) -> dict[str, Listed]:
    """What a look at the place finds, by path."""
    config = location.config(**fields)
    with engine.connect() as connection, opened(location, config) as source:
        columns = "path, version, size, coalesce(settled, true), problem"
        found = [
            Listed(config.name, *row)
            for page in list_source(connection, source, config)
            for row in engine.rows(connection, f"SELECT {columns} FROM {page}")
        ]
    assert len({item.path for item in found}) == len(found)
    return {item.path: item for item in found}


def read(location: Location, path: str) -> bytes:
    """A file as the platform reads it, in pieces."""
    with opened(location) as source, source.open(path) as stream:
        return b"".join(iter(lambda: stream.read(65_536), b""))


def version(location: Location, path: str) -> str:
    """The version of one file now."""
    with opened(location) as source:
        return source.version(path)


class SourceCases:
    """The promises. A subclass has a fixture `place`; a promise its kind cannot keep is declared with the reason."""

    exceptions: ClassVar[Mapping[str, str]] = {}
    """Name of a test (with `[n]` for one of its parameters) → why this kind cannot keep the promise."""

    @pytest.fixture(autouse=True)
    def _declared(self, request: pytest.FixtureRequest) -> None:
        name = request.node.name
        if reason := self.exceptions.get(name) or self.exceptions.get(name.split("[")[0]):
            pytest.skip(reason)

    def test_an_empty_place_lists_nothing(self, location: Location) -> None:
        assert listed(location) == {}

    def test_a_file_is_listed_with_its_size_wherever_it_is(self, location: Location) -> None:
        location.put("a.csv", b"12345")
        location.put("sub/folder/a.csv", b"")
        found = listed(location)
        assert {path: item.size for path, item in found.items()} == {"a.csv": 5, "sub/folder/a.csv": 0}
        assert all(not item.problem for item in found.values())

    def test_a_file_whose_name_says_not_yet_is_not_listed(self, location: Location) -> None:
        for path in UNFINISHED:
            location.put(path, b"half of")
        location.put("whole.csv", b"all of it")
        assert list(listed(location)) == ["whole.csv"]

    @pytest.mark.parametrize("path", WEIRD, ids=range(len(WEIRD)))
    def test_a_file_with_a_strange_name_is_a_file(self, location: Location, path: str) -> None:
        location.put("before.csv", b"a neighbour")
        location.put(path, b"content")
        found = listed(location)
        assert set(found) == {"before.csv", path}
        assert found[path].problem == ""
        assert read(location, path) == b"content"
        assert version(location, path) == found[path].version

    @pytest.mark.parametrize("path", UNPRINTABLE, ids=range(len(UNPRINTABLE)))
    def test_a_name_nobody_can_print_is_set_aside_with_the_reason_and_hides_no_neighbour(
        self, location: Location, path: str
    ) -> None:
        location.put("before.csv", b"a neighbour")
        location.put(path, b"content")
        location.put("zz.csv", b"a neighbour")
        problems = {item.path: item.problem for item in listed(location).values()}
        assert [path for path, problem in problems.items() if not problem] == ["before.csv", "zz.csv"]
        assert len(problems) == 3

    def test_only_names_that_are_asked_for_are_listed(self, location: Location) -> None:
        for path in ("a.csv", "a.txt", "sub/a.csv", "sub/old/a.csv", "a.csv.md5"):
            location.put(path, b"")
        found = set(listed(location, include=("*.csv",), exclude=("sub/old/*",)))
        assert found == {"a.csv", "sub/a.csv", "a.csv.md5"}

    def test_a_listing_does_not_depend_on_who_asks_or_how_often(self, location: Location) -> None:
        for name in ("a.csv", "b.csv", "sub/a.csv"):
            location.put(name, name.encode())
        first = {path: item.key for path, item in listed(location).items()}
        assert {path: item.key for path, item in listed(location).items()} == first
        assert len(set(first.values())) == 3

    def test_the_keys_of_a_look_are_those_of_its_files(self, location: Location) -> None:
        location.put("Grüße 'a'.csv", b"")
        (item,) = listed(location).values()
        config = location.config()
        with engine.connect() as connection, opened(location, config) as source:
            pages = list_source(connection, source, config)
            keys = [key for page in pages for (key,) in engine.rows(connection, f"SELECT key FROM {page}")]
        assert keys == [item.key]

    def test_changed_bytes_are_a_new_version(self, location: Location) -> None:
        location.put("a.csv", b"before")
        before = listed(location)["a.csv"]
        location.put("a.csv", b"after!")
        after = listed(location)["a.csv"]
        assert after.size == before.size
        assert after.key != before.key
        assert version(location, "a.csv") == after.version

    def test_a_file_is_read_whole(self, location: Location) -> None:
        content = bytes(range(256)) * 20_000
        location.put("a.bin", content)
        location.put("empty.bin", b"")
        assert read(location, "a.bin") == content
        assert read(location, "empty.bin") == b""

    def test_a_file_that_is_gone_is_not_found_and_has_no_version(self, location: Location) -> None:
        location.put("a.csv", b"")
        location.remove("a.csv")
        assert listed(location) == {}
        assert version(location, "a.csv") == ""
        with pytest.raises(FileNotFoundError):
            read(location, "a.csv")

    @pytest.mark.parametrize("path", OUTSIDE)
    def test_no_path_leads_out_of_the_place(self, location: Location, path: str) -> None:
        location.put("sub/a.csv", b"")
        with pytest.raises((Permanent, FileNotFoundError)):
            read(location, path)

    def test_many_files_are_listed_at_once(self, location: Location) -> None:
        for n in range(1_500):
            location.put(f"{n % 10}/{n}.csv", b"")
        assert len(listed(location)) == 1_500

    def test_several_files_are_read_at_once(self, location: Location) -> None:
        contents = {f"{n}.csv": str(n).encode() * 100_000 for n in range(8)}
        for path, content in contents.items():
            location.put(path, content)
        with opened(location) as source, ThreadPoolExecutor(8) as pool:

            def whole(path: str) -> bytes:
                with source.open(path) as stream:
                    return b"".join(iter(lambda: stream.read(65_536), b""))

            assert dict(zip(contents, pool.map(whole, contents), strict=True)) == contents

    def test_a_file_that_was_loaded_can_be_taken_away_twice(self, location: Location) -> None:
        location.put("sub/a b.csv", b"")
        location.put("b.csv", b"")
        with opened(location) as source:
            source.remove("sub/a b.csv")
            source.remove("sub/a b.csv")
        assert list(listed(location)) == ["b.csv"]

    def test_a_file_that_was_loaded_can_be_moved_twice_and_is_not_listed_again(self, location: Location) -> None:
        location.put("sub/a b.csv", b"first")
        moved = {"after": "move", "move_to": "done"}
        with opened(location) as source:
            source.move("sub/a b.csv", "done")
            source.move("sub/a b.csv", "done")
        assert (list(listed(location)), list(listed(location, **moved))) == (["done/sub/a b.csv"], [])
        assert read(location, "done/sub/a b.csv") == b"first"
        location.put("sub/a b.csv", b"second")
        with opened(location) as source:
            source.move("sub/a b.csv", "done")
        assert read(location, "done/sub/a b.csv") == b"second"

    def test_a_receipt_is_left_whole_replaces_an_older_one_and_is_no_file_of_the_place(
        self, location: Location
    ) -> None:
        location.put("sub/a b.csv", b"1")
        names = ["sub/a b.csv.accepted.json", "outbox/new/Grüße 'a'.csv.rejected.csv"]
        with opened(location) as source:
            for name in names:
                source.write(name, b"a longer one")
                source.write(name, b"short")
            with pytest.raises(Permanent):
                source.write("../outside.rejected.csv", b"")
        assert {path: item.size for path, item in listed(location).items()} == {
            "sub/a b.csv": 1,
            **dict.fromkeys(names, 5),
        }
        assert [read(location, name) for name in names] == [b"short", b"short"]
        assert list(listed(location, receipts="beside")) == ["sub/a b.csv"]
        location.put("outbox/x.csv", b"")
        assert list(listed(location, receipts={"folder": "outbox"})) == ["sub/a b.csv"]

    def test_a_place_that_does_not_answer_is_named_and_worth_waiting_for(self, location: Location) -> None:
        with opened(location, location.dead()) as source, pytest.raises(Transient, match=location.config().name):
            for _ in source.list():
                pass

    def test_a_place_that_does_not_let_us_in_is_named_and_not_worth_waiting_for(self, location: Location) -> None:
        with (
            opened(location, location.stranger()) as source,
            pytest.raises(Permanent, match=location.config().name) as error,
        ):
            for _ in source.list():
                pass
        assert error.value.cure
        assert not [secret for secret in location.secrets.values() if secret in str(error.value)]
