"""Receipt: what became of one file, in words for its sender: what counts of it, and what does not with the reasons."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dropzone_assets.contracts import RECORD_RULES, demand, sentences
from dropzone_assets.engine import attached, columns_of, literals, rows
from dropzone_assets.files import FILES, INSIDE
from dropzone_assets.inspect.record_lines import lines_of
from dropzone_assets.ledger import (
    FAILED,
    GONE,
    LINKED,
    LOADED,
    OPENED,
    RETRACTED,
    RETRACTING,
    STORED,
    SUPERSEDED,
    DeliveryRow,
    delivery_of,
)
from dropzone_assets.pipeline.tables import LOADS, tables
from dropzone_assets.platform import Platform

ROWS = 10_000
"""Refused rows that one receipt lists; it says how many more there are."""

PATIENCE = 5.0
"""Seconds to wait for the warehouse; receipts have time until the next tick."""

FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?")


class Receipts(NamedTuple):
    """What is left for a sender; None where nothing is to be there."""

    accepted: bytes | None
    rejected: bytes | None


@dataclass
class File:
    """One file at a source: the newest version that counts (None: none does), all that came in it, and how it stands.

    `older`: whether an earlier version still counts. `events`: how much had happened when this was read.
    """

    path: str
    versions: Sequence[str]
    newest: DeliveryRow | None
    older: bool
    inside: Sequence[DeliveryRow] = ()
    events: int = 0


@dataclass
class Facts:
    """What the books say of the deliveries that some receipts are about.

    `originals`: what a copy is a copy of. `contracts`: key → the version that validated it. `refused`: key → its
    refused rows, with record, reasons and the row as it came.
    """

    originals: dict[str, DeliveryRow] = field(default_factory=dict)
    contracts: dict[str, str] = field(default_factory=dict)
    refused: dict[str, list[tuple[int, list[str], str]]] = field(default_factory=dict)

    def of(self, row: DeliveryRow) -> DeliveryRow:
        """The delivery whose rows these are: the row's own, or its original's."""
        return self.originals.get(row.same_as, row) if row.state == LINKED else row


def file_of(platform: Platform, source: str, path: str) -> File:
    """How a file stands now, read from the ledger."""
    ledger = platform.ledger
    found = ledger.receipts.of_path(source, path)
    counting = [row for row in found if row.state != SUPERSEDED]
    newest = counting[-1] if counting else None
    older = any(row.state in (LOADED, LINKED, OPENED) for row in counting[:-1])
    file = File(path, [row.key for row in found], newest, older)
    if newest is not None:
        keys = [row.key for row in ledger.retractions.within([newest.key])]
        file.events = ledger.receipts.events([*file.versions, *keys])
        file.inside = ledger.retractions.within([newest.key])
    return file


def facts_of(platform: Platform, files: Iterable[File]) -> Facts:
    """What receipts of these files need, in one short look into the warehouse.

    Raises:
        WarehouseBusy: a run holds it.
    """
    inside = [row for file in files for row in file.inside]
    wanted = sorted({row.same_as for row in inside if row.state == LINKED})
    facts = Facts({row.key: row for row in platform.ledger.retractions.within(wanted)})
    sources = {row.key: row for row in map(facts.of, inside) if row.state == LOADED}
    if not sources or not platform.settings.warehouse.exists():
        return facts
    connection, keys = platform.connect(), list(sources)
    with attached(connection, platform.settings.warehouse, read_only=True, patience=PATIENCE):
        query = f"SELECT delivery, contract_version FROM {LOADS} WHERE delivery IN (SELECT unnest($1))"
        facts.contracts = dict(rows(connection, query, [keys]))
        for table in sorted({row.table_name for row in sources.values() if row.quarantined}):
            _, quarantine = tables(table)
            mine = literals([row.key for row in sources.values() if row.table_name == table and row.quarantined])
            if columns_of(connection, quarantine):
                query = (
                    f"SELECT _delivery, record, reasons, raw::VARCHAR FROM {quarantine} WHERE _delivery IN "
                    f"(SELECT unnest({mine})) QUALIFY row_number() OVER (PARTITION BY _delivery ORDER BY record) "
                    f"<= {ROWS} ORDER BY _delivery, record, raw::VARCHAR"
                )
                for key, record, reasons, raw in rows(connection, query):
                    facts.refused.setdefault(key, []).append((record, reasons, raw))
    return facts


def receipts(platform: Platform, file: File, facts: Facts) -> Receipts:
    """The receipts of a file. The same facts give the same bytes."""
    newest = file.newest
    if newest is None or (newest.leaving == GONE and newest.state in (RETRACTING, RETRACTED)):
        return Receipts(None, None)
    counting = [row for row in file.inside if row.state in (LOADED, LINKED) and row.table_name != FILES]
    whole = not any(row.state == FAILED for row in file.inside)
    accepted = bool(counting) or newest.state == STORED or (newest.state == OPENED and whole)
    refused = list(_refused(platform, file, facts))
    return Receipts(
        _json(_accepted(file, newest, counting, facts)) if accepted else None,
        _csv(file, refused) if refused else None,
    )


def _accepted(file: File, newest: DeliveryRow, counting: Sequence[DeliveryRow], facts: Facts) -> dict[str, Any]:
    whole = [facts.of(row) for row in counting]
    counts = {name: sum(getattr(row, column) for row in whole) for name, column in COUNTS.items()}
    return {
        "file": newest.path,
        "source": newest.source,
        "version": newest.version,
        "content_hash": newest.content_hash,
        "received": f"{newest.arrived:%Y-%m-%dT%H:%M:%SZ}",
        "rows": counts,
        "tables": [_table(file, row, facts) for row in counting],
    }


COUNTS = {"read": "rows_read", "valid": "valid", "quarantined": "quarantined"}


def _table(file: File, row: DeliveryRow, facts: Facts) -> dict[str, Any]:
    """What one table has of a file, or of a member of it."""
    whole = facts.of(row)
    about: dict[str, Any] = {"table": row.table_name, "contract_version": facts.contracts.get(whole.key, "")}
    about |= {"member": _member(file, row)} if row.path != file.path else {}
    about |= {name: getattr(whole, column) for name, column in COUNTS.items()}
    if whole is row and row.rows_added is not None:
        about["restated"] = {"added": row.rows_added, "removed": row.rows_removed, "changed": row.rows_changed}
    if whole is not row:
        about["linked_to"] = {"file": whole.path, "received": f"{whole.arrived:%Y-%m-%dT%H:%M:%SZ}"}
    return about


class _Refusal(NamedTuple):
    """One line for the sender: a row with its cells, or a whole file, which has none."""

    member: str
    record: int | None
    line: int | None
    reason: str
    cells: Mapping[str, Any]


def _refused(platform: Platform, file: File, facts: Facts) -> Iterator[_Refusal]:
    room = ROWS
    for row in file.inside:
        if row.state == FAILED:
            still = " The version before it still counts." if file.older else ""
            said = f"{row.reason} {row.cure}{still}".strip().replace(f"{platform.settings.home}/", "")
            yield _Refusal(_member(file, row), None, None, said, {})
        elif row.state in (RETRACTING, RETRACTED):
            said = next((e.said for e in reversed(platform.ledger.queries.journal(row.key)) if e.said), "")
            yield _Refusal(_member(file, row), None, None, f"It was taken back. {said}".strip(), {})
        elif row.state in (LOADED, LINKED) and facts.of(row).quarantined:
            found = facts.refused.get(facts.of(row).key, [])[:room]
            room -= len(found)
            yield from _rows(platform, file, facts.of(row), _member(file, row), found)
            if rest := facts.of(row).quarantined - len(found):
                yield _Refusal(_member(file, row), None, None, f"… and {rest:,} more rows were refused.", {})


def _rows(
    platform: Platform, file: File, row: DeliveryRow, member: str, found: Sequence[tuple[int, list[str], str]]
) -> Iterator[_Refusal]:
    contract = platform.contracts.tables.get(row.table_name)
    rules = sentences(contract) if contract else {}
    records = [record for record, _, _ in found]
    lines = lines_of(platform, contract, delivery_of(row), records) if contract else {}
    for record, reasons, raw in found:
        came = _parsed(raw)
        broken = not isinstance(came, dict) or any(name in RECORD_RULES for name in reasons)
        whole = came.get("line", raw) if isinstance(came, dict) else came
        cells = {"as it came": whole} if broken else came
        reason = "; ".join(demand(rules.get(name, name)) for name in reasons)
        yield _Refusal(member, record, lines.get(record), reason, cells)


def _parsed(raw: str) -> Any:
    """A record as it came; as text where it is deeper than Python parses."""
    try:
        return json.loads(raw)
    except RecursionError:
        return raw


def _member(file: File, row: DeliveryRow) -> str:
    """A member's own path; empty for the file itself and its shares."""
    return str(row.path).removeprefix(file.path).removeprefix(INSIDE)


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def _csv(file: File, refused: Sequence[_Refusal]) -> bytes:
    """UTF-8 with a mark that spreadsheets look for; every cell is quoted, and none begins a formula."""
    own = {"member": any(r.member for r in refused), "line": any(r.line for r in refused)}
    own |= {"record": any(r.record for r in refused), "reason": True}
    names = list(dict.fromkeys(name for each in refused for name in each.cells))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(map(plain, [*(name for name, there in own.items() if there), *names]))
    for each in refused:
        first = [getattr(each, name) for name, there in own.items() if there]
        writer.writerow([plain(value) for value in (*first, *(each.cells.get(name) for name in names))])
    return text.getvalue().encode("utf-8-sig", "replace")


def plain(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: a text that would be one gets an apostrophe in front.

    Numbers are left as they are. See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=str)
    return f"'{value}" if FORMULA.match(value) and not NUMBER.fullmatch(value) else value
