"""A contract that cannot be honoured says so at once, with its file, what was found and a cure; and it fails alone."""

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.contracts import Contracts, load_contract, load_contracts
from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format
from tests.cases.validated import FIRST_DAY, describe, write

SHIPPED = Path(__file__).parents[2] / "data" / "contracts"

Change = Callable[[dict[str, Any]], None]


def load(folder: Path) -> Contracts:
    return load_contracts(folder, FIRST_DAY, open_format)


def sound() -> dict[str, Any]:
    """A contract nothing is wrong with."""
    return describe(
        {"name": "id", "primaryKey": True},
        {"name": "day", "logicalType": "date", "partitioned": True},
        format={"kind": "csv", "delimiter": ";"},
        summary="SELECT day, count(*) AS n FROM lake GROUP BY ALL",
    )


def column(number: int = 0, **fields: Any) -> Change:
    return lambda document: document["schema"][0]["properties"][number].update(fields)


def block(**fields: Any) -> Change:
    return lambda document: document["customProperties"][0]["value"].update(fields)


def top(**fields: Any) -> Change:
    return lambda document: document.update(fields)


def table(**fields: Any) -> Change:
    return lambda document: document["schema"][0].update(fields)


def options(**fields: Any) -> Change:
    return column(logicalTypeOptions=fields)


def own(number: int = 0, **fields: Any) -> Change:
    return column(number, customProperties=[{"property": "dropzone", "value": fields}])


def mapped(mapping: Any) -> Change:
    return own(values=mapping)


