"""A date is read by the formats and the names that the contract says; what two formats read differently is no value."""

import pytest

from dropzone_assets.contracts.moments import FORMATS
from dropzone_assets.errors import BadContract
from tests.cases.values import doubted, read

NO = None
NAMES = [
    ("de", "d. MMM yyyy", "2. Mai 2024", "2024-05-02"),
    ("de", "d. MMM yyyy", "2. mär. 2024", "2024-03-02"),
    ("de", "d. MMM yyyy", "2. MÄRZ 2024", "2024-03-02"),
    ("de", "d. MMM yyyy", "2. Mrz 2024", "2024-03-02"),
    ("de", "d. MMM yyyy", "2. Sept. 2024", "2024-09-02"),
    ("de", "dd-MMM-yy", "02-Sep-24", "2024-09-02"),
    ("de", "d. MMM yyyy", "2. Dec 2024", NO),
    ("de", "d. MMM yyyy", "31. Feb 2024", NO),
    ("de", "d. MMMM yyyy", "2. Dezember 2024", "2024-12-02"),
    ("de", "d. MMMM yyyy", "2. Dez 2024", NO),
    ("de", "dd. MMMM yyyy", "2. Dezember 2024", NO),
    ("de-AT", "d. MMMM yyyy", "2. Jänner 2024", "2024-01-02"),
    ("fr", "d MMM yyyy", "2 févr. 2024", "2024-02-02"),
    ("fr", "d MMM yyyy", "2 fevr 2024", "2024-02-02"),
    ("fr", "d MMM yyyy", "2 fe\u0301vr. 2024", "2024-02-02"),
    ("fr", "d MMM yyyy", "2 AOÛT 2024", "2024-08-02"),
    ("fr", "d MMM yyyy", "2 jui 2024", NO),
    ("fr_CA", "d MMMM yyyy", "2 décembre 2024", "2024-12-02"),
    ("es", "d 'de' MMMM 'de' yyyy", "2 de enero de 2024", "2024-01-02"),
    ("es", "d-MMM-yyyy", "2-sep-2024", "2024-09-02"),
    ("it", "d MMMM yyyy", "2 luglio 2024", "2024-07-02"),
    ("pt-BR", "d 'de' MMMM 'de' yyyy", "2 de março de 2024", "2024-03-02"),
    ("nl", "d MMM yyyy", "2 mrt. 2024", "2024-03-02"),
    ("pl", "d MMMM yyyy", "2 maja 2024", "2024-05-02"),
    ("pl", "MMMM d yyyy", "wrzesień 2 2024", "2024-09-02"),
    ("pl", "d MMM yyyy", "2 paz 2024", "2024-10-02"),
    ("ru", "d MMMM yyyy", "2 МАЯ 2024", "2024-05-02"),
    ("en", "MMM d, yyyy", "Sep 2, 2024", "2024-09-02"),
    ("", "EEE, d MMM yyyy", "Thu, 2 May 2024", "2024-05-02"),
    ("", "EEE, d MMM yyyy", "Fri, 2 May 2024", NO),
    ("de", "EEEE, d. MMMM yyyy", "Donnerstag, 2. Mai 2024", "2024-05-02"),
    ("de", "EEE d.M.yyyy", "Do. 2.5.2024", "2024-05-02"),
    ("de", "EEE d.M.yyyy", "Fr. 2.5.2024", NO),
    ("de", "EEE {d.M.yyyy}", "Do. {2.5.2024}", "2024-05-02"),
    ("de", "d.M.yyyy", "2.5.2024", "2024-05-02"),
]


@pytest.mark.parametrize(("locale", "pattern", "text", "value"), NAMES)
def test_names_are_those_of_the_locale(locale: str, pattern: str, text: str, value: str | None) -> None:
    found = read(text, "date", format=pattern, locale=locale)
    assert (found and found.isoformat()) == value


@pytest.mark.parametrize(
    ("locale", "pattern", "text", "value"),
    [
        ("es", "dd/MM/yyyy hh:mm a", "01/05/2024 02:30 p.\u00a0m.", "2024-05-01T14:30:00"),
        ("es", "dd/MM/yyyy hh:mm a", "01/05/2024 02:30 a. m.", "2024-05-01T02:30:00"),
        ("es", "dd/MM/yyyy hh:mm a", "01/05/2024 02:30 PM", "2024-05-01T14:30:00"),
        ("ja", "yyyy/MM/dd ahh:mm", "2024/05/01 午後02:30", "2024-05-01T14:30:00"),
        ("", "EEE, dd MMM yyyy HH:mm:ss Z", "Thu, 02 May 2024 01:00:00 +0200", "2024-05-01T23:00:00"),
        ("", "EEE, dd MMM yyyy HH:mm:ss Z", "Wed, 02 May 2024 01:00:00 +0200", NO),
        ("de", "dd. MMM yyyy HH:mm X", "02. Mai 2024 01:00 Z", "2024-05-02T01:00:00"),
    ],
)
def test_halves_of_the_day_and_offsets_stand_beside_names(
    locale: str, pattern: str, text: str, value: str | None
) -> None:
    found = read(text, "timestamp", format=pattern, locale=locale)
    assert (found and found.isoformat()) == value


