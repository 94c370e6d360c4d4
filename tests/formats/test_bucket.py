"""One file feeds several tables: each selects its own records, and none that nobody could select is lost."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dropzone_assets.contracts import Contract, load_contract, recognise
from dropzone_assets.formats import open_format
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import FILE_TIME, FIRST_DAY, Validated, contract_of, raw_file, validate_bytes, validate_files

SHIPPED = Path(__file__).parents[2] / "data" / "contracts"
TABLES = ("songs", "movies", "apps")

BUCKET: list[Any] = [
    {"type": "song", "data": {"title": "Heroes", "artist": "David Bowie", "year": 1977, "duration": 371.5}},
    {
        "type": "app",
        "data": {"track_name": "Maps", "prime_genre": "Travel", "user_rating": 4.5, "rating_count_tot": 99},
    },
    {"type": "movie", "data": {"original_title": "Amélie: Le  Fabuleux (2001)", "original_language": "fr"}},
    {"type": "podcast", "data": {"title": "Nobody's", "artist": "Nobody"}},
    {
        "type": "app",
        "data": {"name": "Chess!", "genre": "Games", "rating": 4.7, "rating_count": 12_345, "ver": "2.0.1"},
    },
    {"type": "movie", "data": {"original_title": "Ψυχώ", "release_date": "1960-06-16", "budget": 806_947}},
    {"type": "song", "data": {"title": "Untitled"}, "sent": "today"},
    {"type": "app", "data": {"name": "Quiet", "genre": "Music", "size_bytes": "12345678901"}},
]


def encoded(form: str) -> bytes:
    if form == "an array":
        return json.dumps(BUCKET, indent=1, ensure_ascii=False).encode()
    return b"".join(json.dumps(record).encode() + b"\n" for record in BUCKET)


def shipped(table: str) -> Contract:
    return load_contract(SHIPPED / f"{table}.odcs.yaml", FIRST_DAY, open_format)[0]


def validate_bucket(folder: Path, table: str, content: bytes) -> Validated:
    return validate_bytes(folder / table, shipped(table), content)


class Expected(NamedTuple):
    records: list[int]
    reasons: Mapping[int, list[str]]
    column: str
    values: list[Any]


EXPECTED = {
    "songs": Expected([1, 7], {7: ["artist:required"]}, "title", ["Heroes", "Untitled"]),
    "movies": Expected([3, 6], {}, "original_title_normalized", ["amélie_le__fabuleux_2001", "ψυχώ"]),
    "apps": Expected([2, 5, 8], {}, "is_awesome", [False, True, False]),
}


@pytest.mark.parametrize("form", ["an array", "lines"])
@pytest.mark.parametrize("table", TABLES)
def test_each_table_has_its_own_records_of_a_bucket(tmp_path: Path, table: str, form: str) -> None:
    validated, expected = validate_bucket(tmp_path, table, encoded(form)), EXPECTED[table]
    assert not validated.refused
    assert [row.record for row in validated.rows] == expected.records
    assert validated.reasons() == expected.reasons
    assert validated.of(expected.column) == expected.values
    assert validated.tallies[0].rows_read == len(expected.records)


def test_a_refused_record_is_kept_with_its_envelope(tmp_path: Path) -> None:
    assert validate_bucket(tmp_path, "songs", encoded("lines")).rows[1].raw == BUCKET[6]


def test_what_the_table_does_not_know_of_its_record_is_rescued(tmp_path: Path) -> None:
    assert validate_bucket(tmp_path, "movies", encoded("lines")).of("_rescued") == [None, '{"budget":806947}']


def test_a_file_without_records_of_a_table_has_no_rows_there(tmp_path: Path) -> None:
    validated = validate_bucket(tmp_path, "songs", json.dumps(BUCKET[1:4]).encode())
    assert (validated.rows, validated.refused, validated.tallies[0].rows_read) == ([], {}, 0)


NOBODYS = {
    "no type": ({"data": {"title": "x", "artist": "y"}}, "record:select"),
    "a type that is null": ({"type": None, "data": {}}, "record:select"),
    "no object": (7, "record:type"),
    "nothing below": ({"type": "song"}, "record:object"),
    "no object below": ({"type": "song", "data": [1]}, "record:object"),
}


@pytest.mark.parametrize(("record", "reason"), NOBODYS.values(), ids=NOBODYS)
@pytest.mark.parametrize("form", ["an array", "lines"])
def test_a_record_nobody_can_select_is_quarantined(tmp_path: Path, record: Any, reason: str, form: str) -> None:
    both = [BUCKET[0], record, BUCKET[0]]
    content = json.dumps(both) if form == "an array" else "\n".join(map(json.dumps, both))
    validated = validate_bucket(tmp_path, "songs", content.encode())
    assert validated.reasons() == {2: [reason]}
    assert validated.rows[1].raw == record


def test_a_broken_line_moves_nobodys_number(tmp_path: Path) -> None:
    lines = [json.dumps(record).encode() for record in BUCKET]
    validated = validate_bucket(tmp_path, "movies", b"\n".join([*lines[:2], b"\xff", b"{", *lines[2:]]))
    assert validated.reasons() == {3: ["record:encoding"], 4: ["record:json"]}
    assert [row.record for row in validated.rows if not row.reasons] == [5, 8]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"select": {"kind": "a"}}, {1: "one", 3: "three"}),
        ({"select": {"kind": ["a", "b"]}}, {1: "one", 2: "two", 3: "three"}),
        ({"select": {"kind": "a", "v.n": 2}}, {3: "three"}),
        ({"select": {"kind": "a"}, "others": ["b"]}, {1: "one", 3: "three", 4: "record:select"}),
        ({"select": {"v.n": [2, True]}}, {2: "two", 3: "three", 4: "four"}),
        ({"select": {"kind": "A"}}, {}),
    ],
)
def test_a_contract_says_which_records_are_its_own(
    tmp_path: Path, options: dict[str, Any], found: dict[int, str]
) -> None:
    records = [
        {"kind": "a", "v": {"n": 1}, "id": "one"},
        {"kind": "b", "v": {"n": 2}, "id": "two"},
        {"kind": "a", "v": {"n": 2}, "id": "three"},
        {"kind": "c", "v": {"n": True}, "id": "four"},
    ]
    contract = contract_of(tmp_path / "c", {"name": "id"}, {"name": "v"}, format={"kind": "json", **options})
    validated = validate_bytes(tmp_path, contract, json.dumps(records).encode())
    assert {row.record: row.reasons[0] if row.reasons else row.values["id"] for row in validated.rows} == found
    assert contract.selects
    if "kind" in options["select"]:
        assert set(validated.of("_rescued")) <= {None}


def test_the_moment_of_arrival_is_that_of_each_delivery(tmp_path: Path) -> None:
    platform = open_platform(Settings(home=tmp_path))
    moments = [FILE_TIME + timedelta(minutes=n, microseconds=7) for n in range(3)]
    files = [raw_file(platform, n, encoded("lines"), "songs") for n in range(3)]
    files = [
        replace(file, delivery=replace(file.delivery, arrived=at)) for file, at in zip(files, moments, strict=True)
    ]
    for validated in (validate_files(platform, shipped("songs"), files) for _ in range(2)):
        assert [validated.of("ingestion_time", n) for n in range(3)] == [[at, at] for at in moments]


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("bucket_2024-05-01.json", datetime(2024, 5, 1)),
        ("in/bucket_2024-05-01T10-20.json", datetime(2024, 5, 1)),
        ("bucket_17.json", FILE_TIME + timedelta(1)),
    ],
)
def test_a_bucket_belongs_to_all_three_tables(name: str, time: datetime) -> None:
    contracts = [shipped(table) for table in TABLES]
    assert recognise(name, contracts, FILE_TIME + timedelta(1)) == (tuple(sorted(TABLES)), time)
