"""A process that launches runs, as Dagster's daemon does: each line it reads is the id of a run."""

import sys

import dagster as dg

from dropzone_assets.settings import Settings


def main() -> None:
    with dg.DagsterInstance.from_config(str(Settings.from_env().instance)) as instance:
        print(instance.run_coordinator.dequeue_interval_seconds, flush=True)  # which Dagster's daemon asks as it starts
        for line in sys.stdin:
            instance.launch_run(line.strip(), None)  # type: ignore[arg-type]
            print(line.strip(), flush=True)


if __name__ == "__main__":
    main()
