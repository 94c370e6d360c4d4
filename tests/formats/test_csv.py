"""CSV keeps the promises of formats, and a record without structure costs that record only."""

import csv
from collections.abc import Sequence
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import HEAD, open_format
from tests.cases.formats import FormatCases, Record
from tests.cases.validated import Validated, contract_of, validate_bytes


class TestCsv(FormatCases):
    options: ClassVar = {"kind": "csv"}
    nothing = (b"", b"\n", b" \r\n\r\n", b"\xef\xbb\xbf", b"x" * (HEAD + 1))
    unreadable = ()
    without_rows = (b"id,note\n", b"id,note", b"\xef\xbb\xbfid,note\r\n")

    def encode(self, records: Sequence[Record]) -> bytes:
        names = list(dict.fromkeys(chain.from_iterable(records))) or ["id", "note"]
        text = StringIO()
        sheet = csv.DictWriter(text, names, lineterminator="\n", quoting=csv.QUOTE_ALL)
        sheet.writeheader()
        sheet.writerows(records)
        return text.getvalue().encode()


def validate_csv(folder: Path, *contents: bytes, **dialect: object) -> Validated:
    """What becomes of files with the columns id and note."""
    names = ({"name": "id"}, {"name": "note"})
    contract = contract_of(folder / "contracts", *names, format={"kind": "csv", **dialect}, columns=["by_name"])
    return validate_bytes(folder, contract, *contents)


BROKEN = {
    "a cell too few": (b"2", ["record:missing-cell"]),
    "a cell too many": (b"2,b,c", ["record:extra-cell"]),
    "text behind a quote": (b'"2" x,b', ["record:quote"]),
    "no UTF-8": (b"2,\xff", ["record:encoding"]),
    "a line break and a cell too many": (b'2,"b\n\nb",c', ["record:extra-cell"]),
}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["unix", "windows", "old mac"])
@pytest.mark.parametrize(("line", "reasons"), BROKEN.values(), ids=BROKEN)
def test_a_broken_record_costs_itself_only(tmp_path: Path, line: bytes, reasons: list[str], end: bytes) -> None:
    good = end.join([b"id,note", b'1,"a"', b"2,b", b""])
    bad = end.join([b"id,note", b'1,"a"', line, b'3,"c"', line, line, b"6,f", b""])
    validated = validate_csv(tmp_path, good, bad, good, end.join([b"id,note", line, line]), encoding="utf-8")
    assert not validated.refused
    assert validated.reasons(1) == dict.fromkeys((2, 4, 5), reasons)
    assert validated.of("id", 1) == ["1", None, "3", None, None, "6"]
    assert validated.reasons(3) == dict.fromkeys((1, 2), reasons)
    assert [tally.valid for _, tally in sorted(validated.tallies.items())] == [2, 3, 2, 0]


def test_the_last_quote_left_open_costs_what_it_swallows(tmp_path: Path) -> None:
    validated = validate_csv(tmp_path, b'id,note\n1,a\n2,"open\n3,c\n4,d\n')
    assert validated.reasons() == {2: ["record:quote"]}
    assert validated.rows[1].raw == {"line": '2,"open\n3,c\n4,d'}


@pytest.mark.parametrize("files", [1, 3, 40])
def test_a_quote_left_open_is_told_however_many_files_are_read(tmp_path: Path, files: int) -> None:
    """DuckDB does not tell it where it reads more files than twice its threads."""
    bad = b'id,note\n1,a\n\n2,"open\n3,c'
    validated = validate_csv(tmp_path, *[b'id,note\n1,"a"\n', bad] * files)
    assert [tally.rows_read for _, tally in sorted(validated.tallies.items())] == [1, 2] * files
    assert [validated.reasons(n) for n in (0, 1)] == [{}, {2: ["record:quote"]}]
    assert [row.raw for row in validated.rows if row.reasons] == [{"line": '2,"open\n3,c'}] * files


