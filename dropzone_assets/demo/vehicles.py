"""Vehicles that report events and statuses: JSON files of the tables `vehicle_events` and `vehicle_status`."""

import json
from datetime import datetime
from pathlib import Path
from random import Random

from dropzone_assets.demo.clocks import in_utc, microsecond_of, write_time
from dropzone_assets.demo.faults import ABSENT, BROKEN_CLOCK, NO_TIMES, NOTHING, TOO_LONG, UNSET_CLOCK, Fault, Record
from dropzone_assets.demo.fleet import EVENT_SOURCES, EVENT_TYPES, STATUS_SOURCES, STATUSES, Fleet, measure
from dropzone_assets.demo.mixing import Recipe, mix
from dropzone_assets.demo.placing import location
from dropzone_assets.demo.planted import Planted

MISSING = (*NOTHING, None, ABSENT)

VEHICLE_FAULTS = (
    Fault("vehicle_id", "required", MISSING),
    Fault("vehicle_id", "pattern", ("V 0001", "?", "-")),
    Fault("vehicle_id", "maxLength", (TOO_LONG,)),
)


def _time_faults(column: str) -> tuple[Fault, ...]:
    return (
        Fault(column, "required", MISSING),
        Fault(column, "type", (*NO_TIMES, True, {"at": "noon"})),
        Fault(column, "partition", UNSET_CLOCK),
        Fault(column, "partition", BROKEN_CLOCK),
    )


EVENT_FAULTS = (
    *VEHICLE_FAULTS,
    *_time_faults("event_time"),
    Fault("event_type", "required", MISSING),
    Fault("event_type", "enum", ("TELEPORTED", "ignition", 42)),
    Fault("event_extra_data", "type", ("door left open", [1, 2], 7, False)),
)

STATUS_FAULTS = (
    *VEHICLE_FAULTS,
    *_time_faults("report_time"),
    Fault("status", "required", MISSING),
    Fault("status", "enum", ("FLYING", "park", 0)),
)


def write_vehicle_events(folder: Path, when: datetime, rows: int, seed: int) -> Planted:
    """Write one file of vehicle events and the note of what is planted in it.

    Args:
        folder: where the file goes; the note goes into its `_planted`.
        when: when the gateway sends the file; it names the file, in UTC and to the second.
        rows: how many records.
        seed: the same arguments give the same bytes.
    """
    when, dice, fleet = _set_out("vehicle_events", when, rows, seed)

    def make(moment: datetime) -> Record:
        event_type = dice.choice(tuple(EVENT_TYPES))
        event: Record = {
            "vehicle_id": fleet.speaker(moment),
            "event_time": write_time(moment.replace(microsecond=microsecond_of(when)), dice),
            "event_source": dice.choice(EVENT_SOURCES),
            "event_type": dice.choice(EVENT_TYPES[event_type]),
            "event_value": measure(event_type, dice),
            "event_extra_data": {"odometer_km": dice.randrange(200_000), "driver": f"D{dice.randrange(100):02d}"},
        }
        # Devices leave out what they have no use for, and add what they like.
        if event["event_value"] is None:
            del event["event_value"]
        if dice.random() < 0.1:
            del event[dice.choice(("event_source", "event_extra_data"))]
        if dice.random() < 0.1:
            event["firmware"] = "7.1"
        return event

    def repeat(event: Record) -> Record:
        return event | {"event_extra_data": {"resent": True}}

    mixture = mix(Recipe(make, repeat, EVENT_FAULTS), when, rows, dice)
    planted = mixture.planted(f"vehicles_events_{when:%Y%m%d%H%M%S}.json", "vehicle_events")
    return _write_json(folder, planted, {"vehicles_events": mixture.records})


def write_vehicle_status(folder: Path, when: datetime, rows: int, seed: int) -> Planted:
    """Write one file of vehicle statuses and the note of what is planted in it; arguments as for events."""
    when, dice, fleet = _set_out("vehicle_status", when, rows, seed)

    def make(moment: datetime) -> Record:
        report: Record = {
            "vehicle_id": fleet.speaker(moment),
            "report_time": write_time(moment.replace(microsecond=microsecond_of(when)), dice),
            "status_source": dice.choice(STATUS_SOURCES),
            "status": dice.choice(dice.choice(tuple(STATUSES.values()))),
        }
        if dice.random() < 0.1:
            del report["status_source"]
        return report

    mixture = mix(Recipe(make, dict, STATUS_FAULTS), when, rows, dice)
    planted = mixture.planted(f"vehicles_status_{when:%Y%m%d%H%M%S}.json", "vehicle_status")
    return _write_json(folder, planted, {"vehicles_status": mixture.records})


def _set_out(table: str, when: datetime, rows: int, seed: int) -> tuple[datetime, Random, Fleet]:
    when = in_utc(when)
    dice = Random(f"{table} {when.isoformat()} {rows} {seed}")  # noqa: S311 - repeatable, not secret
    return when, dice, Fleet(40 + rows // 50, dice)


def _write_json(folder: Path, planted: Planted, document: dict[str, list[Record]]) -> Planted:
    planted.write(folder)
    location(folder / planted.file, json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")
    return planted
