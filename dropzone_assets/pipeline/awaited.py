"""Awaited: the days that stay in the lake as they are, because rows are still to be loaded again."""

from datetime import date

from dropzone_assets.platform import Platform


def awaited(platform: Platform) -> dict[str, set[date]]:
    """Table → those days, as long as the warehouse lacks rows that it had.

    Where a key is there once over all days, a row that is lacking may keep another off any day: all of them wait.
    """
    book, tables = platform.ledger.partitions, platform.contracts.tables
    found = book.awaited()
    whole = {name: set(book.days(name)) for name in found if name in tables and tables[name].over_all_days}
    return {**found, **whole}
