"""`dropzone explain`: the whole story of one file, or who made one partition of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer
from rich.markup import escape

from dropzone_assets.cli.show import as_json, here, out, table
from dropzone_assets.errors import Permanent
from dropzone_assets.inspect.explain import Story, Version, explain_file
from dropzone_assets.inspect.not_found import Looked, NotFound, explain_not_found
from dropzone_assets.inspect.partition_sources import PartitionSource, PartitionSources, explain_partition
from dropzone_assets.platform import Platform

VERSIONS, PARTS, FILES = 5, 30, 50
"""Versions, members and files that are printed; --json has them all."""

RUN = 8
"""Letters of a run's id that Dagster shows."""


def explain(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A file: path, name or key. Or a table.")],
    partition: Annotated[str, typer.Argument(metavar="[DAY]", help="A data date of that table: 2024-05-01.")] = "",
    source: Annotated[str, typer.Option("--source", help="Only files of this source.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell all that happened to one file, or which files made one partition. Exit code 1: nobody knows the file."""
    platform = here()
    if partition:
        sources = explain_partition(platform, what, _day(partition))
        as_json(asdict(sources)) if json else _print_sources(sources)
        return
    stories = explain_file(platform, what, source)
    unseen = None if stories else explain_not_found(platform, what, source)
    if json:
        nowhere = asdict(unseen) if unseen else None
        as_json({"asked": what, "files": [asdict(story) for story in stories], "never_listed": nowhere})
    elif unseen:
        _print_unseen(platform, what, unseen)
    for story in () if json else stories:
        _print_story(story)
    if unseen:
        raise typer.Exit(1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Permanent(f"{text!r} is no day.", "Write it like this: 2024-05-01.") from error


# -- a file ------------------------------------------------------------------------------------------------------------


def _print_story(story: Story) -> None:
    out.print(f"[bold cyan]{escape(story.path)}[/] at {story.source}", soft_wrap=True, highlight=False)
    for version in story.versions[:VERSIONS]:
        _print_version(version)
    if len(story.versions) > VERSIONS:
        out.print(f"… and {len(story.versions) - VERSIONS:,} older versions: take --json.")


def _print_version(version: Version) -> None:
    whose = f" → {version.table}" if version.table else ""
    out.print(
        f"[bold]version {escape(version.version)}[/]{whose} [dim]{version.key}[/]", soft_wrap=True, highlight=False
    )
    lines = [(_moment(e.at), e.event, e.run[:RUN], e.said) for e in version.entries]
    table("", ("when (UTC)", "what", "run", ""), lines)
    out.print(f"Now: {escape(version.now)}", highlight=False)
    if version.days:
        names = ("data date", "its valid rows", "rows in the lake", "published (UTC)")
        lake = [(str(d.day), d.rows, d.lake_rows, "due" if d.due else _moment(d.published_at)) for d in version.days]
        table("", names, lake)
    if version.parts:
        inside = [(p.path, p.table, p.state, p.rows_read, p.quarantined, p.reason) for p in version.parts[:PARTS]]
        table("What came in it", ("file", "table", "state", "rows", "refused", "why"), inside)
        if len(version.parts) > PARTS:
            out.print(f"… and {len(version.parts) - PARTS:,} more: take --json.")
    for path in version.copies[:PARTS]:
        out.print(f"{escape(path)} brought the same bytes and is linked to it.", soft_wrap=True, highlight=False)
    out.print()


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else ""


# -- a file that was never listed --------------------------------------------------------------------------------------


def _print_unseen(platform: Platform, what: str, unseen: NotFound) -> None:
    out.print(f"[bold red]No file {escape(what)} was ever listed as finished.[/]", soft_wrap=True, highlight=False)
    for file in unseen.sighted:
        looked = (
            f"seen first at {_moment(file.first_seen)}, not settled: it must be unchanged for {file.settle_seconds:g} s"
        )
        out.print(f"{escape(file.path)} at {file.source}: {looked}.", soft_wrap=True, highlight=False)
    names = ("source", "place", "looked at (UTC)", "files", "of that name")
    table("Where it was looked for", names, [_line(look) for look in unseen.looks])
    for problem in (look for look in unseen.looks if look.problem):
        out.print(f"[bold red]{problem.source}[/] {escape(problem.problem)}", highlight=False)
    if unseen.near:
        out.print(f"Names like it: {escape(', '.join(unseen.near))}", soft_wrap=True, highlight=False)
    if what in platform.contracts.tables:
        out.print(f"{what} is a table; name one of its days too: dropzone explain {what} 2024-05-01", highlight=False)
    out.print("Look now: dropzone sources check NAME, or dropzone ingest.", highlight=False)


def _line(look: Looked) -> tuple[object, ...]:
    there = "is there now, since that look" if look.on_disk else "nothing"
    return (look.source, look.url, _moment(look.looked_at) or "never", look.seen, look.left_out or there)


# -- a partition -------------------------------------------------------------------------------------------------------


def _print_sources(sources: PartitionSources) -> None:
    out.print(f"[bold cyan]{sources.table} {sources.day}[/]", highlight=False)
    names = ("file", "rows", "late", "loaded (UTC)", "contract", "in place of rows before")
    table("The files that made it", names, [_made(source) for source in sources.files[:FILES]])
    if len(sources.files) > FILES:
        out.print(f"… and {len(sources.files) - FILES:,} more: take --json.")
    for source in sources.files[:FILES]:
        for old in source.replaced:
            was = f"version {old.version} (delivery {old.key}), loaded {_moment(old.loaded_at)}"
            out.print(f"{escape(source.path)} replaced {escape(was)}.", soft_wrap=True, highlight=False)
    for sentence in _far(sources):
        out.print(escape(sentence), soft_wrap=True, highlight=False)


def _made(source: PartitionSource) -> Sequence[object]:
    numbers = (source.added, source.removed, source.changed)
    said = zip(numbers, ("added", "removed", "changed"), strict=True)
    differs = ", ".join(f"{number:,} {what}" for number, what in said if number is not None)
    late = "late" if source.late else ""
    return (source.path, source.rows, late, _moment(source.loaded_at), source.contract_version, differs)


def _far(sources: PartitionSources) -> Iterator[str]:
    """How far the partition has come, in sentences."""
    count = sum(source.rows for source in sources.files)
    yield f"{_many(len(sources.files), 'file')} with {_many(count, 'valid row')} on this day."
    if not sources.version:
        yield "It was never loaded: no file has had rows on this day."
        return
    if not sources.published:
        yield "It is due: it was never published."
        return
    left = f"{_many(sources.valid, 'valid row')}, {_many(sources.duplicates, 'duplicate')} left out, "
    left += f"{sources.lake_rows:,} in the lake"
    yield f"Published {_moment(sources.published_at)}: {left}. {_asked(sources)}"
    yield from (each.said for each in sources.elsewhere[:FILES])
    if sources.due:
        yield f"It is due again: version {sources.version} of its rows is newer than {sources.published}, in the lake."
    size = f" ({sources.bytes:,} bytes)" if sources.bytes is not None else ": no object there"
    yield f"{sources.uri}{size}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _asked(sources: PartitionSources) -> str:
    return "Its summary is due." if sources.unsummarised else "Its summary is up to date."