REFUSED: dict[str, tuple[Change, str]] = {
    "no table": (top(schema=[]), "has 0 tables"),
    "two tables": (lambda d: d["schema"].append(copy.deepcopy(d["schema"][0])), "has 2 tables"),
    "a table name with capitals": (table(name="Orders"), "table name 'Orders'"),
    "a table name that is a path": (table(name="../x"), "table name '../x'"),
    "a table name that is SQL": (table(name='x"; DROP'), "table name"),
    "a reserved table name": (table(name="ingestion"), "table name 'ingestion'"),
    "no columns": (table(properties=[]), "there are none"),
    "a column without a name": (column(name=None), "column names"),
    "a column twice": (column(name="DAY"), "column names: ['day']"),
    "a column of ours": (column(name="_record"), "column names: ['_record']"),
    "a column of the engine": (column(name="RowId"), "column names: ['rowid']"),
    "an unknown type": (column(logicalType="money"), "'money' does not exist"),
    "a physical type of another kind": (column(physicalType="BIGINT"), "'BIGINT' is not a DuckDB type for string"),
    "an impossible decimal": (column(logicalType="number", physicalType="DECIMAL(99,2)"), "cannot be run"),
    "an unknown option": (options(minimumm=3), "'minimumm' does not exist"),
    "an option of another type": (column(logicalType="integer", logicalTypeOptions={"minLength": 3}), "cannot be run"),
    "a bound that is no number": (column(logicalType="integer", logicalTypeOptions={"minimum": "abc"}), "id:minimum"),
    "a bound without a value": (options(minimum=None), "the option minimum is None"),
    "a bound that is a list": (options(minimum=[1]), "the option minimum is [1]"),
    "a bound that is no moment": (column(1, logicalType="timestamp", logicalTypeOptions={"minimum": "noon"}), "noon"),
    "a multiple of nothing": (column(logicalType="integer", logicalTypeOptions={"multipleOf": 0}), "multipleOf"),
    "a pattern that is none": (options(pattern="("), "cannot be run"),
    "an unknown timezone": (column(1, logicalTypeOptions={"defaultTimezone": "Mars"}, logicalType="timestamp"), "Mars"),
    "summer time of a date": (own(1, dst="first"), "day: dst says nothing of a date"),
    "an unknown answer to summer time": (own(1, dst="third"), "dst: Input should be"),
    "an unknown locale": (own(1, formats=["d MMM yyyy"], locale="xx"), "day: the locale"),
    "a format with unknown letters": (column(1, logicalTypeOptions={"format": "yyyy-QQ"}), "'QQ'"),
    "a format with an open quote": (column(1, logicalTypeOptions={"format": "yyyy'T"}), "quote that does not end"),
    "an enum of another type": (column(logicalType="integer", enum=[{"value": "one"}]), "id:enum"),
    "a value map on a number": (
        lambda d: (mapped({"A": ["a"]})(d), column(logicalType="integer")(d)),
        "needs logicalType string",
    ),
    "a value map with two meanings": (mapped({"A": ["x"], "B": [" X "]}), "'x' means A and B"),
    "a value map that is a list": (mapped(["A"]), "dropzone block"),
    "a dropzone block that is a text": (top(customProperties=[{"property": "dropzone", "value": "x"}]), "block is 'x'"),
    "no dropzone block": (top(customProperties=[]), "files: Field required"),
    "no files": (block(files=[]), "files: "),
    "files that are one text": (block(files="orders_*.csv"), "files: "),
    "a file pattern with an unknown token": (block(files=["x_%Q.csv"]), "'%Q'"),
    "a file pattern that ends in %": (block(files=["x_%"]), "'%'"),
    "a file pattern with a token twice": (block(files=["%Y_%Y"]), "same token twice"),
    "an unknown field": (block(fils=["x"]), "fils: "),
    "an unknown way of matching": (block(columns=["by_magic"]), "columns"),
    "no way of matching": (block(columns=[]), "columns"),
    "an unknown answer to unknown columns": (block(unknown_columns="drop"), "unknown_columns"),
    "an unknown row to keep": (block(keep="best"), "keep"),
    "a key once in what is no day and no table": (block(unique="month"), "unique: "),
    "a key once in the table, and no key": (
        lambda d: (block(unique="table")(d), column(primaryKey=False)(d)),
        "`unique: table` says that a key is there once in the whole table, and no column has `primaryKey: true`",
    ),
    "a share above one": (block(max_quarantine=10), "max_quarantine"),
    "an unknown format": (block(format={"kind": "parquetish"}), "'parquetish' does not exist"),
    "an unknown option of the format": (block(format={"kind": "csv", "separator": ","}), "format csv"),
    "two data dates": (column(partitioned=True, logicalType="date"), "several columns are partitioned: id, day"),
    "a data date that is a text": (column(1, logicalType="string"), "day is partitioned but VARCHAR"),
    "two unique columns and no key": (
        lambda d: (column(primaryKey=False, unique=True)(d), column(1, unique=True)(d)),
        "id, day are unique",
    ),
    "a transform that is no SQL": (column(transformLogic="upper("), "the transformLogic of id cannot be run"),
    "a transform of a column there is not": (
        column(transformLogic="upper(ident)"),
        "the transformLogic of id cannot be run",
    ),
    "a summary that is no SQL": (block(summary="SELEKT 1"), "its summary cannot be run"),
    "a summary of another table": (block(summary="SELECT * FROM sea"), "its summary cannot be run"),
    "a quality rule nobody knows": (table(quality=[{"metric": "beauty", "mustBe": 1}]), "'beauty'"),
    "a quality rule without a bound": (table(quality=[{"metric": "rowCount"}]), "has no bound"),
    "a quality rule that is no SQL": (table(quality=[{"type": "sql", "query": "SELEKT", "mustBe": 0}]), "quality_sql"),
    "a frequency that is no number": (top(slaProperties=[{"property": "frequency", "value": "often"}]), "frequency"),
    "a frequency in an unknown unit": (top(slaProperties=[{"property": "latency", "value": 1, "unit": "eon"}]), "eon"),
    "another standard": (top(schema="none"), "not an ODCS v3 contract"),
}


