"""raw/files: what is no one table's (archives, files for several tables, files only passed on), by file date."""

from collections import Counter

import dagster as dg

from dropzone_assets.files import FILES
from dropzone_assets.orchestration.assets.described import one_asset, stepped
from dropzone_assets.orchestration.assets.raw import fetch_asked
from dropzone_assets.orchestration.runs import explained, table_value
from dropzone_assets.pipeline.fetch import Fetched
from dropzone_assets.pipeline.unpack import Unpacked, unpack
from dropzone_assets.platform import Platform

SHOWN = 20
"""Files listed on one day's materialization."""

DESCRIPTION = """Files that are no one table's, by file date: archives, whose members become deliveries of their
own; files that feed several tables, which each get a share; and files of sources that deliver to the raw zone only."""


def files_asset(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The files without a table."""

    @one_asset(
        key=dg.AssetKey(["raw", FILES]),
        group_name=FILES,
        description=DESCRIPTION,
        kinds={"raw", "file"},
        io_manager_key="dropzone_raw_zone",
        **stepped(days),
    )
    def files(context: dg.AssetExecutionContext, dropzone: dg.ResourceParam[Platform]) -> Fetched:
        with explained(context.run.run_id):
            fetched = fetch_asked(context, dropzone, FILES)
            unpacked = unpack(dropzone, fetched.present)
        _add_metadata(context, fetched, unpacked)
        return fetched

    return files


def _add_metadata(context: dg.AssetExecutionContext, fetched: Fetched, unpacked: Unpacked) -> None:
    kinds = {
        "opened": unpacked.opened,
        "stored": unpacked.stored,
        "members": unpacked.members,
        "failed": [*fetched.failed, *unpacked.failed],
    }
    counts = Counter((str(d.file_date), kind) for kind, deliveries in kinds.items() for d in deliveries)
    for day in context.partition_keys:
        members = [(d.path, d.table, d.size) for d in unpacked.members if str(d.file_date) == day][:SHOWN]
        numbers = {kind: counts[day, kind] for kind in kinds}
        shown = {"members found": table_value(("path", "table", "bytes"), members)}
        context.add_asset_metadata({**numbers, **shown}, partition_key=day)
