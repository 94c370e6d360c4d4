"""All commands under one name, and what their exit codes mean: 0 done, 1 something failed, 2 could not start."""

import os
import sys
import warnings
from typing import Annotated

import typer

from dropzone_assets.cli.group import group
from dropzone_assets.cli.show import PROFILE, out, problem
from dropzone_assets.damage import of_system
from dropzone_assets.errors import DropzoneError

COMMANDS = {
    "init": "dropzone_assets.cli.init:init",
    "demo": "dropzone_assets.cli.demo:demo",
    "up": "dropzone_assets.cli.up:up",
    "generate": "dropzone_assets.cli.generate:generate",
    "ingest": "dropzone_assets.cli.ingest:ingest",
    "status": "dropzone_assets.cli.status:status",
    "explain": "dropzone_assets.cli.explain:explain",
    "quarantine": "dropzone_assets.cli.quarantine:quarantine",
    "replay": "dropzone_assets.cli.ingest:replay",
    "retract": "dropzone_assets.cli.retract:retract",
    "query": "dropzone_assets.cli.query:query",
    "shell": "dropzone_assets.cli.query:shell",
    "rebuild": "dropzone_assets.cli.rebuild:rebuild",
    "verify": "dropzone_assets.cli.verify:verify",
    "backup": "dropzone_assets.cli.backup:backup",
    "restore": "dropzone_assets.cli.backup:restore",
    "preview": "dropzone_assets.cli.preview:show_preview",
    "trace": "dropzone_assets.cli.trace:show_trace",
}

CONTRACTS = {
    "check": "dropzone_assets.cli.contracts:check",
    "list": "dropzone_assets.cli.contracts:list_contracts",
    "show": "dropzone_assets.cli.contracts:show",
}

SOURCES = {
    "list": "dropzone_assets.cli.sources:list_sources",
    "check": "dropzone_assets.cli.sources:check",
    "trust": "dropzone_assets.cli.sources:trust",
}

app = group(
    COMMANDS,
    "Drop a file anywhere, get a table you can trust.",
    name="dropzone",
    pretty_exceptions_show_locals=False,
)
app.add_typer(group(CONTRACTS, "Check, list and show the contracts."), name="contracts")
app.add_typer(group(SOURCES, "List the places to watch, try them, pin the keys of their servers."), name="sources")


def print_version(asked: bool) -> None:
    """Print which version this is, and end."""
    if asked:
        from importlib.metadata import version

        out.print(version("dropzone-assets"), highlight=False)
        raise typer.Exit


@app.callback()
def choose(
    profile: Annotated[str, typer.Option(help="Profile of sources.yaml; or set DROPZONE_PROFILE.")] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Drop a file anywhere, get a table you can trust."""
    PROFILE.set(profile)


def main() -> None:
    """Run the command line; an error made for people is printed as a sentence, not as a traceback."""
    warnings.filterwarnings("ignore", module="dagster")
    try:
        app()
    except DropzoneError as error:
        problem(error)
        sys.exit(2)
    except OSError as error:
        ours = of_system(error)
        if ours is None:
            raise
        problem(ours)
        sys.exit(2)
    except SystemExit as end:
        sys.exit(0 if _unheard(end) else end.code)


def _unheard(end: SystemExit) -> bool:
    """Whether who reads standard output has closed it, as `head` does once it has enough."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be written at the end of the process goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    # rich and typer end the process themselves, with the code of a failure.
    return isinstance(end.__context__, BrokenPipeError)
