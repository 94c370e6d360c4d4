"""A number of the benchmarks counts only if its result is right: the gate sees what is wrong with one."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks import transactions
from benchmarks.contest import Standing
from benchmarks.measure import Failed, measure
from benchmarks.peers import validated
from benchmarks.truth import Sums, differences

ROWS = 6_000
BY_HAND = Path(__file__).parents[1] / "benchmarks" / "contestants" / "by_hand.py"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sums]:
    folder = tmp_path_factory.mktemp("data")
    return folder, transactions.write(folder, ROWS, files=3, days=4)


@pytest.fixture(scope="module")
def done(data: tuple[Path, Sums], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job, done by hand."""
    out = tmp_path_factory.mktemp("done")
    subprocess.run([sys.executable, str(BY_HAND), str(data[0]), str(out)], check=True)
    return out


def spoilt(done: Path, out: Path, kept: str, refused: str) -> Path:
    """The result, with other rows in the lake or in the quarantine."""
    (out / "lake").mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE VIEW lake AS FROM read_parquet('{done}/lake/**/*.parquet', hive_partitioning=false)"
        )
        connection.execute(f"CREATE VIEW refused AS FROM '{done}/quarantine.parquet'")
        connection.execute(f"COPY ({kept}) TO '{out}/lake/all.parquet'")
        connection.execute(f"COPY ({refused}) TO '{out}/quarantine.parquet'")
    return out


AS_IT_IS = ("FROM lake", "FROM refused")


def test_the_same_seed_gives_the_same_bytes(data: tuple[Path, Sums], tmp_path: Path) -> None:
    again = transactions.write(tmp_path, ROWS, files=3, days=4)
    assert again == data[1]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        file.name: file.read_bytes() for file in data[0].iterdir()
    }


def test_another_seed_gives_other_rows(data: tuple[Path, Sums], tmp_path: Path) -> None:
    assert transactions.write(tmp_path, ROWS, seed=2, files=3, days=4) != data[1]


def test_everything_that_can_be_wrong_with_a_row_is_planted(data: tuple[Path, Sums]) -> None:
    assert {why for reasons in data[1]["refused rows"] for why in reasons.split()} == set(transactions.DIRT)
    assert data[1]["rows in the lake"] < ROWS - sum(data[1]["refused rows"].values())


def test_a_right_result_passes(data: tuple[Path, Sums], done: Path, tmp_path: Path) -> None:
    assert differences(data[1], validated(done)) == []
    assert differences(data[1], validated(spoilt(done, tmp_path, *AS_IT_IS))) == []


WRONG = {
    "a row is lost": ("FROM lake OFFSET 1", "FROM refused", "rows in the lake"),
    "the wrong one of two is kept": (
        "SELECT * REPLACE (CASE WHEN amount = max(amount) OVER () THEN 1 ELSE amount END AS amount) FROM lake",
        "FROM refused",
        "amount in the lake",
    ),
    "two rows have each other's currency": (
        "SELECT * REPLACE (lag(currency) OVER (ORDER BY transaction_id) AS currency) FROM lake",
        "FROM refused",
        "values in the lake",
    ),
    "a time lost its offset": (
        "SELECT * REPLACE (transaction_ts + INTERVAL 2 HOUR AS transaction_ts) FROM lake",
        "FROM refused",
        "values in the lake",
    ),
    "a reason is missing": (
        "FROM lake",
        "SELECT * REPLACE (reasons[:1] AS reasons) FROM refused",
        "refused rows",
    ),
    "record numbers are those of another row": (
        "FROM lake",
        "SELECT * REPLACE (coalesce(lead(record) OVER (ORDER BY file, record), 1) AS record) FROM refused",
        "record numbers of refused rows",
    ),
    "the file is another one": (
        "FROM lake",
        "SELECT * REPLACE (min(file) OVER () AS file) FROM refused",
        "record numbers of refused rows",
    ),
    "two rows have each other's text": (
        "FROM lake",
        "SELECT * REPLACE (lag(text) OVER (ORDER BY file, record) AS text) FROM refused",
        "refused rows as they came",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_gate_sees_that(what: str, data: tuple[Path, Sums], done: Path, tmp_path: Path) -> None:
    kept, refused, sign = WRONG[what]
    found = differences(data[1], validated(spoilt(done, tmp_path, kept, refused)))
    assert sign in {each.split(":")[0] for each in found}


def test_the_cpu_of_children_counts(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    parent = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {burn!r}]).returncode)"
    cost, said = measure([sys.executable, "-c", parent], tmp_path / "cost.json")
    assert said == "0\n"
    assert cost.cpu >= 0.2


def test_who_ends_badly_has_no_number(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path / "cost.json")


def test_ratios_are_of_the_same_round_and_per_row() -> None:
    unit = Standing("Y", 1_000, cpu=[1.0, 2.0, 4.0])
    assert Standing("ours", 1_000, cpu=[2.0, 2.0, 12.0]).ratios(unit) == (2.0, 1.0, 3.0)
    assert Standing("slow", 100, cpu=[1.0]).ratios(unit) == (10.0, 10.0, 10.0)
