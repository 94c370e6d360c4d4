"""Where the records of a text file stand: their lines, and their bytes in the file as it was delivered."""

from codecs import getincrementaldecoder
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from dropzone_assets.formats.format import HEAD, Content, Location, Span
from dropzone_assets.formats.text.byte_offsets import byte_offsets, mark_length
from dropzone_assets.formats.text.copies import as_utf8, blocks_of
from dropzone_assets.formats.text.shape import Shape
from dropzone_assets.formats.text.unit_scan import Unit, UnitScan


def text_pieces(content: Content, encoding: str) -> Iterator[bytes]:
    """A file as UTF-8, behind its byte order mark."""
    head = content.head(HEAD)
    blocks = blocks_of(content, head)
    return _behind(blocks, mark_length(head, encoding)) if encoding == "utf-8" else as_utf8(blocks, encoding)


def unit_scan(content: Content, encoding: str, shape: Shape) -> UnitScan:
    """A walk through a file."""
    return UnitScan(shape, text_pieces(content, encoding))


def text_locations(content: Content, encoding: str, shape: Shape, records: Collection[int]) -> dict[int, Location]:
    """Where these records stand, as far as they exist; each with its line break."""
    found = list(unit_scan(content, encoding, shape).records(records))
    offsets = byte_offsets_of(content, encoding, [edge for _, unit in found for edge in (unit.start, unit.end)])
    edges = zip(offsets, offsets, strict=True)
    return {
        number: Location(unit.line, start, end, _where(unit))
        for (number, unit), (start, end) in zip(found, edges, strict=True)
    }


def text_at(content: Content, encoding: str, location: Location) -> str:
    """The bytes at a place as text, without the line break at its end."""
    if location.start is None or location.end is None:
        return ""
    decoder = getincrementaldecoder(encoding)("replace")
    head = content.head(HEAD)
    decoder.decode(head[: mark_length(head, encoding)])
    with content.file().open("rb") as file:
        file.seek(location.start)
        return decoder.decode(file.read(location.end - location.start), True).rstrip("\r\n")


def text_spans(content: Content, encoding: str, shape: Shape) -> Iterator[Span]:
    """The file from its first byte to its last; its byte order mark counts as skipped."""
    units = list(unit_scan(content, encoding, shape).units())
    mark = mark_length(content.head(HEAD), encoding)
    if mark:
        yield Span("skipped", 0, mark)
    start = mark
    ends = byte_offsets_of(content, encoding, [unit.end for unit in units[:-1]])
    for unit, end in zip(units, chain(ends, [content.size]), strict=True):
        yield Span(unit.kind, start, end)
        start = end


def byte_offsets_of(content: Content, encoding: str, offsets: list[int]) -> Iterator[int]:
    """Where bytes of the text, which is UTF-8 behind its byte order mark, stand in the file; in rising order."""
    head = content.head(HEAD)
    mark = mark_length(head, encoding)
    if encoding == "utf-8":
        return (offset + mark for offset in offsets)
    return byte_offsets(blocks_of(content, head), encoding, mark, offsets)


def _behind(blocks: Iterable[bytes], mark: int) -> Iterator[bytes]:
    for block in blocks:
        yield block[mark:]
        mark = 0


def _where(unit: Unit) -> str:
    return f"line {unit.line}" if unit.line == unit.last else f"lines {unit.line} to {unit.last}"
