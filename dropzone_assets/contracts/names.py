"""Names in dates: months, days of the week, halves of the day, as a locale of the Unicode CLDR writes them.

A name is known without regard to capitals, with and without the dots of an abbreviation, and without its accents where
no other name is written so.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dropzone_assets.errors import BadContract

if TYPE_CHECKING:
    from babel import Locale

WIDE = {"MMM": "abbreviated", "MMMM": "wide", "EEE": "abbreviated", "EEEE": "wide"}
"""Letters of a format → how long CLDR's names are for them."""

ALSO = {"de": ("Mrz", "03")}
"""What Excel and Windows write in that language, and CLDR no longer knows."""

SPACES = ". \u00a0\u202f"
"""What a name is compared without: `p. m.` is `pm`."""

PREFIX = 3
"""As many letters of a month's name are an abbreviation of it, where no other month begins so."""


def names(letters: str, locale: str) -> dict[str, str]:
    """The names that letters of a format stand for → the digits of the month or of the day (Monday is 1), `AM` or `PM`.

    Raises:
        BadContract: the locale does not exist.
    """
    known = _locale(locale)
    if letters == "a":
        return _distinct(_halves(known))
    if letters.startswith("E"):
        return _distinct((str(n + 1), name) for n, name in _listed(known, "days", WIDE[letters]))
    months = [(f"{n:02}", name) for n, name in _listed(known, "months", WIDE[letters])]
    return _distinct([*months, *_abbreviations(known)] if letters == "MMM" else months)


def bare(name: str) -> str:
    """A name as it is compared."""
    return "".join(each for each in name.lower() if each not in SPACES)


def _locale(locale: str) -> "Locale":
    from babel import Locale, UnknownLocaleError  # 0.15 s, for the contracts that name one

    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise BadContract(f"the locale {locale!r} does not exist.", "Name it like de or pt-BR.") from error


def _listed(locale: "Locale", what: str, width: str) -> Iterator[tuple[int, str]]:
    """Names within a date and alone: in Polish `maja`, but `maj`."""
    contexts = getattr(locale, what)
    for context in ("format", "stand-alone"):
        yield from contexts[context][width].items()


def _abbreviations(locale: "Locale") -> Iterator[tuple[str, str]]:
    for n, name in _listed(locale, "months", "wide"):
        yield f"{n:02}", name[:PREFIX]
    if locale.language in ALSO:
        name, digits = ALSO[locale.language]
        yield digits, name


def _halves(locale: "Locale") -> Iterator[tuple[str, str]]:
    periods = locale.day_periods["format"]
    for half in ("am", "pm"):
        yield half.upper(), half
        for width in ("abbreviated", "wide"):
            if name := periods.get(width, {}).get(half):
                yield half.upper(), name


def _distinct(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names that mean one thing. What a name means with its accents goes before what another means without."""
    given = [(meaning, bare(name)) for meaning, name in named]
    found: dict[str, str] = {}
    for change in (unicodedata.normalize, _plain):
        meanings: dict[str, set[str]] = {}
        for meaning, name in given:
            meanings.setdefault(change("NFC", name), set()).add(meaning)
            meanings.setdefault(change("NFD", name), set()).add(meaning)
        found = {name: each.pop() for name, each in meanings.items() if len(each) == 1} | found
    return found


def _plain(form: str, name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", name) if not unicodedata.combining(each))
