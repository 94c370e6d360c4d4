"""Columns of any name are read in every format, and an expression mentions exactly the columns that it names."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from openpyxl import Workbook
from pyarrow import parquet

from tests.cases.validated import contract_of, validate_bytes
from tests.test_names import NAMES


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return out.getvalue().encode()


def as_json(table: Sequence[Sequence[str]]) -> bytes:
    return json.dumps([dict(zip(table[0], row, strict=True)) for row in table[1:]]).encode()


def as_lines(table: Sequence[Sequence[str]]) -> bytes:
    return "\n".join(json.dumps(dict(zip(table[0], row, strict=True))) for row in table[1:]).encode()


def as_parquet(table: Sequence[Sequence[str]]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(dict(zip(table[0], zip(*table[1:], strict=True), strict=True))), out)
    return out.getvalue()


def as_excel(table: Sequence[Sequence[str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in table:
        book.active.append([*row])
    book.save(out)
    return out.getvalue()


WRITERS: dict[str, tuple[dict[str, Any], Callable[[Sequence[Sequence[str]]], bytes]]] = {
    "csv": ({"kind": "csv"}, as_csv),
    "json": ({"kind": "json"}, as_json),
    "lines": ({"kind": "json", "lines": True}, as_lines),
    "parquet": ({"kind": "parquet"}, as_parquet),
    "excel": ({"kind": "excel"}, as_excel),
}


@pytest.mark.parametrize("unknown", ["all", "none"])
@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_reads_columns_of_any_name(tmp_path: Path, kind: str, unknown: str) -> None:
    form, write_as = WRITERS[kind]
    names = NAMES[::4] if unknown == "none" else ["id"]
    content = write_as([("id", *NAMES), ("x", *(f"{n}" for n in range(len(NAMES))))])
    validated = validate_bytes(
        tmp_path, contract_of(tmp_path, *({"name": name} for name in names), format=form), content
    )
    (row,) = validated.rows
    assert not row.reasons
    if unknown == "none":
        assert [row.values[name] for name in names] == [f"{n}" for n in range(0, len(NAMES), 4)]
    elif "json" not in form["kind"]:
        assert json.loads(row.values["_rescued"]) == {name: f"{n}" for n, name in enumerate(NAMES)}


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("year", "year(moment)"),
        ("day", "date_trunc('day', moment)::DATE"),
        ("month", "extract(month FROM moment)"),
        ("hour", "moment + INTERVAL 1 hour"),
        ("date", "CAST(moment AS date)"),
    ],
)
def test_a_column_is_not_mentioned_by_a_function_of_its_name(tmp_path: Path, name: str, expression: str) -> None:
    at = {"name": "moment", "logicalType": "timestamp"}
    contract = contract_of(tmp_path, at, {"name": name, "transformLogic": expression})
    (row,) = validate_bytes(tmp_path, contract, b"moment\n2024-05-06 07:00:00\n").rows
    assert row.values[name] and contract.physical == contract.columns[:1]


@pytest.mark.parametrize("mention", ["upper(SOURCE)", 'upper("source")', "coalesce(Source, '-')"])
def test_a_column_is_mentioned_however_its_name_is_written(tmp_path: Path, mention: str) -> None:
    contract = contract_of(tmp_path, {"name": "source", "transformLogic": mention})
    assert validate_bytes(tmp_path, contract, b"Source\nA\n").of("source") == ["A"]


@pytest.mark.parametrize("name", ["current_date", "today", "first_day", "getvariable"])
def test_the_data_date_may_have_any_name(tmp_path: Path, name: str) -> None:
    contract = contract_of(tmp_path, {"name": name, "logicalType": "date", "partitioned": True})
    content = f"{name}\n2024-05-06\n2999-01-01\n".encode()
    assert validate_bytes(tmp_path, contract, content).reasons() == {2: [f"{name}:partition"]}
