"""The lake healed: partitions and summaries that are gone, or not what was published, are due again."""

from datetime import date

from dropzone_assets.ledger import INGESTION
from dropzone_assets.pipeline.generations import LAKE, held_by_lake, write_lake
from dropzone_assets.pipeline.publish import alone
from dropzone_assets.platform import Platform
from dropzone_assets.proof.objects import hash_of
from dropzone_assets.sinks.parquet import object_path
from dropzone_assets.upkeep.losses import missing, older_lake


def heal_lake(platform: Platform) -> int:
    """Make due what the lake lacks; how many days. Killed anywhere, what is lost is still known to be.

    Where the whole lake is another one than that which was published last, the bytes of every object are compared.

    Raises:
        StoreUnavailable: the lake does not answer.
        LakeBusy: another process writes to it.
    """
    with alone(platform):
        other = older_lake(platform)
        lost = different(platform) if other else {each.table: set(each.days) for each in missing(platform)}
        for table, days in lost.items():
            platform.ledger.partitions.lapse(table, sorted(days))
        if other:
            heard = platform.ledger.home.heard(LAKE)
            write_lake(platform, heard.next(held_by_lake(platform)))
    return sum(map(len, lost.values()))


def different(platform: Platform) -> dict[str, set[date]]:
    """Table → the days whose objects are not those that were published last."""
    found: dict[str, set[date]] = {}
    for table, rows in platform.ledger.partitions.resting().items():
        for row in rows:
            own = "" if table == INGESTION else row.content_hash
            wanted = {table: own, f"summary/{table}": row.summary_hash}
            if any(_hash(platform, object_path(location, row.data_date)) != said for location, said in wanted.items()):
                found.setdefault(table, set()).add(row.data_date)
    return found


def _hash(platform: Platform, path: str) -> str:
    """The BLAKE3 of an object; empty where there is none."""
    try:
        return hash_of(platform.lake, path)
    except FileNotFoundError:
        return ""
