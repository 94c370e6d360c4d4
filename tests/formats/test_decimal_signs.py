"""A number is what its file proves, its contract pins, or it is refused with both readings; one rule for both signs."""

from decimal import Decimal
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import HEAD, open_format
from tests.cases.validated import Validated, contract_of, validate_bytes

TYPES: dict[str, dict[str, str]] = {
    "whole": {"logicalType": "integer"},
    "money": {"logicalType": "number", "physicalType": "DECIMAL(12,2)"},
    "exact": {"logicalType": "number", "physicalType": "DECIMAL(12,3)"},
    "double": {"logicalType": "number"},
}

SWAPPED = str.maketrans(".,", ",.")


def numbers(folder: Path, *texts: str, header: bool = True, kind: str = "double", **options: Any) -> Validated:
    """What becomes of a file with a text and a number."""
    block = {"kind": "csv", "delimiter": ";", "header": header, **options}
    columns = "by_name" if header else "by_position"
    contract = contract_of(folder / "c", {"name": "k"}, {"name": "n", **TYPES[kind]}, format=block, columns=columns)
    lines = ["k;n"] * header + [f"{n};{text}" for n, text in enumerate(texts)]
    return validate_bytes(folder, contract, "\n".join([*lines, ""]).encode())


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("texts", [("7.000", "950"), ("15.103", "1.250"), ("-7.000",), ("+250.000", "0")], ids=str)
@pytest.mark.parametrize("swapped", [False, True], ids=["points", "commas"])
def test_a_number_that_may_be_two_is_refused_with_both(
    tmp_path: Path, texts: tuple[str, ...], kind: str, header: bool, swapped: bool
) -> None:
    texts = tuple(text.translate(SWAPPED) if swapped else text for text in texts)
    refused = numbers(tmp_path, *texts, kind=kind, header=header).refused[0]
    shown = next(text for text in texts if text in refused.found)
    digits = shown.replace(".", "").replace(",", "")
    assert f"which may be {digits} or {Decimal(shown.replace(',', '.')).normalize():f}" in refused.found
    assert 'decimal: ","' in refused.cure and 'decimal: "."' in refused.cure
    assert "t.odcs.yaml" in refused.cure and "dropzone replay t" in refused.cure


PROOFS = ["1.234,5", "1.234.567", "0,123", "1234,567", "7,5", "1,2345", ",5", "1,5e3"]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("swapped", [False, True], ids=["comma", "point"])
def test_one_number_proves_the_sign_of_all(tmp_path: Path, proof: str, header: bool, swapped: bool) -> None:
    texts = [text.translate(SWAPPED) if swapped else text for text in ("7.000", proof, "1,250")]
    validated = numbers(tmp_path, *texts, header=header)
    assert not validated.refused and not validated.reasons()
    assert [validated.of("n")[0], validated.of("n")[2]] == [7000, 1.25]


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("swapped", [False, True], ids=["comma", "point"])
def test_the_proof_may_stand_anywhere_in_the_file(tmp_path: Path, early: bool, swapped: bool) -> None:
    texts = ["7.000", *["123"] * HEAD, "1,50"]
    texts = [text.translate(SWAPPED) if swapped else text for text in (texts if early else texts[::-1])]
    found = numbers(tmp_path, *texts).of("n")
    assert {found[0], found[-1]} == {7000, 1.5}


def test_a_column_without_a_proof_has_the_sign_of_the_others(tmp_path: Path) -> None:
    columns = ({"name": "a", "logicalType": "number"}, {"name": "b", "logicalType": "integer"})
    contract = contract_of(tmp_path / "c", *columns)
    german, english = validate_bytes(tmp_path, contract, b"a;b\n1,5;7.000\n"), b'a,b\n1.5,"7,000"\n'
    assert german.of("b") == validate_bytes(tmp_path, contract, english).of("b") == [7000]


PLACES = [{"name": "lat", "logicalType": "number"}, {"name": "pay", "logicalType": "number"}]


