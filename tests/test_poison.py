"""A file that kills the process that reads it stands alone in the end, and its neighbours are loaded."""

import multiprocessing
import os
import signal
import warnings
from pathlib import Path

import pytest

from dropzone_assets.orchestration.assets import validated
from dropzone_assets.orchestration.instance import open_instance
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import ingest_home, make_home
from tests.samples import payment, payments

pytestmark = pytest.mark.long

NAMES = [f"payments_20240501_{hour:02d}0000.csv" for hour in range(6)]
POISON = NAMES[4]


def work(home: Path) -> None:
    """What `dropzone ingest` does, by a process that dies of the poison as of a broken driver."""
    warnings.simplefilter("ignore")
    validate = validated.validate

    def dying(platform: object, contract: object, files: object) -> object:
        if POISON in {file.delivery.path for file in files}:  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGKILL)
        return validate(platform, contract, files)  # type: ignore[arg-type]

    validated.validate = dying
    with open_instance(Settings(home=home)) as instance:
        ingest_home(home, instance)


def test_whoever_reads_the_poison_dies_until_it_stands_alone(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    for name in NAMES:
        (home / "dropzone" / name).write_text(payments(payment(name)))
    context, deaths = multiprocessing.get_context("spawn"), 0
    while True:
        process = context.Process(target=work, args=(home,))
        process.start()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        deaths += 1
        assert deaths < 12
    platform = open_platform(Settings(home=home))
    states = {row.path: row.state for row in platform.ledger.queries.everything()}
    platform.ledger.engine.dispose()
    assert states == {name: "failed" if name == POISON else "loaded" for name in NAMES}