@pytest.mark.parametrize(("end", "valid"), [(b"\\", True), (b'\\"', False), (b"\\\\", False), (b'\\\\"', True)])
def test_an_escape_at_the_end_closes_what_is_open(tmp_path: Path, end: bytes, valid: bool) -> None:
    bad = b'id,note\n1,"a' + end
    validated = validate_csv(tmp_path, *[b'id,note\n1,"a\\"b"\n', bad] * 10, delimiter=",", quote='"', escape="\\")
    assert [tally.valid for _, tally in sorted(validated.tallies.items())] == [1, int(valid)] * 10
    assert [tally.rows_read for tally in validated.tallies.values()] == [1] * 20


def test_a_blank_line_of_another_kind_moves_no_number(tmp_path: Path) -> None:
    assert validate_csv(tmp_path, b"id,note\n\r1\n2,b\n").reasons() == {1: ["record:missing-cell"]}


def test_a_broken_record_below_blank_lines_has_its_own_number_and_text(tmp_path: Path) -> None:
    validated = validate_csv(tmp_path, b'id,note\n\n1,a\n\n\n"2"x,"b"y\n\n3,c\n4\n\n5,e\n')
    assert list(validated.reasons()) == [2, 4]
    assert [row.raw for row in validated.rows if row.raw] == [{"line": '"2"x,"b"y'}, {"line": "4"}]


def test_a_broken_record_is_kept_as_its_line(tmp_path: Path) -> None:
    validated = validate_csv(tmp_path, b'id,note\r\n1,a\r\n\r\n2,"b ""b""",c\r\n')
    assert validated.rows[1].raw == {"line": '2,"b ""b""",c'}


def test_a_record_with_several_faults_has_every_reason_once(tmp_path: Path) -> None:
    validated = validate_csv(tmp_path, b"id,note\n1,\xff,\xff,c\n2,b\n", encoding="utf-8")
    assert set(validated.reasons()[1]) <= {"record:encoding", "record:extra-cell"}
    assert len(validated.rows) == 2


def test_delimiters_at_the_end_are_no_cell(tmp_path: Path) -> None:
    validated = validate_csv(tmp_path, b"id,note\n1,a,\n2,b,,\n")
    assert validated.of("note") == ["a", "b"]


def test_a_last_line_without_a_break_is_a_record(tmp_path: Path) -> None:
    assert validate_csv(tmp_path, b"id,note\n1,a\n2,b", b"id,note\n1").reasons(1) == {1: ["record:missing-cell"]}


def test_blank_lines_are_no_records(tmp_path: Path) -> None:
    assert validate_csv(tmp_path, b"id,note\n\n1,a\n\n\n2,b\n\n").of("id") == ["1", "2"]


LINES = st.lists(st.sampled_from([b"1,a", b'2,"b\nb"', b"", b"3", b"4,d,e", b'"5" x,e', b"6,\xff"]), max_size=12)


@settings(max_examples=20, deadline=None)
@given(files=st.lists(LINES, min_size=1, max_size=3))
def test_records_are_numbered_without_a_gap_whatever_is_broken(
    files: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    contents = [b"\n".join([b"id,note", *lines, b""]) for lines in files]
    validated = validate_csv(tmp_path_factory.mktemp("home"), *contents, encoding="utf-8")
    for n, lines in enumerate(files):
        records = [line for line in lines if line]
        assert [row.record for row in validated.rows if row.file == n] == list(range(1, len(records) + 1))
        assert len(validated.reasons(n)) == sum(line[:1] not in (b"1", b"2") for line in records)
        assert list(validated.reasons(n)) == [i for i, line in enumerate(records, 1) if line[:1] not in (b"1", b"2")]


@pytest.mark.parametrize(
    ("dialect", "content"),
    [
        ({"delimiter": ";"}, 'id;note\n1;a, "é"\n'),
        ({"delimiter": "\t"}, 'id\tnote\n1\ta, "é"\n'),
        ({"delimiter": "|", "quote": "'"}, "'id'|'note'\n1|'a, \"é\"'\n"),
        ({"escape": "\\"}, 'id,note\n1,"a, \\"é\\""\n'),
        ({"delimiter": "\t", "quote": ""}, 'id\tnote\t"\n1\ta, "é"\t"\n'),
    ],
)
def test_a_contract_pins_the_dialect(tmp_path: Path, dialect: dict[str, str], content: str) -> None:
    assert validate_csv(tmp_path, content.encode(), **dialect).of("note") == ['a, "é"']


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "latin-1", "ISO-8859-1", "utf-16"])
def test_a_contract_pins_the_encoding(tmp_path: Path, encoding: str) -> None:
    validated = validate_csv(tmp_path, "id,note\n1,é\n2\n3,ü\n".encode(encoding), encoding=encoding)
    assert validated.of("note") == ["é", None, "ü"]
    assert validated.reasons() == {2: ["record:missing-cell"]}


