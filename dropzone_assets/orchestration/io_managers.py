"""Dagster's hands on the raw zone, the warehouse and the lake. Below this file nothing knows Dagster."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import dagster as dg

from dropzone_assets.contracts import Contract
from dropzone_assets.errors import Permanent
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import Tally
from dropzone_assets.orchestration.runs import explained, table_value
from dropzone_assets.pipeline.fetch import Fetched
from dropzone_assets.pipeline.load import load
from dropzone_assets.pipeline.publish import Snapshot, publish, snapshot
from dropzone_assets.pipeline.summarise import Summary, keep
from dropzone_assets.pipeline.unpublished import noted
from dropzone_assets.pipeline.validate import Validation
from dropzone_assets.pipeline.versions import Versions
from dropzone_assets.platform import Platform

SHOWN = 50
"""Files listed on one output."""


@dataclass(frozen=True)
class RawFiles:
    """The raw zone's part of some days of a table; which deliveries that is, the run says."""

    platform: Platform
    table: str
    days: tuple[date, ...]

    def deliveries(self, request: str | None) -> list[Delivery]:
        """The deliveries of a request; without one, all that make up the days."""
        if request:
            return self.platform.ledger.worklist.of_batch(request)
        return self.platform.ledger.worklist.of_dates(self.table, self.days)


@dataclass(frozen=True)
class ValidatedRows:
    """The warehouse's part of some days of a table, copied out when asked for."""

    platform: Platform
    contract: Contract
    days: tuple[date, ...]

    def due(self, request: str | None) -> list[date]:
        """The days whose lake partition is due; without a request, all of them."""
        due = self.platform.ledger.partitions.due().get(self.contract.table, {})
        return [day for day in self.days if not request or day in due]

    def snapshot(self, days: Sequence[date]) -> Snapshot:
        """The validated rows of `days`."""
        return snapshot(self.platform, self.contract, days)


@dataclass(frozen=True)
class LakePartitions:
    """The lake's part of some days of a table."""

    platform: Platform
    contract: Contract
    days: tuple[date, ...]


class _Room(dg.IOManager):
    """A place of the platform that outputs go to and inputs come from."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def _asked(self, context: dg.InputContext) -> tuple[Contract, tuple[date, ...]]:
        return self.platform.contract(context.asset_key.path[-1]), _days(context)

    def _given(self, context: dg.InputContext) -> object:
        """What an asset of one's own asks for. Only such an asset needs pandas, which takes long to load."""
        from dropzone_assets.orchestration.given import given

        return given(context, self.platform, _days(context))


def _days(context: dg.InputContext) -> tuple[date, ...]:
    return tuple(date.fromisoformat(key) for key in context.asset_partition_keys)


class RawZoneIOManager(_Room):
    """Raw files: copied into the zone while they are hashed, so an output is there before it gets here."""

    def handle_output(self, context: dg.OutputContext, obj: Fetched) -> None:
        """Say where the copies are."""
        context.add_output_metadata({"raw zone": self.platform.raw.url})

    def load_input(self, context: dg.InputContext) -> RawFiles:
        """The raw files of the partitions asked for."""
        contract, days = self._asked(context)
        return RawFiles(self.platform, contract.table, days)


class WarehouseIOManager(_Room):
    """Validated and quarantined rows in DuckDB: one load, one transaction."""

    def handle_output(self, context: dg.OutputContext, obj: tuple[Validation, Versions] | None) -> None:
        """Commit a load. The quarantined rows are part of it, so their own output brings nothing."""
        context.add_output_metadata({"warehouse": dg.MetadataValue.path(str(self.platform.settings.warehouse))})
        if obj is not None:
            with explained(context.run_id), closing(obj[0].connection):
                tallies = _commit(self.platform, *obj)
            context.add_output_metadata(_differences(obj[1], tallies))

    def load_input(self, context: dg.InputContext) -> object:
        """The rows of the partitions asked for: copied out later for the lake, else as the input's annotation says."""
        if context.dagster_type.typing_type is not ValidatedRows:
            return self._given(context)
        contract, days = self._asked(context)
        return ValidatedRows(self.platform, contract, days)


def _commit(platform: Platform, validation: Validation, chosen: Versions) -> list[Tally]:
    """Commit; what can never be committed is a failure of its deliveries, which says why."""
    try:
        return load(platform, validation, chosen)
    except Permanent as error:
        for tally in validation.tallies:
            platform.ledger.deliveries.failed(tally.key, "upload", error)
        raise


def _differences(chosen: Versions, tallies: Sequence[Tally]) -> dict[str, dg.TableMetadataValue]:
    """How restated files, and files validated by another contract, differ from what they replaced."""
    paths = {delivery.key: delivery.path for delivery in chosen.current}
    found = [
        (paths[t.key], t.rows_added, t.rows_removed, t.rows_changed, t.rows_kept)
        for t in tallies
        if t.rows_added is not None
    ]
    names = ("file", "rows added", "removed", "changed", "kept")
    return {"files that replaced rows": table_value(names, found[:SHOWN])} if found else {}


class LakeIOManager(_Room):
    """Parquet partitions, a folder or S3."""

    def handle_output(self, context: dg.OutputContext, obj: Snapshot) -> None:
        """Replace the partitions of the snapshot's days, each at once."""
        table, days = obj.contract.table, [each.day for each in obj.partitions]
        with explained(context.run_id), closing(obj.connection), noted(self.platform, table, days):
            size = publish(self.platform, obj)
        uri = self.platform.lake.uri(table)
        context.add_output_metadata({"bytes written by this run": size, "dagster/uri": uri})

    def load_input(self, context: dg.InputContext) -> object:
        """The lake partitions asked for: where they are for the summary, else rows as the input's annotation says."""
        if context.dagster_type.typing_type is not LakePartitions:
            return self._given(context)
        contract, days = self._asked(context)
        return LakePartitions(self.platform, contract, days)


class SummaryIOManager(_Room):
    """Answers, in the lake and in the warehouse."""

    def handle_output(self, context: dg.OutputContext, obj: Summary) -> None:
        """Replace the answers of the summary's days."""
        with explained(context.run_id), closing(obj.connection), noted(self.platform, obj.table, obj.days):
            keep(self.platform, obj)
        context.add_output_metadata({"dagster/uri": self.platform.lake.uri(f"summary/{obj.table}")})

    def load_input(self, context: dg.InputContext) -> object:
        """The answers of the partitions asked for, as the input's annotation says."""
        return self._given(context)
