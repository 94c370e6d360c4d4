"""How the bytes of a file are text: the encoding it is proven to have, or a refusal that shows what it could be.

The order of proof, strongest first:

1. A byte order mark.
2. UTF-16 without one: every second byte of plain characters is zero, which no other text has.
3. UTF-8: a whole file with other than ASCII characters is valid UTF-8 by design, never by chance. Some broken bytes
   among valid characters of several bytes are broken UTF-8, and cost their records only.
4. The encodings before Unicode, one byte a letter (cp125x) or two (Japanese, Chinese, Korean). All lines with such
   bytes are decoded in each. Those that give the same text are one reading. A reading is impossible when it leaves
   undefined bytes, puts signs inside words or capitals behind small letters, or mixes scripts in a word. For the
   others it counts how many languages explain the letters: `ä ö ü ß €` is German everywhere; `ø á è ì` takes three
   Western languages, but the same bytes are Czech. Two fewer than all others decide. One fewer decides if chardet's
   statistics of letter pairs agree. Where the count is even, they decide for cp1252, the encoding of most such files,
   if two different letters speak for it, and for others only clearly and on enough letters. Else the file is refused.
5. Letters of the winner must stand in words, two at least where few lines have any. Else they are strays: the file is
   UTF-8, and they cost their records.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dropzone_assets.errors import Refused
from dropzone_assets.formats.text.letters import COMMON, IMPOSSIBLE, LANGUAGES, languages_needed
from dropzone_assets.formats.text.strays import are_few, are_strays, speaks

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order mark → encoding; the longer marks come first."""

EVIDENCE = 200_000
"""Bytes of lines with other than ASCII characters that are looked at."""

CLEARLY = 1.5
"""How much surer chardet must be of one reading than of the next."""

ENOUGH = 8
"""Different characters beyond ASCII below which statistics prove nothing."""

BAD = 0.34
"""The share of bytes that may be undefined in the encoding of a file none explains wholly."""