@pytest.mark.parametrize(("change", "found"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_honoured_is_refused_with_file_and_cure(tmp_path: Path, change: Change, found: str) -> None:
    document = sound()
    change(document)
    file = write(tmp_path, document, "orders")
    with pytest.raises(BadContract) as refusal:
        load_contract(file, FIRST_DAY, open_format)
    assert refusal.value.found.startswith("orders.odcs.yaml: ")
    assert found in refusal.value.found
    assert refusal.value.cure


def test_a_contract_is_refused_beside_others_as_it_is_alone(tmp_path: Path) -> None:
    alone = []
    for n, (change, _) in enumerate(REFUSED.values()):
        document = sound()
        change(document)
        file = write(tmp_path, document, f"broken{n:03}")
        with pytest.raises(BadContract) as refusal:
            load_contract(file, FIRST_DAY, open_format)
        alone.append(str(refusal.value))
    write(tmp_path, sound(), "sound")
    found = load(tmp_path)
    assert [str(error) for error in found.broken] == alone
    assert len(found.tables) == 1


@pytest.mark.parametrize("content", [b"", b"7", b"[]", b"a: [", b"\tx", b"\xff\xfe", b"!!python/object:os.system {}"])
def test_what_is_no_contract_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.odcs.yaml"
    file.write_bytes(content)
    with pytest.raises(BadContract, match=r"x\.odcs\.yaml"):
        load_contract(file, FIRST_DAY, open_format)


def test_a_sound_contract_is_loaded(tmp_path: Path) -> None:
    contract, status = load_contract(write(tmp_path, sound()), FIRST_DAY, open_format)
    assert (contract.table, status, contract.key, contract.partition_column) == ("t", "active", ("id",), "day")


def test_a_broken_contract_fails_alone(tmp_path: Path) -> None:
    write(tmp_path, sound(), "a")
    (tmp_path / "b.odcs.yaml").write_text("schema: [")
    (tmp_path / "c.odcs.yaml").mkdir()
    write(tmp_path, {**sound(), "schema": []}, "d")
    other = sound()
    table(name="other")(other)
    write(tmp_path, other, "e")
    found = load(tmp_path)
    assert list(found.tables) == ["t", "other"]
    assert [error.found.split(":")[0] for error in found.broken] == [f"{n}.odcs.yaml" for n in "bcd"]


def test_the_second_contract_of_a_table_is_broken(tmp_path: Path) -> None:
    write(tmp_path, sound(), "a")
    write(tmp_path, sound(), "b")
    found = load(tmp_path)
    assert list(found.tables) == ["t"]
    assert "b.odcs.yaml: describes t, as a.odcs.yaml does" in found.broken[0].found


@pytest.mark.parametrize("status", ["draft", "deprecated", "retired", "proposed", None])
def test_only_an_active_table_runs(tmp_path: Path, status: str | None) -> None:
    write(tmp_path, {**sound(), "status": status})
    found = load(tmp_path)
    assert found.tables == {}
    assert found.inactive == (f"t ({status or 'draft'})",)
    assert not found.broken


@pytest.mark.parametrize("name", ["notes.yaml", "t.odcs.yaml.bak", "t.odcs.yml"])
def test_other_files_beside_contracts_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nonsense: [")
    assert load(tmp_path) == Contracts({}, (), ())


def test_without_a_folder_there_are_no_tables(tmp_path: Path) -> None:
    assert load(tmp_path / "nowhere") == Contracts({}, (), ())


def test_the_shipped_contracts_load() -> None:
    found = load(SHIPPED)
    bucket = {"songs", "movies", "apps"}
    assert set(found.tables) == {"transactions", "vehicle_events", "vehicle_status", "flights"} | bucket
    assert (found.broken, found.inactive) == ((), ())
    for contract in found.tables.values():
        assert contract.owners and contract.description and contract.summary and contract.quality
        assert contract.freshness == timedelta(days=2)


def test_the_key_is_in_the_order_of_its_positions(tmp_path: Path) -> None:
    document = describe(
        {"name": "b", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "c"},
        {"name": "a", "primaryKey": True, "primaryKeyPosition": 1},
    )
    assert load_contract(write(tmp_path, document), FIRST_DAY, open_format)[0].key == ("a", "b")


@pytest.mark.parametrize(
    ("team", "owners"),
    [
        ({"name": "The A-Team!", "members": [{"username": "a@b.org"}, {"username": "bob"}]}, ("a@b.org",)),
        ({"name": "The A-Team!"}, ("team:The-A-Team-",)),
        ([{"username": "a@b.org"}], ("a@b.org",)),
        (None, ()),
    ],
)
def test_owners_are_people_with_an_address_or_the_team(tmp_path: Path, team: Any, owners: tuple[str, ...]) -> None:
    document = {**sound(), "team": team}
    assert load_contract(write(tmp_path, document), FIRST_DAY, open_format)[0].owners == owners


@pytest.mark.parametrize(
    ("sla", "freshness"),
    [
        ([], None),
        ([{"property": "latency", "value": 1}], None),
        ([{"property": "frequency", "value": 1}], timedelta(days=1)),
        ([{"property": "frequency", "value": 2, "unit": "h"}], timedelta(hours=2)),
        (
            [{"property": "frequency", "value": 1, "unit": "d"}, {"property": "latency", "value": 30, "unit": "m"}],
            timedelta(days=1, minutes=30),
        ),
    ],
)
def test_rows_are_fresh_for_frequency_and_latency(tmp_path: Path, sla: Any, freshness: timedelta | None) -> None:
    document = {**sound(), "slaProperties": sla}
    assert load_contract(write(tmp_path, document), FIRST_DAY, open_format)[0].freshness == freshness
