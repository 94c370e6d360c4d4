"""Validate, the heart of the pipeline: no row is lost or doubled, each has its number and all its reasons."""

import csv
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets import engine
from dropzone_assets.contracts import Contract
from dropzone_assets.demo.generators import GENERATORS
from dropzone_assets.demo.planted import Planted
from dropzone_assets.demo.transactions import SURCHARGE
from dropzone_assets.pipeline import validate as validating
from dropzone_assets.pipeline.deduplicate import find_duplicates
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import Validated, contract_of, raw_file, validate_bytes, validate_files
from tests.conftest import make_home

SEEDS = 15
SENT = datetime(2024, 5, 1, 0, 5)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A contract with one column of each kind of type, some of them required."""
    return contract_of(
        tmp_path_factory.mktemp("contracts"),
        {"name": "id", "logicalType": "integer", "required": True, "logicalTypeOptions": {"minimum": 0}},
        {"name": "amount", "logicalType": "number", "physicalType": "DECIMAL(18,2)"},
        {"name": "at", "logicalType": "timestamp", "required": True, "partitioned": True},
        {"name": "kind", "enum": [{"value": "a"}, {"value": "b"}]},
        {"name": "extra", "logicalType": "object"},
        format={"kind": "csv", "escape": ""},
    )


COLUMNS = ("id", "amount", "at", "kind", "extra")
HEADER = ",".join(COLUMNS)
GOOD = '7,1.50,2024-05-01T10:00:00Z,a,"{""x"": 1}"'


def assert_conserved(validated: Validated, files: int) -> None:
    """Every file is refused or counted; its rows are numbered from one; read = valid + quarantined."""
    assert sorted([*validated.refused, *validated.tallies]) == list(range(files))
    for file, tally in validated.tallies.items():
        rows = [row for row in validated.rows if row.file == file]
        assert [row.record for row in rows] == list(range(1, tally.rows_read + 1))
        assert tally.quarantined == sum(bool(row.reasons) for row in rows)
        assert tally.valid == tally.rows_read - tally.quarantined
        assert all(bool(row.reasons) == bool(row.raw) for row in rows)


CELLS = st.sampled_from(
    ["", "1", "-1", "1.5", "nan", "a", "b", "2024-05-01", "infinity", "{}", "[]", "null", " ", '"', "ä"]
)
TEXTS = CELLS | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
TABLES = st.lists(st.lists(TEXTS, min_size=5, max_size=5), max_size=8)


@settings(max_examples=20, deadline=None)
@given(tables=st.lists(TABLES, min_size=1, max_size=4))
def test_rows_are_conserved_whatever_they_say(
    typed: Contract, tables: list[list[list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    contents = []
    for table in tables:
        text = StringIO()
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([COLUMNS, *table])
        contents.append(text.getvalue().encode())
    home = tmp_path_factory.mktemp("home")
    validated = validate_bytes(home, typed, *contents)
    assert not validated.refused
    assert_conserved(validated, len(tables))
    assert [validated.tallies[n].rows_read for n in range(len(tables))] == [len(table) for table in tables]


BYTES = st.lists(st.sampled_from([b",", b'"', b"\n", b"\r\n", b"\r", b"a", b"1,2\n", b"\xff", b"\x00", GOOD.encode()]))


@settings(max_examples=20, deadline=None)
@given(bodies=st.lists(BYTES, min_size=1, max_size=3))
def test_rows_are_conserved_whatever_the_bytes(
    typed: Contract, bodies: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    validated = validate_bytes(home, typed, *(f"{HEADER}\n".encode() + b"".join(body) for body in bodies))
    assert_conserved(validated, len(bodies))


def mixed(seed: int) -> bytes:
    """A file with good, wrong and broken records, and a header that depends on the seed."""
    dice = random.Random(seed)
    lines = [GOOD, "x,y,z,q,[]", ",,,,", "8,1,2024-05-02,b,{}", "9,1", '1,"2\n3",2024-05-01,a,', '"4"x,,,,', "5,,,,,,6"]
    header = HEADER if seed % 3 else HEADER.replace("amount", "Amount").replace("kind", "KIND")
    return "\n".join([header, *dice.choices(lines, k=seed % 11), ""]).encode()


def stories(validated: Validated, order: Sequence[int]) -> list[object]:
    """What is said of each row, by the file's own number."""
    return sorted(repr((order[row.file], *row[1:])) for row in validated.rows)


