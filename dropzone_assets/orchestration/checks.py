"""Questions asked of finished steps, as asset checks that show their numbers."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import dagster as dg

from dropzone_assets.contracts import Contract
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.orchestration.runs import COMPLETE, POOL, days_of, no_files_gone, table_value
from dropzone_assets.platform import Platform
from dropzone_assets.proof import check_results
from dropzone_assets.proof.check_results import CheckResult
from dropzone_assets.upkeep.losses import losses

SHOWN = 50
"""Cases listed on one result."""

Question = Callable[[Platform, Contract, Sequence[date]], CheckResult]

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def table_checks(contract: Contract) -> list[dg.AssetChecksDefinition]:
    """The checks of one table: on what came in, on the split of rows, on the lake, on the contract's own rules."""
    table = contract.table
    return [
        _check(contract, "raw", "no_failed_deliveries", lambda p, *_: check_results.failed_deliveries(p, table), WARN),
        _check(contract, "validated", "rows_conserved", check_results.files_conserved, blocking=True),
        _check(contract, "validated", "quarantine_rate", check_results.quarantine_rate, WARN),
        _check(contract, "lake", "rows_conserved", check_results.partitions_conserved, blocking=True),
        _check(contract, "lake", "lake_equals_warehouse", check_results.lake_equals_warehouse),
        *([_complete(contract)] if contract.expected else []),
        *([_quality(contract)] if contract.quality else []),
    ]


def gone_checks(tables: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """What sources that raise an alarm over files that are gone need: one check for each of `tables`."""
    return [_gone(table) for table in tables]


def _gone(table: str) -> dg.AssetChecksDefinition:
    key = no_files_gone(table)

    @dg.asset_check(name=key.name, asset=key.asset_key, description="No file that counts is gone from its source.")
    def check(dropzone: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
        return _result(key.asset_key, key.name, check_results.gone_files(dropzone, table), WARN)

    return check


def platform_checks() -> list[dg.AssetChecksDefinition]:
    """The checks that belong to no table: on files nobody recognises, broken contracts, stores that are lost."""
    asset = dg.AssetKey(["summary", INGESTION])

    @dg.asset_check(asset=asset, description="Every file that arrived belongs to a table.")
    def every_file_recognised(dropzone: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
        return _result(asset, "every_file_recognised", check_results.failed_deliveries(dropzone, ""), WARN)

    @dg.asset_check(asset=asset, description="Every contract can be honoured, and nothing waits for one.")
    def contracts_sound(dropzone: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
        return _result(asset, "contracts_sound", check_results.contracts_sound(dropzone), ERROR)

    @dg.asset_check(asset=asset, description="Ledger, warehouse, lake and raw zone have what the others know of.")
    def stores_whole(dropzone: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
        lost = [(loss.store, loss.table, loss.found, loss.cure) for loss in losses(dropzone)]
        answer = CheckResult(not lost, {"losses": len(lost)}, ("store", "table", "found", "what to do"), lost)
        return _result(asset, "stores_whole", answer, ERROR)

    @dg.asset_check(asset=asset, description="No partition is missing in the lake because its publication fails.")
    def all_published(dropzone: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
        return _result(asset, "all_published", check_results.all_published(dropzone), WARN)

    return [every_file_recognised, contracts_sound, stores_whole, all_published]


def _check(
    contract: Contract,
    layer: str,
    name: str,
    question: Question,
    severity: dg.AssetCheckSeverity = ERROR,
    *,
    blocking: bool = False,
) -> dg.AssetChecksDefinition:
    spec = dg.AssetCheckSpec(name, asset=[layer, contract.table], blocking=blocking, description=_sentence(question))

    @dg.multi_asset_check(name=f"{layer}_{contract.table}_{name}", specs=[spec], pool=POOL)
    def check(
        context: dg.AssetCheckExecutionContext, dropzone: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        answer = question(dropzone, contract, _days(context, dropzone, spec.asset_key))
        yield _result(spec.asset_key, name, answer, severity)

    return check


def _complete(contract: Contract) -> dg.AssetChecksDefinition:
    """Asked of all days, whatever days a run is of: it passes when no day is overdue any more."""
    asset = dg.AssetKey(["lake", contract.table])
    about = "No day lacks files whose time is up."

    @dg.asset_check(asset=asset, name=COMPLETE, description=about)
    def complete(dropzone: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
        return _result(asset, COMPLETE, check_results.no_day_overdue(dropzone, contract, now()), WARN)

    return complete


def _quality(contract: Contract) -> dg.AssetChecksDefinition:
    asset = dg.AssetKey(["lake", contract.table])
    specs = [dg.AssetCheckSpec(rule.name, asset=asset, description=rule.description) for rule in contract.quality]

    @dg.multi_asset_check(name=f"lake_{contract.table}_quality", specs=specs)
    def check(
        context: dg.AssetCheckExecutionContext, dropzone: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        for rule, answer in check_results.quality(dropzone, contract, _days(context, dropzone, asset)).items():
            yield _result(asset, rule.name, answer, ERROR if rule.severe else WARN)

    return check


def _days(context: dg.AssetCheckExecutionContext, platform: Platform, asset: dg.AssetKey) -> list[date]:
    """The days a run is asked for; all there are when somebody executes the check on its own."""
    if context.has_partition_key or context.has_partition_key_range:
        return days_of(context)
    layer, table = asset.path
    book = platform.ledger.partitions if layer == "lake" else platform.ledger.queries
    return book.days(table)


def _result(asset: dg.AssetKey, name: str, answer: CheckResult, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    cases = {"not as promised": table_value(answer.names, answer.cases[:SHOWN])} if answer.cases else {}
    metadata: dict[str, dg.TableMetadataValue | int | float] = {**answer.numbers, **cases}
    return dg.AssetCheckResult(
        passed=answer.kept, asset_key=asset, check_name=name, severity=severity, metadata=metadata
    )


def _sentence(question: Question) -> str:
    return (question.__doc__ or "No delivery of the table is still failed.").strip().splitlines()[0]
