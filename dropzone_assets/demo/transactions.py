"""Payments as careless gateways send them: CSV files of the table `transactions`."""

import csv
import io
from datetime import datetime
from pathlib import Path
from random import Random

from dropzone_assets.demo.clocks import in_utc, write_time
from dropzone_assets.demo.faults import BROKEN_CLOCK, NO_TIMES, NOTHING, TOO_LONG, UNSET_CLOCK, Fault, Record
from dropzone_assets.demo.gateways import CURRENCIES, DIALECTS, METHODS, STATUSES
from dropzone_assets.demo.mixing import Mixture, Recipe, mix
from dropzone_assets.demo.placing import location
from dropzone_assets.demo.planted import Planted

TABLE = "transactions"

SURCHARGE = 100_000
"""A repeated transaction costs this much more, and no other one that much: whoever keeps the wrong copy shows it."""

EXTRA_CELL, MISSING_CELL = "record:extra-cell", "record:missing-cell"

MISSING = (*NOTHING, "null", "N/A")

NO_AMOUNTS = ("abc", "12.345", "1_000", "1,50", "0x1F", "nan", "-inf", "12.50 USD", "99999999999999999999")

FAULTS = (
    Fault("transaction_id", "required", MISSING),
    Fault("transaction_id", "maxLength", (TOO_LONG,)),
    Fault("transaction_ts", "required", MISSING),
    Fault("transaction_ts", "type", NO_TIMES),
    Fault("transaction_ts", "partition", UNSET_CLOCK),
    Fault("transaction_ts", "partition", BROKEN_CLOCK),
    Fault("user_id", "required", MISSING),
    Fault("amount", "required", MISSING),
    Fault("amount", "type", NO_AMOUNTS),
    Fault("amount", "minimum", ("-0.01", "-12.50", "-1e3")),
    Fault("currency", "required", MISSING),
    Fault("currency", "enum", ("XXX", "$", "BTC", "12")),
    Fault("status", "required", MISSING),
    Fault("status", "enum", ("maybe", "SUCCES", "200")),
    Fault("product_id", "maxLength", (TOO_LONG,)),
    Fault("payment_method", "enum", ("barter", "CHEQUE?", "card")),
)


def write_transactions(folder: Path, when: datetime, rows: int, seed: int) -> Planted:
    """Write one file of payments and the note of what is planted in it.

    Args:
        folder: where the file goes; the note goes into its `_planted`.
        when: when the gateway sends the file; it names the file, in UTC and to the second.
        rows: how many records.
        seed: the same arguments give the same bytes; five seeds in a row show all five dialects.
    """
    when = in_utc(when)
    dice = Random(f"{TABLE} {when.isoformat()} {rows} {seed}")  # noqa: S311 - repeatable, not secret
    numbers = iter(range(1, rows + 1))

    def make(moment: datetime) -> Record:
        return {
            "channel": dice.choice(("web", "app", "shop")),
            "transaction_id": f"T{when:%Y%m%d%H%M%S}-{next(numbers):05d}",
            "transaction_ts": write_time(moment, dice),
            "user_id": f"U{dice.randrange(1, 5000):04d}",
            "amount": _write_amount(dice),
            "currency": dice.choice(dice.choice(tuple(CURRENCIES.values()))),
            "status": dice.choice(STATUSES[dice.choices(tuple(STATUSES), (80, 10, 6, 4))[0]]),
            "product_id": dice.choice(("", f"P{dice.randrange(1, 300):03d}", f"P{dice.randrange(1, 300):03d}")),
            "payment_method": dice.choice(("", *(s for m in METHODS.values() for s in m))),
        }

    def repeat(record: Record) -> Record:
        return record | {"amount": str(SURCHARGE + dice.randrange(1000))}

    mixture = mix(Recipe(make, repeat, FAULTS, breaks=(EXTRA_CELL, MISSING_CELL)), when, rows, dice)
    planted = mixture.planted(f"payments_{when:%Y%m%d_%H%M%S}.csv", TABLE)
    planted.write(folder)
    location(folder / planted.file, _write_csv(mixture, seed))
    return planted


def _write_amount(dice: Random) -> str:
    cents = dice.randrange(1_000_000)
    exact = f"{cents / 100:.2f}"
    return dice.choice((exact, exact, exact, f" {exact} ", str(cents // 100), f"{cents // 100_000}e3", "0", "0.00"))


def _write_csv(mixture: Mixture, seed: int) -> bytes:
    dialect = DIALECTS[seed % len(DIALECTS)]
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(dialect.header)
    for number, record in enumerate(mixture.records, start=1):
        cells = [record[column] for column in dialect.columns]
        if mixture.refused.get(number) == [EXTRA_CELL]:
            cells.append("surplus")
        if mixture.refused.get(number) == [MISSING_CELL]:
            cells.pop()
        sheet.writerow(cells)
    return text.getvalue().encode()
