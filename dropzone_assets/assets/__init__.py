"""The assets, one file a step in walking order: raw, validated (with quarantine), lake, summary."""

from collections.abc import Iterable

import dagster as dg

from dropzone_assets.assets.lake import lake_asset
from dropzone_assets.assets.raw import raw_asset
from dropzone_assets.assets.summary import ingestion_asset, summary_asset
from dropzone_assets.assets.validated import validated_assets
from dropzone_assets.contracts import Contract

__all__ = ["table_assets", "tables_assets"]


def table_assets(contract: Contract, days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of one table."""
    return [step(contract, days) for step in (raw_asset, validated_assets, lake_asset, summary_asset)]


def tables_assets(contracts: Iterable[Contract], days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of all tables, and the summary over them."""
    tables = list(contracts)
    assets = [asset for contract in tables for asset in table_assets(contract, days)]
    return [*assets, ingestion_asset([contract.table for contract in tables], days)]
