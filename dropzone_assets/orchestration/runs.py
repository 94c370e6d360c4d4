"""What the platform and Dagster tell each other about runs: tags, days, what became of a request, what went wrong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import dagster as dg

from dropzone_assets.errors import DropzoneError, HomeBroken, Permanent
from dropzone_assets.files import FILES
from dropzone_assets.ledger import working
from dropzone_assets.pipeline.plan import History, Request

REQUEST = "dropzone/request"
"""Run tag: the request a run answers. A run without it rebuilds its days from all their deliveries."""

DAY = "dagster/partition"
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

POOL = "duckdb"
"""The concurrency pool of steps that hold the warehouse: one at a time, so that none waits for the lock."""

COMPLETE = "complete"
"""The check on `lake/T` that says which days are overdue."""

INTERRUPTED = "Interrupted."
QUERY_INTERRUPTED = "Query interrupted"
"""What a step says that was interrupted, and what DuckDB makes of the interrupt."""

RETRIES = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def asset_keys(request: Request) -> list[dg.AssetKey]:
    """The assets that a request materializes."""
    if request.step == "alert":
        return []
    if request.table == FILES:
        return [dg.AssetKey(["raw", FILES])]
    if request.step == "load":
        return [dg.AssetKey([layer, request.table]) for layer in ("raw", "validated", "quarantine")]
    layers = ("lake", "summary") if request.table != "ingestion" else ("summary",)
    return [dg.AssetKey([layer, request.table]) for layer in layers]


def no_files_gone(table: str) -> dg.AssetCheckKey:
    """The check of files that are gone from their source."""
    return dg.AssetCheckKey(dg.AssetKey(["raw", table]), "no_files_gone")


def check_keys(request: Request) -> list[dg.AssetCheckKey] | None:
    """The checks that a request asks; None for those of the assets it materializes."""
    return [dg.AssetCheckKey(dg.AssetKey(["lake", request.table]), COMPLETE)] if request.step == "alert" else None


def tags(request: Request) -> dict[str, str]:
    """The run tags of a request: its own name, and its days where it materializes them."""
    if request.step == "alert":
        return {REQUEST: request.id}
    first, last = request.first.isoformat(), request.last.isoformat()
    if first == last:  # Dagster walks through all days there are for each check of a range
        return {REQUEST: request.id, DAY: first}
    return {REQUEST: request.id, RANGE[0]: first, RANGE[1]: last}


def run_request(request: Request) -> dg.RunRequest:
    """A request as a sensor asks for it."""
    return dg.RunRequest(
        run_key=request.run_key,
        asset_selection=asset_keys(request),
        asset_check_keys=check_keys(request),
        tags=tags(request),
    )


def history(instance: dg.DagsterInstance) -> Callable[[str], History]:
    """What became of a request, from the runs on the instance."""

    def of(identity: str) -> History:
        records = instance.get_run_records(filters=dg.RunsFilter(tags={REQUEST: identity}))
        ended = [record for record in records if record.dagster_run.is_finished]
        moments = [record.end_time or record.update_timestamp.timestamp() for record in ended]
        last = datetime.fromtimestamp(max(moments), UTC).replace(tzinfo=None) if moments else None
        return History(len(ended) < len(records), len(ended), last)

    return of


def days_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[date]:
    """The days a run is asked for."""
    return [date.fromisoformat(key) for key in context.partition_keys]


@contextmanager
def explained(run: str) -> Iterator[None]:
    """Our errors as Dagster's: waiting does not help a permanent one, so it stops all retries of its step.

    Nor is what a person interrupts tried again, as Dagster would. What the ledger is told in the block is the work of
    this run.
    """
    try:
        with working(run):
            yield
    except (Permanent, HomeBroken) as error:
        raise dg.Failure(error.found, metadata=_cure(error), allow_retries=False) from error
    except DropzoneError as error:
        raise dg.Failure(error.found, metadata=_cure(error), allow_retries=True) from error
    except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt) as error:
        raise dg.Failure(INTERRUPTED, allow_retries=False) from error
    except RuntimeError as error:
        if str(error) != QUERY_INTERRUPTED:
            raise
        raise dg.Failure(INTERRUPTED, allow_retries=False) from error


def _cure(error: DropzoneError) -> dict[str, str]:
    return {"what to do": error.cure} if error.cure else {}


def table_value(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dg.TableMetadataValue:
    """Rows as a table the Dagster UI draws."""
    records = [dg.TableRecord({n: _cell(v) for n, v in zip(names, row, strict=True)}) for row in rows]
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in names])
    return dg.TableMetadataValue(records, schema)


def _cell(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else "" if value is None else str(value)
