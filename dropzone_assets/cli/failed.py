"""`dropzone status --failed`: what has failed and what waits, with what to do."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.markup import escape

from dropzone_assets.cli.show import as_json, out
from dropzone_assets.platform import Platform
from dropzone_assets.steps.standing import Trouble, replay_of, troubles

SHOWN = 100

PLAIN: dict[str, Any] = {"soft_wrap": True, "highlight": False}
"""Sentences: not broken in the middle of a name, not coloured by their numbers."""


def show_failed(platform: Platform, table_name: str, *, json: bool) -> None:
    """Every delivery that has failed, for a person to cure, and every one that waits and is tried again by itself."""
    found = [each for each in troubles(platform) if table_name in ("", each.table)]
    failed, waiting = ([each for each in found if each.kind == kind] for kind in ("failed", "waiting"))
    if json:
        as_json({"failed": [asdict(each) for each in failed], "waiting": [asdict(each) for each in waiting]})
        return
    if not found:
        out.print("No delivery has failed, and none waits.")
    _print("Failed: a person has to act", failed)
    if failed:
        out.print(f"Then: {', '.join(sorted({replay_of(each.table) for each in failed}))}", highlight=False)
    _print("Waiting: tried again by themselves", waiting)


def _print(title: str, found: Sequence[Trouble]) -> None:
    """A few lines a delivery: reasons are sentences, which columns would tear."""
    if found:
        out.print(f"[bold cyan]{title}[/]")
    for each in found[:SHOWN]:
        when = f"since {_moment(each.since)}" if each.since else f"again at {_moment(each.again) or 'the next look'}"
        tried = f"{each.times:,} {'try' if each.times == 1 else 'tries'}"
        out.print(f"[bold]{escape(each.file)}[/] at {each.source}: {each.stage}, {tried}, {when}", **PLAIN)
        out.print(f"  {escape(each.reason)}\n  [dim]{escape(each.cure)}[/]", **PLAIN)
    if len(found) > SHOWN:
        out.print(f"… and {len(found) - SHOWN:,} more: name a TABLE, or take --json.")


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else ""
