"""`dropzone status --failed`: what has failed, what waits, and what is not in the lake yet, with what to do."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from rich.markup import escape

from dropzone_assets.cli.show import as_json, out
from dropzone_assets.inspect.delivery_status import Trouble, troubles
from dropzone_assets.pipeline.plan import replay_of
from dropzone_assets.pipeline.unpublished import Unpublished, spans, unpublished
from dropzone_assets.platform import Platform

SHOWN = 100

PLAIN: dict[str, Any] = {"soft_wrap": True, "highlight": False}
"""Sentences: not broken in the middle of a name, not coloured by their numbers."""


def show_failed(platform: Platform, table_name: str, *, json: bool) -> None:
    """Every delivery that has failed, for a person to cure, and all that is tried again by itself."""
    found = [each for each in troubles(platform) if table_name in ("", each.table)]
    missing = unpublished(platform, table_name)
    failed, waiting = ([each for each in found if each.kind == kind] for kind in ("failed", "waiting"))
    if json:
        said = {"failed": [asdict(each) for each in failed], "waiting": [asdict(each) for each in waiting]}
        as_json({**said, "unpublished": [each._asdict() for each in missing]})
        return
    if not found and not missing:
        out.print("No delivery has failed, and none waits.")
    _print("Failed: a person has to act", failed)
    if failed:
        out.print(f"Then: {', '.join(sorted({replay_of(each.table) for each in failed}))}", highlight=False)
    _print("Waiting: tried again by themselves", waiting)
    _print_unpublished(missing)


def _print_unpublished(found: Sequence[Unpublished]) -> None:
    """One outage keeps many days from the lake: those that fail alike stand together."""
    if found:
        out.print("[bold cyan]Not published yet: tried again by themselves[/]")
    alike = groupby(sorted(found, key=_outage), key=_outage)
    for (layer, name, reason, cure), each in alike:
        days = list(each)
        again = _moment(min((d.again for d in days if d.again), default=None)) or "the next tick or dropzone ingest"
        times = max(d.times for d in days)
        tried = f"{times:,} {'try' if times == 1 else 'tries'}, since {_moment(min(d.since for d in days))}"
        out.print(f"[bold]{layer}/{name}[/] {spans([d.day for d in days])}: {tried}, again at {again}", **PLAIN)
        out.print(f"  {escape(reason)}\n  [dim]{escape(cure)}[/]", **PLAIN)


def _outage(one: Unpublished) -> tuple[str, str, str, str]:
    return one.layer, one.table, one.reason, one.cure


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
