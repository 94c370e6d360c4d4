"""How answers are printed: tables for people, JSON and CSV for machines, errors with their cure."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dropzone_assets.errors import DropzoneError
from dropzone_assets.interrupts import SAID, sentence

if TYPE_CHECKING:
    from dropzone_assets.platform import Platform

out = Console()
err = Console(stderr=True)

PROFILE = ContextVar("profile", default="")
"""The profile of sources.yaml that the command line names."""

SAYING = Lock()
"""Held by who says it: the command itself, or the thread that ends its process."""

STYLES = {"loaded": "green", "listed": "yellow", "fetched": "yellow", "failed": "bold red"}
"""Words that are printed in a colour of their own."""


def here() -> "Platform":
    """The platform of this process's environment, with the profile of the command line.

    Raises:
        BadSettings: there is no home, a setting cannot be, or no entry of sources.yaml knows the profile.
    """
    from dropzone_assets.platform import open_platform
    from dropzone_assets.settings import Settings

    platform = open_platform(Settings.from_env(PROFILE.get()))
    for name, meant in Settings.misspelt().items():
        err.print(f"[yellow]{name} is no setting[/] and changes nothing; is {meant} meant?", highlight=False)
    if platform.settings.profile:
        _ = platform.configs
    return platform


def problem(error: DropzoneError) -> None:
    """Print an error: what was found in red, what to do below it."""
    err.print(Text(error.found, style="bold red"))
    if error.cure:
        err.print(Text(error.cure))


def interrupted(command: str) -> None:
    """Print that a command was interrupted, and how it is gone on with; once, and it is printed when this returns."""
    with SAYING:
        if not SAID:
            err.print(sentence(command))
            SAID.append(command)


def table(title: str, names: Sequence[str], rows: Iterable[Sequence[Any]], *, exact: bool = False) -> None:
    """Print rows for people; numbers to the right.

    Args:
        exact: numbers are shown as they are, not rounded and without thousands; so are values that people asked for.
    """
    look: dict[str, Any] = {
        "header_style": "bold",
        "title_style": "bold cyan",
        "title_justify": "left",
        "box": SIMPLE_HEAD,
    }
    drawn = Table(title=title or None, pad_edge=False, padding=0, show_edge=False, **look)
    listed = [list(row) for row in rows]
    for n, name in enumerate(names):
        numbers = bool(listed) and all(_is_number(row[n]) or row[n] is None for row in listed)
        drawn.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in listed:
        drawn.add_row(*(Text(str(value)) if exact and _is_number(value) else _cell(value) for value in row))
    out.print(drawn)


def as_json(value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Print a JSON document; dates and decimals as text."""
    print(json.dumps(value, default=str, indent=2, ensure_ascii=False))  # noqa: T201 - not for people


def as_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print RFC 4180 with a header."""
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows(rows)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: Any) -> Text:
    if isinstance(value, bool) or value is None:
        return Text("" if value is None else str(value).lower())
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.2f}")
    return Text(str(value), style=STYLES.get(str(value), ""))
