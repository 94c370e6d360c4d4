"""`python -m tests.chaos`: a campaign of faults, and of processes that are killed."""

import argparse
import sys

from rich.console import Console

from tests.chaos.campaign import campaign, explain, told
from tests.chaos.kills import killed
from tests.chaos.operators import operated
from tests.chaos.scenario import matrix


def main() -> int:
    """0 when all of it happened and nothing was lost, doubled or stuck."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed is another campaign")
    parser.add_argument("--faults", type=int, default=100_000, help="how many faults shall happen")
    parser.add_argument("--kills", type=int, default=200, help="how many processes are killed with kill -9")
    parser.add_argument("--minutes", type=float, default=120, help="end after so long, however few happened")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--matrix", action="store_true", help="every fault at every crossing of an ingest, and no more")
    parser.add_argument("--scenario", type=int, help="live only this one, and say the shortest that goes wrong")
    parser.add_argument("--operators", action="store_true", help="kill real ingests and daemons, lose stores; no more")
    parser.add_argument("--rounds", type=int, default=200, help="how many rounds of operators")
    asked, console = parser.parse_args(), Console()
    if asked.operators:
        lived = operated(asked.seed, asked.rounds, console)
        for what, count in sorted(lived.happened.items()):
            console.print(f"{count:5,} {what}", highlight=False)
        console.print(f"[red]{len(lived.wrong)} went wrong[/]" if lived.wrong else "0 lost, 0 doubled, 0 stuck")
        return 1 if lived.wrong else 0
    if asked.scenario is not None:
        return 0 if explain(asked.seed, asked.scenario, console) else 1
    numbers = iter(range(len(matrix()))) if asked.matrix else None
    outcome = campaign(asked.seed, asked.faults, asked.minutes, asked.jobs, console, numbers)
    console.print(told(outcome))
    for number in outcome.wrong:
        console.print(f"Again: python -m tests.chaos --seed {asked.seed} --scenario {number}")
    short = not asked.matrix and not outcome.wrong and outcome.happened.total() < asked.faults
    if short:
        console.print(f"[red]The time was over before {asked.faults:,} faults had happened:[/] take more --minutes.")
    wrong = killed(asked.seed, 0 if asked.matrix else asked.kills, console)
    return 1 if outcome.wrong or wrong or short else 0


if __name__ == "__main__":
    sys.exit(main())