def test_the_order_of_files_changes_nothing(tmp_path: Path, typed: Contract) -> None:
    contents = [mixed(n) for n in range(40)] + [b"", b"nothing\n1\n", f"{HEADER}\r\n1,,,,x\n2,,,,x\r\n".encode()]
    dice = random.Random(0)
    found = []
    for _ in range(3):
        order = list(range(len(contents)))
        dice.shuffle(order)
        validated = validate_bytes(tmp_path, typed, *(contents[n] for n in order))
        assert_conserved(validated, len(contents))
        found.append((stories(validated, order), sorted(order[n] for n in validated.refused)))
    assert found[0] == found[1] == found[2]
    assert found[0][1] == [40, 41]


@pytest.mark.parametrize(("files", "size"), [(1, 1 << 30), (7, 1 << 30), (5_000, 200)])
def test_the_size_of_a_scan_changes_nothing(
    tmp_path: Path, typed: Contract, monkeypatch: pytest.MonkeyPatch, files: int, size: int
) -> None:
    contents = [mixed(n) for n in range(40)]
    whole = validate_bytes(tmp_path, typed, *contents)
    monkeypatch.setattr(validating, "FILES_PER_SCAN", files)
    monkeypatch.setattr(validating, "BYTES_PER_SCAN", size)
    parts = validate_bytes(tmp_path, typed, *contents)
    assert len(parts.load.parts) > len(whole.load.parts) == 6  # four ways of reading; two of them again, with care
    assert (parts.rows, parts.tallies) == (whole.rows, whole.tallies)


def test_the_same_bytes_twice_are_two_files(tmp_path: Path, typed: Contract) -> None:
    validated = validate_bytes(tmp_path, typed, mixed(10), mixed(10))
    first, second = ([row[1:] for row in validated.rows if row.file == n] for n in range(2))
    assert first == second


def test_no_files_are_no_rows(tmp_path: Path, typed: Contract) -> None:
    validated = validate_bytes(tmp_path, typed)
    assert (validated.rows, validated.refused, validated.tallies) == ([], {}, {})


def test_a_row_has_all_its_reasons(tmp_path: Path, typed: Contract) -> None:
    validated = validate_bytes(tmp_path, typed, f"{HEADER}\n-1,1.2345,,c,[]\n".encode())
    assert validated.reasons() == {1: ["id:minimum", "amount:type", "at:required", "kind:enum", "extra:type"]}
    assert validated.rows[0].raw == {"id": "-1", "amount": "1.2345", "at": None, "kind": "c", "extra": "[]"}


def test_late_rows_are_of_a_day_before_their_file(tmp_path: Path, typed: Contract) -> None:
    lines = [f"1,,{day},a," for day in ("2024-04-30", "2024-05-01", "2024-05-02", "2024-04-29T23:00:00-05:00", "x")]
    tally = validate_bytes(tmp_path, typed, "\n".join([HEADER, *lines, ""]).encode()).tallies[0]
    assert (tally.rows_read, tally.valid, tally.quarantined, tally.late) == (5, 4, 1, 2)


def test_without_a_data_date_the_date_of_the_file_counts(tmp_path: Path) -> None:
    validated = validate_bytes(tmp_path, contract_of(tmp_path / "c", {"name": "a"}), b"a\nx\n")
    assert engine.rows(
        validated.load.connection, f"SELECT DISTINCT _data_date::VARCHAR FROM {validated.load.rows()}"
    ) == [("2024-05-01",)]


