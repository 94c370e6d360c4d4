"""`dropzone up`: the Dagster UI and its daemon, watching the sources."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from dropzone_assets.cli.show import here, out, problem


def up(
    port: Annotated[
        int | None, typer.Option(help="Port of the UI; 3000, or DROPZONE_PORT.", show_default=False)
    ] = None,
    host: Annotated[str, typer.Option(help="Address the UI listens on.")] = "127.0.0.1",
    patience: Annotated[
        float | None,
        typer.Option(
            min=1, help="Seconds that each part may take to start; 60, or DROPZONE_PATIENCE.", show_default=False
        ),
    ] = None,
) -> None:
    """Start the Dagster UI and the daemon that runs sensors, schedules and backfills; stop with Ctrl-C."""
    from dropzone_assets.errors import ServiceFailed
    from dropzone_assets.orchestration.instance import open_instance
    from dropzone_assets.orchestration.supervisor.admission import alone, usable_port
    from dropzone_assets.orchestration.supervisor.supervisor import Supervisor

    platform = here()
    settings = platform.settings
    with alone(settings.heartbeats):
        chosen = usable_port(host, settings.port if port is None else port)
        _say(f"Starting in {settings.home} (times are UTC); what the parts print goes to {settings.logs}")
        with open_instance(settings) as instance:
            supervisor = Supervisor(platform, instance, host, chosen, patience or settings.patience, _say)
            try:
                supervisor.run()
            except ServiceFailed as error:
                if not supervisor.started:
                    raise
                problem(error)
                raise typer.Exit(1) from error


def _say(line: str) -> None:
    out.print(Text(f"{datetime.now(UTC):%H:%M:%S}  {line}"), soft_wrap=True)
