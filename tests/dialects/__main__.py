"""`python -m tests.dialects [SEED] [FILES OF EACH KIND]`: points of ours and DuckDB's sniffer, kind by kind."""

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.dialects.pollution import File, files
from tests.dialects.readers import ours, sniffer
from tests.dialects.score import Read, misread, points

LOW = 7.5
"""Points of a file that is shown."""


def main(seed: int = 1, of_each: int = 20) -> None:
    """Print a line for each kind, and what went wrong."""
    with TemporaryDirectory() as home:
        platform = open_platform(Settings(home=Path(home)))
        readers: list[Callable[[File], Read]] = [lambda file: ours(platform, file, Path(home)), sniffer]
        found = defaultdict(list)
        for file in files(seed, of_each):
            reads = [read(file) for read in readers]
            found[file.kind].append([(points(file, read), bool(misread(file, read)), read.refused) for read in reads])
            if misread(file, reads[0]) or points(file, reads[0]) < LOW:
                print(
                    file.kind, repr(file.content()[:150]), reads[0].refused or misread(file, reads[0])[:2] or reads[0]
                )
    print(f"{'kind':25}{'ours':>8}{'refused':>9}{'misread':>9}{'sniffer':>10}{'misread':>9}")
    found["all"] = [one for each in found.values() for one in each]
    for kind, each in found.items():
        mine, theirs = zip(*each, strict=True)
        said = [sum(p for p, *_ in mine) / len(each), sum(bool(r) for *_, r in mine), sum(m for _, m, _ in mine)]
        other = [sum(p for p, *_ in theirs) / len(each), sum(m for _, m, _ in theirs)]
        print(f"{kind:25}{said[0]:8.3f}{said[1]:9}{said[2]:9}{other[0]:10.3f}{other[1]:9}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
