"""What the contract does not pin is found out for each file, or the file is refused with both ways of reading it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets.formats import HEAD, open_format
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import Validated, contract_of, raw_file, validate_bytes

BROKEN = Path(__file__).parents[1] / "broken"


def validate_csv(folder: Path, *contents: bytes, columns: str = "by_name", **options: object) -> Validated:
    """What becomes of files with the columns id and note."""
    names = ({"name": "id"}, {"name": "note"})
    contract = contract_of(folder / "contracts", *names, format={"kind": "csv", **options}, columns=columns)
    return validate_bytes(folder, contract, *contents)


READ = {
    "german_excel": ["Jürgen Größe", "Straße; Ärger"],
    "utf8_bom": ["a", "b"],
    "utf16_le_bom": ["Äpfel, Birnen", "b"],
    "utf16_be_no_bom": ["Äpfel", "b"],
    "utf16_cut": ["Äpfel", "b", "record:encoding"],
    "preamble": ["a", "b", "record:missing-cell"],
    "padded_title": ["a", "c"],
    "mixed_ends": ["a\r\nb", "c\nd", "e"],
    "lone_returns": ["a\nb", "c"],
    "return_in_header": ["a", "b"],
    "last_return": ["a", "b"],
    "open_quote_in_the_middle": ["a", "record:quote", "e"],
    "open_quote_at_the_end": ["a", "record:quote"],
    "stray_quote": ["record:quote", '5" pipe', "c"],
    "nul": ["a\x00b", "c"],
    "ragged": ["a", "record:missing-cell", "record:extra-cell", "e"],
    "backslash": ['say "no", please', "C:\\temp"],
    "windows_paths": ["C:\\temp\\", "\\\\server\\share"],
    "single_quotes": ["a;b", "c"],
    "cp1250": ["Příliš žluťoučký kůň", "Dvořák"],
    "cp1251": ["Москва", "Пётр Ильич"],
    "shift_jis": ["表示", "ソフト", "東京"],
    "gb18030": ["北京", "上海", "广州", "张三"],
    "cp1252_undefined": ["Müller", "record:encoding", "Größe"],
    "one_letter": ["record:encoding", "b"],
    "utf8_with_a_bad_byte": ["Müller", "Größe", "record:encoding", "ü"],
}
"""Ugly file → the notes of its records, or why one is refused."""

REFUSED = {
    "backslashes_only": [r"['1', 'a\\b']", r"['1', 'a\\\\b']", "escape: ''"],
    "no_header_two_ways": ["delimiter: ','", "delimiter: ';'", "['a', 'b,c', 'd']", "['a;b', 'c;d']"],
    "unknown_names": ["name, city", "{header: false}"],
    "two_headers": ["delimiter: ','", "delimiter: ';'"],
}
"""Ugly file → what its refusal says."""


@pytest.mark.parametrize("name", READ)
def test_an_ugly_file_is_read(tmp_path: Path, name: str) -> None:
    validated = validate_csv(tmp_path, (BROKEN / f"{name}.csv").read_bytes())
    assert not validated.refused
    assert [row.reasons[0] if row.reasons else row.values["note"] for row in validated.rows] == READ[name]
    assert [row.record for row in validated.rows] == list(range(1, len(READ[name]) + 1))


@pytest.mark.parametrize("name", REFUSED)
def test_an_ambiguous_file_is_refused_with_both_readings(tmp_path: Path, name: str) -> None:
    validated = validate_csv(tmp_path, (BROKEN / f"{name}.csv").read_bytes())
    assert not validated.rows
    for said in REFUSED[name]:
        assert said in str(validated.refused[0])


def test_every_ugly_file_has_its_expectation() -> None:
    assert {file.stem for file in BROKEN.glob("*.csv")} == {*READ, *REFUSED}


def test_pins_are_obeyed(tmp_path: Path) -> None:
    content = (BROKEN / "one_letter.csv").read_bytes()
    assert validate_csv(tmp_path, content, encoding="cp1251").of("note") == ["й", "b"]
    content = (BROKEN / "backslashes_only.csv").read_bytes()
    assert validate_csv(tmp_path, content, escape="").of("note") == ["a\\\\b", "c"]
    assert validate_csv(tmp_path, content, escape="\\").of("note") == ["a\\b", "c"]
    validated = validate_csv(tmp_path, b"id;note\n1;a\n", delimiter=",", header=False)
    assert "column1" in str(validated.refused or validated.rows[0].values)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (b"1,a\n2,b\n", ["a", "b"]),
        (b"number;text\n1;a\n2;b\n", ["a", "b"]),
        (b"1,2024-05-01 10:00:00\n2,2024-05-02 11:00:00\n", ["2024-05-01 10:00:00", "2024-05-02 11:00:00"]),
        (b"1;2,5\n2;3,5\n", ["2,5", "3,5"]),
        (b"Title\n\n1|a\n2|b\n", ["a", "b"]),
    ],
)
def test_width_and_values_prove_a_dialect_without_names(tmp_path: Path, content: bytes, notes: list[str]) -> None:
    assert validate_csv(tmp_path, content, columns="by_position").of("note") == notes


@pytest.mark.parametrize("tail", ["1;Größe\n".encode("cp1252"), b"1;\xd0\xd0\xd1\n", b"2;a\r\n3;b\n"])
def test_a_large_file_is_proven_to_its_end(tmp_path: Path, tail: bytes) -> None:
    """Its head says nothing of what comes behind it."""
    content = b"id;note\n" + b"1;Groesse\n" * (2 * HEAD // 10) + tail
    validated = validate_csv(tmp_path, content)
    if b"\xd0" in tail:
        assert validated.reasons() == {2 * HEAD // 10 + 1: ["record:encoding"]}
    else:
        assert validated.of("note")[-1] == ("Größe" if b"\xf6" in tail else "b")
        assert not validated.reasons()


MANY = b"".join(b"%d,text\n" % n for n in range(200))

STRAYS = {
    "two in a cell": b"2,\xff\xfe\n",
    "one": b"2,\xe9\n",
    "no whole character of UTF-8": b"2,\xc3(\n",
    "half of a pair": b"2,\xed\xa0\x80\n",
    "inside a word": b"2,te\xf8t\n",
    "a sign inside a word": b"2,te\x80xt\n",
}


@pytest.mark.parametrize("many", [b"1,a\n", MANY], ids=["few lines", "many lines"])
@pytest.mark.parametrize("stray", [each for name, each in STRAYS.items() if "word" not in name])
def test_stray_bytes_are_no_letters(tmp_path: Path, stray: bytes, many: bytes) -> None:
    content = b"id,note\n" + many + stray + many
    validated = validate_csv(tmp_path, content)
    ((number, reasons),) = validated.reasons().items()
    assert (number, reasons) == (many.count(b"\n") + 1, ["record:encoding"])
    (bad,) = next(row.raw["no_text"] for row in validated.rows if row.reasons)[:1]
    found = bytes.fromhex(bad["bytes"])
    assert found in stray
    assert content[bad["offset"] :].startswith(found)


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
def test_a_byte_in_one_line_of_many_is_no_letter(tmp_path: Path, stray: bytes) -> None:
    validated = validate_csv(tmp_path, b"id,note\n" + MANY + stray + MANY)
    assert validated.reasons() == {201: ["record:encoding"]}


def test_an_encoding_that_may_be_two_is_refused_with_both_readings(tmp_path: Path) -> None:
    found = str(validate_csv(tmp_path, "id,note\n1,РРС\n2,СРР\n".encode("cp1251")).refused[0])
    assert "encoding is not certain" in found
    assert "cp1251" in found


def test_what_was_found_out_is_said(tmp_path: Path) -> None:
    content = "sep=\t\r\nid\tnote\r\n1\tGröße\r\n".encode("cp1252")
    platform = open_platform(Settings(home=tmp_path))
    reading = open_format("csv", {}).reading(RawContent(platform, raw_file(platform, 0, content)), ("id", "note"))
    assert reading.described() == {
        "encoding": "cp1252",
        "delimiter": "tab",
        "quote": '"',
        "escape": "doubled quotes",
        "header": "yes",
        "lines skipped": "1",
        "decimal": "point",
        "line ends": r"\r\n",
    }


WORDS = {
    "utf-8": "Grüße 世界 🚀 مرحبا Dvořák Москва a\\b 'x' 5\" #x",
    "utf-16": "Grüße 世界 🚀 مرحبا Москва a\\b",
    "utf-16-le": "Grüße 世界 Москва",
    "cp1252": "Müller Straße Ärger Malmö España Zürich 5€ señor naïve",
    "cp1250": "Příliš žluťoučký kůň Łódź Kraków Győr Škoda 5€",
    "cp1251": "Москва Пётр Ильич Санкт-Петербург да",
    "cp1253": "Αθήνα Θεσσαλονίκη Πάτρα",
    "cp1254": "İstanbul Eskişehir ışık çağ öğüt",
    "shift_jis": "東京 表示 ソフト 山田太郎 日本語",
    "gb18030": "北京 上海 广州 张三 中文",
}
"""Encoding → words that are written in it."""

ODD = [
    "",
    "x",
    "a,b",
    "a;b",
    "1,5",
    "1.234",
    "2024-05-01 10:00",
    "\t",
    'say "no"',
    "it's",
    "'q'",
    "a\nb",
    "a\r\nb",
    "|",
]


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, list[list[str]]]:
    """A table, and a file of it in any dialect."""
    encoding = draw(st.sampled_from(list(WORDS)))
    cells = st.sampled_from(WORDS[encoding].split() + ODD + ["\\", "\\\\", 'a\\"b', "C:\\dir"])
    table = draw(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6))
    delimiter, quote = draw(st.sampled_from(",;\t|")), draw(st.sampled_from('""\''))
    escape, always = draw(st.sampled_from([quote, quote, "\\"])), draw(st.booleans())
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))

    def cell(text: str) -> str:
        special = {delimiter, quote, '"', "'", "\\", "\n", "\r"} & set(text)
        if not (always or special):
            return text
        return (
            quote + text.replace(escape, escape * 2).replace(quote, escape + quote) + quote
            if escape != quote
            else (quote + text.replace(quote, quote * 2) + quote)
        )

    lines = [delimiter.join(map(cell, cells)) for cells in [["id", "note"], *table]]
    above = draw(st.sampled_from([[], [], ["Report"], ["Report", ""], [f"sep={delimiter}"]]))
    text = end.join([*above, *lines, *draw(st.sampled_from([[], [""]]))])
    return text.encode(encoding), table


@settings(max_examples=60, deadline=None)
@given(file=written())
def test_a_file_is_read_as_it_was_written_or_refused(
    file: tuple[bytes, list[list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content, table = file
    validated = validate_csv(tmp_path_factory.mktemp("home"), content)
    if not validated.refused:
        found = [[row.values["id"] or "", row.values["note"] or ""] for row in validated.rows]
        assert found == [[cell.strip() for cell in cells] for cells in table]


def validate_numbers(folder: Path, content: bytes, **options: object) -> Validated:
    """What becomes of files with a text and a number."""
    names = ({"name": "note"}, {"name": "amount", "logicalType": "number", "synonyms": [{"synonym": "Betrag"}]})
    return validate_bytes(folder, contract_of(folder / "c", *names, format={"kind": "csv", **options}), content)


def test_a_decimal_comma_is_proven_by_the_numbers(tmp_path: Path) -> None:
    validated = validate_numbers(tmp_path, b"note;Betrag\n1,5;1,50\n1.5;1.234,5\n;1.000\n;7\n;1.5.2\n;x\n")
    assert validated.of("amount") == [1.5, 1234.5, 1000, 7, None, None]
    assert validated.of("note")[:2] == ["1,5", "1.5"]
    assert validated.rows[4].raw == {"note": None, "Betrag": "1.5.2"}


@pytest.mark.parametrize(
    ("options", "texts", "amounts"),
    [
        ({}, ["1.5", "1,5"], [1.5, None]),
        ({}, ["1.234", "1.5"], [1.234, 1.5]),
        ({"decimal": ","}, ["1.234", "1,234", "1.5"], [1234, 1.234, None]),
        ({"decimal": "."}, ["1,234", "1.234"], [1234, 1.234]),
        ({}, ['"1,5"', '"-0,250"', "7"], [1.5, -0.25, 7]),
    ],
)
def test_a_decimal_is_what_the_contract_or_the_file_says(
    tmp_path: Path, options: dict[str, object], texts: list[str], amounts: list[float | None]
) -> None:
    content = "\n".join(["note;amount", *(f"x;{text}" for text in texts), ""]).encode()
    assert validate_numbers(tmp_path, content, **options).of("amount") == amounts


def test_a_comma_that_may_be_two_things_is_refused(tmp_path: Path) -> None:
    validated = validate_numbers(tmp_path, b"note;amount\nx;1,234\nx;7\n")
    assert "1,234 in amount, which may be 1234 or 1.234" in str(validated.refused[0])
