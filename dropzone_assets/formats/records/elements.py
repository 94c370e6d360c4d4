"""Where the records of a JSON document stand: element by element, without taking one apart."""

import json
import re
from collections.abc import Collection, Iterator
from itertools import count

from dropzone_assets.formats.format import HEAD, Content, Location
from dropzone_assets.formats.text.copies import as_utf8, blocks_of
from dropzone_assets.formats.text.spans import byte_offsets_of
from dropzone_assets.formats.text.unit_scan import breaks

VALUE = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False).raw_decode
"""Python's own reader of one value; numbers stay text, which has no limit."""

BLANKS = re.compile(r"[ \t\r\n]*+")
STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)

UNKNOWN = (ValueError, RecursionError, StopIteration)
"""What Python reads more strictly than DuckDB raises: a comma at the end of a list, a very deep value."""


def element_locations(content: Content, encoding: str, records: str, wanted: Collection[int]) -> dict[int, Location]:
    """Where the elements of these numbers, from 1, stand in the array at the path `records`.

    Where one object stands there, it is element 1. An element that Python cannot read has only its path.
    """
    text = b"".join(as_utf8(blocks_of(content, content.head(HEAD)), encoding)).decode("latin-1")
    locations = {number: Location(None, None, None, f"{_shown(records)}[{number - 1}]") for number in wanted}
    try:
        at = _descend(text, records)
        array = text.startswith("[", at)
        elements = _elements(text, at, max(wanted, default=0)) if array else iter([(1, at, VALUE(text, at)[1])])
        found = [(number, start, end) for number, start, end in elements if number in locations]
    except UNKNOWN:
        return locations
    offsets = byte_offsets_of(content, encoding, [edge for _, *edges in found for edge in edges])
    for number, start, _ in found:
        where = locations[number].where if array else _shown(records)
        locations[number] = Location(1 + breaks(text[:start].encode("latin-1")), next(offsets), next(offsets), where)
    return {number: location for number, location in locations.items() if location.line}


def first_elements(text: str, records: str, most: int = 200) -> Iterator[str]:
    """The first records of a document as text, as far as its beginning holds them whole."""
    try:
        at = _descend(text, records)
        found = _elements(text, at, most) if text.startswith("[", at) else iter([(1, at, VALUE(text, at)[1])])
        yield from (text[start:end] for _, start, end in found)
    except UNKNOWN:
        return


def leads_to(text: str, records: str) -> bool:
    """Whether a path leads to something in a document, or in what is there of it."""
    try:
        _descend(text, records)
    except UNKNOWN:
        return False
    return True


def _descend(text: str, records: str) -> int:
    """Where the value at the path begins; of two keys of one name the first counts, as for DuckDB."""
    at = _behind_blanks(text, 0)
    for name in filter(None, records.split(".")):
        at = next(at for key, at in _fields(text, at) if key == name)
    return at


def _fields(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The keys of an object, and where the value of each begins."""
    while not text.startswith("}", at := _behind_blanks(text, at + 1)):
        key = STRING.match(text, at)
        if key is None:
            return
        at = _behind_blanks(text, _behind_blanks(text, key.end()) + 1)
        yield json.loads(key[0].encode("latin-1"), strict=False), at
        at = _behind_blanks(text, VALUE(text, at)[1])


def _elements(text: str, at: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The elements of an array up to the one numbered `last`: number, start, end."""
    for number in count(1):
        at = _behind_blanks(text, at + 1)
        if number > last or text.startswith("]", at):
            return
        end = VALUE(text, at)[1]
        yield number, at, end
        at = _behind_blanks(text, end)
        if text.startswith("]", at):
            return


def _behind_blanks(text: str, at: int) -> int:
    found = BLANKS.match(text, at)
    return found.end() if found else at


def _shown(records: str) -> str:
    """A path of keys as people know it."""
    names = [
        name if re.fullmatch(r"\w+", name) else json.dumps(name, ensure_ascii=False) for name in records.split(".")
    ]
    return "".join(f".{name}" for name in ("$", *names) if name not in ("", '""')).removeprefix(".")
