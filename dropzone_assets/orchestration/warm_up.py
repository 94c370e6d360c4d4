"""A warm-up: importing this module makes the definitions of a home with one table, once, and lets them go.

Dagster and Pydantic write some of their own code when a thing is made for the first time. A run is forked from a
process that has imported this, and finds that code written. Nothing stays open: no file, no thread, no database.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from dropzone_assets.errors import DropzoneError
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.settings import Settings

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: urn:dropzone:warm_up
name: Warm-up
version: 1.0.0
status: active
tags: [warm_up]
description: {purpose: A table with a little of everything.}
team: {name: warm_up, members: [{username: nobody@example.com, role: Owner}]}
slaProperties:
  - {property: frequency, value: 1, unit: d, element: warm_up.at}
  - {property: latency, value: 1, unit: d, element: warm_up.at}
customProperties:
  - {property: dropzone, value: {files: ["warm_up_%Y%m%d.csv"], summary: "SELECT count(*) AS lines FROM lake"}}
schema:
  - name: warm_up
    properties:
      - name: id
        logicalType: string
        required: true
        primaryKey: true
        primaryKeyPosition: 1
        logicalTypeOptions: {maxLength: 64}
        quality: [{name: id_present, metric: nullValues, mustBe: 0}]
      - {name: at, logicalType: timestamp, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: size, logicalType: number, physicalType: "DECIMAL(18,2)"}
"""


def warm_up() -> None:
    """Make definitions and their job. Where that fails, runs are only slower to start."""
    with suppress(OSError, DropzoneError), TemporaryDirectory(prefix="dropzone-warm-up-") as location:
        home = Path(location)
        (home / "contracts").mkdir()
        (home / "contracts" / "warm_up.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
        build(Settings(home=home, profile="")).resolve_implicit_global_asset_job_def()


warm_up()
