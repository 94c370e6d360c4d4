"""lake/<table>: Parquet partitions by data date."""

from itertools import accumulate

import dagster as dg

from dropzone_assets.contracts import DATA_DATE, Contract
from dropzone_assets.engine import previews, quote
from dropzone_assets.ledger import now
from dropzone_assets.orchestration.assets.described import described, one_asset, stepped
from dropzone_assets.orchestration.io_managers import ValidatedRows
from dropzone_assets.orchestration.runs import POOL, REQUEST, explained, table_value
from dropzone_assets.pipeline.completeness import DayStatus, day_statuses
from dropzone_assets.pipeline.publish import Snapshot
from dropzone_assets.pipeline.unpublished import noted
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import object_path

SHOWN = 5
"""Rows of a day that are shown."""


def lake_asset(contract: Contract, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The lake partitions of one table."""

    @one_asset(
        **described(contract, "lake"),
        **stepped(days),
        ins={"validated": dg.AssetIn(["validated", contract.table])},
        io_manager_key="dropzone_lake",
        pool=POOL,
    )
    def lake(
        context: dg.AssetExecutionContext, dropzone: dg.ResourceParam[Platform], validated: ValidatedRows
    ) -> Snapshot:
        with explained(context.run.run_id), noted(dropzone, contract.table, validated.days):
            taken = validated.snapshot(validated.due(context.run.tags.get(REQUEST)))
        _add_metadata(context, dropzone, taken)
        return taken

    return lake


def _add_metadata(context: dg.AssetExecutionContext, platform: Platform, taken: Snapshot) -> None:
    own = ", ".join(quote(column.name) for column in taken.contract.columns)
    firsts = f"SELECT unnest({_firsts(taken)}) AS rowid"
    first_rows = f"SELECT {own}, {DATA_DATE}, rowid AS _order FROM {taken.rows} SEMI JOIN ({firsts}) USING (rowid)"
    names, shown = previews(taken.connection, first_rows, DATA_DATE, "_order", SHOWN)
    stand = {s.day: s for s in day_statuses(platform, taken.contract, [each.day for each in taken.partitions], now())}
    for partition in taken.partitions:
        day = str(partition.day)
        uri = platform.lake.uri(object_path(taken.contract.table, partition.day))
        metadata = {
            "dagster/partition_row_count": partition.rows,
            "valid rows": partition.valid,
            "duplicates removed": partition.valid - partition.rows,
            "file": dg.MetadataValue.path(uri) if partition.rows else "none: the day has no rows",
            "preview": table_value(names, shown.get(day, [])),
            **_completeness(stand.get(partition.day)),
        }
        context.add_asset_metadata(metadata, partition_key=day)


def _firsts(taken: Snapshot) -> list[int]:
    """Where the first rows of each day rest in its table, which is sorted by day."""
    days = sorted(taken.partitions)
    starts = accumulate((each.rows for each in days), initial=0)
    return [start + n for start, each in zip(starts, days, strict=False) for n in range(min(SHOWN, each.rows))]


def _completeness(found: DayStatus | None) -> dict[str, str | bool]:
    """Whether the day has its files; nothing where none are expected."""
    if found is None:
        return {}
    late = {} if found.late is None else {"completed late": found.late}
    return {"completeness": found.completeness, "files of the day": found.evidence, **late}
