"""What happens to files on their way: quotes flip, lines are cut, separators change, encodings mix, parts are lost."""

import re
from collections.abc import Callable
from io import BytesIO
from random import Random
from zipfile import ZipFile

from tests.conserve.samples import workbook

Damage = Callable[[bytes, Random], bytes]

TEXT = {"csv", "tsv", "fixed_width", "json", "ndjson"}
"""Kinds whose bytes are text."""


def _at(content: bytes, chance: Random) -> int:
    return chance.randrange(len(content) + 1)


def _insert(*pieces: bytes) -> Damage:
    def insert(content: bytes, chance: Random) -> bytes:
        at = _at(content, chance)
        return content[:at] + chance.choice(pieces) + content[at:]

    return insert


def _replace(pattern: bytes, *pieces: bytes) -> Damage:
    """One or all of what matches is something else."""

    def replace(content: bytes, chance: Random) -> bytes:
        found = list(re.finditer(pattern, content))
        if not found:
            return content
        piece = chance.choice(pieces)
        if chance.random() < 0.2:
            return re.sub(pattern, lambda _: piece, content)
        hit = chance.choice(found)
        return content[: hit.start()] + piece + content[hit.end() :]

    return replace


def _cut(content: bytes, chance: Random) -> bytes:
    """The end is lost, or the beginning, or a piece between them."""
    first, last = sorted((_at(content, chance), _at(content, chance)))
    return chance.choice([content[:first], content[last:], content[:first] + content[last:]])


def _twice(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines or [b""]))
    return b"".join(lines)


def _moved(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def _flip(content: bytes, chance: Random) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


TEXTS: tuple[Damage, ...] = (
    _insert(b'"', b"'", b"\\", b'""', b'"\n'),
    _insert(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r\n"),
    _insert(b",", b";", b"\t", b"|", b",,,,", b" "),
    _insert(b"\xff", b"\xc3", b"\x00", b"\xe4\xf6\xfc", "\ufeff".encode(), b"\x1a", b"\xff\xfe"),
    _insert(b"{", b"}", b"[", b"]", b":", b"null", b"NaN", b"//", b"5\n", b'{"a":1}\n'),
    _replace(b'"', b"", b"'", b'""', b"\\"),
    _replace(b"[,;|\t]", b";", b",", b"\t", b""),
    _replace(b"\r?\n", b"", b"\r", b"\r\n", b"\n\n"),
    _replace(b'","', b'",', b',"', b'"",""'),
    _replace(b"[{}]", b"", b"}", b"["),
    _cut,
    _twice,
    _moved,
    _flip,
)

_SHEET = (
    _replace(rb"(?s)<c [^>]*>.*?</c>", b"", b'<c r="A1"/>', b"<c><v>5</v></c>"),
    _replace(rb'r="[A-E]\d+"', b"", b'r="A2"', b'r="ZZ9"', b'r="B0"'),
    _replace(rb'<row r="\d+"', b"<row", b'<row r="2"', b'<row r="1"', b'<row r="99"'),
    _replace(rb't="inlineStr"', b't="s"', b't="e"', b't="str"', b't="b"', b't="n"', b't="d"', b""),
    _replace(rb"</row>", b""),
    _flip,
)


def _sheet(content: bytes, chance: Random) -> bytes:
    """The XML of a workbook's sheet is damaged, the zip around it is sound."""
    with ZipFile(BytesIO(content)) as zipped:
        sheet = zipped.read("xl/worksheets/sheet1.xml")
    return workbook(chance.choice(_SHEET)(sheet, chance).decode("utf-8", "replace"))


def damaged(kind: str, content: bytes, chance: Random) -> bytes:
    """A file with some damage, most often a little."""
    choices: tuple[Damage, ...] = TEXTS if kind in TEXT else (_sheet,) if kind == "excel" else (_flip, _cut)
    for _ in range(chance.choice([0, 1, 1, 1, 1, 2, 3])):
        content = chance.choice(choices)(content, chance)
    return content


def seen(kind: str, content: bytes) -> bytes:
    """The bytes in which the words of a file stand: those of a workbook's sheet, of other files all."""
    if kind != "excel":
        return content
    with ZipFile(BytesIO(content)) as zipped:
        return b"".join(re.findall(rb"(?s)<c[ >].*?</c>", zipped.read("xl/worksheets/sheet1.xml")))
