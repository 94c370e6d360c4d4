"""No record of a CSV file is lost without a word: what quotes or lengths do to it is counted from its bytes."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropzone_assets.formats.text.careful import LONGEST
from dropzone_assets.formats.text.kept import KEPT
from tests.cases.validated import Validated, contract_of, validate_bytes

BROKEN_HEADERS = {
    "open at its start": b'"id,note,x\n1,a,b\n2,b,c\n3,c,d\n',
    "open at its last name": b'id,note,"x\n1,a,b\n2,b,c\n',
    "closed by a record": b'"id,note,x\n"1","a","b"\n"2","b","c"\n',
    "closed by a text below": b'id,note,"x\n1,a,b\n2,"b",c\n3,c,d\n',
    "text behind a quote": b'"id"x,note,x\n1,a,b\n',
    "a name with records in it": b'id,note,"x\n1,a,b\n2,b,"\n3,c,d\n',
}


def validate_csv(folder: Path, *contents: bytes, **options: object) -> Validated:
    """What becomes of files of a table none of whose columns must be there."""
    names = ({"name": "id"}, {"name": "note"})
    return validate_bytes(folder, contract_of(folder / "c", *names, format={"kind": "csv", **options}), *contents)


@pytest.mark.parametrize("pins", [{}, {"delimiter": ",", "quote": '"', "header": True}], ids=["found out", "pinned"])
@pytest.mark.parametrize("content", BROKEN_HEADERS.values(), ids=BROKEN_HEADERS)
def test_a_header_with_a_stray_quote_refuses_its_file(tmp_path: Path, content: bytes, pins: dict[str, object]) -> None:
    validated = validate_csv(tmp_path, content, **pins)
    assert not validated.rows
    assert "header" in validated.refused[0].found


def test_a_header_that_lacks_its_last_name_costs_no_record_silently(tmp_path: Path) -> None:
    validated = validate_csv(tmp_path, b"id,note\n" + b"1,a,b\n" * 83, delimiter=",")
    assert validated.tallies[0].quarantined == 83
    assert validated.reasons()[83] == ["record:extra-cell"]


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
@pytest.mark.parametrize("length", [LONGEST + 1, 3 << 20, 33 << 20])
def test_a_record_that_is_too_long_is_quarantined_in_its_place(tmp_path: Path, length: int, quoted: bool) -> None:
    long = b"A" * length
    content = b"id,note\n1,a\n\n2," + (b'"' + long + b'"' if quoted else long) + b"\n3,c\n"
    validated = validate_csv(tmp_path, content, delimiter=",")
    assert [row.values["id"] for row in validated.rows] == ["1", None, "3"]
    assert [row.record for row in validated.rows] == [1, 2, 3]
    assert validated.reasons() == {2: ["record:length"]}
    raw = validated.rows[1].raw
    assert raw["line"] == content[13 : 13 + KEPT].decode()
    assert content[raw["offset"] : raw["offset"] + raw["length"]] == content[13:].split(b"\n")[0] + b"\n"
    assert raw["cut"].startswith(f"the first 10,000 of {length + 2 + 2 * quoted:,} characters")


def test_the_text_of_a_ragged_record_is_cut_with_a_word(tmp_path: Path) -> None:
    content = "id,note\n1,a\n2,ä".encode() + b"x" * 20_000 + b",c\n"
    validated = validate_csv(tmp_path, content, delimiter=",")
    raw = validated.rows[1].raw
    assert (len(raw["line"]), raw["offset"], raw["length"]) == (KEPT, 12, 20_007)
    assert "of 20,005 characters" in raw["cut"]


def test_nothing_is_made_up_behind_a_record_with_two_stray_quotes(tmp_path: Path) -> None:
    """DuckDB goes on behind the second as if a record began there."""
    content = b'id,note\n" "s", ,b c"""", "s",""a,b\n\n"y\nz"1a,b\n3,"c"\n'
    validated = validate_csv(tmp_path, content, delimiter=",")
    assert validated.reasons() == {1: ["record:quote"], 2: ["record:quote"]}
    assert [row.values["id"] for row in validated.rows] == [None, None, "3"]


PIECES = (
    "1,a\n",
    '2,"b"\n',
    "3,c d\n",
    '4,"e, f"\n',
    '5,"g ""h"""\n',
    '"6",i\n',
    "\n",
    "7\n",
    "8,j,k\n",
    '9,5" pipe\n',
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Lines of CSV, some quotes of which are gone or where none belong, some lines of which are cut."""
    text = "id,note\n" + "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=20)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text) - 1))
        change = draw(st.sampled_from(["drop", '"', "cut", "\n"]))
        end = text.find("\n", at)
        if change == "drop":
            at = text.find('"', at)
            text = text[:at] + text[at + 1 :] if at >= 0 else text
        elif change == "cut":
            text = text[:at] + text[end:] if end >= 0 else text[:at]
        else:
            text = text[:at] + change + text[at:]
    return text


def units_of(text: str) -> list[str]:
    """Where lines end that no quote holds together, letter by letter."""
    units, state, start = list[str](), "begin", 0
    for at, letter in enumerate(text):
        if letter == '"' and state in ("begin", "blank", "closed", "behind"):
            state = "quoted"
        elif state == "quoted":
            state = "closed" if letter == '"' else "quoted"
        elif letter == "\n":
            units.append(text[start:at])
            state, start = "begin", at + 1
        elif letter == " " and state in ("begin", "closed", "behind"):
            state = "blank" if state == "begin" else "behind"
        else:
            state = "begin" if letter == "," else "text"
    return [*units, text[start:]] if start < len(text) else units


def assert_every_line_is_somewhere(folder: Path, text: str) -> None:
    """Header, blank lines, valid records and quarantined ones are all the lines there are."""
    validated = validate_csv(folder, text.encode(), delimiter=",", quote='"', escape="", header=True, skip=0)
    if validated.refused:
        return
    units = units_of(text)
    header = next(unit for unit in units if unit)
    # Of one column, an empty line is a record without a value.
    records = [unit for unit in units[units.index(header) :] if unit or "," not in header][1:]
    assert sum(unit.removesuffix("\n").count("\n") + 1 for unit in units) == text.count("\n") + (
        not text.endswith("\n")
    )
    assert [row.record for row in validated.rows] == list(range(1, len(records) + 1))
    for row, unit in zip(validated.rows, records, strict=True):
        if row.reasons:
            assert row.raw["line"].strip("\n") == unit.strip("\n")
        else:
            said = [value.replace('"', "") for value in (row.values["id"], row.values["note"]) if value]
            assert all(each in unit.replace('"', "") for each in said)  # a quote may be a letter, or stand around some


@settings(max_examples=12, deadline=None)
@given(text=damaged())
def test_every_line_of_a_damaged_file_is_somewhere(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert_every_line_is_somewhere(tmp_path_factory.mktemp("home"), text)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=damaged())
def test_every_line_of_hundreds_of_damaged_files_is_somewhere(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert_every_line_is_somewhere(tmp_path_factory.mktemp("home"), text)
