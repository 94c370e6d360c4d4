"""A preview says what ingestion would read, and leaves no trace."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.inspect.preview import Preview, preview
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.samples import payment, payments
from tests.test_arrivals import packed

A = "payments_20240501_100000.csv"


def look(platform: Platform, folder: Path, name: str, content: bytes, table: str = "") -> list[Preview]:
    file = folder / name
    file.write_bytes(content)
    return list(preview(platform, file, table, 20))


def test_a_preview_leaves_no_trace(home: Path, platform: Platform, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    content = payments(payment("a"), payment("?", "?")).encode()
    for name in (A, "unknown.csv"):
        look(platform, tmp_path, name, content)
    look(platform, tmp_path, "day.zip", packed({A: content}))
    look(platform, tmp_path, "bucket_2024-05-01.json", b'[{"type": "song", "data": {"title": "x"}}]')
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_a_home_without_contracts_shows_the_columns_as_text(tmp_path: Path) -> None:
    nowhere = open_platform(Settings(home=tmp_path / "nowhere"))
    (found,) = look(nowhere, tmp_path, "x.csv", b"a,b\n1,2\n")
    assert (found.columns[:2], found.rows[0][:2], found.found) == (("a", "b"), ("1", "2"), "")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("empty.csv", b"", "is empty"),
        (A, b"", "is empty"),
        ("x.json", b"[1, 2]", "x.json is JSON without records: there is an array of 2 elements"),
        ("x.json", b'"x"', "JSON without records: there is text"),
        ("x.json", b'[{"a": 1}, ', "is no JSON"),
        ("x.csv", b'[{"a": 1}]', "is JSON"),
        ("x.xls", b"<html><body><table><tr><td>id</td></tr></table>", "is an HTML page"),
        ("x.xml", b'<rows><row id="1"/></rows>', "is XML"),
        ("x.pdf", b"%PDF-1.4\n", "is a PDF document"),
        ("x.xlsx", b"id;note\n1;a\n", "is text, most likely CSV"),
        ("broken.zip", b"PK\x03\x04", "broken.zip"),
    ],
)
def test_what_cannot_be_read_is_found(
    platform: Platform, tmp_path: Path, name: str, content: bytes, found: str
) -> None:
    (shown,) = look(platform, tmp_path, name, content)
    assert found in shown.found


def test_a_name_that_two_contracts_know_is_refused_unless_one_is_named(
    home: Path, platform: Platform, tmp_path: Path
) -> None:
    one = (home / "contracts" / "transactions.odcs.yaml").read_text()
    other = one.replace("name: transactions", "name: others").replace("id: ", "id: other:", 1)
    (home / "contracts" / "others.odcs.yaml").write_text(other)
    content = payments(payment("a")).encode()
    (shown,) = look(platform, tmp_path, A, content)
    assert "others and transactions" in shown.found
    assert [each.valid for each in look(platform, tmp_path, A, content, "others")] == [1]


def test_a_bad_member_is_said_and_hides_no_other(platform: Platform, tmp_path: Path) -> None:
    members = {"locked.csv": b"a\n1\n", "../evil.csv": b"", "._hidden": b"", A: payments(payment("a")).encode()}
    content = bytearray(packed(members))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    shown = look(platform, tmp_path, "day.zip", bytes(content))
    assert [bool(each.found) for each in shown] == [True, True, False]
    assert "encrypted" in shown[0].found and "leads out" in shown[1].found and shown[2].valid == 1


def test_a_whole_archive_is_refused_with_its_members_before_shown(platform: Platform, tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(A, payments(payment("a")))
    assert [each.valid for each in look(platform, tmp_path, "day.zip", whole.getvalue())] == [1]
    assert look(platform, tmp_path, "day.zip", whole.getvalue()[:100])[0].found


def test_a_csv_nobody_knows_is_read_as_a_reader_would(platform: Platform, tmp_path: Path) -> None:
    content = (
        "Kassenbuch;;;\n;;;\nDatum;Ort;Betrag;Text\n02.01.2024;Bonn;1.234,56;Müller, Hans\n03.01.2024;;7,5;a\nSumme\n"
    )
    (found,) = look(platform, tmp_path, "kasse.csv", content.encode("cp1252"))
    assert found.columns[:4] == ("Datum", "Ort", "Betrag", "Text")
    assert [row[:4] for row in found.rows] == [
        ("02.01.2024", "Bonn", "1.234,56", "Müller, Hans"),
        ("03.01.2024", None, "7,5", "a"),
    ]
    assert found.refused == [(3, ["record:missing-cell"], '{"line":"Summe"}')]
    assert (found.how["delimiter"], found.how["lines skipped"], found.how["encoding"]) == (";", "2", "cp1252")


@pytest.mark.parametrize(
    ("header", "names"), [("a,b", ("a", "b", "column3")), ("a,b,,c", ("a", "b", "c")), ("a,b,c", ("a", "b", "c"))]
)
def test_a_header_with_a_name_too_few_or_an_empty_one_too_many_fits_the_records(
    platform: Platform, tmp_path: Path, header: str, names: tuple[str, ...]
) -> None:
    (found,) = look(platform, tmp_path, "x.csv", f"{header}\n1,2,3\n4,5,6\n".encode())
    assert found.columns[:3] == names
    assert [row[:3] for row in found.rows] == [("1", "2", "3"), ("4", "5", "6")]
    assert found.how["header"] == ("yes" if header == "a,b,c" else "uneven")


@pytest.mark.parametrize(
    ("content", "where", "fields", "rows"),
    [
        (b'{"meta": {"n": 2}, "data": {"rows": [{"id": 1}, {"id": "x"}]}}', "data.rows", "id integer or text", 2),
        (b'[{"a": 1.5, "b": {"c": null}}, {"a": null}]', "the root", "a number, b object", 2),
        (b'{"a": true, "_id": [1]}', "the root", "a boolean, _id array", 1),
        (b'{"a": 1}\n{"a": 2, "b.c": null}\n', "one a line", "a integer, b.c nothing", 2),
        (b'{"few": [{"a": 1}], "many": [{"b": 1}, {"b": 2}]}', "many", "b integer", 2),
    ],
)
def test_json_nobody_knows_is_shown_with_its_records_and_their_fields(
    platform: Platform, tmp_path: Path, content: bytes, where: str, fields: str, rows: int
) -> None:
    (found,) = look(platform, tmp_path, "api.json", content)
    assert (found.how["records"], found.how["fields"]) == (where, fields)
    assert (len(found.rows), found.valid, found.quarantined) == (rows, rows, 0)
    assert all(row[0] is not None for row in found.rows[:1])


def test_places_with_fewer_records_are_named(platform: Platform, tmp_path: Path) -> None:
    (found,) = look(platform, tmp_path, "x.json", b'{"few": [{"a": 1}], "in": {"many": [{"b": 1}, {"b": 2}]}}')
    assert (found.how["records"], found.how["records elsewhere"]) == ("in.many", "few (1)")


def test_what_is_pinned_is_not_found_out(platform: Platform, tmp_path: Path) -> None:
    content = b"above\na;b,c;d\ne;f,g;h\n"
    (found,) = look(platform, tmp_path, "x.csv", content)
    for said in ("delimiter: ','", "delimiter: ';'", "dropzone preview FILE --delimiter"):
        assert said in found.found + found.cure
    pins = {"delimiter": ";", "header": False, "skip": 1}
    (found,) = preview(platform, tmp_path / "x.csv", "", 20, pins)
    assert [row[:3] for row in found.rows] == [("a", "b,c", "d"), ("e", "f,g", "h")]


def test_a_pin_is_tried_over_what_the_contract_says(platform: Platform, tmp_path: Path) -> None:
    (found,) = look(platform, tmp_path, A, payments(payment("a")).encode())
    assert found.valid == 1
    (found,) = preview(platform, tmp_path / A, "", 20, {"delimiter": "|"})
    assert found.found


@pytest.mark.parametrize("spoilt", ["schema: [", "status: draft"])
def test_a_file_that_a_contract_left_out_wants_says_which_and_why(
    home: Path, platform: Platform, tmp_path: Path, spoilt: str
) -> None:
    contract = home / "contracts" / "transactions.odcs.yaml"
    text = contract.read_text()
    broken = text.replace("logicalType: number", "logicalType: wonder")
    contract.write_text(broken if spoilt == "schema: [" else text.replace("status: active", spoilt))
    (found,) = look(platform, tmp_path, A, payments(payment("a")).encode())
    assert "is a file of transactions" in found.found
    assert "transactions.odcs.yaml" in found.found
    assert found.cure and not found.rows


@pytest.mark.parametrize(
    ("name", "pins", "found"),
    [
        ("x.csv", {"decimal": "x"}, "decimal Input should be '.' or ','"),
        ("x.csv", {"encoding": "klingon"}, "encoding 'klingon' does not exist"),
        ("x.csv", {"delimiter": '"'}, "the delimiter must differ"),
        ("x.json", {"skip": 1}, "skip Extra inputs are not permitted"),
        (A, {"quote": "ab"}, "quote String should have at most 1 character"),
    ],
)
def test_a_pin_that_is_none_is_said(
    platform: Platform, tmp_path: Path, name: str, pins: dict[str, object], found: str
) -> None:
    (tmp_path / name).write_bytes(payments(payment("a")).encode())
    (shown,) = preview(platform, tmp_path / name, "", 20, pins)
    assert found in shown.found and "\n" not in shown.found
    assert "options" in shown.cure


def test_contracts_whose_files_cannot_be_told_are_named_beside_a_file_nobody_knows(
    home: Path, platform: Platform, tmp_path: Path
) -> None:
    (home / "contracts" / "broken.odcs.yaml").write_text("kind: DataContract\nschema: [")
    (found,) = look(platform, tmp_path, "x.csv", b"a,b\n1,2\n")
    assert found.how["contracts left out"].startswith("broken.odcs.yaml")


def test_characters_are_said_as_people_write_them_in_a_shell(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"above\n'a\t'b,\n1\t2\n")
    pins = ["--delimiter", "tab", "--quote", "none", "--no-header", "--skip", "1", "--json"]
    found = CliRunner().invoke(app, ["preview", str(file), *pins], env={"DROPZONE_HOME": str(home)})
    (shown,) = json.loads(found.stdout)
    assert [list(row.values())[:2] for row in shown["rows"]] == [["'a", "'b,"], ["1", "2"]]
    assert (shown["how"]["delimiter"], shown["how"]["quote"], shown["how"]["header"]) == ("tab", "none", "no")
