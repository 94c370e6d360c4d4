"""Files as DuckDB reads them: UTF-8 with one kind of line break. A file that is otherwise is copied so, in chunks."""

import codecs
import mmap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from dropzone_assets.formats.format import HEAD, Content
from dropzone_assets.formats.text.shape import Quoting, Shape

BLOCK = 1 << 20
ENDS = ("\r\n", "\n", "\r")
MIXED = "mixed"

_BAD = "\udcff"
"""Stands for bytes that are no character: written as a byte no UTF-8 has, so that DuckDB refuses the record."""


def _set_aside(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _BAD, error.end


codecs.register_error("dropzone.set_aside", _set_aside)


def blocks_of(content: Content, head: bytes) -> Iterator[bytes]:
    """All bytes of a file; `head` are its first, and a short file needs no second look."""
    if len(head) < HEAD:
        yield head
        return
    with content.file().open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def holds(blocks: Callable[[], Iterable[bytes]], encoding: str, marks: str) -> bool:
    """Whether the last byte of any of these characters is in a file; where none is, none of the characters is."""
    ends = [mark.encode(encoding)[-1:] for mark in marks]
    return any(end in block for block in blocks() for end in ends)


def opened(content: Content, encoding: str, newline: str | None = "") -> TextIO:
    """A file as text behind its byte order mark; bytes that are no character become U+FFFD."""
    file = content.file().open(encoding=encoding, errors="replace", newline=newline)
    if file.read(1) != "\ufeff":
        file.seek(0)
    return file


def as_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The same text in UTF-8, without a byte order mark. What cannot be decoded becomes a byte UTF-8 does not have."""
    decoder = codecs.getincrementaldecoder(encoding)("dropzone.set_aside")
    start = True
    for block in blocks:
        text = decoder.decode(block)
        if start and text:
            text, start = text.removeprefix("\ufeff"), False
        yield encoded(text)
    yield encoded(decoder.decode(b"", final=True))


def encoded(text: str) -> bytes:
    """Text in UTF-8, with what could not be decoded as a byte that UTF-8 does not have."""
    return text.encode("utf-8", "surrogateescape")


def ends_of(blocks: Iterable[bytes]) -> str:
    """The one line break a file has, `MIXED` when there are several, inside of quotes or not."""
    both = feeds = returns = 0
    last = b""
    for block in blocks:
        if b"\r" in block or last == b"\r":
            feeds, returns = feeds + block.count(b"\n"), returns + block.count(b"\r")
            both += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
        else:
            feeds += b"\n" in block
        last = block[-1:]
    found = [end for end, times in zip(ENDS, (both, feeds - both, returns - both), strict=True) if times]
    return MIXED if len(found) > 1 else (found or ["\n"])[0]


def copy(content: Content, encoding: str, quoting: Quoting | None, to: Path) -> Path:
    """A copy in UTF-8; with `quoting`, records end with a line feed and breaks inside of quotes stay as they are."""
    plain = to.with_suffix(".utf8") if quoting else to
    with plain.open("wb") as file:
        file.writelines(as_utf8(blocks_of(content, content.head(HEAD)), encoding))
    if quoting:
        with plain.open("rb") as file, to.open("wb") as target:
            target.writelines(_one_kind_of_end(file.fileno(), quoting))
        plain.unlink()
    return to


def _one_kind_of_end(descriptor: int, quoting: Quoting) -> Iterator[bytes]:
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as text:
        for unit in Shape(quoting).unit(ended=True).finditer(text):
            yield unit[1] + (b"\n" if unit.end() > unit.end(1) else b"")
