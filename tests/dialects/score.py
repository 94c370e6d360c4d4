"""How much of a file was read rightly: Pollock's ten points, and what was read wrongly without a word."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.dialects.pollution import File


class Read(NamedTuple):
    """What a reader made of a file; `refused` says why it made nothing of it."""

    header: Sequence[str] = ()
    records: Sequence[Sequence[str]] = ()
    refused: str = ""


def points(file: File, read: Read) -> float:
    """Success, then precision, recall and F1 of the header, the records and the cells: ten points."""
    if read.refused:
        return 0.0
    header = _measures(_texts(file.header), _texts(read.header)) if file.header else 3.0
    records = _measures(map("".join, map(_texts, file.truth)), map("".join, map(_texts, read.records)))
    cells = [file.header, *file.truth], [read.header if file.header else (), *read.records]
    return 1 + header + records + _measures(*((c for row in rows for c in _texts(row)) for rows in cells))


def misread(file: File, read: Read) -> list[Sequence[str]]:
    """The records that are none of the file's."""
    known = {_full(cells) for cells in [*file.truth, *file.beside]}
    return [cells for cells in read.records if _full(cells) not in known and any(_texts(cells))]


def _full(cells: Sequence[str]) -> tuple[str, ...]:
    """Texts without what is empty at the end."""
    texts = _texts(cells)
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _texts(cells: Sequence[str]) -> list[str]:
    return [(cell or "").strip() for cell in cells]


def _measures(right: Iterable[str], found: Iterable[str]) -> float:
    wanted, given = Counter(right), Counter(found)
    if not wanted:
        return 3.0
    both = (wanted & given).total()
    if not both:
        return 0.0
    recall, precision = both / wanted.total(), both / given.total()
    return recall + precision + 2 * recall * precision / (recall + precision)
