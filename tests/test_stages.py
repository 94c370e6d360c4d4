"""Every stage of failure is one that really happens, and a poisonous file delays none of its neighbours."""

from collections import Counter
from hashlib import md5
from pathlib import Path

import pytest

from dropzone_assets.errors import Permanent
from dropzone_assets.files import RawFile
from dropzone_assets.inspect.delivery_status import troubles
from dropzone_assets.ledger.claims import TOGETHER
from dropzone_assets.orchestration.io_managers import _commit
from dropzone_assets.pipeline.discover import take_in
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.plan import ATTEMPTS, History, plan_loads
from dropzone_assets.pipeline.validate import judge
from dropzone_assets.pipeline.versions import versions
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import Drop
from tests.road import BAD, A, B, Road
from tests.samples import payment, payments

GOOD = payments(payment("a"))


def stages(road: Road) -> dict[str, str]:
    """Path → the stage at which it failed; all of it is for a person to cure, and says how."""
    found = troubles(road.platform)
    assert {(each.kind, bool(each.reason and each.cure)) for each in found} <= {("failed", True)}
    return {each.file: each.stage for each in found}


def _unreadable(file: Path) -> None:
    """A file that is a link by the time it is copied."""
    other = file.with_name(".other")
    file.rename(other)
    file.symlink_to(other)


def test_what_cannot_be_read_from_its_source_fails_at_fetch(home: Path, drop: Drop) -> None:
    road = Road(home)
    file = drop(A, GOOD)
    take_in(road.platform, "dropzone")
    _unreadable(file)
    road.load()
    assert stages(road) == {A: "fetch"}
    road.platform.ledger.engine.dispose()


@pytest.mark.parametrize(
    ("name", "text", "beside", "stage"),
    [
        (A, GOOD, md5(b"something else").hexdigest(), "verify"),
        ("nobody knows.csv", GOOD, "", "read"),
        ("broken.zip", "PK\x03\x04", "", "read"),
        (A, BAD, "", "transform"),
    ],
)
def test_a_failure_says_at_which_stage(home: Path, drop: Drop, name: str, text: str, beside: str, stage: str) -> None:
    road = Road(home)
    if beside:
        drop(f"{name}.md5", beside)
    drop(name, text)
    drop(B, GOOD)
    road.all()
    assert stages(road) == {name: stage}
    assert road.held() == ["a"]
    road.platform.ledger.engine.dispose()


THINGS = """
apiVersion: v3.1.0
kind: DataContract
id: things
version: 1.0.0
status: active
customProperties: [{{property: dropzone, value: {{files: ["things_%Y%m%d.csv"]}}}}]
schema: [{{name: things, properties: [{{name: size, logicalType: {}}}]}}]
"""


def _reopened(road: Road, home: Path, kind: str) -> None:
    """The contract changes, and a new process begins."""
    (home / "contracts" / "things.odcs.yaml").write_text(THINGS.format(kind))
    road.platform.ledger.engine.dispose()
    road.platform = open_platform(Settings(home=home))


def test_what_the_warehouse_cannot_take_fails_at_upload(home: Path, drop: Drop) -> None:
    road = Road(home)
    _reopened(road, home, "string")
    drop("things_20240501.csv", "size\nlarge\n")
    road.all()
    _reopened(road, home, "integer")
    drop("things_20240502.csv", "size\n7\n")
    take_in(road.platform, "dropzone")
    deliveries = road.platform.ledger.deliveries
    fetch(road.platform, deliveries.unclaimed("things"))
    chosen = versions(road.platform, deliveries.unclaimed("things"))
    raw = [RawFile(each, road.platform.raw.uri(each.raw_path)) for each in chosen.current]
    with pytest.raises(Permanent, match="holds large"):
        _commit(road.platform, judge(road.platform, road.platform.contract("things"), raw), chosen)
    assert stages(road) == {"things_20240502.csv": "upload"}
    road.platform.ledger.engine.dispose()


def test_a_file_that_kills_its_run_stands_alone_soon_and_delays_no_neighbour(home: Path, drop: Drop) -> None:
    """Whoever loads the poison dies without a word; so does every run whose batch it is in."""
    road, names = Road(home), [f"payments_20240501_{hour:02d}0000.csv" for hour in range(8)]
    for name in names:
        drop(name, payments(payment(name)))
    take_in(road.platform, "dropzone")
    deliveries, ended, deaths = road.platform.ledger.deliveries, Counter[str](), 0
    while requests := plan_loads(road.platform, lambda identity: History(False, ended[identity])):
        for request in requests:
            ended[request.id] += 1
            fetch(road.platform, deliveries.of_batch(request.id))
            if names[5] in {each.path for each in deliveries.of_batch(request.id)}:
                deaths += 1
            else:
                road.commit(road.judged(request.table, deliveries.of_batch(request.id)))
    assert road.states() == {name: ["failed" if name == names[5] else "loaded"] for name in names}
    assert deaths <= TOGETHER * 3 + ATTEMPTS
    assert stages(road) == {names[5]: "transform"}
    road.platform.ledger.engine.dispose()
