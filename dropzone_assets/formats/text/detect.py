"""Finds the dialect of a CSV file by proof, or refuses it and shows both ways of reading it.

The order of proof: what the contract pins; a line `sep=;`; the names the contract wants in the header; the weight
of what all records and cells look like.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from io import StringIO

from dropzone_assets.errors import Refused
from dropzone_assets.formats.text.dialect import Dialect, Sample, records, two_readings
from dropzone_assets.formats.text.header import start_of
from dropzone_assets.formats.text.quoting import with_quotes
from dropzone_assets.formats.text.weigh import Weight, is_near, same_rows, weigh

DELIMITERS = (",", ";", "\t", "|", "^", ":", "~")

NO_DELIMITER = ("|", "\t", "~", "^", "\x1f")
"""What parts nothing in a file of one column that has none of it."""

FIRST = 40
"""Records in which a header is looked for."""

_ENDED = re.compile("\r\n|\r|\n")


def dialect_of(sample: Sample, pinned: Dialect, wanted: Sequence[str]) -> Dialect:
    """The dialect of a file.

    Raises:
        Refused: it could be two.
    """
    names = _normals(tuple(wanted))
    line = _ENDED.split(sample.text, 1)[0]
    found = (
        _plain(line, pinned, names) or _by_header(sample, pinned, names) or _by_width(sample, pinned, named=bool(names))
    )
    return with_quotes(sample, found, pinned)


@lru_cache(1024)
def _normals(wanted: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normal, wanted))


def normal(name: str) -> str:
    """A name as names are compared."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _hits(cells: Sequence[str], wanted: frozenset[str]) -> int:
    return len(wanted.intersection(map(normal, cells)))


def _trials(pinned: Dialect) -> Iterator[Dialect]:
    """Every delimiter with every quote that the contract leaves open."""
    for quote in ('"', "'") if pinned.quote is None else (pinned.quote,):
        for delimiter in DELIMITERS if pinned.delimiter is None else (pinned.delimiter,):
            if delimiter != quote:
                yield replace(pinned, delimiter=delimiter, quote=quote)


@lru_cache(4096)
def _plain(line: str, pinned: Dialect, wanted: frozenset[str]) -> Dialect | None:
    """A header in the first line that names two wanted columns, by one delimiter only: most files are done here."""
    if pinned.skip or pinned.header is False or line.count(pinned.quote or '"') % 2:
        return None
    scored: dict[str, tuple[int, Dialect]] = {}
    for trial in _trials(pinned):
        hits = _hits(next(iter(records(trial, [line])), []), wanted)
        if hits > 1 and (trial.delimiter not in scored or hits > scored[str(trial.delimiter)][0]):
            scored[str(trial.delimiter)] = hits, replace(trial, header=True, skip=0)
    return next(iter(scored.values()))[1] if len(scored) == 1 else None


def _first(sample: Sample, trial: Dialect) -> list[list[str]]:
    return records(trial, StringIO(sample.text, newline=""))


def _separated(sample: Sample, pinned: Dialect) -> list[Dialect]:
    """All trials, or those of the delimiter a line `sep=;` names."""
    named = re.match(r"\s*\"?sep=(.)\"?\s*[\r\n]", sample.text, re.IGNORECASE)
    if not named or pinned.delimiter:
        return list(_trials(pinned))
    return list(_trials(replace(pinned, delimiter=named[1])))


def _by_header(sample: Sample, pinned: Dialect, wanted: frozenset[str]) -> Dialect | None:
    """The record that names most wanted columns, first in the file or below lines that are no records."""
    if pinned.header is False or not wanted:
        return None
    best: list[tuple[tuple[int, int], list[list[str]], Dialect]] = []
    for trial in _separated(sample, pinned):
        rows = _first(sample, trial)
        location = _header_location(rows[: FIRST + (pinned.skip or 0)], pinned.skip, wanted)
        if location is None:
            continue
        body = [cells for cells in rows[location:] if cells]
        ragged = sum(len(cells) != len(body[0]) for cells in body)
        score = (_hits(body[0], wanted), -ragged if len(body[0]) == 1 else 0)
        if not best or score >= best[0][0]:
            best = [each for each in best if each[0] == score]
            best.append((score, body, replace(trial, header=True, skip=location)))
    rival = next((each for each in best[1:] if each[1] != best[0][1] and each[2].quote == best[0][2].quote), None)
    if rival:
        raise two_readings(sample, best[0][2], rival[2])
    return best[0][2] if best else None


