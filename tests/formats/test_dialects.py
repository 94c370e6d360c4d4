"""A file that nobody describes is read as a reader would read it, or both readings are said."""

from pathlib import Path

import pytest

from dropzone_assets.errors import Refused
from dropzone_assets.formats import open_format
from dropzone_assets.formats.csv import CsvReading
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import raw_file
from tests.dialects.pollution import POLLUTERS, files
from tests.dialects.readers import ours
from tests.dialects.score import misread, points


def reading_of(folder: Path, content: str | bytes) -> CsvReading:
    """How a file without a contract is read."""
    platform = open_platform(Settings(home=folder))
    file = raw_file(platform, 0, content if isinstance(content, bytes) else content.encode())
    reading = open_format("csv", {}).reading(RawContent(platform, file), ())
    assert isinstance(reading, CsvReading)
    return reading


LOST = {"a name less": 4.0, "two tables": 4.0, "a stray quote": 5.0}
"""Kind of pollution → the points that it may cost; others cost a record or two."""


def test_polluted_files_are_read_and_no_record_is_read_wrongly(tmp_path: Path) -> None:
    platform = open_platform(Settings(home=tmp_path))
    for file in files(seed=7, of_each=1):
        read = ours(platform, file, tmp_path)
        assert not read.refused, (file.kind, read.refused)
        assert misread(file, read) == [], file.kind
        assert points(file, read) > 10 - LOST.get(file.kind, 2.5), (file.kind, read)


def test_every_kind_of_pollution_is_made_from_a_seed() -> None:
    made = [file.content() for file in files(seed=3, of_each=2)]
    assert made == [file.content() for file in files(seed=3, of_each=2)]
    assert len(set(made)) == 2 * len(POLLUTERS)


DELIMITED = {
    "decimal commas": ("1;2,5\n2;3,5\n", ";"),
    "commas in texts": ("id;name;ort\n1;Berg, Anna;Bonn\n2;Groß, Karl;Ulm\n", ";"),
    "one comma in every text": ("name;ort\nBerg, Anna;Bonn\nGroß, Karl;Ulm\n", ";"),
    "times": ("a,10:20:30\nb,11:21:31\n", ","),
    "times and a ragged record": ("day,at,x\n" + "2024-05-01,10:20:30,1\n" * 9 + "2024-05-02,10:20:31\n", ","),
    "addresses of the web": ("url,n\nhttp://a.b:80/c,1\nhttp://a.b:80/d,2\n", ","),
    "colons": ("root:x:0:0:/root\nann:x:1000:100:/home/ann\n", ":"),
    "colons and commas": ("root:x:0:0:The root, of all:/root\nann:x:1000:100:Ann, Berg:/home/ann\n", ":"),
    "tabs": ("a\tb\n1,5\tx; y\n2,5\tz\n", "\t"),
    "pipes": ("a|b|c\n1,0|x;y|2\n2,0|z|3\n", "|"),
    "quoted commas": ('a;b\n"x,y";1\n"z,w";2\n', ";"),
    "carets": ("a^b^c\n1,5^x^2\n2,5^y^3\n", "^"),
    "thousands": ("a\tb\n1,234\t5\n2,345\t6\n", "\t"),
    "lists in cells": ("id,tags\n1,a;b;c\n2,a\n3,b;c\n", ","),
    "a comma and a blank": ('"a", "b, c"\n"1", "x, y"\n"2", "z"\n', ","),
    "geography": ("place;where\nBonn;50.7,7.1\nUlm;48.4,9.9\n", ";"),
}
"""What a file has → it, and its delimiter."""


@pytest.mark.parametrize("what", DELIMITED)
def test_the_delimiter_is_the_one_a_reader_sees(tmp_path: Path, what: str) -> None:
    content, delimiter = DELIMITED[what]
    assert reading_of(tmp_path, content).dialect.delimiter == delimiter


HEADERS = {
    "texts": ("first,last\nAnna,Berg\nKarl,Groß\n", True, 0),
    "texts of which one comes twice": ("Bonn,Berg\nBonn,Groß\nUlm,Kern\n", False, 0),
    "names above numbers": ("a,b\nx,1\ny,2\n", True, 0),
    "numbers only": ("1,2\n3,4\n", False, 0),
    "years": ("country,2019,2020\nA,1,2\nB,3,4\n", True, 0),
    "days": ("country,2020-01-22,2020-01-23\nA,1,2\nB,3,4\n", True, 0),
    "a number that lacks": ("a,NA,3\nb,2,4\nc,3,5\n", False, 0),
    "a footer of another kind": ("a,b\nx,1\ny,2\nz,3\nv,4\nw,5\nTotal,n/a\n", True, 0),
    "titles": ("Report\nof 2024\n\na,b\nx,1\n", True, 3),
    "padded titles": ("Report,,\n,,\na,b,c\nx,1,2\n", True, 2),
    "titles with a delimiter": ("Report, 2024,,,\na,b,c,d,e\nx,1,2,3,4\ny,1,2,3,4\n", True, 1),
    "comments": ("# made by hand, 2024\na,b,c\nx,1,2\ny,2,3\n", True, 1),
    "a sparse record first": ("1,,\n2,x,y\n3,z,w\n", False, 0),
    "only names": ("a,b,c\n", True, 0),
}
"""What a file begins with → it, whether that is a header, and how many lines stand above."""


@pytest.mark.parametrize("what", HEADERS)
def test_a_header_is_what_a_reader_takes_for_one(tmp_path: Path, what: str) -> None:
    content, header, skip = HEADERS[what]
    dialect = reading_of(tmp_path, content).dialect
    assert (dialect.header, dialect.skip) == (header, skip)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a;b,c;d\ne;f,g;h\n", ("delimiter: ';'", "delimiter: ','", "--delimiter ';'")),
        ("a b c\n1 2 3\n4 5 6\n", ("blanks between", "['a', 'b', 'c']", "fixed_width", "--delimiter '|'")),
        ("id    name   at\n1     Anna   2\n22    Karl   3\n", ("blanks between", "['id', 'name', 'at']")),
        ("name\nBerg, Anna\nKern, Max\n", ("delimiter: ','", "['Berg', 'Anna']", "['Berg, Anna']")),
    ],
)
def test_two_readings_as_good_as_each_other_are_both_said(tmp_path: Path, content: str, said: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        reading_of(tmp_path, content)
    assert all(each in str(refused.value) for each in said), str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        "name\nAnna\nKarl\n",
        "Some text, that is a sentence.\nAnother one\nA third; one\n",
        "at\n10:20:30\n10:20:31\n",
        "url\nhttp://a.b:80/c\nhttp://a.b:80/d\n",
        "who\nAnna M Berg\nKarl F Groß\n",
    ],
)
def test_a_file_of_one_column_has_one(tmp_path: Path, content: str) -> None:
    assert len(reading_of(tmp_path, content).names) == 1


def test_records_of_most_widths_are_counted_without_a_header(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "1,2\n1,2,3\n4,5,6\n7,8,9\n")
    assert reading.names == ("column1", "column2", "column3")
