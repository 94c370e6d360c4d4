"""Whether a text ends inside of quotes: DuckDB keeps that to itself when it reads many files together."""

import re
from collections.abc import Iterable
from functools import lru_cache

from dropzone_assets.formats.text.shape import Quoting, inside

BEFORE = 2
"""Bytes before a quote that say whether a value begins with it."""


def ends_open(pieces: Iterable[bytes], quoting: Quoting) -> bool:
    """Whether the last quote that opens a value is never closed."""
    if not quoting.quote:
        return False
    quote = quoting.quote.encode()
    text, at, waiting = b"", 0, list[bytes]()
    for piece in pieces:
        if quote not in piece and at == len(text):
            text, at = (text + piece)[-BEFORE:], min(BEFORE, len(text) + len(piece))
            continue
        waiting.append(piece)
        if sum(map(len, waiting)) > len(text) - at:
            text = b"".join([text[max(0, at - BEFORE) :], *waiting])
            at = _behind(text, min(at, BEFORE), quoting, ended=False)
            waiting.clear()
    text = b"".join([text, *waiting])
    return _behind(text, at, quoting, ended=True) < len(text)


def _behind(text: bytes, at: int, quoting: Quoting, *, ended: bool) -> int:
    """The end of what is surely closed."""
    found = _closed(quoting, ended).match(text, at)
    return found.end() if found else at


@lru_cache(64)
def _closed(quoting: Quoting, ended: bool) -> re.Pattern[bytes]:
    """Text without quotes, values between quotes, and quotes that open none; an escape at the end is a closing one."""
    quote, delimiter = (re.escape(each.encode()) for each in (quoting.quote, quoting.delimiter))
    opens = rb"(?:(?<![^\r\n])|(?<=\A )|(?<=[\r\n] )|(?<=" + delimiter + rb")|(?<=" + delimiter + rb" ))" + quote
    quoted = inside(quoting) + quote
    again = rb"(?: ++" + quote + quoted + rb")*+(?! ++" + quote + rb")"
    value = opens + quoted + again + (b"" if ended else rb"(?! *+\Z)")
    if ended and quoting.escape not in ("", quoting.quote):
        value += rb"|" + opens + inside(quoting) + re.escape(quoting.escape.encode()) + rb"\Z"
    return re.compile(rb"(?:[^" + quote + rb"]++|" + value + rb"|(?!" + opens + rb")" + quote + rb")*+")
