"""One JSON record a line: a broken line costs itself only, and what is read as lines is proved or pinned."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import HEAD, open_format
from tests.cases.formats import FormatCases, Record
from tests.cases.validated import Validated, contract_of, validate_bytes

BROKEN = Path(__file__).parents[1] / "broken"


class TestJsonLines(FormatCases):
    options: ClassVar = {"kind": "json", "lines": True}
    nothing = (b"", b" \n\r\n", b"\xef\xbb\xbf", b"\xff\xfe")
    unreadable = (b"\xff\xfe{\x00}", b'{"id":1}\n' * 9_000 + b'{"id":2}\r{"id":3}\r\n{"id":4}')
    without_rows: ClassVar = ()

    def encode(self, records: Sequence[Record]) -> bytes:
        return b"\n".join(json.dumps(record, ensure_ascii=False).encode() for record in records) or b"\n" * HEAD


def validate_lines(folder: Path, *contents: bytes, **options: Any) -> Validated:
    """What becomes of files with the columns id and note."""
    columns = ({"name": "id"}, {"name": "note"})
    return validate_bytes(folder, contract_of(folder / "c", *columns, format={"kind": "json", **options}), *contents)


FAULTS = {
    "no JSON": (b"{broken", "record:json"),
    "cut off": (b'{"id": 2, "note": "', "record:json"),
    "two in one line": (b'{"id": 2} {"id": 3}', "record:json"),
    "a comma behind": (b'{"id": 2},', "record:json"),
    "a forbidden character": (b'{"id": 2}\x01{"id": 3}', "record:json"),
    "no UTF-8": (b'{"id": "\xff"}', "record:encoding"),
    "longer than a line may be": (b'{"id": "' + b"x" * (17 << 20) + b'"}', "record:length"),
}


@pytest.mark.parametrize(("line", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_broken_line_costs_itself_only(tmp_path: Path, line: bytes, reason: str) -> None:
    bad = b'{"id": 1}\n' + line + b'\n{"id": 3}\n' + line + b'\n\n{"id": 5}'
    validated = validate_lines(tmp_path, b'{"id": 9}', bad, b'{"id": 8}\n{"id": 7}', lines=True)
    assert not validated.refused
    assert validated.of("id", 1) == ["1", None, "3", None, "5"]
    assert validated.reasons(1) == {2: [reason], 4: [reason]}
    assert (validated.of("id"), validated.of("id", 2)) == (["9"], ["8", "7"])
    if reason == "record:json":
        assert validated.rows[2].raw == {"line": line.decode()}


def test_the_rules_are_not_asked_of_a_broken_line(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id", "required": True}, format={"kind": "json"})
    assert validate_bytes(tmp_path, contract, b"{}\n{\n").reasons() == {1: ["id:required"], 2: ["record:json"]}


UGLY_FILES: dict[str, list[str | None] | str] = {
    "json_mixed_line_ends.ndjson": ["a", "b", "c"],
    "json_utf16.json": ["a", "b", "c"],
    "json_utf16.ndjson": ["a", "b", "c"],
    "json_cut_off.ndjson": ["a", "b", "record:json"],
    "json_latin1.ndjson": ["a", "record:encoding", "c"],
    "json_bom_and_blank_lines.ndjson": ["a", "b", "c"],
    "json_line_separators.ndjson": ["x\u2028y", "x\x85y"],
    "json_nul.ndjson": ["a", "record:json", "c"],
    "json_cut_off.json": "was it cut off?",
    "json_two_in_a_line.json": "is not a JSON document",
    "json_html.json": "is an HTML page",
    "json_trailing_comma.json": "has a comma with nothing behind it",
    "json_comments.json": "is not a JSON document",
}


@pytest.mark.parametrize(("name", "expected"), UGLY_FILES.items(), ids=UGLY_FILES)
def test_ugly_files(tmp_path: Path, name: str, expected: list[str | None] | str) -> None:
    validated = validate_lines(tmp_path, (BROKEN / name).read_bytes())
    if isinstance(expected, str):
        assert expected in validated.refused[0].found
    else:
        assert [row.reasons[0] if row.reasons else row.values["note"] for row in validated.rows] == expected


LINE = b'{"id": "1", "note": "a"}'


def test_a_line_that_is_no_object_is_refused(tmp_path: Path) -> None:
    validated = validate_lines(tmp_path, LINE + b'\n7\n"x"\nnull\n[1]\n' + LINE)
    assert validated.reasons() == {n: ["record:type"] for n in (2, 3, 4, 5)}
    assert [row.raw for row in validated.rows[1:5]] == [7, "x", None, [1]]


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (LINE + b"\n" + LINE, ["1", "1"]),
        (b"\n \n" + LINE + b"\n\n\n" + LINE + b"\n", ["1", "1"]),
        (b"\xef\xbb\xbf" + LINE + b"\r\n" + LINE + b"\r\n", ["1", "1"]),
        (LINE + b"\r\n" + LINE + b"\n" + LINE + b"\r" + LINE, ["1"] * 4),
        ((LINE + b"\n" + LINE).decode().encode("utf-16"), ["1", "1"]),
        (LINE + b"\n{broken", ["1", None]),
        (b'{"id": "' + b"x" * 3 * HEAD + b'"}\n' + LINE, ["x" * 3 * HEAD, "1"]),
        ('{"id": "\u2028"}\n{"id": "\x85"}'.encode(), ["\u2028", "\x85"]),
        (b"7\nnull\n[1]\n", [None, None, None]),
        (b"[" + LINE + b",\n" + LINE + b"]", ["1", "1"]),
        (b"[\n" + LINE + b"\n]\n", ["1"]),
        (("[" + LINE.decode() + "]").encode("utf-16"), ["1"]),
        (b"\n\n[" + LINE + b"]\n\n", ["1"]),
    ],
)
def test_the_file_proves_whether_lines_are_records(tmp_path: Path, content: bytes, ids: list[str]) -> None:
    validated = validate_lines(tmp_path, content)
    assert not validated.refused
    assert validated.of("id") == ids


@pytest.mark.parametrize(
    ("content", "hint"),
    [(LINE, "shape: any"), (LINE + b"\n", "shape: any"), (b"{broken\n" + LINE, "lines: true"), (LINE * 2, "lines")],
)
def test_what_is_not_proved_is_refused_with_the_option_to_set(tmp_path: Path, content: bytes, hint: str) -> None:
    assert hint in validate_lines(tmp_path, content).refused[0].found


@pytest.mark.parametrize(
    ("content", "shape", "ids"),
    [
        (LINE, "object", ["1"]),
        (LINE, "any", ["1"]),
        (b"[" + LINE + b"]", "any", ["1"]),
        (b"[" + LINE + b"]", "object", None),
        (b"7", "any", None),
        (LINE + b"\n" + LINE, "object", ["1", "1"]),
    ],
)
def test_an_object_is_one_record_where_the_contract_says_so(
    tmp_path: Path, content: bytes, shape: str, ids: list[str] | None
) -> None:
    validated = validate_lines(tmp_path, content, shape=shape)
    assert bool(validated.refused) == (ids is None)
    assert validated.of("id") == (ids or [])


def test_lines_may_be_ruled_out(tmp_path: Path) -> None:
    assert "is not a JSON document" in validate_lines(tmp_path, LINE + b"\n" + LINE, lines=False).refused[0].found


def test_lines_and_documents_may_come_together(tmp_path: Path) -> None:
    validated = validate_lines(tmp_path, *[LINE + b"\n" + LINE, b"[" + LINE + b"]"] * 3)
    assert [len(validated.of("id", n)) for n in range(6)] == [2, 1] * 3
    assert len(validated.load.parts) == 2


PIECES = {
    b'{"id": 1}': None,
    b"{x": "record:json",
    b"": "",
    b"\xff": "record:encoding",
    b"  ": "",
    b"[1]": "record:type",
}


@settings(max_examples=20, deadline=None)
@given(lines=st.lists(st.sampled_from(list(PIECES)), max_size=8), end=st.sampled_from([b"\n", b"\r\n"]))
def test_records_are_numbered_without_a_gap_whatever_is_broken(
    lines: list[bytes], end: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    validated = validate_lines(tmp_path_factory.mktemp("home"), end.join([LINE, *lines]), lines=True)
    faults = [PIECES[line] for line in lines if PIECES[line] != ""]
    assert [row.record for row in validated.rows] == list(range(1, len(faults) + 2))
    assert sorted(row.reasons[0] for row in validated.rows if row.reasons) == sorted(fault for fault in faults if fault)


@pytest.mark.parametrize(
    "options",
    [
        {"lines": True, "records": "x"},
        {"shape": "round"},
        {"others": ["a"]},
        {"select": "song"},
        {"select": {"a": 1, "b": 2}, "others": "x"},
    ],
)
def test_an_impossible_wish_is_a_bad_contract(options: dict[str, Any]) -> None:
    with pytest.raises(BadContract, match="format json"):
        open_format("json", options)
