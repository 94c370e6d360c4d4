"""Records of fixed width keep the promises of formats within the length of a line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format
from tests.cases.formats import BLANKS, UGLY, FormatCases, Record
from tests.cases.validated import Validated, contract_of, validate_bytes

WIDTH = 40


class TestFixedWidth(FormatCases):
    options: ClassVar = {
        "kind": "fixed_width",
        "columns": [{"name": "id", "width": 8}, {"name": "note", "width": WIDTH}],
        "encoding": "utf-8",
        "header": True,
    }
    nothing = (b"", b"\n", b" \r\n\r\n", b"\xef\xbb\xbf")
    unreadable = ()
    without_rows = (b"id      note\n", b"id      note", b"\xef\xbb\xbfid      note\r\n")
    exceptions: ClassVar = {
        "test_columns_may_come_in_any_order": "the contract says where each column stands",
        "test_text_comes_through_as_it_is": "a line holds no line break and no more than its length",
        "test_a_refused_record_is_kept_as_it_came": "a line holds no line break",
        "test_what_the_contract_does_not_know_is_rescued": "the format names all columns",
        "test_a_blank_text_is_no_value": "a line holds no line break",
        "test_what_is_written_is_read": "a line holds no line break",
    }

    def encode(self, records: Sequence[Record]) -> bytes:
        lines = [f"{record['id']:8}{record['note'] or '':{WIDTH}}\n" for record in records]
        return "".join(["id      note\n", *lines]).encode()

    @pytest.mark.parametrize("text", [text for text in UGLY if len(text) <= WIDTH and not {"\n", "\r"} & set(text)])
    def test_text_of_a_line_comes_through(self, tmp_path: Path, text: str) -> None:
        assert self.validate(tmp_path, self.numbered(text, "", None)).of("note") == [text.strip(BLANKS), None, None]


def validate_fixed(folder: Path, content: bytes, **options: Any) -> Validated:
    """What becomes of a file with a column of three and one of two characters, of which the contract knows one."""
    columns = [{"name": "a", "width": 3}, {"name": "b", "width": 2}]
    block = {"kind": "fixed_width", "columns": columns, **options}
    return validate_bytes(folder, contract_of(folder / "contracts", {"name": "a"}, format=block), content)


def test_a_line_of_another_length_costs_itself_only(tmp_path: Path) -> None:
    validated = validate_fixed(tmp_path, b"abc12\nabc1\nabc123\n\nde 34\n")
    assert validated.of("a") == ["abc", None, None, "de"]
    assert validated.reasons() == {2: ["record:length"], 3: ["record:length"]}
    assert validated.rows[1].raw == {"line": "abc1"}
    assert validated.of("_rescued")[0] == '{"b":"12"}'


def test_trimmed_lines_may_lack_blanks(tmp_path: Path) -> None:
    assert validate_fixed(tmp_path, b"abc12\r\nabc\nabc123\rde\n", trimmed=True).reasons() == {3: ["record:length"]}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "shift_jis"])
def test_width_is_counted_in_characters(tmp_path: Path, encoding: str) -> None:
    text = "日本語12\n東京都34\n" if encoding == "shift_jis" else "äöü12\nÄÖß34\n"
    validated = validate_fixed(tmp_path, text.encode(encoding), encoding=encoding)
    assert validated.of("a") == [line[:3] for line in text.split()]


def test_a_byte_that_is_no_character_costs_its_record(tmp_path: Path) -> None:
    validated = validate_fixed(tmp_path, b"abc12\na\xffc12\nabc34\n", encoding="utf-8")
    assert validated.reasons() == {2: ["record:encoding"]}


def test_columns_stand_where_the_contract_says(tmp_path: Path) -> None:
    columns = [{"name": "b", "start": 4, "width": 2}, {"name": "a", "start": 2, "width": 1}]
    assert validate_fixed(tmp_path, b"title\nabc12\n", columns=columns, skip=1).of("a") == ["b"]


@pytest.mark.parametrize("columns", [[], [{"name": "a"}], [{"name": "a", "width": 0}], [{"name": "a", "width": 1}] * 2])
def test_impossible_columns_are_a_bad_contract(columns: list[dict[str, object]]) -> None:
    with pytest.raises(BadContract, match="format fixed_width"):
        open_format("fixed_width", {"columns": columns})
