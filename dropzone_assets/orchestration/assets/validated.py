"""validated/<table> and quarantine/<table>: the rows of the raw files, split by the contract, by file date."""

from collections.abc import Callable, Iterator
from operator import add
from typing import Any

import dagster as dg

from dropzone_assets.contracts import RAW, REASONS, RECORD, Contract
from dropzone_assets.engine import previews, quote
from dropzone_assets.orchestration.assets.described import described, stepped
from dropzone_assets.orchestration.io_managers import RawFiles
from dropzone_assets.orchestration.runs import POOL, REQUEST, explained, table_value
from dropzone_assets.pipeline.readable import readable
from dropzone_assets.pipeline.validate import Validation, validate
from dropzone_assets.pipeline.versions import Versions, versions
from dropzone_assets.platform import Platform

SHOWN = 10
"""Rows, and reasons, shown on one day's materialization."""


def validated_assets(contract: Contract, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The accepted and the refused rows of one table, from one scan."""
    layers = ("validated", "quarantine")

    @dg.multi_asset(
        name=f"validate_{contract.table}",
        ins={"raw": dg.AssetIn(["raw", contract.table])},
        outs={
            layer: dg.AssetOut(**described(contract, layer), io_manager_key="dropzone_warehouse") for layer in layers
        },
        pool=POOL,
        op_tags={"dagster/priority": "1"},  # rows first, then what is asked of the raw files
        **stepped(days),
    )
    def rows(
        context: dg.AssetExecutionContext, dropzone: dg.ResourceParam[Platform], raw: RawFiles
    ) -> Iterator[dg.Output[Any]]:
        with explained(context.run.run_id):
            chosen = versions(dropzone, raw.deliveries(context.run.tags.get(REQUEST)))
            validation = validate(dropzone, contract, readable(dropzone, chosen.current))
        _add_metadata(context, validation, chosen)
        yield dg.Output((validation, chosen), "validated")
        yield dg.Output(None, "quarantine")

    return rows


def _add_metadata(context: dg.AssetExecutionContext, validation: Validation, chosen: Versions) -> None:
    """Counts, reasons and a few rows, on exactly the day they are of."""
    validated, quarantine = (dg.AssetKey([layer, validation.contract.table]) for layer in ("validated", "quarantine"))
    counts = _counts(validation, chosen)
    accepted, refused, reasons = (
        _shown(validation, query) for query in (_accepted(validation), _refused(validation), _reasons(validation))
    )
    odd = _odd(validation, chosen)
    for day in context.partition_keys:
        files, valid, out, late = counts.get(day, (0, 0, 0, 0))
        numbers = {"dagster/partition_row_count": valid, "files": files, "rows read": valid + out, "late rows": late}
        doubtful = {"columns not given": table_value(("file", "what"), odd[day])} if day in odd else {}
        shown = {**numbers, **doubtful, "preview": accepted(day)}
        context.add_asset_metadata(shown, asset_key=validated, partition_key=day)
        share = {"dagster/partition_row_count": out, "share of rows": out / (valid + out) if out else 0.0}
        why = {"reasons": reasons(day), "preview": refused(day)}
        context.add_asset_metadata({**share, **why}, asset_key=quarantine, partition_key=day)


def _counts(validation: Validation, chosen: Versions) -> dict[str, tuple[int, ...]]:
    """File date → files with rows, valid rows, quarantined rows, late rows; from what was counted per file."""
    days = {delivery.key: str(delivery.file_date) for delivery in chosen.current}
    counts: dict[str, tuple[int, ...]] = {}
    for tally in validation.tallies:
        mine = (int(tally.rows_read > 0), tally.valid, tally.quarantined, tally.late)
        sums = counts.get(days[tally.key], (0, 0, 0, 0))
        counts[days[tally.key]] = tuple(map(add, sums, mine))
    return counts


def _odd(validation: Validation, chosen: Versions) -> dict[str, list[tuple[str, str]]]:
    """File date → files that lack columns of the contract and have others, with both, as many as are shown."""
    found: dict[str, list[tuple[str, str]]] = {}
    for delivery in chosen.current:
        of_day = found.setdefault(str(delivery.file_date), [])
        if delivery.key in validation.odd and len(of_day) < SHOWN:
            of_day.append((delivery.path, validation.odd[delivery.key]))
    return {day: files for day, files in found.items() if files}


def _shown(validation: Validation, query: str) -> Callable[[str], dg.TableMetadataValue]:
    """For a day, the first rows of a query as a table."""
    names, found = (
        previews(validation.connection, query, "_file_date", "_order", SHOWN) if validation.parts else ([], {})
    )
    return lambda day: table_value(names, found.get(day, []))


def _accepted(validation: Validation) -> str:
    own = ", ".join(quote(column.name) for column in validation.contract.columns)
    return f"SELECT {own}, _file_date, {RECORD} AS _order FROM {validation.rows()} WHERE {REASONS} IS NULL"


def _refused(validation: Validation) -> str:
    return (
        f"SELECT _file AS file, {RECORD} AS record, array_to_string({REASONS}, ', ') AS reasons, {RAW} AS raw, "
        f"_file_date, {RECORD} AS _order FROM {validation.rows()} WHERE {REASONS} IS NOT NULL"
    )


def _reasons(validation: Validation) -> str:
    reasons = f"SELECT unnest({REASONS}) AS reason, _file_date FROM {validation.rows()} WHERE {REASONS} IS NOT NULL"
    return f"SELECT reason, count(*) AS rows, _file_date, -count(*) AS _order FROM ({reasons}) GROUP BY ALL"
