"""Ours: the whole product, as a person runs it: `dropzone ingest` in a home of its own."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Cost, measure

CONTRACTS = Path(__file__).parent / "contracts"
SOURCES = "sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n"
START = "from dropzone_assets.cli import main; main()"


class Home:
    """A home with the benchmarks' contracts and a dropzone, made anew."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(CONTRACTS, folder / "contracts")
        (folder / "dropzone").mkdir()
        (folder / "sources.yaml").write_text(SOURCES)
        self.folder = folder
        self._environment = {"DROPZONE_HOME": str(folder), "DAGSTER_HOME": "", **(settings or {})}

    def run(self, *arguments: str) -> tuple[Cost, str]:
        """What a command of the product took, and what it printed."""
        command = [sys.executable, "-c", START, *arguments]
        return measure(command, self.folder / ".cost.json", environment=self._environment)

    def drop(self, files: Sequence[Path]) -> None:
        """Put files into the dropzone, without a copy of their bytes."""
        for file in files:
            os.link(file, self.folder / "dropzone" / file.name)
