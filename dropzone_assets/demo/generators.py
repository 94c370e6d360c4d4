"""The tables synthetic files can be written for."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from dropzone_assets.demo.planted import Planted
from dropzone_assets.demo.transactions import write_transactions
from dropzone_assets.demo.vehicles import write_vehicle_events, write_vehicle_status


class Generator(Protocol):
    """Writes one dirty file and the note of what is planted in it; the same arguments give the same bytes."""

    def __call__(self, folder: Path, when: datetime, rows: int, seed: int) -> Planted:
        """Write `rows` records sent at `when` into a folder."""


GENERATORS: dict[str, Generator] = {
    "transactions": write_transactions,
    "vehicle_events": write_vehicle_events,
    "vehicle_status": write_vehicle_status,
}
