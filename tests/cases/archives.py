"""What every archive promises, whatever its kind."""

import random
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropzone_assets.archives import Bounds, open_archive
from tests.cases.unpacked import Unpacked, unpack

Packed = Sequence[tuple[str, bytes]]

NOISE = random.Random(7).randbytes(100_000)
"""Bytes that no method makes smaller."""

ZEROS = bytes(32 * 1024 * 1024)

HOSTILE = (
    "../evil.csv",
    "a/../../evil.csv",
    "..\\worse.csv",
    "/tmp/evil.csv",
    "\\\\host\\evil.csv",
    "C:evil.csv",
    "c:\\evil.csv",
    "new\nline.csv",
    "bell\x07.csv",
    "sv.\u202excod.csv",
    ".",
)

NAMES = ("plain.csv", "Grüße, 世界 🚀.csv", "مرحبا.csv", "e\u0301.csv", "with space/deep/er.csv", "'; DROP TABLE t; --")

CLEAN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"], exclude_characters="/\\:"), min_size=1, max_size=8)


SPLASHES = st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4))
"""Where damage is done, and what is there afterwards."""


class ArchiveCases:
    """The promises. A subclass says how its kind is packed; what it cannot keep it says in `exceptions`."""

    name: ClassVar[str] = ""
    """What a file of the kind is called."""

    exceptions: ClassVar[Mapping[str, str]] = {}
    """Test → why the kind cannot keep it."""

    def pack(self, members: Packed) -> bytes:
        """The members as an archive; a name that ends with `/` is a folder."""
        raise NotImplementedError

    def lock(self, members: Packed, password: str) -> bytes:
        """The members as an encrypted archive."""
        raise NotImplementedError

    def open(self, folder: Path, packed: bytes, password: str = "", **bounds: float) -> Unpacked:
        """What comes out of it."""
        return unpack(folder, self.name, packed, Bounds.model_validate(bounds), password)

    @pytest.fixture(autouse=True)
    def declared(self, request: pytest.FixtureRequest) -> None:
        """An exception is seen as a skipped test, with its reason."""
        if reason := self.exceptions.get(request.function.__name__):
            pytest.skip(reason)

    def test_every_exception_is_from_a_promise(self) -> None:
        assert [name for name in self.exceptions if not hasattr(ArchiveCases, name)] == []

    def test_members_come_through_byte_for_byte_and_in_order(self, tmp_path: Path) -> None:
        members = [("z.csv", b"a,b\n1,2\n" * 1000), ("a/a.csv", NOISE), ("m.bin", bytes(range(256)))]
        assert self.open(tmp_path, self.pack(members)).read == members

    @pytest.mark.parametrize("name", NAMES)
    def test_names_in_any_script_come_through(self, tmp_path: Path, name: str) -> None:
        assert self.open(tmp_path, self.pack([(name, b"x"), ("after", b"y")])).read == [(name, b"x"), ("after", b"y")]

    def test_a_name_is_made_plain(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([("./a//b.csv", b"x"), ("c\\d.csv", b"y")]))
        assert unpacked.read == [("a/b.csv", b"x"), ("c/d.csv", b"y")]

    def test_an_empty_member_is_one(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([("a.csv", b"")]))
        assert [content for _, content in unpacked.read] == [b""]
        assert not unpacked.failed

    def test_an_empty_member_has_neighbours(self, tmp_path: Path) -> None:
        members = [("a", b""), ("b", b"b"), ("c", b""), ("d", b"d"), ("e", b"")]
        assert self.open(tmp_path, self.pack(members)).read == members

    def test_an_empty_archive_has_no_members(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([]))
        assert not unpacked.read
        assert not unpacked.refused

    def test_folders_are_no_members(self, tmp_path: Path) -> None:
        members = [("a/", b""), ("a/b.csv", b"x"), ("c/", b"")]
        assert self.open(tmp_path, self.pack(members)).read == [("a/b.csv", b"x")]

    def test_an_archive_inside_is_a_member_like_any_other(self, tmp_path: Path) -> None:
        inner = self.pack([("a.csv", b"x")])
        assert [content for _, content in self.open(tmp_path, self.pack([(self.name, inner)])).read] == [inner]

    def test_a_member_that_is_not_read_is_skipped(self, tmp_path: Path) -> None:
        packed = self.pack([("a", NOISE), ("b", NOISE[::-1]), ("c", b"c")])
        unpacked = unpack(tmp_path, self.name, packed, only="c")
        assert unpacked.read == [("c", b"c")]

    def test_hostile_names_are_set_aside_and_nothing_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inside = tmp_path / "deep" / "er"
        inside.mkdir(parents=True)
        monkeypatch.chdir(inside)
        members = [pair for n, name in enumerate(HOSTILE) for pair in ((name, b"evil"), (f"{n}.csv", b"ok"))]
        unpacked = self.open(inside, self.pack(members))
        assert len(unpacked.problems) == len(HOSTILE)
        assert unpacked.read == [(f"{n}.csv", b"ok") for n in range(len(HOSTILE))]
        assert all(path.isprintable() and problem for path, problem in unpacked.problems.items())
        assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [self.name]

    def test_a_name_that_comes_again_is_set_aside(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([("a.csv", b"first"), ("./a.csv", b"second"), ("b.csv", b"b")]))
        assert unpacked.read == [("a.csv", b"first"), ("b.csv", b"b")]
        assert unpacked.problems == {"a.csv": "is in the archive twice"}

    def test_a_damaged_member_fails_alone(self, tmp_path: Path) -> None:
        packed = self.pack([("a", b"first"), ("b", NOISE), ("c", b"last")])
        at = packed.index(NOISE[500:600])
        unpacked = self.open(tmp_path, packed[:at] + b"\0spoilt\0" + packed[at + 8 :])
        assert [name for name, _ in unpacked.read] == ["a", "c"]
        assert "b is damaged: its CRC" in unpacked.failed["b"].found
        assert unpacked.failed["b"].cure
        assert not unpacked.refused

    def test_damage_is_never_read_as_if_it_were_whole(self, tmp_path: Path) -> None:
        packed = self.pack([("a", NOISE)])
        for at in range(len(packed) // 4, len(packed) // 2, 10_007):
            unpacked = self.open(tmp_path, packed[:at] + b"\0spoilt\0" + packed[at + 8 :])
            assert unpacked.failed or unpacked.refused

    @pytest.mark.parametrize("part", [0.001, 0.25, 0.5, 0.9])
    def test_a_truncated_archive_is_refused_saying_so(self, tmp_path: Path, part: float) -> None:
        packed = self.pack([("a", NOISE)])
        unpacked = self.open(tmp_path, packed[: max(8, int(len(packed) * part))])
        refused = [*unpacked.failed.values(), *([unpacked.refused] if unpacked.refused else [])]
        assert refused
        assert all(self.name in error.found and error.cure for error in refused)
        assert part < 0.2 or "is truncated" in refused[-1].found

    def test_what_is_no_archive_is_refused(self, tmp_path: Path) -> None:
        for content in (b"", b"a,b\n1,2\n" * 500, b"\x80" * 2000, b"PK", NOISE[:600]):
            unpacked = self.open(tmp_path, content)
            assert not unpacked.read
            assert unpacked.refused or unpacked.failed

    def test_the_password_opens_it(self, tmp_path: Path) -> None:
        members = [("a.csv", b"x" * 1000), ("b.bin", NOISE)]
        assert self.open(tmp_path, self.lock(members, "größer"), "größer").read == members

    @pytest.mark.parametrize("password", ["", "wrong"])
    def test_without_its_password_it_is_refused(self, tmp_path: Path, password: str) -> None:
        unpacked = self.open(tmp_path, self.lock([("a.csv", b"x" * 1000)], "right"), password)
        assert not unpacked.read
        assert "password" in unpacked.failed["a.csv"].found
        assert "`archive_password` under `credentials` of the source" in unpacked.failed["a.csv"].cure

    def test_too_many_members_are_refused(self, tmp_path: Path) -> None:
        packed = self.pack([(f"{n}.csv", b"x") for n in range(10)])
        unpacked = self.open(tmp_path, packed, members=9)
        assert len(unpacked.read) == 9
        assert unpacked.refused
        assert "more than 9 members" in unpacked.refused.found
        assert "`archives: members`" in unpacked.refused.cure
        assert not self.open(tmp_path, packed, members=10).refused

    def test_too_many_bytes_are_refused_as_they_come(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([("a", ZEROS)]), total_bytes=9_000_000, ratio=10_000_000)
        assert not unpacked.read
        assert unpacked.taken <= 9_000_000
        assert unpacked.refused
        assert "9,000,000 bytes" in unpacked.refused.found
        assert "`archives: total_bytes`" in unpacked.refused.cure

    def test_a_bomb_is_refused_by_its_ratio(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([("a", ZEROS)]))
        assert unpacked.taken < len(ZEROS)
        assert unpacked.refused
        assert "200 times" in unpacked.refused.found
        assert "`archives: ratio`" in unpacked.refused.cure

    def test_a_small_file_may_have_any_ratio(self, tmp_path: Path) -> None:
        assert self.open(tmp_path, self.pack([("a", ZEROS[:5_000_000])])).taken == 5_000_000

    def test_too_much_time_is_refused(self, tmp_path: Path) -> None:
        unpacked = self.open(tmp_path, self.pack([("a", NOISE)]), seconds=1e-9)
        assert not unpacked.read
        assert unpacked.refused
        assert "`archives: seconds`" in unpacked.refused.cure

    def test_the_readers_time_is_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [0.0]
        monkeypatch.setattr("dropzone_assets.archives.bounds.monotonic", lambda: clock[0])
        packed = self.pack([("a", NOISE)])
        unpacked = unpack(tmp_path, self.name, packed, Bounds(seconds=1), between=lambda: clock.append(clock.pop() + 9))
        assert unpacked.read
        assert not unpacked.refused

    def test_a_large_member_is_never_held_whole(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(self.pack([("a", random.Random(1).randbytes(6_000_000))]))
        tracemalloc.start()
        with open_archive(tmp_path / "x", self.name, Bounds()) as members:
            for _, stream in members:
                assert stream
                taken = len(stream.read(65_536))
                tracemalloc.reset_peak()  # a decompressor's own window is made by now
                before = tracemalloc.get_traced_memory()[0]
                while chunk := stream.read(65_536):
                    taken += len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken == 6_000_000
        assert peak - before < 2_000_000

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(members=st.dictionaries(CLEAN.filter(lambda name: name.strip(".")), st.binary(max_size=200), max_size=5))
    def test_what_is_written_is_read(self, members: dict[str, bytes]) -> None:
        with TemporaryDirectory() as folder:
            assert self.open(Path(folder), self.pack([*members.items()])).read == [*members.items()]

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(changes=st.lists(SPLASHES, min_size=1, max_size=5))
    def test_whatever_is_wrong_is_refused_and_never_a_crash(self, changes: list[tuple[float, bytes]]) -> None:
        packed = bytearray(self.pack([("a/b.csv", b"hello," * 300)]))
        for location, content in changes:
            at = int(location * len(packed))
            packed[at : at + len(content)] = content
        with TemporaryDirectory() as folder:
            assert self.open(Path(folder), bytes(packed)).taken < 10_000_000
