"""Every file that was ever listed has its whole story, and every partition its makers."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dropzone_assets.cli.app import app
from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.inspect.explain import explain_file
from dropzone_assets.inspect.partition_sources import explain_partition
from dropzone_assets.ledger import now, working
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.publish import publish, snapshot
from dropzone_assets.pipeline.summarise import ask as summarise
from dropzone_assets.pipeline.summarise import keep
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.conftest import Drop
from tests.entries import days
from tests.pipeline import A, B, Pipeline
from tests.samples import payment, payments
from tests.test_arrivals import digest, packed, put

Ask = Callable[..., Result]


@pytest.fixture
def pipeline(home: Path, platform: Platform) -> Pipeline:
    pipeline = Pipeline(home)
    pipeline.platform.ledger.engine.dispose()
    pipeline.platform = platform
    return pipeline


@pytest.fixture
def ask(home: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A command of this home; its output is as wide as a desk."""
    return lambda *words: CliRunner().invoke(app, words, env={"DROPZONE_HOME": str(home)}, catch_exceptions=False)


def events(platform: Platform, name: str) -> list[list[str]]:
    """What happened to each version of a file, newest first."""
    return [[e.event for e in version.entries] for story in explain_file(platform, name) for version in story.versions]


# -- one file ----------------------------------------------------------------------------------------------------------


def test_a_story_is_told_in_order_for_every_version_of_a_file(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, payments(payment("a"), payment("b"), payment("", "?")))
    pipeline.all()
    drop(A, payments(payment("a", amount=7), payment("c"), payment("late", "2024-04-30")))
    pipeline.all()
    assert events(pipeline.platform, A) == [
        ["listed", "fetched", "loaded"],
        ["listed", "fetched", "loaded", "superseded"],
    ]
    ((newer, older),) = [story.versions for story in explain_file(pipeline.platform, A)]
    assert f"by version {newer.version} (delivery {newer.key})" in older.entries[-1].said
    assert "3 rows read, 3 valid, 1 of them late, 0 quarantined" in newer.now
    assert "against the version before: 2 added, 1 removed, 1 changed" in newer.now and "by contract 1" in newer.now
    assert [(day.day, day.rows, day.due) for day in newer.days] == [
        (days(1)[0] - timedelta(1), 1, True),
        (days(1)[0], 2, True),
    ]
    assert older.days == []
    assert list(newer.entries) == sorted(newer.entries, key=lambda entry: entry.at)


@pytest.mark.parametrize(
    "text", ["day.zip!/sub/{}", "in/day.zip!/sub/{}", "sub/{}", "{}", "/at/a/desk/in/day.zip!/sub/{}"]
)
def test_a_file_is_known_by_its_path_or_the_end_of_it(pipeline: Pipeline, home: Path, text: str) -> None:
    put(home, "in/day.zip", packed({f"sub/{A}": payments(payment("a")), "what is this.txt": "?"}))
    pipeline.all()
    (story,) = explain_file(pipeline.platform, text.format(A))
    (version,) = story.versions
    assert (story.path, version.state) == (f"in/day.zip!/sub/{A}", "loaded")
    assert version.entries[0].said.startswith("came in in/day.zip (delivery ")
    assert [s.path for s in explain_file(pipeline.platform, version.key)] == [story.path]
    assert explain_file(pipeline.platform, text.format(A), source="elsewhere") == []
    (archive,) = explain_file(pipeline.platform, "day.zip")[0].versions
    assert [(part.path, part.state) for part in archive.parts] == [
        (f"in/day.zip!/sub/{A}", "loaded"),
        ("in/day.zip!/what is this.txt", "failed"),
    ]


def test_a_copy_a_verified_file_and_a_wait_are_told(pipeline: Pipeline, home: Path, drop: Drop) -> None:
    content = payments(payment("a"))
    drop(A, content)
    drop(f"{A}.md5", digest(A, content.encode())["md5"])
    pipeline.all()
    drop(B, content)
    pipeline.all()
    assert events(pipeline.platform, A) == [["listed", "fetched", "verified", "loaded"]]
    assert explain_file(pipeline.platform, A)[0].versions[0].copies == [B]
    assert events(pipeline.platform, B) == [["listed", "fetched", "linked"]]
    drop("payments_20240503_100000.csv", payments(payment("c")))
    discover(pipeline.platform, "dropzone")
    (waiting,) = pipeline.platform.ledger.claims.unclaimed("transactions")
    pipeline.platform.ledger.claims.delayed({waiting.key: SourceUnavailable("s does not answer.", "Look at it.")})
    (version,) = explain_file(pipeline.platform, waiting.path)[0].versions
    assert version.now.startswith("waiting until ") and "(1st time): s does not answer. Look at it." in version.now


def test_a_story_is_printed_and_is_a_document(pipeline: Pipeline, drop: Drop, ask: Ask) -> None:
    drop(A, payments(payment("a")))
    drop("[bold]nobody knows.txt", "?")
    pipeline.all()
    said = ask("explain", A).output
    assert [
        word for word in ("listed", "fetched", "loaded", "Now: loaded", "2024-05-01", "due") if word not in said
    ] == []
    assert "failed (read)" in ask("explain", "[bold]nobody knows.txt").output
    (file,) = json.loads(ask("explain", A, "--json").output)["files"]
    assert [entry["event"] for entry in file["versions"][0]["entries"]] == ["listed", "fetched", "loaded"]


