"""`make servers`: a server of every kind with a file on each, and a home that watches them all.

The home is `data/servers` (or the first argument). Its `sources.yaml` names a source of every kind, with the ports of
this run; `env` beside it holds what a shell must know. Ctrl-C stops the servers; the home stays.
"""

import sys
from pathlib import Path
from signal import SIGTERM, pause, signal

from tests.servers.locations import locations, prepare, send


def main() -> None:
    """Start everything, say how to go on, wait for Ctrl-C."""
    signal(SIGTERM, lambda *_: sys.exit(0))
    home = Path(sys.argv[1] if len(sys.argv) > 1 else "data/servers").resolve()
    with locations(home) as watched:
        send(watched)
        prepare(home, watched)
        print(f"{len(watched)} places, each with a file: {', '.join(watched)}. In another terminal:\n")
        print(f"  export DROPZONE_HOME={home} && set -a && . {home}/env && set +a")
        print("  make up                                  # or: dropzone ingest\n  dropzone status --files\n")
        print("Ctrl-C stops the servers.", flush=True)
        try:
            pause()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
