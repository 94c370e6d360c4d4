"""A file that is of another kind than its contract or its name says is refused as what it is, with the cure."""

import bz2
import gzip
import lzma
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from dropzone_assets.formats.signature import signature_of
from tests.cases.validated import Validated, contract_of, validate_bytes

CSV = b"id,note\n1,a\n"


def zipped(*names: str) -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in names:
            archive.writestr(name, CSV)
    return whole.getvalue()


def parquet_file() -> bytes:
    whole = BytesIO()
    parquet.write_table(pa.table({"id": [1]}), whole)
    return whole.getvalue()


OTHERS = {
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF document", "as CSV"),
    "workbook": (zipped("[Content_Types].xml", "xl/workbook.xml"), "is an Excel workbook", "format: {kind: excel}"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an Excel workbook", ".xls"),
    "document": (zipped("[Content_Types].xml", "word/document.xml"), "no workbook", "as CSV"),
    "spreadsheet": (zipped("mimetype", "content.xml"), "is an OpenDocument spreadsheet", ".ods"),
    "zip": (zipped("a.csv"), "is a zip archive", "end with .zip"),
    "gzip": (gzip.compress(CSV), "gzip", ".csv.gz"),
    "bzip2": (bz2.compress(CSV), "bzip2", ".csv.bz2"),
    "xz": (lzma.compress(CSV), "xz", ".csv.xz"),
    "parquet": (parquet_file(), "is a Parquet file", "format: {kind: parquet}"),
    "html": (b"\n<!DOCTYPE html>\n<html><table><tr><td>id,note", "is an HTML page", "saved as .xlsx"),
    "html with a mark": (b"\xef\xbb\xbf<html><table>", "is an HTML page", "saved as .xlsx"),
    "xml": ("<?xml version='1.0'?><rows/>".encode("utf-16"), "is XML", "CSV or JSON"),
    "excel xml": (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "Excel 2003", "save it as .xlsx"),
    "program": (b"\x7fELF" + bytes(60), "is a program", "as CSV"),
    "numbers": (struct.pack("<64d", *[n / 7 for n in range(64)]) + bytes(range(256)) * 4, "is binary data", "as CSV"),
}
"""What came instead of text → its bytes, what is said of it, and the cure."""


def validate_as(folder: Path, kind: str, content: bytes, **options: Any) -> Validated:
    """What becomes of a file by a contract of this format."""
    contract = contract_of(folder / "c", {"name": "id"}, {"name": "note"}, format={"kind": kind, **options})
    return validate_bytes(folder, contract, content)


@pytest.mark.parametrize("kind", ["csv", "tsv", "json"])
@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_text_is_refused_as_what_it_is(tmp_path: Path, other: str, kind: str) -> None:
    content, found, cure = OTHERS[other]
    refusal = validate_as(tmp_path, kind, content).refused[0]
    assert found in refusal.found and refusal.found.startswith("t: t_0 ")
    assert cure in refusal.cure


@pytest.mark.parametrize(
    ("kind", "content", "found"),
    [
        ("excel", CSV, "is text, most likely CSV"),
        ("excel", OTHERS["html"][0], "is an HTML page"),
        ("excel", OTHERS["pdf"][0], "is a PDF document"),
        ("parquet", OTHERS["workbook"][0], "is an Excel workbook"),
        ("avro", parquet_file(), "is a Parquet file"),
        ("csv", b'[{"id": 1, "note": "a"}]', "is JSON"),
        ("csv", b'{"id": 1,\n "note": "a"}', "is JSON"),
        ("csv", b"<rows>\n<row id='1'/></rows>", "is XML"),
    ],
)
def test_a_file_that_its_format_cannot_read_is_named_too(tmp_path: Path, kind: str, content: bytes, found: str) -> None:
    assert found in validate_as(tmp_path, kind, content).refused[0].found


@pytest.mark.parametrize("first", ["PAR1", "GIF8", "ORC", "BZh", "MZ", "Obj", "<id>", "{", "[x]", "%PDF"])
def test_a_text_that_begins_like_something_else_is_read(tmp_path: Path, first: str) -> None:
    validated = validate_as(tmp_path, "csv", f"id,note,{first}\n1,a,b\n".encode())
    assert validated.of("note") == ["a"]
    assert validate_as(tmp_path, "csv", f"{first},id,note\nb,1,a\n".encode()).of("note") == ["a"]


def test_a_pinned_encoding_may_look_like_no_text(tmp_path: Path) -> None:
    content = "id,note\x85".encode("cp037") + "1,a\x85".encode("cp037") * 3
    assert signature_of(b"\x01\x02\x03\x04" * 200) is not None
    refused = validate_as(tmp_path, "csv", b"\x01\x02\x03\x04" * 200 + content, encoding="cp037").refused
    assert "binary" not in str(refused.get(0, ""))


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"])), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_no_text_is_binary(text: str, encoding: str) -> None:
    assert signature_of(f"id,note\n{text}".encode(encoding)) is None
