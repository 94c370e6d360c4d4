"""Does the lake equal its inputs? What is untouched is equal, and whatever is changed behind our back is named."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.engine import attached, connect
from dropzone_assets.files import RawFile
from dropzone_assets.ledger import RELEASE
from dropzone_assets.pipeline.load import load
from dropzone_assets.pipeline.validate import validate
from dropzone_assets.pipeline.versions import versions
from dropzone_assets.platform import Platform
from dropzone_assets.proof.findings import Proof
from dropzone_assets.proof.prove import prove
from tests.conftest import make_home
from tests.pipeline import BAD, Pipeline
from tests.samples import payment, payments
from tests.test_arrivals import packed, put
from tests.test_members import BUCKET, shared

TABLES = ("transactions", "songs", "movies")
DAYS = range(1, 15)
AHEAD = 28
"""The file of this day was loaded on the first of the month, so its rows lay after tomorrow."""


def name(day: int) -> str:
    return f"payments_202405{day:02}_100000.csv"


def of_day(day: int) -> bytes:
    """Three valid rows, one of another day, one that is there twice, one that is refused."""
    when = f"2024-05-{day:02}"
    good = [payment(f"{day}{letter}", when) for letter in "abb"]
    return payments(*good, payment(f"{day}r", when, -1)).encode()


def lake(day: int, table: str = "transactions") -> str:
    return f"lake/{table}/year=2024/month=05/day={day:02}/transactions.parquet"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with restated, linked and refused files, members of an archive, shares, duplicates and refused rows."""
    home = make_home(tmp_path_factory.mktemp("proof") / "home")
    for contract in (home / "contracts").iterdir():
        if contract.name.split(".")[0] not in TABLES:
            contract.unlink()
    put(home, name(1), payments(payment("old")).encode())
    pipeline = Pipeline(home)
    pipeline.all()
    pipeline.bring_up_to_date()
    for day in DAYS:
        put(home, name(day), of_day(day))
    put(home, f"again/{name(14)}", of_day(14))
    put(home, name(29), BAD.encode())
    put(home, "day.zip", packed({name(30): of_day(30), name(31): payments(payment("late", "2024-05-30"))}))
    put(home, BUCKET, shared(song="Heroes", movie="Alien"))
    put(home, name(AHEAD), payments(payment("ahead", f"2024-05-{AHEAD}")).encode())
    pipeline.all()
    load_on(pipeline.platform, AHEAD, date(2024, 5, 1))
    pipeline.bring_up_to_date()
    pipeline.platform.ledger.engine.dispose()
    return home


def load_on(platform: Platform, day: int, today: date) -> None:
    """Load the file of a day as it would have been on another day."""
    chosen = versions(platform, platform.ledger.worklist.of_dates("transactions", [date(2024, 5, day)]))
    raw = [RawFile(delivery, platform.raw.uri(delivery.raw_path)) for delivery in chosen.current]
    validation = validate(platform, platform.contract("transactions"), raw, today)
    load(platform, validation, chosen)
    validation.connection.close()
    ledger(
        platform.settings.home,
        f"UPDATE deliveries SET loaded_at = '{today} 10:00:00.000000' WHERE path = '{name(day)}'",
    )


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Path:
    return shutil.copytree(ingested, tmp_path / "home")


