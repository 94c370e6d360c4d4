"""Small files that are read as one give what each of them gives alone."""

import random
from pathlib import Path

import pytest

from dropzone_assets.contracts import Contract
from dropzone_assets.formats import csv
from tests.cases.validated import Validated, contract_of, validate_bytes

LINES = ["1,a,2.50", "2,b,1", "x,c,3", "3", "4,d,5,6", ",,", " ", "5,ü,7", "6,'e',8", " 7 , f ,9", "8,0,1_0", "\t,\t,"]
ENDS = ["\n", "\r\n", "\r"]


@pytest.fixture(params=[{}, {"encoding": "cp1252"}, {"header": False}, {"quote": ""}], ids=str)
def contract(tmp_path: Path, request: pytest.FixtureRequest) -> Contract:
    id_, amount = {"name": "id", "logicalType": "integer"}, {"name": "amount", "logicalType": "number"}
    options = {"kind": "csv", "delimiter": ",", "decimal": ".", **request.param}
    columns = ["by_position"] if options.get("header") is False else ["by_name"]
    return contract_of(tmp_path / "c", id_, {"name": "note"}, amount, format=options, columns=columns)


def small(seed: int, contract: Contract) -> bytes:
    """A file that may lack its header, rows, or its last line break, or have a quote, a blank line or a bad byte."""
    dice = random.Random(seed)
    header = [] if contract.options.get("header") is False else ["id,note,amount"]
    lines = header + dice.choices(LINES, k=seed % 9)
    lines += dice.choice([[], [], [], [], ['9,"g",1'], ['9,"g\nh",1'], ["", "9,g,1"], ["9,\0,1"]])
    end = ENDS[seed % len(ENDS)]
    text = end.join(lines or ["1,a,1"]) + end * dice.randrange(3)
    content = text.encode(contract.options.get("encoding", "utf-8"))
    mark = b"\xef\xbb\xbf" if seed % 5 == 0 and "encoding" not in contract.options else b""
    return mark + content + dice.choice([b"", b"", b"", b"7,\xff,1"])


def said(validated: Validated) -> dict[int, object]:
    """What is said of each file."""
    rows = sorted(validated.rows, key=lambda row: row[:2])
    told = {file: str(why) for file, why in validated.refused.items()} | validated.tallies
    return {file: (which, [row for row in rows if row.file == file]) for file, which in told.items()}


def test_files_read_as_one_give_what_each_gives(
    tmp_path: Path, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [small(seed, contract) for seed in range(200)]
    together = validate_bytes(tmp_path / "one", contract, *contents)
    plain = sum(reading.plain for reading in together.load.readings.values() if isinstance(reading, csv.CsvReading))
    assert 20 < plain < len(contents)
    monkeypatch.setattr(csv, "is_plain", lambda *_: False)
    told, alone = said(together), said(validate_bytes(tmp_path / "many", contract, *contents))
    assert {file: (contents[file], told[file]) for file in told if told[file] != alone[file]} == {}
    assert {reason for row in together.rows for reason in row.reasons} >= {"record:missing-cell", "record:extra-cell"}
