"""What a file is by its first bytes, whatever its name says: a workbook called .csv is refused as a workbook."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import HEAD, Content, Format, Reading
from dropzone_assets.formats.text.encoding import MARKS, mark_of

CSV_OR_EXCEL = "Ask the sender for the table itself, as CSV or as an Excel workbook."


class Signature(NamedTuple):
    """What starts with certain bytes: its name, the formats that read it, and what to do where it is not wanted."""

    name: str
    kinds: Sequence[str]
    cure: str


def _as(kind: str, ending: str) -> str:
    return f"Rename it to end with {ending}, or say `format: {{kind: {kind}}}` in its contract."


def _packed(ending: str) -> str:
    return f"Rename it to end with {ending}, so that it is unpacked."


EXCEL = Signature("an Excel workbook", ("excel",), _as("excel", ".xlsx"))
OLD_EXCEL = Signature(
    "an Excel workbook of the old kind (or another Office document)", ("excel",), _as("excel", ".xls")
)
ODS = Signature("an OpenDocument spreadsheet", ("excel",), _as("excel", ".ods"))
DOCUMENT = Signature("an office document that is no workbook", (), CSV_OR_EXCEL)
ZIP = Signature("a zip archive", (), _packed(".zip"))
HTML = Signature(
    "an HTML page",
    (),
    "Ask the sender for the table itself. A page called .xls can be opened in Excel and saved as .xlsx.",
)
XML = Signature("XML, which is not read", (), "Ask the sender for CSV or JSON.")
EXCEL_XML = Signature("an XML spreadsheet of Excel 2003", (), "Open it in Excel and save it as .xlsx.")
JSON = Signature("JSON", ("json",), _as("json", ".json"))
TEXT = Signature("text, most likely CSV", ("csv", "tsv", "fixed_width", "json"), _as("csv", ".csv"))
BINARY = Signature(
    "binary data of no kind that is read here", (), "Ask the sender what it is, and for the table as CSV."
)
PICTURE = Signature("a picture", (), CSV_OR_EXCEL)

MAGIC = {
    b"%PDF-": Signature("a PDF document", (), CSV_OR_EXCEL),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": OLD_EXCEL,
    b"PAR1": Signature("a Parquet file", ("parquet",), _as("parquet", ".parquet")),
    b"Obj\x01": Signature("an Avro file", ("avro",), _as("avro", ".avro")),
    b"\x1f\x8b\x08": Signature("compressed with gzip", (), _packed(".gz (such as .csv.gz)")),
    b"BZh": Signature("compressed with bzip2", (), _packed(".bz2 (such as .csv.bz2)")),
    b"\xfd7zXZ\x00": Signature("compressed with xz", (), _packed(".xz (such as .csv.xz)")),
    b"\x28\xb5\x2f\xfd": Signature("compressed with Zstandard", (), _packed(".zst (such as .csv.zst)")),
    b"7z\xbc\xaf\x27\x1c": Signature("a 7z archive", (), _packed(".7z")),
    b"Rar!\x1a\x07": Signature("a RAR archive, which is not read", (), "Ask the sender for a zip archive."),
    b"SQLite format 3\x00": Signature("an SQLite database", (), CSV_OR_EXCEL),
    b"\x89PNG\r\n\x1a\n": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"{\\rtf": Signature("an RTF document", (), CSV_OR_EXCEL),
    b"\x7fELF": Signature("a program", (), CSV_OR_EXCEL),
    b"MZ\x90\x00": Signature("a program", (), CSV_OR_EXCEL),
    b"ORC": Signature("an ORC file, which is not read", (), "Ask the sender for Parquet."),
    b"ARROW1": Signature("an Arrow file, which is not read", (), "Ask the sender for Parquet."),
}
"""First bytes → what starts with them; letters alone may begin a text, too, unless there are bytes no text has."""

_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19]")
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19]")
CONTROLS = bytes((*range(1, 9), *range(14, 26)))
"""Control characters, but blanks, line breaks and marks of the end of a file or record."""

FEW = 7
"""Control characters that a text may have by mistake."""

_TAG = re.compile(rb"\s*(<\?xml\b|<!doctype\s+html|<html\b|<table\b)", re.IGNORECASE)
_SOME_TAG = re.compile(rb"\s*<([a-zA-Z][\w:.-]*)[^<>]*>\s*<")
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[\[{"\]])')


def signature_of(head: bytes) -> Signature | None:
    """What a file surely is, by its first bytes; None for text of any kind."""
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip(head)
    found = next((each for magic, each in MAGIC.items() if _starts(head, magic)), None)
    return found or _markup(head) or (BINARY if _is_binary(head) else None)


def likely(head: bytes) -> Signature | None:
    """What a file is that could not be read: one that is text may be JSON, or XML without a declaration."""
    found = signature_of(head)
    if found or not head:
        return found
    if _SOME_TAG.match(_plain(head)):
        return XML
    return JSON if _JSON.match(_plain(head)) else TEXT


def refuse_other(kind: str, head: bytes, *, pinned: bool = False) -> None:
    """Refuse a file that is surely of another kind than `kind`, a format of texts.

    Args:
        pinned: its encoding is known, and may be one whose letters look like control characters.

    Raises:
        Refused: with what it is, and the cure.
    """
    found = signature_of(head)
    if found and kind not in found.kinds and not (pinned and found is BINARY):
        raise refusal_of(found)


def read_as(form: Format, kind: str, content: Content, wanted: Sequence[str], *, pinned: bool = False) -> Reading:
    """How a file is read by a format, if it is no file of another one.

    Raises:
        Refused: it cannot be read, with what it is where that is another format.
    """
    if kind in TEXT.kinds:
        refuse_other(kind, content.head(HEAD), pinned=pinned)
    try:
        reading = form.reading(content, wanted)
    except Refused as refusal:
        found = likely(content.head(HEAD))
        if found is None or kind in found.kinds or (pinned and found is BINARY):
            raise
        raise refusal_of(found) from refusal
    if kind in ("csv", "tsv") and not set(reading.names) & set(wanted):
        found = likely(content.head(HEAD))
        if found and kind not in found.kinds:
            raise refusal_of(found)
    return reading


def refusal_of(found: Signature) -> Refused:
    """What is said of a file that is something else than wanted."""
    return Refused(f"is {found.name}.", found.cure)


def _starts(head: bytes, magic: bytes) -> bool:
    return head.startswith(magic) and (not magic.isalnum() or bool(_NO_TEXT.search(head[:512])))


def _zip(head: bytes) -> Signature:
    if b"vnd.oasis.opendocument." in head and b"vnd.oasis.opendocument.spreadsheet" not in head:
        return DOCUMENT
    if head[30:].startswith(b"mimetype"):
        return ODS
    if b"word/" in head or b"ppt/" in head:
        return DOCUMENT
    return EXCEL if b"[Content_Types].xml" in head or b"xl/" in head else ZIP


def _markup(head: bytes) -> Signature | None:
    tag = _TAG.match(_plain(head))
    if not tag:
        return None
    if tag[1].lower() != b"<?xml":
        return HTML
    if b"Excel.Sheet" in head or b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return EXCEL_XML
    return HTML if re.search(rb"<html\b", head[:2000], re.IGNORECASE) else XML


def _plain(head: bytes) -> bytes:
    """The first bytes as UTF-8, whatever the byte order mark says."""
    mark = mark_of(head)
    if not mark:
        return head
    return head[len(mark) :][:4096].decode(MARKS[mark], "ignore").encode()


def _is_binary(head: bytes) -> bool:
    """Whether many bytes are control characters; zeros may be blanks, and UTF-16 has some at every second place."""
    piece = head[:4096]
    if len(piece.translate(None, CONTROLS)) + FEW >= len(piece) or mark_of(head):
        return False
    found = [each.start() for each in _CONTROL.finditer(piece)]
    odd = sum(n % 2 for n in found)
    return 20 * len(found) > len(piece) and 10 * min(odd, len(found) - odd) > len(found)
