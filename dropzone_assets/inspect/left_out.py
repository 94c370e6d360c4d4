"""Left out: of valid rows that the lake does not have, the row that stays in the place of each, and where it is."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RECORD, Contract
from dropzone_assets.engine import attached, columns_of, literal, rows
from dropzone_assets.pipeline.deduplicate import key_of, rivals_of, same_key, valid_rows
from dropzone_assets.pipeline.tables import LOADS
from dropzone_assets.platform import Platform


@dataclass(frozen=True)
class LeftOut:
    """Rows of a file and a day that are left out, and the file and the day that have their keys in the lake.

    `record`: the first of the rows. `later`: whether that file comes after theirs.
    """

    path: str
    day: date
    rows: int
    record: int
    kept_path: str
    kept_day: date
    later: bool

    @property
    def said(self) -> str:
        """Why the lake does not have them, in a sentence."""
        one = self.rows == 1
        rows = f"{self.rows:,} row{'' if one else 's'} (record {self.record}{'' if one else ' is the first'})"
        after = "later" if self.later else "earlier"
        who = f"{self.kept_path}, {'a' if after == 'later' else 'an'} {after} file,"
        if self.path == self.kept_path:
            who = f"{'a row' if one else 'rows'} {after} in the same file"
        has = f"{'has' if self.path != self.kept_path or one else 'have'} {'its key' if one else 'their keys'}"
        are = "is" if one else "are"
        return f"{rows} of {self.path} on {self.day} {are} left out: {who} {has} on {self.kept_day}."


def left_out_for(platform: Platform, contract: Contract, where: str) -> list[LeftOut]:
    """The rows that are left out, of those for which the SQL condition `where` holds, most of them first.

    Raises:
        WarehouseBusy: a run holds the warehouse.
    """
    warehouse = platform.settings.warehouse
    if not contract.key or not warehouse.exists():
        return []
    with closing(platform.connect()) as connection, attached(connection, warehouse, read_only=True):
        if not columns_of(connection, LOADS):
            return []
        these = f"SELECT * FROM ({valid_rows(connection, contract)}) WHERE (\n{where}\n)"
        rivals = rivals_of(connection, contract, f"SELECT {same_key(contract)} FROM ({these})")
        best = "arg_min" if contract.keep == "first" else "arg_max"
        kept = {"row": "_row", "day": DATA_DATE, "load": DELIVERY, "nth": "_nth"}
        of_key = f"OVER (PARTITION BY {key_of(contract)})"
        stays = ", ".join(f"{best}({name}, _nth) {of_key} AS _kept_{short}" for short, name in kept.items())
        found = rows(
            connection,
            f"SELECT mine.path, {DATA_DATE}, count(*), min({RECORD}), its.path, _kept_day, any_value(_kept_nth > _nth) "
            f"FROM (SELECT *, {stays} FROM ({rivals})) SEMI JOIN (SELECT _row FROM ({these})) USING (_row) "
            f"JOIN {LOADS} mine ON mine.delivery = {DELIVERY} JOIN {LOADS} its ON its.delivery = _kept_load "
            "WHERE _row <> _kept_row GROUP BY ALL ORDER BY 3 DESC, 2, 1, 6, 5",
        )
    return [LeftOut(*row) for row in found]


def left_out_of(platform: Platform, contract: Contract, day: date) -> list[LeftOut]:
    """The rows of a day whose keys are in the lake on another day."""
    if not contract.over_all_days:
        return []
    found = left_out_for(platform, contract, f"{DATA_DATE} = {literal(day)}")
    return [each for each in found if each.kept_day != day]
