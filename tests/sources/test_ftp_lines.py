"""Every server's way to list a folder is understood, with names as they are."""

import pytest

from dropzone_assets.sources.wire.ftp_lines import Line, facts, listed

LISTS = {
    b"-rw-r--r--    1 1001     1001            5 Nov 21 05:13 a b.csv": Line(b"a b.csv", "file", 5),
    b"-rw-r--r--    1 1001     1001            5 Nov 21  2025  two  blanks ": Line(b" two  blanks ", "file", 5),
    b"-rw-r--r-- 1 ftp nogroup 1234567890123 Jan 01 1970 -> x": Line(b"-> x", "file", 1234567890123),
    b"-rw-r--r--+ 1 a b 7 2024-05-01 10:00 n": Line(b"n", "file", 7),
    b"-rw-r--r-- 1 owner 7 May  1 10:00 no group": Line(b"no group", "file", 7),
    b"drwxrwsr-t   2 a b 4096 Nov 21 05:13 in": Line(b"in", "folder", 4096),
    b"lrwxrwxrwx   1 a b 4 Nov 21 05:13 link -> real.csv": Line(b"link", "other", 0),
    b"prw-r--r--   1 a b 0 Nov 21 05:13 pipe": Line(b"pipe", "other", 0),
    b"-rw-r--r-- 1 a b 5 Nov 21 05:13 two\nlines.csv": Line(b"two\nlines.csv", "file", 5),
    b"05-12-21  01:00PM                  123 a b.csv": Line(b"a b.csv", "file", 123),
    b"05-12-2021  13:00                  123  b.csv": Line(b" b.csv", "file", 123),
    b"05-12-21  01:00PM       <DIR>          in": Line(b"in", "folder", 0),
    b"05-12-21  01:00PM       <DIR>          1 in": Line(b"1 in", "folder", 0),
    b"total 12": None,
    b"drwxr-xr-x 2 a b 4096 Nov 21 05:13 .": None,
    b"drwxr-xr-x 2 a b 4096 Nov 21 05:13 ..": None,
}


@pytest.mark.parametrize("line", LISTS, ids=range(len(LISTS)))
def test_a_line_of_list_is_read(line: bytes) -> None:
    found = listed(line)
    assert (found and found._replace(stamp=b"")) == LISTS[line]
    assert not found or found.kind == "other" or found.stamp in line


@pytest.mark.parametrize("line", [b"hello", b"-rw-r--r-- 1 a b", b"05-12-21 a.csv", b"\xff"])
def test_a_line_nobody_understands_is_an_error_and_no_file_is_lost(line: bytes) -> None:
    with pytest.raises(ValueError, match="a listing holds the line"):
        listed(line)


FACTS = {
    b"type=file;size=5;modify=20240501101112; a b.csv": Line(b"a b.csv", "file", 5, "20240501101112"),
    b"Type=File;Size=5;Modify=20240501101112.123;perm=r;  lead": Line(b" lead", "file", 5, "20240501101112.123"),
    b"type=dir;modify=20240501101112; in": Line(b"in", "folder", 0, "20240501101112"),
    b"type=OS.unix=slink:/etc;size=5;modify=1; link": Line(b"link", "other", 5, "1"),
    b"type=cdir;modify=1; .": None,
    b"type=pdir;modify=1; ..": None,
    b"size=5; no type": Line(b"no type", "other", 5, ""),
}


@pytest.mark.parametrize("line", FACTS, ids=range(len(FACTS)))
def test_a_line_of_facts_is_read(line: bytes) -> None:
    assert facts(line) == FACTS[line]
