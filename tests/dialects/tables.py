"""Tables as people send them: columns of codes, texts, numbers, dates, times, addresses."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple


class Table(NamedTuple):
    """A header and its records."""

    header: list[str]
    records: list[list[str]]


WORDS = (
    "Auftrag",
    "Lieferung",
    "Kunde",
    "Straße",
    "Grün",
    "Rechnung",
    "Müller",
    "Jäger",
    "Wien",
    "Köln",
    "Paket",
    "offen",
    "eilig",
    "geprüft",
)
NAMES = (
    "Anna",
    "Berg",
    "Karl",
    "Groß",
    "Jürgen",
    "Weiß",
    "Zoë",
    "Noël",
    "Ana",
    "Peña",
    "Åsa",
    "Öst",
    "Tim",
    "Lang",
    "Eva",
    "Roth",
    "Max",
    "Kern",
)
CITIES = ("Wien", "Köln", "Bonn", "Paris", "Málaga", "Zürich", "Oslo")

Cell = Callable[[Random], str]


def _day(random: Random) -> tuple[int, int, int]:
    return random.randint(2015, 2024), random.randint(1, 12), random.randint(1, 28)


def _iso(random: Random) -> str:
    return "{:04}-{:02}-{:02}".format(*_day(random))


def _german_day(random: Random) -> str:
    year, month, day = _day(random)
    return f"{day:02}.{month:02}.{year}"


def _us_day(random: Random) -> str:
    year, month, day = _day(random)
    return f"{month}/{day}/{year}"


def _time(random: Random) -> str:
    return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}"


def _moment(random: Random) -> str:
    return f"{_iso(random)} {_time(random)}"


def _sentence(random: Random) -> str:
    words = random.choices(WORDS, k=random.randint(2, 6))
    return random.choice((" ", " ", ", ", " - ")).join(words)


def _address(random: Random) -> str:
    return f"{random.choice(WORDS)}weg {random.randint(1, 99)}, {random.randint(10000, 99999)} {random.choice(CITIES)}"


def _person(random: Random) -> str:
    return f"{random.choice(NAMES[1::2])}, {random.choice(NAMES[::2])}"


def _link(random: Random) -> str:
    return f"https://example.org:8080/{random.choice(WORDS).lower()}?id={random.randint(1, 999)}"


def _german_amount(random: Random) -> str:
    return f"{random.randint(-9000, 90000) / 100:,.2f}".translate(str.maketrans(",.", ".,"))


CELLS: dict[str, Cell] = {
    "id": lambda random: str(random.randint(1, 99999)),
    "code": lambda random: f"{random.choice('ABCD')}-{random.randint(100, 999)}",
    "day": _iso,
    "Datum": _german_day,
    "Date": _us_day,
    "time": _time,
    "created_at": _moment,
    "city": lambda random: random.choice(CITIES),
    "name": lambda random: random.choice(NAMES),
    "Person": _person,
    "note": _sentence,
    "address": _address,
    "url": _link,
    "amount": lambda random: f"{random.randint(-9000, 90000) / 100:.2f}",
    "Betrag": _german_amount,
    "total": lambda random: f"${random.randint(1, 9000000) / 100:,.2f}",
    "share": lambda random: f"{random.randint(0, 100)}%",
    "flag": lambda random: random.choice(("yes", "no")),
    "empty": lambda random: random.choice(("", "", "x1")),
    "quoted": lambda random: random.choice(('12" pipe', "it's", "say 'no'", "plain")),
    "lines": lambda random: random.choice(("one\ntwo", "one", "a; b", "a | b")),
}
"""Name of a column → what stands in it."""

SHAPES = (
    "id day time city amount note",
    "Datum Person Betrag note city",
    "code name city address",
    "created_at url id share flag",
    "name city note",
    "id Date total address quoted lines",
    "day time empty url amount amount2 amount3 id2 note",
    "code Betrag",
    "name note",
    "time time2 id",
)


def table(random: Random) -> Table:
    """A table of one of the shapes, with 3 to 60 records."""
    header = random.choice(SHAPES).split()
    makers = [CELLS[name.rstrip("23")] for name in header]
    records = [[make(random) for make in makers] for _ in range(random.choice((3, 6, 12, 25, 60)))]
    return Table(header, records)
