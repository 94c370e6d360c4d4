"""floe on its own published benchmark: casts, `row_id` not null and unique, Parquet out; by its own configuration."""

import sys
from pathlib import Path

import floe

CONFIG = """
version: "0.1"
report: {{path: "{target}/report"}}
entities:
  - name: "uber"
    source:
      format: "csv"
      path: "{source}/uber_20140430.csv"
      options: {{header: true, separator: ",", null_values: ["", "NULL", "null"]}}
      cast_mode: "coerce"
    sink:
      accepted: {{format: "parquet", path: "{target}/lake"}}
      rejected: {{format: "csv", path: "{target}/rejected"}}
    policy: {{severity: "reject"}}
    schema:
      columns:
        - {{name: "row_id", type: "integer", nullable: false, unique: true}}
        - {{name: "pickup_datetime", type: "datetime", nullable: true}}
        - {{name: "lat", type: "number", nullable: true}}
        - {{name: "lon", type: "number", nullable: true}}
        - {{name: "base", type: "string", nullable: true}}
"""


def main(source: str, target: str) -> None:
    """One run."""
    config = Path(target) / "floe.yml"
    config.write_text(CONFIG.format(source=source, target=target))
    floe.run(str(config))


if __name__ == "__main__":
    main(*sys.argv[1:])
