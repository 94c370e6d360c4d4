"""Senders are told what became of their files, in the same bytes however often, and of nothing else."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from dropzone_assets.sources import SourceConfig
from dropzone_assets.upkeep import receipts as step
from dropzone_assets.upkeep.receipt import Receipts, plain
from dropzone_assets.upkeep.receipts import Outbox, send_receipts
from dropzone_assets.upkeep.retire import retire
from dropzone_assets.upkeep.retract import apply, retraction
from tests.pipeline import BAD, A, B, Pipeline, of
from tests.samples import payment, payments
from tests.test_arrivals import Configure, configure, packed, put, there

__all__ = ["configure"]

MIXED = payments(payment("a"), "", payment("=1+1", amount=-3), payment("c", currency="XXX"))


@pytest.fixture
def pipeline(home: Path, configure: Configure) -> Pipeline:
    configure(receipts="beside")
    return Pipeline(home)


def accepted(home: Path, name: str = A) -> dict[str, object] | None:
    file = home / "dropzone" / f"{name}.accepted.json"
    return json.loads(file.read_text()) if file.exists() else None


def rejected(home: Path, name: str = A) -> list[dict[str, str]] | None:
    file = home / "dropzone" / f"{name}.rejected.csv"
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))) if file.exists() else None


def test_what_counts_and_what_does_not_is_told_once(home: Path, pipeline: Pipeline) -> None:
    put(home, A, MIXED.encode())
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 1
    told = accepted(home) or {}
    assert told["rows"] == {"read": 3, "valid": 1, "quarantined": 2}
    (table,) = told["tables"]  # type: ignore[misc]
    assert (table["table"], table["contract_version"]) == ("transactions", "1.0.0")
    first, second = rejected(home) or []
    assert (first["transaction_id"], first["amount"], first["record"], first["line"]) == ("'=1+1", "-3", "2", "4")
    assert first["reason"] == "amount must be at least 0"
    assert second["reason"].startswith("currency must be one of ")
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 0
    assert sorted(pipeline.states()) == [A]


def test_a_whole_file_that_is_refused_is_one_line_with_the_cure(home: Path, pipeline: Pipeline) -> None:
    put(home, A, BAD.encode())
    put(home, "what.txt", b"?")
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 2
    assert accepted(home) is None
    ((row,), (other,)) = rejected(home), rejected(home, "what.txt")  # type: ignore[misc]
    assert "lacks column transaction_id" in row["reason"]
    assert str(home) not in row["reason"]
    assert "matches the file pattern of no contract" in other["reason"]


@pytest.mark.full
def test_the_receipts_of_a_newer_version_take_the_place_of_those_of_the_older(home: Path, pipeline: Pipeline) -> None:
    put(home, A, MIXED.encode())
    pipeline.all()
    send_receipts(pipeline.platform, "dropzone")
    put(home, A, of("a", "b").encode())
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 1
    assert rejected(home) is None
    (table,) = (accepted(home) or {})["tables"]  # type: ignore[misc]
    assert table["restated"] == {"added": 1, "removed": 0, "changed": 0}
    put(home, A, BAD.encode())
    pipeline.all()
    send_receipts(pipeline.platform, "dropzone")
    assert accepted(home) is None
    assert (rejected(home) or [])[0]["reason"].endswith("The version before it still counts.")


def test_an_archive_is_told_of_when_all_that_came_in_it_is_decided(home: Path, pipeline: Pipeline) -> None:
    put(home, "day.zip", packed({A: MIXED, B: BAD, f"sub/{B}": of("z")}))
    pipeline.open()
    assert send_receipts(pipeline.platform, "dropzone") == 0
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 1
    assert (accepted(home, "day.zip") or {})["rows"] == {"read": 4, "valid": 2, "quarantined": 2}
    assert [(row["member"], row["record"]) for row in rejected(home, "day.zip") or []] == [(A, "2"), (A, "3"), (B, "")]
    apply(pipeline.platform, retraction(pipeline.platform, f"day.zip!/{A}"))
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 1
    assert (accepted(home, "day.zip") or {})["rows"] == {"read": 1, "valid": 1, "quarantined": 0}
    assert "It was taken back" in str(rejected(home, "day.zip"))


@pytest.mark.full
def test_a_copy_is_told_whose_it_is_and_of_the_same_rows(home: Path, pipeline: Pipeline) -> None:
    put(home, A, MIXED.encode())
    pipeline.all()
    put(home, B, MIXED.encode())
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 2
    (table,) = (accepted(home, B) or {})["tables"]  # type: ignore[misc]
    assert (table["linked_to"]["file"], table["valid"]) == (A, 1)
    assert rejected(home, B) == rejected(home, A)


@pytest.mark.full
def test_what_is_taken_back_is_told_and_told_again_when_it_is_let_in(home: Path, pipeline: Pipeline) -> None:
    put(home, A, of("a").encode())
    pipeline.all()
    send_receipts(pipeline.platform, "dropzone")
    apply(pipeline.platform, retraction(pipeline.platform, A))
    assert send_receipts(pipeline.platform, "dropzone") == 0
    pipeline.all()
    assert send_receipts(pipeline.platform, "dropzone") == 1
    assert (accepted(home), [row["reason"] for row in rejected(home) or []]) == (
        None,
        ["It was taken back. A person took it back."],
    )
    apply(pipeline.platform, retraction(pipeline.platform, A, undo=True), undo=True)
    pipeline.all()
    send_receipts(pipeline.platform, "dropzone")
    assert (accepted(home) is not None, rejected(home)) == (True, None)


def test_killed_before_the_ledger_is_told_the_same_bytes_are_written_again(
    home: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, A, MIXED.encode())
    pipeline.all()
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(step, "_note_sent", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        send_receipts(pipeline.platform, "dropzone")
    files = [home / "dropzone" / f"{A}{ending}" for ending in (".accepted.json", ".rejected.csv")]
    before = [file.read_bytes() for file in files]
    assert send_receipts(pipeline.platform, "dropzone") == 1
    assert [file.read_bytes() for file in files] == before


@pytest.mark.full
def test_what_happens_while_a_receipt_is_written_is_told_next(
    home: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, A, of("a").encode())
    pipeline.all()
    leave_it = Outbox.leave

    def meanwhile(self: Outbox, path: str, found: Receipts) -> None:
        leave_it(self, path, found)
        monkeypatch.undo()
        apply(pipeline.platform, retraction(pipeline.platform, A))
        pipeline.all()

    monkeypatch.setattr(Outbox, "leave", meanwhile)
    assert [send_receipts(pipeline.platform, "dropzone") for _ in range(3)] == [1, 1, 0]
    assert accepted(home) is None
    assert rejected(home)


@pytest.mark.full
@pytest.mark.parametrize("location", ["folder", "url"])
def test_receipts_may_go_elsewhere_and_files_may_leave(
    home: Path, configure: Configure, location: str, tmp_path: Path
) -> None:
    where = {"folder": "outbox"} if location == "folder" else {"url": str(tmp_path / "answers")}
    configure(receipts=where, after="move", move_to="done", leave="loaded")
    pipeline = Pipeline(home)
    put(home, f"in/{A}", MIXED.encode())
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 1
    assert send_receipts(pipeline.platform, "dropzone") == 1
    pipeline.all()
    outbox = home / "dropzone" / "outbox" if location == "folder" else tmp_path / "answers"
    assert sorted(os.listdir(outbox / "in")) == [f"{A}.accepted.json", f"{A}.rejected.csv"]
    assert [name for name in there(home) if "outbox" not in name] == [f"done/in/{A}"]
    assert list(pipeline.states()) == [f"in/{A}"]


@pytest.mark.parametrize("path", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "two\nlines.csv", "a//b.csv"])
def test_no_name_leads_a_receipt_elsewhere(home: Path, configure: Configure, tmp_path: Path, path: str) -> None:
    configure(receipts={"url": str(tmp_path / "deep" / "answers")})
    Outbox(Pipeline(home).platform, "dropzone").leave(path, Receipts(b"x", b"x"))
    assert not list(tmp_path.rglob("*evil*")) and not (tmp_path / "deep" / "answers" / "a").exists()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@cmd", "'@cmd"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("-3,00", "-3,00"),
        ("+4.5e-7", "+4.5e-7"),
        ("plain = text", "plain = text"),
        (-3, "-3"),
        (None, ""),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_no_cell_is_a_formula_and_numbers_stay_numbers(value: object, cell: str) -> None:
    assert plain(value) == cell


@pytest.mark.parametrize(
    "receipts", ["aside", {"folder": "../out"}, {"folder": "a", "url": "b"}, {"where": "a"}, {"folder": "/a"}]
)
def test_receipts_go_to_one_plain_place(receipts: object) -> None:
    with pytest.raises(ValueError, match="receipts"):
        SourceConfig.model_validate({"name": "a", "url": "b", "receipts": receipts})
