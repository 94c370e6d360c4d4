"""Commands by name and place: one is read to say what it is for, and imported when it is called."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from types import TracebackType
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from dropzone_assets.cli.show import interrupted
from dropzone_assets.interrupts import exit_code, heard, insist

OWN_WAY = {"generate", "shell", "up"}
"""Commands that are ended, or go on, in a way of their own when a signal comes."""

NAME = "dropzone.command"
"""Where a context keeps the name of the command that is called."""


def group(commands: Mapping[str, str], about: str, **how: Any) -> typer.Typer:
    """A group of commands that does not load them, so that help, completion and errors are there at once.

    Args:
        commands: name → `module:function`; shown in this order.
        about: what the group is for.
        how: what else Typer is told of it.
    """
    known = type("Commands", (_Group,), {"locations": commands})
    return typer.Typer(cls=known, help=about, no_args_is_help=True, **how)


class _Group(TyperGroup):
    """A group that looks for its commands where `places` says."""

    locations: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {**{name: TyperCommand(name) for name in self.locations}, **self.commands}

    def invoke(self, ctx: Any) -> Any:
        """Call a command; one that is interrupted ends with a sentence."""
        with _Ending(ctx):
            return super().invoke(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help and completion say of a command."""
        command = super().get_command(ctx, cmd_name)
        if command and cmd_name in self.locations:
            command.help = _purpose(self.locations[cmd_name])
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, and what is said to it."""
        called = args[0] if args else ""
        if NAME not in ctx.meta and called not in OWN_WAY:
            insist(lambda: interrupted(called))
        ctx.meta.setdefault(NAME, called)
        name, command, rest = super().resolve_command(ctx, args)
        return name, loaded(self.locations[name]) if name and name in self.locations else command, rest


class _Ending:
    """How a block ends that heard a signal, whatever error came of that."""

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind and heard() and not isinstance(error, typer.Exit):
            interrupted(self._ctx.meta.get(NAME, ""))
            raise SystemExit(exit_code()) from None


@cache
def _purpose(location: str) -> str:
    """The docstring of a function, from its file, which is not run."""
    module, _, name = location.partition(":")
    spec = find_spec(module)
    source = Path(spec.origin).read_bytes() if spec and spec.origin else b""
    functions = (each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef) and each.name == name)
    return next((ast.get_docstring(each) or "" for each in functions), "")


def loaded(location: str) -> Any:
    """The function as a command."""
    alone = typer.Typer(add_completion=False)
    alone.command()(resolve_name(location))
    return get_command(alone)
