"""TSV is CSV with tabs and without quotes."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar

from dropzone_assets.formats import HEAD
from tests.cases.formats import FormatCases, Record
from tests.cases.validated import contract_of, validate_bytes


class TestTsv(FormatCases):
    options: ClassVar = {"kind": "tsv", "encoding": "utf-8"}
    nothing = (b"", b"\n", b" \r\n\r\n", b"\xef\xbb\xbf", b"x" * (HEAD + 1))
    unreadable = ()
    without_rows = (b"id\tnote\n", b"id\tnote", b"\xef\xbb\xbfid\tnote\r\n")
    exceptions: ClassVar = {
        "test_text_comes_through_as_it_is": "a value holds no tab and no line break",
        "test_a_refused_record_is_kept_as_it_came": "a value holds no line break",
        "test_a_blank_text_is_no_value": "a value holds no tab and no line break",
        "test_what_is_written_is_read": "a value holds no tab and no line break",
    }

    def encode(self, records: Sequence[Record]) -> bytes:
        names = list(dict.fromkeys(chain.from_iterable(records))) or ["id", "note"]
        lines = ["\t".join(record.get(name) or "" for name in names) for record in records]
        return "\n".join(["\t".join(names), *lines, ""]).encode()


def test_quotes_are_text(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, {"name": "note"}, format={"kind": "tsv"})
    validated = validate_bytes(tmp_path, contract, b'id\tnote\n1\t"a\n2\tb"\n3\t5" pipe\n')
    assert validated.of("note") == ['"a', 'b"', '5" pipe']
