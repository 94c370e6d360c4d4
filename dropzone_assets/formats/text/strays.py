"""Whether the bytes beyond ASCII of a file speak for an encoding, or are strays in a file that has none of them."""

import re
from collections.abc import Iterable
from unicodedata import category

from dropzone_assets.formats.text.letters import COMMON

SHARE = 20
"""Strays stand in less than one of so many bytes of a file, by the lines they are in."""

WORD = 3
"""Letters of a word."""

_WORDS = re.compile(r"[^\W\d_]+")


def are_few(lines: bytes | bytearray, size: int, most: int) -> bool:
    """Whether the lines with bytes beyond ASCII, of which at most `most` bytes are kept, are few in a file."""
    return len(lines) < most and len(lines) * SHARE < size


def speaks(text: str, encoding: str, *, few: bool) -> bool:
    """Whether a reading has words with such letters: one is enough where not few lines have any, else two.

    Signs (`°`, `€`) are as good as words; letters that stand alone are not.
    """
    return _without_letters(text) or _in_words(text, encoding) > few


def are_strays(readings: Iterable[tuple[str, str]]) -> bool:
    """Whether no reading (text, encoding) is worth to be asked for: all of them have letters that stand alone."""
    return not any(_in_words(text, encoding) or _without_letters(text) for text, encoding in readings)


def _in_words(text: str, encoding: str) -> int:
    least = 2 if encoding in COMMON else WORD
    words = (word for word in _WORDS.findall(text) if len(word) >= least)
    return sum(not letter.isascii() for word in words for letter in word)


def _without_letters(text: str) -> bool:
    return not any(category(sign)[0] in "LM" for sign in text if not sign.isascii())
