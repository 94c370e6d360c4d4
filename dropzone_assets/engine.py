"""The only opener of DuckDB: connections with limits, one quoting of names and values, the warehouse for a moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any, cast

import duckdb
from duckdb.func import FunctionNullHandling, PythonUDFType
from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    wait_random_exponential,
)

from dropzone_assets import damage
from dropzone_assets.damage import as_ours
from dropzone_assets.errors import DiskFull, Permanent, WarehouseBusy
from dropzone_assets.generation import demand_known
from dropzone_assets.holders import named_in

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Connection = duckdb.DuckDBPyConnection
Error = duckdb.Error
Relation = duckdb.DuckDBPyRelation

WAREHOUSE = "warehouse"
"""The name under which the warehouse file is attached."""

BOOK = f"{WAREHOUSE}.dropzone.home"
"""What the warehouse says of the whole home."""

FORMING = 0.5
"""Seconds within which a file that another process makes has become a warehouse."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may use; `spill` is where it writes what does not fit in memory."""

    spill: Path
    threads: int | None = None
    memory: str = ""


def connect(limits: Limits | None = None, filesystems: Sequence["AbstractFileSystem"] = ()) -> Connection:
    """Open an in-memory DuckDB in UTC that sees `filesystems` and touches nothing else.

    Without limits it may use what DuckDB takes by default and spills nothing. Extensions are never downloaded:
    what the wheel holds must do.
    """
    connection = duckdb.connect(":memory:", config=_config(limits))
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it is drawn on standard output, between what scripts read
    for filesystem in filesystems:
        connection.register_filesystem(filesystem)
    return connection


def _config(limits: Limits | None) -> dict[str, str | bool | int | float | list[str]]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "temp_directory": "",
    }
    if limits:
        limits.spill.mkdir(parents=True, exist_ok=True)
        config["temp_directory"] = str(limits.spill)
        config |= {"threads": limits.threads} if limits.threads else {}
        config |= {"memory_limit": limits.memory} if limits.memory else {}
    return config


@contextmanager
def attached(connection: Connection, path: Path, *, read_only: bool, patience: float = 60.0) -> Iterator[None]:
    """Attach the warehouse as `warehouse` for the length of the block.

    DuckDB lets one process write or many read, so the block should be short.

    Raises:
        WarehouseBusy: another process held the file for `patience` seconds.
        NewerHome: a newer version of this program wrote it.
        StoreDamaged: the file is no warehouse, or what is read of it in the block is broken.
        StoreForbidden: it may not be opened so.
        DiskFull: its disk is.
    """
    mode = " (READ_ONLY)" if read_only else ""
    statement = f"ATTACH {literal(str(path))} AS {WAREHOUSE}{mode}"
    tries = Retrying(
        retry=retry_if_exception_type(duckdb.IOException),
        wait=wait_random_exponential(multiplier=0.02, max=1.0),
        stop=partial(_given_up, path, patience),
    )
    with _as_ours(path):
        try:
            tries(connection.execute, statement)
        except RetryError as error:
            last = str(error.last_attempt.exception())
            raise as_ours(path, last, damage.WAREHOUSE) or _busy(path, patience, last) from error
        try:
            demand_known(facts(connection).get("format"), f"the warehouse {path}")
            yield
        finally:
            connection.execute(f"DETACH {WAREHOUSE}")


def facts(connection: Connection) -> dict[str, str]:
    """What the attached warehouse says of its home; nothing in one of a time when nothing was said."""
    if not columns_of(connection, BOOK):
        return {}
    return dict(rows(connection, f"SELECT name, value FROM {BOOK}"))


def _given_up(path: Path, patience: float, state: RetryCallState) -> bool:
    """Whether waiting does not help. A file that another process is just making is no warehouse for a moment."""
    waited, error = state.seconds_since_start or 0.0, state.outcome.exception() if state.outcome else None
    return waited >= patience or (waited >= FORMING and as_ours(path, str(error), damage.WAREHOUSE) is not None)


@contextmanager
def _as_ours(path: Path) -> Iterator[None]:
    """What DuckDB says of the warehouse's file, as ours."""
    try:
        yield
    except duckdb.Error as error:
        ours = as_ours(path, str(error), damage.WAREHOUSE)
        if ours and (str(path) in str(error) or "Corrupt database file" in str(error)):
            raise ours from error
        raise


@contextmanager
def spilling(spill: Path) -> Iterator[None]:
    """That there is no room where work that does not fit in memory is written, as ours.

    Raises:
        DiskFull: it is so.
    """
    try:
        yield
    except duckdb.Error as error:
        ours = as_ours(spill, str(error), "")
        if isinstance(ours, DiskFull):
            raise ours from error
        raise


