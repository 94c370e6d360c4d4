"""Where the product's time goes: `python -m benchmarks.spent HOME` ingests what lies in a home's dropzone and says it.

Every step of the road and every statement of DuckDB is timed by the cpu that the whole process took meanwhile, threads
of DuckDB included; of a step the time of the steps inside it is taken off.
"""

import atexit
import os
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from time import process_time
from typing import Any, Self

STEPS = (
    "steps.intake:take_in", "steps.plan:plan_loads", "steps.plan:plan_publications", "steps.plan:plan_tellings",
    "steps.fetch:fetch", "steps.judge:judge", "steps.judge:_layout", "steps.judge:_judge_scan", "steps.judge:_number",
    "steps.versions:versions", "steps.commit:commit", "steps.commit:put", "steps.commit:_tell",
    "steps.difference:differences", "steps.publish:snapshot", "steps.publish:deduplicate", "steps.publish:publish",
    "steps.answer:answer", "steps.leave:leave", "steps.summarise:keep", "sinks.parquet:write_partition",
    "engine:previews", "steps.sweep:sweep", "steps.mirror:mirror", "definitions:build", "instance:prepare_instance",
    "ingest:Ingester.run", "ledger.deliveries:Deliveries.loaded", "ledger.deliveries:Deliveries.fetched",
    "assets.validated:_tell", "assets.lake:_tell", "assets.raw:_tell",
)  # fmt: skip

spent: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
statements: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
inside: list[float] = [0.0]


def timed(name: str, function: Callable[..., Any], into: dict[str, list[float]]) -> Callable[..., Any]:
    """The function, whose own cpu is added up under a name."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        inside.append(0.0)
        start = process_time()
        try:
            return function(*args, **kwargs)
        finally:
            took, within = process_time() - start, inside.pop()
            entry = into[name(args) if callable(name) else name]
            entry[0] += 1
            entry[1] += took - within if into is spent else took
            inside[-1] += took if into is spent else within

    return wrapped


class Told:
    """A connection of DuckDB whose statements are timed."""

    def __init__(self, connection: Any) -> None:
        self._own = connection
        self.execute = timed(lambda args: " ".join(str(args[0]).split())[:150], connection.execute, statements)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def replace(module: str, name: str, change: Callable[[Any], Any]) -> None:
    """Put something in the place of a function, wherever it was imported to."""
    owner: Any = import_module(f"dropzone_assets.{module}")
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part, None)
    old = getattr(owner, last, None)
    if old is None:
        return
    new = change(old)
    setattr(owner, last, new)
    if not path:
        for each in list(sys.modules.values()):
            if each and getattr(each, "__name__", "").startswith("dropzone_assets") and vars(each).get(last) is old:
                setattr(each, last, new)


def tell() -> None:
    """Print both tables, the most first."""
    total = process_time()
    print(f"\n{total:7.2f} s of cpu in all; {total - sum(s for _, s in spent.values()):.2f} s outside of all steps")
    for title, found in (("step", spent), ("statement", statements)):
        print(f"\n  cpu s  times  {title}")
        for name, (times, seconds) in sorted(found.items(), key=lambda item: -item[1][1])[:30]:
            if seconds >= 0.02:
                print(f"{seconds:7.2f} {times:6}  {name}")


def main(home: str) -> None:
    """Ingest."""
    os.environ["DROPZONE_HOME"] = home
    os.environ.pop("DAGSTER_HOME", None)
    for module in (
        "dropzone_assets.definitions",
        "dropzone_assets.ingest",
        "dropzone_assets.cli",
        "dropzone_assets.cli.ingest",
    ):
        import_module(module)
    spent["(imports)"] = [1, process_time()]
    replace("engine", "connect", lambda old: lambda *args, **kwargs: Told(old(*args, **kwargs)))
    for step in STEPS:
        replace(*step.split(":"), lambda old, step=step: timed(step, old, spent))
    atexit.register(tell)
    sys.argv = ["dropzone", "ingest"]
    from dropzone_assets.cli import main as dropzone

    dropzone()


if __name__ == "__main__":
    main(sys.argv[1])
