"""The contestants: ours, the yardstick and the peers, each a program that does a job from a folder into a folder."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import gate
from benchmarks.measure import Cost, measure
from benchmarks.product import Home
from benchmarks.truth import Truth

ROOT = Path(__file__).parents[1]
PARQUET = "FROM '{out}/quarantine.parquet'"
DLT = (
    "SELECT file, record, from_json(reasons, '[\"VARCHAR\"]') AS reasons, text::JSON AS text "
    "FROM '{out}/quarantine/*.parquet'"
)


@dataclass(frozen=True)
class Turn:
    """One try of one contestant: what it took, what of it is only starting, and what is wrong with the result."""

    cost: Cost
    start: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Peer:
    """A program in an environment of its own, `.venv/bench-NAME`.

    Args:
        refused: a query for the rows it refuses; empty where it judges nothing, so that no result of it can be right.
        most: the rows it is given at most, because it is slow or holds them all in memory; then it is told per row.
        turns: how often it runs at most.
    """

    name: str
    environment: str
    script: str
    refused: str = ""
    most: int = 10**12
    turns: int = 99

    def turn(self, data: Path, truth: Truth | None, scratch: Path) -> Turn:
        """Do the job once, and check the result."""
        out = fresh(scratch / self.name.replace(" ", "-"))
        program = [str(self.python), str(Path(__file__).parent / "contestants" / self.script), str(data), str(out)]
        cost, _ = measure(program, scratch / "cost.json")
        wrong = []
        if truth and self.refused:
            wrong = truth.differences(gate.found(out / "lake", self.refused.format(out=out)))
        shutil.rmtree(out)
        return Turn(cost, wrong=wrong)

    @property
    def python(self) -> Path:
        """Its interpreter, whether or not it is there."""
        return ROOT / ".venv" / f"bench-{self.environment}" / "bin" / "python"

    @property
    def missing(self) -> str:
        """Why it cannot run here; empty where it can."""
        return "" if self.python.exists() else f"no environment: make bench-{self.environment}"


@dataclass(frozen=True)
class Ours:
    """The product, as a person runs it: `dropzone ingest`, told apart from an ingest that finds nothing."""

    settings: Mapping[str, str] = field(default_factory=dict)
    name: str = "ours"
    most: int = 10**12
    turns: int = 99
    missing: str = ""

    def turn(self, data: Path, truth: Truth | None, scratch: Path) -> Turn:
        """Make a home, start it twice for nothing, drop the files, ingest, check the lake and the quarantine."""
        home = Home(scratch / "home", self.settings)
        home.run("ingest")
        start, _ = home.run("ingest")
        home.drop(sorted(data.glob("*.*")))
        cost, _ = home.run("ingest", "--json")
        wrong = truth.differences(gate.of_product(home.folder)) if truth else []
        shutil.rmtree(home.folder)
        return Turn(cost, start.cpu, wrong)


def fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


YARDSTICK = Peer("Y", "duckdb", "typed_copy.py")
BY_HAND = Peer("DuckDB by hand", "duckdb", "by_hand.py", PARQUET)
POLARS = Peer("polars", "polars", "polars_job.py", PARQUET)
PANDAS = Peer("pandas", "pandas", "pandas_job.py", PARQUET)
SPARK = Peer("spark", "spark", "spark_job.py", PARQUET.replace(".parquet", "/*.parquet"), turns=1)
DLT_ROWS = Peer("dlt, same job", "dlt", "dlt_rows.py", DLT, turns=1)
DLT_ARROW = Peer("dlt, arrow, judges nothing", "dlt", "dlt_arrow.py")
