"""`dst: by_order`: which of two equal local times a row's is, by its place among the rows of its file.

The rows of a file with one key beside the time are looked at in the order of the file, from a day before the clock is
put back to a day after. Where their times go back exactly once, from one time that comes twice to another, those before
it are of the first hour and those after it of the second. Where they go back never or more often, nobody can tell.
"""

from collections.abc import Iterator, Mapping

from dropzone_assets.contracts.model import Column, Contract
from dropzone_assets.contracts.zones import both, is_twice
from dropzone_assets.engine import literal, quote
from dropzone_assets.errors import BadContract


def columns_by_order(contract: Contract) -> Iterator[tuple[str, Column]]:
    """The columns that the order of the file decides, each with the name of the column that holds its half, 1 or 2."""
    for n, column in enumerate(contract.physical):
        if column.clock:
            yield f"_half{n}", column


def halves(contract: Contract, column: Column, relation: str, texts: Mapping[str, str]) -> str:
    """A query for the `place` and the `half` of the rows whose time comes twice and whose order tells which it is.

    Args:
        relation: a query with `place`, in the order of the files, `file_index`, and what `texts` needs.
        texts: SQL for the text of each physical column.

    Raises:
        BadContract: some other column of the key is not read as it is, so that the order of its rows is not known.
    """
    others = [each for each in contract.columns if each.name in contract.key and each.name != column.name]
    keyed = column.name in contract.key
    made = [each.name for each in others if each.transform]
    if keyed and made:
        raise BadContract(f"{column.name}: by_order needs {made[0]} as it is in the file.", "Use first or second.")
    keys = "".join(f", {texts[each.name]} AS {quote(each.name)}" for each in others if keyed)
    group = ", ".join(["file_index", "year(l)", "p[2] - p[1]", *(quote(each.name) for each in others if keyed)])
    local, zone = column.clock.format(text=texts[column.name]), literal(column.zone)
    clocks = f"SELECT place, file_index, {local} AS l{keys} FROM ({relation})"
    near = f"SELECT *, {both('l', zone)} AS p FROM ({clocks}) WHERE l IS NOT NULL"
    order = f"PARTITION BY {group} ORDER BY place"
    steps = (
        f"SELECT *, {is_twice(zone)} AS twice, lag(l) OVER ({order}) AS last, lag({is_twice(zone)}) OVER ({order}) AS "
        f"last_twice FROM ({near}) WHERE p[1] < p[2]"
    )
    back = f"coalesce(l {'<=' if keyed else '<'} last, false)"
    counted = (
        f"SELECT place, twice, sum({back}::INT) OVER ({order} ROWS UNBOUNDED PRECEDING) AS before, "
        f"sum({back}::INT) OVER (PARTITION BY {group}) AS steps, "
        f"bool_or({back} AND NOT (twice AND last_twice)) OVER (PARTITION BY {group}) AS odd FROM ({steps})"
    )
    return f"SELECT place, 1 + before AS half FROM ({counted}) WHERE twice AND steps = 1 AND NOT odd"
