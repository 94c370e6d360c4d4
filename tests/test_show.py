"""What people see of values: those they ask for as they are, counts with thousands."""

from datetime import date
from decimal import Decimal

from click.testing import Result
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.cli.show import out, table


def test_a_query_shows_every_number_as_it_is(home: object) -> None:
    asked = "SELECT 2.524::DOUBLE AS a, 2013 AS b, 12345678.90::DECIMAL(18,2) AS c, 1e-7::DOUBLE AS d, NULL::INT AS e"
    said: Result = CliRunner().invoke(app, ["query", asked])
    assert said.exit_code == 0
    assert said.output.split("\n")[2].split() == ["2.524", "2013", "12345678.90", "1e-07"]


def test_counts_have_thousands_and_shares_two_decimals() -> None:
    with out.capture() as printed:
        table("", ("n", "share", "day"), [(12345, 0.123, date(2024, 5, 1)), (Decimal("1.50"), None, None)])
    assert printed.get().split("\n")[2].split() == ["12,345", "0.12", "2024-05-01"]
