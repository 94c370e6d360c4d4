"""What a contract says about its assets: group, owners, tags, columns, where each column comes from."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import dagster as dg

from dropzone_assets.contracts import Column, Contract
from dropzone_assets.orchestration.runs import RETRIES

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]

LAYERS = {
    "raw": ("The files as they were delivered, by file date.", "file"),
    "validated": ("The rows the contract accepts, typed and canonical, by file date.", "duckdb"),
    "quarantine": ("The rows the contract refuses, as they came, with every reason, by file date.", "duckdb"),
    "lake": ("The valid rows by data date: deduplicated, sorted, one Parquet object a day.", "parquet"),
    "summary": ("The table's own question, asked of each day of the lake.", "duckdb"),
}
"""Layer → what its assets are, and the kind of place they rest in."""

UPSTREAM = {"validated": "raw", "lake": "validated"}


def described(contract: Contract, layer: str) -> dict[str, Any]:
    """The keyword arguments that every asset or asset output of a table has."""
    what, kind = LAYERS[layer]
    return {
        "key": dg.AssetKey([layer, contract.table]),
        "group_name": contract.table,
        "description": f"{what}\n\n{contract.description}",
        "owners": list(contract.owners),
        "tags": dict.fromkeys(contract.tags, ""),
        "kinds": {layer, kind},
        "metadata": _metadata(contract, layer),
        "code_version": contract.version,
        "freshness_policy": _freshness(contract) if layer == "lake" else None,
    }


def stepped(days: dg.DailyPartitionsDefinition) -> dict[str, Any]:
    """The keyword arguments that every step has: daily partitions, any set of them in one run, retries."""
    return {
        "partitions_def": days,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "retry_policy": RETRIES,
    }


def one_asset(**arguments: Any) -> Decorator:
    """`dg.asset` for arguments that are put together, which its overloads cannot type."""
    return cast(Decorator, dg.asset(**arguments))


def _freshness(contract: Contract) -> dg.FreshnessPolicy | None:
    return dg.FreshnessPolicy.time_window(fail_window=contract.freshness) if contract.freshness else None


def _metadata(contract: Contract, layer: str) -> Mapping[str, Any]:
    about: dict[str, Any] = {
        "contract": dg.MetadataValue.path(str(contract.file)),
        "contract version": contract.version,
    }
    about |= {f"sla: {name}": value for name, value in contract.sla.items()}
    if layer in ("raw", "validated", "lake"):
        about["dagster/column_schema"] = _schema(contract, layer)
    if layer in UPSTREAM:
        about["dagster/column_lineage"] = _lineage(contract, layer)
    return about


def _schema(contract: Contract, layer: str) -> dg.TableSchema:
    columns = contract.physical if layer == "raw" else contract.columns
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                "text" if layer == "raw" else column.kind,
                column.description,
                dg.TableColumnConstraints(
                    nullable=not column.required,
                    unique=layer == "lake" and contract.key == (column.name,),
                    other=[] if layer == "raw" else _constraints(column),
                ),
            )
            for column in columns
        ]
    )


def _constraints(column: Column) -> list[str]:
    """What the rules ask for beside a value and a type, which the UI shows in their own way."""
    shown = [rule for rule in column.rules if not rule.name.endswith((":required", ":type"))]
    return [rule.sentence.removeprefix(f"{column.name} ") for rule in shown]


def _lineage(contract: Contract, layer: str) -> dg.TableColumnLineage:
    """A derived column comes from the columns its SQL names."""
    upstream = dg.AssetKey([UPSTREAM[layer], contract.table])
    names = [column.name for column in contract.physical]
    return dg.TableColumnLineage(
        {
            column.name: [
                dg.TableColumnDep(upstream, name)
                for name in (
                    [n for n in names if n in column.transform]
                    if column.derived and layer == "validated"
                    else [column.name]
                )
            ]
            for column in contract.columns
        }
    )
