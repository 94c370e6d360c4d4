"""Many damaged files, validated by a contract or read without one, and what of it does not balance."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from dropzone_assets import engine
from dropzone_assets.contracts import DELIVERY, RAW, REASONS
from dropzone_assets.inspect.preview import preview
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import contract_of, raw_file, validate_files
from tests.conserve.balance import Outcome, unbalanced
from tests.conserve.damage import TEXT, damaged, seen
from tests.conserve.samples import COLUMNS, KINDS, records
from tests.conserve.words import text_of

TOGETHER = 200
"""Files of one validation."""

WITHOUT = 0.1
"""The share of files that are read without a contract as well: one at a time, which takes ten times as long."""

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

ALL = 1_000
"""Rows that are shown of a file without a contract: all of them."""


@dataclass
class Report:
    """What came of many files: how many of each kind were read, refused, and how many of their rows quarantined.

    `wrong`: of each that does not balance its kind, number, and what is wrong.
    """

    happened: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, kind: str, number: int, content: bytes, outcome: Outcome) -> None:
        """Count one file."""
        self.happened[f"{kind}: files"] += 1
        self.happened[f"{kind}: refused"] += bool(outcome.refused)
        self.happened[f"{kind}: valid rows"] += len(outcome.rows)
        self.happened[f"{kind}: quarantined rows"] += len(outcome.quarantined)
        self.wrong += [(kind, number, what) for what in unbalanced(seen(kind.split()[0], content), outcome)[:1]]


def content_of(kind: str, seed: int, number: int) -> bytes:
    """A damaged file; the same for the same numbers."""
    chance = Random(f"{kind} {seed} {number}")
    return damaged(kind, KINDS[kind].make(records(chance), chance), chance)


def validated(report: Report, kind: str, seed: int, numbers: range) -> None:
    """These files, all of one table; a contract finds its columns by their names, and all else in `_rescued`."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        contract = contract_of(home / "contracts", *COLUMNS, format=KINDS[kind].format)
        platform = open_platform(Settings(home=home, sync="off"))
        contents = [content_of(kind, seed, number) for number in numbers]
        files = [raw_file(platform, n, each, name=f"t_{n}{KINDS[kind].ending}") for n, each in enumerate(contents)]
        found = validate_files(platform, contract, files)
        query = f"SELECT {DELIVERY}, {RAW} FROM {found.load.rows()} WHERE {REASONS} IS NOT NULL"
        kept = engine.rows(found.load.connection, query) if found.load.parts else []
        for n, (number, content) in enumerate(zip(numbers, contents, strict=True)):
            mine = [row for row in found.rows if row.file == n]
            valid = [tuple(row.values.values()) for row in mine if not row.reasons]
            raw = [text for key, text in kept if int(key) == n]
            refused = found.refused[n].found if n in found.refused else ""
            how = found.load.readings[f"{n:05}"].described() if f"{n:05}" in found.load.readings else {}
            report.add(kind, number, content, Outcome(refused, valid, raw, _above(kind, content, how)))


def previewed(report: Report, kind: str, seed: int, numbers: range) -> None:
    """These files, of which no contract knows anything."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "contracts").mkdir()
        platform = open_platform(Settings(home=home, sync="off"))
        for number in numbers:
            content = content_of(kind, seed, number)
            file = home / f"strange{KINDS[kind].ending}"
            file.write_bytes(content)
            report.add(f"{kind} without a contract", number, content, _outcome(platform, kind, file, content))


def _outcome(platform: Platform, kind: str, file: Path, content: bytes) -> Outcome:
    (found,) = preview(platform, file, "", ALL)
    raw = [raw for _, _, raw in found.refused]
    return Outcome(found.found, found.rows, raw, _above(kind, content, found.how))


def _above(kind: str, content: bytes, how: Mapping[str, str]) -> str:
    """The lines that are said to be skipped, and the header: one line, however many its quotes would take."""
    if kind not in TEXT or "json" in kind:
        return ""
    return "".join(LINE.findall(text_of(content))[: int(how.get("lines skipped", "0")) + 1])


def pieces(total: int) -> Iterator[range]:
    """The numbers of so many files, as many at a time as are validated together."""
    for first in range(0, total, TOGETHER):
        yield range(first, min(total, first + TOGETHER))


def live(work: tuple[str, int, range]) -> Report:
    """One piece of a campaign: the kind, the seed, and the numbers of the files."""
    warnings.simplefilter("ignore")
    kind, seed, numbers = work
    report = Report()
    validated(report, kind, seed, numbers)
    previewed(report, kind, seed, numbers[: int(len(numbers) * WITHOUT)])
    return report
