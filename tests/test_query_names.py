"""A table's own name is a name of its rows in the lake."""

from pathlib import Path

import pytest

from dropzone_assets.engine import rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import contract_of


@pytest.mark.parametrize("name", ["t", "lake.t", "main.t"])
def test_a_bare_name_is_the_table_in_the_lake(tmp_path: Path, name: str) -> None:
    settings = Settings(home=tmp_path)
    contract_of(settings.contracts, {"name": "id"})
    with open_query(open_platform(settings)) as connection:
        described = rows(connection, f"DESCRIBE {name}")
        assert [row[0] for row in described][:1] == ["id"]
        assert rows(connection, f"FROM {name}") == []