# -- a file nobody has seen --------------------------------------------------------------------------------------------


def test_of_a_file_that_was_never_listed_it_is_told_where_it_was_looked_for(
    pipeline: Pipeline, drop: Drop, ask: Ask
) -> None:
    drop(A, payments(payment("a")))
    pipeline.all()
    drop(B, "")
    answer = ask("explain", A.upper())
    assert answer.exit_code == 1
    assert f"Names like it: {A}" in answer.output
    assert "is there now, since that look" in ask("explain", B).output
    assert "no file yet, by its name" in ask("explain", f"{B}.part").output
    assert "transactions is a table" in ask("explain", "transactions").output
    nowhere = json.loads(ask("explain", "x", "--json").output)["never_listed"]
    assert [(look["source"], look["seen"]) for look in nowhere["looks"]] == [("dropzone", 1)]


def test_of_a_file_that_is_still_written_to_it_is_told_since_when(home: Path, drop: Drop, ask: Ask) -> None:
    (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 60}\n")
    drop(f"deep/{A}", "")
    platform = open_platform(Settings(home=home))
    assert discover(platform, "dropzone").waiting == 1
    answer = ask("explain", A)
    assert (answer.exit_code, "not settled: it must be unchanged for 60 s" in answer.output) == (1, True)
    os.unlink(home / "dropzone" / "deep" / A)
    discover(platform, "dropzone")
    platform.ledger.engine.dispose()
    assert "not settled" not in ask("explain", A).output


# -- one partition -----------------------------------------------------------------------------------------------------


def test_a_partition_names_the_files_that_made_it(pipeline: Pipeline, drop: Drop, ask: Ask) -> None:
    drop(A, payments(payment("a"), payment("b")))
    pipeline.all()
    drop(A, payments(payment("a"), payment("c")))
    drop(B, payments(payment("d", "2024-05-02"), payment("late")))
    pipeline.all()
    sources = explain_partition(pipeline.platform, "transactions", days(1)[0])
    assert [(o.path, o.rows, o.late, len(o.replaced)) for o in sources.files] == [
        (A, 2, False, 1),
        (B, 1, True, 0),
    ]
    assert (
        sources.files[0].added,
        sources.files[0].removed,
        sources.files[0].contract_version != "",
    ) == (1, 1, True)
    assert (sources.due, sources.published, sources.bytes) == (True, 0, None)
    said = ask("explain", "transactions", "2024-05-01").output
    assert "2 files with 3 valid rows on this day." in said and "It is due: it was never published." in said


def test_a_published_partition_says_what_the_lake_holds(pipeline: Pipeline, drop: Drop, ask: Ask) -> None:
    drop(A, payments(payment("a"), payment("a"), payment("b")))
    platform, contract = pipeline.platform, pipeline.platform.contract("transactions")
    with working("run-1"):
        pipeline.all()
    taken = snapshot(platform, contract, days(1))
    publish(platform, taken)
    keep(platform, summarise(platform, contract, days(1)))
    sources = explain_partition(platform, "transactions", days(1)[0])
    assert (sources.due, sources.unsummarised, sources.duplicates, sources.lake_rows) == (
        False,
        False,
        1,
        2,
    )
    assert sources.bytes == Path(sources.uri).stat().st_size
    (version,) = explain_file(platform, A)[0].versions
    assert [(day.lake_rows, day.due, day.published_at is not None) for day in version.days] == [(2, False, True)]
    assert [entry.run for entry in version.entries] == ["", "run-1", "run-1"]
    assert "1 duplicate left out" in ask("explain", "transactions", "2024-05-01").output
    assert "never loaded" in ask("explain", "transactions", "2024-06-01").output


# -- what has failed, what waits ---------------------------------------------------------------------------------------


def test_status_failed_tells_apart_who_has_to_act(pipeline: Pipeline, drop: Drop, ask: Ask) -> None:
    assert "No delivery has failed, and none waits." in ask("status", "--failed").output
    drop(A, "nonsense\n1\n")
    drop(B, payments(payment("a")))
    discover(pipeline.platform, "dropzone")
    (key,) = [d.key for d in pipeline.platform.ledger.claims.unclaimed("transactions") if d.path == B]
    pipeline.platform.ledger.claims.delayed({key: SourceUnavailable("s does not answer.", "Look at it.")})
    pipeline.load()
    found = json.loads(ask("status", "--failed", "--json").output)
    ((failed,), (waiting,)) = found["failed"], found["waiting"]
    assert (failed["file"], failed["stage"], failed["times"]) == (A, "transform", 1)
    assert (waiting["file"], waiting["stage"], waiting["times"]) == (B, "fetch", 1)
    assert waiting["again"] > str(now()) and failed["again"] is None
    said = ask("status", "transactions", "--failed").output
    assert "Then: dropzone replay transactions\n" in said and f"{B} at dropzone: fetch, 1 try, again at 2" in said
