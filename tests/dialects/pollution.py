"""Files of tables with one pollution each, and the header and records that a reader sees in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from tests.dialects.tables import NAMES, Table, table


@dataclass
class File:
    """A file in the making: lines of cells, how they are written, and which of them are no records.

    `raw` are lines that are written otherwise than from their cells. `beside`: records of the file that are none of the
    table: a reader may take them or leave them.
    """

    kind: str
    header: list[str]
    lines: list[list[str]]
    truth: list[list[str]]
    delimiter: str = ","
    quote: str = '"'
    always: bool = False
    escape: str = '"'
    end: str = "\n"
    last: str = "\n"
    encoding: str = "utf-8"
    raw: dict[int, str] = field(default_factory=dict)
    beside: list[list[str]] = field(default_factory=list)

    def content(self) -> bytes:
        """The bytes."""
        lines = [self.raw.get(n, self.line(cells)) for n, cells in enumerate(self.lines)]
        return (self.end.join(lines) + self.last.replace("\n", self.end)).encode(self.encoding)

    def line(self, cells: list[str], delimiter: str = "") -> str:
        """A record as it is written."""
        return (delimiter or self.delimiter).join(map(self.cell, cells))

    def cell(self, text: str) -> str:
        """A cell as it is written."""
        special = {*self.delimiter, self.quote, "\n", "\r"} & set(text)
        if not self.quote or not (self.always or special):
            return text
        return self.quote + text.replace(self.quote, self.escape + self.quote) + self.quote


def _plain(random: Random, kind: str) -> File:
    made = table(random)
    file = File(kind, made.header, [made.header, *made.records], made.records)
    file.delimiter = random.choice((",", ",", ";", ";", "\t", "|"))
    file.always = random.random() < 0.3
    file.end = random.choice(("\n", "\n", "\r\n"))
    file.encoding = random.choice(("utf-8", "utf-8", "utf-8-sig"))
    return file


def _at(random: Random, file: File) -> int:
    return random.randrange(1, len(file.lines))


def _no_header(random: Random, file: File) -> None:
    file.header, file.lines = [], file.lines[1:]


def _above(random: Random, file: File) -> None:
    width = len(file.header)
    title = random.choice(("Umsatzbericht", "Report 2024", "Export: alle Kunden", "# exported by hand"))
    titles = [[title]] * random.randint(1, 3)
    if random.random() < 0.5:
        titles = [[*cells, *[""] * (width - 1)] for cells in titles]
    blank = [random.choice(([], [""] * width))] if random.random() < 0.7 else []
    file.lines = [*titles, *blank, *file.lines]


def _footer(random: Random, file: File) -> None:
    width = len(file.header)
    last = random.choice((["Summe"], ["Source: the office"], ["Total", *[""] * (width - 2), "17"]))
    file.lines.append(last)
    file.beside.append(last)


def _two_tables(random: Random, file: File) -> None:
    """Another table below, of fewer, as many or more columns."""
    width = max(2, len(file.header) + random.choice((-1, 0, 1)))
    other = [[f"x{n}" for n in range(width)], *[[str(random.randint(1, 99)) for _ in range(width)] for _ in range(4)]]
    file.lines += other
    file.beside += other


def _more(random: Random, file: File) -> None:
    at = _at(random, file)
    place = random.randrange(len(file.header) + 1)
    file.lines[at] = [*file.lines[at][:place], "", *file.lines[at][place:]]
    file.truth = [*file.truth[: at - 1], file.lines[at], *file.truth[at:]]


def _less(random: Random, file: File) -> None:
    at = _at(random, file)
    place = random.randrange(len(file.header) - 1)
    cells = file.lines[at]
    file.lines[at] = [*cells[:place], cells[place] + cells[place + 1], *cells[place + 2 :]]
    file.truth = [*file.truth[: at - 1], file.lines[at], *file.truth[at:]]


def _header_less(random: Random, file: File) -> None:
    file.lines[0] = [*file.header[:-2], file.header[-2] + file.header[-1]]
    file.header = file.lines[0]


def _header_more(random: Random, file: File) -> None:
    place = random.randrange(len(file.header) + 1)
    file.lines[0] = [*file.header[:place], "", *file.header[place:]]
    file.header = file.lines[0]


def _stray_quote(random: Random, file: File) -> None:
    at, place = _at(random, file), random.randrange(len(file.header))
    cells = [file.cell(cell) for cell in file.lines[at]]
    where = random.randrange(len(cells[place]) + 1)
    cells[place] = cells[place][:where] + file.quote + cells[place][where:]
    file.raw[at] = file.delimiter.join(cells)
    if not file.always:
        file.beside.append([*file.lines[at][:place], cells[place], *file.lines[at][place + 1 :]])


def _spaced_line(random: Random, file: File) -> None:
    at = _at(random, file)
    file.raw[at] = file.line(file.lines[at], " ")


def _single_quotes(random: Random, file: File) -> None:
    file.quote, file.escape, file.always = "'", "'", True


def _backslashes(random: Random, file: File) -> None:
    file.escape, file.always = "\\", True
    for cells in file.lines[1:4]:
        cells[-1] = 'a "b" c'


def _old_encoding(random: Random, file: File) -> None:
    file.encoding = random.choice(("cp1252", "utf-16", "utf-16-le"))
    for cells in file.lines[1:]:
        cells[-1] = random.choice(("Müller & Söhne", "Straße", "Größe", "Übung"))


def _one_column(random: Random, file: File) -> None:
    file.header = ["name"]
    file.truth = [[random.choice(NAMES) + str(n)] for n in range(len(file.truth))]
    file.lines = [file.header, *file.truth]


def _years(random: Random, file: File) -> None:
    file.header = ["country", *map(str, range(2015, 2020))]
    file.truth = [[random.choice(NAMES), *[str(random.randint(0, 9999)) for _ in range(5)]] for _ in range(8)]
    file.lines = [file.header, *file.truth]


def _two_headers(random: Random, file: File) -> None:
    file.lines.insert(0, [file.header[0], *[""] * (len(file.header) - 1)])


POLLUTERS: dict[str, Callable[[Random, File], None]] = {
    "clean": lambda random, file: None,
    "no header": _no_header,
    "no break at the end": lambda random, file: file.__setattr__("last", ""),
    "two breaks at the end": lambda random, file: file.__setattr__("last", "\n\n"),
    "carriage returns": lambda random, file: file.__setattr__("end", "\r"),
    "only a header": lambda random, file: (file.truth.clear(), file.lines.__delitem__(slice(1, None)))[0],
    "one record": lambda random, file: (file.truth.__delitem__(slice(1, None)), file.lines.__delitem__(slice(2, None)))[
        0
    ],
    "lines above": _above,
    "a line below": _footer,
    "two tables": _two_tables,
    "two headers": _two_headers,
    "a cell more": _more,
    "a cell less": _less,
    "a name less": _header_less,
    "a name more": _header_more,
    "a stray quote": _stray_quote,
    "a line of blanks": _spaced_line,
    "a comma and a blank": lambda random, file: file.__dict__.update(delimiter=", ", always=True),
    "single quotes": _single_quotes,
    "backslashes": _backslashes,
    "old encodings": _old_encoding,
    "one column": _one_column,
    "years as names": _years,
}
"""Kind of pollution → what makes it."""


def files(seed: int, of_each: int) -> Iterator[File]:
    """So many files of each kind."""
    for kind, pollute in POLLUTERS.items():
        for number in range(of_each):
            random = Random(f"{seed} {kind} {number}")
            file = _plain(random, kind)
            pollute(random, file)
            yield replace(file)


__all__ = ["POLLUTERS", "File", "Table", "files"]