def test_each_column_is_read_by_its_own_proof(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", *PLACES)
    validated = validate_bytes(tmp_path, contract, b"lat;pay\n48.1;1.234,50\n48.137;7.000\n")
    assert (validated.of("lat"), validated.of("pay")) == ([48.1, 48.137], [1234.5, 7000])


def test_where_others_prove_both_signs_a_column_without_a_proof_is_refused(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", *PLACES, {"name": "n", "logicalType": "integer"})
    refused = validate_bytes(tmp_path, contract, b"lat;pay;n\n48.1;1.234,50;7.000\n").refused[0]
    assert "7.000 in n, which may be 7000 or 7. Other columns prove both signs." in refused.found
    assert 'number: {thousands: "."}' in refused.cure


def test_in_a_column_with_both_signs_what_may_be_two_costs_its_row(tmp_path: Path) -> None:
    validated = numbers(tmp_path, "1,5", "2,5", "3.5", "7.000", "8", "1,250")
    assert validated.of("n") == [1.5, 2.5, None, None, 8, None]
    assert validated.reasons() == {3: ["n:type"], 4: ["n:ambiguous-number"], 6: ["n:ambiguous-number"]}


PINS: dict[str, tuple[dict[str, str], dict[str, float | None]]] = {
    "a comma": ({"decimal": ","}, {"7.000": 7000, "1,250": 1.25, "1.5": None, "0.123": None, "12.34.567": None}),
    "a point": ({"decimal": "."}, {"7.000": 7, "1,250": 1250, "1,5": None, "1,234.5": 1234.5}),
    "thousands by a point": ({"thousands": "."}, {"7.000": 7000, "1,250": 1.25}),
    "thousands by a comma": ({"thousands": ","}, {"7.000": 7, "1,250": 1250}),
    "thousands by a blank": (
        {"thousands": " ", "decimal": ","},
        {"1 234,50": 1234.5, "1\u00a0234": 1234, "1\u202f234": 1234, "1,250": 1.25, "7.000": None, "12 34": None},
    ),
    "thousands by an apostrophe": (
        {"thousands": "'"},
        {"1'234.50": 1234.5, "1\u2019234'567": 1234567, "7.000": 7, "1''234": None},
    ),
}


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(("pins", "readings"), PINS.values(), ids=PINS)
def test_a_pinned_sign_is_obeyed(
    tmp_path: Path, pins: dict[str, str], readings: dict[str, float | None], header: bool
) -> None:
    assert numbers(tmp_path, *readings, header=header, **pins).of("n") == list(readings.values())


@pytest.mark.parametrize("kind", ["csv", "tsv", "excel", "fixed_width"])
def test_one_sign_cannot_be_pinned_as_both(kind: str) -> None:
    cells = {"columns": [{"name": "a", "width": 1}]} if kind == "fixed_width" else {}
    with pytest.raises(BadContract, match="one sign cannot be both"):
        open_format(kind, {"decimal": ",", "thousands": ",", **cells})


ALL_PINS: dict[str, tuple[object, ...]] = {
    "delimiter": (";", "|", "\t"),
    "quote": ('"', "'"),
    "escape": ("", "\\"),
    "encoding": ("utf-8", "cp1252", "utf-16"),
    "header": (True, False),
    "skip": (0, 2),
    "decimal": (".", ","),
    "thousands": (None, " ", "'"),
    "columns": ("by_name", "by_position"),
}
"""Option → values that are pinned in the pairwise test; `columns` is of the contract, the others of its format."""


def pairwise(options: dict[str, tuple[object, ...]]) -> list[dict[str, object]]:
    """A few combinations in which each two values of each two options meet."""
    every = [(a, x, b, y) for a, b in combinations(options, 2) for x in options[a] for y in options[b]]
    found: list[dict[str, object]] = []
    left = dict.fromkeys(every)
    while left:
        a, x, b, y = next(iter(left))
        row: dict[str, object] = {a: x, b: y}
        for name in [each for each in options if each not in row]:
            fits = {v: sum((*_pair(options, name, v, n, w),) in left for n, w in row.items()) for v in options[name]}
            row[name] = max(fits, key=lambda value: fits[value])
        for one, other in combinations(options, 2):
            left.pop((one, row[one], other, row[other]), None)
        found.append(row)
    return found


def _pair(options: dict[str, Any], a: str, x: object, b: str, y: object) -> tuple[object, ...]:
    names = list(options)
    return (a, x, b, y) if names.index(a) < names.index(b) else (b, y, a, x)


@pytest.mark.parametrize("pins", pairwise(ALL_PINS), ids=str)
def test_every_pin_is_obeyed_beside_every_other(tmp_path: Path, pins: dict[str, Any]) -> None:
    if not pins["header"] and pins["columns"] == "by_name":
        pins = {**pins, "columns": "by_position"}
    columns = pins.pop("columns")
    delimiter, quote, decimal, thousands = (pins[name] for name in ("delimiter", "quote", "decimal", "thousands"))
    group = thousands or {".": ",", ",": "."}[decimal]
    inner = (pins["escape"] or quote) + quote
    note = f"{quote}é{delimiter} {inner}x{inner}{quote}"
    lines = ["above"] * pins["skip"] + [delimiter.join(("k", "note", "n", "m"))] * pins["header"]
    lines += [delimiter.join((str(k), note, f"7{group}000", f"2{decimal}524")) for k in (1, 2)]
    kinds = [{"name": "n", "logicalType": "integer"}, {"name": "m", **TYPES["exact"]}]
    if quote == "'" == thousands:
        lines = [line.replace(f"7{group}000", "'7''000'" if not pins["escape"] else r"'7\'000'") for line in lines]
    form = {"kind": "csv", **{name: value for name, value in pins.items() if value is not None}}
    contract = contract_of(tmp_path / "c", {"name": "k"}, {"name": "note"}, *kinds, format=form, columns=columns)
    validated = validate_bytes(tmp_path, contract, "\n".join([*lines, ""]).encode(pins["encoding"]))
    assert not validated.refused and not validated.reasons()
    assert validated.of("note") == [f"é{delimiter} {quote}x{quote}"] * 2
    assert (validated.of("n"), validated.of("m")) == ([7000, 7000], [Decimal("2.524")] * 2)


def fixed(folder: Path, *texts: str, **options: object) -> Validated:
    """What becomes of lines with a number."""
    form = {"kind": "fixed_width", "columns": [{"name": "n", "width": 10}], **options}
    contract = contract_of(folder / "c", {"name": "n", "logicalType": "number"}, format=form)
    return validate_bytes(folder, contract, "".join(f"{text:>10}\n" for text in texts).encode())


def test_fixed_width_has_the_same_rule(tmp_path: Path) -> None:
    assert "7.000 in n, which may be 7000 or 7" in fixed(tmp_path / "a", "7.000").refused[0].found
    assert fixed(tmp_path / "b", "7.000", "1,5").of("n") == [7000, 1.5]
    assert fixed(tmp_path / "c", "7.000", decimal=",").of("n") == [7000]


def excel(folder: Path, *cells: object, **options: object) -> Validated:
    """What becomes of a workbook with a number."""
    book, out = Workbook(), BytesIO()
    for cell in ("n", *cells):
        book.active.append([cell])
    book.save(out)
    contract = contract_of(folder / "c", {"name": "n", "logicalType": "number"}, format={"kind": "excel", **options})
    return validate_bytes(folder, contract, out.getvalue())


def test_a_text_in_a_workbook_has_the_same_rule_and_a_number_is_one(tmp_path: Path) -> None:
    assert "15.103 in n, which may be 15103 or 15.103" in excel(tmp_path / "a", "15.103", 1.5, 7.125).refused[0].found
    assert excel(tmp_path / "b", 15.103, 7.125, 1000).of("n") == [15.103, 7.125, 1000]
    assert excel(tmp_path / "c", "15.103", 15.103, "1,5").of("n") == [15103, 15.103, 1.5]
    assert excel(tmp_path / "d", "15.103", 15.103, decimal=",").of("n") == [15103, 15.103]
    assert excel(tmp_path / "e", "15,103", 2.5, thousands=",").of("n") == [15103, 2.5]


@settings(max_examples=25, deadline=None)
@given(
    cents=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6),
    whole=st.lists(st.integers(-(10**9), 10**9), max_size=3),
    swapped=st.booleans(),
)
def test_what_is_written_in_one_locale_is_read_or_refused_and_never_another_number(
    cents: list[int], whole: list[int], swapped: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = [Decimal(each).scaleb(-2) for each in cents] + [Decimal(each) for each in whole]
    texts = [f"{value:,}".translate(SWAPPED) if swapped else f"{value:,}" for value in values]
    validated = numbers(tmp_path_factory.mktemp("home"), *texts, kind="money")
    assert not validated.refused and validated.of("n") == values


def test_a_whole_file_of_doubtful_numbers_fails_alone_among_others(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "k"}, {"name": "n", "logicalType": "number"})
    good, doubtful, german = b"k;n\na;1.5\n", b"k;n\na;7.000\n", b'k;n\na;7.000\nb;"1,5"\n'
    validated = validate_bytes(tmp_path, contract, good, doubtful, german, doubtful, good, b"k;n\na;x\nb;3\n")
    assert sorted(validated.refused) == [1, 3]
    assert [validated.of("n", n) for n in (0, 2, 4, 5)] == [[1.5], [7000, 1.5], [1.5], [None, 3]]
    assert [tally.rows_read for _, tally in sorted(validated.tallies.items())] == [1, 2, 1, 2]
