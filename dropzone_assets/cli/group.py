"""Commands by name and place: one is read to say what it is for, and imported when it is called."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


def group(commands: Mapping[str, str], about: str, **how: Any) -> typer.Typer:
    """A group of commands that does not load them, so that help, completion and errors are there at once.

    Args:
        commands: name → `module:function`; shown in this order.
        about: what the group is for.
        how: what else Typer is told of it.
    """
    known = type("Commands", (_Group,), {"places": commands})
    return typer.Typer(cls=known, help=about, no_args_is_help=True, **how)


class _Group(TyperGroup):
    """A group that looks for its commands where `places` says."""

    places: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {**{name: TyperCommand(name) for name in self.places}, **self.commands}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help and completion say of a command."""
        command = super().get_command(ctx, cmd_name)
        if command and cmd_name in self.places:
            command.help = _purpose(self.places[cmd_name])
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, and what is said to it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _loaded(self.places[name]) if name and name in self.places else command, rest


@cache
def _purpose(place: str) -> str:
    """The docstring of a function, from its file, which is not run."""
    module, _, name = place.partition(":")
    spec = find_spec(module)
    source = Path(spec.origin).read_bytes() if spec and spec.origin else b""
    functions = (each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef) and each.name == name)
    return next((ast.get_docstring(each) or "" for each in functions), "")


def _loaded(place: str) -> Any:
    """The function as a command."""
    alone = typer.Typer(add_completion=False)
    alone.command()(resolve_name(place))
    return get_command(alone)
