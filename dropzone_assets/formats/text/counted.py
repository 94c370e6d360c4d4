"""How many records a text has, counted from its bytes alone: what a reader loses without a word is missed here."""

from collections.abc import Iterable

from dropzone_assets.formats.format import Content
from dropzone_assets.formats.text.shape import Shape
from dropzone_assets.formats.text.spans import text_pieces, unit_scan


def holds_records(content: Content, encoding: str, shape: Shape, end: str, read: int) -> bool:
    """Whether a file has as many records as were read.

    A record holds one line break or more, so where lines and records come out even, none is missing. Only another file
    is taken apart.
    """
    above = shape.skip + shape.header
    if len(end) <= len("\r\n") and _lines(text_pieces(content, encoding), end.encode(), shape.blank) == read + above:
        return True
    return unit_scan(content, encoding, shape).count() == read


def _lines(pieces: Iterable[bytes], end: bytes, blank: bytes | None) -> int:
    """How many lines a text has; -1 where some may be blank."""
    lines, before = 0, end if blank is not None else b""
    for piece in pieces:
        if not piece:
            continue
        if blank is not None and end + end in before + piece:
            return -1
        lines += piece.count(end[-1:])
        before = piece[-len(end) :]
    return lines + (not before.endswith(end[-1:]) and before != b"")
