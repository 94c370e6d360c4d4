"""Markdown."""

from pathlib import Path
from typing import Any


def write(folder: Path, results: list[dict[str, Any]]) -> None:
    """Later."""
