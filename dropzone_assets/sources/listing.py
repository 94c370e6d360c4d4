"""What a listing is made of: pages of Arrow, so that a million known objects cost no Python."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from dropzone_assets.arrow import column

PAGE = 50_000
"""Objects of a page: what a listing holds in memory."""

LISTING = pa.schema(
    [
        ("path", pa.string()),
        ("version", pa.string()),
        ("size", pa.int64()),
        ("settled", pa.bool_()),
        ("problem", pa.string()),
    ]
)
"""A page's columns. `version` changes whenever the bytes may have changed."""


class Found(NamedTuple):
    """One file as a source found it, for sources that list one by one.

    `size` is -1 where the source does not say. `settled` is None where the source cannot tell whether the file is
    still written to: then it has to be seen unchanged for the settle time. `problem` says why it can never be read.
    """

    path: str
    version: str
    size: int
    settled: bool | None = True
    problem: str = ""


def pages(found: Iterable[Found], most: int = PAGE) -> Iterator[pa.RecordBatch]:
    """Files found one by one, as pages."""
    rest = iter(found)
    while some := list(islice(rest, most)):
        columns = [column(values, each.type) for values, each in zip(zip(*some, strict=True), LISTING, strict=True)]
        yield pa.record_batch(columns, schema=LISTING)
