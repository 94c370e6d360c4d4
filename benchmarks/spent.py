"""Where the product's time goes: `python -m benchmarks.spent HOME` ingests what lies in a home's dropzone and says it.

Every function of the rooms below Dagster, every entry in Dagster's event log and every statement of DuckDB is timed by
the cpu that the whole process took meanwhile, threads of DuckDB included; of a function the time of those inside it is
taken off. A second argument is a file that is given the same as JSON.
"""

import atexit
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from inspect import isclass, isfunction
from pathlib import Path
from pkgutil import walk_packages
from time import process_time
from types import ModuleType
from typing import Any, Self

HOUSE = "dropzone_assets"
ROOMS = ("pipeline", "inspect", "proof", "sinks", "formats", "contracts", "ledger", "orchestration")

spent: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
statements: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
inside: list[float] = [0.0]


def timed(name: str | Callable[[Any], str], function: Callable[..., Any], into: dict[str, list[float]]) -> Any:
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


def modules() -> Iterator[ModuleType]:
    """Every module of the house, loaded."""
    house = import_module(HOUSE)
    for found in walk_packages(house.__path__, f"{HOUSE}."):
        yield import_module(found.name)


def replace(old: Any, new: Any) -> None:
    """Put something in the place of a function, wherever in the house it is known."""
    for module in [each for name, each in sys.modules.items() if name.startswith(HOUSE)]:
        for name in [name for name, value in vars(module).items() if value is old]:
            setattr(module, name, new)


def listen() -> None:
    """Time everything that is worth it."""
    import dagster as dg

    loaded = list(modules())
    spent["(imports)"] = [1, process_time()]
    for module in loaded:
        room = module.__name__.removeprefix(f"{HOUSE}.")
        if room.split(".")[0] not in ROOMS:
            continue
        for name, value in list(vars(module).items()):
            if isfunction(value) and value.__module__ == module.__name__ and not hasattr(value, "__wrapped__"):
                replace(value, timed(f"{room}.{name}", value, spent))
            elif isclass(value) and value.__module__ == module.__name__:
                for own, method in [(own, m) for own, m in vars(value).items() if isfunction(m) and own[:2] != "__"]:
                    setattr(value, own, timed(f"{room}.{name}.{own}", method, spent))
    engine = import_module(f"{HOUSE}.engine")
    connect = engine.connect
    replace(connect, lambda *args, **kwargs: Told(connect(*args, **kwargs)))
    replace(engine.previews, timed("engine.previews", engine.previews, spent))
    dg.DagsterInstance.handle_new_event = timed(  # type: ignore[method-assign]
        "(Dagster's event log)", dg.DagsterInstance.handle_new_event, spent
    )


def tell(report: str) -> None:
    """Print both tables, the most first."""
    total = process_time()
    spent["(the rest: mostly Dagster)"] = [1, total - sum(seconds for _, seconds in spent.values())]
    print(f"\n{total:7.2f} s of cpu in all")
    ordered = {title: sorted(found.items(), key=lambda item: -item[1][1]) for title, found in TABLES.items()}
    for title, found in ordered.items():
        print(f"\n  cpu s  times  {title}")
        for name, (times, seconds) in found[:30]:
            if seconds >= 0.02:
                print(f"{seconds:7.2f} {times:6.0f}  {name}")
    if report:
        Path(report).write_text(json.dumps({"total": total, **ordered}))


TABLES = {"function": spent, "statement": statements}


def main(home: str, report: str = "") -> None:
    """Ingest."""
    os.environ["DROPZONE_HOME"] = home
    os.environ.pop("DAGSTER_HOME", None)
    listen()
    atexit.register(tell, report)
    sys.argv = ["dropzone", "ingest"]
    import_module(f"{HOUSE}.cli").main()


if __name__ == "__main__":
    main(*sys.argv[1:])
