"""`python -m benchmarks [WORKLOAD …]`: run, check, print, keep the numbers, write the page from what is kept."""

import argparse
import json
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import pages, report
from benchmarks.contest import Folders
from benchmarks.machine import machine
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).parent / "results"
"""Numbers of full size are kept with the code, so that nobody's quick look takes their place in the page."""


def main() -> int:
    """Run what is asked for; the exit code is 1 where a result is wrong."""
    asked = arguments()
    results = [] if asked.write else [_run(name, asked) for name in asked.workloads or WORKLOADS]
    places = {"full": KEPT, "quick": asked.folder / "results"}
    for result in results:
        place = places[asked.sizes]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{result['workload']}.json").write_text(json.dumps(result, indent=1) + "\n")
    if asked.json:
        print(json.dumps(results))
    if asked.write or not (asked.workloads or asked.json):
        pages.write(ROOT / "docs", [json.loads(file.read_text()) for p in places.values() for file in p.glob("*.json")])
    return int(any(each["wrong"] for result in results for each in result.get("standings", [])))


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help=f"of: {', '.join(WORKLOADS)}; all when left out"
    )
    parser.add_argument("--sizes", choices=("quick", "full"), default="full")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contestant, at most")
    parser.add_argument("--only", default="", help="contestants, by the start of their names, comma-separated")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument(
        "--write", action="store_true", help="run nothing; write the page from the numbers that are kept"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="for data, scratch and kept numbers")
    asked = parser.parse_args()
    for name in asked.workloads:
        if name not in WORKLOADS:
            parser.error(f"there is no workload {name}; there are {', '.join(WORKLOADS)}")
    return asked


def _run(name: str, asked: argparse.Namespace) -> dict[str, object]:
    workload = import_module(f"benchmarks.workloads.{name.replace('-', '_')}").WORKLOAD
    workload = workload.only(asked.only.split(",")) if asked.only else workload
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=report.console, transient=True, disable=asked.json) as progress:
        bar = progress.add_task(name)
        data = asked.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=asked.folder, prefix="scratch-") as scratch:
            folders = Folders(data, Path(scratch))
            result = workload.run(
                asked.sizes, asked.rounds, folders, lambda text: progress.update(bar, description=text)
            )
    result |= {"machine": machine(), "when": time.strftime("%Y-%m-%d")}
    if not asked.json:
        report.show(result)
    return result


if __name__ == "__main__":
    raise SystemExit(main())
