"""summary/<table>: the contract's question asked of each day; summary/ingestion: what came in, over all tables."""

from collections.abc import Sequence

import dagster as dg

from dropzone_assets.contracts import Contract
from dropzone_assets.engine import previews, rows
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.orchestration.assets.described import described, one_asset, stepped
from dropzone_assets.orchestration.io_managers import LakePartitions
from dropzone_assets.orchestration.runs import POOL, days_of, explained, table_value
from dropzone_assets.pipeline.summarise import Summary, ask, ask_ingestion
from dropzone_assets.pipeline.unpublished import noted
from dropzone_assets.platform import Platform


def summary_asset(contract: Contract, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The summary of one table."""

    @one_asset(
        **described(contract, "summary"),
        **stepped(days),
        ins={"lake": dg.AssetIn(["lake", contract.table])},
        io_manager_key="dropzone_summary",
        pool=POOL,
    )
    def summary(
        context: dg.AssetExecutionContext, dropzone: dg.ResourceParam[Platform], lake: LakePartitions
    ) -> Summary:
        with explained(context.run.run_id), noted(dropzone, contract.table, lake.days):
            answers = ask(dropzone, contract, lake.days)
        _add_metadata(context, answers)
        return answers

    return summary


def ingestion_asset(tables: Sequence[str], days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """What came in on each day: files, bytes, rows read, valid, quarantined, duplicates and late, per table."""

    @one_asset(
        key=["summary", INGESTION],
        deps=[[layer, table] for table in tables for layer in ("validated", "lake")],
        group_name=INGESTION,
        description="What came in for each day, over all tables: files, rows, refusals, duplicates, files missing.",
        kinds={"summary", "duckdb"},
        io_manager_key="dropzone_summary",
        pool=POOL,
        **stepped(days),
    )
    def ingestion(context: dg.AssetExecutionContext, dropzone: dg.ResourceParam[Platform]) -> Summary:
        answers = ask_ingestion(dropzone, days_of(context), now())
        _add_metadata(context, answers)
        return answers

    return ingestion


def _add_metadata(context: dg.AssetExecutionContext, answers: Summary) -> None:
    counts = dict(rows(answers.connection, "SELECT _data_date::VARCHAR, count(*) FROM answers GROUP BY ALL"))
    names, shown = previews(answers.connection, "SELECT *, rowid AS _order FROM answers", "_data_date", "_order", 20)
    for day in context.partition_keys:
        metadata = {
            "dagster/partition_row_count": counts.get(day, 0),
            "preview": table_value(names, shown.get(day, [])),
        }
        context.add_asset_metadata(metadata, partition_key=day)
