"""Which letters the languages of an encoding are written with: how plausible a decoded text is."""

import re
from functools import cache
from itertools import pairwise

_WESTERN = (
    "äöüß",
    "àâæçéèêëîïôœùûüÿ",
    "áéíñóúü",
    "áâãàçéêíóôõúü",
    "àèéìíîòóù",
    "åäöé",
    "æøåéóòô",
    "éèëïóöü",
    "áðéíóúýþæö",
    "àçéèíïóòúü",
)
_CENTRAL = (
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "áéíóöőúüű",
    "čćđšž",
    "ăâîşţ",
    "äöüß",
    "çë",
)
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўђјљњћџѓќѕ"

LANGUAGES = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1254": ("çğıöşüâîûi̇",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž", "äöüß"),
    "cp1251": (_CYRILLIC,),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",),
    "cp1255": ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",),
    "cp1256": ("ابةتثجحخدذرزسشصضطظعغفقكلمنهوىيءآأؤإئپچژگ",),
}
"""Encoding of one byte a letter → the alphabets, beyond a to z, of the languages written in it."""

LATIN = {"cp1252", "cp1250", "cp1254", "cp1257"}

COMMON = {
    "cp932": ("cp932", range(0x81, 0x99)),
    "gb18030": ("gb2312", range(0xA1, 0xD8)),
    "cp949": ("cp949", range(0xA1, 0xC9)),
    "euc_jis_2004": ("euc_jis_2004", range(0xA1, 0xD0)),
    "big5": ("big5", range(0xA1, 0xC7)),
}
"""Encoding of two bytes a letter → the character set and the lead bytes of what is written every day."""

_WORDS = re.compile(r"[^\W\d_]+")
_SIGN = r"[^\w\s\x00-\x7f’‑–—“”„«»…\u3000-\u30ff\uff00-\uffef]"
_ODD = re.compile(
    rf"(?<=[^\W\d_]){_SIGN}(?=[^\W\d_])|{_SIGN}{{2}}|[¹²³][^\W\d_]|[\x80-\x9f\ufffd\ue000-\uf8ff]|[àèìòù]{{2}}"
)
"""What no language does: a sign inside a word, signs in a row, a raised digit before a letter, control characters, two
grave accents in a row."""

IMPOSSIBLE = 99
NEVER_ALONE = 3
"""Letters of a Latin word that do not all have accents."""


def languages_needed(text: str, encoding: str) -> int:
    """How many languages it takes to explain the letters of a decoded text: 1 is best, `IMPOSSIBLE` is none."""
    if encoding in COMMON:
        return _everyday(text, encoding)
    words = [word for word in _WORDS.findall(text) if not word.isascii()]
    if _ODD.search(text) or not all(_possible(word, encoding in LATIN) for word in words):
        return IMPOSSIBLE
    letters = frozenset(letter for word in words for letter in word.lower() if not letter.isascii())
    return _cover(letters - frozenset("ªº"), encoding)


def _possible(word: str, latin: bool) -> bool:
    """Capitals do not follow small letters; accents are rare in Latin words; others hold no Latin letter."""
    foreign = [letter for letter in word if not letter.isascii()]
    if any(a.islower() and b.isupper() and not b.isascii() for a, b in pairwise(word)):
        return False
    return len(foreign) < len(word) or len(word) < NEVER_ALONE if latin else len(foreign) == len(word)


@cache
def _cover(letters: frozenset[str], encoding: str) -> int:
    needed = 0
    while letters:
        best = max((frozenset(each) for each in LANGUAGES[encoding]), key=lambda each: len(letters & each))
        if not letters & best:
            return IMPOSSIBLE
        letters, needed = letters - best, needed + 1
    return max(needed, 1)


def _everyday(text: str, encoding: str) -> int:
    charset, leads = COMMON[encoding]
    foreign = [letter for letter in text if not letter.isascii()]
    common = sum((letter.encode(charset, "ignore") or b"\0")[0] in leads for letter in foreign)
    narrow = sum("\uff61" <= letter <= "\uff9f" for letter in foreign)
    latin = re.search("[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][a-z]", text) is not None
    if narrow == len(foreign):
        return IMPOSSIBLE if latin else 1
    return 1 if common + narrow > 0.8 * len(foreign) and not (latin and len(foreign) < NEVER_ALONE) else IMPOSSIBLE
