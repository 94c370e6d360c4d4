"""The power is cut for real: the disk of a home is copied as it is at one moment, and what the copy holds goes on."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from blake3 import blake3

from dropzone_assets.ledger import LEFT
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.ledger.retirement import Retirement
from dropzone_assets.ledger.states import KEPT, LOADED
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.settings import Settings
from dropzone_assets.sinks.parquet import object_path
from dropzone_assets.upkeep.retire import retire
from tests.conftest import make_home
from tests.pipeline import A, B, Pipeline, of
from tests.test_arrivals import packed, put

pytestmark = pytest.mark.full

MEGABYTES = 96

C = "payments_20240503_100000.csv"
SENT = {A: of("a").encode(), B: of("b").encode(), "day.zip": packed({C: of("c")})}
"""What is dropped: path → bytes."""

SEAMS: dict[str, tuple[type, str, bool]] = {
    "the raw copies are synced": (Deliveries, "fetched", False),
    "they are fetched": (Deliveries, "fetched", True),
    "the rows are committed": (Partitions, "touched", False),
    "they are loaded": (Deliveries, "loaded", True),
    "the lake is written": (Partitions, "published", False),
    "it is published": (Partitions, "published", True),
    "the summary is kept": (Partitions, "summarised", True),
    "a file is about to leave, or has left": (Retirement, "mark", False),
    "a file is leaving, or has": (Retirement, "mark", True),
}
"""When the power is cut: before or after the last call of this."""


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """The file system of an image, whose journal nobody commits but who waits for it."""
    at.mkdir(exist_ok=True)
    mount = ["mount", "-o", "loop,commit=600,noatime", str(image), str(at)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"No image can be mounted here: {done.stderr.strip()}")
    try:
        yield at
    finally:
        if subprocess.run(["umount", str(at)], capture_output=True, check=False).returncode:
            subprocess.run(["umount", "-l", str(at)], check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """An empty ext4 in a file."""
    if os.geteuid() or not shutil.which("mkfs.ext4"):
        pytest.skip("Only root can mount an image, and mkfs.ext4 makes it.")
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    return image


def go_on(home: Path, sync: str = "on") -> None:
    """What the daemon does until nothing is new: load, publish, let files leave."""
    pipeline = Pipeline(home, Settings(home=home, sync=sync))
    try:
        for _ in range(2):
            pipeline.all()
            pipeline.bring_up_to_date()
            retire(pipeline.platform, "dropzone")
    finally:
        pipeline.platform.ledger.engine.dispose()


def cuts(disk: Path, after: str, sync: str = "on") -> Iterator[tuple[str, Path]]:
    """Work once in a home on the disk; what the disk held at each moment, and at the end."""
    copies: dict[str, Path] = {}

    def cut(seam: str) -> None:
        copies[seam] = disk.with_name(f"{len(copies) if seam not in copies else list(copies).index(seam)}.img")
        subprocess.run(["cp", "--sparse=always", str(disk), str(copies[seam])], check=True)

    with mounted(disk, disk.with_name("disk")) as folder:
        home = make_home(folder / "home")
        moved = ", move_to: done" if after == "move" else ""
        entry = f"{{name: dropzone, url: dropzone, settle_seconds: 0, after: {after}{moved}}}"
        (home / "sources.yaml").write_text(f"sources:\n  - {entry}\n")
        for name, content in SENT.items():
            put(home, name, content)
        os.sync()  # what senders and people have put there is not ours to keep
        with seams(cut):
            go_on(home, sync)
        cut("all is done")
    yield from copies.items()


@contextmanager
def seams(cut: Callable[[str], None]) -> Iterator[None]:
    """Cut the power at each of them."""
    patches = []
    for seam, (owner, name, late) in SEAMS.items():
        whole = getattr(owner, name)

        def crossed(*of: object, whole: Callable[..., object] = whole, seam: str = seam, late: bool = late) -> object:
            if not late:
                cut(seam)
            answer = whole(*of)
            if late:
                cut(seam)
            return answer

        patches.append(patch.object(owner, name, crossed))
        patches[-1].start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()


def broken(home: Path) -> list[str]:
    """What the ledger promises, or the sources have given away, and the disk does not hold."""
    wrong: list[str] = []
    if not (home / "ledger.sqlite").exists():
        return [name for name, content in SENT.items() if not still_there(home, name, content)]
    pipeline = Pipeline(home)
    ledger, known = pipeline.platform.ledger, pipeline.platform.ledger.queries.everything()
    for delivery in ledger.worklist.of_keys([row.key for row in known]):
        if delivery.state in KEPT and delivery.content_hash:
            copy = raw_copy(pipeline.platform, delivery, deep=True)
            wrong += [f"raw copy of {delivery.path} {copy.found}"] if not copy.whole else []
    loaded = {row.path for row in known if row.state == LOADED}
    held = {"a": A, "b": B, "c": f"day.zip!/{C}"}
    rows = pipeline.held() if (home / "warehouse.duckdb").exists() else []
    wrong += [f"rows of {path}" for row, path in held.items() if path in loaded and row not in rows]
    hashes = pipeline.platform.ledger.partitions.hashes("transactions")
    for day, of_day in hashes.items():
        for location, wanted in (("transactions", of_day.lake), ("summary/transactions", of_day.summary)):
            file = home / "lake" / object_path(location, day)
            wrong += [f"{location} of {day}"] if wanted and not whole(file, wanted) else []
    left = {row.path for row in known if row.leaving == LEFT}
    for name, content in SENT.items():
        if not still_there(home, name, content) and name not in {row.path for row in known if row.content_hash}:
            wrong.append(f"{name} is nowhere")
        if name in left and (home / "dropzone" / name).exists():
            wrong.append(f"{name} has left, and is there")
    pipeline.platform.ledger.engine.dispose()
    return wrong


def whole(file: Path, content_hash: str) -> bool:
    return file.exists() and blake3(file.read_bytes()).hexdigest() == content_hash


def still_there(home: Path, name: str, content: bytes) -> bool:
    """Whether the source has the file, where it came or where it was moved to."""
    locations = [home / "dropzone" / name, home / "dropzone" / "done" / name]
    return any(location.exists() and location.read_bytes() == content for location in locations)


@pytest.mark.parametrize(
    "after", ["move", *(pytest.param(each, marks=pytest.mark.long) for each in ("keep", "delete"))]
)
def test_whenever_the_power_is_cut_the_ledger_tells_the_truth_and_nothing_is_lost(after: str, disk: Path) -> None:
    found = dict(cuts(disk, after))
    assert {seam for seam, (_, name, _) in SEAMS.items() if (after, name) != ("keep", "mark")} <= found.keys()
    for seam, image in found.items():
        with mounted(image, image.with_suffix("")) as folder:
            home = folder / "home"
            assert (seam, broken(home)) == (seam, [])
            go_on(home)
            pipeline = Pipeline(home)
            assert (seam, pipeline.held(), pipeline.lake()) == (seam, ["a", "b", "c"], ["a", "b", "c"])
            assert (seam, pipeline.platform.ledger.queries.failures()) == (seam, [])
            assert (seam, broken(home)) == (seam, [])
            pipeline.platform.ledger.engine.dispose()
        image.unlink()


def test_who_does_not_wait_for_the_disk_can_lose_the_only_copy(disk: Path) -> None:
    """Else this would be no cut."""
    *_, (_, image) = cuts(disk, "delete", sync="off")
    with mounted(image, image.with_suffix("")) as folder:
        assert broken(folder / "home") != []
