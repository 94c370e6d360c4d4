"""What was planted in a generated file: the answer a correct ingestion has to give."""

from collections import Counter
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from dropzone_assets.demo.placing import location

NOTES = "_planted"


class Planted(BaseModel):
    """One generated file. Rows are conserved: `rows` = `valid` + refused, and `valid` = lake + `duplicates`.

    Attributes:
        file: the file's name.
        table: the table it belongs to.
        rows: records in the file, structurally broken ones included.
        valid: records the contract accepts, repeated ones included.
        refused: record number (1 is the first record) -> every reason, in the order of the contract's columns.
        duplicates: accepted records that repeat the key of an earlier one in this file, with the same data date.
        lake: data date -> rows this file leaves in the lake once its duplicates are gone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    table: str
    rows: int
    valid: int
    refused: dict[int, list[str]] = Field(default_factory=dict)
    duplicates: int = 0
    lake: dict[date, int] = Field(default_factory=dict)

    def write(self, folder: Path) -> bool:
        """Keep the note in the folder of the file, where it is never taken for a delivery."""
        return location(folder / NOTES / f"{self.file}.json", self.model_dump_json(indent=1).encode() + b"\n")


class Total(BaseModel):
    """What was planted in all files of one table.

    Attributes:
        reasons: reason -> how many records are refused for it; a record with two faults counts under both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    files: int
    rows: int
    valid: int
    refused: int
    duplicates: int
    reasons: dict[str, int]
    lake: dict[date, int]


def read_planted(folder: Path) -> list[Planted]:
    """Every note in a folder, by file name; none where nothing was generated."""
    return [Planted.model_validate_json(note.read_bytes()) for note in sorted((folder / NOTES).glob("*.json"))]


def total(folder: Path) -> dict[str, Total]:
    """What was planted in a folder, per table."""
    notes = read_planted(folder)
    tables = sorted({note.table for note in notes})
    return {table: _add(table, [note for note in notes if note.table == table]) for table in tables}


def _add(table: str, notes: list[Planted]) -> Total:
    reasons: Counter[str] = Counter()
    lake: Counter[date] = Counter()
    for note in notes:
        reasons.update(reason for found in note.refused.values() for reason in found)
        lake.update(note.lake)
    return Total(
        table=table,
        files=len(notes),
        rows=sum(note.rows for note in notes),
        valid=sum(note.valid for note in notes),
        refused=sum(len(note.refused) for note in notes),
        duplicates=sum(note.duplicates for note in notes),
        reasons=dict(sorted(reasons.items())),
        lake=dict(sorted(lake.items())),
    )
