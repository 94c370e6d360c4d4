"""The page of all commands, written from the commands themselves each time the site is built."""

from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from dropzone_assets.cli.app import app

HEAD = """# Commands

Exit codes: 0 done, 1 something failed, 2 could not start, 130 interrupted. `--json` prints one document for machines.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page; it is nowhere in the repository."""
    files.append(File.generated(config, "reference/cli.md", content="\n".join([HEAD, *commands()])))
    return files


def commands() -> Iterator[str]:
    """One section a command, in the order of `dropzone --help`."""
    whole = typer.main.get_command(app)
    yield from _sections(whole, whole.context_class(whole, info_name="dropzone"))


def _sections(command: Any, context: Any) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield from _section(command, context)
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        yield from _sections(inner, inner.context_class(inner, parent=context, info_name=name))


def _section(command: Any, context: Any) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"\n## {context.command_path}\n\n```sh\n{context.command_path} {usage}\n```\n\n{command.help or ''}\n"
    rows = [(_names(each, context), getattr(each, "help", None) or "") for each in command.get_params(context)]
    yield "\n| | |\n|---|---|"
    yield from (f"| `{names}` | {said.replace('|', chr(92) + '|')} |" for names, said in rows if said)


def _names(parameter: Any, context: Any) -> str:
    if parameter.param_type_name == "option":
        return ", ".join([*parameter.opts, *parameter.secondary_opts])
    return str(parameter.make_metavar(context))
