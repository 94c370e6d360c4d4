"""By whatever pipeline a table is made again, no raw copy is read that is not what came."""

from pathlib import Path

import dagster as dg
import pytest
from blake3 import blake3
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.settings import Settings
from tests.conftest import Ingest, Query
from tests.pipeline import A, Pipeline, of
from tests.test_arrivals import put
from tests.test_recover import failures, harm, pipeline

__all__ = ["pipeline"]


def hashed(text: str) -> str:
    return blake3(text.encode()).hexdigest()


@pytest.mark.parametrize("layers", [("raw", "validated", "quarantine"), ("validated", "quarantine")])
@pytest.mark.parametrize("gone", [False, True])
def test_a_backfill_reads_no_copy_that_is_not_whole(
    layers: tuple[str, ...], gone: bool, home: Path, ingest: Ingest, query: Query, instance: dg.DagsterInstance
) -> None:
    file = put(home, A, of("a").encode())
    ingest()
    harm(home)
    if gone:
        file.unlink()
    definitions = build(Settings(home=home))
    outcome = dg.materialize(
        [*definitions.assets],
        selection=dg.AssetSelection.assets(*(dg.AssetKey([layer, "transactions"]) for layer in layers)),
        instance=instance,
        resources=definitions.resources,
        partition_key="2024-05-01",
    )
    assert outcome.success
    assert query("SELECT transaction_id FROM validated.transactions") == [("a",)]
    pipeline = Pipeline(home)
    assert bool(failures(pipeline)) is gone
    assert (
        raw_copy(pipeline.platform, *pipeline.platform.ledger.raw_copies.with_bytes(hashed(of("a")))).whole is not gone
    )


def test_a_contract_that_has_changed_validates_no_copy_that_is_not_whole(home: Path, pipeline: Pipeline) -> None:
    file = put(home, A, of("a").encode())
    pipeline.all()
    file.unlink()
    harm(home)
    (key,) = (row.key for row in pipeline.platform.ledger.queries.everything())
    for how in ("release", "move"):
        assert pipeline.platform.ledger.replays.revalidate([key], how, "lot") == 1
        pipeline.load()
        assert (pipeline.held(), pipeline.states()) == (["a"], {A: ["loaded"]})


def test_ingest_by_force_ends_with_1_and_says_what_to_do(
    home: Path, ingest: Ingest, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(home, A, of("a").encode())
    ingest()
    file.unlink()
    harm(home)
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    ended = CliRunner().invoke(app, ["ingest", "--force"])
    said = " ".join(ended.output.replace("\u2502", " ").split())
    assert ended.exit_code == 1
    assert "0 of" in said and "dropzone replay" in said
    assert query("SELECT transaction_id FROM lake.transactions") == [("a",)]
    told = CliRunner().invoke(app, ["status", "--failed"])
    assert "The raw copy of" in told.output
