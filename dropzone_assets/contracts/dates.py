"""Date patterns: ODCS writes them as Java does, DuckDB and file names as strptime does."""

import re
from collections.abc import Iterator

from dropzone_assets.errors import BadContract

JAVA = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "MM": "%m",
    "MMM": "%b",
    "MMMM": "%B",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "a": "%p",
    "EEE": "%a",
    "EEEE": "%A",
    "X": "%z",
    "XX": "%z",
    "XXX": "%z",
    "Z": "%z",
}
"""Letters of java.time.format.DateTimeFormatter → DuckDB's strptime specifiers."""

WIDTHS = {
    **{"%Y": "[1-9][0-9]{3}", "%g": "[0-9]{3}", "%f": "[0-9]{1,6}"},
    **dict.fromkeys(("%y", "%m", "%d", "%H", "%I", "%M", "%S"), "[0-9]{2}"),
    **dict.fromkeys(("%-m", "%-d", "%-H", "%-I"), "[0-9]{1,2}"),
}
"""Specifier → the digits that Java wants for it; strptime takes fewer, and makes the year 24 of `24`."""

FILE_TOKENS = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d{2})",
    "%m": r"(?P<m>\d{2})",
    "%d": r"(?P<d>\d{2})",
    "%j": r"(?P<j>\d{3})",
    "%H": r"(?P<H>\d{2})",
    "%M": r"(?P<M>\d{2})",
    "%S": r"(?P<S>\d{2})",
    "*": ".*",
    "?": ".",
}
"""What a file pattern may hold beside plain text."""


def strptime_format(java: str) -> str:
    """A Java date pattern as a strptime format.

    Raises:
        BadContract: it has a letter without a counterpart.
    """
    return "".join(_part(match, java) for match in _parts(java))


def shape_of(java: str) -> str:
    """What a text of a Java date pattern looks like, as a regular expression over all of it; digits are counted.

    Raises:
        BadContract: the pattern has a letter without a counterpart.
    """
    return "".join(
        WIDTHS.get(_part(match, java), ".+") if match[2] else re.escape(match[1] or match[4] or "")
        for match in _parts(java)
    )


def parts_of(java: str) -> Iterator[tuple[str, str]]:
    """The parts of a Java date pattern, each as it stands there: first its letters, empty where it is plain text."""
    return ((match[2] or "", match[0]) for match in _parts(java))


def _parts(java: str) -> Iterator[re.Match[str]]:
    if not re.fullmatch(r"('[^']*'|[^'])*", java):
        raise BadContract(f"the format {java!r} has a quote that does not end.", "Close it.")
    return re.finditer(r"'([^']*)'|(([A-Za-z])\3*)|([^A-Za-z']+)", java)


def _part(match: re.Match[str], java: str) -> str:
    letters = match[2]
    if not letters:
        return (match[1] or match[4] or "").replace("%", "%%")
    if letters not in JAVA:
        raise BadContract(f"the format {java!r} has {letters!r}.", f"Use only: {', '.join(JAVA)}.")
    return JAVA[letters]


def file_pattern(pattern: str) -> re.Pattern[str]:
    """A file pattern of a contract as a regular expression over the whole name.

    Raises:
        BadContract: it has a token that names no part of a date, or one token twice.
    """
    parts = re.findall(r"%.|\*|\?|[^%*?]+|%$", pattern)
    unknown = [part for part in parts if part.startswith("%") and part not in FILE_TOKENS]
    if unknown:
        raise BadContract(f"files: {pattern!r} has {unknown[0]!r}.", f"Use only: {', '.join(FILE_TOKENS)}.")
    try:
        return re.compile("".join(FILE_TOKENS.get(part) or re.escape(part) for part in parts))
    except re.error as error:
        raise BadContract(f"files: {pattern!r} has the same token twice.", "Use `?` for the second one.") from error
