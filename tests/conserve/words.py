"""Words that no other cell has, and how often each is in some bytes or in what came of them."""

import re
from codecs import BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count

WORD = re.compile(r"Qz\d{6}zQ")

MARKS = bytes.maketrans(b"", b""), b"\"\\\x00'\r\n"
"""What a reader may take out of a text: quotes, escapes, line breaks."""


def words() -> Iterator[str]:
    """One after another, all of one length."""
    return (f"Qz{number:06}zQ" for number in count(1))


def text_of(content: bytes) -> str:
    """The bytes as text, a letter for each; for each two where their mark says so."""
    return content.decode("utf-16-le" if content.startswith(BOM_UTF16_LE) else "latin-1", "replace")


def in_bytes(content: bytes) -> Counter[str]:
    """How often each word stands in these bytes as it is."""
    return Counter(WORD.findall(text_of(content)))


def at_most(content: bytes) -> Counter[str]:
    """How often each word can be read in these bytes, also where quotes or escapes stand within it."""
    return in_bytes(content) | in_bytes(content.translate(*MARKS))


def in_texts(texts: Iterable[object]) -> Counter[str]:
    """How often each word is in some values."""
    return Counter(word for text in texts for word in WORD.findall(str(text)))
