"""The `dropzone` command. To add a command: one file here, one line in `app`."""

from dropzone_assets.cli.app import main

__all__ = ["main"]
