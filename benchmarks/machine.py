"""What the numbers were measured on."""

import os
import platform
from importlib.metadata import version

NAMED = ("duckdb", "dagster", "pyarrow", "sqlalchemy")


def machine() -> dict[str, str]:
    """Cores, processor, memory, system, versions of what does the work."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in NAMED},
        "load": f"{os.getloadavg()[0]:.1f}",
    }