def test_a_file_without_header_is_read_by_position(tmp_path: Path) -> None:
    columns = ({"name": "id"}, {"name": "note"})
    contract = contract_of(tmp_path / "c", *columns, format={"kind": "csv", "header": False}, columns="by_position")
    validated = validate_bytes(tmp_path, contract, b"1,a\n2\n3,c\n", b"4,d\n")
    assert (validated.of("id"), validated.of("id", 1)) == (["1", None, "3"], ["4"])
    assert validated.reasons() == {2: ["record:missing-cell"]}


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": ""},
        {"delimiter": ",,"},
        {"delimiter": "\n"},
        {"delimiter": '"'},
        {"quote": ","},
        {"escape": "\n"},
        {"quote": "", "escape": "\\"},
        {"encoding": "klingon"},
        {"encoding": "utf-7"},
        {"header": "perhaps"},
        {"separator": ","},
    ],
)
def test_an_impossible_dialect_is_a_bad_contract(options: dict[str, object]) -> None:
    with pytest.raises(BadContract, match="format csv"):
        open_format("csv", options)


HOSTILE = [
    "id,note,x,x (2),X",
    "id,note,,,column3",
    "id,note,a\u2028b,a\x85b",
    "id,note,a\"b,a'b,a`b",
    'id,note,"a\nb"',
    "id,note,a\x00b",
    "id,note,file_index,c0,rowid,_raw",
    "id,note," + "y" * 10_000,
    "id,note,ı,İ,I,i",
]


@pytest.mark.parametrize("header", HOSTILE, ids=range(len(HOSTILE)))
def test_any_header_can_be_read(tmp_path: Path, header: str) -> None:
    names = next(csv.reader(StringIO(header, newline="")))
    others = ",".join(f"v{n}" for n in range(2, len(names)))
    validated = validate_csv(tmp_path, f"{header}\n1,a,{others}\n1\n".encode(), b"id,note\n2,b\n")
    assert (validated.of("id"), validated.of("id", 1)) == (["1", None], ["2"])
    assert all(f'"v{n}"' in validated.of("_rescued")[0] for n in range(2, len(names)))


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=4)


@settings(max_examples=15, deadline=None)
@given(names=st.lists(NAMES, max_size=6))
def test_any_names_of_columns_can_be_read(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without carriage returns: DuckDB takes one for the end of all lines, quoted or not."""
    text = StringIO()
    sheet = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    sheet.writerows([["id", "note", *names], ["1", "a", *("v" for _ in names)]])
    validated = validate_csv(tmp_path_factory.mktemp("home"), text.getvalue().encode())
    known = {"id", "note"} & {name.strip().casefold() for name in names}
    assert bool(validated.refused) == bool(known), validated.refused
    assert validated.of("id") == ([] if known else ["1"])


BLANKS = ("", " ", "  ", "\t", "\xa0", " \t ", "\xa0 ")
QUOTED = ("{}", '"{}"', '"\n{}\r\n"')


@pytest.mark.parametrize("cell", QUOTED, ids=["bare", "quoted", "quoted with line breaks"])
def test_blanks_around_a_text_are_no_part_of_it(tmp_path: Path, cell: str) -> None:
    """Each file has one kind of blank: what is found out about a file must not leave any of them."""
    texts = ("a", "a b", "é", "~", "", "a\tb")
    files = [
        "".join(["id,note\n", *(f"{n},{cell.format(before + text + behind)}\n" for n, text in enumerate(texts))])
        for before in BLANKS
        for behind in BLANKS
    ]
    validated = validate_csv(tmp_path, *(file.encode() for file in files), encoding="utf-8", delimiter=",", header=True)
    for n in range(len(files)):
        assert validated.of("note", n) == [text or None for text in texts]