_LINES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def canonical(name: str) -> str:
    """Python's name of an encoding of text.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        known = codecs.lookup(name).name
        if "".encode(known) in (b"", *MARKS) and known not in ("utf-7", "idna", "punycode", "undefined"):
            return known
    except (LookupError, UnicodeError):
        pass
    raise ValueError(f"encoding {name!r} does not exist; use one like utf-8, utf-16, cp1252, shift_jis")


def mark_of(head: bytes) -> bytes:
    """The byte order mark a file starts with, or none."""
    return next((mark for mark in MARKS if head.startswith(mark)), b"")


def encoding_of(head: bytes, blocks: Iterable[bytes]) -> str:
    """The encoding of a file.

    Args:
        head: its first bytes.
        blocks: all of it, once.

    Raises:
        Refused: it could be several.
    """
    found = MARKS.get(mark_of(head)) or _wide(head)
    if found:
        return found
    valid, evidence, extra, size = True, bytearray(), b"", 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    for block in blocks:
        size += len(block)
        if block.isascii() and not extra:
            continue
        if valid:
            valid, extra = _decodes(decoder, block)
        if len(evidence) < EVIDENCE:
            evidence += b"".join(line + b"\n" for line in _LINES.findall(block))
    if (valid and not extra) or _is_broken_utf8(evidence):
        return "utf-8"
    return _legacy(bytes(evidence[:EVIDENCE]), few=are_few(evidence, size, EVIDENCE))


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> tuple[bool, bytes]:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False, b""
    return True, decoder.getstate()[0]


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: zeros at odd places only (little end first) or at even ones only."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    few = len(head) / 20
    if max(even, odd) <= max(few, 1) or min(even, odd) > few:
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    return encoding if "\ufffd" not in text[:-1] and "\0" not in text else ""


def _is_broken_utf8(evidence: bytes | bytearray) -> bool:
    whole = len(_UTF8.findall(evidence))
    return whole > sum(byte > 0x7F for byte in _UTF8.sub(b"", evidence))


def _legacy(evidence: bytes, *, few: bool) -> str:
    lines = evidence.removesuffix(b"\n").split(b"\n")
    readings = list(_readings(lines, bad=0)) or list(_readings(lines, bad=BAD))
    least = min((needed for needed, _, _ in readings), default=IMPOSSIBLE)
    rivals: dict[str, _Rival] = {}
    for needed, encoding, text in readings:
        if needed <= least + 1:
            rival = rivals.setdefault(text, _Rival(text, []))
            rival.encodings.append((needed, encoding))
    best = _winner(evidence, list(rivals.values()), least)
    texts = [(rival.text, rival.encoding) for rival in rivals.values()]
    if best is None and (few or (texts and are_strays(texts))):
        return "utf-8"
    if best is None:
        raise _refusal(lines, [rival.encoding for rival in rivals.values()] or ["cp1252", "cp1251"])
    return best.encoding if speaks(best.text, best.encoding, few=few) else "utf-8"


class _Rival(NamedTuple):
    """One text, and the encodings that give it with the number of languages each needs to explain it."""

    text: str
    encodings: list[tuple[int, str]]

    @property
    def needed(self) -> int:
        return min(needed for needed, _ in self.encodings)

    @property
    def encoding(self) -> str:
        return next(encoding for needed, encoding in self.encodings if needed == self.needed)


def _winner(evidence: bytes, rivals: list[_Rival], least: int) -> _Rival | None:
    """The only text; else the one of fewest languages if chardet agrees; else the one chardet is clearly sure of."""
    if len(rivals) < 2:
        return rivals[0] if rivals else None
    sure = _sureness(evidence, rivals)
    first, second = sorted(rivals, key=lambda rival: sure[rival.text], reverse=True)[:2]
    if [rival for rival in rivals if rival.needed == least] == [first] or _is_ordinary(first, least):
        return first if sure[first.text] > sure[second.text] else None
    clear = sure[first.text] > CLEARLY * sure[second.text] and first.needed == least
    if re.fullmatch("[\x00-\x7f\uff61-\uff9f]*", first.text):
        return None  # narrow Katakana alone: any two bytes of other East Asian text are that too
    return first if clear and min(_letters(rival.text) for rival in rivals) >= ENOUGH else None


def _is_ordinary(rival: _Rival, least: int) -> bool:
    """Two different letters of Western European languages in their own encoding, that of most such files."""
    return (least, "cp1252") in rival.encodings and _letters(rival.text) > 1


def _sureness(evidence: bytes, rivals: list[_Rival]) -> dict[str, float]:
    import chardet  # a model for each language, which most files do not need

    asked = [encoding for rival in rivals for _, encoding in rival.encodings]
    said = chardet.detect_all(
        evidence, ignore_threshold=True, include_encodings=asked, compat_names=False, no_match_encoding=asked[0]
    )
    sure = {str(each["encoding"]).lower(): float(each["confidence"] or 0) for each in said}
    return {rival.text: max(sure.get(encoding, 0.0) for _, encoding in rival.encodings) for rival in rivals}


def _beyond_ascii(text: str) -> int:
    return sum(not letter.isascii() for letter in text)


def _letters(text: str) -> int:
    """Different letters; the euro sign proves nothing."""
    return len({letter for letter in text if not letter.isascii() and letter.isalpha()})


def _readings(lines: list[bytes], bad: float) -> Iterator[tuple[int, str, str]]:
    """What the lines could say, the preferred encoding first: languages needed, encoding, text.

    `bad` is the share of characters that may be undefined.
    """
    joined = b"\n".join(lines)
    for encoding in [*LANGUAGES, *COMMON]:
        text = joined.decode(encoding, "replace")
        if text.count("\ufffd") <= bad * _beyond_ascii(text):
            text = text.replace("\ufffd", "")
            needed = languages_needed(text, encoding)
            if needed < IMPOSSIBLE and (not bad or _beyond_ascii(text)):
                yield needed, encoding, text


def _refusal(lines: list[bytes], encodings: list[str]) -> Refused:
    line = lines[0]
    for each in lines:
        if len({each.decode(encoding, "replace") for encoding in encodings}) > 1:
            line = each
            break
    seen = "; ".join(f"{encoding}: {line.decode(encoding, 'replace')[:60]!r}" for encoding in encodings[:3])
    return Refused(
        f"is not UTF-8, and its encoding is not certain. Line by {seen}.",
        f"Pin it in the contract, for example `format: {{encoding: {encodings[0]}}}`; "
        f"to see it first: dropzone preview FILE --encoding {encodings[0]}",
    )
