"""SQL that reads a text by one format of a date, with names of a locale where the format has names."""

from typing import NamedTuple

from dropzone_assets.contracts.dates import parts_of, shape_of, strptime_format
from dropzone_assets.contracts.names import SPACES, names
from dropzone_assets.engine import literal
from dropzone_assets.errors import BadContract

LOCALE = "en"
"""Whose names are read where the contract names no locale."""

DAYS = ("EEE", "EEEE")
ZONES = ("X", "XX", "XXX", "Z")
NAMED = ("MMM", "MMMM", "a", *DAYS)


class Read(NamedTuple):
    """SQL over `{text}` that gives a moment or NULL: a TIMESTAMPTZ where the format has an offset, else a TIMESTAMP."""

    sql: str
    zoned: bool


class _Piece(NamedTuple):
    """A part of a format: its letters where they are a name or an offset; its shape; its strptime format."""

    letters: str
    shape: str
    form: str


def read_by(pattern: str, locale: str = "") -> Read:
    """How a text of one format is read.

    Args:
        locale: whose names of months, days and halves of the day they are; without one they are English.

    Raises:
        BadContract: the format has a letter without a counterpart, or the locale does not exist.
    """
    form = strptime_format(pattern)
    letters = {letters for letters, _ in parts_of(pattern)}
    if not letters.intersection(NAMED if locale else DAYS):
        text = "regexp_replace({text}, 'Z$', '+00')" if form.endswith("%z") else "{text}"
        shaped = f"regexp_full_match({{text}}, {template(shape_of(pattern))})"
        return Read(f"CASE WHEN {shaped} THEN try_strptime({text}, {template(form)}) END", "%z" in form)
    return Read(_by_names(_pieces(pattern), locale or LOCALE), "%z" in form)


def template(text: str) -> str:
    """A literal in SQL that is a template, of which `{text}` is filled in later."""
    return literal(text).replace("{", "{{").replace("}", "}}")


def _pieces(pattern: str) -> list[_Piece]:
    """The parts of a format; what is no name and no offset stays together."""
    pieces: list[_Piece] = []
    for letters, _ in (parts := list(parts_of(pattern))):
        if letters in DAYS and [each for each, _ in parts].count(letters) > 1:
            raise BadContract(f"the format {pattern!r} has {letters!r} twice.", "Name the day once.")
    for letters, own in parts:
        apart = letters in NAMED or letters in ZONES
        piece = _Piece(letters if apart else "", ".+?" if apart else shape_of(own), strptime_format(own))
        if pieces and not apart and not pieces[-1].letters:
            last = pieces.pop()
            piece = _Piece("", last.shape + piece.shape, last.form + piece.form)
        pieces.append(piece)
    return pieces


def _by_names(pieces: list[_Piece], locale: str) -> str:
    """The text taken apart once, its names made digits, and put together for strptime; the day must be the date's."""
    shape = "".join(f"({piece.shape})" for piece in pieces).join((r"\A", r"\z"))
    fields = ", ".join(f"'g{n}'" for n in range(len(pieces)))
    apart = f"regexp_extract({{text}}, {template(shape)}, [{fields}])"
    value = _together(pieces, locale, zones=True)
    days = [n for n, piece in enumerate(pieces) if piece.letters in DAYS]
    if days:
        day = _digits(f"g.g{days[0]}", pieces[days[0]].letters, locale)
        value = f"CASE WHEN isodow({_together(pieces, locale, zones=False)})::VARCHAR = {day} THEN {value} END"
    return f"list_transform([{apart}], lambda g: {value})[1]"


def _together(pieces: list[_Piece], locale: str, *, zones: bool) -> str:
    """SQL over the parts `g` of a text: the moment, or without `zones` what its clock showed."""
    texts, forms = ["'|'"], ["|"]  # strptime would skip a blank that is first
    for n, piece in enumerate(pieces):
        own = f"g.g{n}"
        if piece.letters in DAYS or (piece.letters in ZONES and not zones):
            continue
        if piece.letters in ZONES:
            own = f"regexp_replace({own}, '^Z$', '+00')"
        elif piece.letters:
            own = _digits(own, piece.letters, locale)
        texts.append(own)
        forms.append("%m" if piece.letters in ("MMM", "MMMM") else piece.form)
    return f"try_strptime({' || '.join(texts)}, {template(''.join(forms))})"


def _digits(name: str, letters: str, locale: str) -> str:
    cases = " ".join(f"WHEN {template(each)} THEN {literal(n)}" for each, n in names(letters, locale).items())
    return f"CASE lower(translate({name}, {literal(SPACES)}, '')) {cases} END"