@pytest.fixture
def pipeline(home: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(home)
    yield pipeline
    pipeline.platform.ledger.engine.dispose()


def proofs(platform: Platform, table: str = "", *, deep: bool = False) -> dict[str, Proof]:
    found = {proof.table: proof for proof in prove(platform, table, deep=deep, say=lambda _text, _size: None)}
    assert not [*platform.settings.spill.iterdir()]
    return found


def warehouse(home: Path, sql: str) -> None:
    with closing(connect()) as connection, attached(connection, home / "warehouse.duckdb", read_only=False):
        connection.execute(sql)


def ledger(home: Path, sql: str) -> None:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as connection, connection:
        connection.execute(sql)


def flip(file: Path, location: int, *, to: int | None = None) -> None:
    content = bytearray(file.read_bytes())
    content[location] = content[location] ^ 1 if to is None else to
    file.write_bytes(content)


def raw(home: Path, day: int) -> Path:
    """The object of the raw zone with the bytes of the file of a day."""
    return next(file for file in (home / "raw").rglob("*.csv") if file.read_bytes() == of_day(day))


# -- equal -------------------------------------------------------------------------------------------------------------


def test_an_untouched_home_is_equal_whatever_came_into_it_and_stays_as_it_is(home: Path, pipeline: Pipeline) -> None:
    before = {file: file.read_bytes() for file in home.rglob("*") if file.suffix in (".parquet", ".csv", ".duckdb")}
    found = proofs(pipeline.platform, deep=True)
    assert {file: file.read_bytes() for file in before} == before
    assert [finding for proof in found.values() for finding in proof.findings] == []
    counts = {what: (count.checked, count.equal) for what, count in found["transactions"].counts.items()}
    files, days = len(DAYS) + 3, len(DAYS) + 1
    assert counts == {
        "raw objects": (files, files),
        **dict.fromkeys(("validated rows", "quarantined rows", "load records", "ledger counts"), (files, files)),
        **dict.fromkeys(("lake partitions", "partition counts", "summary days", "summary objects"), (days, days)),
    }
    assert (found["songs"].counts["validated rows"].equal, found["files"].counts["raw objects"].equal) == (1, 2)
    assert found["ingestion"].counts["summary days"].equal > days


# -- not equal ---------------------------------------------------------------------------------------------------------

V, Q, S = (f'warehouse.{schema}."transactions"' for schema in ("validated", "quarantine", "summary"))
ROWS, REFUSED, OBJECTS, RAW = "validated rows", "quarantined rows", "lake partitions", "raw objects"
NOTES, COUNTS = "load records", "ledger counts"
FLIPPED, R = "its bytes are not those", "records that differ: "
NOT_THE_TIME = "2020-01-01"

WAREHOUSE = (
    (
        1,
        f"UPDATE {V} SET amount = 99 WHERE MINE AND _record = 1",
        ROWS,
        f"3 rows, and 3 when validated again; {R}1",
    ),
    (2, f"DELETE FROM {V} WHERE MINE AND _record = 2", ROWS, f"2 rows, and 3 when validated again; {R}2"),
    (
        3,
        f"INSERT INTO {V} FROM {V} WHERE MINE AND _record = 3",
        ROWS,
        f"4 rows, and 3 when validated again; {R}3",
    ),
    (4, f"UPDATE {V} SET _data_date = '2024-05-09' WHERE MINE AND _record = 1", ROWS, f"{R}1"),
    (5, f"UPDATE {Q} SET reasons = ['none'] WHERE MINE", REFUSED, f"1 rows, and 1 when validated again; {R}4"),
    (6, f"UPDATE {Q} SET raw = '{{}}' WHERE MINE", REFUSED, f"{R}4"),
    (7, "DELETE FROM warehouse.dropzone.loads WHERE path = 'NAME'", NOTES, "0 notes"),
    (8, f"UPDATE warehouse.dropzone.loads SET file_time = '{NOT_THE_TIME}' WHERE path = 'NAME'", NOTES, "noted as"),
    (9, f"UPDATE {S} SET amount = amount + 1 WHERE _data_date = '2024-05-09'", "summary days", "1 differ"),
)
"""Day, what is done in the warehouse to its file, and what is said of it."""

LEDGER = (
    (7, "UPDATE deliveries SET valid = valid + 1 WHERE path = 'NAME'", COUNTS, "and 4 read, 3 valid"),
    (8, "UPDATE deliveries SET late = 7 WHERE path = 'NAME'", COUNTS, "7 late"),
    (9, "UPDATE partitions SET lake_rows = 9 WHERE data_date = '2024-05-09'", "partition counts", "and 3 and 2 when"),
)

BYTES = (
    (1, lambda home: flip(home / lake(1), 5), OBJECTS, FLIPPED),
    (2, lambda home: flip(home / lake(2), -12), OBJECTS, FLIPPED),
    (3, lambda home: flip(home / lake(3, "summary/transactions"), 40), "summary objects", FLIPPED),
    (4, lambda home: (home / lake(4)).unlink(), OBJECTS, "the object is missing, and should have 2 rows"),
    (5, lambda home: shutil.copy(home / lake(6), home / lake(5)), OBJECTS, "its 2 rows are not the 2"),
    (6, lambda home: (home / lake(6)).write_bytes(b"PAR1 no"), OBJECTS, "cannot be read"),
    (10, lambda home: flip(raw(home, 10), -15), RAW, "the bytes hash to"),
    (11, lambda home: flip(raw(home, 11), -1, to=13), RAW, "the bytes hash to"),
    (12, lambda home: raw(home, 12).unlink(), RAW, "the object is missing"),
    (13, lambda home: raw(home, 13).write_bytes(b"short"), RAW, "the object has 5 bytes"),
    (26, lambda home: copied(home, lake(26)), OBJECTS, "no valid row is of that day"),
    (14, lambda home: copied(home, lake(14).replace("transactions.p", "copy.p")), OBJECTS, "is no partition"),
)

STRANGER = f"INSERT INTO {V} SELECT * REPLACE ('x' AS _delivery) FROM {V} LIMIT 1"


def copied(home: Path, path: str) -> None:
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(home / lake(14), home / path)


@pytest.fixture(scope="module")
def wrecked(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which everything above has happened."""
    home = shutil.copytree(ingested, tmp_path_factory.mktemp("wrecked") / "home")
    for _, change, *_ in BYTES:
        change(home)
    warehouse(home, STRANGER)
    for day, sql, *_ in WAREHOUSE:
        mine = f"_delivery IN (SELECT delivery FROM warehouse.dropzone.loads WHERE path = '{name(day)}')"
        warehouse(home, sql.replace("MINE", mine).replace("NAME", name(day)))
    for day, sql, *_ in LEDGER:
        ledger(home, sql.replace("NAME", name(day)))
    return home


@pytest.fixture(scope="module")
def proof(wrecked: Path) -> Proof:
    platform = Pipeline(wrecked).platform
    found = proofs(platform, deep=True)
    platform.ledger.engine.dispose()
    assert found["songs"].holds
    assert {finding.what for finding in found["ingestion"].findings} == {"summary days", "summary objects"}
    return found["transactions"]


CASES = (*WAREHOUSE, *LEDGER, *BYTES)


@pytest.mark.parametrize(("day", "what", "said"), [(day, what, said) for day, _, what, said in CASES])
def test_what_was_changed_is_named(proof: Proof, day: int, what: str, said: str) -> None:
    locations = (f"202405{day:02}", f"05-{day:02}", f"day={day:02}")
    about = [
        f for f in proof.findings if f.what == what and any(location in f.name + f.found for location in locations)
    ]
    assert len(about) == 1
    assert said in about[0].found
    assert about[0].cure


def test_what_was_not_changed_is_not_blamed(proof: Proof) -> None:
    assert len(proof.findings) == len(CASES) + 1
    (stranger,) = [finding for finding in proof.findings if finding.name == "x"]
    assert stranger.found == "1 rows of a delivery that does not exist by the ledger"


# -- neither -----------------------------------------------------------------------------------------------------------


def test_what_is_due_is_not_wrong_and_loading_again_cures_what_was(home: Path, pipeline: Pipeline) -> None:
    put(home, name(3), payments(payment("new", "2024-05-03")).encode())
    pipeline.all()
    pipeline.platform.ledger.replays.load_again()
    taken_back = [d.key for d in pipeline.platform.ledger.worklist.waiting("transactions") if d.path == name(5)]
    pipeline.platform.ledger.retractions.retract(taken_back, "sent by mistake")
    proof = proofs(pipeline.platform, "transactions")["transactions"]
    assert (proof.findings, proof.counts[OBJECTS].due, proof.counts[NOTES].due) == ([], 1, len(DAYS) + 3)
    warehouse(home, f"DELETE FROM {V} WHERE _data_date <> '2024-05-05'")
    pipeline.load()
    load_on(pipeline.platform, AHEAD, date(2024, 5, 1))
    pipeline.bring_up_to_date()
    proof = proofs(pipeline.platform, "transactions")["transactions"]
    assert (proof.findings, {count.due for count in proof.counts.values()}) == ([], {0})


def test_what_an_older_contract_validated_is_said_and_compared_from_the_warehouse_on(home: Path) -> None:
    contract = home / "contracts" / "transactions.odcs.yaml"
    changed = contract.read_text().replace("version: 1.0.0", "version: 2.0.0").replace("{minimum: 0}", "{minimum: 9}")
    contract.write_text(changed)
    flip(home / lake(13), 5)
    pipeline = Pipeline(home)
    proof = proofs(pipeline.platform, "transactions")["transactions"]
    assert [(finding.what, finding.wrong) for finding in proof.findings] == [(OBJECTS, True), (ROWS, False)]
    assert (proof.findings[1].cure, proof.counts[ROWS].equal) == ("dropzone replay transactions", 0)
    loaded = [kept.delivery.key for kept in pipeline.platform.ledger.worklist.kept("transactions")]
    pipeline.platform.ledger.replays.revalidate(loaded, RELEASE, "lot")
    pipeline.load()
    pipeline.bring_up_to_date()
    proof = proofs(pipeline.platform, "transactions")["transactions"]
    pipeline.platform.ledger.engine.dispose()
    assert [(finding.what, finding.wrong) for finding in proof.findings] == [(ROWS, False)]
    assert proof.counts[OBJECTS].equal == proof.counts[OBJECTS].checked


def test_the_command_says_what_it_found(wrecked: Path, proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(wrecked))
    said = CliRunner().invoke(app, ["verify", "movies"])
    assert (said.exit_code, said.stdout.splitlines()[-1]) == (0, "Equal.")
    said = CliRunner().invoke(app, ["verify", "transactions", "--json"])
    (document,) = json.loads(said.stdout)["tables"]
    assert (said.exit_code, document["equal"]) == (1, False)
    # A byte that changes no row is found only when all raw files are read.
    found = {(each["name"], each["found"]) for each in document["differences"]}
    assert len({(each.name, each.found) for each in proof.findings} - found) == 1
