"""A thousand JSON documents of a thousand events each."""

from benchmarks import documents
from benchmarks.contest import Contest
from benchmarks.peers import Ours, Peer

WORKLOAD = Contest(
    "documents",
    "JSON documents of 1,000 events each",
    "documents",
    {"quick": 100, "full": 1_000},
    documents.write,
    (
        Peer("read_json", "duckdb", "read_json.py"),
        Ours(check=lambda home: documents.found(home / "lake" / "events")),
    ),
    "read_json",
)