def _header_location(rows: Sequence[list[str]], skip: int | None, wanted: frozenset[str]) -> int | None:
    hits = [_hits(cells, wanted) for cells in rows]
    if skip is not None:
        location = next((n for n, cells in enumerate(rows) if n >= skip and any(map(str.strip, cells))), None)
        return location if location is not None and hits[location] else None
    if not hits or not max(hits):
        return None
    location = hits.index(max(hits))
    above = [n for n, cells in enumerate(rows[:location]) if any(map(str.strip, cells))]
    if all(_is_no_record(rows[n], rows[location]) for n in above):
        return location
    return above[0] if hits[above[0]] else None


def _is_no_record(cells: list[str], header: list[str]) -> bool:
    """A line above a header: narrower, half empty, or a comment."""
    filled = sum(bool(cell.strip()) for cell in cells)
    return len(cells) < len(header) or 2 * filled <= len(cells) or cells[0].lstrip().startswith(("#", "//"))


def _by_width(sample: Sample, pinned: Dialect, *, named: bool) -> Dialect:
    """No wanted name is there: the delimiter that explains records and cells best; `named` says that names are wanted.

    Raises:
        Refused: another does so about as well, or names are wanted and nothing tells a header from a record.
    """
    chosen = _delimited(sample, pinned)
    if not named and pinned.delimiter is None and str(chosen.delimiter) not in sample.text:
        _refuse_blanks(sample)
    start = start_of(_first(sample, chosen), pinned.skip)
    header = start.header if pinned.header is None else pinned.header
    if header is None and named:
        raise _unproven(_first(sample, chosen)[start.skip :])
    return replace(chosen, skip=start.skip, header=start.likely if header is None else header)


def _delimited(sample: Sample, pinned: Dialect) -> Dialect:
    trials = _separated(sample, pinned)
    unquoted = [replace(trial, quote="") for trial in trials if trial.quote == '"' and pinned.quote is None]
    weighed = weigh(sample.text, [*trials, *unquoted])
    single = replace(trials[0], delimiter=next((each for each in NO_DELIMITER if each not in sample.text), ","))
    if pinned.delimiter is not None or not weighed:
        chosen = weighed[0].trial if weighed else trials[0]
    else:
        chosen = _best(sample, weighed, single)
    return replace(chosen, quote=chosen.quote or '"') if pinned.quote is None else chosen


def _best(sample: Sample, weighed: Sequence[Weight], single: Dialect) -> Dialect:
    """The best, if the next and a single column are much worse."""
    best = weighed[0]
    if not best.parts:
        return single
    rivals = [each.trial for each in weighed[1:] if is_near(best, each)]
    if best.spaced == 1 and best.first == 1 and best.width == 2:
        rivals.append(single)
    rival = next((each for each in rivals if not same_rows(sample.text, best.trial, each)), None)
    if rival:
        raise two_readings(sample, best.trial, rival)
    return best.trial


def _refuse_blanks(sample: Sample) -> None:
    """A file of one column may have several, with blanks between them."""
    apart = weigh(sample.text, [Dialect(" ", '"')])
    if apart and apart[0].parts and apart[0].even == 1 and apart[0].width > 2 and apart[0].typed:
        first = next(iter(records(apart[0].trial, StringIO(sample.text, newline=""))))
        raise Refused(
            f"has one column, or several with blanks between them, which part no cells here: {first}.",
            "Describe its columns with `format: {kind: fixed_width}` in a contract, or ask the sender for CSV; "
            "to see it as one column: dropzone preview FILE --delimiter '|'",
        )


def _unproven(rows: Sequence[list[str]]) -> Refused:
    first = next((cells for cells in rows if any(map(str.strip, cells))), [""])
    return Refused(
        f"names no column the contract knows; its first line may be a header or a record: {', '.join(first)[:200]}.",
        "Add its names to the synonyms, or pin `format: {header: true}` or `{header: false}` in the contract.",
    )
