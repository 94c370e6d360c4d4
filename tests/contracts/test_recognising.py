"""A file's name says whose it is and when it is for, or the file is refused; a date is never guessed."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropzone_assets.contracts import Contract, recognise
from dropzone_assets.contracts.dates import JAVA, file_pattern, strptime_format
from dropzone_assets.errors import BadContract, Refused
from tests.cases.validated import contract_of

ARRIVED = datetime(2024, 5, 6, 7, 8, 9)


@pytest.fixture
def contracts(tmp_path: Path) -> list[Contract]:
    files = {
        "payments": ["payments_%Y%m%d_%H%M%S.csv", "pay-%d.%m.%y.csv"],
        "yearly": ["year_%Y%j_*.csv"],
        "monthly": ["month_%Y-%m.csv"],
        "plain": ["plain*.csv", "?.txt"],
        "greedy": ["plain_2*.csv"],
    }
    return [contract_of(tmp_path / t, {"name": "a"}, table=t, files=patterns) for t, patterns in files.items()]


@pytest.mark.parametrize(
    ("path", "table", "time"),
    [
        ("payments_20240229_235959.csv", "payments", datetime(2024, 2, 29, 23, 59, 59)),
        ("deep/er/payments_20240229_000000.csv", "payments", datetime(2024, 2, 29)),
        ("pay-05.06.24.csv", "payments", datetime(2024, 6, 5)),
        ("year_2024366_x.csv", "yearly", datetime(2024, 12, 31)),
        ("month_2024-05.csv", "monthly", ARRIVED),
        ("plain.csv", "plain", ARRIVED),
        ("plain, with $signs (1).csv", "plain", ARRIVED),
        ("ü.txt", "plain", ARRIVED),
    ],
)
def test_a_name_says_whose_file_it_is_and_when_it_is_for(
    contracts: list[Contract], path: str, table: str, time: datetime
) -> None:
    assert recognise(path, contracts, ARRIVED) == ((table,), time)


@pytest.mark.parametrize(
    "path",
    [
        "payments_20240229_235959.csv.gz",
        "xpayments_20240229_235959.csv",
        "payments_2024229_235959.csv",
        "PAYMENTS_20240229_235959.CSV",
        "payments_20240229_235959.csv\n",
        "payments_20240229_235959.csv/other",
        "plainXcsv",
        "",
    ],
)
def test_a_name_nobody_knows_is_refused(contracts: list[Contract], path: str) -> None:
    with pytest.raises(Refused, match="no contract") as refusal:
        recognise(path, contracts, ARRIVED)
    assert "`files`" in refusal.value.cure


@pytest.mark.parametrize(
    "path",
    [
        "payments_20230229_000000.csv",
        "payments_20241301_000000.csv",
        "payments_20240101_240000.csv",
        "payments_20240101_006100.csv",
        "payments_00000101_000000.csv",
        "payments_٢٠٢٤0229_000000.csv",
        "pay-31.11.24.csv",
        "year_2023366_x.csv",
        "year_2024000_x.csv",
    ],
)
def test_a_date_that_never_was_is_refused(contracts: list[Contract], path: str) -> None:
    with pytest.raises(Refused, match="holds no date"):
        recognise(path, contracts, ARRIVED)


def test_a_name_of_two_tables_is_refused_with_both(contracts: list[Contract]) -> None:
    with pytest.raises(Refused, match="greedy and plain"):
        recognise("plain_2.csv", contracts, ARRIVED)


def test_two_patterns_of_one_table_are_no_doubt(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, {"name": "a"}, table="t", files=["a*", "*b"])
    assert recognise("ab", [contract], ARRIVED).tables == ("t",)


@pytest.mark.parametrize(
    ("name", "tables", "time"),
    [
        ("mix_1", ("a", "b"), ARRIVED),
        ("mix_2024-02-29", ("a", "b"), datetime(2024, 2, 29)),
        ("mix_all_1", None, None),
    ],
)
def test_a_file_feeds_several_tables_when_each_selects_its_records(
    tmp_path: Path, name: str, tables: tuple[str, ...] | None, time: datetime | None
) -> None:
    selecting = [
        contract_of(
            tmp_path / table,
            {"name": "x"},
            table=table,
            files=["mix_*", "mix_%Y-%m-%d"],
            format={"kind": "json", "select": {"type": table}},
        )
        for table in "ab"
    ]
    greedy = contract_of(tmp_path / "c", {"name": "x"}, table="c", files=["mix_all_*"], format={"kind": "json"})
    if tables:
        assert recognise(name, [*selecting, greedy], ARRIVED) == (tables, time)
    else:
        with pytest.raises(Refused, match="a and b and c"):
            recognise(name, [*selecting, greedy], ARRIVED)


@given(when=st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))
def test_every_date_comes_back_from_its_name(when: datetime) -> None:
    for pattern in ("a.%Y%m%d-%H%M%S.csv", "%j_%Y (%H.%M.%S)", "%d.%m.%y+%S%M%H"):
        found = file_pattern(pattern).fullmatch(when.strftime(pattern))
        assert found
        form = " ".join(f"%{token}" for token in found.groupdict())
        assert datetime.strptime(" ".join(found.groupdict().values()), form) == when.replace(microsecond=0)


@given(text=st.text(st.characters(exclude_characters="%*?"), max_size=20), other=st.text(max_size=20))
def test_plain_text_in_a_pattern_means_itself(text: str, other: str) -> None:
    assert file_pattern(text).fullmatch(text)
    assert bool(file_pattern(text).fullmatch(other)) == (text == other)


@pytest.mark.parametrize(
    ("java", "strptime"),
    [
        ("yyyy-MM-dd", "%Y-%m-%d"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "%Y-%m-%dT%H:%M:%S.%g%z"),
        ("dd MMM yyyy", "%d %b %Y"),
        ("'week of' d/M/yy", "week of %-d/%-m/%y"),
        ("100%", "100%%"),
    ],
)
def test_a_java_pattern_is_a_strptime_format(java: str, strptime: str) -> None:
    assert strptime_format(java) == strptime


@given(text=st.text(max_size=20))
def test_any_pattern_is_translated_or_refused(text: str) -> None:
    try:
        strptime_format(text)
    except BadContract as error:
        assert error.cure


@pytest.mark.parametrize("letters", ["Q", "yyyyy", "MMMMM", "DDD", "e", "T"])
def test_a_letter_without_a_meaning_is_refused_with_those_there_are(letters: str) -> None:
    with pytest.raises(BadContract, match=", ".join(list(JAVA)[:3])):
        strptime_format(f"yyyy-{letters}")
