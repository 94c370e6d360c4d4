"""Tab-separated values (IANA text/tab-separated-values): CSV with tabs and, unless pinned otherwise, no quotes."""

from dropzone_assets.formats.csv import Csv


class Tsv(Csv):
    """The options of CSV; a value holds no tab and no line break."""

    delimiter: str | None = "\t"
    quote: str | None = ""
