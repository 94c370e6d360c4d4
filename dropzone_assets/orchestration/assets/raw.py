"""raw/<table>: what was delivered, copied into the raw zone, by file date."""

from collections import Counter

import dagster as dg

from dropzone_assets.contracts import Contract
from dropzone_assets.files import Delivery
from dropzone_assets.orchestration.assets.described import described, one_asset, stepped
from dropzone_assets.orchestration.io_managers import RawFiles
from dropzone_assets.orchestration.runs import REQUEST, RETRIES, days_of, explained, table_value
from dropzone_assets.pipeline.fetch import Fetched, fetch
from dropzone_assets.platform import Platform

SHOWN = 20
"""Files listed on one day's materialization."""


def raw_asset(contract: Contract, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The raw files of one table."""

    @one_asset(**described(contract, "raw"), **stepped(days), io_manager_key="dropzone_raw_zone")
    def raw(context: dg.AssetExecutionContext, dropzone: dg.ResourceParam[Platform]) -> Fetched:
        with explained(context.run.run_id):
            fetched = fetch_asked(context, dropzone, contract.table)
        _add_metadata(context, dropzone, fetched)
        return fetched

    return raw


def fetch_asked(context: dg.AssetExecutionContext, platform: Platform, table: str) -> Fetched:
    """Fetch the deliveries of `table` that a run is asked for; on the last try of its step without those that fail."""
    wanted = RawFiles(platform, table, tuple(days_of(context))).deliveries(context.run.tags.get(REQUEST))
    return fetch(platform, wanted, last=context.retry_number == RETRIES.max_retries)


def _add_metadata(context: dg.AssetExecutionContext, platform: Platform, fetched: Fetched) -> None:
    kinds = {"present": fetched.present, "linked": fetched.linked, "changed": fetched.changed, "failed": fetched.failed}
    counts = Counter((str(d.file_date), kind) for kind, deliveries in kinds.items() for d in deliveries)
    present: dict[str, list[Delivery]] = {}
    for delivery in fetched.present:
        present.setdefault(str(delivery.file_date), []).append(delivery)
    for day in context.partition_keys:
        files = present.get(day, [])
        listed = [(d.path, d.size, platform.raw.uri(d.raw_path)) for d in files[:SHOWN]]
        metadata = {
            "files": len(files),
            "bytes": sum(d.size for d in files),
            **{f"files {kind}": counts[day, kind] for kind in ("linked", "changed", "failed") if counts[day, kind]},
            "files delivered": table_value(("path", "bytes", "copy"), listed),
        }
        context.add_asset_metadata(metadata, partition_key=day)
