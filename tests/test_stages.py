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
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.plan import ATTEMPTS, History, plan_loads
from dropzone_assets.pipeline.validate import validate
from dropzone_assets.pipeline.versions import versions
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import Drop
from tests.pipeline import BAD, A, B, Pipeline
from tests.samples import payment, payments

GOOD = payments(payment("a"))


def stages(pipeline: Pipeline) -> dict[str, str]:
    """Path → the stage at which it failed; all of it is for a person to cure, and says how."""
    found = troubles(pipeline.platform)
    assert {(each.kind, bool(each.reason and each.cure)) for each in found} <= {("failed", True)}
    return {each.file: each.stage for each in found}


def _unreadable(file: Path) -> None:
    """A file that is a link by the time it is copied."""
    other = file.with_name(".other")
    file.rename(other)
    file.symlink_to(other)


def test_what_cannot_be_read_from_its_source_fails_at_fetch(home: Path, drop: Drop) -> None:
    pipeline = Pipeline(home)
    file = drop(A, GOOD)
    discover(pipeline.platform, "dropzone")
    _unreadable(file)
    pipeline.load()
    assert stages(pipeline) == {A: "fetch"}
    pipeline.platform.ledger.engine.dispose()


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
    pipeline = Pipeline(home)
    if beside:
        drop(f"{name}.md5", beside)
    drop(name, text)
    drop(B, GOOD)
    pipeline.all()
    assert stages(pipeline) == {name: stage}
    assert pipeline.held() == ["a"]
    pipeline.platform.ledger.engine.dispose()


THINGS = """
apiVersion: v3.1.0
kind: DataContract
id: things
version: 1.0.0
status: active
customProperties: [{{property: dropzone, value: {{files: ["things_%Y%m%d.csv"]}}}}]
schema: [{{name: things, properties: [{{name: size, logicalType: {}}}]}}]
"""


def _reopened(pipeline: Pipeline, home: Path, kind: str) -> None:
    """The contract changes, and a new process begins."""
    (home / "contracts" / "things.odcs.yaml").write_text(THINGS.format(kind))
    pipeline.platform.ledger.engine.dispose()
    pipeline.platform = open_platform(Settings(home=home))


def test_what_the_warehouse_cannot_take_fails_at_upload(home: Path, drop: Drop) -> None:
    pipeline = Pipeline(home)
    _reopened(pipeline, home, "string")
    drop("things_20240501.csv", "size\nlarge\n")
    pipeline.all()
    _reopened(pipeline, home, "integer")
    drop("things_20240502.csv", "size\n7\n")
    discover(pipeline.platform, "dropzone")
    ledger = pipeline.platform.ledger
    fetch(pipeline.platform, ledger.claims.unclaimed("things"))
    chosen = versions(pipeline.platform, ledger.claims.unclaimed("things"))
    raw = [RawFile(each, pipeline.platform.raw.uri(each.raw_path)) for each in chosen.current]
    with pytest.raises(Permanent, match="holds large"):
        _commit(pipeline.platform, validate(pipeline.platform, pipeline.platform.contract("things"), raw), chosen)
    assert stages(pipeline) == {"things_20240502.csv": "upload"}
    pipeline.platform.ledger.engine.dispose()


def test_a_file_that_kills_its_run_stands_alone_soon_and_delays_no_neighbour(home: Path, drop: Drop) -> None:
    """Whoever loads the poison dies without a word; so does every run whose batch it is in."""
    pipeline, names = Pipeline(home), [f"payments_20240501_{hour:02d}0000.csv" for hour in range(8)]
    for name in names:
        drop(name, payments(payment(name)))
    discover(pipeline.platform, "dropzone")
    ledger, ended, deaths = pipeline.platform.ledger, Counter[str](), 0
    while requests := plan_loads(pipeline.platform, lambda identity: History(False, ended[identity])):
        for request in requests:
            ended[request.id] += 1
            fetch(pipeline.platform, ledger.worklist.of_batch(request.id))
            if names[5] in {each.path for each in ledger.worklist.of_batch(request.id)}:
                deaths += 1
            else:
                pipeline.commit(pipeline.validated(request.table, ledger.worklist.of_batch(request.id)))
    assert pipeline.states() == {name: ["failed" if name == names[5] else "loaded"] for name in names}
    assert deaths <= TOGETHER * 3 + ATTEMPTS
    assert stages(pipeline) == {names[5]: "transform"}
    pipeline.platform.ledger.engine.dispose()
