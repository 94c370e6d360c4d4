"""Whether a space is the only blank that can stand at the end of a file's texts, so that it alone is looked for."""

from dropzone_assets.formats.text.copies import MIXED
from dropzone_assets.formats.text.dialect import Dialect, Sample

BLANKS = "\t\xa0"


def is_tidy(sample: Sample, encoding: str, dialect: Dialect, end: str) -> bool:
    """Whether no tab, no-break space or line break can be part of a text.

    Nothing in the file is quoted, so its line breaks, all of one kind, part records, as its delimiter parts texts. The
    answer may be no where yes were true, for other encodings than UTF-8 and for some letters.
    """
    marks = {*BLANKS, *(dialect.quote or ""), *(dialect.escape or "")} - {dialect.delimiter}
    return encoding == "utf-8" and end != MIXED and not sample.may_hold("".join(marks))
