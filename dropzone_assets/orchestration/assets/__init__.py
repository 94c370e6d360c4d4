"""The assets, one file a step in walking order: raw (and files), validated (with quarantine), lake, summary."""

from collections.abc import Iterable

import dagster as dg

from dropzone_assets.contracts import Contract
from dropzone_assets.orchestration.assets.files import files_asset
from dropzone_assets.orchestration.assets.lake import lake_asset
from dropzone_assets.orchestration.assets.raw import raw_asset
from dropzone_assets.orchestration.assets.summary import ingestion_asset, summary_asset
from dropzone_assets.orchestration.assets.validated import validated_assets

__all__ = ["table_assets", "tables_assets"]


def table_assets(contract: Contract, days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of one table."""
    return [step(contract, days) for step in (raw_asset, validated_assets, lake_asset, summary_asset)]


def tables_assets(contracts: Iterable[Contract], days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of all tables, the files that are no one table's, and the summary over everything."""
    tables = list(contracts)
    assets = [asset for contract in tables for asset in table_assets(contract, days)]
    return [*assets, files_asset(days), ingestion_asset([contract.table for contract in tables], days)]
