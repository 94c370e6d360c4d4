"""What a right answer adds up to: compared field by field, so that a wrong one says how it is wrong."""

import json
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Self

import duckdb

LOW = 4_294_967_296
"""Hashes are added up modulo this, so that equal rows do not cancel out, as they would by XOR."""


def row_hash() -> str:
    """SQL: everything a row of the lake has to say, as one number, whatever types it is kept in."""
    cells = (
        "id", "epoch_us(ts::TIMESTAMPTZ)", "amount::DECIMAL(18, 2)", "user_id", "currency", "status",
        "product_id", "payment_method",
    )  # fmt: skip
    return f"hash(concat_ws('|', {', '.join(f'coalesce(({cell})::VARCHAR, $$-$$)' for cell in cells)})) % {LOW}"


@dataclass
class Truth:
    """Sums over one result.

    `valid` rows of the lake and their `amount` (which of two rows with one key was kept shows in the sum), `cells`
    (every value of every such row); `refused` rows, the `reasons` of them, `places` (each with its file and record
    number), `raw` (each with the text it came as).
    """

    valid: int = 0
    amount: Decimal = Decimal(0)
    cells: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    places: int = 0
    raw: int = 0

    def set_lake(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Count the lake, given as rows of amount and row hash."""
        found = connection.execute(f"SELECT count(*), sum(a), sum(h)::HUGEINT FROM ({query}) t(a, h)").fetchall()[0]
        self.valid, self.amount, self.cells = found[0], Decimal(found[1] or 0), int(found[2] or 0)

    def add_refused(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Count refused rows, given with `file`, `record`, `reasons` and the `text` of their cells."""
        refused = f"(SELECT *, to_json(text) AS t FROM ({query}) WHERE reasons IS NOT NULL)"
        place = "concat_ws('|', file, record)"
        raw = ", ".join(
            f"coalesce(t->>'{name}', '')" for name in ("transaction_id", "amount", "transaction_ts", "status")
        )
        found = connection.execute(
            f"SELECT array_to_string(list_sort(reasons), ' '), count(*), sum(hash({place}) % {LOW})::HUGEINT, "
            f"sum(hash(concat_ws('|', {place}, reasons::VARCHAR, {raw})) % {LOW})::HUGEINT FROM {refused} GROUP BY ALL"
        ).fetchall()
        for reasons, count, places, text in found:
            self.refused += count
            self.reasons[reasons] = self.reasons.get(reasons, 0) + count
            self.places += int(places)
            self.raw += int(text)

    def differences(self, found: "Truth") -> list[str]:
        """In which fields a result is not this; nothing where it is right."""
        pairs = [(each.name, getattr(self, each.name), getattr(found, each.name)) for each in fields(self)]
        return [f"{name}: {said} instead of {true}" for name, true, said in pairs if true != said]

    def save(self, file: Path) -> None:
        """Write it beside the data."""
        file.write_text(json.dumps(asdict(self), default=str))

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read it again."""
        said = json.loads(file.read_text())
        return cls(**{**said, "amount": Decimal(said["amount"])})