def test_a_big_file_is_numbered_across_all_threads(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id", "logicalType": "integer"}, {"name": "pad"})
    broken = {300_001: b"x", 600_002: b"x,y,z", 900_003: b"x"}
    pad = b"," + b"p" * 60
    content = b"id,pad\n" + b"\n".join(broken.get(n) or b"%d%b" % (n, pad) for n in range(1, 1_000_001))
    platform = open_platform(Settings(home=tmp_path))
    load = validating.validate(platform, contract, [raw_file(platform, 0, content)])
    ((rows, wrong),) = engine.rows(
        load.connection, f"SELECT count(*), count(*) FILTER (id <> _record) FROM {load.rows()}"
    )
    assert (rows, wrong) == (1_000_000, 0)
    query = f"SELECT _record FROM {load.rows()} WHERE _reasons IS NOT NULL ORDER BY 1"
    assert [record for (record,) in engine.rows(load.connection, query)] == list(broken)


class Planting(NamedTuple):
    """Generated files of a table, one a seed, what was planted in them, and what is said of them."""

    contract: Contract
    notes: list[Planted]
    validated: Validated

    def lake(self, what: str, keep: str = "first") -> list[tuple[Any, ...]]:
        """What is asked of the rows the lake would hold of these files."""
        connection = self.validated.load.connection
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE valid AS SELECT *, row_number() OVER () AS _row "
            f"FROM {self.validated.load.rows()} WHERE _reasons IS NULL"
        )
        loads = "SELECT DISTINCT _delivery AS delivery, _file_date AS file_time, _file AS path FROM valid"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW loads AS {loads}")
        contract = replace(self.contract, keep=keep)
        duplicates = find_duplicates(Staging(connection), contract, "FROM valid", "loads")
        return engine.rows(connection, f"SELECT {what} FROM valid ANTI JOIN {duplicates} USING (_row) GROUP BY ALL")


@pytest.fixture(scope="module", params=GENERATORS)
def planting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planting:
    return plant(request.param, tmp_path_factory.mktemp("planted"))


def plant(table: str, folder: Path) -> Planting:
    """One file a seed, each larger than the one before."""
    platform = open_platform(Settings(home=make_home(folder / "home")))
    sent = [SENT + timedelta(hours=7 * n, seconds=n) for n in range(SEEDS)]
    notes = [GENERATORS[table](folder, when, 40 + 30 * n, n) for n, when in enumerate(sent)]
    files = [raw_file(platform, n, (folder / note.file).read_bytes(), table, note.file) for n, note in enumerate(notes)]
    contract = platform.contract(table)
    return Planting(contract, notes, validate_files(platform, contract, files))


def test_every_planted_fault_is_found_with_its_reasons_and_no_other(planting: Planting) -> None:
    validated = planting.validated
    assert not validated.refused
    assert_conserved(validated, SEEDS)
    for n, note in enumerate(planting.notes):
        assert {record: sorted(reasons) for record, reasons in validated.reasons(n).items()} == {
            record: sorted(reasons) for record, reasons in note.refused.items()
        }, note.file
        assert (validated.tallies[n].rows_read, validated.tallies[n].valid) == (note.rows, note.valid)


def test_duplicates_are_removed_exactly_as_planted(planting: Planting) -> None:
    planted = {(n, day): rows for n, note in enumerate(planting.notes) for day, rows in note.lake.items()}
    found = planting.lake("_delivery::INTEGER, _data_date, count(*)")
    assert {(n, day): rows for n, day, rows in found} == planted
    assert sum(note.duplicates for note in planting.notes) > SEEDS


def test_the_right_duplicate_is_kept_and_a_sum_proves_it(tmp_path: Path) -> None:
    """Counts balance whichever copy is kept. A repeated transaction is planted with a surcharge nothing else has."""
    planting = plant("transactions", tmp_path)
    valid = [row.values for row in planting.validated.rows if not row.reasons]
    first: dict[str, Decimal] = {}
    last: dict[str, Decimal] = {}
    for row in valid:
        first.setdefault(row["transaction_id"], row["amount"])
        last[row["transaction_id"]] = row["amount"]
    assert planting.lake("sum(amount)") == [(sum(first.values()),)]
    assert planting.lake("sum(amount)", keep="last") == [(sum(last.values()),)]
    assert sum(first.values()) == sum(row["amount"] for row in valid if row["amount"] < SURCHARGE)
