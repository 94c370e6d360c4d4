"""Where a byte of a text in UTF-8 stood in the file, which is written in another encoding."""

import codecs
from collections.abc import Iterable, Iterator, Sequence

from dropzone_assets.formats.text.copies import encoded
from dropzone_assets.formats.text.encoding import MARKS

PIECE = 1 << 16
"""Bytes that are decoded at a time, some of them several times."""


def mark_length(head: bytes, encoding: str) -> int:
    """How many bytes at the start of a file are a byte order mark of its encoding."""
    for mark in MARKS:
        if head.startswith(mark):
            decoder = codecs.getincrementaldecoder(encoding)("replace")
            if decoder.decode(mark) in ("", "\ufeff") and not decoder.getstate()[0]:
                return len(mark)
    return 0


def byte_offsets(blocks: Iterable[bytes], encoding: str, mark: int, offsets: Sequence[int]) -> Iterator[int]:
    """The places in the file of some places in its text.

    Args:
        blocks: the file, of which the first block has the byte order mark.
        mark: how long that is.
        offsets: in the text as UTF-8, in rising order.
    """
    decoder = codecs.getincrementaldecoder(encoding)("dropzone.set_aside")
    waiting, at, seen, head = iter(offsets), mark, 0, mark
    offset = next(waiting, None)
    for block in blocks:
        if head:
            decoder.decode(block[:head])
            block, head = block[head:], 0
        for piece in (block[n : n + PIECE] for n in range(0, len(block), PIECE)):
            while offset is not None and (cut := _cut(decoder, piece, offset - seen)) is not None:
                seen += len(encoded(decoder.decode(piece[:cut])))
                piece, at = piece[cut:], at + cut
                yield at
                offset = next(waiting, None)
            if offset is None:
                return
            seen += len(encoded(decoder.decode(piece)))
            at += len(piece)
    while offset is not None:
        yield at
        offset = next(waiting, None)


def _cut(decoder: codecs.IncrementalDecoder, piece: bytes, wanted: int) -> int | None:
    """The fewest bytes that give so much text; None when all of them give less. The decoder stays as it was."""
    state = decoder.getstate()

    def given(length: int) -> int:
        decoder.setstate(state)
        return len(encoded(decoder.decode(piece[:length])))

    low, high = 0, len(piece)
    enough = given(high) >= wanted
    while enough and low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if given(middle) >= wanted else (middle + 1, high)
    decoder.setstate(state)
    return low if enough else None
