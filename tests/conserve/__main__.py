"""`python -m tests.conserve`: damaged files of every format, and whether every word of them comes out again."""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.conserve.campaign import Report, content_of, live, pieces
from tests.conserve.samples import KINDS


def main() -> int:
    """0 when every file balances."""
    parser = argparse.ArgumentParser(prog="python -m tests.conserve", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="how many files, of all formats together")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another campaign")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="only these formats")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--write", nargs=2, metavar=("KIND", "NUMBER"), help="write this file here, and no more")
    asked, console = parser.parse_args(), Console()
    if asked.write:
        kind, number = asked.write
        kept = Path(f"{kind}_{number}{KINDS[kind].ending}")
        kept.write_bytes(content_of(kind, asked.seed, int(number)))
        console.print(f"{kept} is written.", highlight=False)
        return 0
    each = asked.files // len(asked.kinds)
    work = [(kind, asked.seed, numbers) for kind in asked.kinds for numbers in pieces(each)]
    whole = Report()
    with ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool:
        for report in track(pool.map(live, work), "Damaging files", len(work), console=console):
            whole.happened.update(report.happened)
            whole.wrong += report.wrong
    for what, count in sorted(whole.happened.items()):
        console.print(f"{count:9,} {what}", highlight=False)
    for kind, number, what in sorted(whole.wrong)[:20]:
        console.print(f"{kind} {number}: {what}", highlight=False, markup=False)
    console.print(f"[red]{len(whole.wrong):,} do not balance[/]" if whole.wrong else "Everything balances.")
    return 1 if whole.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
