"""Small files as senders write them."""

import json

COLUMNS = "transaction_id,transaction_ts,user_id,amount,currency,status,product_id,payment_method"

FLIGHTS = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,"
    "dest,air_time,distance,hour,minute,time_hour"
)


def payment(name: str, day: str = "2024-05-01", amount: object = 5, currency: str = "USD") -> str:
    """One line of payments."""
    return f"{name},{day}T10:00:00Z,u1,{amount},{currency},SUCCESS,p1,PAYPAL"


def payments(*lines: str) -> str:
    """A file of payments."""
    return "".join(f"{line}\n" for line in (COLUMNS, *lines))


def event(vehicle: str, when: str = "2024-05-01T10:00:00Z", kind: str = "TRIP_START") -> dict[str, object]:
    """One vehicle event."""
    return {"vehicle_id": vehicle, "event_time": when, "event_type": kind}


def events(*found: dict[str, object]) -> str:
    """A document of vehicle events."""
    return json.dumps({"vehicles_events": found})
