"""`python -m tests.chaos`: a campaign of faults, and of processes that are killed."""

import argparse
import sys

from rich.console import Console

from tests.chaos.campaign import campaign, explain, told
from tests.chaos.kills import killed


def main() -> int:
    """0 when nothing was lost, doubled or stuck."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed is another campaign")
    parser.add_argument("--faults", type=int, default=100_000, help="how many faults shall happen")
    parser.add_argument("--kills", type=int, default=200, help="how many processes are killed with kill -9")
    parser.add_argument("--minutes", type=float, default=60, help="end after so long, however few happened")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--scenario", type=int, help="live only this one, and say the shortest that goes wrong")
    asked, console = parser.parse_args(), Console()
    if asked.scenario is not None:
        return 0 if explain(asked.seed, asked.scenario, console) else 1
    outcome = campaign(asked.seed, asked.faults, asked.minutes, asked.jobs, console)
    console.print(told(outcome))
    for number in outcome.wrong:
        console.print(f"Again: python -m tests.chaos --seed {asked.seed} --scenario {number}")
    wrong = killed(asked.seed, asked.kills, console)
    return 1 if outcome.wrong or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
