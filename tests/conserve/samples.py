"""Sound files of every format, each with a header, some records, and a word in every cell of text."""

import csv
import json
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from random import Random
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conserve.words import words

NAMES = ("id", "day", "amount", "note", "extra")
"""The columns of a file. The contract knows all but the last, whose values are rescued."""

COLUMNS = (
    {"name": "id", "required": True},
    {"name": "day", "logicalType": "date"},
    {"name": "amount", "logicalType": "number", "physicalType": "DECIMAL(18,2)"},
    {"name": "note"},
)


class Kind(NamedTuple):
    """One way of writing files: the contract's `format`, the ending of a name, and what makes one."""

    format: dict[str, Any]
    ending: str
    make: Callable[[list[dict[str, Any]], Random], bytes]


def records(chance: Random) -> list[dict[str, Any]]:
    """Some records; the notes hold what is hard to write."""
    word = words()
    return [_record(word, chance) for _ in range(chance.randint(1, 12))]


def _record(word: Iterator[str], chance: Random) -> dict[str, Any]:
    hard = chance.choice(["", " ", ", ", "; ", '"', "'", "ä€", "\n", "\t", "|", "\\", "1.000,00", "it's "])
    return {
        "id": next(word),
        "day": f"2024-05-{chance.randint(1, 28):02}",
        "amount": f"{chance.randint(1, 99_999)}.{chance.randint(10, 99)}",
        "note": f"{next(word)}{hard}{next(word)}" if chance.random() < 0.5 else next(word),
        "extra": next(word),
    }


def _delimited(rows: list[dict[str, Any]], chance: Random, delimiters: str) -> bytes:
    text = StringIO()
    end, quoting = chance.choice(["\n", "\r\n"]), chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.DictWriter(
        text,
        NAMES,
        delimiter=chance.choice(delimiters),
        lineterminator=end,
        quoting=quoting,  # type: ignore[arg-type]
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(chance.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]))


def _csv(rows: list[dict[str, Any]], chance: Random) -> bytes:
    return _delimited(rows, chance, ",;|")


def _tsv(rows: list[dict[str, Any]], chance: Random) -> bytes:
    return _delimited(rows, chance, "\t")


WIDTHS = {"id": 12, "day": 12, "amount": 12, "note": 40, "extra": 12}
"""Letters of each column of a file with fixed widths."""


def _fixed(rows: list[dict[str, Any]], chance: Random) -> bytes:
    end = chance.choice(["\n", "\r\n"])
    rows = [dict(zip(NAMES, NAMES, strict=True)), *rows]
    lines = ["".join(" ".join(str(row[n]).split()).ljust(w)[:w] for n, w in WIDTHS.items()) for row in rows]
    return (end.join(lines) + end).encode()


def _json(rows: list[dict[str, Any]], chance: Random) -> bytes:
    return json.dumps(rows, indent=chance.choice([None, 1]), ensure_ascii=chance.random() < 0.5).encode()


def _lines(rows: list[dict[str, Any]], chance: Random) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=chance.random() < 0.5) + "\n" for row in rows).encode()


def _excel(rows: list[dict[str, Any]], _chance: Random) -> bytes:
    lines = [dict(zip(NAMES, NAMES, strict=True)), *rows]
    cells = "".join(
        f'<row r="{n}">'
        + "".join(f'<c r="{"ABCDE"[i]}{n}" t="inlineStr"><is><t>{_escaped(row[name])}</t></is></c>'
                  for i, name in enumerate(NAMES))
        + "</row>"
        for n, row in enumerate(lines, start=1)
    )  # fmt: skip
    return workbook(f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>')


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(sheet: str) -> bytes:
    """A workbook of one sheet, given as XML."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as zipped:
        for name, text in parts.items():
            zipped.writestr(name, text)
    return file.getvalue()


def _escaped(text: str) -> str:
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _parquet(rows: list[dict[str, Any]], _chance: Random) -> bytes:
    file = BytesIO()
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False}
    pq.write_table(pa.Table.from_pylist(rows), file, **options)  # type: ignore[arg-type]
    return file.getvalue()


def _avro(rows: list[dict[str, Any]], _chance: Random) -> bytes:
    file = BytesIO()
    fields = [{"name": name, "type": "string"} for name in NAMES]
    fastavro.writer(file, {"type": "record", "name": "r", "fields": fields}, rows)
    return file.getvalue()


FIXED = {"kind": "fixed_width", "header": True, "columns": [{"name": n, "width": w} for n, w in WIDTHS.items()]}

KINDS = {
    "csv": Kind({"kind": "csv"}, ".csv", _csv),
    "tsv": Kind({"kind": "tsv"}, ".tsv", _tsv),
    "fixed_width": Kind(FIXED, ".txt", _fixed),
    "json": Kind({"kind": "json"}, ".json", _json),
    "ndjson": Kind({"kind": "json"}, ".ndjson", _lines),
    "excel": Kind({"kind": "excel"}, ".xlsx", _excel),
    "parquet": Kind({"kind": "parquet"}, ".parquet", _parquet),
    "avro": Kind({"kind": "avro"}, ".avro", _avro),
}
