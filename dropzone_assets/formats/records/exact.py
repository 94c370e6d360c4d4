"""JSON's numbers digit by digit: what DuckDB would write in another way is handed to it as text with a mark in front.

DuckDB reads every number with a point or an exponent as a double, takes `NaN` and `Infinity` for numbers, and minds no
comma behind the last element. A regular expression finds the few texts in which that could matter; only these are gone
through, all of a vector at once.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dropzone_assets.engine import Connection, literal, teach

MARK, NO_NUMBER = "\ufdd0", "\ufdd1"
"""In front of a number that is kept as text, and of a `NaN` or `Infinity`: characters that no text may interchange."""

_NOTHING = f'"{NO_NUMBER}'

NAN = r"[:,\[]\s*-?(?:[nN][aA]|[iI][nN])"
"""What begins like no number."""

ODD = r"[.][0-9]+0\s*[,}\]]|[0-9][eE][-+]?[0-9]+\s*[,}\]]|[0-9][0-9.]{16}|0[.]000|-0\s*[,}\]]|,\s*[}\]]|" + NAN
"""A number that a double may not give back as it was written, no number, or a comma with nothing behind it."""

LONG = 17
"""Characters from which on a number may have more digits than a double."""

PAD = 8
"""Bytes behind the last one, so that one may look ahead."""

_NUMBER, _LETTER, _BLANK = (np.zeros(256, bool) for _ in range(3))
_NUMBER[list(b"0123456789+-.eE")] = True
_LETTER[list(b"-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] = True
_BLANK[list(b" \t\r\n")] = True

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Offsets = np.ndarray[tuple[int], np.dtype[np.int64]]


class Texts(NamedTuple):
    """JSON texts one behind the other, and where each begins; the last one is the end."""

    data: Bytes
    edges: Offsets


def know(connection: Connection) -> None:
    """Teach a connection the functions that this module's SQL calls."""
    teach(connection, "exact_json", _vector, ("VARCHAR", "BOOLEAN"), "VARCHAR", arrow=True)
    teach(connection, "exact_document", _document, ("VARCHAR", "BOOLEAN"), "VARCHAR")


def odd(text: str) -> str:
    """SQL: whether a text has something that DuckDB reads in its own way; true for some that have not.

    A text that DuckDB writes back as it stands, but for its blanks, has nothing of that kind: it gives all of its
    numbers back, which most of those with 16 digits or more are that another program wrote as doubles.
    """
    return f"CASE WHEN regexp_matches({text}, {literal(ODD)}) THEN NOT coalesce({_stays(text)}, false) ELSE false END"


def _stays(text: str) -> str:
    """SQL: whether DuckDB writes a text as it stands; NULL where it is no JSON."""
    written = f"json(CASE WHEN json_valid({text}) THEN {text} END)"
    return f"NOT regexp_matches({text}, {literal(NAN)}) AND {_without_blanks(text)} = {_without_blanks(written)}"


def _without_blanks(text: str) -> str:
    for blank in ("' '", "chr(9)", "chr(10)", "chr(13)"):
        text = f"replace({text}, {blank}, '')"
    return text


def exact(text: str, lenient: bool, function: str = "exact_json") -> str:
    """SQL: an odd text with its marks; NULL where it is no JSON, which with `lenient` is not for a comma too many."""
    return f"{function}(CASE WHEN json_valid({text}) THEN {text} END, {literal(lenient)})"


def plain(text: str) -> str:
    """SQL: a value or a piece of JSON that was taken out of a marked text, without the marks."""
    first, second, within = literal(MARK), literal(NO_NUMBER), literal(f'"[{MARK}{NO_NUMBER}]([^"]*)"')
    return (
        f"CASE WHEN NOT contains({text}, {first}) AND NOT contains({text}, {second}) THEN {text} "
        f"WHEN ({text})[1] IN ({first}, {second}) THEN ({text})[2:] "
        f"ELSE regexp_replace({text}, {within}, '\\1', 'g') END"
    )


def has_no_number(text: str) -> str:
    """SQL: whether a marked text has a `NaN` or an `Infinity`."""
    return f"odd AND contains({text}::VARCHAR, {literal(_NOTHING)})"


def no_numbers(text: str) -> str:
    """SQL: how many of them it has."""
    marks = literal(_NOTHING)
    return f"(strlen({text}) - strlen(replace({text}, {marks}, ''))) // strlen({marks})"


def without_numbers(text: str) -> str:
    """SQL: the text with `null` in their place."""
    found = literal(_NOTHING + '[^"]*"')
    return f"regexp_replace({text}::VARCHAR, {found}, 'null', 'g')::JSON"


def stray_comma(text: str) -> int:
    """The line, from 1, of the first comma in a JSON text that has nothing behind it; 0 where there is none."""
    data = np.concatenate([np.frombuffer(text.encode(errors="replace"), np.uint8), np.zeros(PAD, np.uint8)])
    commas = _commas(data, _quotes(data))
    return 1 + int((data[: commas[0]] == ord("\n")).sum()) if len(commas) else 0


def _commas(data: Bytes, quotes: Offsets) -> Offsets:
    """The commas behind which a list or an object ends."""
    commas = _outside(np.flatnonzero(data == ord(",")), quotes)
    found: Offsets = commas[np.isin(data[_skip(data, commas + 1, _BLANK, 1)], list(b"]}"))]
    return found


