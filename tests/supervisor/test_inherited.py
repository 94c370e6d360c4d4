"""What Dagster's commands take from the environment for their options does not reach those that `up` starts."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from dagster._cli import create_dagster_cli
from dagster._daemon.cli import create_dagster_daemon_cli
from dagster_webserver.cli import create_dagster_webserver_cli

from dropzone_assets.settings import Settings

MAKERS = {
    "DAGSTER_CLI": create_dagster_cli,
    "DAGSTER_WEBSERVER": create_dagster_webserver_cli,
    "": create_dagster_daemon_cli,
}
"""The prefix with which each of Dagster's commands reads all of its options, and what makes the command."""


def variables(prefix: str, command: click.Command) -> Iterator[str]:
    """Every variable that a command or one below it reads an option from."""
    for option in command.params:
        explicit = option.envvar or []
        yield from [explicit] if isinstance(explicit, str) else explicit
        if prefix:
            yield f"{prefix}_{option.name}".upper().replace("-", "_")
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from variables(f"{prefix}_{name}" if prefix else "", below)


def test_no_option_of_dagsters_commands_is_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read = {name.replace("-", "_") for prefix, make in MAKERS.items() for name in variables(prefix, make())}
    assert {"DAGSTER_MODULE_NAME", "DAGSTER_WEBSERVER_PORT", "DAGSTER_CLI_DEV_WORKSPACE"} <= read
    for name in read:
        monkeypatch.setenv(name, "x")
    assert read & Settings(home=tmp_path).for_children().keys() == set()


def test_what_tunes_dagster_is_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAGSTER_GRPC_TIMEOUT_SECONDS", "90")
    assert Settings(home=tmp_path).for_children()["DAGSTER_GRPC_TIMEOUT_SECONDS"] == "90"
