"""`dropzone query` and `dropzone shell`: SQL over warehouse and lake."""

import sys
from typing import Annotated, Any

import typer

from dropzone_assets import engine
from dropzone_assets.cli.show import as_csv, as_json, err, here, out, table
from dropzone_assets.errors import DropzoneError, Permanent
from dropzone_assets.inspect.query import open_query
from dropzone_assets.platform import Platform

SHOWN = 50

WELCOME = (
    "SQL over validated.*, quarantine.*, lake.* (or bare names) and summary.*; "
    "end a statement with ; and the shell with .quit"
)


def query(
    sql: Annotated[str, typer.Argument(help='e.g. "SELECT count(*) FROM lake.flights"')],
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list of rows.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")] = False,
) -> None:
    """Ask the warehouse and the lake. The names are validated.T, quarantine.T, lake.T (or just T) and summary.T."""
    names, found = _ask(here(), sql)
    if json:
        as_json([dict(zip(names, row, strict=True)) for row in found])
    elif csv:
        as_csv(names, found)
    else:
        _print(names, found)


def shell() -> None:
    """Ask the warehouse and the lake interactively. Other programs can go on writing between two statements."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.lexers import PygmentsLexer
    from pygments.lexers.sql import SqlLexer

    platform = here()
    if not sys.stdin.isatty():
        for statement in filter(None, (part.strip() for part in sys.stdin.read().split(";"))):
            _print(*_ask(platform, statement))
        return
    history = FileHistory(str(platform.settings.home / ".shell_history"))
    session: PromptSession[str] = PromptSession("dropzone> ", history=history, lexer=PygmentsLexer(SqlLexer))
    err.print(WELCOME, style="dim")
    statement = ""
    while True:
        try:
            line = session.prompt("dropzone> " if not statement else "     ...> ")
        except KeyboardInterrupt:
            statement = ""
            continue
        except EOFError:
            return
        if line.strip() in (".quit", ".exit", "quit", "exit"):
            return
        statement += line + "\n"
        if statement.strip().endswith(";"):
            _print_answer(platform, statement)
            statement = ""


def _print_answer(platform: Platform, statement: str) -> None:
    try:
        _print(*_ask(platform, statement))
    except DropzoneError as error:
        err.print(error.found, style="red", markup=False)


def _ask(platform: Platform, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with open_query(platform) as connection:
        try:
            return engine.ask(connection, sql)
        except engine.Error as error:
            raise Permanent(str(error), 'The tables are listed by: dropzone query "SHOW ALL TABLES"') from error


def _print(names: list[str], found: list[tuple[Any, ...]]) -> None:
    table("", names, found[:SHOWN], exact=True)
    more = f" of which {SHOWN} are shown; --csv and --json print all" if len(found) > SHOWN else ""
    out.print(f"{len(found):,} rows{more}", style="dim")
