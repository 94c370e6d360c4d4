"""`dropzone sources`: list the places to watch, try one, and pin the key of its server."""

from typing import Annotated

import typer
from rich.markup import escape

from dropzone_assets.cli.show import as_json, here, out, problem, table
from dropzone_assets.engine import rows
from dropzone_assets.errors import DropzoneError, Permanent
from dropzone_assets.pipeline.list_source import list_source
from dropzone_assets.platform import Platform
from dropzone_assets.sources import Keyed, Source

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name in sources.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def list_sources(json: Json = False) -> None:
    """List the places to watch, and what the last look at each found."""
    platform = here()
    looks = platform.ledger.listings.last()
    names = ("name", "kind", "url", "polls", "after", "looked at (UTC)", "files")
    found = []
    for c in platform.configs.values():
        last = looks.get(c.name)
        about = (c.name, c.kind, c.url or ", ".join(c.urls), f"every {c.poll_seconds:g} s", c.after)
        found.append(
            (*about, *((f"{last.looked_at:%Y-%m-%d %H:%M:%S}", last.seen, last.problem) if last else ("", 0, "")))
        )
    if json:
        as_json([dict(zip((*names, "problem"), row, strict=True)) for row in found])
        return
    table("", names, [row[:-1] for row in found])
    for row in found:
        if row[-1]:
            out.print(f"[bold red]{row[0]}[/] {escape(row[-1])}")


def check(name: Name) -> None:
    """List the files of a source and say how many there are. Exit code 1 when that cannot be done."""
    platform = here()
    source = _source(platform, name)
    try:
        with platform.connect() as connection:
            pages = list_source(connection, source, platform.configs[name])
            counts = [rows(connection, f"SELECT count(*), count(*) FILTER (problem <> '') FROM {p}")[0] for p in pages]
    except DropzoneError as error:
        problem(error)
        raise typer.Exit(1) from error
    finally:
        source.close()
    files, broken = (sum(numbers) for numbers in zip((0, 0), *counts, strict=True))
    out.print(f"[green]✓[/] {name}: {files:,} files" + (f", {broken:,} of which cannot be read." if broken else "."))


def trust(name: Name) -> None:
    """Show the key of a source's server and pin it, once a person has compared it with what its owner says."""
    source = _source(here(), name)
    if not isinstance(source, Keyed):
        raise Permanent(f"{name} has no key to pin.", "Only sources of the kind sftp have one.")
    try:
        shown = source.host_key()
    finally:
        source.close()
    known = source.pinned()
    if shown in known:
        out.print(
            f"{shown.host} shows the key that is pinned: {shown.kind} {shown.fingerprint}", soft_wrap=True, markup=False
        )
        return
    for key in known:
        out.print(f"Pinned until now: {key.kind} {key.fingerprint}", soft_wrap=True)
    out.print(f"{shown.host} shows:  {shown.kind} {shown.fingerprint}", soft_wrap=True, markup=False)
    if known:
        out.print("[bold red]The key has changed.[/] Pin it only if the owner of the server says why.")
    if not typer.confirm("Pin this key?", default=False):
        out.print("Nothing was pinned.")
        raise typer.Exit(1)
    source.pin(shown)
    out.print(f"Pinned. Try it: dropzone sources check {name}")


def _source(platform: Platform, name: str) -> Source:
    if name not in platform.configs:
        known = ", ".join(platform.configs) or "none"
        raise Permanent(f"There is no source {name!r}; there are: {known}.", "See: dropzone sources list.")
    return platform.sources[name]