SEVERAL = [
    ("date", ("dd/MM/yyyy", "yyyy-MM-dd"), "02/05/2024", "2024-05-02", NO),
    ("date", ("dd/MM/yyyy", "yyyy-MM-dd"), "2024-05-02", "2024-05-02", NO),
    ("date", ("dd/MM/yyyy", "yyyy-MM-dd"), "2024/05/02", NO, NO),
    ("date", ("dd/MM/yyyy", "MM/dd/yyyy"), "02/05/2024", NO, FORMATS),
    ("date", ("MM/dd/yyyy", "dd/MM/yyyy"), "02/05/2024", NO, FORMATS),
    ("date", ("dd/MM/yyyy", "MM/dd/yyyy"), "05/05/2024", "2024-05-05", NO),
    ("date", ("dd/MM/yyyy", "MM/dd/yyyy"), "13/05/2024", "2024-05-13", NO),
    ("date", ("dd/MM/yyyy", "MM/dd/yyyy"), "05/13/2024", "2024-05-13", NO),
    ("date", ("d MMM yyyy", "d. MMMM yyyy"), "2 Mai 2024", "2024-05-02", NO),
    ("date", ("dd.MM.yy", "yy.MM.dd", "dd.MM.yyyy"), "01.02.03", NO, FORMATS),
    ("time", ("HH:mm", "HHmm"), "0705", "07:05:00", NO),
    ("timestamp", ("yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mmX"), "2024-07-01 10:00", "2024-07-01T08:00:00", NO),
    ("timestamp", ("yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mmX"), "2024-07-01 10:00Z", "2024-07-01T10:00:00", NO),
    ("timestamp", ("yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mmX"), "2024-10-27 02:30", NO, "ambiguous-time"),
    ("timestamp", ("yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mmX"), "2024-10-27 02:30+01", "2024-10-27T01:30:00", NO),
    ("timestamp", ("dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm"), "01/02/2024 10:00", NO, FORMATS),
    ("timestamp", ("dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm"), "31/03/2024 02:30", NO, "no-such-time"),
    ("timestamp", ("yyyyMMdd HHX", "yyyyMMdd HHXX"), "20240701 10+02", "2024-07-01T08:00:00", NO),
    ("timestamp", ("yyyy-MM-dd HH'Z'", "yyyy-MM-dd HHX"), "2024-07-01 10Z", NO, FORMATS),
]


@pytest.mark.parametrize(("logical", "formats", "text", "value", "kind"), SEVERAL)
def test_of_several_formats_all_that_fit_must_agree(
    logical: str, formats: tuple[str, ...], text: str, value: str | None, kind: str | None
) -> None:
    own = {"formats": formats, "locale": "de"}
    own |= {"defaultTimezone": "Europe/Berlin"} if logical == "timestamp" else {}
    found = read(text, logical, **own)
    assert (found and found.isoformat()) == value
    assert value or doubted(text, logical, **own) == kind


@pytest.mark.parametrize(
    ("logical", "own", "found"),
    [
        ("date", {"format": "d MMM yyyy", "locale": "xx"}, "the locale 'xx' does not exist"),
        ("date", {"format": "d MMM yyyy", "locale": "d/e"}, "the locale 'd/e' does not exist"),
        ("date", {"locale": "de"}, "`locale` says nothing without a format"),
        ("string", {"formats": ("dd.MM.yyyy",)}, "formats says nothing of a string"),
        ("integer", {"locale": "de"}, "locale says nothing of a integer"),
        ("date", {"format": "dd.MM.yyyy", "formats": ("yyyy",)}, "has `format` and `formats`"),
        ("date", {"format": "EEE EEE dd.MM.yyyy"}, "has 'EEE' twice"),
        ("date", {"formats": ("dd.MM.yyyy", "dd.QQ.yyyy")}, "has 'QQ'"),
    ],
)
def test_a_column_that_cannot_be_read_so_is_a_bad_contract(logical: str, own: dict[str, str], found: str) -> None:
    with pytest.raises(BadContract, match=found):
        read("x", logical, **own)
