"""The pages of commands and of deliveries, written from the code itself each time the site is built."""

from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from dropzone_assets.cli.app import app
from dropzone_assets.cli.group import loaded
from dropzone_assets.ledger.states import MOVES, STATES

HEAD = """# Commands

Exit codes: 0 done, 1 something failed, 2 could not start, 130 interrupted. `--json` prints one document for machines.
"""


LIFE = """# The life of a delivery

Everything that can happen to a delivery: the event as the journal has it, the states in which it can happen, the state
it leads to, and what is forgotten. `dropzone explain FILE` shows the journal of a file.

| event | from | to | forgotten |
|---|---|---|---|
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; they are nowhere in the repository."""
    files.append(File.generated(config, "reference/cli.md", content="\n".join([HEAD, *commands()])))
    files.append(File.generated(config, "reference/deliveries.md", content=LIFE + "\n".join(life())))
    return files


def life() -> Iterator[str]:
    """A line for each move of the table."""
    for move in MOVES.values():
        but = [state for state in STATES if state not in move.before]
        before = f"any but {', '.join(but)}" if 0 < len(but) < len(move.before) else ", ".join(move.before)
        cells = (move.event or "–", before if but else "any", move.after or "the same", ", ".join(move.forgets))
        yield f"| {' | '.join(cells)} |"


def commands() -> Iterator[str]:
    """One section a command, in the order of `dropzone --help`."""
    whole = typer.main.get_command(app)
    yield from _sections(whole, whole.context_class(whole, info_name="dropzone"))


def _sections(command: Any, context: Any) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield from _section(command, context)
        return
    for name in command.list_commands(context):
        places = getattr(command, "locations", {})
        inner = loaded(places[name]) if name in places else command.get_command(context, name)
        yield from _sections(inner, inner.context_class(inner, parent=context, info_name=name))


def _section(command: Any, context: Any) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"\n## {context.command_path}\n\n```sh\n{context.command_path} {usage}\n```\n\n{command.help or ''}\n"
    told = [each for each in command.get_params(context) if getattr(each, "help", None) and each.name != "help"]
    if told:
        yield "\n| | |\n|---|---|"
    yield from (f"| `{_names(each)}` | {each.help.replace('|', chr(92) + '|')} |" for each in told)


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "option":
        return ", ".join([*parameter.opts, *parameter.secondary_opts])
    return str(parameter.metavar or parameter.name.upper())
