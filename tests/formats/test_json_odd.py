"""Only a JSON text that DuckDB would write in another way is odd, so that the others are read without a second look."""

import pytest

from dropzone_assets.engine import connect, literal
from dropzone_assets.formats.records.exact import odd


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ('{"a": [52.100000300000005 , 0.1],\t"b":\r\n "1.10, b"}', False),
        ('{"a": 0.30000000000000004}', False),
        ('{"a": 1234567890.1234567}', False),
        ('{"a": 0.1234567890123456789}', True),
        ('{"a": 52.100000300000005, "b": 1.10}', True),
        ('{"a": 1e30}', False),
        ('{"a": 1E30}', True),
        ('{"a": -0}', True),
        ('{"a": 1e5}', True),
        ('{"a":NaN}', True),
        ('{"a":[-Infinity]}', True),
        ('{"a":[1,]}', True),
        ('{"a": 1.10, ', True),
    ],
)
def test_a_text_is_odd_where_it_would_be_written_in_another_way(text: str, is_odd: bool) -> None:
    with connect() as connection:
        assert connection.execute(f"SELECT {odd(literal(text))}").fetchall() == [(is_odd,)]
