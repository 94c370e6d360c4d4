"""What a fleet of vehicles can say: events and statuses, their sources and their spellings."""

from random import Random

EVENT_TYPES = {
    "IGNITION_ON": ("IGNITION_ON", "ignition on", "engine_start"),
    "IGNITION_OFF": ("IGNITION_OFF", "Ignition-Off"),
    "TRIP_START": ("TRIP_START", "tripStart"),
    "TRIP_END": ("TRIP_END", " trip end "),
    "LOCATION": ("LOCATION", "gps", "Position"),
    "DOOR_OPEN": ("DOOR_OPEN", "door open"),
    "DOOR_CLOSE": ("DOOR_CLOSE", "doorClose"),
    "SPEEDING": ("SPEEDING", "overspeed"),
    "HARSH_BRAKING": ("HARSH_BRAKING", "Harsh Braking"),
    "FUEL_LEVEL": ("FUEL_LEVEL", "fuel"),
    "BATTERY_LEVEL": ("BATTERY_LEVEL", "battery level"),
    "EMERGENCY_CALL": ("EMERGENCY_CALL", "eCall", "SOS"),
}

STATUSES = {
    "MOVING": ("MOVING", "driving", " moving"),
    "IDLE": ("IDLE", "Idling"),
    "PARKED": ("PARKED", "parked", "stopped"),
    "CHARGING": ("CHARGING", "plugged in"),
    "MAINTENANCE": ("MAINTENANCE", "In Maintenance"),
    "OFFLINE": ("OFFLINE", "off-line"),
}

EVENT_SOURCES = ("telematics", "obd", "driver_app")
STATUS_SOURCES = ("telematics", "dispatcher")


def measure(event_type: str, dice: Random) -> str | float | None:
    """The value that goes with an event: a number for levels, as a number or as text; nothing for most others."""
    if event_type in ("FUEL_LEVEL", "BATTERY_LEVEL"):
        level = dice.randrange(1000) / 10
        return dice.choice((level, str(level)))
    if event_type == "SPEEDING":
        return str(dice.randrange(90, 180))
    if event_type == "LOCATION":
        return f"{dice.randrange(4700, 5500) / 100},{dice.randrange(600, 1500) / 100}"
    return None


class Fleet:
    """Vehicles of one file; each says one thing at a time."""

    def __init__(self, size: int, dice: Random) -> None:
        self._names = [f"V-{number:04d}" for number in range(1, size + 1)]
        self._dice = dice
        self._spoken: set[tuple[str, object]] = set()

    def speaker(self, moment: object) -> str:
        """A vehicle that has not said anything at this moment yet."""
        while (vehicle := self._dice.choice(self._names), moment) in self._spoken:
            continue
        self._spoken.add((vehicle, moment))
        return vehicle
