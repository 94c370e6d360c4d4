"""What a format is: it looks at one file and says how to read it; files read alike are one SQL relation of text."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self, cast, runtime_checkable

from dropzone_assets.engine import Connection
from dropzone_assets.errors import BadContract

KINDS = {
    "csv": "dropzone_assets.formats.csv:Csv",
    "fixed_width": "dropzone_assets.formats.fixed_width:FixedWidth",
    "json": "dropzone_assets.formats.json:Json",
    "excel": "dropzone_assets.formats.excel:Excel",
    "tsv": "dropzone_assets.formats.tsv:Tsv",
    "parquet": "dropzone_assets.formats.parquet:Parquet",
    "avro": "dropzone_assets.formats.avro:Avro",
}

HEAD = 65_536
"""Bytes of a file most formats need to learn its columns."""


class Wanted(tuple[str, ...]):
    """Every name the contract may call its columns; `numbers` are the names of those that hold numbers."""

    numbers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], numbers: Iterable[str]) -> Self:
        """Names with what is known of their types."""
        wanted = cls(names)
        wanted.numbers = frozenset(numbers)
        return wanted


class Content(Protocol):
    """The bytes of one raw file."""

    @property
    def uri(self) -> str:
        """What DuckDB opens."""

    @property
    def size(self) -> int:
        """In bytes."""

    def head(self, length: int) -> bytes:
        """The first `length` bytes, or all when there are fewer."""

    def file(self) -> Path:
        """A local file with all the bytes, to be read only; it lasts as long as this object."""


class Figures(NamedTuple):
    """How files write numbers.

    `decimal`: the sign, `?` where it is not known, empty where texts are numbers as machines write them. `thousands`:
    what parts them, by the contract. `pinned`: whether the contract says the sign, so that nothing is asked of a file.
    """

    decimal: str = ""
    thousands: str = ""
    pinned: bool = False


class Scan(NamedTuple):
    """Files ready to be read together.

    `relation`: one SQL query with the columns `file_index` (position in the list of files), `c0`, `c1` … (text, NULL
    where the file has nothing) in the order of the names, and what `raw` and `rest` need; in the order of the files
    and of the rows in each. `unreadable`: files that hold no rows at all, by index, with the reason. Over the
    relation's columns say `fault`, why a record cannot be taken apart (NULL when it can), and `ignored`, whether it
    belongs to another table; empty where that cannot be. `tidy`: no text ends with a blank but a space. `figures`: how
    numbers are written. `typed`: the start of the names of the relation's columns that say of each cell whether it held
    a number and no text; empty where there are only texts. `flaws`: kinds of
    cells that have no value to validate → SQL for the numbers of those columns of the record that have one.
    """

    relation: str
    unreadable: dict[int, str]
    fault: str = ""
    ignored: str = ""
    tidy: bool = False
    figures: Figures = Figures()
    typed: str = ""
    flaws: Mapping[str, str] = MappingProxyType({})


class Location(NamedTuple):
    """Where a record stands in its file.

    `line`: its first one, from 1, counting all there are: headers, skipped and blank lines, those inside of quotes.
    `start` and `end`: its bytes in the file as it was delivered, its line break among them, `end` being the first
    byte behind it. All three are None where the format has no such thing. `where`: the place for people.
    """

    line: int | None
    start: int | None
    end: int | None
    where: str


class Span(NamedTuple):
    """Bytes of a text file, `end` being the first behind them; `kind` is header, skipped, record or blank."""

    kind: str
    start: int
    end: int


class Reading(Protocol):
    """How to read some files: hashable, and equal for files that can share a scan."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns: those of the files, or those wanted where each record names its own."""

    @property
    def exact(self) -> bool:
        """Whether the files themselves name their columns, so that a required one must be among them."""

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """Ready the files; `scratch` is a folder for copies that lasts until the scan is done.

        Raises:
            engine.Error: some file stops the others, here or when the relation runs (`engine.blames_the_file`).
        """

    def raw(self) -> str:
        """SQL: the whole record as JSON text, as it came."""

    def extra_columns(self, known: Sequence[int]) -> str:
        """SQL: as JSON text, what the record has beside the columns numbered `known`; NULL when nothing."""

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """SQL: records without structure of the last scan that ran, as (file_index, record, reasons, raw).

        Empty text when there can be none. `contents` are the files of that scan.
        """

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """Where the records of these numbers stand in a file of this reading; numbers it does not have are left out.

        A record's number is the one it is stored with: record 1 follows the header, blank lines do not count, records
        without structure do.
        """

    def text(self, content: Content, location: Location) -> str:
        """The bytes at a place of this reading, as the text they are; empty where it has no bytes."""

    def described(self) -> dict[str, str]:
        """For people: what was pinned or found out about these files (encoding, delimiter, sheet …)."""


@runtime_checkable
class Counted(Reading, Protocol):
    """A reading whose reader may lose records without a word, so that they are counted beside it."""

    def unsure(self, connection: Connection, contents: Sequence[Content], read: Sequence[int]) -> set[int]:
        """Of the files of the last scan, by index, those that may have been read wrongly.

        Args:
            read: how many records each gave, those without structure included.
        """

    def careful(self) -> "Counted | None":
        """How to read these instead, slowly; None where nothing more can be done."""


class Format(Protocol):
    """One way of writing rows into bytes, with its options from the contract."""

    def reading(self, content: Content, wanted: Sequence[str]) -> Reading:
        """How to read one file.

        Args:
            wanted: every name the contract may call its columns; evidence for a guess, or the names themselves. As
                `Wanted` it also says which of them hold numbers.

        Raises:
            Refused: it is no file of this format, or there are two equally good ways of reading it.
        """


NAMES = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".ndjson": "json",
    ".jsonl": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".parquet": "parquet",
    ".avro": "avro",
}
"""Endings of names → the format they stand for, where no contract says one."""


def format_of(name: str) -> str:
    """The format that the name of a file speaks of; CSV where it says nothing else."""
    return NAMES.get(PurePosixPath(name).suffix.lower(), "csv")


def open_format(kind: str, options: Mapping[str, Any]) -> Format:
    """The format a contract names.

    Raises:
        BadContract: no such format, or it has no such option.
    """
    if kind not in KINDS:
        raise BadContract(f"the format {kind!r} does not exist.", f"Use one of: {', '.join(KINDS)}.")
    module, name = KINDS[kind].split(":")
    try:
        return cast(Format, getattr(import_module(module), name)(**options))
    except ModuleNotFoundError as error:
        cure = f"Install it: pip install 'dropzone-assets[{kind}]'."
        raise BadContract(f"format {kind} needs {error.name}, which is not installed.", cure) from error
    except (TypeError, ValueError) as error:
        raise BadContract(f"format {kind}: {error}", "Correct the options under `format`.") from error