def _vector(texts: pa.ChunkedArray, lenient: pa.ChunkedArray) -> pa.Array:
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    small = whole.cast(pa.large_string())
    _, offsets, data = small.buffers()
    edges = np.frombuffer(offsets, np.int64)[small.offset : small.offset + len(small) + 1]
    taken = np.frombuffer(data, np.uint8)[edges[0] : edges[-1]] if data and len(edges) else np.zeros(0, np.uint8)
    done, none = _exact(Texts(taken, edges - edges[0]), bool(len(lenient) and lenient[0].as_py()))
    none |= small.is_null().to_numpy(zero_copy_only=False)
    valid = pa.py_buffer(np.packbits(~none, bitorder="little"))
    buffers = [valid, pa.py_buffer(done.edges), pa.py_buffer(done.data)]
    return pa.Array.from_buffers(pa.large_string(), len(small), buffers).cast(pa.string())


def _document(text: str | None, lenient: bool) -> str | None:
    if text is None:
        return None
    data = np.frombuffer(text.encode(), np.uint8)
    done, none = _exact(Texts(data, np.array([0, len(data)])), lenient)
    return None if none[0] else done.data.tobytes().decode()


def _exact(texts: Texts, lenient: bool) -> tuple[Texts, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Texts with marks, and which of them are no JSON for a comma that is too many.

    What DuckDB holds for JSON is well formed otherwise, so a number ends where its characters do.
    """
    data = np.concatenate([texts.data, np.zeros(PAD, np.uint8)])
    quotes = _quotes(data)
    starts, ends = _numbers(data, quotes)
    nothing = _tokens(data, _outside(_words(data), quotes), _LETTER)
    commas = _commas(data, quotes)
    none = np.zeros(len(texts.edges) - 1, bool)
    added = [(starts, f'"{MARK}'), (ends, '"')]
    added += [(nothing[0], f'"{NO_NUMBER}'), (nothing[1], '"')]
    if lenient:
        data[commas] = ord(" ")
    else:
        none[np.searchsorted(texts.edges, commas, "right") - 1] = True
    return _with(Texts(data[:-PAD], texts.edges), added), none


def _quotes(data: Bytes) -> Offsets:
    """Where strings begin and end: the quotes that no backslash makes a character."""
    quotes = np.flatnonzero(data == ord('"'))
    doubtful = data[quotes - 1] == ord("\\")
    if doubtful.any():
        before = quotes[doubtful] - 1
        doubtful[doubtful] = (before - _skip(data, before, np.arange(256) == ord("\\"), -1)) % 2 == 1
    found: Offsets = quotes[~doubtful]
    return found


def _outside(offsets: Offsets, quotes: Offsets) -> Offsets:
    """Those that are in no string."""
    found: Offsets = offsets[np.searchsorted(quotes, offsets) % 2 == 0]
    return found


def _once(offsets: Offsets) -> Offsets:
    """Offsets in their order, each once."""
    ordered = np.sort(offsets)
    found: Offsets = ordered[np.diff(ordered, prepend=-2) > 0]
    return found


def _numbers(data: Bytes, quotes: Offsets) -> tuple[Offsets, Offsets]:
    """Where the numbers begin and end that a double may not give back as they are written."""
    digits = (data >= ord("0")) & (data <= ord("9"))
    exponents = np.flatnonzero((data | 32) == ord("e"))
    exponents = _outside(exponents[digits[exponents - 1]], quotes)
    minus = np.flatnonzero(data == ord("-"))
    zeros = _outside(minus[(data[minus + 1] == ord("0")) & ~_NUMBER[data[minus + 2]]], quotes)
    starts, ends = _tokens(data, _outside(np.flatnonzero(data == ord(".")), quotes), _NUMBER)
    first = starts + (data[starts] == ord("-"))
    small = (data[first] == ord("0")) & (data[first + 2] == ord("0")) & (data[first + 4] == ord("0"))
    lossy = (ends - starts >= LONG) | small | (data[ends - 1] == ord("0")) & (data[ends - 2] != ord("."))
    others = _tokens(data, np.concatenate([exponents, zeros]), _NUMBER)
    begin = _once(np.concatenate([starts[lossy], others[0]]))
    return begin, _skip(data, begin, _NUMBER, 1)


def _words(data: Bytes) -> Offsets:
    """Where `nan` or `inf` may begin, in any case."""
    offsets = np.flatnonzero(((data | 32) == ord("n")) | ((data | 32) == ord("i")))
    pair = (data[offsets].astype(np.int64) | 32) * 256 + (data[offsets + 1] | 32)
    found: Offsets = offsets[np.isin(pair, [ord("n") * 256 + ord("a"), ord("i") * 256 + ord("n")])]
    return found


def _tokens(data: Bytes, offsets: Offsets, kind: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Offsets, Offsets]:
    """Where the tokens around offsets begin and end."""
    starts = _once(_skip(data, offsets - 1, kind, -1) + 1)
    return starts, _skip(data, starts, kind, 1)


def _skip(data: Bytes, offsets: Offsets, kind: np.ndarray[tuple[int], np.dtype[np.bool_]], step: int) -> Offsets:
    """From each place on, the first that holds no byte of a kind; one in front of the first byte is -1."""
    offsets = offsets.copy()
    going = np.flatnonzero((offsets >= 0) & kind[data[offsets]])
    while len(going):
        offsets[going] += step
        going = going[(offsets[going] >= 0) & kind[data[offsets[going]]]]
    return offsets


def _with(texts: Texts, added: list[tuple[Offsets, str]]) -> Texts:
    """Texts with pieces put in at offsets."""
    pieces = [(offsets, np.frombuffer(piece.encode(), np.uint8)) for offsets, piece in added]
    offsets = np.concatenate([np.repeat(at, len(piece)) for at, piece in pieces])
    values = np.concatenate([np.tile(piece, len(at)) for at, piece in pieces])
    edges = texts.edges + np.searchsorted(np.sort(offsets), texts.edges)
    return Texts(np.insert(texts.data, offsets, values), edges)
