"""What every format promises, whatever its bytes look like."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropzone_assets.contracts import Contract
from dropzone_assets.formats import Location
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.pipeline.validate import reading_of
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import Validated, contract_of, raw_file, validate_bytes

Record = Mapping[str, str | None]

BLANKS = " \t\n\r\xa0"
"""What is trimmed from both ends of every text."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
"""Any text a file can hold; NUL is left to each format."""

UGLY = (
    "Grüße, 世界 🚀",
    "مرحبا",
    "e\u0301",
    'he said "no"',
    "two\nlines",
    "two\r\nlines",
    "comma, semicolon; tab\tpipe|",
    "back\\slash \\n \\u0041",
    "'; DROP TABLE t; --",
    "{curly} $dollar %percent",
    "NULL",
    "#not a comment",
    "\u2028 \x85 \x0b",
    "x" * 100_000,
)


class FormatCases:
    """The promises. A subclass says how its format is written; anything it cannot keep it must say."""

    many: ClassVar[int] = 2_000
    """Files that are read together; fewer where writing one takes long."""

    exceptions: ClassVar[Mapping[str, str]] = {}
    """Tests of promises the format cannot keep, and why."""

    options: ClassVar[Mapping[str, Any]]
    """The `format` block of the contract."""

    nothing: ClassVar[Sequence[bytes]]
    """Contents that are no file of the format at all, an empty one among them."""

    unreadable: ClassVar[Sequence[bytes]]
    """Contents that begin well and cannot be read to the end."""

    without_rows: ClassVar[Sequence[bytes]]
    """Contents of a file with no record in it."""

    @pytest.fixture(autouse=True)
    def _declared(self, request: pytest.FixtureRequest) -> None:
        reason = self.exceptions.get(request.function.__name__)
        if reason:
            pytest.skip(reason)

    def encode(self, records: Sequence[Record]) -> bytes:
        """The records as a file of the format."""
        raise NotImplementedError

    def contract(self, folder: Path, **block: Any) -> Contract:
        """Two columns: `id`, which must be there, and `note`."""
        id_, note = {"name": "id", "logicalType": "integer", "required": True}, {"name": "note"}
        return contract_of(folder, id_, note, format=dict(self.options), **block)

    def validate(self, folder: Path, *contents: bytes) -> Validated:
        """What becomes of these files."""
        return validate_bytes(folder, self.contract(folder / "contracts"), *contents)

    def numbered(self, *notes: str | None) -> bytes:
        """A file with one record for each note."""
        return self.encode([{"id": str(n), "note": note} for n, note in enumerate(notes, start=1)])

    def test_rows_keep_their_order_and_are_numbered_from_one(self, tmp_path: Path) -> None:
        validated = self.validate(tmp_path, self.numbered("c", "a", "b"), self.numbered("z"))
        found = [(row.file, row.record, row.values["id"], row.values["note"]) for row in validated.rows]
        assert found == [(0, 1, 1, "c"), (0, 2, 2, "a"), (0, 3, 3, "b"), (1, 1, 1, "z")]

    def test_ten_thousand_rows_keep_their_order(self, tmp_path: Path) -> None:
        validated = self.validate(tmp_path, self.numbered(*(f"n{n}" for n in range(1, 10_001))))
        assert all(row.record == row.values["id"] and row.values["note"] == f"n{row.record}" for row in validated.rows)
        assert len(validated.rows) == 10_000

    def test_columns_may_come_in_any_order(self, tmp_path: Path) -> None:
        validated = self.validate(
            tmp_path, self.encode([{"note": "a", "id": "7"}]), self.encode([{"id": "8", "note": "b"}])
        )
        assert [tuple(row.values.values())[:2] for row in validated.rows] == [(7, "a"), (8, "b")]

    @pytest.mark.parametrize("text", UGLY)
    def test_text_comes_through_as_it_is(self, tmp_path: Path, text: str) -> None:
        assert self.validate(tmp_path, self.numbered(text, "after")).of("note") == [text.strip(BLANKS), "after"]

    @pytest.mark.parametrize("text", ["", " ", "\t", "\n", "\xa0 ", None])
    def test_a_blank_text_is_no_value(self, tmp_path: Path, text: str | None) -> None:
        assert self.validate(tmp_path, self.numbered(text, "after")).of("note") == [None, "after"]

    def test_a_byte_order_mark_belongs_to_no_value(self, tmp_path: Path) -> None:
        validated = self.validate(tmp_path, b"\xef\xbb\xbf" + self.numbered("a"))
        assert validated.rows[0].values == {"id": 1, "note": "a", "_rescued": None}

    def test_a_refused_record_is_kept_as_it_came(self, tmp_path: Path) -> None:
        record = {"id": " seven ", "note": 'näh\n"x"', "more": "of it"}
        validated = self.validate(tmp_path, self.encode([record, {**record, "id": "7"}]))
        assert validated.reasons() == {1: ["id:type"]}
        assert validated.rows[0].raw == record
        assert validated.rows[1].raw is None

    def test_what_the_contract_does_not_know_is_rescued(self, tmp_path: Path) -> None:
        validated = self.validate(tmp_path, self.encode([{"id": "1", "note": "a", "mood": "good", "x y": "{}"}]))
        assert validated.of("_rescued") == ['{"mood":"good","x y":"{}"}']

    def test_an_empty_file_is_refused_with_a_reason_and_a_cure(self, tmp_path: Path) -> None:
        for content in self.nothing:
            validated = self.validate(tmp_path, content)
            assert not validated.rows
            assert validated.refused[0].found.startswith("t: t_0 ")
            assert validated.refused[0].cure
            assert "\n" not in str(validated.refused[0])

    def test_a_file_without_rows_is_read_and_has_none(self, tmp_path: Path) -> None:
        validated = self.validate(tmp_path, *self.without_rows, self.numbered("a"))
        assert not validated.refused
        assert [validated.tallies[n].rows_read for n in range(len(self.without_rows) + 1)] == [
            *[0] * (len(validated.tallies) - 1),
            1,
        ]

    def test_an_unreadable_file_fails_alone_among_many(self, tmp_path: Path) -> None:
        bad = [*self.nothing, *self.unreadable]
        contents = [content for each in bad for content in (each, self.numbered("good", "good"))]
        validated = self.validate(tmp_path, *contents, *[self.numbered("good")] * 30)
        assert sorted(validated.refused) == list(range(0, 2 * len(bad), 2))
        assert len(validated.rows) == 2 * len(bad) + 30
        assert {row.values["note"] for row in validated.rows} == {"good"}
        assert [row.record for row in validated.rows if row.file == 1] == [1, 2]

    def locations(self, folder: Path, content: bytes, *records: int) -> dict[int, Location]:
        """Where records of a file stand."""
        platform, contract = open_platform(Settings(home=folder)), self.contract(folder / "contracts")
        file = raw_file(platform, 0, content)
        return dict(reading_of(platform, contract, file).locations(RawContent(platform, file), records))

    def test_a_record_has_a_place_that_people_can_find(self, tmp_path: Path) -> None:
        locations = self.locations(tmp_path, self.numbered("first", "second", "third"), 3, 1)
        assert sorted(locations) == [1, 3]
        assert re.search(r"\d", locations[1].where) and locations[1].where != locations[3].where

    def test_a_record_is_found_again_by_its_bytes(self, tmp_path: Path) -> None:
        notes = ["näh", "second, 世界", 'two "of" them', "last"]
        content = b"\xef\xbb\xbf" + self.numbered(*notes)
        locations = self.locations(tmp_path, content, 1, 2, 3, 4)
        assert sorted(locations) == [1, 2, 3, 4]
        for number, location in locations.items():
            assert location.line == content[: location.start].count(b"\n") + 1
            alone = content[location.start : location.end].decode()
            assert [note in alone.replace('""', '"').replace('\\"', '"') for note in notes] == [
                each == number for each in range(1, 5)
            ]

    def test_many_files_are_one_scan(self, tmp_path: Path) -> None:
        validated = self.validate(tmp_path, *(self.numbered(f"file {n}") for n in range(self.many)))
        assert len(validated.load.parts) == 1
        assert [(row.file, row.record) for row in validated.rows] == [(n, 1) for n in range(self.many)]
        assert [row.values["note"] for row in validated.rows] == [f"file {n}" for n in range(self.many)]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(notes=st.lists(st.lists(st.none() | TEXTS, max_size=5), min_size=1, max_size=4))
    def test_what_is_written_is_read(self, notes: list[list[str | None]]) -> None:
        with TemporaryDirectory() as folder:
            validated = self.validate(Path(folder), *(self.numbered(*each) for each in notes))
        for n, each in enumerate(notes):
            assert validated.of("note", n) == [(note or "").strip(BLANKS) or None for note in each]
            assert validated.of("id", n) == list(range(1, len(each) + 1))
