"""How well a dialect explains a file, weighed as a reader would: even records, cells that look like values.

Of the records, those count that have more than one cell, and more when they are of one width. Of the cells, those count
less that hold what another delimiter would part, or a quote that opens nothing. Delimiters that also stand in times,
addresses and words need far better evidence than the usual ones. After the idea of CleverCSV's consistency measure
(https://arxiv.org/abs/1811.11242): a pattern of widths times the share of cells that look like something.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import StringIO
from itertools import islice, zip_longest
from typing import NamedTuple

from dropzone_assets.formats.text.dialect import Dialect, readable
from dropzone_assets.formats.text.values import NOTHING, TEXT, kind_of, kind_of_column

OTHERS = (",", ";", "\t", "|", "^", "~")
"""What parts cells, and hardly stands in a text without a blank behind it."""

PRIOR = {":": 0.2, "^": 0.6, "~": 0.6}
"""Delimiters that are seldom meant, and what their evidence is worth."""

RECORDS = 500
"""Records that are counted."""

LOOKED_AT = 60
"""Records whose cells are looked at."""

MIXED_CELL, SPACED = 0.4, 0.6
"""What a cell is worth that another delimiter would part; what delimiters are that a blank follows, as in sentences."""

FEW = 4
"""Titles may be so many times as many as records."""

LEAST = 0.3
"""The weight below which a file has one column."""

SURE, COLONS, MEANT = 0.95, 4, 0.8
"""Where colons part cells, nearly all records are alike, and have more of them than times have; what they are then."""

CLEARLY = 1.05
"""How much better than the usual quote another must be."""

NEAR = 1.15
"""How much better a reading must be than the next."""


class Weight(NamedTuple):
    """What speaks for a dialect.

    `width`: the cells of most records. `covered`: the share of records with more than one cell. `even`: whether the
    widths of those are one (1) or many (towards 0). `clean`: the worth of a cell, on average. `typed`: whether a column
    holds numbers or moments. `first`: the width of the first record. `spaced`: the share of delimiters that a blank
    follows.
    """

    trial: Dialect
    width: int
    covered: float
    even: float
    clean: float
    typed: bool
    first: int
    spaced: float

    @property
    def score(self) -> float:
        """Between 0 and 1."""
        colons = self.trial.delimiter == ":" and self.parts
        return self._evidence * (MEANT if colons else PRIOR.get(str(self.trial.delimiter), 1.0))

    @property
    def parts(self) -> bool:
        """Whether the file has several columns, if this is its delimiter."""
        if self.trial.delimiter == ":":
            return self._evidence >= SURE and min(self.width, self.first) >= COLONS
        return self._evidence >= LEAST

    @property
    def _evidence(self) -> float:
        sentences = 0.0 if self.spaced == 1 and self.first == self.width > 2 else self.spaced
        return self.covered * self.even * self.clean * (1 - (1 - SPACED) * sentences)


def weigh(text: str, trials: Iterable[Dialect]) -> list[Weight]:
    """Dialects by which records have several cells, the best of each delimiter, the best first."""
    best: dict[str, Weight] = {}
    for trial in trials:
        delimiter, quote = str(trial.delimiter), trial.quote or '"'
        if delimiter in text and (quote in text or trial.quote == '"') and (found := _weight(text, trial)):
            known = best.setdefault(delimiter, found)
            best[delimiter] = found if found.score > CLEARLY * known.score else known
    return sorted(best.values(), key=lambda each: -each.score)


def is_near(one: Weight, other: Weight) -> bool:
    """Whether `other` explains the file about as well as `one`, which is better."""
    alike = one.even == other.even == 1 and one.covered <= other.covered and not (one.typed or other.typed)
    both_mixed = alike and one.clean < 1
    return one.score < NEAR * other.score or (both_mixed and other.score > one.score / 4)


def usual_width(widths: Iterable[int]) -> int:
    """The width of most records, or the first that half as many have; titles and blank lines have none."""
    count = Counter(width for width in widths if width)
    wide = Counter({width: times for width, times in count.items() if width > 1})
    count = wide if FEW * wide.total() >= count.total() else count
    most = max(count.values(), default=0)
    return next((width for width, times in count.items() if 2 * times > most), 0)


def _weight(text: str, trial: Dialect) -> Weight | None:
    rows = [cells for cells in islice(readable(trial, StringIO(text, newline="")), RECORDS) if any(cells)]
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    wide = widths.total()
    if not wide:
        return None
    width = usual_width(widths.elements())
    body = [cells for cells in rows if len(cells) == width][:LOOKED_AT]
    columns = [_column(column, str(trial.delimiter), trial.quote or "") for column in zip(*body, strict=True)]
    clean = sum(worth for worth, _ in columns) / len(columns)
    typed = any(is_typed for _, is_typed in columns)
    even = (sum(times * times for times in widths.values()) ** 0.5) / wide
    delimiter = str(trial.delimiter)
    spaced = (text.count(f"{delimiter} ") - text.count(f'{delimiter} "')) / text.count(delimiter)
    return Weight(trial, width, wide / len(rows), even, clean, typed, len(rows[0]), spaced)


def _column(cells: Sequence[str], delimiter: str, quote: str) -> tuple[float, bool]:
    """What the cells of a column are worth, and whether it holds numbers or moments."""
    kinds = [kind_of(cell) for cell in cells]
    of_texts = [_worth(cell, delimiter, quote) for cell, kind in zip(cells, kinds, strict=True) if kind == TEXT]
    worth = (len(cells) - len(of_texts) + sum(of_texts)) / len(cells)
    return worth, kind_of_column(kinds[1:] or kinds) not in (TEXT, NOTHING)


@lru_cache(1 << 16)
def _worth(cell: str, delimiter: str, quote: str) -> float:
    """What a text is worth: a comma or semicolon before a blank is part of a sentence."""
    parted = any(other in cell and other != delimiter and _parts(cell, other) for other in OTHERS)
    loose = bool(quote) and quote in cell.strip() and (cell.strip()[0] == quote or cell.strip()[-1] == quote)
    return MIXED_CELL if parted or loose else 1.0


def _parts(cell: str, delimiter: str) -> bool:
    return delimiter not in ",;" or cell.count(delimiter) > cell.count(delimiter + " ")


def same_rows(text: str, one: Dialect, other: Dialect) -> bool:
    """Whether two dialects give the same cells."""
    readings = (readable(each, StringIO(text, newline="")) for each in (one, other))
    return all(a == b for a, b in zip_longest(*readings))