def _busy(path: Path, patience: float, said: str) -> WarehouseBusy:
    """Who holds the warehouse, as far as DuckDB says it."""
    holder = named_in(said)
    found = f"{path} was held for {patience:.0f} s by {holder}." if holder else ""
    return WarehouseBusy(
        found or f"{path} could not be opened for {patience:.0f} s: {said}",
        "Close the program that holds it (an open DuckDB shell?), then run again.",
    )


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All statements of the block or none of them."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def blames_the_file(error: Error) -> bool:
    """Whether the bytes of a file are at fault, not the machine.

    A broken page of Parquet is DuckDB's plain error; so is an exception of a registered filesystem, with its traceback.
    """
    faults = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException)
    long_line = duckdb.NotImplementedException
    return isinstance(error, (*faults, long_line)) or (type(error) is Error and not str(error).startswith("Traceback"))


def rows(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query. DuckDB 2 keeps a connection busy until the last row is fetched, so we always fetch all."""
    return connection.execute(statement, list(parameters)).fetchall()


def teach(
    connection: Connection,
    name: str,
    function: Callable[..., Any],
    takes: Sequence[str],
    gives: str,
    arrow: bool = False,
) -> None:
    """Give a connection a function in Python; NULL comes to it too. With `arrow` it takes and gives columns."""
    if not rows(connection, "SELECT 1 FROM duckdb_functions() WHERE function_name = $1 LIMIT 1", [name]):
        kinds, nulls = [duckdb.sqltype(kind) for kind in takes], FunctionNullHandling.SPECIAL
        way = PythonUDFType.ARROW if arrow else PythonUDFType.NATIVE
        connection.create_function(name, function, cast(Any, kinds), gives, type=way, null_handling=nulls)


def ask(connection: Connection, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and all rows of any statement."""
    answer = connection.execute(statement)
    names = [column[0] for column in answer.description or ()]
    return names, answer.fetchall()


def columns_of(connection: Connection, table: str) -> dict[str, str]:
    """Column name → DuckDB type of `[database.][schema.]table`; empty when there is no such table."""
    name, *path = [part.strip('"') for part in reversed(table.split("."))]
    where = {"table_name": name, **dict(zip(("schema_name", "database_name"), path, strict=False))}
    condition = " AND ".join(f"{field} = {literal(value)}" for field, value in where.items())
    query = f"SELECT column_name, data_type FROM duckdb_columns() WHERE {condition} ORDER BY column_index"
    return dict(rows(connection, query))


def conform(connection: Connection, table: str, columns: Mapping[str, str]) -> None:
    """Create `table`, or change it until it has these columns. Columns no longer wanted stay, filled with NULL.

    Raises:
        Permanent: rows already stored cannot be cast to a column's new type.
    """
    if not (have := columns_of(connection, table)):
        fields = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {table} ({fields})")
        return
    known = {folded(name): name for name in have}
    for name, kind in columns.items():
        old = known.get(folded(name))
        if old is None:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {quote(name)} {kind}")
            continue
        if old != name:
            connection.execute(f"ALTER TABLE {table} RENAME COLUMN {quote(old)} TO {quote(name)}")
        if have[old] != kind:
            _retype(connection, table, name, have[old], kind)


def _retype(connection: Connection, table: str, name: str, old: str, new: str) -> None:
    column = quote(name)
    changed = f"try_cast(try_cast({column} AS {new}) AS {old}) IS DISTINCT FROM {column}"
    lost = rows(connection, f"SELECT {column}::VARCHAR FROM {table} WHERE {changed} LIMIT 1")
    if lost:
        raise Permanent(
            f"{table}: the column {name} holds {lost[0][0]}, a {old} that is no {new}.",
            "Give the new meaning a new column name, or keep the old type in the contract.",
        )
    connection.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {new}")


_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def folded(name: str) -> str:
    """A name as DuckDB compares it: capitals from A to Z are small ones, all other letters are themselves."""
    return name.translate(_SMALL)


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | float | bool | date | None) -> str:
    """A value as an SQL literal; text and dates as quoted text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: Sequence[str | int | date]) -> str:
    """Values as an SQL list, `['a', 'b']`."""
    return f"[{', '.join(map(literal, values))}]"


def previews(
    connection: Connection, query: str, group: str, order: str, limit: int = 5
) -> tuple[list[str], dict[str, list[list[str]]]]:
    """Column names of a query and, for each value of its column `group`, its first rows as text.

    The columns `group` and `order`, by which rows come first, are not shown.
    """
    names = [row[0] for row in rows(connection, f"DESCRIBE {query}") if row[0] not in (group, order)]
    cells = ", ".join(f"coalesce({quote(name)}::VARCHAR, '')" for name in names)
    by, at = quote(group), quote(order)
    # Which rows are first is found out before any of them is made text.
    ends = f"SELECT {by} AS of, list_last(min({at}, {limit})) AS last FROM ({query}) GROUP BY ALL"
    few = f"SELECT q.* FROM ({query}) q JOIN ({ends}) e ON q.{by} = e.of AND q.{at} <= e.last"
    first = f"SELECT {by}::VARCHAR, arg_min([{cells}], {at}, {limit}) FROM ({few}) GROUP BY ALL"
    return names, dict(rows(connection, first))
