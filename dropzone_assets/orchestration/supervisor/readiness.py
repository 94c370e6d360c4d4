"""Whether the code server, the UI and the daemon do what they were started for."""

import json
import socket
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType

from dropzone_assets.errors import Permanent

LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries {
    loadStatus locationOrLoadError { ... on PythonError { message } } } } } }"""


def listens(path: Path) -> bool:
    """Whether something listens on a socket of this machine."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0


def ui_answers(host: str, port: int) -> bool:
    """Whether the UI answers, and has loaded the definitions.

    Raises:
        Permanent: it answers that they could not be loaded.
    """
    asking = HTTPConnection(host, port, timeout=10)
    try:
        asking.request("POST", "/graphql", json.dumps({"query": LOCATIONS}), {"Content-Type": "application/json"})
        answer = json.load(asking.getresponse())
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        asking.close()
    entries = ((answer.get("data") or {}).get("workspaceOrError") or {}).get("locationEntries") or []
    for entry in entries:
        if message := (entry["locationOrLoadError"] or {}).get("message"):
            raise Permanent(f"The definitions could not be loaded: {message.strip()}", "Mend that, then start again.")
    return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)


def has_ticked(instance: dg.DagsterInstance, since: float) -> bool:
    """Whether the daemon lives, and a sensor has begun a tick since then (seconds since 1970), if one is on at all."""
    heartbeat = instance.get_daemon_heartbeats().get("SENSOR")
    if not heartbeat or heartbeat.timestamp < since:
        return False
    states = instance.all_instigator_state(instigator_type=InstigatorType.SENSOR)
    begun = [getattr(state.instigator_data, "last_tick_start_timestamp", None) or 0 for state in states]
    return any(at >= since for at in begun) or bool(states and not any(state.is_running for state in states))
