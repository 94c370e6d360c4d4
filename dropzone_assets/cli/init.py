"""`dropzone init`: a home of one's own."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.markup import escape

from dropzone_assets.cli.show import out
from dropzone_assets.errors import BadSettings
from dropzone_assets.homes import make_home

EXAMPLE = (
    "printf 'order_id,ordered_at,amount,channel\\nA1,2024-05-01 09:30,19.90,web\\n' > dropzone/orders_20240501.csv"
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder one stands in when left out.")] = Path(),
) -> None:
    """Make a home: an example contract, sources, a dropzone, Dagster's files. What is there already stays as it is."""
    home = folder.expanduser().absolute()
    try:
        made, kept = make_home(home)
    except OSError as error:
        raise BadSettings(f"{home} cannot be made a home: {error}", "Choose a folder that may be written.") from error
    for name in made:
        out.print(f"[green]+[/] {escape(name)}", highlight=False)
    for name in kept:
        out.print(f"  {escape(name)} was there and stays as it is", style="dim", highlight=False)
    out.print("\n[bold]Go on[/]", highlight=False)
    for line in (f"cd {quote(str(home))}", EXAMPLE, "dropzone up"):
        out.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
