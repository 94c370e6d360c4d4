"""The byte law of text files: each byte is in one span, and a record's own bytes alone give what the file gave."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dropzone_assets.formats import Span
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import Row, Validated, contract_of, raw_file, validate_files

PINS = ("delimiter", "quote", "escape", "header", "skip")


class Whole(NamedTuple):
    """A file that was read: what became of it, how it was read, its spans."""

    validated: Validated
    reading: Any
    spans: list[Span]


def assert_byte_law(folder: Path, content: bytes, options: Mapping[str, Any]) -> bool:
    """Hold the law against a file with the columns id and note; False when it cannot be read at all."""
    platform = open_platform(Settings(home=folder))
    whole = _read(platform, content, options)
    if whole is None:
        return False
    edges = [0, *(span.end for span in whole.spans)]
    assert edges == [*(span.start for span in whole.spans), len(content)]
    records = [content[span.start : span.end] for span in whole.spans if span.kind == "record"]
    assert len(records) == whole.validated.tallies[0].rows_read
    assert len(records) == len(whole.validated.rows)
    assert_alone(platform, whole, content, records, options)
    return True


def assert_alone(
    platform: Platform, whole: Whole, content: bytes, records: Sequence[bytes], options: Mapping[str, Any]
) -> None:
    """Each record below the header, or below the first record where there is no header."""
    above = b"".join(content[span.start : span.end] for span in whole.spans if span.kind in ("skipped", "header"))
    first = b"" if any(span.kind == "header" for span in whole.spans) else b"".join(records[:1])
    files = [above + (first if n else b"") + record for n, record in enumerate(records)]
    dialect = getattr(whole.reading, "dialect", None)
    pins = {name: getattr(dialect, name) for name in PINS} if dialect else {}
    found = _validate(platform, files, {**options, **pins, **_encoding(whole.reading, options)})
    blank = {
        n for n, file in enumerate(files) if not file.decode(whole.reading.encoding, "replace").strip("\ufeff \r\n")
    }
    assert set(found.refused) <= blank, "only a file of blanks may be refused"
    for n, row in enumerate(whole.validated.rows):
        if n not in found.refused:
            assert _said(max((each for each in found.rows if each.file == n), key=_number)) == _said(row)


def _encoding(reading: Any, options: Mapping[str, Any]) -> dict[str, str]:
    return {} if options["kind"] == "json" else {"encoding": reading.encoding}


def _said(row: Row) -> tuple[Any, ...]:
    """All but where its bytes are in the file."""
    kept = row.raw if row.reasons != ["record:encoding"] else row.raw["line"]
    return row.values, row.reasons, kept


def _number(row: Row) -> int:
    return row.record


def _read(platform: Platform, content: bytes, options: Mapping[str, Any]) -> Whole | None:
    validated = _validate(platform, [content], options)
    if validated.refused:
        return None
    reading: Any = validated.load.readings["00000"]
    return Whole(validated, reading, list(reading.spans(RawContent(platform, raw_file(platform, 0, content)))))


def _validate(platform: Platform, contents: Sequence[bytes], options: Mapping[str, Any]) -> Validated:
    by = "by_position" if options.get("header") is False else "by_name"
    names = ({"name": "id"}, {"name": "note"})
    contract = contract_of(platform.settings.home / "c", *names, format=dict(options), columns=[by])
    return validate_files(platform, contract, [raw_file(platform, n, content) for n, content in enumerate(contents)])
