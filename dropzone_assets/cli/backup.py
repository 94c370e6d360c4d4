"""`dropzone backup` and `dropzone restore`: a copy of a home as of one moment, and the way back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dropzone_assets.cli.show import as_json, err, here, out

if TYPE_CHECKING:
    from dropzone_assets.settings import Settings

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder, best on another disk.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def backup(
    folder: Folder,
    keep: Annotated[int, typer.Option(min=1, help="How many backups stay in DIR, the new one among them.")] = 1,
    json: Json = False,
) -> None:
    """Copy ledger, warehouse, lake, raw zone, contracts and the history of runs to DIR, while the daemon works."""
    from dropzone_assets.upkeep.backup import backup as make

    made, manifest, copied = make(here(), folder.expanduser(), keep)
    if json:
        counts = {"files": len(manifest.files), "bytes": manifest.size, "raw": manifest.raw, "raw_copied": copied}
        as_json({"backup": str(made), "made": manifest.made, **counts, "not_copied": manifest.elsewhere})
        return
    size = f"{len(manifest.files):,} files of {manifest.size:,} bytes"
    _say(f"{made}: {size}, and {copied:,} new of {manifest.raw:,} raw objects.")
    for url in manifest.elsewhere:
        _say(f"{url} is not in it: protect it where it is, with versions of its bucket.")
    _say("Not in it: .env, which holds secrets, and the files at the sources.")


def restore(
    folder: Folder,
    into: Annotated[Path | None, typer.Option(help="The home to fill, instead of this one; made if missing.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Move aside what the home holds.")] = False,
    json: Json = False,
) -> None:
    """Make the home what the newest backup in DIR holds. Nothing is deleted: what was there is moved aside."""
    from dropzone_assets.upkeep.restore import restore as put_back

    settings = here().settings if into is None else _elsewhere(into.expanduser().resolve())
    _nobody_runs(settings.instance)
    done = put_back(settings, folder.expanduser(), force=force)
    if json:
        as_json(
            {
                "backup": str(done.state),
                "made": done.manifest.made,
                "home": str(settings.home),
                "raw_copied": done.raw,
                "moved_aside": str(done.aside) if done.aside else None,
            }
        )
        return
    _say(f"{settings.home} is what it was at {done.manifest.made[:19].replace('T', ' ')} UTC.")
    if done.aside:
        _say(f"What it held before is in {done.aside}; delete that once all is well.")
    for url in done.manifest.elsewhere:
        err.print(f"{url} was not in the backup and is as it is.", highlight=False, markup=False)
    _say("Next: dropzone ingest loads what has come since; dropzone verify proves the rest.")


def _say(sentence: str) -> None:
    out.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _elsewhere(home: Path) -> "Settings":
    """The settings of this process for another home: places on this disk that the environment names are of this one."""
    from dropzone_assets.settings import Settings

    settings = Settings(home=home)
    own = {"dagster_home": "", "ledger_url": "", "warehouse_path": ""}
    own |= {name: "" for name in ("raw_url", "lake_url") if "://" not in getattr(settings, name)}
    return settings.model_copy(update=own)


def _nobody_runs(instance: Path) -> None:
    """Raises Transient when a run is at work in the home."""
    from dropzone_assets.errors import Transient
    from dropzone_assets.orchestration.launcher.heartbeat import holder

    if any(holder(sign) for sign in (instance / "workers").glob("*")):
        raise Transient("A run is at work in this home.", "End dropzone up, and wait until its runs have ended.")
