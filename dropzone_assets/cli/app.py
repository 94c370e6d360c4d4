"""All commands under one name, and what their exit codes mean: 0 done, 1 something failed, 2 could not start."""

import sys
import warnings
from typing import Annotated

import typer

from dropzone_assets.cli.contracts import contracts
from dropzone_assets.cli.demo import demo
from dropzone_assets.cli.explain import explain
from dropzone_assets.cli.generate import generate
from dropzone_assets.cli.ingest import ingest, replay
from dropzone_assets.cli.preview import show_preview
from dropzone_assets.cli.quarantine import quarantine
from dropzone_assets.cli.query import query, shell
from dropzone_assets.cli.retract import retract
from dropzone_assets.cli.show import PROFILE, problem
from dropzone_assets.cli.sources import sources
from dropzone_assets.cli.status import status
from dropzone_assets.cli.trace import show_trace
from dropzone_assets.cli.up import up
from dropzone_assets.cli.verify import verify
from dropzone_assets.errors import DropzoneError

app = typer.Typer(
    name="dropzone",
    help="Drop a file anywhere, get a table you can trust.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for command in (demo, up, generate, ingest, status, explain, quarantine, replay, retract, query, shell, verify):
    app.command()(command)
app.command("preview")(show_preview)
app.command("trace")(show_trace)
app.add_typer(contracts, name="contracts")
app.add_typer(sources, name="sources")


@app.callback()
def choose(
    profile: Annotated[str, typer.Option(help="Profile of sources.yaml; or set DROPZONE_PROFILE.")] = "",
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
    except BrokenPipeError:
        sys.exit(0)
